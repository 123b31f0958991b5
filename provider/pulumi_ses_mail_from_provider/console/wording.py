"""The sentences of the console tool for what the core returns as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from pulumi_ses_mail_from_provider.dns.findings import NAME_SERVER_CHOICE
from pulumi_ses_mail_from_provider.rules import remedies
from pulumi_ses_mail_from_provider.rules.errors import MailFromError, Remedy

if TYPE_CHECKING:
    from pulumi_ses_mail_from_provider.dns.findings import Finding

REMEDIES: Final[Mapping[Remedy, str]] = {
    **remedies.COMMON,
    Remedy.CHOOSE_PROFILE: "Choose one that `aws configure list-profiles` shows (AWS_PROFILE).",
    Remedy.CREATE_IDENTITY: "Create it in {region} first, or correct the identity or the region.",
    Remedy.GIVE_CREDENTIALS: (
        "Give AWS credentials as for the AWS CLI (AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)."
    ),
    Remedy.GIVE_REGION: (
        "add --region us-east-1, or set AWS_REGION, or choose an AWS profile that has a region (AWS_PROFILE)"
    ),
    Remedy.RUN_AGAIN: "Run the command again.",
}


def worded(error: MailFromError) -> str:
    """The whole message of an error: what is wrong, then what to do."""
    return remedies.worded(error, REMEDIES)


def finding_sentence(finding: Finding) -> str:
    """The sentence of a finding, with the option that chooses a name server where that would help."""
    if finding.code not in NAME_SERVER_CHOICE:
        return finding.sentence
    return f"{finding.sentence.removesuffix('.')} (--nameserver)."
