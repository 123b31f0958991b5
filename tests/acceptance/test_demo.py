"""`make demo`, as a user runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"


def _run(code: str, monkeypatch: pytest.MonkeyPatch) -> subprocess.CompletedProcess[str]:
    monkeypatch.setenv("PYTHONPATH", str(TOOLS))
    return subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", f"import demo, sys; {code}; sys.exit(demo.main())"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_story(monkeypatch: pytest.MonkeyPatch) -> None:
    """All steps succeed, in order, without colors where there is no terminal, and without blocks of outputs."""
    ran = _run("pass", monkeypatch)
    assert (0, "") == (ran.returncode, ran.stderr), ran.stdout
    rest = ran.stdout
    for text in (
        "MailFromDomain bounce created",
        "Pending\n",
        "[name-missing]",
        "✓ feedback-smtp.us-east-1.amazonses.com",
        "status Pending -> Success",
        '"bounce.example.com" => "other.example.com"',
        '"other.example.com" => "bounce.example.com"',
        "✓ Success",
        "MailFromDomain bounce deleted",
        "- not set",
        "every step had the expected result",
    ):
        _, found, rest = rest.partition(text)
        assert found, f"{text!r} is missing in what follows:\n{ran.stdout}"
    for noise in ("\x1b[", "Duration", "urn:pulumi", "Outputs:", "@ updating"):
        assert noise not in ran.stdout


def test_a_step_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the step, what was found and what was expected; the exit status is 1."""
    ran = _run("demo.has_mx = lambda *_: False", monkeypatch)
    assert 1 == ran.returncode
    assert (
        "\nThe demo failed: step 3. Publish the records: SES has the MAIL FROM domain bounce.example.com (Pending),"
        " but bounce.example.com (Success) was expected\n"
    ) == ran.stderr
