"""The figures as JSON, and their tables. A stored figure is kept until its operation is measured again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from bench.measure import GET, LIST, SES_RATE, SET, Measured
from bench.targets import Target

NAMES: Final = {"ours": "this package", "native": "native", "plain": "plain"}
"""What tables and plot call the providers, in their order."""

OPERATIONS: Final = {
    "create": "pulumi up",
    "no-change up": "pulumi up, no changes",
    "refresh": "pulumi refresh",
    "destroy": "pulumi destroy",
}
"""What tables and plot call the operations, in their order."""

MARKS: Final = ("<!-- make bench writes what follows -->", "<!-- make bench has written it -->")
_HEAD: Final = (
    *("N", "operation", "provider", "rate/s", "seconds", "floor", "ratio"),
    *("Get", "Set", "List", "throttled", "done", "measured"),
)
_TARGET_HEAD: Final = ("target", "measured", "at most", "")


def as_json(measured: Sequence[Measured], targets: Sequence[Target]) -> str:
    """Return measurements and targets as JSON."""
    figures = {
        "operations": [{**asdict(one), "ratio": one.ratio} for one in measured],
        "targets": [{**asdict(target), "reached": target.reached} for target in targets],
    }
    return json.dumps(figures, indent=1) + "\n"


def from_json(text: str) -> tuple[list[Measured], list[Target]]:
    """Return the measurements and targets in the output of `as_json`."""

    def without(values: dict[str, Any], *derived: str) -> dict[str, Any]:
        return {name: value for name, value in values.items() if name not in derived}

    figures = json.loads(text)
    measured = [Measured(**without(one, "floor", "ratio")) for one in figures["operations"]]
    return measured, [Target(**without(target, "reached")) for target in figures["targets"]]


def merged(stored: Iterable[Measured], measured: Iterable[Measured]) -> list[Measured]:
    """Return the stored measurements, with the new ones in place of those of the same operation."""
    latest = {(one.number, one.operation, one.provider): one for one in (*stored, *measured)}
    operations, providers = list(OPERATIONS), list(NAMES)
    return sorted(
        latest.values(),
        key=lambda one: (one.number, operations.index(one.operation), providers.index(one.provider)),
    )


def outcome(one: Measured) -> str:
    """Return the seconds of an operation, or after how many resources it failed."""
    if one.succeeded:
        return f"{one.seconds:.1f} s"
    return f"failed after {one.done}" if one.done else "failed"


def table(measured: Sequence[Measured]) -> str:
    """Return a table with one row per measurement."""
    return _aligned([_HEAD, *(_row(one) for one in measured)])


def _row(one: Measured) -> tuple[str, ...]:
    return (
        f"{one.number:,}",
        OPERATIONS[one.operation],
        NAMES[one.provider],
        "no limit" if one.rate is None else f"{one.rate:g}",
        f"{one.seconds:.1f}",
        "" if one.floor is None else f"{one.floor:.1f}",
        "" if one.ratio is None else f"{one.ratio:.2f}",
        *(str(one.calls.get(action, 0)) for action in (GET, SET, LIST)),
        str(one.throttled),
        "all" if one.succeeded else outcome(one),
        one.date,
    )


def target_table(targets: Sequence[Target]) -> str:
    """Return a table with one row per target."""
    rows = [
        (
            target.description,
            f"{target.value:g} {target.unit}".strip(),
            f"{target.limit:g} {target.unit}".strip(),
            "reached" if target.reached else "NOT reached",
        )
        for target in targets
    ]
    return _aligned([_TARGET_HEAD, *rows])


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def markdown_table(measured: Sequence[Measured]) -> str:
    """Return a Markdown table with one row per operation, the providers side by side, and its dates below."""
    found = {(one.number, one.operation, one.provider): one for one in measured}
    providers = [provider for provider in NAMES if any(one.provider == provider for one in measured)]
    columns = [column for provider in providers for column in (NAMES[provider], "calls (throttled)")]
    head = ("N", "operation", "floor", *columns)
    rows = [head, ("---",) * len(head)]
    for one in measured:
        if one.provider == "ours":
            cells: list[str] = []
            for provider in providers:
                other = found.get((one.number, one.operation, provider))
                cells += (outcome(other), f"{other.total} ({other.throttled})") if other else ("", "")
            least = "" if one.floor is None else f"{one.floor:g} s"
            rows.append((f"{one.number:,}", OPERATIONS[one.operation], least, *cells))
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([*lines, "", note(measured)])


def note(measured: Sequence[Measured]) -> str:
    """Return when each number of resources was measured, and at what rate unless it is that of SES."""
    groups: dict[tuple[str, float], set[int]] = {}
    for one in measured:
        groups.setdefault((one.date, one.rate or SES_RATE), set()).add(one.number)
    parts = []
    for (date, rate), numbers in groups.items():
        at = "" if rate == SES_RATE else f" at {rate:g} requests per second"
        parts.append(f"N = {', '.join(f'{number:,}' for number in sorted(numbers))} on {date}{at}")
    return f"Measured with {'; '.join(parts)}."


def page_with_table(root: Path) -> Path:
    """Return the page below `root` that has the marks of the table."""
    return next(page for page in (root / "README.md", *sorted(root.glob("docs/*.md"))) if MARKS[0] in page.read_text())


def in_page(page: str, part: str) -> str:
    """Return the text of a page with `part` between the marks."""
    begin, end = MARKS
    before, _, rest = page.partition(begin)
    return f"{before}{begin}\n\n{part}\n\n{end}{rest.partition(end)[2]}"
