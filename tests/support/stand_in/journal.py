"""The journal: every call that arrived, in order."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, replace

from .model import Parameters


@dataclass(frozen=True)
class Call:
    """One call. `code` is what was answered: OK, an error code, dropped, garbled; empty: nothing yet."""

    time: float
    account: str
    region: str
    action: str
    identities: tuple[str, ...]
    parameters: Parameters
    code: str = ""
    took_effect: bool = False
    """Whether the action was carried out, whatever was answered."""


class Journal:
    """All calls since the start or the last `clear`. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[int, Call] = {}
        self._serial = 0

    def begin(self, call: Call) -> int:
        """Write it down as it arrives; the number is for `end`."""
        with self._lock:
            self._serial += 1
            self._calls[self._serial] = call
            return self._serial

    def end(self, number: int, code: str, *, took_effect: bool) -> None:
        """Write down what became of it."""
        with self._lock:
            if call := self._calls.get(number):
                self._calls[number] = replace(call, code=code, took_effect=took_effect)

    def calls(self, action: str | None = None, code: str | None = None) -> list[Call]:
        """The calls, in the order they arrived in; of one action or code only, if given."""
        with self._lock:
            calls = list(self._calls.values())
        return [call for call in calls if action in (None, call.action) and code in (None, call.code)]

    def count(self, action: str | None = None, code: str | None = None) -> int:
        """How many there are."""
        return len(self.calls(action, code))

    def throttled(self, action: str | None = None) -> int:
        """How many were answered Throttling."""
        return self.count(action, "Throttling")

    def by_action(self) -> Counter[str]:
        """How many of each action."""
        return Counter(call.action for call in self.calls())

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            self._calls.clear()
