"""^C, and an engine that is killed: how soon a run ends, and what it still writes."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support.engine import REGION, Result, Stack
from support.processes import interrupt, kill, wait_for_end
from support.stand_in import THROTTLE, SesStandIn, run

from .programs import declare_each

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="it finds the processes in /proc"),
    pytest.mark.filterwarnings("ignore:Error in event stream"),
]

GET, SET = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain"
IDENTITIES = [f"customer-{number}.example" for number in range(40)]
PROGRAM = declare_each(IDENTITIES)


@dataclass
class Strike:
    """A signal to the engine, when the server gets a call."""

    ses: SesStandIn
    send: Callable[[], Any]
    at: list[float] = field(default_factory=list)

    def arm(self, action: str, skip: int) -> None:
        """Send it at the call after so many of this action."""
        self.at.clear()
        self.ses.inject(run(self._strike), action=action, skip=skip, count=1)

    def _strike(self) -> None:
        self.at.append(self.ses.now())
        self.send()

    def writes_after(self, seconds: float = 0.0) -> int:
        """How many writes came so long after it; the call that it hit arrived before it."""
        return sum(call.time > self.at[0] + seconds for call in self.ses.journal.calls(SET))


@pytest.fixture
def ctrl_c(ses: SesStandIn, stack: Stack, tmp_path: Path) -> Strike:
    """^C, in a terminal where the stack's command runs, in an account with 40 identities."""
    ses.verify(REGION, *IDENTITIES)
    return Strike(ses, lambda: interrupt(tmp_path))


def deploy(stack: Stack, ses: SesStandIn) -> None:
    """Have all 40 deployed: one by the engine, the others like it."""
    stack.up(declare_each(IDENTITIES[:1])).done()
    deployment = stack.export()
    (resource,) = (one for one in deployment["resources"] if one["urn"].endswith(f"::{IDENTITIES[0]}"))
    for identity in IDENTITIES[1:]:
        deployment["resources"].append(json.loads(json.dumps(resource).replace(IDENTITIES[0], identity)))
        ses.put(REGION, identity, f"bounce.{identity}", status="Pending")
    stack.restore(deployment)
    ses.journal.clear()


def ends(operation: Callable[[], Result], strike: Strike) -> tuple[Result, float]:
    """What came of an operation, and how many seconds after the strike."""
    result = operation()
    return result, strike.ses.now() - strike.at[0]


def set_now(ses: SesStandIn) -> set[str]:
    """The identities that have a MAIL FROM domain."""
    return {identity for identity in IDENTITIES if ses.mail_from(REGION, identity)}


def test_up(stack: Stack, ses: SesStandIn, ctrl_c: Strike) -> None:
    """After ^C an up of 40 at one a second ends in seconds, what is set is in state, and the next up goes on."""
    ses.rate = 1.0
    ctrl_c.arm(SET, 2)
    result, seconds = ends(lambda: stack.up(PROGRAM, parallel=64), ctrl_c)
    assert "stopped, as the engine was asked to (^C): run pulumi up again to go on" in result.failed()
    assert seconds < 5
    assert ctrl_c.writes_after() <= 2
    done = set_now(ses)
    assert done == set(stack.resources())
    ses.rate = None
    assert {"create": 40 - len(done), "same": 1 + len(done)} == stack.up(PROGRAM, parallel=64).done().changes


def test_destroy(stack: Stack, ses: SesStandIn, ctrl_c: Strike) -> None:
    """After ^C a destroy of 40 at one a second ends in seconds, with two more cleared at most."""
    deploy(stack, ses)
    ses.rate = 1.0
    ctrl_c.arm(SET, 2)
    result, seconds = ends(lambda: stack.destroy(parallel=64), ctrl_c)
    result.failed()
    assert seconds < 5
    assert ctrl_c.writes_after() <= 2
    assert set_now(ses) == set(stack.resources())


def test_refresh(stack: Stack, ses: SesStandIn, ctrl_c: Strike) -> None:
    """After ^C a refresh that waits for its turn ends in seconds."""
    deploy(stack, ses)
    ctrl_c.arm(GET, 2)
    ses.inject(THROTTLE, action=GET)
    result, seconds = ends(lambda: stack.refresh(parallel=64), ctrl_c)
    result.failed()
    assert seconds < 5
    assert set(IDENTITIES) == set(stack.resources())


def test_killed(stack: Stack, ses: SesStandIn, tmp_path: Path) -> None:
    """When the engine is killed, its provider process ends within two seconds, and starts no new write."""
    ses.verify(REGION, *IDENTITIES)
    ses.rate = 1.0
    strike = Strike(ses, lambda: kill("engine", tmp_path, signal.SIGKILL))
    strike.arm(SET, 2)
    stack.up(PROGRAM, parallel=64).failed()
    assert wait_for_end("provider", tmp_path, strike.at[0] + 2 - ses.now())
    time.sleep(1.5)  # in which the next one would be due
    assert 0 == strike.writes_after()
