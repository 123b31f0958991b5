"""Plays lives. Each worker process calls this module."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from . import lives as lives_module
from .defects import DEFECTS
from .lives import Lives
from .threads import Threads

CHUNK = 250
"""The number of lives per seed. A worker plays one seed at a time, and repeating a failure replays its seed."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of a chunk of lives.

    Attributes:
        seed: Its seed.
        lives: How many were played, including those that shrank a failure.
        failure: The broken invariant and the life that broke it; empty if there is none.

    """

    seed: int
    lives: int
    failure: str = ""


def play(number: int, lives: int, defect: str = "") -> Outcome:
    """Play lives.

    Args:
        number: The seed. The same seed gives the same lives.
        lives: How many to play.
        defect: A defect to reintroduce, by its name in `DEFECTS`.

    """
    if defect:
        DEFECTS[defect]()
    before = _CountingThreads.lives
    seed(number)(Lives)
    shown = io.StringIO()
    phases = [Phase.generate] if defect else [Phase.generate, Phase.shrink]
    options = settings(
        max_examples=lives,
        stateful_step_count=6,
        deadline=None,
        database=None,
        phases=phases,
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    try:
        with contextlib.redirect_stdout(shown):
            run_state_machine_as_test(Lives, settings=options)
    except Exception as broken:  # noqa: BLE001 - any failure is reported with its life
        life = "\n".join(getattr(broken, "__notes__", [])) or shown.getvalue()
        return Outcome(number, _CountingThreads.lives - before, f"{type(broken).__name__}: {broken}\n\n{life}")
    return Outcome(number, _CountingThreads.lives - before)


class _CountingThreads(Threads):
    """Counts the lives of this process."""

    lives = 0

    def __init__(self, seed: int) -> None:
        _CountingThreads.lives += 1
        super().__init__(seed)


lives_module.Threads = _CountingThreads  # type: ignore[attr-defined]


def play_chunk(chunk: tuple[int, int]) -> Outcome:
    """Play a chunk, given as its seed and its number of lives."""
    return play(*chunk)


def search(defect: str, first: int, lives: int) -> Outcome:
    """Play until a defect is found.

    Args:
        defect: The defect to reintroduce, by its name in `DEFECTS`.
        first: The first seed.
        lives: The greatest number of lives to play.

    """
    played = 0
    for number in range(first, first + max(1, lives // CHUNK)):
        outcome = play(number, CHUNK, defect if number == first else "")
        played += outcome.lives
        if outcome.failure:
            return Outcome(number, played, outcome.failure)
    return Outcome(first, played)
