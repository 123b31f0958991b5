"""Lines on stdout: an operation succeeds even if its line cannot be written; lines about the stack's config."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest
from pulumi.dynamic import Config, ConfigureRequest

from pulumi_ses_mail_from_provider.dynamic import MailFromDomainProvider, MailFromDomainVerificationProvider
from pulumi_ses_mail_from_provider.rules.errors import InvalidConfig
from support.stand_in import MailFrom, SesStandIn

from .conftest import REGION, SECRET_KEY, new_process
from .test_lifecycle import INPUTS, STATE
from .test_verification import domain


def _config(ses: SesStandIn, **more: str) -> dict[str, str]:
    return {
        "aws:accessKey": "AKIDEXAMPLE",
        "aws:secretKey": SECRET_KEY,
        "aws:maxRetries": "0",
        "aws:endpoints": f'[{{"ses":"{ses.url}","sts":"{ses.url}"}}]',
        "aws:region": REGION,
        **more,
    }


def _configured(config: dict[str, str]) -> tuple[MailFromDomainProvider, MailFromDomainVerificationProvider]:
    """Return the two providers in a new process."""
    new_process()
    providers = MailFromDomainProvider(), MailFromDomainVerificationProvider()
    for provider in providers:
        provider.configure(ConfigureRequest(Config(config, "project")))
    return providers


class _Broken(io.StringIO):
    """A pipe whose reader has closed it."""

    def write(self, _: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise BrokenPipeError


def _closed() -> io.StringIO:
    out = io.StringIO()
    out.close()
    return out


def _ascii() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")


@pytest.mark.parametrize(
    "out",
    [
        _ascii,
        _closed,
        _Broken,
        lambda: None,
    ],
    ids=["ascii", "closed", "broken pipe", "none"],
)
def test_a_line_that_cannot_be_written(ses: SesStandIn, monkeypatch: pytest.MonkeyPatch, out: Any) -> None:
    """Every operation succeeds if its line cannot be written."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Söme")
    provider, _ = _configured(_config(ses))
    monkeypatch.setattr(sys, "stdout", out())
    assert [] == provider.check({}, INPUTS).failures
    assert provider.diff("us-east-1/example.com", {**STATE, "mail_from_domain_status": "Failed"}, INPUTS).changes
    assert "us-east-1/example.com" == provider.create(INPUTS).id
    read = provider.read("us-east-1/example.com", STATE)
    assert read.outs is not None
    assert "Söme" == read.outs["mail_from_domain_status"]
    provider.delete("us-east-1/example.com", STATE)
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Söme") == ses.mail_from(REGION, "example.com")


def test_characters_outside_ascii_are_escaped(ses: SesStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Characters that stdout cannot encode are escaped, and the rest of the line is unchanged."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Söme")
    provider, _ = _configured(_config(ses))
    out = _ascii()
    monkeypatch.setattr(sys, "stdout", out)
    provider.create(INPUTS)
    out.seek(0)
    expected = (
        "ses-mail-from: us-east-1/example.com: adopted: bounce.example.com is already its MAIL FROM domain"
        " (status S\\xf6me)\n"
    )
    assert expected == out.read()


def test_an_unknown_key(ses: SesStandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown key gives one line in a process, whatever the number of providers."""
    provider, _ = _configured(_config(ses, **{"ses-mail-from:nameserver": "192.0.2.53", "other:nameserver": "x"}))
    assert [] == provider.check({}, INPUTS).failures
    assert [
        "ses-mail-from: the stack's config has ses-mail-from:nameserver, which is not a setting of this package: did"
        " you mean ses-mail-from:nameservers?"
    ] == capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("key", ["region", "requestsPerSecond", "profile", "endpoints"])
def test_keys_of_the_native_provider(ses: SesStandIn, capsys: pytest.CaptureFixture[str], key: str) -> None:
    """Keys that only the native provider reads give no line."""
    _configured(_config(ses, **{f"ses-mail-from:{key}": "1"}))
    assert "" == capsys.readouterr().out


def test_name_servers_that_cannot_be_resolved(ses: SesStandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """Name servers that cannot be resolved give one line, and operations still work, because only DNS needs them."""
    provider, waits = _configured(_config(ses, **{"ses-mail-from:nameservers": "ns.invalid"}))
    assert [] == provider.check({}, INPUTS).failures
    assert "" == capsys.readouterr().out
    news = {"mail_from_domains": [domain("example.com")], "timeout": "0s"}
    for _ in range(2):
        assert [] == waits.check({}, news).failures
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("ses-mail-from: the stack's config ses-mail-from:nameservers: 'ns.invalid'")
    assert line.endswith("; DNS will not be checked")
    ses.put(REGION, "example.com", "bounce.example.com", status="Pending")
    with pytest.raises(Exception, match=r"status Pending\n  DNS was not checked: 'ns\.invalid'"):
        waits.create({**news, "timeout": "0s"})


def test_valid_name_servers(ses: SesStandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """Valid name servers give no line."""
    _, waits = _configured(_config(ses, **{"ses-mail-from:nameservers": "127.0.0.1:5300"}))
    assert [] == waits.check({}, {"mail_from_domains": [domain("example.com")]}).failures
    assert "" == capsys.readouterr().out


def test_an_invalid_setting_in_a_verification(ses: SesStandIn) -> None:
    """An invalid setting is one failure of the check, and an error of the other operations."""
    _, waits = _configured(_config(ses, **{"ses-mail-from:nameservers": "https://dns.example/query"}))
    (failure,) = waits.check({}, {"mail_from_domains": []}).failures
    assert "the stack's config ses-mail-from:nameservers is not valid: 'https://dns.example/query'" in failure.reason
    with pytest.raises(InvalidConfig, match="nameservers"):
        waits.create({"mail_from_domains": [], "timeout": "0s"})
