"""How often SES may be called, and what is tried again.

SES answers one request per second and action, for each account and region (SES API, "throttled at one request per
second"). An endpoint that does not throttle is not slowed down: the limit is learned from its first refusal. So that
this costs one refusal and not one per thread, the calls of an action go one by one until it is known.
"""

from __future__ import annotations

import random
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from pulumi_ses_mail_from_provider.ses.clock import Clock
from pulumi_ses_mail_from_provider.ses.errors import THROTTLING_BUDGET, is_fault, is_throttling

_Answer = TypeVar("_Answer")

_FAULT_BUDGET: Final = 20.0  # an endpoint that is silent costs a time-out per try: no more tries after this
_LONGEST_PAUSE: Final = 8.0
_MARGIN: Final = 1.02  # calls that leave a second apart may arrive closer together
_LULL: Final = 30.0  # seconds without a refusal after which the next one is another matter
_LONG: Final = 3600.0  # seconds; every change wakes those who wait
_LEAD: Final = 0.7
"""Seconds before its turn at which a call renews its precondition, so that this delays no turn."""

# How much closer they arrive depends on the network: each refusal of a call that kept to the rate widens the interval,
# and forty answers take that back. By a quarter at most, so that other clients cannot starve this one.
_WIDER: Final = 1.02
_CLOSER: Final = 0.9995
_WIDEST: Final = 1.25


class Precondition(Protocol):
    """What must be known when a call leaves, and grows old while the call waits for its turn."""

    def holds_at(self, moment: float) -> bool:
        """Whether what is known now will do for a call that leaves then."""

    def renew(self) -> None:
        """Find out anew. What it raises is raised to the caller, and the call is not made."""


@dataclass(frozen=True)
class _Turn:
    learning: bool
    """Whether it is not known yet if the endpoint throttles."""
    early: bool
    """Whether the call leaves sooner after the one before than an endpoint that throttles allows."""
    paced: bool


class TooSlow(Exception):
    """A call was not answered for as long as its caller was ready to wait."""


class RateLimiter:
    """The calls of one process to one region: in order, at the rate of SES once it throttles, and tried again.

    requests_per_second: how often to call each action of an endpoint that throttles.
    max_retries: how often to try a call again after a fault.
    """

    def __init__(
        self, requests_per_second: float, max_retries: int, clock: Clock, chance: random.Random | None = None
    ) -> None:
        self._least_interval = self._interval = _MARGIN / requests_per_second
        self._max_retries = max_retries
        self._clock = clock
        self._uniform = (chance or random).uniform  # to spread retries
        self._changed = clock.condition()
        self._throttles: bool | None = None
        """None: not known yet."""
        self._queues: defaultdict[str, deque[object]] = defaultdict(deque)
        self._next: dict[str, float] = {}
        self._refused_since: dict[str, float] = {}
        self._refused_last: dict[str, float] = {}

    @property
    def throttles(self) -> bool:
        """Whether the endpoint is known to throttle."""
        return bool(self._throttles)

    def backlog(self, action: str) -> float:
        """Seconds until all calls of the action that wait for their turn have left, while the endpoint throttles."""
        return len(self._queues[action]) * self._interval if self._throttles else 0.0

    def call(
        self,
        action: str,
        send: Callable[[], _Answer],
        *,
        safe_to_repeat: bool,
        precondition: Precondition | None = None,
        patience: float = THROTTLING_BUDGET,
    ) -> _Answer:
        """Return what `send` returns, once it is this call's turn. Call it again when it is throttled or hits a fault.

        safe_to_repeat: whether a call that may or may not have taken effect is tried again here. If not, its error
            is raised, for the caller to find out.
        precondition: holds whenever `send` is called.
        patience: seconds for which throttling is waited out, counted from the first refusal of the action that no
            answer has followed. If less than the default, nothing takes longer than this.

        Raises what `send` last raised, what the precondition raises, TooSlow, and Cancelled.
        """
        start, throttled, faults = self._clock.now(), 0, 0
        deadline = start + patience if patience < THROTTLING_BUDGET else None
        while True:
            known = self._throttles is True
            try:
                with self._turn(action, precondition, deadline, again=bool(throttled or faults)):
                    answer = send()
            except Exception as error:
                now = self._clock.now()
                if is_throttling(error) and now - self._refused_since.get(action, now) < patience:
                    # The first refusal taught the rate. Further ones are due to other clients: give way to them.
                    throttled += known
                    self._pause(throttled, deadline)
                elif safe_to_repeat and self._may_retry(error, faults, now - start, deadline):
                    faults += 1
                    self._pause(faults, deadline)
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
        """Wait until a call may be sent, and learn from what comes of it."""
        queue, ticket = self._queues[action], object()
        with self._changed:
            # A call that was refused has waited before.
            queue.appendleft(ticket) if again else queue.append(ticket)
        try:
            while (turn := self._take_turn(action, ticket, precondition, deadline)) is None:
                if precondition:
                    precondition.renew()
            try:
                yield
            except Exception as error:
                if is_throttling(error):
                    self._slow_down(action, _WIDER if turn.paced else 1.0)
                elif turn.learning and is_fault(error):
                    self._go_on_freely()  # or everybody who waits would suffer the same time-out, one after the other
                raise
            if turn.learning and turn.early:
                self._go_on_freely()
        finally:
            with self._changed:
                self._leave(queue, ticket)

    def _take_turn(
        self, action: str, ticket: object, precondition: Precondition | None, deadline: float | None
    ) -> _Turn | None:
        """Wait for the turn, or until the precondition must be renewed for it: then None."""
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
                    if not turn.learning:
                        self._leave(queue, ticket)
                    return turn
                wake = min(due if is_next else now + _LONG, now + _LONG if deadline is None else deadline)
                self._clock.wait(self._changed, wake - now)

    def _leave(self, queue: deque[object], ticket: object) -> None:
        if ticket in queue:
            queue.remove(ticket)
            self._changed.notify_all()

    def _go_on_freely(self) -> None:
        with self._changed:
            if self._throttles is None:  # another action may have found out in the meantime
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
            if now - self._refused_last.get(action, now) > _LULL:  # nobody has tried in the meantime
                self._refused_since.pop(action, None)
            self._refused_since.setdefault(action, now)
            self._refused_last[action] = now
            self._interval = min(self._least_interval * _WIDEST, self._interval * widening)
            self._next[action] = max(self._next.get(action, 0.0), now + self._interval)
            self._changed.notify_all()

    def _pause(self, tries: int, deadline: float | None) -> None:
        if tries:
            longest = min(_LONGEST_PAUSE, self._least_interval * 2.0 ** (tries - 1))
            seconds = longest * self._uniform(0.5, 1.0)
            if deadline is not None and self._clock.now() + seconds >= deadline:
                raise TooSlow
            self._clock.sleep(seconds)
