from __future__ import annotations

import pytest
from botocore import exceptions
from botocore.parsers import ResponseParserError

from pulumi_ses_mail_from_provider.ses.errors import Call, clean, explained

CALL = Call(
    "setting bounce.example.com as the MAIL FROM domain of example.com in us-east-1",
    "ses:SetIdentityMailFromDomain",
    "us-east-1",
    "https://email.us-east-1.amazonaws.com",
)


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


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (_answer("AccessDenied", "User x is not authorized"), ["ses:SetIdentityMailFromDomain", 'Resource "*"']),
        (_answer("AccessDenied", "No.", 403, "AssumeRole"), ["STS answered", "sts:AssumeRole"]),
        (_answer("ExpiredToken"), ["have expired", "aws sso login"]),
        (_answer("InvalidClientTokenId"), ["does not accept the credentials"]),
        (_answer("OptInRequired"), ["cannot use us-east-1"]),
        (_answer("Throttling", "Rate exceeded"), ["one request a second", "somebody else"]),
        (_answer("InternalFailure", status=500), ["a fault of the service"]),
        (_answer("ServiceUnavailable", status=503), ["a fault of the service"]),
        (_answer("InvalidParameterValue", "Identity <example.com> does not exist."), ["aws.ses.DomainIdentity"]),
        (_answer("InvalidParameterValue", "Provided MAIL-FROM domain <x> is not…"), ["Correct what it names"]),
        (_answer("BrandNew"), ["SES answered BrandNew: Because (request id 4e5f). Correct what it names"]),
    ],
)
def test_what_aws_answers(error: exceptions.ClientError, parts: list[str]) -> None:
    """An answer is shown with its code, text and request id, after what was being done and before what to do."""
    failure = explained(error, CALL)
    text = str(failure)
    assert text.startswith(f"{CALL.doing}: S")
    assert "(request id 4e5f). " in text
    for part in parts:
        assert part in text
    assert error.response["Error"]["Code"] == failure.code


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (exceptions.NoCredentialsError(), ["no AWS credentials were found", "AWS_PROFILE"]),
        (exceptions.PartialCredentialsError(provider="env", cred_var="x"), ["no whole AWS credentials"]),
        (exceptions.ProfileNotFound(profile="mail"), ["The config profile (mail) could not be found", "aws:profile"]),
        (exceptions.SSOTokenLoadError(error_msg="x"), ["aws sso login"]),
        (exceptions.UnauthorizedSSOTokenError(), ["aws sso login"]),
        (exceptions.TokenRetrievalError(provider="sso", error_msg="x"), ["aws sso login"]),
        (exceptions.CredentialRetrievalError(provider="x", error_msg="boom"), ["boom", "AWS_PROFILE"]),
        (exceptions.EndpointConnectionError(endpoint_url="https://x"), [CALL.endpoint, "region us-east-1"]),
        (exceptions.ConnectTimeoutError(endpoint_url="https://x"), [CALL.endpoint, "region us-east-1"]),
        (exceptions.ReadTimeoutError(endpoint_url="https://x"), [CALL.endpoint, "AWS_ENDPOINT_URL"]),
        (exceptions.ConnectionClosedError(endpoint_url="https://x"), [CALL.endpoint]),
        (exceptions.SSLError(endpoint_url="https://x", error="e"), [CALL.endpoint]),
        (exceptions.ProxyConnectionError(proxy_url="http://p"), ["http://p", "proxy"]),
        (ResponseParserError("not XML"), ["what is no answer of AWS: not XML"]),
        (exceptions.UnknownServiceError(service_name="ses", known_service_names=""), ["Check the AWS settings"]),
        (ValueError("Invalid endpoint: x"), ["the call failed (ValueError): Invalid endpoint: x", "AWS_ENDPOINT_URL"]),
    ],
)
def test_what_botocore_raises(error: Exception, parts: list[str]) -> None:
    """What never reached AWS is said with the region and endpoint, or with what the credentials lack."""
    failure = explained(error, CALL)
    assert str(failure).startswith(f"{CALL.doing}: ")
    for part in parts:
        assert part in str(failure)
    assert type(error).__name__ == failure.code


def test_the_request_is_not_quoted() -> None:
    """AWS quotes the whole request, tokens included, when a signature does not match."""
    text = "The request signature we calculated does not match. The Canonical String was x-amz-security-token:TICK"
    assert "TICK" not in str(explained(_answer("SignatureDoesNotMatch", text), CALL))


def test_secrets_do_not_show() -> None:
    """Wherever a secret stands in an answer, it is struck out."""
    failure = explained(_answer("Odd", "token TICK, key HUSH"), CALL, ["TICK", "HUSH"])
    assert "token ***, key ***" in str(failure)


def test_clean() -> None:
    """An answer becomes one printable line of bearable length."""
    assert clean("a\n\tb  c") == "a b c"
    assert clean("\x1b[31mred\x07") == "\N{REPLACEMENT CHARACTER}[31mred\N{REPLACEMENT CHARACTER}"
    assert len(clean("x" * 100_000)) < 500
