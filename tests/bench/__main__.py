"""`python -m bench`: time and calls of up, refresh and destroy, for this package and a plain provider."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from bench import report, targets
from bench.measure import Bench, Measured, bench
from bench.targets import Target

OPERATIONS = ("create", "no-change up", "refresh", "destroy")
RATES = {10: 1.0, 100: 5.0, 1000: 5.0}
"""Requests per second that the stand-in allows, by number of resources. At one per second, 1,000 resources would take
half an hour per operation. A much higher rate would mostly measure the engine's own time per resource."""


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark and write its results.

    Returns:
        The exit status: 1 if a target is missed.
    """
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("docs/bench"), help="folder for bench.json and seconds.svg")
    parser.add_argument(
        "--page", type=Path, default=Path("docs/many-identities.md"), help="page with the table of figures"
    )
    parser.add_argument("--only", choices=["table", "targets"], help="run only this part")
    options = parser.parse_args(arguments)
    # The Automation API reads the CLI's version in its own environment rather than in that of the stack.
    os.environ.update(PULUMI_SKIP_UPDATE_CHECK="true", PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION="true")
    with tempfile.TemporaryDirectory() as home:
        os.environ["PULUMI_HOME"] = home
        measured = [] if options.only == "targets" else beside_plain()
        reached = [] if options.only == "table" else promises()
    for one in measured:
        if one.provider == "ours" and one.number == max(RATES) and one.operation == "create":
            reached += targets.of_size(one)
    print(f"{report.table(measured)}\n\n{report.target_table(reached)}")  # noqa: T201 - the output of this command
    if not options.only:
        options.output.mkdir(parents=True, exist_ok=True)
        (options.output / "bench.json").write_text(report.as_json(measured, reached))
        report.plot(measured, options.output / "seconds.svg")
        options.page.write_text(report.in_page(options.page.read_text(), report.page_table(measured)))
    return int(not all(target.reached for target in reached))


def beside_plain() -> list[Measured]:
    """Measure all operations for this package and the plain provider."""
    measured = []
    for number, rate in RATES.items():
        for provider in ("ours", "plain"):
            with bench(provider, number) as run:
                for operation in OPERATIONS:
                    one = _announced(run, operation, rate)
                    measured.append(one)
                    if one.done < number and operation == "create":
                        # The following operations need all resources to be comparable.
                        run.run("create", None)
                    if one.done < number and operation == "destroy":
                        run.run("destroy", None)
    return sorted(measured, key=lambda one: (one.number, OPERATIONS.index(one.operation), one.provider))


def promises() -> list[Target]:
    """Measure the targets."""
    found: list[Target] = []
    with bench("ours", 40) as run:
        for operation in ("create", "destroy"):
            found += targets.of_writes(_announced(run, operation, 1.0), 1.1, 14)
    for number, account, parallel, seconds, calls in (
        (300, 300, None, 15, 8),
        (1000, 1000, None, 40, 15),
        (5, 5000, None, 15, 8),
        (300, 5000, 64, 12, 12),
    ):
        with bench("ours", number, account) as run:
            run.run("create", None)
            one = _announced(run, "refresh", 1.0, parallel)
            found += targets.of_refresh(one, account, seconds, calls)
    with bench("ours", 300) as ours, bench("plain", 300) as plain:
        for operation, limit in (("create", 1.1), ("no-change up", 1.15)):
            pair = [_announced(run, operation, None) for run in (ours, plain)]
            found.append(targets.against_plain(pair[0], pair[1], limit))
    return found


def _announced(run: Bench, operation: str, rate: float | None, parallel: int | None = None) -> Measured:
    one = run.run(operation, rate, parallel)
    line = f"{one.provider}: {one.operation} of {one.number}: {one.seconds:.1f} s, {one.total} calls"
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - progress
    return one


if __name__ == "__main__":
    sys.exit(main())
