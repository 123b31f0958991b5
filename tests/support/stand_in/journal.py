"""The journal: all calls in order of arrival."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from .model import Parameters


@dataclass(frozen=True)
class Call:
    """A call.

    Attributes:
        time: Seconds since the start of the stand-in.
        account: The account of the access key.
        region: The region.
        action: The action.
        identities: The identities in the parameters.
        parameters: The parameters.
        code: The response: "OK", an error code, "dropped" or "garbled"; empty until then.
        took_effect: Whether the action was performed, whatever the response.
    """

    time: float
    account: str
    region: str
    action: str
    identities: tuple[str, ...]
    parameters: Parameters
    code: str = ""
    took_effect: bool = False


class Journal:
    """All calls since the start or the last `clear`. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._calls: dict[int, Call] = {}
        self._serial = 0

    def begin(self, call: Call) -> int:
        """Record a call that has arrived; returns its number for `end`."""
        with self._changed:
            self._serial += 1
            self._calls[self._serial] = call
            self._changed.notify_all()
            return self._serial

    def end(self, number: int, code: str, *, took_effect: bool) -> None:
        """Record the outcome of a call."""
        with self._changed:
            if call := self._calls.get(number):
                self._calls[number] = replace(call, code=code, took_effect=took_effect)
                self._changed.notify_all()

    def calls(self, action: str | None = None, code: str | None = None) -> list[Call]:
        """Return the calls in order of arrival, optionally of one action or code only."""
        with self._changed:
            calls = list(self._calls.values())
        return [call for call in calls if action in (None, call.action) and code in (None, call.code)]

    def count(self, action: str | None = None, code: str | None = None) -> int:
        """Return the number of calls, optionally of one action or code only."""
        return len(self.calls(action, code))

    def throttled(self, action: str | None = None) -> int:
        """Return the number of throttled calls."""
        return self.count(action, "Throttling")

    def by_action(self) -> Counter[str]:
        """Return the number of calls of each action."""
        return Counter(call.action for call in self.calls())

    def wait_for(self, condition: Callable[[Journal], bool], seconds: float) -> bool:
        """Wait until a condition on the journal holds.

        Args:
            condition: Checked now and after each change of the journal.
            seconds: The longest time to wait.

        Returns:
            Whether the condition holds.
        """
        with self._changed:
            return self._changed.wait_for(lambda: condition(self), seconds)

    def clear(self) -> None:
        """Remove all calls."""
        with self._changed:
            self._calls.clear()
