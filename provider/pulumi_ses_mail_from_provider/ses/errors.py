"""What the errors of AWS and botocore mean: the errors of this package that they become, and what would help."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    ConnectionError,  # noqa: A004 - botocore's, which is not an OSError
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

from pulumi_ses_mail_from_provider.rules.errors import (
    AwsUnreachable,
    CallFailed,
    CallRefused,
    IdentityNotFound,
    Remedy,
)
from pulumi_ses_mail_from_provider.rules.names import printable

_TEXT_LIMIT: Final = 400  # characters
_SERVER_FAULT: Final = 500  # the least HTTP status
_STS_OPERATIONS: Final = {"AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity"}

_THROTTLING: Final = {"RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"}
_INVALID: Final = {"InvalidParameterCombination", "InvalidParameterValue", "ValidationError", "ValidationException"}
_BY_CODE: Final = dict.fromkeys(_THROTTLING, Remedy.WAIT_FOR_QUOTA) | {
    "AccessDenied": Remedy.ALLOW_ACTION,
    "AccessDeniedException": Remedy.ALLOW_ACTION,
    "AuthFailure": Remedy.CHECK_CREDENTIALS,
    "ExpiredToken": Remedy.RENEW_CREDENTIALS,
    "ExpiredTokenException": Remedy.RENEW_CREDENTIALS,
    "IncompleteSignature": Remedy.CHECK_CREDENTIALS,
    "InvalidAccessKeyId": Remedy.CHECK_CREDENTIALS,
    "InvalidClientTokenId": Remedy.CHECK_CREDENTIALS,
    "MissingAuthenticationToken": Remedy.CHECK_CREDENTIALS,
    "OptInRequired": Remedy.ENABLE_REGION,
    "RequestExpired": Remedy.RENEW_CREDENTIALS,
    "SignatureDoesNotMatch": Remedy.CHECK_CREDENTIALS,
    "SubscriptionRequiredException": Remedy.ENABLE_REGION,
    "UnauthorizedOperation": Remedy.ALLOW_ACTION,
    "UnrecognizedClientException": Remedy.CHECK_CREDENTIALS,
}
"""What would help, by AWS's error code."""

_BY_TYPE: Final = (
    (NoCredentialsError, "no AWS credentials were found", Remedy.GIVE_CREDENTIALS),
    (PartialCredentialsError, "incomplete AWS credentials: {error}", Remedy.GIVE_CREDENTIALS),
    (ProfileNotFound, "{error}", Remedy.CHOOSE_PROFILE),
    ((SSOError, TokenRetrievalError), "no AWS credentials: {error}", Remedy.RENEW_CREDENTIALS),
    (
        (CredentialRetrievalError, MetadataRetrievalError, ConfigParseError, InvalidConfigError),
        "no AWS credentials: {error}",
        Remedy.GIVE_CREDENTIALS,
    ),
    ((HTTPClientError, ConnectionError), "{endpoint} could not be reached: {error}", Remedy.CHECK_NETWORK),
    (ResponseParserError, "{endpoint} returned a response that is not from AWS: {error}", Remedy.CHECK_PROXY),
    (BotoCoreError, "the call could not be made: {error}", Remedy.CHECK_AWS_SETTINGS),
    (Exception, "the call failed ({kind}): {error}", Remedy.CHECK_AWS_SETTINGS_AND_ENDPOINT),
)
"""What came back, and what would help, by the type of an error that botocore raises itself. The first match counts."""


@dataclass(frozen=True)
class Call:
    """A call of AWS, as its errors describe it.

    Attributes:
        doing: What is being done, to what: "reading the MAIL FROM domain of example.com in us-east-1".
        action: The IAM action of the call, such as "ses:SetIdentityMailFromDomain".
        region: The AWS region that is called.
        endpoint: What is called: a URL, or words for it.
        patience: Seconds for which the call is retried while SES throttles it.
    """

    doing: str
    action: str
    region: str
    endpoint: str
    patience: float = 0.0


def explained(error: Exception, call: Call, secrets: Iterable[str] = ()) -> CallFailed:
    """The error of this package for one that botocore has raised.

    Args:
        error: What botocore has raised.
        call: The call that failed.
        secrets: Texts that are masked. AWS may quote the request.
    """
    kind: type[CallFailed] = AwsUnreachable
    code, action = type(error).__name__, call.action
    if isinstance(error, ClientError):
        kind = IdentityNotFound if _is_unknown_identity(error) else CallRefused
        code, came_back, remedy = _code(error), _answer(error), _remedy(error)
        if _is_from_sts(error):
            action = f"sts:{error.operation_name}"
    else:
        came_back, remedy = next(
            (came_back, remedy) for types, came_back, remedy in _BY_TYPE if isinstance(error, types)
        )
        came_back = came_back.format(error=error, endpoint=call.endpoint, kind=code)
    return kind(
        call.doing,
        clean(came_back, secrets).rstrip("."),
        remedy,
        code=code,
        action=action,
        region=call.region,
        patience=call.patience,
        outcome_unknown=is_fault(error),
        transient=is_fault(error) or is_throttling(error),
    )


def is_throttling(error: Exception) -> bool:
    """Whether AWS refused a call because there are too many."""
    return isinstance(error, ClientError) and _code(error) in _THROTTLING


def is_fault(error: Exception) -> bool:
    """Whether a call hit a fault that may be transient. Such a call may have taken effect."""
    if isinstance(error, ClientError):
        return _status(error) >= _SERVER_FAULT
    return isinstance(error, (HTTPClientError, ConnectionError, ResponseParserError))


def concerns_one_identity(error: Exception) -> bool:
    """Whether AWS may have refused a call because of one of the identities in it."""
    return isinstance(error, ClientError) and _code(error) in _INVALID


def clean(text: str, secrets: Iterable[str] = ()) -> str:
    """The text on one line: without control characters, shortened, and with secrets masked.

    Args:
        text: A text that may come from AWS.
        secrets: Texts that are masked.
    """
    for secret in secrets:
        text = text.replace(secret, "***")
    return printable(" ".join(text.split()), _TEXT_LIMIT)


def _answer(error: ClientError) -> str:
    text, metadata = _text(error), error.response.get("ResponseMetadata", {})
    if _code(error) == "SignatureDoesNotMatch":
        text = text.partition(". ")[0]  # the rest quotes the request with its headers
    service = "STS" if _is_from_sts(error) else "SES"
    request = f" (request id {metadata['RequestId']})" if metadata.get("RequestId") else ""
    return f"{service} answered {_code(error)}: {text.rstrip('.')}{request}"


def _remedy(error: ClientError) -> Remedy:
    if _is_unknown_identity(error):
        return Remedy.CREATE_IDENTITY
    if _status(error) >= _SERVER_FAULT:
        return Remedy.TRY_LATER
    if _is_from_sts(error) and is_throttling(error):
        return Remedy.TRY_LESS_OFTEN  # not limited to one request per second
    return _BY_CODE.get(_code(error), Remedy.CORRECT_REQUEST)


def _is_unknown_identity(error: ClientError) -> bool:
    # SES has no code of its own for it.
    return _code(error) == "InvalidParameterValue" and bool(re.match(r"Identity .* does not exist", _text(error)))


def _is_from_sts(error: ClientError) -> bool:
    # botocore may have to assume a role before it can call SES.
    return error.operation_name in _STS_OPERATIONS


def _code(error: ClientError) -> str:
    return str(_error(error).get("Code", ""))


def _text(error: ClientError) -> str:
    return str(_error(error).get("Message", ""))


def _error(error: ClientError) -> dict[str, Any]:
    return dict(error.response.get("Error", {}))


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
