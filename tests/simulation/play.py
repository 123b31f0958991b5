"""Plays lives, in a process of its own."""

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
"""Lives of one seed: what one worker plays at a time, and what is played again to repeat a failure."""


@dataclass(frozen=True)
class Outcome:
    """What became of a chunk of lives."""

    seed: int
    lives: int
    failure: str = ""


def play(number: int, lives: int, defect: str = "") -> Outcome:
    """Play lives. The same seed gives the same lives."""
    if defect:
        DEFECTS[defect]()
    before = _Counted.lives
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
    except Exception as broken:  # noqa: BLE001 - whatever it is, it is reported with the life
        life = "\n".join(getattr(broken, "__notes__", [])) or shown.getvalue()
        return Outcome(number, _Counted.lives - before, f"{type(broken).__name__}: {broken}\n\n{life}")
    return Outcome(number, _Counted.lives - before)


class _Counted(Threads):
    """Counts the lives of this process."""

    lives = 0

    def __init__(self, seed: int) -> None:
        _Counted.lives += 1
        super().__init__(seed)


lives_module.Threads = _Counted  # type: ignore[attr-defined]


def play_chunk(chunk: tuple[int, int]) -> Outcome:
    """Play a chunk: its seed, and the number of its lives."""
    return play(*chunk)


def search(defect: str, first: int, lives: int) -> Outcome:
    """Play until the defect is found, at most so many lives."""
    played = 0
    for number in range(first, first + max(1, lives // CHUNK)):
        outcome = play(number, CHUNK, defect if number == first else "")
        played += outcome.lives
        if outcome.failure:
            return Outcome(number, played, outcome.failure)
    return Outcome(first, played)
