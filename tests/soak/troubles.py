"""Kills, ^C, faults and takeovers, triggered by the calls that the stand-in serves."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from support.engine import REGION
from support.processes import interrupt, kill, wait_for_end
from support.stand_in import Effect, Fault, SesStandIn

from . import programs
from .faults import FAULTS, times
from .plans import (
    AFTER_GET,
    AFTER_SET,
    BEFORE_GET,
    BEFORE_SET,
    GET,
    INTERRUPT,
    LATE,
    LOST,
    RESPONDED,
    SET,
    TAKEOVER,
    WITHIN,
    Plan,
)
from .prepared import Prepared
from .programs import Declared, identities

OUTLIVES = 2.0
"""Seconds for which a provider process may outlive its killed engine."""

_AT_CALLS = {BEFORE_GET: GET, AFTER_GET: GET, BEFORE_SET: SET, AFTER_SET: SET}


@dataclass
class Strike:
    """A kill or ^C in a run.

    Attributes:
        what: engine, provider or ^C.
        at: When it happened, by the clock of the stand-in.
        ended: When the engine ended after ^C. The Automation API takes longer to return.
        outlived: Whether a provider process still existed `OUTLIVES` seconds after its engine was killed.
        over: Set when the strike and its consequences are over.
    """

    what: str
    at: float = 0.0
    ended: float = float("inf")
    outlived: bool = False
    over: threading.Event = field(default_factory=threading.Event)


@dataclass
class Troubles:
    """The trouble of one round.

    Attributes:
        planned: The plan of the round.
        ses: The stand-in.
        prepared: The stacks.
        taken: The identities that somebody else has taken over.
        strike: The kill or ^C, once it has happened.
    """

    planned: Plan
    ses: SesStandIn
    prepared: Prepared
    taken: set[str] = field(default_factory=set)
    strike: Strike | None = None
    _fault: Fault | None = None

    @property
    def hit(self) -> bool:
        """Whether the trouble has occurred."""
        return self._fault is None or self._fault.hits > 0

    @contextlib.contextmanager
    def in_force(self) -> Iterator[None]:
        """Cause the trouble during a run, then wait until everything it affects has ended."""
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
            strike.outlived = not wait_for_end("provider", self.prepared.folder, left)
        kill("provider", self.prepared.folder)
        self.ses.journal.wait_for(lambda journal: all(call.code for call in journal.calls()), 10)

    def take_over(self) -> None:
        """Set another domain for the identity of the plan, as somebody else."""
        plan = self.planned
        identity = identities(plan.taken, 1)[0]
        if plan.taken_by_stack:
            takes = [Declared("taken", identity, programs.theirs(identity), overwrite=True)]
            self.prepared.second(self.ses.url).up(programs.program(takes)).done()
        else:
            self.ses.put(REGION, identity, programs.theirs(identity))
        self.taken.add(identity)

    def _take_over_the_rest(self) -> None:
        """Set another domain for each identity of the plan that has had no Set yet, as the AWS console does."""
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
        hook = self._later if moment == RESPONDED else self._now
        return Effect(hook=hook, after=moment in (WITHIN, RESPONDED), drop=moment == LOST)

    def _later(self) -> None:
        """Strike when the response has been sent."""
        threading.Timer(0.005, self._now).start()

    def _now(self) -> None:
        """Strike, and delay the call until the killed process has ended."""
        planned, folder = self.planned, self.prepared.folder
        strike = self.strike = Strike(planned.trouble, self.ses.now())
        try:
            if planned.trouble == INTERRUPT:
                interrupt(folder)
                threading.Thread(target=self._watch_the_end, args=(strike,), daemon=True).start()
                time.sleep(0.2)  # until the engine has passed it on to the provider
                return
            kill(planned.trouble, folder)
            wait_for_end(planned.trouble, folder, 5)
            if planned.moment == WITHIN:
                # The provider of a killed engine must end although SES does not respond. At the other moments SES
                # responds, and the provider must not start another write.
                wait_for_end("provider", folder, OUTLIVES)
        finally:
            if planned.trouble != INTERRUPT:
                strike.over.set()

    def _watch_the_end(self, strike: Strike) -> None:
        """Record when the engine has ended."""
        if wait_for_end("engine", self.prepared.folder, 60):
            strike.ended = self.ses.now()
        strike.over.set()
