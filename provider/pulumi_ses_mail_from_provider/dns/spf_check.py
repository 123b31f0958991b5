"""What receivers make of a sender: the function check_host of RFC 7208 section 4, over DNS answers."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final
from urllib.parse import quote

from .queries import NAME_LIMIT, NEGATIVE, Answer, Outcome, Question, host_of
from .spf import InvalidTerm, Term, is_spf, parse

Lookup = Callable[[Question], Answer]
"""Returns the answer to a question."""

LOOKUP_LIMIT: Final = 10  # section 4.6.4, for this and the next two
VOID_LIMIT: Final = 2
_HOST_LIMIT: Final = 10

_MACRO: Final = re.compile(r"%(?:\{([a-z])([0-9]*)(r?)([-.+,/_=]*)\}|([%_-]))", re.IGNORECASE)
_LITERALS: Final = {"%": "%", "_": " ", "-": "%20"}
_DUAL_CIDR: Final = re.compile(r"^(.*?)(?:/(\d+))?(?://(\d+))?$", re.DOTALL)


class Result(str, Enum):
    """What receivers make of a sender (section 2.6)."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


_BY_QUALIFIER: Final = {"+": Result.PASS, "-": Result.FAIL, "~": Result.SOFTFAIL, "?": Result.NEUTRAL}


@dataclass(frozen=True)
class Sender:
    """Who sends.

    Attributes:
        address: The IP address of the client.
        mailbox: The MAIL FROM, or "postmaster@" and the HELO domain.
        helo: The HELO domain.
    """

    address: ipaddress.IPv4Address | ipaddress.IPv6Address
    mailbox: str
    helo: str = "unknown"


class _Stop(Exception):
    """The evaluation ends with an error."""

    def __init__(self, result: Result) -> None:
        self.result = result


def check_host(sender: Sender, domain: str, lookup: Lookup) -> Result:
    """Evaluate the SPF record of a domain for a sender.

    Args:
        sender: Who sends.
        domain: The domain whose record counts first.
        lookup: Answers the questions on the way.
    """
    try:
        return _Check(sender, lookup).host(domain)
    except _Stop as stop:
        return stop.result


class _Check:
    """One evaluation, which counts its lookups."""

    def __init__(self, sender: Sender, lookup: Lookup) -> None:
        mapped = getattr(sender.address, "ipv4_mapped", None)  # an IPv4 client of an IPv6 socket: section 5
        self._sender, self._lookup = replace(sender, address=mapped or sender.address), lookup
        self._lookups = self._voids = 0

    def host(self, domain: str) -> Result:
        labels = domain.rstrip(".").split(".")
        if len(labels) < 2 or len(domain) > NAME_LIMIT + 1 or not all(0 < len(label) <= 63 for label in labels):  # noqa: PLR2004 - RFC 1035
            return Result.NONE
        texts = self._values((domain.rstrip("."), "TXT"), void=False)
        records = [text for text in texts if is_spf(text)]
        if len(records) != 1:
            return Result.PERMERROR if records else Result.NONE
        try:
            terms = parse(records[0])
        except InvalidTerm:
            raise _Stop(Result.PERMERROR) from None
        for term in terms:
            if term.qualifier and self._matches(term, domain):
                return _BY_QUALIFIER[term.qualifier]
        for term in terms:
            if term.name == "redirect=":
                return self._other(term, domain)
        return Result.NEUTRAL

    def _other(self, term: Term, domain: str) -> Result:
        """The result of an include or a redirect."""
        self._count()
        result = self.host(self._expanded(term.value, domain))
        if result in (Result.NONE, Result.PERMERROR, Result.TEMPERROR):
            raise _Stop(Result.TEMPERROR if result is Result.TEMPERROR else Result.PERMERROR)
        return result

    def _matches(self, term: Term, domain: str) -> bool:
        if term.name == "all":
            return True
        if term.name == "include":
            return self._other(term, domain) is Result.PASS
        if term.name in ("ip4", "ip6"):
            return self._in_network(term.value)
        self._count()
        if term.name == "exists":
            return bool(self._values((self._expanded(term.value, domain), "A")))
        if term.name == "ptr":
            target = (self._expanded(term.value, domain) if term.value else domain).lower().rstrip(".")
            return any(host == target or host.endswith(f".{target}") for host in self._validated_hosts())
        parts = _DUAL_CIDR.match(term.value)
        target, four, six = parts.groups() if parts else (term.value, None, None)
        target = self._expanded(target, domain) if target else domain
        hosts = [target]
        if term.name == "mx":
            hosts = [host_of(value) for value in self._values((target, "MX"))]
            if len(hosts) > _HOST_LIMIT:
                raise _Stop(Result.PERMERROR)
        length = four if self._sender.address.version == 4 else six  # noqa: PLR2004 - IPv4
        suffix = f"/{length}" if length else ""
        return any(
            self._in_network(f"{address}{suffix}")
            for host in hosts
            for address in self._values((host.rstrip("."), self._kind), void=term.name == "a")
        )

    @property
    def _kind(self) -> str:
        return "A" if self._sender.address.version == 4 else "AAAA"  # noqa: PLR2004 - IPv4

    def _in_network(self, text: str) -> bool:
        try:
            return self._sender.address in ipaddress.ip_network(text, strict=False)
        except ValueError:
            return False

    def _count(self) -> None:
        self._lookups += 1
        if self._lookups > LOOKUP_LIMIT:
            raise _Stop(Result.PERMERROR)

    def _values(self, question: Question, *, void: bool = True) -> tuple[str, ...]:
        """The records of an answer.

        Args:
            question: The question.
            void: Whether an answer without records counts as a void lookup.
        """
        if not all(0 < len(label) <= 63 for label in question[0].rstrip(".").split(".")):  # noqa: PLR2004 - RFC 1035
            return ()
        answer = self._lookup((question[0].rstrip(".").lower(), question[1]))
        if answer.outcome not in NEGATIVE | {Outcome.RECORDS, Outcome.LOOP}:
            raise _Stop(Result.TEMPERROR)
        if void and not answer.values:
            self._voids += 1
            if self._voids > VOID_LIMIT:
                raise _Stop(Result.PERMERROR)
        return answer.values

    def _validated_hosts(self) -> list[str]:
        """The names of the client that lead back to its address (section 5.5). Errors count as no name."""
        try:
            names = self._values((self._sender.address.reverse_pointer, "PTR"), void=False)[:_HOST_LIMIT]
        except _Stop:
            return []
        valid = []
        for name in names:
            try:
                addresses = self._values((name, self._kind), void=False)
            except _Stop:
                continue
            if any(self._in_network(address) for address in addresses):
                valid.append(name.lower().rstrip("."))
        return valid

    def _expanded(self, text: str, domain: str) -> str:
        """A domain-spec with its macros replaced (section 7)."""
        expanded = _MACRO.sub(lambda macro: self._replacement(macro, domain), text).rstrip(".")
        while len(expanded) > NAME_LIMIT and "." in expanded:
            expanded = expanded.partition(".")[2]
        return expanded

    def _replacement(self, macro: re.Match[str], domain: str) -> str:
        letter, digits, reverse, delimiters, literal = macro.groups()
        if literal:
            return _LITERALS[literal]
        local, _, sender_domain = self._sender.mailbox.rpartition("@")
        address = self._sender.address
        dotted = str(address) if address.version == 4 else ".".join(address.exploded.replace(":", ""))  # noqa: PLR2004 - IPv4
        value = {
            "s": f"{local or 'postmaster'}@{sender_domain}",
            "l": local or "postmaster",
            "o": sender_domain,
            "d": domain,
            "i": dotted,
            "v": "in-addr" if address.version == 4 else "ip6",  # noqa: PLR2004 - IPv4
            "h": self._sender.helo,
        }.get(letter.lower())
        if value is None:
            value = self._name_of_client(domain)
        parts = re.split(f"[{re.escape(delimiters or '.')}]", value)
        if reverse:
            parts.reverse()
        joined = ".".join(parts[-int(digits) :] if digits else parts)
        return quote(joined, safe="-._~") if letter.isupper() else joined

    def _name_of_client(self, domain: str) -> str:
        hosts = self._validated_hosts()
        below = [host for host in hosts if host == domain or host.endswith(f".{domain}")]
        return next(iter(below or hosts), "unknown")
