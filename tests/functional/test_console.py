from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import picture
import pytest

from pulumi_ses_mail_from_provider import console
from pulumi_ses_mail_from_provider.console import asking, screen
from stand_in import Effect, SesStandIn, garbage

from .conftest import REGION
from .terminal import COMMAND, Ran, in_terminal, piped, plain, run

GET, LIST = "GetIdentityMailFromDomainAttributes", "ListIdentities"
COMMANDS = ("status", "doctor", "generate")

pytestmark = pytest.mark.usefixtures("shell")


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help(arguments: tuple[str, ...]) -> None:
    """Without a command, and with --help, the commands are listed and there are examples."""
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
    """Help waits for neither boto3, dnspython, rich nor Pulumi."""
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
        (("status", "--region"), "requires an argument"),
        (("status", "--region", "us-east-1a"), "is an availability zone: did you mean us-east-1?"),
        (("status", "--region", "mars"), "is not a region of the partitions"),
        (("status", "exa mple.com"), "contains white space"),
        (("doctor", "--domain", "bounce", "--region", REGION), "is a single label"),
        (("generate", "example.com"), "unexpected extra argument"),
    ],
)
def test_usage(ses: SesStandIn, arguments: tuple[str, ...], says: str) -> None:
    """A wrong command line is one line that says what is wrong and where help is; nobody is asked."""
    ran = run(*arguments)
    assert (2, "", 1) == (ran.code, ran.out, ran.err.count("\n"))
    assert ran.err.startswith("ses-mail-from: ")
    assert says in ran.err
    assert re.search(r" \(ses-mail-from.* --help says more\)\n$", ran.err)
    assert [] == ses.journal.calls()


def test_no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any region, the ways to give one are said."""
    monkeypatch.delenv("AWS_REGION")
    assert Ran(2, "", f"ses-mail-from: {asking.NO_REGION}\n") == run("status")


def test_region_of_the_profile(ses: SesStandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """AWS_DEFAULT_REGION and a profile give the region, as with the AWS CLI."""
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
    """The message says where it comes from."""
    monkeypatch.setenv("AWS_REGION", "mars")
    ran = run("status")
    assert (2, 1) == (ran.code, ran.err.count("\n"))
    assert "it comes from the AWS environment or profile; --region overrides it" in ran.err


@pytest.mark.parametrize("region", [True, False])
def test_bad_profile(monkeypatch: pytest.MonkeyPatch, *, region: bool) -> None:
    """A profile that does not exist is named, with what to do here and not in Pulumi."""
    if not region:
        monkeypatch.delenv("AWS_REGION")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    ran = run("status")
    assert (2, 1) == (ran.code, ran.err.count("\n"))
    assert "The config profile (nobody) could not be found. Name one that" in ran.err
    assert "aws:" not in ran.err


def test_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """How to give credentials is said, as far as it applies here."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    ran = run("status")
    assert (2, "", 1) == (ran.code, ran.out, ran.err.count("\n"))
    assert "no AWS credentials were found. Give AWS credentials as for the AWS CLI" in ran.err
    assert "stack" not in ran.err


@pytest.mark.parametrize("command", ["status", "generate"])
def test_refused(ses: SesStandIn, command: str) -> None:
    """Expired and refused credentials and missing permissions are one line each, without a secret."""
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


def test_unreachable(ses: SesStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no answer of AWS is one line, too."""
    monkeypatch.setattr("time.sleep", ses.advance)
    ses.inject(garbage(b"<html>hello\x1b[2J"))
    ran = run("status")
    assert (2, 1) == (ran.code, ran.err.count("\n"))
    assert "answered what is no answer of AWS" in ran.err
    assert ran.err.rstrip("\n").isprintable()


def test_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect of ours is one line that says where it is."""

    def broken(*_: object) -> None:
        raise KeyError("oh\x1b[2J")

    monkeypatch.setattr(asking, "look", broken)
    ran = run("status")
    assert 2 == ran.code
    assert re.fullmatch(
        r"ses-mail-from: this is a defect of ses-mail-from, please report it: KeyError: .*"
        r" \(test_console\.py, line \d+\)\n",
        ran.err,
    )


def test_output_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is said to be one."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run([COMMAND, "status"], stdout=full, stderr=subprocess.PIPE, check=False, text=True)  # noqa: S603
    assert (2, "ses-mail-from: the output cannot be written: No space left on device\n") == (ran.returncode, ran.stderr)


@pytest.mark.parametrize("arguments", [("status",), ("status", "--json"), ("doctor", "example.com"), ("generate",)])
def test_cut_pipe(ses: SesStandIn, arguments: tuple[str, ...]) -> None:
    """A reader who goes away, such as head, ends the command without a word, and not as a problem."""
    ses.clear(REGION, "example.com")
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run([COMMAND, *arguments], stdout=writer, stderr=subprocess.PIPE, check=False, text=True)  # noqa: S603
    os.close(writer)
    said = ran.stderr if arguments != ("generate",) else ""
    assert (141, "") == (ran.returncode, said)


def test_interrupted(ses: SesStandIn) -> None:
    """^C ends it at once, without a word."""
    asked = threading.Event()
    ses.inject(Effect(hook=asked.set, delay=60.0))
    with subprocess.Popen([COMMAND, "status"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert asked.wait(30)
        process.send_signal(signal.SIGINT)
        assert ("", "") == process.communicate()
    assert 130 == process.returncode


def test_pipe(ses: SesStandIn) -> None:
    """In a pipe nothing is coloured, nothing is cut, and stderr stays empty."""
    ses.put(REGION, "example.com", f"{'long.' * 40}example.com")
    ran = piped("status")
    assert (0, "") == (ran.code, ran.err)
    assert f"example.com  {'long.' * 40}example.com  ✓ Success  UseDefaultValue" == ran.lines[1]
    assert ran.out == run("status").out


@pytest.mark.parametrize("columns", [30, 69, 70, 80, 200])
def test_terminal(ses: SesStandIn, columns: int) -> None:
    """In a terminal there are colours and a sign of life, and a name is whole in a narrow one too."""
    ses.verify(REGION, "customer-of-many-words.example.org")
    ses.put(REGION, "example.com", "bounce.example.com", status="Failed")
    ses.put(REGION, "customer-of-many-words.example.org", "bounce.customer-of-many-words.example.org")
    ran = in_terminal("status", columns=columns)
    assert 1 == ran.code
    assert "asking SES in us-east-1 about 2 identities …" in plain(ran.out).replace("\n", "")
    assert re.search(r"\x1b\[[0-9;]*31m✗ Failed", ran.out)
    table = plain(ran.out.rpartition("\x1b[2K")[2])
    if columns >= 70:
        assert columns >= max(map(len, table.splitlines()))
    if columns in (30, 69, 200):  # in between, a table breaks names
        assert {"bounce.customer-of-many-words.example.org", "bounce.example.com"} <= set(table.split())


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_terminal_without_colour(ses: SesStandIn, variables: dict[str, str]) -> None:
    """NO_COLOR and a dumb terminal are respected; the marks still tell."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Failed")
    ran = in_terminal("status", variables=variables)
    assert [] == re.findall(r"\x1b\[[0-9;]*3[0-9]m", ran.out)
    assert "✗ Failed" in ran.out


def test_ascii(ses: SesStandIn) -> None:
    """Where the output has ASCII only, the marks are of ASCII, and help is shown all the same."""
    ses.put(REGION, "example.com", "bounce.example.com")
    ran = piped("status", PYTHONIOENCODING="ascii")
    assert "+ Success" in ran.out
    assert (0, "") == (ran.code, ran.err)
    assert 0 == piped("status", "--help", PYTHONIOENCODING="ascii").code


def test_main(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The entry point reads the command line, and exits."""
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
    """^C shows the cursor again, where there is one."""
    done: list[object] = []
    monkeypatch.setattr(os, "isatty", lambda _: terminal)
    monkeypatch.setattr(os, "write", lambda _, text: done.append(text))
    monkeypatch.setattr(os, "_exit", done.append)
    console._stop()
    assert [*([b"\x1b[?25h"] if terminal else []), 130] == done


def test_sign_of_life(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What is being done is shown on stderr, never on stdout."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with screen.progress() as doing:
        doing("counting [red]sheep[/red]")
    shown = capsys.readouterr()
    assert "" == shown.out
    assert "counting [red]sheep[/red] …" in plain(shown.err)


def test_the_picture_is_up_to_date() -> None:
    """The README's picture shows what is printed today; if not: make picture."""

    def text(svg: str) -> list[str]:
        return re.findall(r">([^<\n]+)</text>", svg)

    assert text(picture.PICTURE.read_text()) == text(picture.drawn(picture.output()))
