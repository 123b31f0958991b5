from __future__ import annotations

import socket
from typing import Any

import pytest

from pulumi_ses_mail_from_provider.engine.config import from_config
from pulumi_ses_mail_from_provider.rules.errors import CallFailed
from pulumi_ses_mail_from_provider.ses.connections import Connections
from pulumi_ses_mail_from_provider.ses.settings import AwsSettings
from support.core import Core
from support.stand_in import SesStandIn, error, garbage

from .conftest import KEY, REGION, Time, settings
from .test_lifecycle import DECLARED, GET, SET

ROLE = '{"roleArn":"arn:aws:iam::999999999999:role/mail"}'


def _core(chosen: AwsSettings, time: Time | None = None) -> Core:
    return Core(Connections(chosen), list[str]().append, time)


def test_no_credentials(ses: SesStandIn) -> None:
    """Missing credentials are said to be missing, before anything is tried for long."""
    with pytest.raises(CallFailed, match=r"no AWS credentials were found\. Give AWS credentials as for the AWS CLI"):
        _core(settings(ses, access_key=None, secret_key=None)).create(DECLARED)
    assert [] == ses.journal.calls()


def test_a_profile_that_is_not_there(ses: SesStandIn) -> None:
    """Its name is in the message."""
    with pytest.raises(CallFailed, match=r"The config profile \(nowhere\) could not be found\. Name one"):
        _core(settings(ses, access_key=None, secret_key=None, profile="nowhere")).create(DECLARED)


def test_expired_credentials(ses: SesStandIn) -> None:
    """Expired credentials are said to be expired."""
    ses.expire("AKIDEXAMPLE")
    with pytest.raises(CallFailed, match="have expired: renew them"):
        _core(settings(ses)).create(DECLARED)


def test_an_endpoint_that_nobody_serves(ses: SesStandIn) -> None:
    """Region and endpoint are named."""
    with socket.socket() as unserved:
        unserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unserved.getsockname()[1]}"
        with pytest.raises(
            CallFailed, match=rf"{url} could not be reached: .* Check that SES exists in region us-east-1"
        ):
            _core(settings(ses, endpoints={"ses": url, "sts": url})).create(DECLARED)


def test_an_endpoint_that_is_none(ses: SesStandIn) -> None:
    """What is no URL is refused by botocore with an error that is not its own; it is explained all the same."""
    with pytest.raises(CallFailed, match=r"the call failed \(ValueError\): Invalid endpoint: nonsense"):
        _core(settings(ses, endpoints={"ses": "nonsense"}, ask_account=False)).create(DECLARED)


def test_a_silent_endpoint_costs_seconds(ses: SesStandIn) -> None:
    """Botocore's own time-outs and tries would take minutes; ours take less than one in the worst case."""
    config = Connections(settings(ses, max_retries=None)).ses(REGION).meta.config
    attempts = config.retries["total_max_attempts"]
    assert attempts * (config.connect_timeout + config.read_timeout) < 40
    assert config.retries["mode"] == "standard"


@pytest.mark.parametrize(("retries", "calls"), [(0, 1), (1, 2)])
def test_max_retries(ses: SesStandIn, fake_time: Time, retries: int, calls: int) -> None:
    """aws:maxRetries is the number of further tries."""
    ses.inject(error(503, "ServiceUnavailable", "later"), action=GET)
    with pytest.raises(CallFailed, match="ServiceUnavailable"):
        _core(settings(ses, max_retries=retries), fake_time).read(KEY, {})
    assert calls == ses.journal.count(GET)


def _with_role(ses: SesStandIn, roles: str) -> Core:
    config = {
        "aws:accessKey": "AKIDEXAMPLE",
        "aws:secretKey": "hush-hush",
        "aws:maxRetries": "0",
        "aws:region": REGION,
        "aws:endpoints": f'[{{"ses":"{ses.url}","sts":"{ses.url}"}}]',
        "aws:assumeRoles": roles,
    }
    return _core(from_config(config.get).aws)


@pytest.mark.parametrize("roles", [ROLE, f"[{ROLE}]", f'[{{"roleArn":"arn:aws:iam::888888888888:role/hop"}},{ROLE}]'])
def test_assumed_roles(ses: SesStandIn, roles: str) -> None:
    """Calls are made with the credentials of the last role, whose account state remembers."""
    ses.verify(REGION, "example.com", account="999999999999")
    assert "999999999999" == _with_role(ses, roles).create(DECLARED).account_id
    assert ses.mail_from(REGION, "example.com") is None
    assert ses.mail_from(REGION, "example.com", account="999999999999") is not None
    assert roles.count("roleArn") == ses.journal.count("AssumeRole")


def test_a_role_that_may_not_be_assumed(ses: SesStandIn) -> None:
    """The action that is missing is that of STS."""
    ses.deny("AssumeRole")
    with pytest.raises(CallFailed, match=r"STS answered AccessDenied: .* the IAM action sts:AssumeRole"):
        _with_role(ses, ROLE).create(DECLARED)
    assert 0 == ses.journal.count(SET)


def test_secrets_do_not_show(ses: SesStandIn) -> None:
    """Credentials that an answer quotes are struck out, those of a role among them."""
    quoted = "key AKIDEXAMPLE secret hush-hush token tick-tock"
    ses.inject(error(400, "Odd", quoted), action=GET)
    with pytest.raises(CallFailed) as failed:
        _core(settings(ses, token="tick-tock")).read(KEY, {})
    assert "key *** secret *** token ***" in str(failed.value)


def test_an_answer_with_escapes(ses: SesStandIn) -> None:
    """Nothing unprintable from an answer reaches the terminal."""
    ses.inject(garbage(b"\x1b[2J\x07<nothing"), action=GET)
    with pytest.raises(CallFailed) as failed:
        _core(settings(ses)).read(KEY, {})
    assert str(failed.value).isprintable()


@pytest.mark.parametrize(
    ("more", "host"),
    [
        ({"use_fips_endpoint": True}, "https://email-fips.us-east-1.amazonaws.com"),
        ({"use_dualstack_endpoint": True}, "https://email.us-east-1.api.aws"),
        ({}, "https://email.us-east-1.amazonaws.com"),
    ],
)
def test_endpoints(ses: SesStandIn, more: dict[str, Any], host: str) -> None:
    """The kinds of endpoint that AWS has are chosen by the stack's config."""
    connections = Connections(settings(ses, endpoints={}, **more))
    connections.ses(REGION)
    assert host == connections.ses_endpoint(REGION)


def test_config_files_of_the_stack(ses: SesStandIn, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """aws:sharedConfigFiles and aws:sharedCredentialsFiles are read, from the home folder too."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "config").write_text("[profile mail]\nregion = eu-west-1\n")
    (tmp_path / "credentials").write_text("[mail]\naws_access_key_id = AKIDFILE\naws_secret_access_key = hush\n")
    chosen = settings(
        ses,
        access_key=None,
        secret_key=None,
        profile="mail",
        config_file="~/config",
        credentials_file="~/credentials",
        use_instance_metadata=False,
    )
    connections = Connections(chosen)
    assert "eu-west-1" == connections.ambient_region()
    ses.credentials.accounts["AKIDFILE"] = "777777777777"
    assert "777777777777" == connections.account(REGION)
