"""`python -m soak`: rounds of faults, kills, ^C and takeovers, with the real engine against the SES stand-in."""

from __future__ import annotations

import argparse
import os
import time

from .report import Report, summary
from .rounds import Outcome
from .workers import outcomes, quiet


def main(arguments: list[str] | None = None) -> int:
    """Play rounds; the exit status is 1 if any setting was lost, taken or reset, or a run did not end as it must."""
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="how many of each seed")
    parser.add_argument("--seed", type=int, nargs="+", default=[1], help="one seed or several")
    parser.add_argument(
        "--first", type=int, default=0, help="the number of the first round: to repeat one, with --rounds 1"
    )
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 1) + 1, help="how many rounds at a time")
    options = parser.parse_args(arguments)
    quiet()
    numbers = range(options.first, options.first + options.rounds)
    rounds = [(seed, number) for seed in options.seed for number in numbers]
    started, played = time.monotonic(), list[Outcome]()
    with Report(len(rounds)) as report, outcomes(rounds, min(options.jobs, len(rounds) or 1)) as ended:
        for seed, number, outcome in ended:
            played.append(outcome)
            report.add(seed, number, outcome)
    seconds = time.monotonic() - started
    print(f"{summary(played)}\n{seconds:.0f} s, {seconds / (len(played) or 1):.1f} s a round")  # noqa: T201 - its use
    return int(any(outcome.wrong for outcome in played))


if __name__ == "__main__":
    raise SystemExit(main())
