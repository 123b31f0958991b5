"""What the set-up tools share: the cache folder, one at a time, long steps that show life, pinned helpers."""

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
    """A step did not work; the text is for the reader of the terminal, a line or two."""


def say(text: str) -> None:
    """Tell of progress, on stderr: stdout is for results."""
    print(text, file=sys.stderr, flush=True)


def cache_dir() -> Path:
    """Where things live that a fresh clone can use again."""
    # A relative XDG_CACHE_HOME is to be ignored, says its specification.
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "pulumi-ses-mail-from"


@contextmanager
def only_one(folder: Path, what: str) -> Iterator[None]:
    """Hold `folder` for this process; the system lets go of it however the process ends."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Another process is {what}: waiting for it.")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:
            # Some network file systems cannot lock. Results are moved into place whole, so it is no more
            # than work done twice.
            pass
        yield
    finally:
        os.close(descriptor)


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """Fill a folder beside `target` that becomes `target` at the end, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for leftover in target.parent.glob(f".{target.name}-*"):
        # Of a run that was killed outright; a younger one may be at work.
        if time.time() - leftover.stat().st_mtime > LEFTOVER_AGE:
            shutil.rmtree(leftover, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
    try:
        yield folder
        # It fails if another process was first, and then that one's result is as good.
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
    """Run a long command: a line now, a sign of life every while, its last lines if it fails.

    With `unit` the sign of life tells how many lines it has printed, one a `unit`.
    """
    say(announcement)
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
                    raise StepError(f"no end after {elapsed:.0f} s, given up")
                # pread, because the position in the file is the child's as well.
                lines = os.pread(output.fileno(), 1 << 24, 0).count(b"\n")
                say(f"  … {elapsed:.0f} s" + (f", {lines} {unit}" if unit else ""))
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
    """Return the last lines of a command's output: there it says what was wrong."""
    return [line.strip() for line in text.splitlines() if line.strip()][-count:]


def run_and_read(command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> str:
    """Return what a short command prints on stdout."""
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
    """Return an environment that holds only the helper that tools/lock/<name>.txt pins; make it if need be."""
    lock = LOCKS / f"{name}.txt"
    requirement = lock.read_text().split(maxsplit=1)[0]
    target = cache_dir() / "helpers" / requirement.replace("==", "-")
    # Its python is a link to the interpreter that made it, which may be gone by now.
    if (target / "bin/python").exists():
        return target
    with only_one(target.parent, f"installing {requirement}"):
        if not (target / "bin/python").exists():
            shutil.rmtree(target, ignore_errors=True)
            with staged(target) as folder:
                say(f"Installing {requirement} into {target}")
                run_step("  an environment for it (3 to 10 s) …", [sys.executable, "-m", "venv", folder])
                pip: list[str | Path] = [folder / "bin/python", "-m", "pip", "--disable-pip-version-check", "install"]
                options: list[str | Path] = ["--require-hashes", "--only-binary", ":all:", "--requirement", lock]
                run_step("  its package (5 to 30 s) …", [*pip, *options])
    return target
