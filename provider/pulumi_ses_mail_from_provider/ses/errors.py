"""What went wrong, in words for the person who runs Pulumi: what was being done, what came back, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    ConnectionError,  # noqa: A004 - botocore's, which is no OSError
    CredentialRetrievalError,
    HTTPClientError,
    InvalidConfigError,
    MetadataRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from pulumi_ses_mail_from_provider.rules.errors import CallFailed
from pulumi_ses_mail_from_provider.rules.names import printable

THROTTLING_BUDGET: Final = 120.0
"""Seconds for which a call rides out throttling, such as that of another stack."""

_TEXT_LIMIT: Final = 400
_SERVER_FAULT: Final = 500
_STS_OPERATIONS: Final = {"AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity"}

_RENEW: Final = "The credentials have expired: renew them (with IAM Identity Center: aws sso login), then run again."
_GIVE_CREDENTIALS: Final = (
    "Give AWS credentials as for the AWS CLI (AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), or as stack"
    " config (aws:profile)."
)
_CHECK_CREDENTIALS: Final = "AWS does not accept the credentials: check them, and this machine's clock."
_ALLOW: Final = 'Allow these credentials the IAM action {action} (actions of ses on Resource "*").'
_ENABLE: Final = "The account cannot use {region}: enable that region, or choose another."
_OTHERS: Final = (
    "SES takes one request a second of each kind from an account in a region. This run kept to that for {patience:.0f}"
    " s, so somebody else is using them up (another stack, the console, a script): run again when that has ended."
)
_LATER: Final = "That is a fault of the service: run again in a while."
_UNREACHABLE: Final = (
    "Check that SES exists in region {region}, the network (proxy, VPC endpoint), and AWS_ENDPOINT_URL if that is set."
)

_THROTTLING: Final = {"RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"}
_INVALID: Final = {"InvalidParameterCombination", "InvalidParameterValue", "ValidationError", "ValidationException"}
_BY_CODE: Final = dict.fromkeys(_THROTTLING, _OTHERS) | {
    "AccessDenied": _ALLOW,
    "AccessDeniedException": _ALLOW,
    "AuthFailure": _CHECK_CREDENTIALS,
    "ExpiredToken": _RENEW,
    "ExpiredTokenException": _RENEW,
    "IncompleteSignature": _CHECK_CREDENTIALS,
    "InvalidAccessKeyId": _CHECK_CREDENTIALS,
    "InvalidClientTokenId": _CHECK_CREDENTIALS,
    "MissingAuthenticationToken": _CHECK_CREDENTIALS,
    "OptInRequired": _ENABLE,
    "RequestExpired": _RENEW,
    "SignatureDoesNotMatch": _CHECK_CREDENTIALS,
    "SubscriptionRequiredException": _ENABLE,
    "UnauthorizedOperation": _ALLOW,
    "UnrecognizedClientException": _CHECK_CREDENTIALS,
}
"""What to do about an error that AWS answers, by its code."""

_BY_TYPE: Final = (
    (NoCredentialsError, "no AWS credentials were found", _GIVE_CREDENTIALS),
    (PartialCredentialsError, "no whole AWS credentials were found: {error}", _GIVE_CREDENTIALS),
    (ProfileNotFound, "{error}", "Name one that `aws configure list-profiles` shows (aws:profile, AWS_PROFILE)."),
    ((SSOError, TokenRetrievalError), "no AWS credentials: {error}", _RENEW),
    (
        (CredentialRetrievalError, MetadataRetrievalError, ConfigParseError, InvalidConfigError),
        "no AWS credentials: {error}",
        _GIVE_CREDENTIALS,
    ),
    ((HTTPClientError, ConnectionError), "{endpoint} could not be reached: {error}", _UNREACHABLE),
    (
        ResponseParserError,
        "{endpoint} answered what is no answer of AWS: {error}",
        "Check that nothing stands between here and AWS (proxy, captive portal), and AWS_ENDPOINT_URL if that is set.",
    ),
    (BotoCoreError, "the call could not be made: {error}", "Check the AWS settings."),
    (Exception, "the call failed ({kind}): {error}", "Check the AWS settings, and AWS_ENDPOINT_URL if that is set."),
)
"""What came back, and what to do, by the type of an error that botocore raises itself. The first that fits counts."""


@dataclass(frozen=True)
class Call:
    """A call of AWS, in the words of its error messages."""

    doing: str
    """What was being done, to what: "reading the MAIL FROM domain of example.com in us-east-1"."""
    action: str
    """As IAM calls it: "ses:SetIdentityMailFromDomain"."""
    region: str
    endpoint: str


def explained(error: Exception, call: Call, secrets: Iterable[str] = ()) -> CallFailed:
    """`error` as one that a user can act on.

    secrets: texts that must not show, should the service quote the request.
    """
    if isinstance(error, ClientError):
        code, came_back, remedy = _answered(error, call)
    else:
        code = type(error).__name__
        came_back, remedy = next(
            (came_back, remedy) for types, came_back, remedy in _BY_TYPE if isinstance(error, types)
        )
        came_back = came_back.format(error=error, endpoint=call.endpoint, kind=code)
    came_back = clean(came_back, secrets).rstrip(".")
    return CallFailed(
        call.doing,
        f"{came_back}. {_filled(remedy, call)}",
        code=code,
        outcome_unknown=is_fault(error),
        transient=is_fault(error) or is_throttling(error),
    )


def _filled(remedy: str, call: Call) -> str:
    return remedy.format(action=call.action, region=call.region, patience=THROTTLING_BUDGET)


def _answered(error: ClientError, call: Call) -> tuple[str, str, str]:
    """The code, what AWS answered, and what to do about it."""
    answer, metadata = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
    code, text = str(answer.get("Code", "")), str(answer.get("Message", ""))
    if code == "SignatureDoesNotMatch":
        text = text.partition(". ")[0]  # what follows quotes the request, with its headers
    # Credentials may have to call STS before SES is called.
    service = "STS" if error.operation_name in _STS_OPERATIONS else "SES"
    request = f" (request id {metadata['RequestId']})" if metadata.get("RequestId") else ""
    remedy = _BY_CODE.get(code, "Correct what it names, then run again.")
    if is_unknown_identity(error):
        remedy = how_to_verify(call.region)
    elif int(metadata.get("HTTPStatusCode") or 0) >= _SERVER_FAULT:
        remedy = _LATER
    if service == "STS":
        remedy = remedy.replace("{action}", f"sts:{error.operation_name}")
    return code, f"{service} answered {code}: {text.rstrip('.')}{request}", remedy


def is_throttling(error: Exception) -> bool:
    """Whether AWS refuses a call because there are too many."""
    return isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in _THROTTLING


def is_fault(error: Exception) -> bool:
    """Whether a call failed in a way that may pass, and that leaves open whether it took effect."""
    if isinstance(error, ClientError):
        return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0) >= _SERVER_FAULT
    return isinstance(error, (HTTPClientError, ConnectionError, ResponseParserError))


def concerns_one_identity(error: Exception) -> bool:
    """Whether a refusal may be due to one of several identities that a call names."""
    return isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in _INVALID


def is_unknown_identity(error: Exception) -> bool:
    """Whether SES says that it does not know the identity. It has no code of its own for that."""
    if not isinstance(error, ClientError):
        return False
    answer = error.response.get("Error", {})
    text = str(answer.get("Message"))
    return answer.get("Code") == "InvalidParameterValue" and re.match(r"Identity .* does not exist", text) is not None


def how_to_verify(region: str) -> str:
    """What to do about an identity that SES does not know."""
    return (
        f"Create it in {region} first (aws.ses.DomainIdentity or aws.ses.EmailIdentity, and pass its output as"
        " identity, so that Pulumi keeps the order), or correct the identity or the region."
    )


def clean(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` on one line, printable, of bearable length, and without `secrets`."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return printable(" ".join(text.split()), _TEXT_LIMIT)
