"""`python -m support.stand_in`: the stand-in for trials by hand; prints its URL and serves until it is interrupted."""

from __future__ import annotations

import argparse
import signal
import threading

from .model import Rules
from .stand_in import SesStandIn


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m support.stand_in", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="default: any free one")
    parser.add_argument("--rate", type=float, default=1.0, help="requests a second and action; 0: no limit")
    parser.add_argument("--verify", action="append", default=[], metavar="REGION/IDENTITY")
    parser.add_argument("--success-after", type=float, metavar="SECONDS", help="default: Pending for ever")
    parser.add_argument("--creation-lag", type=float, default=0.0, metavar="SECONDS")
    options = parser.parse_args(arguments)
    rules = Rules(creation_lag=options.creation_lag, success_after=options.success_after)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    with SesStandIn(options.rate or None, port=options.port, rules=rules) as ses:
        for item in options.verify:
            region, _, identity = item.partition("/")
            ses.verify(region, identity)
        print(ses.url, flush=True)  # noqa: T201 - what it is for
        stop.wait()


if __name__ == "__main__":
    main()
