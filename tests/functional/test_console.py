from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_ses_mail_from_provider import console
from pulumi_ses_mail_from_provider.console import status
from pulumi_ses_mail_from_provider.console.wording import REMEDIES
from pulumi_ses_mail_from_provider.rules.errors import Remedy
from support.stand_in import SesStandIn, garbage

from .conftest import REGION
from .terminal import Ran, piped, run

GET, LIST = "GetIdentityMailFromDomainAttributes", "ListIdentities"
COMMANDS = ("status", "doctor", "generate")

pytestmark = pytest.mark.usefixtures("shell")


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help(arguments: tuple[str, ...]) -> None:
    """Without a command, and with --help, there are the commands and examples."""
    ran = run(*arguments)
    assert (0, "") == (ran.code, ran.err)
    assert set(COMMANDS) <= set(re.findall(r"^  (\w+)  ", ran.out, re.MULTILINE))
    assert "ses-mail-from doctor --domain bounce.example.com" in ran.out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_commands(command: str) -> None:
    """Each command has examples and its exit statuses in its help, which fits 80 columns."""
    ran = run(command, "--help")
    assert 0 == ran.code
    assert "Exit status:\n    0  " in ran.out
    assert f"Examples:\n    ses-mail-from {command}" in ran.out
    assert 80 >= max(map(len, ran.lines))


def test_help_is_quick() -> None:
    """Help imports neither boto3, dnspython, rich nor Pulumi."""
    loaded = piped("status", "--help", PYTHONPROFILEIMPORTTIME="1").err
    assert "click" in loaded
    assert [] == re.findall(r"\| +((?:boto3|botocore|dns|rich|pulumi)(?:\..*)?)$", loaded, re.MULTILINE)


def test_version() -> None:
    """--version names the program and its version."""
    assert re.fullmatch(r"ses-mail-from, version \d+\.\d+\.\d+\n", run("--version").out)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("stauts",), "No such command 'stauts'"),
        (("status", "--regoin", REGION), "No such option"),
        (("status", "--region"), "requires an argument. (see ses-mail-from status --help)"),
        (("--foo", "status"), "No such option"),
        (("--region", REGION, "status"), "give --region after the command (see ses-mail-from --help)"),
        (("status", "--region", "us-east-1a"), "is an availability zone: did you mean us-east-1?"),
        (("status", "--region", "mars"), "is not a region of the partitions"),
        (("status", "exa mple.com"), "Invalid value for IDENTITY: 'exa mple.com' contains white space"),
        (("doctor", "us-east-1/example.com"), "is a resource id: give example.com --region us-east-1"),
        (("doctor", "--domain", "bounce", "--region", REGION), "is a single label"),
        (("generate", "example.com"), "unexpected extra argument"),
    ],
)
def test_usage(ses: SesStandIn, arguments: tuple[str, ...], says: str) -> None:
    """A usage error is one line with the cause and the command that prints help. No call is made."""
    ran = run(*arguments)
    assert (2, "", 1) == (ran.code, ran.out, ran.err.count("\n"))
    assert ran.err.startswith("ses-mail-from: ")
    assert says in ran.err
    assert re.search(r" \(see ses-mail-from.* --help\)\n$", ran.err)
    assert [] == ses.journal.calls()


def test_no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any region, the message lists the ways to give one."""
    monkeypatch.delenv("AWS_REGION")
    assert Ran(2, "", f"ses-mail-from: no region is given: {REMEDIES[Remedy.GIVE_REGION]}\n") == run("status")


def test_region_of_the_profile(ses: SesStandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The region may come from AWS_DEFAULT_REGION or the profile, as with the AWS CLI."""
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    run("status")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    config = tmp_path / "config"
    config.write_text("[profile mail]\nregion = ap-south-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "mail")
    run("status")
    assert ["eu-west-1", "ap-south-1"] == [call.region for call in ses.journal.calls()]


def test_bad_region_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says where the region comes from."""
    monkeypatch.setenv("AWS_REGION", "mars")
    ran = run("status")
    assert (2, 1) == (ran.code, ran.err.count("\n"))
    assert "it comes from the AWS environment or profile; --region overrides it" in ran.err


@pytest.mark.parametrize("region", [True, False])
def test_bad_profile(monkeypatch: pytest.MonkeyPatch, *, region: bool) -> None:
    """The message for a missing profile names it, and the remedy of the console tool."""
    if not region:
        monkeypatch.delenv("AWS_REGION")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    ran = run("status")
    assert (2, 1) == (ran.code, ran.err.count("\n"))
    assert f"The config profile (nobody) could not be found. {REMEDIES[Remedy.CHOOSE_PROFILE]}\n" in ran.err
    assert "aws:" not in ran.err


def test_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing credentials are reported once, not for each region, with the remedy of the console tool."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    ran = run("status", "--region", "us-east-1", "--region", "eu-west-1")
    assert (2, "", 1) == (ran.code, ran.out, ran.err.count("\n"))
    assert f"no AWS credentials were found. {REMEDIES[Remedy.GIVE_CREDENTIALS]}\n" in ran.err
    assert "stack" not in ran.err


def test_incomplete_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Incomplete credentials are an error of the user, not a defect."""
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    ran = run("status", "--region", "us-east-1", "--region", "eu-west-1")
    assert (2, "", 1) == (ran.code, ran.out, ran.err.count("\n"))
    assert f"missing: AWS_SECRET_ACCESS_KEY. {REMEDIES[Remedy.GIVE_CREDENTIALS]}\n" in ran.err


@pytest.mark.parametrize("command", ["status", "generate"])
def test_refused(ses: SesStandIn, command: str) -> None:
    """Missing permissions, expired credentials and invalid credentials are reported on one line, without secrets."""
    spoilt: tuple[tuple[Callable[[str], None], str, str], ...] = (
        (ses.deny, LIST, "Allow these credentials the IAM action ses:ListIdentities"),
        (ses.expire, "AKIDEXAMPLE", "The credentials have expired"),
        (ses.invalidate, "AKIDEXAMPLE", "AWS does not accept the credentials"),
    )
    for spoil, what, says in spoilt:
        spoil(what)
        ran = run(command)
        assert (2, "", 1) == (ran.code, ran.out, ran.err.count("\n"))
        assert says in ran.err
        ses.renew("AKIDEXAMPLE")
        assert "hush" not in ran.err + ran.out


@pytest.mark.usefixtures("console_time")
def test_unreachable(ses: SesStandIn) -> None:
    """A response that is not from AWS is reported on one line."""
    ses.inject(garbage(b"<html>hello\x1b[2J"))
    ran = run("status")
    assert (2, 1) == (ran.code, ran.err.count("\n"))
    assert f"{ses.url} returned a response that is not from AWS" in ran.err
    assert REMEDIES[Remedy.CHECK_PROXY] in ran.err
    assert ran.err.rstrip("\n").isprintable()


def _break(monkeypatch: pytest.MonkeyPatch, message: str) -> None:
    def broken(*_: object) -> None:
        raise KeyError(message) from ValueError("the cause")

    monkeypatch.setattr(status, "read_identities", broken)


def test_defect(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An unexpected error is one line, which names a file with the traceback and without credentials."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    _break(monkeypatch, f"oh\x1b[2J hush-hush AKIDEXAMPLE {'long' * 500}")
    ran = run("status")
    (report,) = tmp_path.iterdir()
    assert 2 == ran.code
    assert re.fullmatch(
        r"ses-mail-from: this is a defect of ses-mail-from: KeyError: .* \(test_console\.py, line \d+\)\."
        rf" Please report it with {re.escape(str(report))}\n",
        ran.err,
    )
    text = report.read_text()
    assert re.match(r"ses-mail-from [\d.]+.*, Python 3\.\d+\.\d+.*, \w+ \w+\nboto3 [\d.]+, click [\d.]+, ", text)
    assert "ValueError: the cause" in text
    assert "in broken" in text.partition("direct cause")[2]
    assert [] == [secret for secret in ("hush-hush", "AKIDEXAMPLE") if secret in ran.err + text]
    assert 0o600 == report.stat().st_mode & 0o777


def test_defect_without_a_report(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """If the traceback cannot be written, the line still says where the error is."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    _break(monkeypatch, "oh")
    assert re.fullmatch(r".* KeyError: 'oh' \(test_console\.py, line \d+\)\. Please report it\n", run("status").err)


def test_main(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The entry point runs the command line, and exits."""
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(sys, "argv", ["ses-mail-from", "--version"])
    try:
        with pytest.raises(SystemExit) as end:
            console.main()
    finally:
        signal.signal(signal.SIGINT, before)
    assert (0, "ses-mail-from, version ") == (end.value.code, capsys.readouterr().out[:23])


@pytest.mark.parametrize("terminal", [True, False])
def test_stop(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> None:
    """^C restores the cursor of a terminal."""
    done: list[object] = []
    monkeypatch.setattr(os, "isatty", lambda _: terminal)
    monkeypatch.setattr(os, "write", lambda _, text: done.append(text))
    monkeypatch.setattr(os, "_exit", done.append)
    console._stop()
    assert [*([b"\x1b[?25h"] if terminal else []), 130] == done
