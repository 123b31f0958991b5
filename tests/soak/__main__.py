"""`python -m soak`: rounds of faults and kills, with the real engine against the SES stand-in."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from pathlib import Path

from .rounds import Outcome, plan, play


def main(arguments: list[str] | None = None) -> int:
    """Play rounds; the exit status is 1 if any setting was lost, stolen or reset, or a run did not converge."""
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--first", type=int, default=0, help="the number of the first round: to repeat one, with --rounds 1"
    )
    options = parser.parse_args(arguments)
    warnings.filterwarnings("ignore", "Error in event stream")  # of an engine that was killed
    # The Automation API asks for the CLI's version in its own environment, not in that of the stack.
    os.environ.update(PULUMI_SKIP_UPDATE_CHECK="true", PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION="true")
    outcomes: list[Outcome] = []
    for number in range(options.first, options.first + options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["PULUMI_HOME"] = f"{folder}/home"
            outcome = play(plan(options.seed, number), Path(folder))
        outcomes.append(outcome)
        verdict = "; ".join(outcome.wrong) or ("ok" if outcome.hit else "ok (not hit)")
        print(f"round {number}: {outcome.plan}: {verdict}", flush=True)  # noqa: T201 - what it is for
    print(summary(options.seed, outcomes))  # noqa: T201 - what it is for
    return int(any(outcome.wrong for outcome in outcomes))


def summary(seed: int, outcomes: list[Outcome]) -> str:
    """The figure: how much was done, and how much came of it."""
    hits = [outcome.plan.kills for outcome in outcomes if outcome.hit]
    wrong = sum(bool(outcome.wrong) for outcome in outcomes)
    return (
        f"seed {seed}: {len(outcomes)} rounds, {hits.count(False)} with faults, {hits.count(True)} with kills,"
        f" {len(outcomes) - len(hits)} not hit; lost, stolen or reset settings, or runs that did not converge: {wrong}"
    )


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # programs whose engine was killed wait for it still, and Python would complain of each
