"""The stand-in speaks the query protocol over HTTP as SES does, and closes cleanly."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pytest

from support.stand_in import SesStandIn, stopped
from support.stand_in.clients import boto3_client, in_process, over_http
from support.stand_in.model import ServiceError

REGION: Final = "us-east-1"
GET: Final = "GetIdentityMailFromDomainAttributes"
ROLE: Final = "arn:aws:iam::210987654321:role/team/Deploy"
SIGNED: Final = {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/ses/aws4_request, Signature=0"}


@pytest.fixture
def ses() -> Iterator[SesStandIn]:
    """A stand-in without rate limits, on a clock that only tests move."""
    with SesStandIn(rate=None, clock=stopped) as stand_in:
        yield stand_in


@pytest.fixture
def connection(ses: SesStandIn) -> Iterator[http.client.HTTPConnection]:
    """An HTTP connection to the stand-in, without boto3."""
    connection = http.client.HTTPConnection(ses.url.removeprefix("http://"), timeout=5)
    yield connection
    connection.close()


def post(
    connection: http.client.HTTPConnection, form: dict[str, str], headers: dict[str, str] = SIGNED
) -> tuple[int, str]:
    """Post a form; return the HTTP status and the body, without the request ID."""
    connection.request("POST", "/", urlencode(form), headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    request_id = answer.headers["x-amzn-RequestId"]
    assert f"<RequestId>{request_id}</RequestId>" in body
    return answer.status, body.replace(request_id, "ID")


# The protocol


def test_a_result(ses: SesStandIn, connection: http.client.HTTPConnection) -> None:
    """In the XML of a result, maps are entries and lists are members; list parameters count from 1."""
    ses.verify("eu-west-1", "example.com", "example.org")
    form = {"Action": GET, "Identities.member.2": "example.org", "Identities.member.1": "example.com"}
    entry = "<entry><key>{}</key><value><BehaviorOnMXFailure>UseDefaultValue</BehaviorOnMXFailure></value></entry>"
    assert post(connection, form) == (
        200,
        f'<{GET}Response xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><{GET}Result><MailFromDomainAttributes>'
        f"{entry.format('example.com')}{entry.format('example.org')}"
        f"</MailFromDomainAttributes></{GET}Result>"
        f"<ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></{GET}Response>",
    )


def test_an_error(connection: http.client.HTTPConnection) -> None:
    """The XML of an error has markup in its text escaped."""
    assert post(connection, {"Action": "SetIdentityMailFromDomain", "Identity": "<&>"}) == (
        400,
        '<ErrorResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><Error><Type>Sender</Type>'
        "<Code>InvalidParameterValue</Code><Message>Identity &lt;&lt;&amp;&gt;&gt; does not exist.</Message></Error>"
        "<RequestId>ID</RequestId></ErrorResponse>",
    )


@pytest.mark.parametrize(
    ("service", "action"), [("ses", "SendEmail"), ("ses", ""), ("ses", "AssumeRole"), ("sts", "ListIdentities")]
)
def test_unknown_actions(connection: http.client.HTTPConnection, service: str, action: str) -> None:
    """Unknown actions, and actions of the other service, are InvalidAction."""
    status, body = post(
        connection, {"Action": action}, {"Authorization": f"Credential=test/20260101/us-east-1/{service}/aws4_request"}
    )
    assert (status, "<Code>InvalidAction</Code>" in body) == (400, True)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic dGVzdA=="}])
def test_unsigned_requests(connection: http.client.HTTPConnection, headers: dict[str, str]) -> None:
    """Requests without a credential scope are refused."""
    status, body = post(connection, {"Action": "ListIdentities"}, headers)
    assert (status, "<Code>MissingAuthenticationToken</Code>" in body) == (403, True)


def test_other_methods(connection: http.client.HTTPConnection) -> None:
    """Only POST is served."""
    connection.request("GET", "/")
    assert connection.getresponse().status == HTTPStatus.NOT_IMPLEMENTED


def test_keep_alive(connection: http.client.HTTPConnection) -> None:
    """One connection serves many requests, including errors."""
    connection.connect()
    socket = connection.sock
    statuses = [post(connection, {"Action": action})[0] for action in ("ListIdentities", "Nothing", "ListIdentities")]
    assert (statuses, connection.sock) == ([200, 400, 200], socket)


# STS


def test_assume_role(ses: SesStandIn) -> None:
    """The credentials of a role belong to its account, need their token, and expire."""
    answer = boto3_client(ses, "sts").assume_role(RoleArn=ROLE, RoleSessionName="up", DurationSeconds=900)
    arn = "arn:aws:sts::210987654321:assumed-role/Deploy/up"
    assert answer["AssumedRoleUser"] == {"AssumedRoleId": "AROATEST:up", "Arn": arn}
    key = {
        "aws_access_key_id": answer["Credentials"]["AccessKeyId"],
        "aws_secret_access_key": answer["Credentials"]["SecretAccessKey"],
    }
    token = {"aws_session_token": answer["Credentials"]["SessionToken"]}
    assert boto3_client(ses, "sts", **key, **token).get_caller_identity()["Arn"] == arn
    boto3_client(ses, **key, **token).verify_domain_identity(Domain="example.com")
    assert ses.identities(REGION, account="210987654321") == ["example.com"]
    assert ses.identities(REGION) == []
    ses.verify(REGION, "example.com")
    with pytest.raises(ServiceError, match="InvalidClientTokenId"):
        in_process(ses)("ListIdentities", key=key["aws_access_key_id"])
    ses.advance(900)
    unauthorised = boto3_client(ses, **key, **token)
    with pytest.raises(unauthorised.exceptions.ClientError, match="ExpiredToken"):
        unauthorised.list_identities()
    assert ses.journal.calls("ListIdentities", "ExpiredToken")[0].account == "210987654321"


def test_assume_role_of_no_role(ses: SesStandIn) -> None:
    """Texts that are not ARNs of roles are refused."""
    with pytest.raises(ServiceError, match="ValidationError"):
        over_http(ses)("AssumeRole", service="sts", RoleArn="arn:aws:iam::1:role/x", RoleSessionName="up")


def test_assume_role_denied(ses: SesStandIn) -> None:
    """The text of AccessDenied names the role."""
    ses.deny("AssumeRole")
    with pytest.raises(ServiceError, match=f"sts:AssumeRole on resource: {ROLE}"):
        over_http(ses)("AssumeRole", service="sts", RoleArn=ROLE, RoleSessionName="up")


# Threads and closing


def test_many_at_once(ses: SesStandIn) -> None:
    """Eight threads set a thousand identities, and no call is lost."""
    names = [f"{number}.example.com" for number in range(1000)]
    ses.verify(REGION, *names)
    ses_client = boto3_client(ses)

    def work(name: str) -> None:
        ses_client.set_identity_mail_from_domain(Identity=name, MailFromDomain=f"bounce.{name}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, names))
    assert ses.journal.count("SetIdentityMailFromDomain", "OK") == 1000
    assert all(ses.mail_from(REGION, name) for name in names)


def test_close_ends_every_connection() -> None:
    """It does not wait for connections that clients keep alive, and leaves no thread behind."""
    before = set(threading.enumerate())
    with SesStandIn(rate=None) as ses:
        connection = http.client.HTTPConnection(ses.url.removeprefix("http://"), timeout=5)
        post(connection, {"Action": "ListIdentities"})
        assert set(threading.enumerate()) > before
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
        post(connection, {"Action": "ListIdentities"})
    connection.close()
    left = set(threading.enumerate()) - before
    for thread in left:
        thread.join(timeout=5)
    assert not any(thread.is_alive() for thread in left)


def test_a_client_that_goes_away(ses: SesStandIn) -> None:
    """An incomplete request is not a call, and does not affect other clients."""
    connection = http.client.HTTPConnection(ses.url.removeprefix("http://"), timeout=5)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", "100")
    connection.endheaders(b"Action=")
    connection.close()
    assert over_http(ses)("ListIdentities") == {"Identities": []}
    ses.close()
    assert ses.journal.by_action() == {"ListIdentities": 1}


@pytest.mark.skipif(os.name == "nt", reason="stops by a signal")
def test_by_hand() -> None:
    """`python -m support.stand_in` prints its URL, serves the given identities, and exits with status 0 on SIGTERM."""
    command = [sys.executable, "-m", "support.stand_in", "--rate", "0", "--verify", f"{REGION}/example.com"]
    tests = Path(__file__).parents[1]
    with subprocess.Popen(command, cwd=tests, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        assert process.stdout
        connection = http.client.HTTPConnection(process.stdout.readline().strip().removeprefix("http://"), timeout=5)
        form = {"Action": "ListIdentities"}
        scope = {"Authorization": f"Credential=test/20260101/{REGION}/ses/aws4_request"}
        bodies = [post(connection, form, scope)[1] for _ in range(2)]
        connection.close()
        process.send_signal(signal.SIGTERM)
    assert ("<member>example.com</member>" in bodies[0], bodies[0] == bodies[1], process.returncode) == (True, True, 0)
