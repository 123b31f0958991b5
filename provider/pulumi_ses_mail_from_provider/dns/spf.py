"""The terms of SPF records, and whether one by itself authorizes SES. `spf_tree` follows the records it refers to.

RFC 7208: section 4.5 (which TXT records are SPF records), 4.6.1 and 12 (grammar), 4.6.4 (lookup limit), 5 (mechanisms),
6 (modifiers).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SES_DOMAIN: Final = "amazonses.com"
LOOKUP_TERMS: Final = frozenset({"a", "exists", "include", "mx", "ptr", "redirect="})  # section 4.6.4

_IGNORECASE: Final = re.IGNORECASE | re.ASCII
_VERSION: Final = re.compile(r"v=spf1(?: .*)?", _IGNORECASE | re.DOTALL)  # quoted strings of ABNF ignore case
_QUOTES: Final = "\"'\u201c\u201d\u201e\u2018\u2019`"
_TERM: Final = re.compile(
    r"(?P<qualifier>[-+?~]?)(?P<mechanism>[a-z][a-z0-9]*)(?P<rest>[:/].*)?|(?P<modifier>[a-z][a-z0-9_.-]*)=(?P<value>.*)",
    _IGNORECASE,
)
_MACRO: Final = r"%\{[slodiphv][0-9]*r?[-.+,/_=]*\}"
_MACRO_STRING: Final = re.compile(rf"(?:{_MACRO}|%%|%_|%-|[!-$&-~])*", _IGNORECASE)
_ANY_MACROS: Final = re.compile(_MACRO_STRING.pattern.replace("hv]", "hvcrt]"), _IGNORECASE)  # explanations have more
_TOP_LABEL: Final = r"(?:[a-z0-9]*[a-z][a-z0-9]*|[a-z0-9]+-[a-z0-9-]*[a-z0-9])"
_DOMAIN_END: Final = re.compile(rf"(?:{_MACRO}|\.{_TOP_LABEL}\.?)$", _IGNORECASE)
_CIDR: Final = re.compile(r"(?:/(?P<four>[0-9]|[12][0-9]|3[0-2]))?(?://(?P<six>[0-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))?$")


@dataclass(frozen=True)
class Term:
    """A mechanism or a modifier.

    Attributes:
        qualifier: The sign of a mechanism, "+" by default. Empty for a modifier.
        name: In lower case. The name of a modifier ends with "=".
        value: What follows the colon of a mechanism, or the "=" of a modifier.

    """

    qualifier: str
    name: str
    value: str = ""


@dataclass(frozen=True)
class SpfProblem:
    """The reason why mail from SES does not pass.

    Attributes:
        code: The code of the finding.
        detail: The part of the record that causes it, or the number of lookups.
    """

    code: str
    detail: str


class InvalidTerm(ValueError):
    """A permanent error of section 4.6. Its text is the term."""


def is_spf(text: str) -> bool:
    """Whether receivers select a TXT record as an SPF record."""
    return _VERSION.fullmatch(text) is not None


def is_quoted_spf(text: str) -> bool:
    """Whether a TXT record is meant as an SPF record, but contains quotation marks that belong in the zone file."""
    bare = text.strip(_QUOTES + " \\")
    return is_spf(bare) and any(quote in text for quote in _QUOTES)


def mentions_ses(text: str) -> bool:
    """Whether a TXT record is meant for SES, valid or not."""
    return f"include:{SES_DOMAIN}" in text.lower()


def find_problem(text: str) -> SpfProblem | None:
    """Find the first problem that keeps mail from SES from passing.

    Args:
        text: The text of a TXT record for which `is_spf` is true.
    """
    try:
        terms = parse(text)
    except InvalidTerm as invalid:
        return SpfProblem("spf-syntax", str(invalid))
    return _include_problem(terms, evaluated_terms(terms))


def evaluated_terms(terms: Sequence[Term]) -> list[Term]:
    """The terms that receivers evaluate.

    Section 5.1: mechanisms after "all" are ignored, and so is "redirect" anywhere in a record that has "all".
    """
    end = next((place for place, term in enumerate(terms) if term.qualifier and term.name == "all"), None)
    return [term for term in terms[:end] if end is None or term.name != "redirect="]


def _include_problem(terms: Sequence[Term], evaluated: Sequence[Term]) -> SpfProblem | None:
    for term in evaluated:
        if _is_ses(term):
            allowed = term.qualifier in ("+", "")
            return None if allowed else SpfProblem("spf-qualifier", f"{term.qualifier}include:{SES_DOMAIN}")
    if any(_is_ses(term) and term.name == "include" for term in terms):
        return SpfProblem("spf-include-after-all", f"include:{SES_DOMAIN}")
    if any(term.name in ("include", "redirect=") for term in evaluated):
        return None  # SES may be in a record that it refers to
    return SpfProblem("spf-no-include", f"include:{SES_DOMAIN}")


def _is_ses(term: Term) -> bool:
    return term.name in ("include", "redirect=") and term.value.lower().removesuffix(".") == SES_DOMAIN


def parse(text: str) -> list[Term]:
    """The terms of an SPF record.

    Raises:
        InvalidTerm: A term is not valid.
    """
    terms = [_term(word) for word in text[len("v=spf1") :].split(" ") if word]
    for modifier in ("redirect=", "exp="):  # section 6: at most one of each
        if len([term for term in terms if term.name == modifier]) > 1:
            raise InvalidTerm(modifier)
    return terms


def _term(word: str) -> Term:
    match = _TERM.fullmatch(word)
    if match is None:
        raise InvalidTerm(word)
    if match["modifier"]:
        name, value = f"{match['modifier'].lower()}=", match["value"]
        valid = _is_domain(value) if name in ("redirect=", "exp=") else bool(_ANY_MACROS.fullmatch(value))
        term = Term("", name, value)
    else:
        name, rest = match["mechanism"].lower(), match["rest"] or ""
        valid = _is_mechanism(name, rest)
        term = Term(match["qualifier"] or "+", name, rest.removeprefix(":"))
    if not valid:
        raise InvalidTerm(word)
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
    fits = not slash or bool(
        re.fullmatch("0|[1-9][0-9]{0,2}", length, re.ASCII) and int(length) <= parsed.max_prefixlen
    )
    return parsed.version == version and fits
