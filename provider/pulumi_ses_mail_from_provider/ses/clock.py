"""Time as the operations see it. Tests and the simulation give another clock."""

from __future__ import annotations

import math
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import TypeVar

from pulumi_ses_mail_from_provider.rules.errors import Cancelled

_Answer = TypeVar("_Answer")


def pauses(first: float, longest: float = math.inf, growth: float = 2.0) -> Iterator[float]:
    """Growing pauses between attempts, in seconds."""
    pause = first
    while True:
        yield min(pause, longest)
        pause = min(pause * growth, longest)


class Clock:
    """The time of this process, and every wait in it. A cancellation ends all waits. Safe to share between threads."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._conditions: weakref.WeakSet[threading.Condition] = weakref.WeakSet()
        self._lock = threading.Lock()

    def now(self) -> float:
        """Seconds since some moment in the past."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait. Raises Cancelled as soon as the run is cancelled."""
        self._cancelled.wait(seconds)
        self.check()

    def condition(self) -> threading.Condition:
        """A condition that `wait` can wait for."""
        condition = threading.Condition()
        with self._lock:
            self._conditions.add(condition)
        return condition

    def wait(self, condition: threading.Condition, seconds: float | None = None) -> None:
        """Wait, with the condition's lock held, until it is notified, or `seconds` have passed, or for no reason.

        Raises Cancelled as soon as the run is cancelled.
        """
        self.check()
        condition.wait(seconds)
        self.check()

    def abandonable(self, call: Callable[[], _Answer]) -> _Answer:
        """Return what `call` returns, or raise what it raises; do not wait for it any longer once the run is cancelled.

        Raises Cancelled while the call is still under way.
        """
        done, future = self.condition(), Future[_Answer]()

        def run() -> None:
            try:
                future.set_result(call())
            except Exception as error:  # noqa: BLE001 - raised again, to the caller
                future.set_exception(error)
            with done:
                done.notify_all()

        threading.Thread(target=run, name="abandonable", daemon=True).start()
        with done:
            while not future.done():
                self.wait(done)
        return future.result()

    def check(self) -> None:
        """Raises Cancelled if the run is cancelled."""
        if self._cancelled.is_set():
            raise Cancelled

    def cancel(self) -> None:
        """End all waits, now and from now on."""
        self._cancelled.set()
        with self._lock:
            conditions = list(self._conditions)
        for condition in conditions:
            with condition:
                condition.notify_all()
