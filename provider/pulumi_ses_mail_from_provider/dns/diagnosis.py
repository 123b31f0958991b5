"""What is wrong with the DNS of a MAIL FROM domain: a pure function over DNS answers.

SES verifies by the MX record alone, and wants exactly one. SPF is for receivers: without it, DMARC cannot pass by SPF.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pulumi_ses_mail_from_provider.dns import spf
from pulumi_ses_mail_from_provider.dns.findings import FINDINGS, SENTENCES, Finding, Severity
from pulumi_ses_mail_from_provider.dns.queries import (
    NOTHING,
    Answer,
    Answers,
    Outcome,
    Question,
    ancestors,
    answer,
    host_of,
    misplacements,
    missing_domain,
    zone_text,
)
from pulumi_ses_mail_from_provider.rules.names import printable
from pulumi_ses_mail_from_provider.rules.records import feedback_host, records_of

__all__ = ["FINDINGS", "Finding", "Severity", "diagnose"]

_REGION: Final = r"[a-z0-9-]+"
_FEEDBACK: Final = re.compile(rf"feedback-smtp\.{_REGION}\.amazonses\.com")
_BY_HOST: Final = (
    ("mx-other-region", _FEEDBACK),
    ("mx-null", re.compile(r"\.?")),
    ("mx-wrong-suffix", re.compile(rf"feedback-smtp\.{_REGION}\.amazonaws\.com")),
    ("mx-smtp-endpoint", re.compile(rf"email-smtp(-fips)?\.{_REGION}\.amazon(aws|ses)\.com")),
    ("mx-inbound", re.compile(rf"inbound-smtp\.{_REGION}\.amazon(aws|ses)\.com")),
    ("mx-target-doubled", re.compile(rf"{_FEEDBACK.pattern}\..+")),
    ("mx-other-host", re.compile(r".*", re.DOTALL)),
)
_LOOKUP: Final = {
    Outcome.FAILED: "lookup-failed",
    Outcome.REFUSED: "lookup-refused",
    Outcome.TIMEOUT: "lookup-timeout",
    Outcome.UNREACHABLE: "name-server-unreachable",
}
_ENDS_IT: Final = frozenset({"cname", "zone-missing"})
"""Findings beside which nothing else is worth saying."""

_ORDER: Final = list(Severity)


def diagnose(mail_from_domain: str, region: str, answers: Answers) -> tuple[Finding, ...]:
    """All that is wrong, errors first; nothing where DNS is as it should be.

    answers: to `answers.first_questions` and `answers.further_questions`.
    """
    look = _Look(mail_from_domain, region, answers)
    findings = list(_mx(look))
    if not any(finding.code in _ENDS_IT for finding in findings):
        findings += _spf(look, told={finding.severity for finding in findings})
        findings += _addresses(look)
    return tuple(sorted(findings, key=lambda finding: _ORDER.index(finding.severity)))


@dataclass(frozen=True)
class _Look:
    """What a diagnosis is about."""

    name: str
    region: str
    answers: Answers

    def at(self, kind: str, name: str | None = None) -> Answer:
        return answer(self.answers, (name or self.name, kind))

    def finding(self, code: str, kind: str, *seen: Question, **words: object) -> Finding:
        """seen: the questions whose answers to show; those about the name itself, where none is given."""
        words = {"name": self.name, "region": self.region} | words
        severity, record = FINDINGS[code], None
        if severity is not Severity.UNKNOWN:
            record = next((one for one in records_of(self.name, self.region) if one["type"] == kind), None)
        questions = seen or ((self.name, kind),)
        return Finding(
            code,
            severity,
            SENTENCES[code].format(**{key: printable(str(word)) for key, word in words.items()}),
            tuple(line for one in questions for line in zone_text(one, answer(self.answers, one))),
            _as_text(record) if record else "",
            record,
        )


def _as_text(record: Mapping[str, Any]) -> str:
    value = f"{record['record']}." if record["type"] == "MX" else f'"{record["value"]}"'
    return printable(f"{record['name']}. {record['ttl']} IN {record['type']} {value}", 1000)


def _mx(look: _Look) -> Iterator[Finding]:
    mx, alias = look.at("MX"), look.at("CNAME").values
    if mx.outcome in _LOOKUP:
        yield _lookup(look, mx, "MX")
    elif alias or mx.outcome is Outcome.LOOP:
        code = "cname-followed" if [host_of(value) for value in mx.values] == [feedback_host(look.region)] else "cname"
        target = alias[0] if alias else "itself"
        yield look.finding(code, "MX", (look.name, "CNAME"), (look.name, "MX"), target=target)
    elif domain := missing_domain(look.name, mx):
        yield look.finding("zone-missing", "MX", domain=domain)
    elif not mx.values:
        yield _missing(look, mx)
    elif len(mx.values) > 1:
        yield look.finding("mx-several", "MX", count=len(mx.values))
    elif (host := host_of(mx.values[0])) != feedback_host(look.region):
        code = next(code for code, pattern in _BY_HOST if pattern.fullmatch(host))
        yield look.finding(code, "MX", host=host)


def _missing(look: _Look, mx: Answer) -> Finding:
    places = [
        (place, slip)
        for place, slip in misplacements(look.name).items()
        if any(_FEEDBACK.match(host_of(value)) for value in look.at("MX", place).values)
    ]
    if places:
        place, slip = places[0]
        seen = [(other, "MX") for other, _ in places]
        return look.finding(f"mx-{slip}", "MX", (look.name, "MX"), *seen, place=place)
    if mx.outcome is Outcome.NO_NAME:
        return look.finding("name-missing", "MX", where=f"the zone {mx.zone}" if mx.zone.strip(".") else "DNS")
    return look.finding("mx-missing", "MX")


def _lookup(look: _Look, failed: Answer, kind: str) -> Finding:
    if failed.outcome is Outcome.FAILED:
        # Somebody above does answer: so it is not the name server that was asked.
        for ancestor in ancestors(look.name):
            if look.at("SOA", ancestor).outcome in NOTHING | {Outcome.RECORDS}:
                return look.finding("zone-failing", kind, zone=ancestor)
    return look.finding(_LOOKUP[failed.outcome], kind)


def _spf(look: _Look, told: set[Severity]) -> Iterator[Finding]:
    txt = look.at("TXT")
    if txt.outcome in _LOOKUP:
        if Severity.UNKNOWN not in told:
            yield _lookup(look, txt, "TXT")
        return
    records = [text for text in txt.values if spf.is_spf(text)]
    if len(records) > 1:
        yield look.finding("spf-several", "TXT", count=len(records))
    elif any(spf.is_quoted_spf(text) for text in records or txt.values):
        yield look.finding("spf-quoted", "TXT")
    elif not records:
        yield _no_spf(look)
    elif fault := spf.fault_of(records[0]):
        yield look.finding(fault.code, "TXT", detail=printable(fault.detail, 100))


def _no_spf(look: _Look) -> Finding:
    for place, slip in misplacements(look.name).items():
        if slip != "label-missing" and any(spf.names_ses(text) for text in look.at("TXT", place).values):
            return look.finding("spf-wrong-name", "TXT", (look.name, "TXT"), (place, "TXT"), place=place)
    return look.finding("spf-missing", "TXT")


def _addresses(look: _Look) -> Iterator[Finding]:
    kinds = [kind for kind in ("A", "AAAA") if look.at(kind).values]
    # An alias has the addresses of its target.
    if kinds and not look.at("CNAME").values:
        seen = [(look.name, kind) for kind in kinds]
        yield look.finding("address", "", *seen, host=look.at(kinds[0]).values[0])
