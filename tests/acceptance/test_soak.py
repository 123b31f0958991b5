"""A few rounds of `make soak`, chosen to hit: kills before and after a call took effect, and a fault."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from soak.__main__ import summary
from soak.rounds import GET, SET, Outcome, Plan, plan, play


@pytest.mark.skipif(sys.platform != "linux", reason="it finds the processes to kill in /proc")
@pytest.mark.filterwarnings("ignore:Error in event stream")
@pytest.mark.parametrize(
    "planned",
    [
        Plan("up", "engine", SET, 0, after=True),
        Plan("up", "engine", SET, 1, after=False),
        Plan("up", "provider", SET, 1, after=True),
        Plan("refresh", "engine", GET, 0, after=False),
        Plan("destroy", "engine", SET, 1, after=True),
        Plan("destroy", "dropped after", SET, 0, after=False),
        Plan("up", "silence after", SET, 0, after=False),
    ],
    ids=str,
)
def test_round(planned: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is killed, the next up ends as declared, and no setting is lost, stolen or set again."""
    for name in ("PULUMI_SKIP_UPDATE_CHECK", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    outcome = play(planned, tmp_path)
    assert outcome.hit
    assert not outcome.wrong, "\n".join(outcome.wrong)


def test_plans_repeat() -> None:
    """The same seed gives the same rounds, another seed others."""
    assert [plan(1, number) for number in range(20)] == [plan(1, number) for number in range(20)]
    assert [plan(1, number) for number in range(20)] != [plan(2, number) for number in range(20)]


def test_summary() -> None:
    """The figure counts what was hit and what went wrong."""
    killed = Outcome(Plan("up", "engine", SET, 0, after=True), hit=True)
    faulty = Outcome(Plan("up", "500", SET, 0, after=True), hit=True, wrong=["lost"])
    missed = Outcome(Plan("up", "500", SET, 9, after=True))
    assert summary(7, [killed, faulty, missed]) == (
        "seed 7: 3 rounds, 1 with faults, 1 with kills, 1 not hit; lost, stolen or reset settings, or runs that did"
        " not converge: 1"
    )
