from __future__ import annotations

import socket
from typing import Any

import pytest
from botocore.credentials import RefreshableCredentials

from pulumi_ses_mail_from_provider.engine.config import from_config
from pulumi_ses_mail_from_provider.rules.errors import AwsUnreachable, CallFailed, Remedy
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
    """Missing credentials are an error before any call is made."""
    with pytest.raises(CallFailed, match=r"no AWS credentials were found\. Give AWS credentials as for the AWS CLI"):
        _core(settings(ses, access_key=None, secret_key=None)).create(DECLARED)
    assert [] == ses.journal.calls()


def test_a_profile_that_is_not_there(ses: SesStandIn) -> None:
    """The message names the profile."""
    with pytest.raises(CallFailed, match=r"The config profile \(nowhere\) could not be found\. Choose one"):
        _core(settings(ses, access_key=None, secret_key=None, profile="nowhere")).create(DECLARED)


def test_expired_credentials(ses: SesStandIn) -> None:
    """The message for expired credentials says how to renew them."""
    ses.expire("AKIDEXAMPLE")
    with pytest.raises(CallFailed, match="have expired: renew them"):
        _core(settings(ses)).create(DECLARED)


def test_an_endpoint_that_nobody_serves(ses: SesStandIn) -> None:
    """The message names the region and the endpoint."""
    with socket.socket() as unserved:
        unserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unserved.getsockname()[1]}"
        with pytest.raises(
            CallFailed, match=rf"{url} could not be reached: .* Check that SES is available in region us-east-1"
        ):
            _core(settings(ses, endpoints={"ses": url, "sts": url})).create(DECLARED)


def test_an_endpoint_that_is_not_a_url(ses: SesStandIn) -> None:
    """For a malformed URL, botocore raises an error that is not its own. It is explained all the same."""
    with pytest.raises(CallFailed, match=r"the call failed \(ValueError\): Invalid endpoint: nonsense"):
        _core(settings(ses, endpoints={"ses": "nonsense"}, ask_account=False)).create(DECLARED)


def test_a_silent_endpoint_costs_seconds(ses: SesStandIn) -> None:
    """The time-outs and retries of botocore would take minutes; these take less than one minute."""
    config = Connections(settings(ses, max_retries=None)).ses(REGION).meta.config
    attempts = config.retries["total_max_attempts"]
    assert attempts * (config.connect_timeout + config.read_timeout) < 40
    assert config.retries["mode"] == "standard"


@pytest.mark.parametrize(("retries", "calls"), [(0, 1), (1, 2)])
def test_max_retries(ses: SesStandIn, fake_time: Time, retries: int, calls: int) -> None:
    """The setting is the number of retries after a fault."""
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
    """Calls use the credentials of the last role, and its account goes into state."""
    ses.verify(REGION, "example.com", account="999999999999")
    assert "999999999999" == _with_role(ses, roles).create(DECLARED).account_id
    assert ses.mail_from(REGION, "example.com") is None
    assert ses.mail_from(REGION, "example.com", account="999999999999") is not None
    assert roles.count("roleArn") == ses.journal.count("AssumeRole")


def test_a_role_that_may_not_be_assumed(ses: SesStandIn) -> None:
    """The message names the STS action to allow."""
    ses.deny("AssumeRole")
    with pytest.raises(CallFailed, match=r"STS answered AccessDenied: .* the IAM action sts:AssumeRole"):
        _with_role(ses, ROLE).create(DECLARED)
    assert 0 == ses.journal.count(SET)


def test_secrets_are_masked(ses: SesStandIn) -> None:
    """Credentials that an answer quotes are masked."""
    quoted = "key AKIDEXAMPLE secret hush-hush token tick-tock"
    ses.inject(error(400, "Odd", quoted), action=GET)
    with pytest.raises(CallFailed) as failed:
        _core(settings(ses, token="tick-tock")).read(KEY, {})
    assert "key *** secret *** token ***" in str(failed.value)


def test_an_answer_with_escapes(ses: SesStandIn) -> None:
    """Control characters in an answer are replaced."""
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
    """The settings choose among the kinds of AWS endpoints."""
    connections = Connections(settings(ses, endpoints={}, **more))
    connections.ses(REGION)
    assert host == connections.ses_endpoint(REGION)


def test_config_files(ses: SesStandIn, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of the settings are read, also from the home folder."""
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


def test_the_region_of_the_environment(ses: SesStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS_REGION takes precedence over the profile. A profile that does not exist is an error."""
    connections = Connections(settings(ses, profile="nowhere"))
    with pytest.raises(AwsUnreachable, match=r"determining the AWS region: The config profile \(nowhere\)") as raised:
        connections.ambient_region()
    assert Remedy.CHOOSE_PROFILE is raised.value.remedy
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert "eu-west-1" == connections.ambient_region()


def test_a_role_without_credentials(ses: SesStandIn) -> None:
    """Without credentials there is nothing to assume a role with."""
    role = {"RoleArn": "arn:aws:iam::999999999999:role/mail"}
    answer = Connections(settings(ses, access_key=None, secret_key=None, assume_roles=(role,))).account(REGION)
    assert isinstance(answer, AwsUnreachable)
    assert Remedy.GIVE_CREDENTIALS is answer.remedy
    assert "determining the account ID of the credentials: no AWS credentials were found" == str(answer)
    assert [] == ses.journal.calls()


def test_an_account_that_is_not_asked_for(ses: SesStandIn) -> None:
    """If the settings disable the request, STS is not called, and the answer says why."""
    answer = Connections(settings(ses, ask_account=False)).account(REGION)
    assert isinstance(answer, CallFailed)
    assert "the settings disable the request for the account ID" == str(answer)
    assert Remedy.ASK_FOR_ACCOUNT is answer.remedy
    assert [] == ses.journal.calls()


def test_credentials_of_a_role(ses: SesStandIn) -> None:
    """The credentials of a role replace those that assume it, can be renewed, and are secret."""
    role = {"RoleArn": "arn:aws:iam::999999999999:role/mail", "RoleSessionName": "mail"}
    connections = Connections(settings(ses, region=REGION, assume_roles=(role,)))
    assert "999999999999" == connections.account(REGION)
    credentials = connections._boto3_session().get_credentials()
    assert credentials is not None
    assert "assume-role" == credentials.method
    assert isinstance(credentials, RefreshableCredentials)
    frozen = credentials.get_frozen_credentials()
    assert "AKIDEXAMPLE" != frozen.access_key
    assert {frozen.token, frozen.secret_key, frozen.access_key} == set(connections.secrets())
    assert 1 == ses.journal.count("AssumeRole")
