"""When calls to SES leave, and which of them are retried.

SES accepts one request per second and action, for each account and region (SES API, "throttled at one request per
second"). An endpoint that does not throttle is not slowed down: its first refusal teaches the limit. Until then, the
calls of an action leave one by one, so that only one of them is refused and not one of each thread.
"""

from __future__ import annotations

import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from .clock import Clock, pauses
from .errors import is_fault, is_throttling

_Answer = TypeVar("_Answer")

THROTTLING_BUDGET: Final = 120.0
"""Seconds for which a call is retried while SES throttles it, unless its caller has less patience."""

_FAULT_BUDGET: Final = 20.0  # seconds; each try of a silent endpoint costs a time-out, so none starts after this
_LONGEST_PAUSE: Final = 8.0
_MARGIN: Final = 1.02  # calls that leave a second apart may arrive closer together
_LULL: Final = 30.0  # seconds without a refusal, after which the next one starts a new budget
_LONG: Final = 3600.0  # seconds; every change wakes the waiting calls
_LEAD: Final = 0.7
"""Seconds before its turn at which a call renews its precondition, so that the renewal delays no turn."""

# How much closer together calls arrive depends on the network. Each refusal of a call that kept to the rate widens the
# interval, and forty answers undo that. The interval is capped, so that other clients cannot starve this one.
_WIDER: Final = 1.02
_CLOSER: Final = 0.9995
_WIDEST: Final = 1.25


class Precondition(Protocol):
    """What must be known when a call leaves. It may become outdated while the call waits for its turn."""

    def holds_at(self, moment: float) -> bool:
        """Whether what is known now is recent enough for a call that leaves at a moment of the clock."""

    def renew(self) -> None:
        """Find out again. If this raises, the call is not made and its caller gets the error."""


@dataclass(frozen=True)
class _Turn:
    """The turn of a call.

    Attributes:
        is_learning: Whether it is still unknown if the endpoint throttles.
        is_early: Whether the call leaves sooner after the previous one than an endpoint that throttles allows.
        is_paced: Whether the call keeps to the rate.
    """

    is_learning: bool
    is_early: bool
    is_paced: bool


class TooSlow(Exception):
    """There was no answer within the patience of the caller."""


class RateLimiter:
    """The calls of one process to one region: in order, at SES's rate once it throttles, and with retries.

    Args:
        requests_per_second: How often to call each action of an endpoint that throttles.
        max_retries: How often to retry a call after a fault.
        clock: The clock of the process.
        chance: Spreads the retries.
    """

    def __init__(
        self, requests_per_second: float, max_retries: int, clock: Clock, chance: random.Random | None = None
    ) -> None:
        self._least_interval = self._interval = _MARGIN / requests_per_second
        self._max_retries = max_retries
        self._clock = clock
        self._uniform = (chance or random).uniform
        self._changed = clock.condition()
        self._throttles: bool | None = None  # None: not known yet
        self._queues: defaultdict[str, deque[object]] = defaultdict(deque)
        self._next: dict[str, float] = {}
        self._refused_since: dict[str, float] = {}
        self._refused_last: dict[str, float] = {}

    @property
    def throttles(self) -> bool:
        """Whether the endpoint is known to throttle."""
        return bool(self._throttles)

    def backlog(self, action: str) -> float:
        """Seconds until all waiting calls of an action have left; 0 unless the endpoint throttles."""
        return len(self._queues[action]) * self._interval if self._throttles else 0.0

    def call(
        self,
        action: str,
        send: Callable[[], _Answer],
        *,
        safe_to_repeat: bool,
        precondition: Precondition | None = None,
        patience: float | None = None,
    ) -> _Answer:
        """Return what `send` returns, once it is the turn of this call. Retry it after throttling and faults.

        Args:
            action: The action of the SES API. Each has its own queue.
            send: Makes the call.
            safe_to_repeat: Whether to retry a call that may have taken effect. If not, the caller gets its error.
            precondition: Holds whenever `send` is called.
            patience: The longest time to wait for an answer, in seconds. A call with a limit is not retried after a
                fault. None: no limit, but throttling is waited out for `THROTTLING_BUDGET` only, counted from the first
                refusal of the action since its last answer.

        Raises:
            Exception: What `send` raised last, or what the precondition raised.
            TooSlow: The patience is over.
            Cancelled: The run is cancelled.
        """
        start, faults, again = self._clock.now(), 0, False
        budget, deadline = (THROTTLING_BUDGET, None) if patience is None else (patience, start + patience)
        throttling_pauses, fault_pauses = (pauses(self._least_interval, _LONGEST_PAUSE) for _ in range(2))
        while True:
            is_rate_known = self.throttles
            try:
                with self._turn(action, precondition, deadline, again=again):
                    answer = send()
            except Exception as error:
                now = self._clock.now()
                if is_throttling(error) and now - self._refused_since.get(action, now) < budget:
                    if is_rate_known:  # refused although the call kept to the rate: give way to the other clients
                        again = True
                        self._pause(next(throttling_pauses), deadline)
                elif safe_to_repeat and self._may_retry(error, faults, now - start, deadline):
                    faults, again = faults + 1, True
                    self._pause(next(fault_pauses), deadline)
                else:
                    raise
            else:
                self._answered(action)
                return answer

    def _may_retry(self, error: Exception, faults: int, spent: float, deadline: float | None) -> bool:
        return is_fault(error) and faults < self._max_retries and spent < _FAULT_BUDGET and deadline is None

    @contextmanager
    def _turn(
        self, action: str, precondition: Precondition | None, deadline: float | None, *, again: bool
    ) -> Iterator[None]:
        """Wait until a call may leave, and learn from its outcome."""
        queue, ticket = self._queues[action], object()
        with self._changed:
            # A retry has waited before.
            queue.appendleft(ticket) if again else queue.append(ticket)
        try:
            while (turn := self._take_turn(action, ticket, precondition, deadline)) is None:
                if precondition:
                    precondition.renew()
            try:
                yield
            except Exception as error:
                if is_throttling(error):
                    self._slow_down(action, _WIDER if turn.is_paced else 1.0)
                elif turn.is_learning and is_fault(error):
                    self._allow_parallel()  # or all waiting calls would suffer the same time-out one after the other
                raise
            if turn.is_learning and turn.is_early:
                self._allow_parallel()
        finally:
            with self._changed:
                self._leave(queue, ticket)

    def _take_turn(
        self, action: str, ticket: object, precondition: Precondition | None, deadline: float | None
    ) -> _Turn | None:
        """Wait for the turn of a call. None: its precondition must be renewed first."""
        queue = self._queues[action]
        with self._changed:
            while True:
                self._clock.check()
                now, free_at = self._clock.now(), self._next.get(action, 0.0)
                if deadline is not None and now >= deadline:
                    raise TooSlow
                is_next = queue[0] is ticket or self._throttles is False
                departure = max(now, free_at) if self._throttles else now
                holds = precondition is None or not is_next or precondition.holds_at(departure)
                due = departure if holds else departure - _LEAD
                if is_next and due <= now:
                    if not holds:
                        return None
                    turn = _Turn(self._throttles is None, free_at > now, bool(self._throttles))
                    self._next[action] = now + self._interval
                    if not turn.is_learning:
                        self._leave(queue, ticket)
                    return turn
                wake = min(due if is_next else now + _LONG, now + _LONG if deadline is None else deadline)
                self._clock.wait(self._changed, wake - now)

    def _leave(self, queue: deque[object], ticket: object) -> None:
        if ticket in queue:
            queue.remove(ticket)
            self._changed.notify_all()

    def _allow_parallel(self) -> None:
        with self._changed:
            if self._throttles is None:  # another action may have found out meanwhile
                self._throttles = False
                self._changed.notify_all()

    def _answered(self, action: str) -> None:
        with self._changed:
            self._interval = max(self._least_interval, self._interval * _CLOSER)
            self._refused_since.pop(action, None)

    def _slow_down(self, action: str, widening: float) -> None:
        with self._changed:
            now = self._clock.now()
            self._throttles = True
            if now - self._refused_last.get(action, now) > _LULL:
                self._refused_since.pop(action, None)
            self._refused_since.setdefault(action, now)
            self._refused_last[action] = now
            self._interval = min(self._least_interval * _WIDEST, self._interval * widening)
            self._next[action] = max(self._next.get(action, 0.0), now + self._interval)
            self._changed.notify_all()

    def _pause(self, longest: float, deadline: float | None) -> None:
        seconds = longest * self._uniform(0.5, 1.0)
        if deadline is not None and self._clock.now() + seconds >= deadline:
            raise TooSlow
        self._clock.sleep(seconds)
