"""What the soak prints."""

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
    """Progress as it goes, and the totals."""

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
        """Print a round that went wrong; without a terminal, every round."""
        self._wrong += bool(outcome.wrong)
        self._progress.update(self._task, advance=1, description=f"soak, {self._wrong} wrong")
        if outcome.wrong or not self._console.is_terminal:
            self._console.print(line(seed, number, outcome))
            sys.stdout.flush()


def line(seed: int, number: int, outcome: Outcome) -> str:
    """What a round did and found; of one that went wrong, how to repeat it too."""
    verdict = "WRONG" if outcome.wrong else "ok" if outcome.hit else "ok (not hit)"
    lines = [f"round {number} of seed {seed}: {outcome.plan}: {verdict}", *(f"  {what}" for what in outcome.wrong)]
    return "\n".join([*lines, f"  repeat: make soak SEED={seed} FIRST={number} ROUNDS=1"] if outcome.wrong else lines)


def summary(outcomes: list[Outcome]) -> str:
    """The figure: how much was done, and how much came of it."""
    rounds = Counter(outcome.plan.kind for outcome in outcomes)
    missed = Counter(outcome.plan.kind for outcome in outcomes if not outcome.hit)
    wrong = Counter(outcome.plan.kind for outcome in outcomes if outcome.wrong)
    width = max(map(len, [*rounds, "all"]))
    lines = [f"{'':{width}}  rounds  not hit  wrong"]
    for kind in [*sorted(rounds), "all"]:
        figures = [counted.total() if kind == "all" else counted[kind] for counted in (rounds, missed, wrong)]
        lines.append(f"{kind:{width}}  {figures[0]:6}  {figures[1]:7}  {figures[2]:5}")
    lines.append(
        f"{len(outcomes)} rounds; settings lost, taken or reset, or runs that did not end or converge as they must:"
        f" {wrong.total()}"
    )
    return "\n".join(lines)
