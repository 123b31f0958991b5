"""The sentences for remedies that are the same for every front end, and how a message is put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .errors import InvalidInput, MailFromError, Remedy

COMMON: Final[Mapping[Remedy, str]] = {
    Remedy.ALLOW_ACTION: 'Allow these credentials the IAM action {action} (actions of ses on Resource "*").',
    Remedy.CHECK_AWS_SETTINGS: "Check the AWS settings.",
    Remedy.CHECK_AWS_SETTINGS_AND_ENDPOINT: "Check the AWS settings, and AWS_ENDPOINT_URL if it is set.",
    Remedy.CHECK_CREDENTIALS: "AWS does not accept the credentials: check them, and the clock of this machine.",
    Remedy.CHECK_NETWORK: (
        "Check that SES is available in region {region}, the network (proxy, VPC endpoint), and AWS_ENDPOINT_URL if it"
        " is set."
    ),
    Remedy.CHECK_PROXY: (
        "Check for a proxy or captive portal between this machine and AWS, and AWS_ENDPOINT_URL if it is set."
    ),
    Remedy.CORRECT_REQUEST: "Correct what it names, then run again.",
    Remedy.ENABLE_REGION: "The account cannot use {region}: enable that region, or choose another.",
    Remedy.RENEW_CREDENTIALS: (
        "The credentials have expired: renew them (with IAM Identity Center: aws sso login), then run again."
    ),
    Remedy.TRY_LATER: "This is a fault of the service: try again later.",
    Remedy.TRY_LESS_OFTEN: "Other clients of the account make too many requests: try again later.",
    Remedy.WAIT_FOR_QUOTA: (
        "SES accepts one request per second and action for an account in a region. This run kept to that limit for"
        " {patience} s, so another client is using the quota (another stack, the AWS console, a script): run again"
        " when that has ended."
    ),
}


def worded(error: MailFromError, remedies: Mapping[Remedy, str]) -> str:
    """The whole message of an error: what is wrong, then what to do.

    Args:
        error: The error.
        remedies: The front end's sentence for each remedy. A sentence names values of `error.terms()` in braces.
    """
    if error.remedy is None:
        return error.cause
    remedy = remedies[error.remedy].format_map(error.terms())
    separator = ": " if isinstance(error, InvalidInput) else ". "
    return f"{error.cause.rstrip('.')}{separator}{remedy}"
