"""The DNS queries that the diagnosis needs, and the form of their answers. Nothing here sends a query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from .public_suffixes import is_public_suffix
from .spf import is_spf


class Outcome(str, Enum):
    """The result of a query."""

    RECORDS = "records"
    NO_RECORDS = "no such record"
    """The name may exist, with records of other types."""
    NO_NAME = "NXDOMAIN"
    FAILED = "the lookup failed"
    """Usually SERVFAIL."""
    REFUSED = "REFUSED"
    """The name server is neither authoritative for the zone nor recursive."""
    LOOP = "a CNAME loop"
    TIMEOUT = "no answer in time"
    UNREACHABLE = "no name server was reached"


NEGATIVE: Final = frozenset({Outcome.NO_RECORDS, Outcome.NO_NAME})
"""The outcomes that prove that there is no such record."""

NAME_LIMIT: Final = 253
"""The length of the longest domain name, without its trailing dot."""


@dataclass(frozen=True)
class Answer:
    """The answer to a query.

    Attributes:
        outcome: The result of the query.
        values: The records. Names have no trailing dot, except for the root. An MX record is "10 host", a TXT record
            its text without quotation marks.
        zone: The zone of a negative answer, "." for the root. Empty if the answer does not name it.
        detail: More about the outcome, for the user to read.
        ttl: For how many seconds resolvers keep a negative answer. 0: not known.
    """

    outcome: Outcome
    values: tuple[str, ...] = ()
    zone: str = ""
    detail: str = ""
    ttl: int = 0


Question = tuple[str, str]
"""A name without trailing dot, and a record type: ("bounce.example.com", "MX")."""

Answers = Mapping[Question, Answer]

_NOT_QUERIED: Final = Answer(Outcome.UNREACHABLE, detail="not queried")
_MAX_PARENTS: Final = 4  # names are rarely deeper, and each level costs queries


def answer_to(question: Question, answers: Answers) -> Answer:
    """The answer to a question, or `UNREACHABLE` if it was not queried."""
    return answers.get(question, _NOT_QUERIED)


def first_questions(name: str) -> list[Question]:
    """The questions for every MAIL FROM domain."""
    return [(name, kind) for kind in ("MX", "TXT", "CNAME", "A", "AAAA")]


def further_questions(name: str, answers: Answers) -> list[Question]:
    """The questions that find misplaced records, or a parent zone that still answers.

    Args:
        name: The MAIL FROM domain.
        answers: The answers to `first_questions`.
    """
    mx, txt = answer_to((name, "MX"), answers), answer_to((name, "TXT"), answers)
    if mx.outcome is Outcome.FAILED:
        return [(ancestor, "SOA") for ancestor in ancestors(name)]
    if missing_domain(name, mx):
        return []
    questions = [(place, "MX") for place in misplacements(name)] if mx.outcome in NEGATIVE else []
    if not any(is_spf(text) for text in txt.values) and txt.outcome in NEGATIVE | {Outcome.RECORDS}:
        # A parent domain usually has an SPF record of its own, so that one proves nothing.
        questions += [(place, "TXT") for place, mistake in misplacements(name).items() if mistake != "label-missing"]
    return questions


def ancestors(name: str) -> list[str]:
    """The parent domains of `name`, from the nearest to the top-level domain."""
    labels = name.split(".")
    return [".".join(labels[depth:]) for depth in range(1, len(labels))]


def missing_domain(name: str, answer: Answer) -> str | None:
    """The domain that must be registered or delegated before `name` can exist.

    Args:
        name: The MAIL FROM domain.
        answer: The answer to a query for it.

    Returns:
        The domain, or None if it exists or the answer does not tell.
    """
    if answer.outcome is not Outcome.NO_NAME or not answer.zone:
        return None
    zone = answer.zone.strip(".")
    below = name.removesuffix(f".{zone}") if zone else name
    return f"{below.rpartition('.')[2]}.{zone}".rstrip(".") if _is_registry(zone, name) else None


def _is_registry(zone: str, name: str) -> bool:
    """Whether domains are registered in `zone`, so that the owner of `name` cannot publish records there."""
    _, _, parent = name.partition(".")
    # The parent of a MAIL FROM domain is at or below its identity, so it is registered itself.
    return zone != parent and (not zone or is_public_suffix(zone))


def misplacements(name: str) -> dict[str, str]:
    """The names at which common mistakes in DNS editors place a record for `name`.

    Returns:
        The mistake by name: "name-doubled", "label-missing" or "wrong-name".

    """
    parents = [ancestor for ancestor in ancestors(name) if not _is_registry(ancestor, name)][:_MAX_PARENTS]
    label = name.partition(".")[0]
    places: dict[str, str] = {}
    for zone in (name, *parents):  # the full name, in an editor that appends its zone
        places[f"{name}.{zone}"] = "name-doubled"
    for parent in parents:  # an empty name, or "@"
        places.setdefault(parent, "label-missing")
    for zone in (name, *parents[1:]):  # only the first label, in a zone above or below the right one
        places.setdefault(f"{label}.{zone}", "wrong-name")
    return {place: mistake for place, mistake in places.items() if place != name and len(place) <= NAME_LIMIT}


def host_of(mx: str) -> str:
    """The host of an MX record, in lower case for comparison."""
    return mx.partition(" ")[2].lower()
