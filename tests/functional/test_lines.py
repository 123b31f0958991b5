"""Lines for the user, which go to stdout: that they cannot be written fails nothing."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest
from pulumi.dynamic import Config, ConfigureRequest

from pulumi_ses_mail_from_provider.dynamic import MailFromDomainProvider, MailFromDomainVerificationProvider
from pulumi_ses_mail_from_provider.rules.errors import InvalidConfig
from support.stand_in import MailFrom, SesStandIn

from .conftest import REGION, new_process
from .test_lifecycle import INPUTS, STATE
from .test_verification import domain


def _config(ses: SesStandIn, **more: str) -> dict[str, str]:
    return {
        "aws:accessKey": "AKIDEXAMPLE",
        "aws:secretKey": "hush-hush",
        "aws:maxRetries": "0",
        "aws:endpoints": f'[{{"ses":"{ses.url}","sts":"{ses.url}"}}]',
        "aws:region": REGION,
        **more,
    }


def _configured(config: dict[str, str]) -> tuple[MailFromDomainProvider, MailFromDomainVerificationProvider]:
    """The providers in a process of their own."""
    new_process()
    providers = MailFromDomainProvider(), MailFromDomainVerificationProvider()
    for provider in providers:
        provider.configure(ConfigureRequest(Config(config, "project")))
    return providers


class _Broken(io.StringIO):
    """A pipe whose reader is gone."""

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
    """Every operation that has something to say is done all the same."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Söme")
    settings, _ = _configured(_config(ses))
    monkeypatch.setattr(sys, "stdout", out())
    assert [] == settings.check({}, INPUTS).failures
    assert settings.diff("us-east-1/example.com", {**STATE, "mail_from_domain_status": "Failed"}, INPUTS).changes
    assert "us-east-1/example.com" == settings.create(INPUTS).id
    read = settings.read("us-east-1/example.com", STATE)
    assert read.outs is not None
    assert "Söme" == read.outs["mail_from_domain_status"]
    settings.delete("us-east-1/example.com", STATE)
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Söme") == ses.mail_from(REGION, "example.com")


def test_what_ascii_does_not_have_is_escaped(ses: SesStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of the line is shown as it is."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Söme")
    settings, _ = _configured(_config(ses))
    out = _ascii()
    monkeypatch.setattr(sys, "stdout", out)
    settings.create(INPUTS)
    out.seek(0)
    expected = (
        "ses-mail-from: us-east-1/example.com: adopted: bounce.example.com is already its MAIL FROM domain"
        " (status S\\xf6me)\n"
    )
    assert expected == out.read()


def test_a_key_that_is_no_setting(ses: SesStandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """It gives one line in a process, whatever the number of providers, and nothing else."""
    settings, _ = _configured(_config(ses, **{"ses-mail-from:nameserver": "192.0.2.53", "other:nameserver": "x"}))
    assert [] == settings.check({}, INPUTS).failures
    assert [
        "ses-mail-from: the stack's config has ses-mail-from:nameserver, which is not a setting of this package: did"
        " you mean ses-mail-from:nameservers?"
    ] == capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("key", ["region", "requestsPerSecond", "profile", "endpoints"])
def test_keys_of_the_native_provider(ses: SesStandIn, capsys: pytest.CaptureFixture[str], key: str) -> None:
    """Those that only the native provider reads are no mistake."""
    _configured(_config(ses, **{f"ses-mail-from:{key}": "1"}))
    assert "" == capsys.readouterr().out


def test_name_servers_that_cannot_be_found(ses: SesStandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """They are only for the diagnosis: a line says so, and everything goes on."""
    settings, waits = _configured(_config(ses, **{"ses-mail-from:nameservers": "ns.invalid"}))
    assert [] == settings.check({}, INPUTS).failures
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


def test_name_servers_that_can_be_asked(ses: SesStandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to say about them."""
    _, waits = _configured(_config(ses, **{"ses-mail-from:nameservers": "127.0.0.1:5300"}))
    assert [] == waits.check({}, {"mail_from_domains": [domain("example.com")]}).failures
    assert "" == capsys.readouterr().out


def test_a_bad_setting_is_a_failure_of_the_wait_too(ses: SesStandIn) -> None:
    """Name servers that are none are a mistake in the config: one clean failure."""
    _, waits = _configured(_config(ses, **{"ses-mail-from:nameservers": "https://dns.example/query"}))
    (failure,) = waits.check({}, {"mail_from_domains": []}).failures
    assert "the stack's config ses-mail-from:nameservers is not valid: 'https://dns.example/query'" in failure.reason
    with pytest.raises(InvalidConfig, match="nameservers"):
        waits.create({"mail_from_domains": [], "timeout": "0s"})
