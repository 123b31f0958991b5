"""Runs the console tool: in this process, in a pipe, in a terminal."""

from __future__ import annotations

import fcntl
import inspect
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from dnslib import MX, QTYPE, RCODE, RR, TXT

from pulumi_ses_mail_from_provider.console.cli import cli
from pulumi_ses_mail_from_provider.dns.public_suffixes import organisational_domain

COMMAND = str(Path(sys.executable).with_name("ses-mail-from"))
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass(frozen=True)
class Ran:
    """The output and exit status of a command."""

    code: int
    out: str
    err: str = ""

    @property
    def lines(self) -> list[str]:
        """The lines of standard output."""
        return self.out.splitlines()


def run(*arguments: str) -> Ran:
    """Run the command in this process."""
    # Below 8.2, click mixes stderr into stdout unless told otherwise.
    old = "mix_stderr" in inspect.signature(CliRunner).parameters
    runner = CliRunner(**({"mix_stderr": False} if old else {}))  # type: ignore[arg-type]
    result = runner.invoke(cli, arguments)
    return Ran(result.exit_code, result.stdout, result.stderr)


def piped(*arguments: str, **variables: str) -> Ran:
    """Run the command in a process of its own, with its output in pipes."""
    ran = subprocess.run(  # noqa: S603 - our own command
        [COMMAND, *arguments], capture_output=True, check=False, env={**os.environ, **variables}, encoding="utf-8"
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def in_terminal(*arguments: str, columns: int = 80, variables: Mapping[str, str] | None = None) -> Ran:
    """Run the command in a terminal of its own, which shows stdout and stderr."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    outer = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORCE_COLOR", "NO_COLOR")}
    environment = {**outer, "TERM": "xterm-256color", **(variables or {})}
    shown = bytearray()
    with subprocess.Popen(  # noqa: S603 - our own command
        [COMMAND, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        while chunk := _read(ours):
            shown += chunk
    os.close(ours)
    return Ran(process.returncode, shown.decode().replace("\r\n", "\n"))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux: the other end is closed
        return b""


def plain(text: str) -> str:
    """A text without colors and cursor movements."""
    return _ESCAPES.sub("", text)


def zone(records: dict[str, list[Any]]) -> Callable[[Any, str], Any]:
    """A script for the name server: these records by name, and NXDOMAIN for all other names."""

    def script(question: Any, _: str) -> Any:
        answer = question.reply()
        name = str(question.q.qname).rstrip(".").lower()
        if name not in records:
            answer.header.rcode = RCODE.NXDOMAIN
        for data in records.get(name, []):
            kind = QTYPE.reverse[type(data).__name__]
            if kind == question.q.qtype:
                answer.add_answer(RR(name, kind, rdata=data, ttl=300))
        return answer

    return script


def published(domain: str = "bounce.example.com", region: str = "us-east-1") -> dict[str, list[Any]]:
    """The records that a MAIL FROM domain needs, and a DMARC record."""
    return {
        domain: [MX(f"feedback-smtp.{region}.amazonses.com", 10), TXT("v=spf1 include:amazonses.com ~all")],
        f"_dmarc.{organisational_domain(domain)}": [TXT("v=DMARC1; p=reject")],
    }
