"""Which region is meant, where the command line does not say. AWS itself is not asked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from pulumi_ses_mail_from_provider.rules.errors import CallFailed, InvalidInput, MailFromError
from pulumi_ses_mail_from_provider.rules.names import normalise_region

NO_REGION: Final = (
    "no region is given: add --region us-east-1, or set AWS_REGION, or choose an AWS profile that has a region"
    " (AWS_PROFILE)"
)


class NoRegion(MailFromError):
    """Nothing says which region is meant."""


def regions_or_ambient(given: Sequence[str]) -> list[str]:
    """The given regions, or else that of the AWS environment or profile. Raises NoRegion or InvalidInput."""
    if given:
        return list(dict.fromkeys(given))
    region = os.environ.get("AWS_REGION") or _of_profile()
    if not region:
        raise NoRegion(NO_REGION)
    try:
        return [normalise_region(region)]
    except InvalidInput as problem:
        raise InvalidInput(f"{problem} (it comes from the AWS environment or profile; --region overrides it)") from None


def _of_profile() -> str | None:
    from pulumi_ses_mail_from_provider.ses.connections import Connections  # noqa: PLC0415 - boto3
    from pulumi_ses_mail_from_provider.ses.settings import AwsSettings  # noqa: PLC0415

    try:
        return Connections(AwsSettings()).ambient_region()
    except CallFailed as failure:
        raise CallFailed(in_console(failure)) from None


def in_console(failure: MailFromError) -> str:
    """The message, without the ways out that only a Pulumi program has."""
    message = str(failure)
    for words, instead in (
        (", or as stack config (aws:profile)", ""),
        ("(aws:profile, AWS_PROFILE)", "(AWS_PROFILE)"),
    ):
        message = message.replace(words, instead)
    return message
