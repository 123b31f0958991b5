"""Shared by the set-up tools: the cache folder, locks, steps with progress, and pinned helper tools."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ROOT / "tools" / "lock"
HEARTBEAT = 15.0
LEFTOVER_AGE = 24 * 3600.0


class StepError(Exception):
    """A step failed. The text is shown to the user."""


def progress(text: str) -> None:
    """Print progress to stderr; stdout is for results."""
    print(text, file=sys.stderr, flush=True)


def cache_dir() -> Path:
    """Return the folder for files that all clones can share."""
    # The XDG specification says to ignore relative paths.
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "pulumi-ses-mail-from"


@contextmanager
def only_one(folder: Path, what: str) -> Iterator[None]:
    """Lock a folder for this process. The system releases the lock when the process ends.

    Args:
        folder: The folder.
        what: What this process does, for the message to processes that wait.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"Waiting for another process that is {what}.")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:
            # Some network file systems have no locks. Results are moved into place as a whole, so at worst the work
            # is done twice.
            pass
        yield
    finally:
        os.close(descriptor)


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes `target` at the end, unless the block fails."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for leftover in target.parent.glob(f".{target.name}-*"):
        # From a killed run. Newer ones may belong to a running process.
        if time.time() - leftover.stat().st_mtime > LEFTOVER_AGE:
            shutil.rmtree(leftover, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
    try:
        yield folder
        # It fails if another process was faster; its result is equivalent.
        with suppress(OSError):
            folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_step(
    announcement: str,
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    timeout: float = float("inf"),
    unit: str = "",
) -> None:
    """Run a long command and print progress at intervals.

    Args:
        announcement: The line to print first.
        command: The command.
        env: Its environment variables.
        cwd: Its working folder.
        timeout: Seconds after which it is killed.
        unit: If given, progress shows the number of lines printed so far, followed by this text.

    Raises:
        StepError: If it fails, with its last lines.
    """
    progress(announcement)
    started = time.monotonic()
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                start_new_session=True,
            )
        except OSError as error:
            raise StepError(str(error)) from None
        try:
            while (code := _wait(process, min(HEARTBEAT, timeout))) is None:
                elapsed = time.monotonic() - started
                if elapsed >= timeout:
                    raise StepError(f"gave up after {elapsed:.0f} s")
                # pread, because parent and child share the position in the file.
                lines = os.pread(output.fileno(), 1 << 24, 0).count(b"\n")
                progress(f"  … {elapsed:.0f} s" + (f", {lines} {unit}" if unit else ""))
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if code:
            output.seek(0)
            text = output.read().decode(errors="replace")
            raise StepError("\n    ".join(last_lines(text)) or f"exit status {code}")


def _wait(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def last_lines(text: str, count: int = 4) -> list[str]:
    """Return the last lines of a command's output, which usually contain the error."""
    return [line.strip() for line in text.splitlines() if line.strip()][-count:]


def run_and_read(command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> str:
    """Return the standard output of a short command.

    Args:
        command: The command.
        env: Its environment variables.
        cwd: Its working folder.

    Raises:
        StepError: If it fails.
    """
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=env, cwd=cwd, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StepError(str(error)) from None
    if done.returncode:
        message = f"{command[0]}: " + (" ".join(last_lines(done.stderr, 1)) or f"exit status {done.returncode}")
        raise StepError(message)
    return done.stdout


def helper(name: str) -> Path:
    """Return an environment with the helper that tools/lock/<name>.txt pins. Creates it if necessary."""
    lock = LOCKS / f"{name}.txt"
    requirement = lock.read_text().split(maxsplit=1)[0]
    target = cache_dir() / "helpers" / requirement.replace("==", "-")
    # Its python is a link to an interpreter that may have been removed.
    if (target / "bin/python").exists():
        return target
    with only_one(target.parent, f"installing {requirement}"):
        if not (target / "bin/python").exists():
            shutil.rmtree(target, ignore_errors=True)
            with staged(target) as folder:
                progress(f"Installing {requirement} into {target}")
                run_step("  creating its environment (3 to 10 s) …", [sys.executable, "-m", "venv", folder])
                pip: list[str | Path] = [folder / "bin/python", "-m", "pip", "--disable-pip-version-check", "install"]
                options: list[str | Path] = ["--require-hashes", "--only-binary", ":all:", "--requirement", lock]
                run_step("  installing its package (5 to 30 s) …", [*pip, *options])
    return target
