"""How often SES may be asked, and what is tried again.

SES answers one request a second of each action, for an account in a region (SES API, "throttled at one request per
second"). An endpoint that does not throttle is not slowed down: the limit is learned from its first refusal. So that
this costs one refusal and not one a thread, the calls of an action go one by one until it is known which it is.
"""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
        self._throttles: bool | None = None
        """None: not known yet."""
        self._one_by_one: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._next: dict[str, float] = {}

    def call(self, action: str, send: Callable[[], _Answer], *, safe_to_repeat: bool) -> _Answer:
        """What `send` returns, once it is this call's turn; it is called again when it is throttled or hits a fault.

        safe_to_repeat: whether a call that may or may not have taken effect is tried again here. If not, its error
        is raised, for the caller to look what became of it.

        Raises what `send` last raised.
        """
        start, throttled, faults = self._clock(), 0, 0
        while True:
            known = self._throttles is True
            try:
                with self._turn(action):
                    answer = send()
            except Exception as error:
                spent = self._clock() - start
                if is_throttling(error) and spent < THROTTLING_BUDGET:
                    # The first refusal taught the pace; the next ones are others' doing, and are given way to.
                    throttled += known
                    self._pause(throttled)
                elif safe_to_repeat and is_fault(error) and faults < self._max_retries and spent < _FAULT_BUDGET:
                    faults += 1
                    self._pause(faults)
                else:
                    raise
            else:
                self._speed_up()
                return answer

    @contextmanager
    def _turn(self, action: str) -> Iterator[None]:
        """Wait until a call may be sent, and learn from what comes of it."""
        with self._lock:
            lock = self._one_by_one[action]
        if self._throttles is None:
            with lock:
                if self._throttles is None:
                    with self._first_turn(action):
                        yield
                    return
        paced = self._wait(action)
        try:
            yield
        except Exception as error:
            if is_throttling(error):
                self._slow_down(action, _WIDER if paced else 1.0)
            raise

    @contextmanager
    def _first_turn(self, action: str) -> Iterator[None]:
        with self._lock:
            now = self._clock()
            too_early = self._next.get(action, 0.0) > now
            self._next[action] = now + self._interval
        try:
            yield
        except Exception as error:
            if is_throttling(error):
                self._slow_down(action, 1.0)
            elif is_fault(error):
                self._go_on_freely()  # or those who wait would suffer the same time-out one after the other
            raise
        if too_early:
            self._go_on_freely()

    def _wait(self, action: str) -> bool:
        """Wait for the next turn at the pace, if there is one. Whether there is."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next.get(action, now)) if self._throttles else now
            self._next[action] = turn + self._interval
            paced = bool(self._throttles)
        if turn > now:
            self._sleep(turn - now)
        return paced

    def _go_on_freely(self) -> None:
        with self._lock:
            if self._throttles is None:  # another action may have found out meanwhile
                self._throttles = False

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
