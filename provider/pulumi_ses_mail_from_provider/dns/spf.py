"""The SPF record of a MAIL FROM domain: whether it lets SES send, as far as the record itself shows.

RFC 7208: section 4.5 (which TXT records are SPF), 4.6.1 and 12 (grammar), 4.6.4 (limit of look-ups), 5 (mechanisms),
6 (modifiers). Records that it refers to are not looked up.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SES: Final = "amazonses.com"
LOOKUPS: Final = 10

_IGNORECASE: Final = re.IGNORECASE | re.ASCII
_VERSION: Final = re.compile(r"v=spf1(?: .*)?", _IGNORECASE | re.DOTALL)  # the quotes of an ABNF ignore case
_QUOTES: Final = "\"'\u201c\u201d\u201e\u2018\u2019`"
_TERM: Final = re.compile(
    r"(?P<qualifier>[-+?~]?)(?P<mechanism>[a-z][a-z0-9]*)(?P<rest>[:/].*)?|(?P<modifier>[a-z][a-z0-9_.-]*)=(?P<value>.*)",
    _IGNORECASE,
)
_MACRO: Final = r"%\{[slodiphcrtv][0-9]*r?[-.+,/_=]*\}"
_MACRO_STRING: Final = re.compile(rf"(?:{_MACRO}|%%|%_|%-|[!-$&-~])*", _IGNORECASE)
_TOP_LABEL: Final = r"(?:[a-z0-9]*[a-z][a-z0-9]*|[a-z0-9]+-[a-z0-9-]*[a-z0-9])"
_DOMAIN_END: Final = re.compile(rf"(?:{_MACRO}|\.{_TOP_LABEL}\.?)$", _IGNORECASE)
_CIDR: Final = re.compile(r"(?:/(?P<four>[0-9]|[12][0-9]|3[0-2]))?(?://(?P<six>[0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))?$")
_ASKING: Final = frozenset({"a", "exists", "include", "mx", "ptr", "redirect="})  # section 4.6.4


@dataclass(frozen=True)
class Term:
    """A mechanism; or a modifier, which has no qualifier, and whose name is written with its "="."""

    qualifier: str
    name: str
    value: str = ""


@dataclass(frozen=True)
class Fault:
    """Why SES's mail does not pass. code: of a finding; detail: what of the record is to blame."""

    code: str
    detail: str


class _Malformed(ValueError):
    """A permerror of section 4.6; its text is the term."""


def is_spf(text: str) -> bool:
    """Whether receivers take a TXT record for SPF."""
    return _VERSION.fullmatch(text) is not None


def is_quoted_spf(text: str) -> bool:
    """Whether it is meant as SPF, with quotes in it that belong to the zone file only."""
    bare = text.strip(_QUOTES + " \\")
    return is_spf(bare) and any(quote in text for quote in _QUOTES)


def names_ses(text: str) -> bool:
    """Whether a TXT record is one for SES, be it right or not."""
    return f"include:{SES}" in text.lower()


def fault_of(text: str) -> Fault | None:
    """The first thing in an SPF record that keeps SES's mail from passing."""
    try:
        terms = _parse(text)
    except _Malformed as malformed:
        return Fault("spf-syntax", str(malformed))
    end = next((place for place, term in enumerate(terms) if term.qualifier and term.name == "all"), None)
    # Section 5.1: nothing after "all" is looked at, and "redirect" is ignored wherever it stands.
    reached = [term for term in terms[:end] if end is None or term.name != "redirect="]
    asking = [term for term in reached if term.name in _ASKING]
    if len(asking) > LOOKUPS:
        return Fault("spf-lookups", str(len(asking)))
    return _fault_of_include(terms, reached)


def _fault_of_include(terms: Sequence[Term], reached: Sequence[Term]) -> Fault | None:
    for term in reached:
        if _is_ses(term):
            return None if term.qualifier in ("+", "") else Fault("spf-qualifier", f"{term.qualifier}include:{SES}")
    if any(_is_ses(term) and term.name == "include" for term in terms):
        return Fault("spf-include-after-all", f"include:{SES}")
    others = [term.value for term in reached if term.name in ("include", "redirect=")]
    return Fault("spf-indirect", ", ".join(others)) if others else Fault("spf-no-include", f"include:{SES}")


def _is_ses(term: Term) -> bool:
    return term.name in ("include", "redirect=") and term.value.lower().removesuffix(".") == SES


def _parse(text: str) -> list[Term]:
    terms = [_term(word) for word in text[len("v=spf1") :].split(" ") if word]
    for modifier in ("redirect=", "exp="):  # section 6: at most one of each
        if len([term for term in terms if term.name == modifier]) > 1:
            raise _Malformed(modifier)
    return terms


def _term(word: str) -> Term:
    match = _TERM.fullmatch(word)
    if match is None:
        raise _Malformed(word)
    if match["modifier"]:
        name, value = f"{match['modifier'].lower()}=", match["value"]
        valid = _is_domain(value) if name in ("redirect=", "exp=") else bool(_MACRO_STRING.fullmatch(value))
        term = Term("", name, value)
    else:
        name, rest = match["mechanism"].lower(), match["rest"] or ""
        valid = _is_mechanism(name, rest)
        term = Term(match["qualifier"] or "+", name, rest[1:])
    if not valid:
        raise _Malformed(word)
    return term


def _is_mechanism(name: str, rest: str) -> bool:
    if name == "all":
        return not rest
    if name in ("include", "exists"):
        return _is_domain(rest[1:]) and rest.startswith(":")
    if name in ("ip4", "ip6"):
        return rest.startswith(":") and _is_network(rest[1:], int(name[2]))
    if name == "ptr":
        return not rest or (rest.startswith(":") and _is_domain(rest[1:]))
    if name in ("a", "mx"):
        domain = _CIDR.sub("", rest)
        return not domain or (domain.startswith(":") and _is_domain(domain[1:]))
    return False


def _is_domain(text: str) -> bool:
    return bool(_MACRO_STRING.fullmatch(text) and _DOMAIN_END.search(text))


def _is_network(text: str, version: int) -> bool:
    address, slash, length = text.partition("/")
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    fits = not slash or (length.isascii() and length.isdigit() and int(length[:4]) <= parsed.max_prefixlen)
    return parsed.version == version and fits
