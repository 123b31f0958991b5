"""The regions that a command works in."""

from __future__ import annotations

import os
from collections.abc import Sequence

from pulumi_ses_mail_from_provider.rules.errors import InvalidInput, Remedy
from pulumi_ses_mail_from_provider.rules.names import normalise_region


def resolve_regions(given: Sequence[str]) -> list[str]:
    """The given regions without duplicates, or the default region of the AWS environment or profile.

    Raises:
        InvalidInput: There is no default region, or it is not valid.
        CallFailed: The AWS profile cannot be read.
    """
    if given:
        return list(dict.fromkeys(given))
    region = os.environ.get("AWS_REGION") or _default_region()
    if not region:
        raise InvalidInput("no region is given", Remedy.GIVE_REGION)
    try:
        return [normalise_region(region)]
    except InvalidInput as error:
        source = "it comes from the AWS environment or profile; --region overrides it"
        raise InvalidInput(f"{error} ({source})", error.remedy) from None


def _default_region() -> str | None:
    from pulumi_ses_mail_from_provider.ses.connections import Connections  # noqa: PLC0415 - imports boto3
    from pulumi_ses_mail_from_provider.ses.settings import AwsSettings  # noqa: PLC0415

    return Connections(AwsSettings()).ambient_region()
