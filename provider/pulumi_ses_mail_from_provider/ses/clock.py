"""Time, waits and cancellation. Tests and the simulation substitute another clock."""

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


class Clock:
    """The time of this process, and every wait in it. A cancellation ends all waits. Safe to share between threads."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._conditions: weakref.WeakSet[threading.Condition] = weakref.WeakSet()
        self._lock = threading.Lock()

    def now(self) -> float:
        """Seconds since an arbitrary moment in the past."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for a number of seconds.

        Raises:
            Cancelled: As soon as the run is cancelled.
        """
        self._cancelled.wait(seconds)
        self.check()

    def condition(self) -> threading.Condition:
        """Create a condition for `wait`."""
        condition = threading.Condition()
        with self._lock:
            self._conditions.add(condition)
        return condition

    def wait(self, condition: threading.Condition, seconds: float | None = None) -> None:
        """Wait until a condition is notified or the time is over. Like any condition, it may also wake without cause.

        Args:
            condition: One of `condition()`. The caller holds its lock.
            seconds: The longest wait. None: no limit.

        Raises:
            Cancelled: As soon as the run is cancelled.
        """
        self.check()
        condition.wait(seconds)
        self.check()

    def abandonable(self, call: Callable[[], _Answer]) -> _Answer:
        """Return what `call` returns, or raise what it raises. It runs in a thread, which a cancellation leaves behind.

        Raises:
            Cancelled: As soon as the run is cancelled, even if the call is still in flight.
        """
        done, future = self.condition(), Future[_Answer]()

        def run() -> None:
            try:
                future.set_result(call())
            except Exception as error:  # noqa: BLE001 - raised again in the calling thread
                future.set_exception(error)
            with done:
                done.notify_all()

        threading.Thread(target=run, name="abandonable", daemon=True).start()
        with done:
            while not future.done():
                self.wait(done)
        return future.result()

    def check(self) -> None:
        """Raise Cancelled if the run is cancelled."""
        if self._cancelled.is_set():
            raise Cancelled

    def cancel(self) -> None:
        """End all present and future waits."""
        self._cancelled.set()
        with self._lock:
            conditions = list(self._conditions)
        for condition in conditions:
            with condition:
                condition.notify_all()


def pauses(first: float, longest: float = math.inf, growth: float = 2.0) -> Iterator[float]:
    """Yield growing pauses between tries, without end.

    Args:
        first: The first pause, in seconds.
        longest: The limit of the pauses, in seconds.
        growth: How many times as long as the one before each pause is.
    """
    pause = min(first, longest)
    while True:
        yield pause
        pause = min(pause * growth, longest)
