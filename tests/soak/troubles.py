"""Kills, ^C, faults and takeovers, brought about from inside the calls that the stand-in serves."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from support.engine import REGION
from support.processes import alive, interrupt, kill, wait_until
from support.stand_in import Effect, Fault, SesStandIn

from . import programs
from .faults import FAULTS, times
from .plans import (
    AFTER_GET,
    AFTER_SET,
    ANSWERED,
    BEFORE_GET,
    BEFORE_SET,
    GET,
    INTERRUPT,
    LATE,
    LOST,
    SET,
    TAKEOVER,
    WITHIN,
    Plan,
)
from .prepared import Prepared
from .programs import Declared, identities

OUTLIVES = 2.0
"""Seconds for which a provider process may live on when its engine was killed."""

_AT_CALLS = {BEFORE_GET: GET, AFTER_GET: GET, BEFORE_SET: SET, AFTER_SET: SET}


@dataclass
class Strike:
    """A kill or ^C in a run."""

    what: str
    """engine, provider or ^C."""

    at: float = 0.0
    """Seconds on the clock of the stand-in."""

    ended: float = float("inf")
    """When the engine had ended that was told of ^C; the harness takes a moment more to notice."""

    outlived: bool = False
    """Whether a provider process was still there `OUTLIVES` seconds after its engine was killed."""

    over: threading.Event = field(default_factory=threading.Event)


@dataclass
class Troubles:
    """The trouble of one round."""

    planned: Plan
    ses: SesStandIn
    prepared: Prepared
    taken: set[str] = field(default_factory=set)
    """The identities that somebody else has taken over."""

    strike: Strike | None = None
    _fault: Fault | None = None

    @property
    def hit(self) -> bool:
        """Whether it has come about."""
        return self._fault is None or self._fault.hits > 0

    @contextlib.contextmanager
    def in_force(self) -> Iterator[None]:
        """Have it hit the calls of a run, and wait until all that it holds up has ended."""
        plan = self.planned
        if plan.trouble == TAKEOVER:
            self._inject_takeover()
        elif plan.trouble in FAULTS:
            self._fault = self.ses.inject(
                FAULTS[plan.trouble], action=plan.action, skip=plan.skip, count=times(plan.trouble)
            )
        else:
            self._fault = self.ses.inject(self._blow(), action=plan.action, skip=plan.skip, count=1)
        yield
        self.ses.heal()
        if not (strike := self.strike):
            return
        strike.over.wait(10)
        if strike.what == "engine":
            left = max(0.0, strike.at + OUTLIVES - self.ses.now())
            strike.outlived = not wait_until(lambda: not alive("provider", self.prepared.folder), left)
        kill("provider", self.prepared.folder)
        wait_until(lambda: not any(call.code == "" for call in self.ses.journal.calls()), 10)

    def take_over(self) -> None:
        """Somebody else sets another domain for the identity of the plan."""
        plan = self.planned
        identity = identities(plan.taken, 1)[0]
        if plan.taken_by_stack:
            takes = [Declared("taken", identity, programs.theirs(identity), overwrite=True)]
            self.prepared.second(self.ses.url).up(programs.program(takes)).done()
        else:
            self.ses.put(REGION, identity, programs.theirs(identity))
        self.taken.add(identity)

    def _take_over_the_rest(self) -> None:
        """The console sets another domain for each identity of the plan that the run has not set yet."""
        called = {identity for call in self.ses.journal.calls(SET) for identity in call.identities}
        for identity in identities(self.planned.taken, self.planned.each):
            if identity not in called:
                self.ses.put(REGION, identity, programs.theirs(identity))
                self.taken.add(identity)

    def _inject_takeover(self) -> None:
        when = self.planned.taken_when
        if when == LATE:
            self._fault = self.ses.inject(Effect(hook=self._take_over_the_rest), action=SET, count=1)
        elif when in _AT_CALLS:
            after = when in (AFTER_GET, AFTER_SET)
            self._fault = self.ses.inject(
                Effect(hook=self.take_over, after=after),
                action=_AT_CALLS[when],
                identity=identities(self.planned.taken, 1)[0],
                count=1,
            )

    def _blow(self) -> Effect:
        moment = self.planned.moment
        hook = self._later if moment == ANSWERED else self._now
        return Effect(hook=hook, after=moment in (WITHIN, ANSWERED), drop=moment == LOST)

    def _later(self) -> None:
        """Strike when the answer is on its way."""
        threading.Timer(0.005, self._now).start()

    def _now(self) -> None:
        """Strike, and hold the call until what was killed is gone."""
        planned, folder = self.planned, self.prepared.folder
        strike = self.strike = Strike(planned.trouble, self.ses.now())
        try:
            if planned.trouble == INTERRUPT:
                interrupt(folder)
                threading.Thread(target=self._watch_the_end, args=(strike,), daemon=True).start()
                wait_until(lambda: False, 0.2)  # until the engine has told the provider
                return
            kill(planned.trouble, folder)
            wait_until(lambda: not alive(planned.trouble, folder), 5)
            if planned.moment == WITHIN:
                # The provider of a dead engine must end although SES does not answer it. At the other moments it
                # gets an answer, and must not go on to the next write.
                wait_until(lambda: not alive("provider", folder), OUTLIVES)
        finally:
            if planned.trouble != INTERRUPT:
                strike.over.set()

    def _watch_the_end(self, strike: Strike) -> None:
        """Note when the engine has ended."""
        if wait_until(lambda: not alive("engine", self.prepared.folder), 60):
            strike.ended = self.ses.now()
        strike.over.set()
