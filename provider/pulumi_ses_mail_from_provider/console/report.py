"""The report of `ses-mail-from doctor` on one MAIL FROM domain: what SES and DNS have, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from pulumi_ses_mail_from_provider.dns.findings import Finding, Severity
from pulumi_ses_mail_from_provider.dns.public_suffixes import organisational_domain
from pulumi_ses_mail_from_provider.rules.model import (
    Absent,
    BehaviorOnMXFailure,
    Found,
    MailFromAttributes,
    MailFromDomainStatus,
)
from pulumi_ses_mail_from_provider.rules.names import domain_of
from pulumi_ses_mail_from_provider.rules.records import feedback_host

from .identities import found_as_object, needs_action
from .options import FAILURE, OK, PROBLEM
from .wording import finding_sentence

MX: Final = "MX"
SPF: Final = "SPF"
DMARC: Final = "DMARC"
DNS: Final = "DNS"
"""Topics of findings. `DNS` has those that concern both records, such as a zone that cannot be reached."""

_CORRECT: Final = {SPF: "include:amazonses.com", DMARC: "relaxed SPF alignment"}
_MEANING: Final = {
    MailFromDomainStatus.SUCCESS.value: "SES uses the MAIL FROM domain.",
    MailFromDomainStatus.PENDING.value: (
        "SES is looking for the MX record. This usually takes minutes, and ends after 72 hours."
    ),
    MailFromDomainStatus.TEMPORARY_FAILURE.value: (
        "SES no longer finds the MX record, and keeps looking for 72 hours."
    ),
    MailFromDomainStatus.FAILED.value: (
        "SES has stopped looking for the MX record. Once DNS is correct, run pulumi up, which sets the domain again."
    ),
}
_UNTIL_VERIFIED: Final = {
    BehaviorOnMXFailure.USE_DEFAULT_VALUE.value: "Until it is verified, SES uses a subdomain of amazonses.com.",
}
_REFUSED: Final = (
    'SES refuses all mail from this identity. The quickest relief: set behavior_on_mx_failure="UseDefaultValue" and run'
    " pulumi up."
)
VERIFIED: Final = "Success"
"""The verification status of an identity that may send."""


class Verdict(Enum):
    """The result of the check."""

    FINE = "fine"
    PROBLEM = "problem"
    UNKNOWN = "unknown"
    """No problem was found, but not everything could be looked up."""


@dataclass(frozen=True)
class Report:
    """What SES and DNS have for a MAIL FROM domain.

    Attributes:
        identity: None if only the DNS of a domain was to be checked.
        found: What SES has; None if SES was not called.
        mail_from_domain: The domain that was looked up in DNS; None if there is none.
        spf_tree: The SPF record and those it refers to, as indented lines, if they are to be shown.
        verification: The verification status of the identity itself; None if it is not known.
    """

    region: str
    identity: str | None
    found: Found | None
    mail_from_domain: str | None
    findings: tuple[Finding, ...] = ()
    verification: str | None = None
    spf_tree: tuple[str, ...] = ()

    @property
    def from_domain(self) -> str | None:
        """The domain of the From address: that of the identity, or the one that its owner has registered."""
        if self.identity:
            return domain_of(self.identity)
        return self.mail_from_domain and organisational_domain(self.mail_from_domain)

    @property
    def verdict(self) -> Verdict:
        """The result for SES and DNS together."""
        severities = {finding.severity for finding in self.findings}
        unverified = self.verification not in (None, VERIFIED)
        if unverified or needs_action(self.found) or isinstance(self.found, Absent) or Severity.ERROR in severities:
            return Verdict.PROBLEM
        return Verdict.UNKNOWN if Severity.UNKNOWN in severities else Verdict.FINE

    @property
    def meaning(self) -> str:
        """What the answer of SES means for the user."""
        if self.found is Absent.IDENTITY:
            return (
                "the identity does not exist in this region and account. Check all three, or create the identity. To"
                " check only the DNS of a MAIL FROM domain, use --domain."
            )
        if not isinstance(self.found, MailFromAttributes):
            return "no MAIL FROM domain is set, so SES uses a subdomain of amazonses.com."
        meaning = _MEANING.get(self.found.status, "This version does not know that status.")
        if self.found.status == MailFromDomainStatus.SUCCESS:
            return meaning
        if self.found.rejects_mail:
            return f"{_REFUSED} {meaning}"
        return f"{meaning} {_UNTIL_VERIFIED.get(self.found.behavior_on_mx_failure, '')}".rstrip()

    def about(self, topic: str) -> tuple[Finding, ...]:
        """The findings of a topic."""
        return tuple(finding for finding in self.findings if _topic(finding) == topic)

    def correct_value(self, topic: str) -> str | None:
        """The value that makes the record of a topic valid; None unless the record has it."""
        in_doubt = any(finding.severity in (Severity.ERROR, Severity.UNKNOWN) for finding in self.about(DNS))
        if not self.mail_from_domain or self.about(topic) or in_doubt:
            return None
        return feedback_host(self.region) if topic == MX else _CORRECT[topic]

    @property
    def records_to_publish(self) -> list[Mapping[str, Any]]:
        """The records that would resolve the findings, without duplicates."""
        records: list[Mapping[str, Any]] = []
        for finding in self.findings:
            if finding.record and finding.record not in records:
                records.append(finding.record)
        return records

    def as_object(self) -> dict[str, Any]:
        """The report as it is printed in JSON."""
        return {
            "region": self.region,
            "identity": self.identity,
            **found_as_object(self.found),
            "mail_from_domain": self.mail_from_domain,
            "verification": self.verification,
            "verdict": self.verdict.value,
            "findings": [
                {
                    "code": finding.code,
                    "severity": finding.severity.value,
                    "sentence": finding_sentence(finding),
                    "seen": list(finding.seen),
                    "expected": finding.expected,
                    "record": dict(finding.record) if finding.record else None,
                }
                for finding in self.findings
            ],
        }


def exit_status(reports: list[Report], *, complete: bool) -> int:
    """The exit status for all reports.

    Args:
        reports: The reports.
        complete: Whether SES could be read in every region.
    """
    verdicts = {report.verdict for report in reports}
    if Verdict.PROBLEM in verdicts:
        return PROBLEM
    return OK if complete and Verdict.UNKNOWN not in verdicts else FAILURE


def _topic(finding: Finding) -> str:
    kind = finding.record["type"] if finding.record else finding.code.partition("-")[0].upper()
    return {"MX": MX, "TXT": SPF, "SPF": SPF, "DMARC": DMARC}.get(kind, DNS)
