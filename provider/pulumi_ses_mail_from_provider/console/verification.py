"""Whether the identities themselves are verified, for `ses-mail-from doctor`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pulumi_ses_mail_from_provider.rules.errors import MailFromError
from pulumi_ses_mail_from_provider.rules.model import Absent
from pulumi_ses_mail_from_provider.rules.names import domain_of
from pulumi_ses_mail_from_provider.ses.clock import Clock

from .report import VERIFIED, Report
from .wording import worded

_NOT_STARTED: Final = "NotStarted"


def with_verification(reports: Sequence[Report]) -> tuple[list[Report], tuple[str, ...]]:
    """Add the verification status to the reports of identities that exist.

    The action is optional in IAM: an error is a note, and does not change the exit status.

    Args:
        reports: The reports on identities.

    Returns:
        The reports, and the messages of the calls that failed.
    """
    from pulumi_ses_mail_from_provider.ses.calls import Ses  # noqa: PLC0415 - imports boto3
    from pulumi_ses_mail_from_provider.ses.connections import Connections  # noqa: PLC0415
    from pulumi_ses_mail_from_provider.ses.settings import AwsSettings  # noqa: PLC0415

    ses = Ses(Connections(AwsSettings()), Clock())
    found: dict[tuple[str, str], str] = {}
    notes = []
    for region in dict.fromkeys(report.region for report in reports):
        names = [report.identity for report in reports if report.region == region and _exists(report)]
        # An address may send as well if its domain is verified.
        wanted = list(dict.fromkeys(part for name in names if name for part in (name, domain_of(name))))
        try:
            answers = ses.verification(region, wanted)
        except MailFromError as error:
            notes.append(f"not known whether the identities are verified: {worded(error)}")
            continue
        for name in names:
            if name:
                statuses = [answers.get(name, _NOT_STARTED), answers.get(domain_of(name))]
                found[region, name] = VERIFIED if VERIFIED in statuses else str(statuses[0])
    return [replace(report, verification=found.get((report.region, report.identity or ""))) for report in reports], (
        *notes,
    )


def _exists(report: Report) -> bool:
    return report.found is not Absent.IDENTITY
