"""What DNS is asked about a MAIL FROM domain, and the shape of what it answers. Nothing here asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from pulumi_ses_mail_from_provider.dns.spf import is_spf
from pulumi_ses_mail_from_provider.rules.names import printable


class Outcome(str, Enum):
    """How a question ended."""

    RECORDS = "records"
    NO_RECORDS = "no such record"
    """The name may exist, with other types."""
    NO_NAME = "NXDOMAIN"
    FAILED = "the look-up failed"
    """SERVFAIL, as a rule."""
    REFUSED = "REFUSED"
    """The name server neither serves the zone nor asks others."""
    LOOP = "a CNAME loop"
    TIMEOUT = "no answer in time"
    UNREACHABLE = "no name server was reached"


NOTHING: Final = frozenset({Outcome.NO_RECORDS, Outcome.NO_NAME})
"""DNS has said that there is no such record."""


@dataclass(frozen=True)
class Answer:
    """What DNS answered to one question."""

    outcome: Outcome
    values: tuple[str, ...] = ()
    """Names without trailing dots (but for the root): of MX "10 host"; of TXT the text, unquoted."""
    zone: str = ""
    """Where the answer is "no": the zone that says so, "." for the root; empty where the answer does not tell."""
    detail: str = ""
    """What else there is to say, for a person."""


Question = tuple[str, str]
"""A name, without trailing dot, and a type: ("bounce.example.com", "MX")."""

Answers = Mapping[Question, Answer]

_NOT_ASKED: Final = Answer(Outcome.UNREACHABLE, detail="not asked")
_PARENTS: Final = 4  # names are rarely deeper, and each costs questions
_NAME_LIMIT: Final = 253
_SHOWN_RECORDS: Final = 8

# Below country codes, the usual places for registration. The whole list of public suffixes would only sharpen the
# advice where somebody's domain does not exist at all.
_REGISTRIES: Final = frozenset({"ac", "co", "com", "edu", "gob", "gov", "me", "mil", "ne", "net", "nom", "or", "org"})


def answer(answers: Answers, question: Question) -> Answer:
    """The answer to a question, also to one that was not asked."""
    return answers.get(question, _NOT_ASKED)


def first_questions(name: str) -> list[Question]:
    """What to ask about every MAIL FROM domain."""
    return [(name, kind) for kind in ("MX", "TXT", "CNAME", "A", "AAAA")]


def further_questions(name: str, answers: Answers) -> list[Question]:
    """What to ask once the first questions are answered: where else the records may be, or who still answers."""
    mx, txt = answer(answers, (name, "MX")), answer(answers, (name, "TXT"))
    if mx.outcome is Outcome.FAILED:
        return [(ancestor, "SOA") for ancestor in ancestors(name)]
    if missing_domain(name, mx):
        return []
    questions = [(place, "MX") for place in misplacements(name)] if mx.outcome in NOTHING else []
    if not any(is_spf(text) for text in txt.values) and txt.outcome in NOTHING | {Outcome.RECORDS}:
        # SPF at the parent means nothing: it has its own reasons to be there.
        questions += [(place, "TXT") for place, kind in misplacements(name).items() if kind != "label-missing"]
    return questions


def ancestors(name: str) -> list[str]:
    """The names above `name`, the nearest first, down to the top-level domain."""
    labels = name.split(".")
    return [".".join(labels[depth:]) for depth in range(1, len(labels))]


def missing_domain(name: str, found: Answer) -> str | None:
    """The domain that would have to be registered or delegated for `name` to be, if it is not."""
    if found.outcome is not Outcome.NO_NAME or not found.zone:
        return None
    zone = found.zone.strip(".")
    below = name.removesuffix(f".{zone}") if zone else name
    return f"{below.rpartition('.')[2]}.{zone}".rstrip(".") if _is_registry(zone, name) else None


def _is_registry(zone: str, name: str) -> bool:
    """Whether `zone` is one in which others register their domains, so that who has `name` cannot publish in it."""
    _, _, parent = name.partition(".")
    if zone == parent:
        return False  # a MAIL FROM domain lies below its identity: so the zone is somebody's domain
    domain, _, top = zone.rpartition(".")
    return not domain or (len(top) == len("uk") and domain in _REGISTRIES)


def misplacements(name: str) -> dict[str, str]:
    """Where a record for `name` lands by the usual slips in zone editors, and which slip it is."""
    parents = [ancestor for ancestor in ancestors(name) if not _is_registry(ancestor, name)][:_PARENTS]
    label = name.partition(".")[0]
    places: dict[str, str] = {}
    for zone in (name, *parents):  # the full name, in an editor that appends its zone
        places[f"{name}.{zone}"] = "name-doubled"
    for parent in parents:  # no name at all, or "@"
        places.setdefault(parent, "label-missing")
    for zone in (name, *parents[1:]):  # the first label only, in the zone above or below the right one
        places.setdefault(f"{label}.{zone}", "wrong-name")
    return {place: slip for place, slip in places.items() if place != name and len(place) <= _NAME_LIMIT}


def host_of(mx: str) -> str:
    """The host that an MX record names, as it is compared."""
    return mx.partition(" ")[2].lower()


def zone_text(question: Question, found: Answer) -> tuple[str, ...]:
    """An answer as lines of a zone file, printable and not endless."""
    name, kind = question
    start = f"{printable(name, _NAME_LIMIT).rstrip('.')}. IN {kind}"
    if not found.values:
        detail = f" ({printable(found.detail)})" if found.detail else ""
        return (f"; {start}: {found.outcome.value}{detail}",)
    lines = [f"{start} {printable(value)}" for value in _written(kind, found.values[:_SHOWN_RECORDS])]
    left = len(found.values) - len(lines)
    return (*lines, f"; and {left} more") if left else tuple(lines)


def _written(kind: str, values: Iterable[str]) -> list[str]:
    if kind == "TXT":
        return ['"{}"'.format(value.replace("\\", "\\\\").replace('"', '\\"')) for value in values]
    if kind in ("MX", "CNAME"):
        return [value if value.endswith(".") else f"{value}." for value in values]
    return list(values)
