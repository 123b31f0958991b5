"""^C and a killed engine: how soon a run ends, and what it still writes."""

from __future__ import annotations

import json
import signal
import sys
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
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
    pytest.mark.filterwarnings("ignore:Error in event stream"),
    pytest.mark.usefixtures("front_end"),
]

GET, SET = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain"
IDENTITIES = [f"customer-{number}.example" for number in range(40)]
PROGRAM = declare_each(IDENTITIES)


@dataclass
class EngineSignal:
    """A signal to the engine, sent when the stand-in receives a certain call.

    Attributes:
        ses: The stand-in.
        send: Sends the signal.
        sent_at: The time at which it was sent; empty until then.

    """

    ses: SesStandIn
    send: Callable[[], Any]
    sent_at: list[float] = field(default_factory=list)

    def arm(self, action: str, skip: int) -> None:
        """Send the signal at a call of `action`, after `skip` calls of it."""
        self.sent_at.clear()
        self.ses.inject(run(self._send), action=action, skip=skip, count=1)

    def _send(self) -> None:
        self.sent_at.append(self.ses.now())
        self.send()

    def writes_after(self) -> int:
        """Return how many writes arrived after the signal. The call that triggered it arrived before."""
        return sum(call.time > self.sent_at[0] for call in self.ses.journal.calls(SET))


@pytest.fixture
def ctrl_c(ses: SesStandIn, stack: Stack, tmp_path: Path) -> EngineSignal:
    """^C in the terminal in which Pulumi runs, with 40 identities in the account."""
    ses.verify(REGION, *IDENTITIES)
    return EngineSignal(ses, lambda: interrupt(tmp_path))


def deploy(stack: Stack, ses: SesStandIn) -> None:
    """Deploy all 40 resources: one with the engine, the others as copies of it in state and in SES."""
    stack.up(declare_each(IDENTITIES[:1])).done()
    deployment = stack.export()
    (resource,) = (one for one in deployment["resources"] if one["urn"].endswith(f"::{IDENTITIES[0]}"))
    for identity in IDENTITIES[1:]:
        deployment["resources"].append(json.loads(json.dumps(resource).replace(IDENTITIES[0], identity)))
        ses.put(REGION, identity, f"bounce.{identity}", status="Pending")
    stack.restore(deployment)
    ses.journal.clear()


def run_and_time(operation: Callable[[], Result], sent: EngineSignal) -> tuple[Result, float]:
    """Return the result of an operation, and the seconds from the signal to its end."""
    result = operation()
    return result, sent.ses.now() - sent.sent_at[0]


def identities_set(ses: SesStandIn) -> set[str]:
    """Return the identities that have a MAIL FROM domain."""
    return {identity for identity in IDENTITIES if ses.mail_from(REGION, identity)}


def test_up(stack: Stack, ses: SesStandIn, ctrl_c: EngineSignal) -> None:
    """After ^C, a throttled up of 40 ends in seconds, what is set is in state, and the next up creates the rest."""
    ses.rate = 1.0
    ctrl_c.arm(SET, 2)
    result, seconds = run_and_time(lambda: stack.up(PROGRAM, parallel=64), ctrl_c)
    assert "stopped on request (^C). Run pulumi up again to continue." in result.failed()
    assert seconds < 5
    assert ctrl_c.writes_after() <= 2
    done = identities_set(ses)
    assert done == set(stack.resources())
    ses.rate = None
    assert {"create": 40 - len(done), "same": 1 + len(done)} == stack.up(PROGRAM, parallel=64).done().changes


def test_destroy(stack: Stack, ses: SesStandIn, ctrl_c: EngineSignal) -> None:
    """After ^C, a throttled destroy of 40 ends in seconds and clears at most two more."""
    deploy(stack, ses)
    ses.rate = 1.0
    ctrl_c.arm(SET, 2)
    result, seconds = run_and_time(lambda: stack.destroy(parallel=64), ctrl_c)
    result.failed()
    assert seconds < 5
    assert ctrl_c.writes_after() <= 2
    assert identities_set(ses) == set(stack.resources())


def test_refresh(stack: Stack, ses: SesStandIn, ctrl_c: EngineSignal) -> None:
    """After ^C, a refresh that waits because it is throttled ends in seconds."""
    deploy(stack, ses)
    ctrl_c.arm(GET, 2)
    ses.inject(THROTTLE, action=GET)
    result, seconds = run_and_time(lambda: stack.refresh(parallel=64), ctrl_c)
    result.failed()
    assert seconds < 5
    assert set(IDENTITIES) == set(stack.resources())


def test_killed(stack: Stack, ses: SesStandIn, tmp_path: Path) -> None:
    """When the engine is killed, its provider process ends within two seconds and starts no new write."""
    ses.verify(REGION, *IDENTITIES)
    ses.rate = 1.0
    killed = EngineSignal(ses, lambda: kill("engine", tmp_path, signal.SIGKILL))
    killed.arm(SET, 2)
    stack.up(PROGRAM, parallel=64).failed()
    assert wait_for_end("provider", tmp_path, killed.sent_at[0] + 2 - ses.now())
    # At one write per second, the next one would arrive within this time.
    assert not ses.journal.wait_for(lambda _: killed.writes_after() > 0, 1.5)
    assert 0 == killed.writes_after()
