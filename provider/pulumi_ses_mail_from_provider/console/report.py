"""What the doctor finds about one MAIL FROM domain: SES's word and DNS's, side by side. Nothing here asks anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from pulumi_ses_mail_from_provider.dns.diagnosis import Finding, Severity
from pulumi_ses_mail_from_provider.rules.model import (
    Absent,
    BehaviorOnMXFailure,
    Found,
    MailFromAttributes,
    MailFromDomainStatus,
)
from pulumi_ses_mail_from_provider.rules.records import feedback_host

from .options import COULD_NOT_LOOK, FINE, PROBLEM
from .status import BROKEN, described

MX: Final = "MX"
SPF: Final = "SPF"
DNS: Final = "DNS"
"""Topics. The last one is what concerns both records, such as a zone that cannot be reached."""

_SPF_MECHANISM: Final = "include:amazonses.com"
_MEANING: Final = {
    MailFromDomainStatus.SUCCESS.value: "SES uses the MAIL FROM domain",
    MailFromDomainStatus.PENDING.value: "SES looks for the MX record, for 72 hours at most; minutes, as a rule",
    MailFromDomainStatus.TEMPORARY_FAILURE.value: (
        "SES no longer finds the MX record, and goes on looking for 72 hours"
    ),
    MailFromDomainStatus.FAILED.value: (
        "SES has stopped looking for the MX record: once DNS is right, run pulumi up, which sets the domain again"
    ),
}
_MEANWHILE: Final = {
    BehaviorOnMXFailure.USE_DEFAULT_VALUE.value: "until then it sends with a MAIL FROM below amazonses.com",
    BehaviorOnMXFailure.REJECT_MESSAGE.value: "until then it refuses all mail of this identity",
}


class Verdict(Enum):
    """What there is to do."""

    FINE = "fine"
    PROBLEM = "problem"
    UNKNOWN = "unknown"
    """No problem was seen, but not everything could be looked at."""


@dataclass(frozen=True)
class Report:
    """What SES and DNS say."""

    region: str
    identity: str | None
    """None: only the domain was asked about."""
    found: Found | None
    """None: SES was not asked."""
    mail_from_domain: str | None
    """None: there is none, so that DNS was not asked."""
    findings: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """All in all."""
        broken = isinstance(self.found, MailFromAttributes) and self.found.status in BROKEN
        severities = {finding.severity for finding in self.findings}
        if broken or isinstance(self.found, Absent) or Severity.ERROR in severities:
            return Verdict.PROBLEM
        return Verdict.UNKNOWN if Severity.UNKNOWN in severities else Verdict.FINE

    @property
    def meaning(self) -> str:
        """What it means that SES has this."""
        if self.found is Absent.IDENTITY:
            return (
                "there is no such identity in this region and account: correct one of the three, or create it (of a"
                " MAIL FROM domain, --domain checks DNS)"
            )
        if not isinstance(self.found, MailFromAttributes):
            return "no MAIL FROM domain is set, so SES sends with one below amazonses.com"
        meaning = _MEANING.get(self.found.status, "a status that this version does not know")
        if self.found.status == MailFromDomainStatus.SUCCESS:
            return meaning
        return f"{meaning}; {_MEANWHILE.get(self.found.behavior_on_mx_failure, '')}".removesuffix("; ")

    def about(self, topic: str) -> tuple[Finding, ...]:
        """The findings of a topic."""
        return tuple(finding for finding in self.findings if _topic(finding) == topic)

    def right(self, topic: str) -> str | None:
        """What the record of a topic has that counts, if it has it."""
        in_doubt = any(finding.severity is not Severity.WARNING for finding in self.about(DNS))
        if not self.mail_from_domain or self.about(topic) or in_doubt:
            return None
        return feedback_host(self.region) if topic == MX else _SPF_MECHANISM

    @property
    def to_publish(self) -> list[Mapping[str, Any]]:
        """The records that would mend it, each once."""
        records: list[Mapping[str, Any]] = []
        for finding in self.findings:
            if finding.record and finding.record not in records:
                records.append(finding.record)
        return records

    def as_object(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "region": self.region,
            "identity": self.identity,
            **described(self.found),
            "mail_from_domain": self.mail_from_domain,
            "verdict": self.verdict.value,
            "findings": [
                {
                    "code": finding.code,
                    "severity": finding.severity.value,
                    "sentence": finding.sentence,
                    "seen": list(finding.seen),
                    "expected": finding.expected,
                    "record": dict(finding.record) if finding.record else None,
                }
                for finding in self.findings
            ],
        }


def exit_status(reports: list[Report], *, could_look: bool) -> int:
    """What the exit status says. could_look: whether SES could be asked everywhere."""
    verdicts = {report.verdict for report in reports}
    if Verdict.PROBLEM in verdicts:
        return PROBLEM
    return FINE if could_look and Verdict.UNKNOWN not in verdicts else COULD_NOT_LOOK


def _topic(finding: Finding) -> str:
    kind = finding.record["type"] if finding.record else finding.code.partition("-")[0].upper()
    return {"MX": MX, "TXT": SPF, "SPF": SPF}.get(kind, DNS)
