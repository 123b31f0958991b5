"""`python -m support.stand_in`: run the SES stand-in by hand. Prints its URL and serves until interrupted."""

from __future__ import annotations

import argparse
import signal
import threading

from .model import Rules
from .stand_in import SesStandIn


def options_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m support.stand_in", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free port)")
    parser.add_argument(
        "--rate", type=float, default=1.0, help="requests per second and action (default: 1); 0: no limit"
    )
    parser.add_argument(
        "--verify", action="append", default=[], metavar="REGION/IDENTITY", help="add a verified identity; repeatable"
    )
    parser.add_argument(
        "--success-after",
        type=float,
        metavar="SECONDS",
        help="time until a Pending setting becomes Success (default: never)",
    )
    parser.add_argument(
        "--creation-lag",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="time during which Set and Get do not know a new identity (default: 0)",
    )
    return parser


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM."""
    options = options_parser().parse_args(arguments)
    rules = Rules(creation_lag=options.creation_lag, success_after=options.success_after)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    with SesStandIn(options.rate or None, port=options.port, rules=rules) as ses:
        for item in options.verify:
            region, _, identity = item.partition("/")
            ses.verify(region, identity)
        print(ses.url, flush=True)  # noqa: T201 - the output of this command
        stop.wait()


if __name__ == "__main__":
    main()
