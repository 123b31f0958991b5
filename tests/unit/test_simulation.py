"""A few hundred lives of the simulation. `make simulate` plays any number."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from simulation.play import play
from simulation.threads import Condition, Threads

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("seed", [1, 2])
def test_lives(seed: int) -> None:
    """No life breaks an invariant."""
    outcome = play(seed, 150)
    assert "" == outcome.failure
    assert outcome.lives >= 150


def test_a_defect_is_found() -> None:
    """A reintroduced defect is found and reported with the broken invariant."""
    command = [sys.executable, "-m", "simulation", "--lives", "1000", "--defect", "set-again"]
    found = subprocess.run(  # noqa: S603 - a fixed command
        command, cwd=TESTS, capture_output=True, text=True, check=True, timeout=120
    )
    assert "set-again: after" in found.stdout
    assert "reset: " in found.stdout


def test_threads_switch_when_they_wait() -> None:
    """Threads run one at a time on virtual time, and a condition wakes the threads that wait for it."""
    threads, seen = Threads(1), list[str]()
    condition = Condition(threads)

    def waiting() -> None:
        seen.append("waits")
        condition.waiting.append(threads.current)
        threads.park(None)
        seen.append(f"woken at {threads.now:g}")

    def waking() -> None:
        threads.sleep(5)
        condition.notify_all()

    tasks = [threads.spawn(waiting), threads.spawn(waking)]
    while not all(task.done for task in tasks):
        threads.wait([task for task in tasks if not task.done])
    assert ["waits", "woken at 1005"] == seen


def test_an_error_of_a_thread_is_raised() -> None:
    """The wait of the main thread raises what another thread raises."""
    threads = Threads(1)

    def failing() -> None:
        raise KeyError("of the thread")

    with pytest.raises(KeyError, match="of the thread"):
        threads.wait([threads.spawn(failing)])
