"""The processes that play rounds side by side."""

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

_PATIENCE = 600.0
"""Seconds without the end of any round after which something is wrong with the soak itself."""

_prepared: list[Prepared] = []
"""One for a process, made by its first round."""


@contextmanager
def outcomes(rounds: Sequence[tuple[int, int]], jobs: int) -> Iterator[Iterator[tuple[int, int, Outcome]]]:
    """Play the rounds of these seeds and numbers; gives them as they end."""
    # Not by fork, which gRPC does not survive.
    processes = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, processes.Pool(jobs, _begin, (folder,)) as pool:
        ended = pool.imap_unordered(_play, rounds)
        # Leaving the pool ends its processes at once: programs whose engine was killed wait for it still.
        yield (ended.next(_PATIENCE) for _ in rounds)


def quiet() -> None:
    """Keep what follows from killing engines out of sight, and the CLI from asking for its newest version."""
    warnings.filterwarnings("ignore", "Error in event stream")
    sys.unraisablehook = lambda _: None  # an inline program whose engine was killed is destroyed as it waits
    # The Automation API asks for the CLI's version in its own environment, not in that of the stack.
    os.environ.update(
        PULUMI_SKIP_UPDATE_CHECK="true", PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION="true", GRPC_VERBOSITY="NONE"
    )


def _begin(folder: str) -> None:
    quiet()
    signal.signal(signal.SIGINT, lambda *_: None)  # ^C ends the soak, which then ends its workers
    home = Path(folder, str(os.getpid()))
    home.mkdir()
    os.environ["PULUMI_HOME"] = f"{home}/home"


def _play(which: tuple[int, int]) -> tuple[int, int, Outcome]:
    if not _prepared:
        _prepared.append(Prepared(Path(os.environ["PULUMI_HOME"]).parent))
    seed, number = which
    return seed, number, play(plan(seed, number), _prepared[0])
