"""`python -m bench`: time and calls of up, refresh and destroy, for this package and a plain provider."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import report, targets
from bench.measure import SES_RATE, Bench, Measured, bench
from bench.plot import plot
from bench.report import OPERATIONS
from bench.targets import Target

ROOT = Path(__file__).parents[2]
OURS_TO_PLAIN = {"create": 1.1, "no-change up": 1.15}
NATIVE_TO_PLAIN = {"no-change up": 1.3}
"""How much longer an operation on 300 resources may take than with a plain provider, without throttling."""
PROVIDERS = ("ours", "native", "plain")


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark and write its results.

    Returns:
        The exit status: 1 if a target is missed.
    """
    options = _options(arguments)
    file = options.output / "bench.json"
    measured, reached = report.from_json(file.read_text()) if file.exists() else ([], [])
    if not options.draw:
        # The Automation API reads the CLI's version in its own environment rather than in that of the stack.
        os.environ.update(PULUMI_SKIP_UPDATE_CHECK="true", PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION="true")
        with tempfile.TemporaryDirectory() as home:
            os.environ["PULUMI_HOME"] = home
            for number in options.numbers:
                # Stored one by one, because the last one takes most of the time.
                measured = report.merged(measured, side_by_side(number))
                file.write_text(report.as_json(measured, reached))
            if options.targets:
                reached = promises()
                reached += targets.of_size(max(_creates(measured), key=lambda one: one.number))
                file.write_text(report.as_json(measured, reached))
    print(f"{report.table(measured)}\n\n{report.target_table(reached)}")  # noqa: T201 - the output of this command
    plot(measured, options.output / "seconds.svg")
    page = options.page or report.page_with_table(ROOT)
    page.write_text(report.in_page(page.read_text(), report.markdown_table(measured)))
    return int(not all(target.reached for target in reached))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--output", type=Path, default=ROOT / "docs/bench", help="folder for bench.json and seconds.svg"
    )
    parser.add_argument("--page", type=Path, help="page with the table; default: the one that has its marks")
    parser.add_argument(
        "--numbers",
        type=int,
        nargs="*",
        default=[10, 100],
        help="numbers of resources to measure (default: 10 100); the stored figures of other numbers are kept",
    )
    parser.add_argument("--no-targets", dest="targets", action="store_false", help="do not measure the targets")
    parser.add_argument("--draw", action="store_true", help="measure nothing: draw plot and table from bench.json")
    return parser.parse_args(arguments)


def _creates(measured: list[Measured]) -> Iterator[Measured]:
    return (one for one in measured if (one.provider, one.operation) == ("ours", "create"))


def side_by_side(number: int) -> list[Measured]:
    """Measure all operations of a number of resources at SES's own rate, for each provider."""
    measured = []
    for provider in PROVIDERS:
        with bench(provider, number) as run:
            for operation in OPERATIONS:
                one = _announced(run, operation, SES_RATE)
                measured.append(one)
                if operation == "create" and not one.succeeded:
                    # The following operations need all resources to be comparable.
                    run.run("create", None)
    return measured


def promises() -> list[Target]:
    """Measure the targets."""
    found: list[Target] = []
    for provider in ("ours", "native"):
        with bench(provider, 40) as run:
            for operation in ("create", "destroy"):
                found += targets.of_writes(_announced(run, operation, SES_RATE), 1.1, 14)
    for number, account, parallel, seconds, calls in (
        (300, 300, None, 15, 8),
        (1000, 1000, None, 40, 15),
        (5, 5000, None, 15, 8),
        (300, 5000, 64, 12, 12),
    ):
        with bench("ours", number, account) as run:
            run.run("create", None)
            one = _announced(run, "refresh", SES_RATE, parallel)
            found += targets.of_refresh(one, account, seconds, calls)
    with bench("ours", 300) as ours, bench("native", 300) as native, bench("plain", 300) as plain:
        for operation in OPERATIONS:
            base = _announced(plain, operation, None)
            for run, limits in ((ours, OURS_TO_PLAIN), (native, NATIVE_TO_PLAIN)):
                one = _announced(run, operation, None)
                if operation in limits:
                    found.append(targets.against_plain(one, base, limits[operation]))
    return found


def _announced(run: Bench, operation: str, rate: float | None, parallel: int | None = None) -> Measured:
    one = run.run(operation, rate, parallel)
    line = f"{report.NAMES[one.provider]}: {one.operation} of {one.number}: {report.outcome(one)}, {one.total} calls"
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - progress
    return one


if __name__ == "__main__":
    sys.exit(main())
