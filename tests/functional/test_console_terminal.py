"""The console tool in processes, pipes and terminals of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import picture
import pytest

from pulumi_ses_mail_from_provider.console import screen
from pulumi_ses_mail_from_provider.console.cli import error_line
from support.stand_in import Effect, SesStandIn

from .conftest import REGION
from .terminal import COMMAND, in_terminal, piped, plain, run

pytestmark = pytest.mark.usefixtures("shell")


def test_output_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is reported."""
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run([COMMAND, "status"], stdout=full, stderr=subprocess.PIPE, check=False, text=True)  # noqa: S603
    assert (2, "ses-mail-from: the output cannot be written: No space left on device\n") == (ran.returncode, ran.stderr)


@pytest.mark.parametrize("arguments", [("status",), ("status", "--json"), ("doctor", "example.com"), ("generate",)])
def test_broken_pipe(ses: SesStandIn, arguments: tuple[str, ...]) -> None:
    """A reader that closes the pipe, such as head, ends the command silently with exit status 141."""
    ses.clear(REGION, "example.com")
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run([COMMAND, *arguments], stdout=writer, stderr=subprocess.PIPE, check=False, text=True)  # noqa: S603
    os.close(writer)
    stderr = ran.stderr if arguments != ("generate",) else ""  # generate reports that nothing is set
    assert (141, "") == (ran.returncode, stderr)


def test_interrupted(ses: SesStandIn) -> None:
    """^C ends the command at once and silently."""
    asked = threading.Event()
    ses.inject(Effect(hook=asked.set, delay=60.0))
    with subprocess.Popen([COMMAND, "status"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert asked.wait(30)
        process.send_signal(signal.SIGINT)
        assert ("", "") == process.communicate()
    assert 130 == process.returncode


def test_pipe(ses: SesStandIn) -> None:
    """Output to a pipe has no colors and is not truncated; stderr is empty."""
    ses.put(REGION, "example.com", f"{'long.' * 40}example.com")
    ran = piped("status")
    assert (0, "") == (ran.code, ran.err)
    assert f"example.com  {'long.' * 40}example.com  ✓ Success  UseDefaultValue" == ran.lines[1]
    assert ran.out == run("status").out


@pytest.mark.parametrize("columns", [30, 69, 70, 80, 200])
def test_terminal(ses: SesStandIn, columns: int) -> None:
    """A terminal gets colors and a progress line. A narrow one gets unbroken names."""
    ses.verify(REGION, "customer-of-many-words.example.org")
    ses.put(REGION, "example.com", "bounce.example.com", status="Failed")
    ses.put(REGION, "customer-of-many-words.example.org", "bounce.customer-of-many-words.example.org")
    ran = in_terminal("status", columns=columns)
    assert 1 == ran.code
    assert "reading 2 identities in us-east-1 …" in plain(ran.out).replace("\n", "")
    assert re.search(r"\x1b\[[0-9;]*31m✗ Failed", ran.out)
    table = plain(ran.out.rpartition("\x1b[2K")[2])
    if columns >= 70:
        assert columns >= max(map(len, table.splitlines()))
    if columns in (30, 69, 200):  # at the other widths the table wraps names
        assert {"bounce.customer-of-many-words.example.org", "bounce.example.com"} <= set(table.split())


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_terminal_without_colors(ses: SesStandIn, variables: dict[str, str]) -> None:
    """NO_COLOR and a dumb terminal get marks without colors."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Failed")
    ran = in_terminal("status", variables=variables)
    assert [] == re.findall(r"\x1b\[[0-9;]*3[0-9]m", ran.out)
    assert "✗ Failed" in ran.out


def test_ascii(ses: SesStandIn) -> None:
    """With an ASCII encoding, the marks are ASCII and help is printed."""
    ses.put(REGION, "example.com", "bounce.example.com")
    ran = piped("status", PYTHONIOENCODING="ascii")
    assert "+ Success" in ran.out
    assert (0, "") == (ran.code, ran.err)
    assert 0 == piped("status", "--help", PYTHONIOENCODING="ascii").code


def test_progress_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The progress line is on stderr, never on stdout, and shows no markup."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with screen.progress() as show_progress:
        show_progress("counting [red]sheep[/red]")
    shown = capsys.readouterr()
    assert "" == shown.out
    assert "counting [red]sheep[/red] …" in plain(shown.err)


def test_the_picture_is_up_to_date() -> None:
    """The picture shows the current output. If not, run `make picture`."""

    def text(svg: str) -> list[str]:
        return re.findall(r">([^<\n]+)</text>", svg)

    assert text(picture.PICTURE.read_text()) == text(picture.drawn(picture.output()))


@pytest.mark.parametrize("regions", [(REGION,), (REGION, "eu-west-1")])
def test_narrow(ses: SesStandIn, monkeypatch: pytest.MonkeyPatch, regions: tuple[str, ...]) -> None:
    """In a narrow terminal each value has its own line, with the region if there are several."""
    ses.put(REGION, "example.com", "bounce.example.com")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    ran = run("status", "example.com", *(f"--region={region}" for region in regions))
    where = " in us-east-1" if len(regions) > 1 else ""
    expected = ["✓ Success", f"  example.com{where}", "  bounce.example.com", "  UseDefaultValue"]
    assert expected == plain(ran.out).splitlines()[:4]


def test_marks_in_ascii(ses: SesStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mark that the encoding does not have is replaced."""
    monkeypatch.setattr("rich.console.Console.encoding", "ascii")
    ses.put(REGION, "example.com", "bounce.example.com", status="Failed")
    assert "x Failed" in run("status").out


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(28, "No space left on device"), "the output cannot be written: No space left on device"),
        (PermissionError(13, "Permission denied", "~/.aws/config"), "~/.aws/config: Permission denied"),
    ],
)
def test_os_errors(error: OSError, expected: str) -> None:
    """The message names the file, or the output."""
    assert expected == error_line(error)
