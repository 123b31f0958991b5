"""Asks DNS what the diagnosis needs to know. The only module that knows dnspython."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.nameserver
import dns.rcode
import dns.rdatatype
import dns.resolver
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.TXT import TXT

from pulumi_ses_mail_from_provider.dns.diagnosis import Finding, diagnose
from pulumi_ses_mail_from_provider.dns.queries import Answer, Outcome, Question, first_questions, further_questions
from pulumi_ses_mail_from_provider.rules.errors import InvalidInput
from pulumi_ses_mail_from_provider.rules.names import name_server, printable, shown

_AT_ONCE: Final = 8
_PER_TRY: Final = 2.0
"""Seconds for one name server to answer, as resolvers have it; then the next one is asked, or the same again."""

_RCODES: Final = {
    dns.rcode.SERVFAIL: Outcome.FAILED,
    dns.rcode.REFUSED: Outcome.REFUSED,
    dns.rcode.NOTAUTH: Outcome.REFUSED,
}


class Resolver:
    """Looks up MAIL FROM domains. Threads may share one.

    nameservers: "HOST[:PORT]"; none: those of the system.
    lifetime: seconds for a round of questions. A domain takes two rounds at most, whatever happens.

    Raises InvalidInput for a name server that is none, or whose name is not known.
    """

    def __init__(self, nameservers: Sequence[str] = (), lifetime: float = 5.0) -> None:
        self._lifetime = lifetime
        self._resolver, self._problem = _configured(nameservers)
        if self._resolver:
            self._resolver.timeout = min(_PER_TRY, lifetime)

    def diagnose(self, mail_from_domain: str, region: str) -> tuple[Finding, ...]:
        """All that is wrong with the DNS of a MAIL FROM domain, errors first; nothing where it is as it should be."""
        answers = self._ask_all(first_questions(mail_from_domain))
        answers |= self._ask_all(further_questions(mail_from_domain, answers))
        return diagnose(mail_from_domain, region, answers)

    def _ask_all(self, questions: Iterable[Question]) -> dict[Question, Answer]:
        questions, deadline = list(questions), time.monotonic() + self._lifetime
        with ThreadPoolExecutor(_AT_ONCE, "dns") as threads:
            answers = threads.map(lambda question: self._ask(question, deadline), questions)
            return dict(zip(questions, answers, strict=True))

    def _ask(self, question: Question, deadline: float) -> Answer:
        if self._resolver is None:
            return Answer(Outcome.UNREACHABLE, detail=self._problem)
        left = deadline - time.monotonic()
        return _looked_up(self._resolver, question, left) if left > 0 else Answer(Outcome.TIMEOUT)


def _configured(nameservers: Sequence[str]) -> tuple[dns.resolver.Resolver | None, str]:
    """A resolver, or why there is none."""
    if nameservers:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = [server for text in nameservers for server in _servers(text)]
        return resolver, ""
    try:
        return dns.resolver.Resolver(), ""
    except (dns.exception.DNSException, OSError, ValueError) as problem:
        return None, f"the system names no name server: {problem}"


def _servers(text: str) -> list[dns.nameserver.Nameserver]:
    host, port = name_server(text)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except OSError as problem:
        raise InvalidInput(
            f"{shown(text)} is no name server that can be found ({printable(str(problem))}): give its IP address"
        ) from None
    addresses = dict.fromkeys(str(address[0]) for *_, address in found)
    return [dns.nameserver.Do53Nameserver(address, port) for address in addresses]


def _looked_up(resolver: dns.resolver.Resolver, question: Question, lifetime: float) -> Answer:
    name, kind = question
    try:
        # By its labels: a text could hold escapes, which no domain name has.
        absolute = dns.name.Name([*(label.encode("ascii") for label in name.split(".")), b""])
        found = resolver.resolve(absolute, kind, raise_on_no_answer=False, lifetime=lifetime, search=False)
    except dns.resolver.NXDOMAIN as missing:
        return Answer(Outcome.NO_NAME, zone=_zone(next(iter(missing.kwargs["responses"].values()))))
    except dns.resolver.NoNameservers as failed:
        return _failure(failed.kwargs["errors"])
    except dns.exception.Timeout as late:
        return Answer(Outcome.TIMEOUT, detail=printable(str(late)))
    except (dns.exception.DNSException, UnicodeError, ValueError) as problem:  # such as a name that DNS cannot hold
        return Answer(Outcome.FAILED, detail=printable(f"{type(problem).__name__}: {problem}"))
    if found.rrset is None:
        return _nothing(found.response)
    return Answer(Outcome.RECORDS, tuple(_text(record) for record in found.rrset))


def _zone(response: dns.message.Message) -> str:
    """The zone that says "no": the owner of the SOA record beside it (RFC 2308 section 2)."""
    for rrset in response.authority:
        if rrset.rdtype == dns.rdatatype.SOA:
            return rrset.name.to_text(omit_final_dot=True).lower()
    return ""


def _nothing(response: dns.message.Message) -> Answer:
    zone = _zone(response)
    delegated = [rrset for rrset in response.authority if rrset.rdtype == dns.rdatatype.NS]
    authoritative = response.flags & (dns.flags.AA | dns.flags.RA)
    if delegated and not zone and not authoritative and not response.answer:
        # A name server of the zone above, which does not ask others.
        hosts = ", ".join(str(record) for record in delegated[0])
        return Answer(Outcome.REFUSED, detail=f"delegated to {hosts}")
    return Answer(Outcome.NO_RECORDS, zone=zone)


def _failure(errors: Iterable[tuple[str, bool, int, Any, dns.message.Message | None]]) -> Answer:
    """All name servers have failed. What one answered says more than that another is silent."""
    outcomes: dict[Outcome, str] = {}
    for server, _, _, problem, response in errors:
        if response is not None:
            outcome = _RCODES.get(response.rcode(), Outcome.FAILED)
            if isinstance(problem, dns.message.ChainTooLong):
                outcome = Outcome.LOOP
        elif isinstance(problem, dns.exception.Timeout):
            outcome = Outcome.TIMEOUT
        else:
            outcome = Outcome.UNREACHABLE if isinstance(problem, OSError) else Outcome.FAILED
        outcomes.setdefault(outcome, printable(f"{server.removeprefix('Do53:')}: {problem}"))
    order = (Outcome.LOOP, Outcome.FAILED, Outcome.REFUSED, Outcome.TIMEOUT)
    telling = next((outcome for outcome in order if outcome in outcomes), Outcome.UNREACHABLE)
    return Answer(telling, detail=outcomes.get(telling, ""))


def _text(record: Any) -> str:
    if isinstance(record, TXT):
        return b"".join(record.strings).decode("utf-8", "replace")
    if isinstance(record, MX):
        return f"{record.preference} {_host(record.exchange)}"
    target = getattr(record, "target", None)
    return _host(target) if isinstance(target, dns.name.Name) else str(record)


def _host(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()
