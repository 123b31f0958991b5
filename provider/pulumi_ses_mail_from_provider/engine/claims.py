"""What the other provider processes of a run declare.

The engine starts a process for each provider: one for the dynamic resources, one for each explicit provider of the
native ones. When a resource moves from one to another, one process adopts its MAIL FROM domain and the other deletes
it. So each process publishes the keys that it declares, and looks at those of the others before it clears anything.

The processes of a run have the engine's address in common. Each has a file in the folder of that address, and holds a
lock on it as long as it lives. A process that crashes does not withdraw its claims: the engine goes on with the others.
An earlier run with the same address may have left files too. The first process of a run removes them.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import math
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

from filelock import FileLock, Timeout

from pulumi_ses_mail_from_provider.rules.model import Key

_FOLDER: Final = "pulumi-ses-mail-from"
_SAME_RUN: Final = 600.0
"""Seconds. Where no process lives, younger files are those of this run: a port is hardly ever used again so soon."""


class Claims(Protocol):
    """What the processes of a run tell each other. Safe to share between threads."""

    def add(self, key: Key) -> None:
        """Publish that this process declares or reads a key."""

    def remove(self, key: Key) -> None:
        """Take it back."""

    def set_account(self, account: str) -> None:
        """Publish the account of this process's credentials."""

    def elsewhere(self, key: Key, account: str | None) -> bool:
        """Whether another process of this run declares or reads a key in an account. An unknown account is any."""


class NoClaims:
    """The claims of a process that has no others beside it."""

    def add(self, key: Key) -> None:
        """Do nothing."""

    def remove(self, key: Key) -> None:
        """Do nothing."""

    def set_account(self, account: str) -> None:
        """Do nothing."""

    def elsewhere(self, key: Key, account: str | None) -> bool:  # noqa: ARG002
        """No."""
        return False


class SharedClaims:
    """Claims in files.

    Args:
        engine_address: The address of the engine, which the processes of a run have in common.

    Raises:
        OSError: The files cannot be written.
    """

    def __init__(self, engine_address: str) -> None:
        run = hashlib.sha256(engine_address.encode()).hexdigest()[:16]
        user = hashlib.sha256(os.path.expanduser("~").encode()).hexdigest()[:16]  # noqa: PTH111 - never raises
        runs = Path(tempfile.gettempdir()) / f"{_FOLDER}-{user}"
        self._folder = runs / run
        for folder in (runs, self._folder):
            folder.mkdir(mode=0o700, exist_ok=True)
        _remove_leftovers(self._folder)
        self._lock = threading.Lock()
        self._others: dict[Path, _Other] = {}
        self._path = self._folder / f"{os.getpid()}-{os.urandom(4).hex()}.jsonl"
        self._alive = FileLock(f"{self._path}.lock")
        self._alive.acquire(timeout=0)
        # The engine ends its providers when the run is over; a later engine may get the same port.
        atexit.register(self.close)
        self._path.touch()

    def add(self, key: Key) -> None:
        """Publish that this process declares or reads a key."""
        self._write({"add": str(key)})

    def remove(self, key: Key) -> None:
        """Take it back."""
        self._write({"remove": str(key)})

    def set_account(self, account: str) -> None:
        """Publish the account of this process's credentials."""
        self._write({"account": account})

    def elsewhere(self, key: Key, account: str | None) -> bool:
        """Whether another process of this run declares or reads a key in an account. An unknown account is any."""
        with self._lock:
            return any(other.has(key, account) for other in self._others_of_run())

    def close(self) -> None:
        """Withdraw all claims of this process."""
        self._path.unlink(missing_ok=True)
        self._alive.release()

    def _write(self, entry: dict[str, str]) -> None:
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def _others_of_run(self) -> Iterator[_Other]:
        for path in self._folder.glob("*.jsonl"):
            if path == self._path:
                continue
            if path not in self._others:
                self._others[path] = _Other(path)
            yield self._others[path]


def _remove_leftovers(folder: Path) -> None:
    """Remove the files of an earlier run with the same engine address."""
    others = [_Other(path) for path in folder.glob("*.jsonl")]
    if not any(other.is_alive() or other.age() < _SAME_RUN for other in others):
        for other in others:
            other.remove()


class _Other:
    """The claims of another process."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, FileLock(f"{path}.lock")
        self._read = 0
        self._keys: set[str] = set()
        self._account: str | None = None

    def is_alive(self) -> bool:
        """Whether the process holds its lock."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return True
        self._lock.release()
        return False

    def age(self) -> float:
        """Seconds since the last claim; of a file that is gone, any number."""
        try:
            return time.time() - self._path.stat().st_mtime
        except FileNotFoundError:
            return math.inf

    def remove(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)

    def has(self, key: Key, account: str | None) -> bool:
        """Whether it claims a key in an account."""
        self._read_on()
        same_account = None in (account, self._account) or account == self._account
        return same_account and str(key) in self._keys

    def _read_on(self) -> None:
        try:
            file = self._path.open("rb")
        except FileNotFoundError:  # withdrawn
            self._keys.clear()
            return
        with file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # it is being written
                self._read += len(line)
                entry = json.loads(line)
                self._keys.add(entry.get("add", ""))
                self._keys.discard(entry.get("remove", ""))
                self._account = entry.get("account", self._account)


def shared_claims(engine_address: str, show: Callable[[str], object]) -> Claims:
    """The claims of a run. If they cannot be shared, everything else works, and a line says what does not.

    Args:
        engine_address: The address of the engine, "HOST:PORT"; empty if there is none.
        show: Shows one line to the user.
    """
    if not engine_address:
        return NoClaims()
    try:
        return SharedClaims(engine_address)
    except OSError as problem:
        show(
            f"the temporary directory cannot be written ({problem}): do not move resources between providers of this"
            " package in this run"
        )
        return NoClaims()
