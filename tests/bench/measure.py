"""Runs of the real engine against the stand-in, with their time, calls and memory."""

from __future__ import annotations

import json
import math
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from bench.plain import PlainMailFrom
from pulumi_ses_mail_from import MailFromDomain, native
from support.engine import REGION, Program, Result, Stack, shell
from support.stand_in import SesStandIn

GET, SET, LIST = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain", "ListIdentities"
SES_ACTIONS = (GET, SET, LIST)
BATCH = 100
RESOURCES: dict[str, type[MailFromDomain | native.MailFromDomain]] = {
    "ours": MailFromDomain,
    "native": native.MailFromDomain,
}
SES_RATE = 1.0
"""Requests per second and action that SES accepts."""


@dataclass
class Measured:
    """The measurement of an operation.

    Attributes:
        provider: "ours", "native" or "plain".
        operation: "create", "no-change up", "refresh" or "destroy".
        number: The number of resources.
        rate: Requests per second and action that the stand-in allows; None: no limit.
        seconds: The duration.
        calls: The number of calls by action.
        throttled: The number of throttled calls.
        done: The number of resources for which the operation succeeded.
        peak_memory: Peak memory of the provider process in bytes.
        state_size: Bytes of state per resource, without the engine's stackTrace.
        date: The day of the measurement, YYYY-MM-DD.
        floor: The least seconds that the rate limit allows; None without a limit.
    """

    provider: str
    operation: str
    number: int
    rate: float | None
    seconds: float
    calls: dict[str, int]
    throttled: int
    done: int
    peak_memory: int | None = None
    state_size: int | None = None
    date: str = ""
    floor: float | None = field(init=False)

    def __post_init__(self) -> None:
        self.floor = floor(self.operation, self.number, self.rate)

    @property
    def succeeded(self) -> bool:
        """Whether the operation succeeded for all resources."""
        return self.done == self.number

    @property
    def total(self) -> int:
        """The number of all calls to SES."""
        return sum(self.calls.values())

    @property
    def ratio(self) -> float | None:
        """The duration relative to the floor; None unless the operation succeeded for all resources."""
        return self.seconds / self.floor if self.floor and self.succeeded else None


def floor(operation: str, number: int, rate: float | None) -> float | None:
    """Return the least seconds that the rate limit allows: one Set per resource, one Get per 100 resources."""
    if rate is None or operation == "no-change up":
        return None
    return (math.ceil(number / BATCH) if operation == "refresh" else number) / rate


def names(number: int) -> list[str]:
    """Return identities in an order unrelated to their numbers."""
    return [f"customer-{(index * 7919) % 100_003}.example" for index in range(number)]


def program(provider: str, identities: Sequence[str]) -> Program:
    """Return a program that declares a MAIL FROM domain for each identity."""

    def declare() -> None:
        for identity in identities:
            if provider in RESOURCES:
                RESOURCES[provider](identity, identity=identity, mail_from_domain=f"bounce.{identity}")
            else:
                PlainMailFrom(identity, identity, f"bounce.{identity}")

    return declare


class Bench:
    """A stack of N resources with its own stand-in."""

    def __init__(self, folder: Path, ses: SesStandIn, provider: str, number: int, account: int) -> None:
        self._ses, self._provider, self._number = ses, provider, number
        everybody = names(account)
        ses.verify(REGION, *everybody)
        self._identities = everybody[:: max(1, account // number)][:number]
        self._program = program(provider, self._identities)
        self._folder = folder
        self._stack = Stack(folder, shell(ses.url))

    def verified(self) -> None:
        """Let SES verify new settings at once."""
        self._ses.rules.success_after = 0.0

    def run(self, operation: str, rate: float | None, parallel: int | None = None) -> Measured:
        """Measure an operation.

        Args:
            operation: "create", "no-change up", "refresh" or "destroy".
            rate: Requests per second and action that the stand-in allows; None: no limit.
            parallel: The option of the Pulumi CLI; None: its default, four times the number of cores.
        """
        self._ses.rate = rate
        if rate is not None:
            self._stack.config("ses-mail-from:requestsPerSecond", str(rate))
        self._ses.journal.clear()
        operations: dict[str, Callable[[], Result]] = {
            "create": lambda: self._stack.up(self._program, parallel=parallel),
            "no-change up": lambda: self._stack.up(self._program, parallel=parallel),
            "refresh": lambda: self._stack.refresh(parallel=parallel),
            "destroy": lambda: self._stack.destroy(parallel=parallel),
        }
        with _watching(self._folder) as peak:
            started = time.monotonic()
            result = operations[operation]()
            seconds = time.monotonic() - started
        journal = self._ses.journal
        calls = {action: count for action, count in journal.by_action().items() if action in SES_ACTIONS}
        return Measured(
            provider=self._provider,
            operation=operation,
            number=self._number,
            rate=rate,
            seconds=round(seconds, 2),
            calls=calls,
            throttled=journal.throttled(),
            done=self._number if result.ok else self._done(operation),
            peak_memory=max(peak, default=None),
            state_size=self._state_size() if operation == "create" else None,
            date=datetime.now(timezone.utc).date().isoformat(),
        )

    def _done(self, operation: str) -> int:
        there = sum(self._ses.mail_from(REGION, identity) is not None for identity in self._identities)
        if operation == "refresh":
            return 0
        return self._number - there if operation == "destroy" else there

    def _state_size(self) -> int | None:
        sizes = [
            len(json.dumps({key: value for key, value in resource.items() if key != "stackTrace"}))
            for resource in self._stack.resources().values()
        ]
        return max(sizes, default=None)


@contextmanager
def bench(provider: str, number: int, account: int | None = None) -> Iterator[Bench]:
    """Make a stack.

    Args:
        provider: "ours", "native" or "plain".
        number: The number of resources.
        account: The number of identities in the account; None: as many as resources.
    """
    with tempfile.TemporaryDirectory() as folder, SesStandIn(rate=None) as ses:
        yield Bench(Path(folder), ses, provider, number, account or number)


@contextmanager
def _watching(folder: Path) -> Iterator[list[int]]:
    """Collect the memory peaks of the provider processes of the stack in `folder` from /proc."""
    peaks: list[int] = []
    stop = threading.Event()

    def watch() -> None:
        provider: Path | None = None
        while not stop.wait(0.2):
            provider = provider if provider and provider.exists() else _provider_process(folder)
            if provider:
                peaks.extend(_peak(provider))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peaks
    finally:
        stop.set()
        watcher.join()


def _provider_process(folder: Path) -> Path | None:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            ours = f"PULUMI_HOME={folder}/home".encode() in (process / "environ").read_bytes()
            command = (process / "cmdline").read_bytes() if ours else b""
            if b"-m\0pulumi.dynamic\0" in command or b"pulumi-resource-ses-mail-from\0" in command:
                return process
        except OSError:  # noqa: PERF203 - any process may have ended
            continue
    return None


def _peak(process: Path) -> list[int]:
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", (process / "status").read_text())
    except OSError:
        return []
    return [int(found[1]) * 1024] if found else []
