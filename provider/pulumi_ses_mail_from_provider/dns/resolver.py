"""Sends the DNS queries of the diagnosis. `name_servers` chooses whom to query."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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

from pulumi_ses_mail_from_provider.rules.names import printable

from .authority import Servers, unseen
from .diagnosis import Finding, diagnose
from .dmarc import dmarc_questions
from .name_servers import configured
from .queries import NEGATIVE, Answer, Outcome, Question, answer_to, first_questions, further_questions, missing_domain
from .spf_tree import SpfTree

_CONCURRENCY: Final = 8
_ATTEMPT_TIMEOUT: Final = 2.0
"""Seconds until the next name server is tried, or the same one again. Other resolvers use the same value."""

_MOST_SERVERS: Final = 4
_MOST_QUERIES: Final = 40
"""The number of queries for a domain. Answers decide how many records SPF refers to."""

_RCODES: Final = {
    dns.rcode.SERVFAIL: Outcome.FAILED,
    dns.rcode.REFUSED: Outcome.REFUSED,
    dns.rcode.NOTAUTH: Outcome.REFUSED,
}


@dataclass(frozen=True)
class Examination:
    """What DNS has for a MAIL FROM domain.

    Attributes:
        findings: The problems, errors first.
        spf_tree: The SPF record and those it refers to, as indented lines.
    """

    findings: tuple[Finding, ...]
    spf_tree: tuple[str, ...] = ()


class Resolver:
    """Diagnoses the DNS of MAIL FROM domains. Threads may share one.

    Args:
        nameservers: The name servers to query, each "HOST[:PORT]". By default those of the system.
        lifetime: The seconds for a round of queries. A domain takes at most twice as long.
        port: The port of the zones' own name servers.

    Raises:
        InvalidInput: A name server is not valid, or its host name could not be resolved.
    """

    def __init__(self, nameservers: Sequence[str] = (), lifetime: float = 5.0, port: int = 53) -> None:
        self._lifetime, self._port = lifetime, port
        self._resolver, self._problem = configured(nameservers)
        if self._resolver:
            self._resolver.timeout = min(_ATTEMPT_TIMEOUT, lifetime)

    def diagnose(self, mail_from_domain: str, region: str, from_domain: str | None = None) -> tuple[Finding, ...]:
        """Find all problems with the DNS of a MAIL FROM domain, errors first.

        Args:
            mail_from_domain: The full name.
            region: The AWS region of the identity.
            from_domain: The domain of the From address. None: DMARC is not checked.
        """
        return self.examine(mail_from_domain, region, from_domain).findings

    def examine(self, mail_from_domain: str, region: str, from_domain: str | None = None) -> Examination:
        """Find all problems, as `diagnose`, and the SPF records as receivers follow them."""
        end = time.monotonic() + 2 * self._lifetime
        dmarc = dmarc_questions(from_domain) if from_domain else []
        answers = self._query_all([*first_questions(mail_from_domain), *dmarc], end)
        answers |= self._query_all(further_questions(mail_from_domain, answers), end)
        servers = self._query_zone(mail_from_domain, answers, end)
        self._follow_spf(mail_from_domain, answers, servers, end)
        tree = tuple(
            printable(line) for line in SpfTree(mail_from_domain, answers | unseen(answers, servers)).root.lines()
        )
        return Examination(diagnose(mail_from_domain, region, answers, from_domain, servers), tree)

    def _query_zone(self, name: str, answers: dict[Question, Answer], end: float) -> dict[Question, dict[str, Answer]]:
        """Query the zone's own name servers for the records that the resolver does not have.

        Args:
            name: The MAIL FROM domain.
            answers: The answers of the resolver. Those on the name servers are added.
            end: When the diagnosis must end, on the monotonic clock.
        """
        questions = [(name, kind) for kind in ("MX", "TXT") if answers[name, kind].outcome in NEGATIVE]
        zone = next((answers[question].zone.strip(".") for question in questions), "")
        if not zone or missing_domain(name, answers[questions[0]]) or self._resolver is None:
            return {}
        answers |= self._query_all([(zone, "NS")], end)
        places = (_MOST_QUERIES - len(answers)) // (1 + len(questions))
        hosts = answers[zone, "NS"].values[: max(0, min(places, _MOST_SERVERS))]
        answers |= self._query_all([(host, "A") for host in hosts], end)
        servers = {host: answers[host, "A"].values[0] for host in hosts if answers[host, "A"].values}
        deadline = min(time.monotonic() + self._lifetime, end)

        def query(asked: tuple[Question, str]) -> Answer:
            question, address = asked
            if time.monotonic() >= deadline:
                return Answer(Outcome.TIMEOUT)
            resolver = dns.resolver.Resolver(configure=False)
            resolver.nameservers = [dns.nameserver.Do53Nameserver(address, self._port)]
            resolver.timeout, resolver.flags = min(_ATTEMPT_TIMEOUT, self._lifetime), 0
            return _resolve(resolver, question, deadline - time.monotonic())

        asked = [(question, address) for question in questions for address in servers.values()]
        with ThreadPoolExecutor(_CONCURRENCY, "dns") as threads:
            found = dict(zip(asked, threads.map(query, asked), strict=True))
        return {
            question: {host: found[question, address] for host, address in servers.items()} for question in questions
        }

    def _follow_spf(self, name: str, answers: dict[Question, Answer], servers: Servers, end: float) -> None:
        """Query the records that the SPF record refers to, level by level, within the limits of a diagnosis.

        Args:
            name: The MAIL FROM domain.
            answers: The answers to add to.
            servers: The answers of the zone's own name servers.
            end: When the diagnosis must end, on the monotonic clock.
        """
        places = _MOST_QUERIES - sum(len(by_host) for by_host in servers.values())
        while len(answers) < places and time.monotonic() < end:
            seen = answers | unseen(answers, servers)
            missing = list(SpfTree(name, seen).missing)
            if not missing or answer_to((name, "TXT"), seen).outcome is not Outcome.RECORDS:
                return
            answers |= self._query_all(missing[: places - len(answers)], end)

    def _query_all(self, questions: Sequence[Question], end: float) -> dict[Question, Answer]:
        deadline = min(time.monotonic() + self._lifetime, end)
        with ThreadPoolExecutor(_CONCURRENCY, "dns") as threads:
            answers = threads.map(lambda question: self._query(question, deadline), questions)
            return dict(zip(questions, answers, strict=True))

    def _query(self, question: Question, deadline: float) -> Answer:
        if self._resolver is None:
            return Answer(Outcome.UNREACHABLE, detail=self._problem)
        remaining = deadline - time.monotonic()
        return _resolve(self._resolver, question, remaining) if remaining > 0 else Answer(Outcome.TIMEOUT)


def _resolve(resolver: dns.resolver.Resolver, question: Question, lifetime: float) -> Answer:
    name, kind = question
    try:
        # From labels, because dnspython would interpret escapes in a text, and domain names have none.
        absolute = dns.name.Name([*(label.encode("ascii") for label in name.split(".")), b""])
        found = resolver.resolve(absolute, kind, raise_on_no_answer=False, lifetime=lifetime, search=False)
    except dns.resolver.NXDOMAIN as missing:
        return Answer(Outcome.NO_NAME, **_negative(next(iter(missing.kwargs["responses"].values()))))
    except dns.resolver.NoNameservers as failed:
        return _failure(failed.kwargs["errors"])
    except dns.exception.Timeout as late:
        return Answer(Outcome.TIMEOUT, detail=printable(str(late)))
    except (dns.exception.DNSException, UnicodeError, ValueError) as problem:  # such as a name that is too long
        return Answer(Outcome.FAILED, detail=printable(f"{type(problem).__name__}: {problem}"))
    if found.rrset is None:
        return _no_records(found.response)
    return Answer(Outcome.RECORDS, tuple(_text(record) for record in found.rrset))


def _zone(response: dns.message.Message) -> str:
    """The zone of a negative answer: the owner of the SOA record in its authority section (RFC 2308 section 2)."""
    return next((soa.name.to_text(omit_final_dot=True).lower() for soa in _soa(response)), "")


def _negative(response: dns.message.Message) -> dict[str, Any]:
    """The zone and the time to live of a negative answer (RFC 2308 section 5)."""
    ttl = next((min(int(soa.ttl), int(soa[0].minimum)) for soa in _soa(response)), 0)
    return {"zone": _zone(response), "ttl": ttl}


def _soa(response: dns.message.Message) -> list[Any]:
    return [rrset for rrset in response.authority if rrset.rdtype == dns.rdatatype.SOA]


def _no_records(response: dns.message.Message) -> Answer:
    zone = _zone(response)
    delegated = [rrset for rrset in response.authority if rrset.rdtype == dns.rdatatype.NS]
    authoritative = response.flags & (dns.flags.AA | dns.flags.RA)
    if delegated and not zone and not authoritative and not response.answer:
        # A referral: the name server is authoritative for a parent zone only, and is not recursive.
        hosts = ", ".join(str(record) for record in delegated[0])
        return Answer(Outcome.REFUSED, detail=f"delegated to {hosts}")
    return Answer(Outcome.NO_RECORDS, **_negative(response))


def _failure(errors: Iterable[tuple[str, bool, int, Any, dns.message.Message | None]]) -> Answer:
    """The most informative of the errors of all name servers: a response is better than a timeout."""
    details: dict[Outcome, str] = {}
    for server, _, _, problem, response in errors:
        if response is not None:
            outcome = _RCODES.get(response.rcode(), Outcome.FAILED)
            if isinstance(problem, dns.message.ChainTooLong):
                outcome = Outcome.LOOP
        elif isinstance(problem, dns.exception.Timeout):
            outcome = Outcome.TIMEOUT
        else:
            outcome = Outcome.UNREACHABLE if isinstance(problem, OSError) else Outcome.FAILED
        details.setdefault(outcome, printable(f"{server.removeprefix('Do53:')}: {problem}"))
    order = (Outcome.LOOP, Outcome.FAILED, Outcome.REFUSED, Outcome.TIMEOUT)
    best = next((outcome for outcome in order if outcome in details), Outcome.UNREACHABLE)
    return Answer(best, detail=details.get(best, ""))


def _text(record: Any) -> str:
    if isinstance(record, TXT):
        return b"".join(record.strings).decode("utf-8", "replace")
    if isinstance(record, MX):
        return f"{record.preference} {_host(record.exchange)}"
    target = getattr(record, "target", None)
    return _host(target) if isinstance(target, dns.name.Name) else str(record)


def _host(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()
