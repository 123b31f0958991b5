"""`python -m simulation`: as many lives as asked for, on all cores, and whether an invariant was ever broken."""

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
    """Play lives on all cores; the exit status is 1 if an invariant was broken."""
    parser = argparse.ArgumentParser(prog="python -m simulation", description=__doc__)
    parser.add_argument("--lives", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first chunk of lives")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--defect", choices=[*DEFECTS, "all"], help="put a defect back, and see when it is found")
    options = parser.parse_args(arguments)
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets is part of what repeats
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        return subprocess.run(
            [sys.executable, "-m", "simulation", *sys.argv[1:]], env=environment, check=False
        ).returncode
    if options.defect:
        return _find(list(DEFECTS) if options.defect == "all" else [options.defect], options)
    return _simulate(options)


def _simulate(options: argparse.Namespace) -> int:
    chunks = [min(CHUNK, options.lives - start) for start in range(0, options.lives, CHUNK)]
    started = told = time.monotonic()
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
            if not is_terminal and time.monotonic() - told > 30:
                told = time.monotonic()
                print(f"{done} lives, {rate}", flush=True)  # noqa: T201 - what it is for
            if outcome.failure:
                failures.append(outcome)
                break
    for outcome in failures:
        print(  # noqa: T201 - what it is for
            f"\n{outcome.failure}\n\nTo repeat it: make simulate LIVES={CHUNK} SEED={outcome.seed}"
        )
    seconds = time.monotonic() - started
    print(  # noqa: T201 - what it is for
        f"seeds {options.seed} to {options.seed + len(chunks) - 1}: {done} lives in {seconds:.0f} s"
        f" ({done / seconds:.0f}/s); broken invariants: {len(failures)}"
    )
    return int(bool(failures))


def _find(defects: list[str], options: argparse.Namespace) -> int:
    """Tell after how many lives each defect is found."""
    missed = 0
    # A process for each defect, as it ends with the process.
    with get_context("spawn").Pool(options.jobs, maxtasksperchild=1) as pool:
        tasks = [(one, pool.apply_async(search, (one, options.seed, options.lives))) for one in defects]
        for defect, task in tasks:
            outcome = task.get()
            missed += not outcome.failure
            text = outcome.failure.partition("\n")[0][:200] or "not found"
            print(f"{defect}: after {outcome.lives} lives: {text}", flush=True)  # noqa: T201 - what it is for
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
