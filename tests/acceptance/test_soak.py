"""A few rounds of `make soak` that cover kills, ^C, faults, takeovers and renames."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from soak.plans import (
    BEFORE,
    BEFORE_GET,
    BEFORE_THE_RUN,
    BETWEEN,
    GET,
    INTERRUPT,
    LOST,
    RESPONDED,
    SET,
    TAKEOVER,
    WITHIN,
    Plan,
    plan,
)
from soak.prepared import Prepared
from soak.programs import IN_STATE
from soak.report import line, summary
from soak.rounds import Outcome, play
from support.engine import Stack

pytestmark = pytest.mark.filterwarnings("ignore:Error in event stream")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    """A deployed stack, to whose state each round returns first."""
    folder = tmp_path_factory.mktemp("soak")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("PULUMI_SKIP_UPDATE_CHECK", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"):
            patch.setenv(name, "true")
        patch.setenv("PULUMI_HOME", str(folder / "home"))
        yield Prepared(folder)
    gc.collect()  # collect what inline programs leave, so that its warnings belong to these tests


@pytest.mark.skipif(sys.platform != "linux", reason="finds the processes to kill in /proc")
@pytest.mark.parametrize(
    "planned",
    [
        Plan("up", "engine", SET, 0, WITHIN),
        Plan("up --refresh", "engine", SET, 1, RESPONDED, parallel=64, each=2, rate=20.0),
        Plan("up", "engine", SET, 0, LOST, then="destroy"),
        Plan("up", "provider", SET, 1, WITHIN, continue_on_error=True),
        Plan("refresh", "engine", GET, 0, BEFORE, taken="changed", taken_when=BETWEEN),
        Plan("destroy --refresh", "engine", SET, 1, BEFORE),
        Plan("up", INTERRUPT, SET, 1, WITHIN, each=6, rate=5.0),
        Plan("destroy", INTERRUPT, SET, 1, BEFORE, each=6, rate=5.0, parallel=64),
        Plan("up", TAKEOVER, taken="changed", taken_when=BEFORE_THE_RUN, taken_by_stack=True, continue_on_error=True),
        Plan("up --refresh", TAKEOVER, taken="removed", taken_when=BEFORE_GET, yields=True),
        Plan("up", "503", SET, fates=("kept", "behaved", "adopted", "moved"), continue_on_error=True, verified=False),
        Plan("destroy", "dropped after", SET),
    ],
    ids=str,
)
def test_round(planned: Plan, prepared: Prepared) -> None:
    """After any disruption, the next runs converge, and no MAIL FROM domain is lost, taken over or set again."""
    Stack.made.append(prepared.primary)  # so that its files and output are searched for credentials
    outcome = play(planned, prepared)
    assert outcome.hit
    assert not outcome.wrong, "\n".join(outcome.wrong)


def test_plans_repeat() -> None:
    """The same seed gives the same rounds, and another seed gives others."""
    assert [plan(1, number) for number in range(20)] == [plan(1, number) for number in range(20)]
    assert [plan(1, number) for number in range(20)] != [plan(2, number) for number in range(20)]


def test_plans_are_of_every_kind() -> None:
    """All kinds of disruption, operation and option are drawn, and only resources of the round are taken over."""
    plans = [plan(3, number) for number in range(500)]
    kinds = Counter(planned.kind for planned in plans)
    assert {"faults", "engine killed", "provider killed", "^C", "taken over"} == set(kinds)
    assert min(kinds.values()) > 30
    assert {"up", "up --refresh", "refresh", "destroy", "destroy --refresh"} == {one.operation for one in plans}
    assert {4, 64} == {one.parallel for one in plans}
    assert {True, False} == {one.continue_on_error for one in plans}
    for one in plans:
        assert not one.taken or one.taken in one.fates
        assert one.trouble == TAKEOVER or set(one.fates) & IN_STATE


def test_summary() -> None:
    """The table counts all rounds, rounds without a disruption and failed rounds, by kind of disruption."""
    killed = Outcome(Plan("up", "engine"), hit=True)
    faulty = Outcome(Plan("up", "500"), hit=True, wrong=["lost"])
    missed = Outcome(Plan("up", "500", skip=9))
    assert (
        "               rounds  no trouble  failed\n"
        "engine killed       1           0       0\n"
        "faults              2           1       1\n"
        "all                 3           1       1\n"
        "3 rounds, of which 1 failed: settings lost, taken or reset, or runs that did not end or converge"
    ) == summary([killed, faulty, missed])


def test_a_failed_round_can_be_repeated() -> None:
    """The report of a failed round shows the plan, the violations, and the command that repeats it."""
    planned = replace(plan(7, 3), trouble="500", then="up", taken="")
    shown = line(7, 3, Outcome(planned, hit=True, wrong=["lost: example.com"]))
    assert f"round 3 of seed 7: {planned}: FAILED\n  lost: example.com\n" in shown
    assert shown.endswith("repeat: make soak SEED=7 FIRST=3 ROUNDS=1")
