from __future__ import annotations

import pytest
from botocore import exceptions
from botocore.parsers import ResponseParserError

from pulumi_ses_mail_from_provider.rules.errors import (
    AwsUnreachable,
    CallFailed,
    CallRefused,
    IdentityNotFound,
    MailFromDomainNotFound,
    MailFromError,
    NotVerified,
    Remedy,
)
from pulumi_ses_mail_from_provider.rules.model import Absent, Key
from pulumi_ses_mail_from_provider.rules.remedies import COMMON, worded
from pulumi_ses_mail_from_provider.ses.errors import Call, clean, explained

CALL = Call(
    "setting bounce.example.com as the MAIL FROM domain of example.com in us-east-1",
    "ses:SetIdentityMailFromDomain",
    "us-east-1",
    "https://email.us-east-1.amazonaws.com",
    120.0,
)
SENTENCES = {remedy: remedy.name for remedy in Remedy} | dict(COMMON)
"""A sentence for each remedy, as a front end has them. Of those that are worded by front ends only, its name."""


def _answer(
    code: str, text: str = "Because.", status: int = 400, operation: str = "SetIdentityMailFromDomain"
) -> exceptions.ClientError:
    return exceptions.ClientError(
        {
            "Error": {"Code": code, "Message": text},
            "ResponseMetadata": {"RequestId": "4e5f", "HTTPStatusCode": status},
        },
        operation,
    )


def _explained(error: Exception) -> CallFailed:
    failure = explained(error, CALL)
    assert (CALL.doing, CALL.region, CALL.patience) == (failure.doing, failure.region, failure.patience)
    assert f"{CALL.doing}: {failure.came_back}" == str(failure)
    return failure


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (_answer("AccessDenied", "User x is not authorized"), ["ses:SetIdentityMailFromDomain", 'Resource "*"']),
        (_answer("AccessDenied", "No.", 403, "AssumeRole"), ["STS answered", "sts:AssumeRole"]),
        (_answer("ExpiredToken"), ["have expired", "aws sso login"]),
        (_answer("InvalidClientTokenId"), ["does not accept the credentials"]),
        (_answer("OptInRequired"), ["cannot use us-east-1"]),
        (_answer("Throttling", "Rate exceeded"), ["one request per second", "for 120 s, so another client is using"]),
        (_answer("Throttling", "Rate exceeded", operation="GetCallerIdentity"), ["STS answered", "try again later"]),
        (_answer("InternalFailure", status=500), ["a fault of the service"]),
        (_answer("ServiceUnavailable", status=503), ["a fault of the service"]),
        (_answer("InvalidParameterValue", "Identity <example.com> does not exist."), [". CREATE_IDENTITY"]),
        (_answer("InvalidParameterValue", "Provided MAIL-FROM domain <x> is not…"), ["Correct what it names"]),
        (_answer("BrandNew"), ["SES answered BrandNew: Because (request id 4e5f). Correct what it names"]),
    ],
)
def test_what_aws_answers(error: exceptions.ClientError, parts: list[str]) -> None:
    """A refusal shows its code, text and request ID, after what was being done and before the remedy."""
    failure = _explained(error)
    assert isinstance(failure, CallRefused)
    assert str(failure).startswith(f"{CALL.doing}: S")
    assert str(failure).endswith("(request id 4e5f)")
    text = worded(failure, SENTENCES)
    assert text.startswith(f"{failure}. ")
    for part in parts:
        assert part in text
    assert error.response["Error"]["Code"] == failure.code


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (exceptions.NoCredentialsError(), ["no AWS credentials were found", "GIVE_CREDENTIALS"]),
        (
            exceptions.PartialCredentialsError(provider="env", cred_var="x"),
            ["incomplete AWS credentials: Partial credentials found in env", "GIVE_CREDENTIALS"],
        ),
        (
            exceptions.ProfileNotFound(profile="mail"),
            ["The config profile (mail) could not be found", "CHOOSE_PROFILE"],
        ),
        (exceptions.SSOTokenLoadError(error_msg="x"), ["aws sso login"]),
        (exceptions.UnauthorizedSSOTokenError(), ["aws sso login"]),
        (exceptions.TokenRetrievalError(provider="sso", error_msg="x"), ["aws sso login"]),
        (exceptions.CredentialRetrievalError(provider="x", error_msg="boom"), ["boom", "GIVE_CREDENTIALS"]),
        (exceptions.EndpointConnectionError(endpoint_url="https://x"), [CALL.endpoint, "region us-east-1"]),
        (exceptions.ConnectTimeoutError(endpoint_url="https://x"), [CALL.endpoint, "region us-east-1"]),
        (exceptions.ReadTimeoutError(endpoint_url="https://x"), [CALL.endpoint, "AWS_ENDPOINT_URL"]),
        (exceptions.ConnectionClosedError(endpoint_url="https://x"), [CALL.endpoint]),
        (exceptions.SSLError(endpoint_url="https://x", error="e"), [CALL.endpoint]),
        (exceptions.ProxyConnectionError(proxy_url="http://p"), ["http://p", "proxy"]),
        (
            ResponseParserError("not XML"),
            [f"{CALL.endpoint} returned a response that is not from AWS: not XML", "captive portal"],
        ),
        (exceptions.UnknownServiceError(service_name="ses", known_service_names=""), ["Check the AWS settings"]),
        (ValueError("Invalid endpoint: x"), ["the call failed (ValueError): Invalid endpoint: x", "AWS_ENDPOINT_URL"]),
    ],
)
def test_what_botocore_raises(error: Exception, parts: list[str]) -> None:
    """An error before any answer names the region and endpoint, or what is wrong with the credentials."""
    failure = _explained(error)
    assert isinstance(failure, AwsUnreachable)
    text = worded(failure, SENTENCES)
    assert text.startswith(f"{CALL.doing}: ")
    for part in parts:
        assert part in text
    assert (type(error).__name__, CALL.action) == (failure.code, failure.action)


@pytest.mark.parametrize(
    ("error", "outcome_unknown", "transient"),
    [
        (_answer("AccessDenied"), False, False),
        (_answer("Throttling"), False, True),
        (_answer("ServiceUnavailable", status=503), True, True),
        (exceptions.ReadTimeoutError(endpoint_url="https://x"), True, True),
        (ResponseParserError("not XML"), True, True),
        (exceptions.NoCredentialsError(), False, False),
    ],
)
def test_what_a_retry_may_do(error: Exception, *, outcome_unknown: bool, transient: bool) -> None:
    """A fault may pass, and leaves open whether the call took effect; throttling passes, and the call had no effect."""
    failure = _explained(error)
    assert (outcome_unknown, transient) == (failure.outcome_unknown, failure.transient)


def test_an_unknown_identity() -> None:
    """SES has no error code for an unknown identity, but a text."""
    unknown = _explained(_answer("InvalidParameterValue", "Identity <example.com> does not exist."))
    other = _explained(_answer("InvalidParameterValue", "Identity <example.com> is invalid."))
    assert (IdentityNotFound, Remedy.CREATE_IDENTITY) == (type(unknown), unknown.remedy)
    assert (CallRefused, Remedy.CORRECT_REQUEST) == (type(other), other.remedy)


def test_what_is_not_known_of_a_call() -> None:
    """An error of a call that was never made has no code, action or region, and cannot have taken effect."""
    failure = CallFailed("", "The config profile (x) could not be found")
    assert "The config profile (x) could not be found" == str(failure) == failure.came_back
    assert ("", "", "", 0.0) == (failure.code, failure.action, failure.region, failure.patience)
    assert (False, False, None) == (failure.outcome_unknown, failure.transient, failure.remedy)


def test_nothing_to_read() -> None:
    """The error for an id that has nothing to read names the id, the reason and the remedy."""
    key = Key("us-east-1", "example.com")
    error = MailFromDomainNotFound(key, Absent.IDENTITY.value)
    assert "us-east-1/example.com: there is nothing to read: SES has no such identity" == str(error)
    assert (key, Remedy.CORRECT_ID) == (error.key, error.remedy)


def test_not_verified() -> None:
    """The error of a wait has details only if it is given some, and its remedy is to wait again."""
    error = NotVerified("1 of 2 not verified")
    assert ("1 of 2 not verified", Remedy.RUN_AGAIN_TO_WAIT) == (str(error), error.remedy)
    assert ((), 0, None) == (error.details, error.more, error.failure)


@pytest.mark.parametrize("cause", ["there is no MX", "there is no MX."])
def test_a_cause_and_a_remedy(cause: str) -> None:
    """A full stop separates the cause from the remedy, also if the cause ends with one."""
    assert "there is no MX. CREATE_IDENTITY" == worded(MailFromError(cause, Remedy.CREATE_IDENTITY), SENTENCES)


def test_the_action_of_sts() -> None:
    """STS may have to be called before SES: then its action is the one to allow."""
    assert "sts:AssumeRole" == _explained(_answer("AccessDenied", operation="AssumeRole")).action
    assert CALL.action == _explained(_answer("AccessDenied")).action


def test_the_request_is_not_quoted() -> None:
    """AWS quotes the whole request, tokens included, when a signature does not match."""
    text = "The request signature we calculated does not match. The Canonical String was x-amz-security-token:TICK"
    assert "TICK" not in str(explained(_answer("SignatureDoesNotMatch", text), CALL))


def test_secrets_are_masked() -> None:
    """Secrets are masked wherever they are in an answer."""
    failure = explained(_answer("Odd", "token TICK, key HUSH"), CALL, ["TICK", "HUSH"])
    assert "token ***, key ***" in str(failure)


def test_clean() -> None:
    """An answer becomes one line without control characters, of limited length."""
    assert clean("a\n\tb  c") == "a b c"
    assert clean("\x1b[31mred\x07") == "\N{REPLACEMENT CHARACTER}[31mred\N{REPLACEMENT CHARACTER}"
    assert len(clean("x" * 100_000)) < 500
