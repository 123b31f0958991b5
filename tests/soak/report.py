"""The output of the soak test."""

from __future__ import annotations

import sys
from collections import Counter
from types import TracebackType
from typing import final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from .rounds import Outcome


@final
class Report:
    """Prints progress and rounds."""

    def __init__(self, rounds: int) -> None:
        self._console = Console(soft_wrap=True, highlight=False, markup=False)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._progress.add_task("soak", total=rounds)
        self._wrong = 0

    def __enter__(self) -> Report:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def add(self, seed: int, number: int, outcome: Outcome) -> None:
        """Print a round that failed; without a terminal, every round."""
        self._wrong += bool(outcome.wrong)
        self._progress.update(self._task, advance=1, description=f"soak, {self._wrong} failed")
        if outcome.wrong or not self._console.is_terminal:
            self._console.print(line(seed, number, outcome))
            sys.stdout.flush()


def line(seed: int, number: int, outcome: Outcome) -> str:
    """Describe a round and its outcome; for a failed one, also how to repeat it."""
    verdict = "FAILED" if outcome.wrong else "ok" if outcome.hit else "ok (trouble did not occur)"
    lines = [f"round {number} of seed {seed}: {outcome.plan}: {verdict}", *(f"  {what}" for what in outcome.wrong)]
    return "\n".join([*lines, f"  repeat: make soak SEED={seed} FIRST={number} ROUNDS=1"] if outcome.wrong else lines)


def summary(outcomes: list[Outcome]) -> str:
    """Return a table of rounds by kind of trouble."""
    rounds = Counter(outcome.plan.kind for outcome in outcomes)
    missed = Counter(outcome.plan.kind for outcome in outcomes if not outcome.hit)
    wrong = Counter(outcome.plan.kind for outcome in outcomes if outcome.wrong)
    width = max(map(len, [*rounds, "all"]))
    lines = [f"{'':{width}}  rounds  no trouble  failed"]
    for kind in [*sorted(rounds), "all"]:
        figures = [counted.total() if kind == "all" else counted[kind] for counted in (rounds, missed, wrong)]
        lines.append(f"{kind:{width}}  {figures[0]:6}  {figures[1]:10}  {figures[2]:6}")
    lines.append(
        f"{len(outcomes)} rounds, of which {wrong.total()} failed: settings lost, taken or reset, or runs that did not"
        " end or converge"
    )
    return "\n".join(lines)
