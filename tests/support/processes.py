"""The processes of a stack: the engine's and the provider's. Linux only, as they are found in /proc."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process of a stack."""

    pid: int
    group: int
    role: str
    """engine or provider."""


def processes(folder: Path) -> Iterator[Process]:
    """The running processes of the stack in `folder`, which is told by its PULUMI_HOME."""
    ours = f"PULUMI_HOME={folder}/home".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if ours in (process / "environ").read_bytes().split(b"\0"):
                command = (process / "cmdline").read_bytes()
                role = "provider" if b"pulumi.dynamic" in command or b"pulumi-resource" in command else "engine"
                yield Process(int(process.name), os.getpgid(int(process.name)), role)
        except (FileNotFoundError, PermissionError, ProcessLookupError):  # noqa: PERF203 - any of them may be gone
            continue  # it ended meanwhile, or belongs to somebody else


def alive(role: str, folder: Path) -> bool:
    """Whether a process of this role runs."""
    return any(process.role == role for process in processes(folder))


def kill(whom: str, folder: Path, by: signal.Signals = signal.SIGKILL) -> None:
    """A signal to the engine or the provider processes of the stack in `folder`."""
    for process in processes(folder):
        if process.role == whom:
            _send(process, by)


def interrupt(folder: Path) -> None:
    """SIGINT as a terminal sends it at ^C: to the stack's processes that share the process group of the engine."""
    found = list(processes(folder))
    groups = {process.group for process in found if process.role == "engine"}
    for process in found:
        if process.group in groups:
            _send(process, signal.SIGINT)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for a condition, so long at most, and say whether it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True


def _send(process: Process, by: signal.Signals) -> None:
    try:
        os.kill(process.pid, by)
    except ProcessLookupError:
        return  # it ended meanwhile
