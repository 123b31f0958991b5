"""Play random lives of two stacks on all cores, and report the first one that breaks an invariant."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from multiprocessing import get_context

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .defects import DEFECTS
from .play import CHUNK, Outcome, play_chunk, search


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: The arguments; those of the process if None.

    Returns:
        The exit status: 1 if an invariant was broken, or if a defect was not found.

    """
    parser = argparse.ArgumentParser(prog="python -m simulation", description=__doc__)
    parser.add_argument("--lives", type=int, default=10_000, help="number of lives (default: %(default)s)")
    parser.add_argument(
        "--seed", type=int, default=1, help=f"seed of the first {CHUNK} lives (default: %(default)s); the next adds 1"
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="number of processes (default: all cores)"
    )
    parser.add_argument(
        "--defect",
        choices=[*DEFECTS, "all"],
        help="reintroduce a known defect and report after how many lives it is found",
    )
    options = parser.parse_args(arguments)
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets must be reproducible
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        return subprocess.run(
            [sys.executable, "-m", "simulation", *sys.argv[1:]], env=environment, check=False
        ).returncode
    if options.defect:
        return _find(list(DEFECTS) if options.defect == "all" else [options.defect], options)
    return _simulate(options)


def _simulate(options: argparse.Namespace) -> int:
    chunks = [min(CHUNK, options.lives - start) for start in range(0, options.lives, CHUNK)]
    started = reported = time.monotonic()
    done, failures = 0, list[Outcome]()
    columns = (
        TextColumn("lives"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    is_terminal = sys.stdout.isatty()
    with Progress(*columns, disable=not is_terminal) as progress, get_context("spawn").Pool(options.jobs) as pool:
        bar = progress.add_task("lives", total=options.lives, rate="")
        for outcome in pool.imap_unordered(play_chunk, enumerate(chunks, options.seed)):
            done += outcome.lives
            rate = f"{done / (time.monotonic() - started):.0f}/s"
            progress.update(bar, completed=min(done, options.lives), rate=rate)
            if not is_terminal and time.monotonic() - reported > 30:
                reported = time.monotonic()
                print(f"{done} lives, {rate}", flush=True)  # noqa: T201 - the output of this command
            if outcome.failure:
                failures.append(outcome)
                break
    for outcome in failures:
        print(  # noqa: T201 - the output of this command
            f"\n{outcome.failure}\n\nTo repeat this failure: make simulate LIVES={CHUNK} SEED={outcome.seed}"
        )
    seconds = time.monotonic() - started
    print(  # noqa: T201 - the output of this command
        f"seeds {options.seed} to {options.seed + len(chunks) - 1}: {done} lives in {seconds:.0f} s"
        f" ({done / seconds:.0f}/s); broken invariants: {len(failures)}"
    )
    return int(bool(failures))


def _find(defects: list[str], options: argparse.Namespace) -> int:
    """Print after how many lives each defect is found."""
    missed = 0
    # A defect patches the provider for the rest of the process, so each one runs in its own.
    with get_context("spawn").Pool(options.jobs, maxtasksperchild=1) as pool:
        tasks = [(one, pool.apply_async(search, (one, options.seed, options.lives))) for one in defects]
        for defect, task in tasks:
            outcome = task.get()
            missed += not outcome.failure
            text = outcome.failure.partition("\n")[0][:200] or "not found"
            print(f"{defect}: after {outcome.lives} lives: {text}", flush=True)  # noqa: T201 - the output of this command
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
