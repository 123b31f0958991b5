"""`python -m soak`: faults, kills, ^C and takeovers with the real Pulumi engine against the SES stand-in."""

from __future__ import annotations

import argparse
import os
import time

from .report import Report, summary
from .rounds import Outcome
from .workers import outcomes, quiet


def main(arguments: list[str] | None = None) -> int:
    """Run the soak test.

    Returns:
        The exit status: 1 if any round violated a rule.
    """
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="number of rounds of each seed")
    parser.add_argument("--seed", type=int, nargs="+", default=[1], help="one or several seeds")
    parser.add_argument(
        "--first", type=int, default=0, help="number of the first round; with --rounds 1 it repeats one round"
    )
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 1) + 1, help="number of rounds at a time")
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
    print(f"{summary(played)}\n{seconds:.0f} s, {seconds / (len(played) or 1):.1f} s per round")  # noqa: T201 - the output of this command
    return int(any(outcome.wrong for outcome in played))


if __name__ == "__main__":
    raise SystemExit(main())
