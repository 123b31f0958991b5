"""How often SES may be asked, and what is tried again.

SES answers one request a second of each action, for an account in a region (SES API, "throttled at one request per
second"). An endpoint that does not throttle is not slowed down: the limit is learned from its first refusal.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from .errors import THROTTLING_BUDGET, is_fault, is_throttling

_Answer = TypeVar("_Answer")

_FAULT_BUDGET: Final = 20.0  # an endpoint that is silent costs a time-out a try: no more tries after this
_LONGEST_PAUSE: Final = 8.0
_MARGIN: Final = 1.02  # calls that leave a second apart may arrive closer together

# By how much closer depends on the network: so each refusal of a call that kept to the pace widens the interval, and
# forty answers take that back. Not further than by a quarter: others' calls are no reason to hardly call at all.
_WIDER: Final = 1.02
_CLOSER: Final = 0.9995
_WIDEST: Final = 1.25


class Pace:
    """The calls of one process to one region: paced by action once that region throttles, and tried again.

    requests_per_second: how often to call an action of an endpoint that throttles.
    max_retries: how often to try a call again after a fault.
    """

    def __init__(
        self,
        requests_per_second: float,
        max_retries: int,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        chance: random.Random | None = None,
    ) -> None:
        self._least_interval = self._interval = _MARGIN / requests_per_second
        self._max_retries = max_retries
        self._clock, self._sleep = clock, sleep
        self._chance = chance or random.Random()  # noqa: S311 - to spread retries
        self._lock = threading.Lock()
        self._throttles = False
        self._next: dict[str, float] = {}

    def call(self, action: str, send: Callable[[], _Answer], *, safe_to_repeat: bool) -> _Answer:
        """What `send` returns, once it is this call's turn; it is called again when it is throttled or hits a fault.

        safe_to_repeat: whether a call that may or may not have taken effect is tried again here. If not, its error
        is raised, for the caller to look what became of it.

        Raises what `send` last raised.
        """
        start, throttled, faults = self._clock(), 0, 0
        while True:
            known = self._wait_for_turn(action)
            try:
                answer = send()
            except Exception as error:
                spent = self._clock() - start
                if is_throttling(error) and spent < THROTTLING_BUDGET:
                    # The first refusal taught the pace; the next ones are others' doing, and are given way to.
                    throttled += known
                    self._slow_down(action, _WIDER if known else 1.0)
                    self._pause(throttled)
                elif safe_to_repeat and is_fault(error) and faults < self._max_retries and spent < _FAULT_BUDGET:
                    faults += 1
                    self._pause(faults)
                else:
                    raise
            else:
                self._speed_up()
                return answer

    def _wait_for_turn(self, action: str) -> bool:
        """Whether the pace was known already."""
        with self._lock:
            if not self._throttles:
                return False
            now = self._clock()
            turn = max(now, self._next.get(action, now))
            self._next[action] = turn + self._interval
        if turn > now:
            self._sleep(turn - now)
        return True

    def _speed_up(self) -> None:
        with self._lock:
            self._interval = max(self._least_interval, self._interval * _CLOSER)

    def _slow_down(self, action: str, widening: float) -> None:
        with self._lock:
            self._throttles = True
            self._interval = min(self._least_interval * _WIDEST, self._interval * widening)
            self._next[action] = max(self._next.get(action, 0.0), self._clock() + self._interval)

    def _pause(self, tries: int) -> None:
        if tries:
            self._sleep(min(_LONGEST_PAUSE, self._least_interval * 2.0 ** (tries - 1)) * self._chance.uniform(0.5, 1.0))
