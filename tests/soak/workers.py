"""The worker processes that run rounds in parallel."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .plans import plan
from .prepared import Prepared
from .rounds import Outcome, play

_TIMEOUT = 600.0
"""Seconds without a finished round after which the soak test itself is at fault."""

_prepared: list[Prepared] = []
"""The stacks of this process, made by its first round."""


@contextmanager
def outcomes(rounds: Sequence[tuple[int, int]], jobs: int) -> Iterator[Iterator[tuple[int, int, Outcome]]]:
    """Run rounds in worker processes.

    Args:
        rounds: Seed and number of each round.
        jobs: Number of worker processes.

    Yields:
        Seed, number and outcome of each round, as they end.
    """
    # gRPC does not support fork.
    processes = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, processes.Pool(jobs, _begin, (folder,)) as pool:
        ended = pool.imap_unordered(_play, rounds)
        # Leaving the pool terminates its processes: programs of killed engines still wait for them.
        yield (ended.next(_TIMEOUT) for _ in rounds)


def quiet() -> None:
    """Suppress the warnings that follow from killing engines, and the version check of the CLI."""
    warnings.filterwarnings("ignore", "Error in event stream")
    sys.unraisablehook = lambda _: None  # an inline program is destroyed while it waits for a killed engine
    # The Automation API reads the CLI's version in its own environment rather than in that of the stack.
    os.environ.update(
        PULUMI_SKIP_UPDATE_CHECK="true", PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION="true", GRPC_VERBOSITY="NONE"
    )


def _begin(folder: str) -> None:
    quiet()
    signal.signal(signal.SIGINT, lambda *_: None)  # the main process handles ^C and ends its workers
    home = Path(folder, str(os.getpid()))
    home.mkdir()
    os.environ["PULUMI_HOME"] = f"{home}/home"


def _play(which: tuple[int, int]) -> tuple[int, int, Outcome]:
    if not _prepared:
        _prepared.append(Prepared(Path(os.environ["PULUMI_HOME"]).parent))
    seed, number = which
    return seed, number, play(plan(seed, number), _prepared[0])
