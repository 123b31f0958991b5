"""The clock of a plugin: it also ends the waits of an operation whose time is over (`customTimeouts`)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pulumi_ses_mail_from_provider.rules.errors import TimedOut
from pulumi_ses_mail_from_provider.ses.clock import Clock


class DeadlineClock(Clock):
    """A clock with a deadline for each thread."""

    def __init__(self) -> None:
        super().__init__()
        self._of_thread = threading.local()

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """Give this thread a deadline.

        Args:
            seconds: The time from now; 0: none.
        """
        self._of_thread.seconds, self._of_thread.at = seconds, self.now() + seconds if seconds > 0 else None
        try:
            yield
        finally:
            self._of_thread.at = None

    def sleep(self, seconds: float) -> None:
        """Wait for a number of seconds.

        Raises:
            Cancelled: As soon as the run is cancelled.
            TimedOut: At the deadline.
        """
        super().sleep(self._at_most(seconds))

    def wait(self, condition: threading.Condition, seconds: float | None = None) -> None:
        """Wait until a condition is notified or the time is over.

        Raises:
            Cancelled: As soon as the run is cancelled.
            TimedOut: At the deadline.
        """
        left = self._left()
        super().wait(condition, left if seconds is None else self._at_most(seconds))

    def check(self) -> None:
        """Raise Cancelled if the run is cancelled, TimedOut if the deadline is over."""
        super().check()
        left = self._left()
        if left is not None and left <= 0:
            raise TimedOut(self._of_thread.seconds)

    def _left(self) -> float | None:
        at = getattr(self._of_thread, "at", None)
        return None if at is None else max(0.0, at - self.now())

    def _at_most(self, seconds: float) -> float:
        left = self._left()
        return seconds if left is None else min(seconds, left)
