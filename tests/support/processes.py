"""The engine and provider processes of a stack. Linux only: it reads /proc."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process of a stack.

    Attributes:
        pid: The process ID.
        group: The process group ID.
        role: "engine" or "provider".
    """

    pid: int
    group: int
    role: str


def processes(folder: Path) -> Iterator[Process]:
    """Yield the running processes of the stack in `folder`, recognised by their PULUMI_HOME."""
    ours = f"PULUMI_HOME={folder}/home".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if ours in (process / "environ").read_bytes().split(b"\0"):
                command = (process / "cmdline").read_bytes()
                role = "provider" if b"pulumi.dynamic" in command or b"pulumi-resource" in command else "engine"
                yield Process(int(process.name), os.getpgid(int(process.name)), role)
        except (FileNotFoundError, PermissionError, ProcessLookupError):  # noqa: PERF203 - for each process
            continue  # it has ended, or belongs to another user


def alive(role: str, folder: Path) -> bool:
    """Whether a process of this role is running."""
    return any(process.role == role for process in processes(folder))


def kill(role: str, folder: Path, by: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to the engine or to the provider processes of the stack in `folder`."""
    for process in processes(folder):
        if process.role == role:
            _send(process, by)


def interrupt(folder: Path) -> None:
    """Send SIGINT as a terminal does on ^C: to all processes of the stack in the engine's process group."""
    found = list(processes(folder))
    groups = {process.group for process in found if process.role == "engine"}
    for process in found:
        if process.group in groups:
            _send(process, signal.SIGINT)


def wait_for_end(role: str, folder: Path, seconds: float) -> bool:
    """Wait until no process of this role is left.

    Args:
        role: "engine" or "provider".
        folder: The folder of the stack.
        seconds: The longest time to wait.

    Returns:
        Whether all of them have ended.
    """
    deadline = time.monotonic() + seconds
    while running := [process.pid for process in processes(folder) if process.role == role]:
        if not all(_wait(pid, deadline - time.monotonic()) for pid in running):
            return False
    return True


def _wait(pid: int, seconds: float) -> bool:
    """Whether a process ends within `seconds`."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], max(0.0, seconds))[0])
    finally:
        os.close(descriptor)


def _send(process: Process, by: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, by)
