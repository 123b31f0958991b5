"""The tables, the JSON and the plot of measurements."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench.measure import GET, LIST, SET, Measured
from bench.targets import Target

_HEAD = ("N", "operation", "provider", "rate/s", "seconds", "floor", "ratio", "Get", "Set", "List", "throttled", "done")
_PAGE_HEAD = ("N", "operation", "limit", "least", "this package", "calls (throttled)", "plain", "calls (throttled)")
PAGE_MARKS = ("<!-- make bench writes what follows -->", "<!-- make bench has written it -->")
_TARGET_HEAD = ("target", "measured", "at most", "")


def table(measured: Sequence[Measured]) -> str:
    """Return a table with one row per measurement."""
    return _aligned([_HEAD, *(_row(one) for one in measured)])


def _row(one: Measured) -> tuple[str, ...]:
    return (
        str(one.number),
        one.operation,
        one.provider,
        "no limit" if one.rate is None else f"{one.rate:g}",
        f"{one.seconds:.1f}",
        "" if one.floor is None else f"{one.floor:.1f}",
        "" if one.ratio is None else f"{one.ratio:.2f}",
        *(str(one.calls.get(action, 0)) for action in (GET, SET, LIST)),
        str(one.throttled),
        "all" if one.done == one.number else f"failed: {one.done} of {one.number}",
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


def as_json(measured: Sequence[Measured], targets: Sequence[Target]) -> str:
    """Return measurements and targets as JSON."""
    figures = {
        "operations": [{**asdict(one), "ratio": one.ratio} for one in measured],
        "targets": [{**asdict(target), "reached": target.reached} for target in targets],
    }
    return json.dumps(figures, indent=1) + "\n"


def from_json(text: str) -> list[Measured]:
    """Return the measurements in the output of `as_json`."""
    derived = ("floor", "ratio")
    return [
        Measured(**{name: value for name, value in one.items() if name not in derived})
        for one in json.loads(text)["operations"]
    ]


def page_table(measured: Sequence[Measured]) -> str:
    """Return a Markdown table with one row per operation, both providers side by side."""
    plain = {(one.number, one.operation): one for one in measured if one.provider == "plain"}
    rows = [_PAGE_HEAD, ("---",) * len(_PAGE_HEAD)]
    for one in measured:
        if one.provider == "ours":
            other = plain[one.number, one.operation]
            rate = "" if one.floor is None else f"{one.rate:g}/s"
            minimum = "" if one.floor is None else f"{one.floor:g} s"
            rows.append((str(one.number), one.operation, rate, minimum, *_in_words(one), *_in_words(other)))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _in_words(one: Measured) -> tuple[str, str]:
    seconds = f"{one.seconds:.1f} s" if one.done == one.number else f"failed: {one.done} of {one.number}"
    return seconds, f"{one.total} ({one.throttled})"


def in_page(page: str, part: str) -> str:
    """Return the text of a page with `part` between the markers."""
    begin, end = PAGE_MARKS
    before, _, rest = page.partition(begin)
    return f"{before}{begin}\n\n{part}\n\n{end}{rest.partition(end)[2]}"


def plot(measured: Sequence[Measured], file: Path) -> None:
    """Plot the seconds by number of resources at one request per second, with the floor.

    Args:
        measured: Measurements of both providers.
        file: The SVG file. Open markers in it are operations that failed.
    """
    import matplotlib as mpl  # noqa: PLC0415 - the import takes a second

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "bench"  # makes the file reproducible
    mpl.rcParams["svg.fonttype"] = "none"  # text instead of outlines keeps the file small
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(1, 3, figsize=(11, 3.8), sharey=True)
    for axis, operation in zip(axes, ("create", "refresh", "destroy"), strict=True):
        for provider, color in (("plain", "tab:orange"), ("ours", "tab:blue")):
            ones = [one for one in measured if (one.provider, one.operation) == (provider, operation) and one.rate]
            # Scaled from the rate of the stand-in to one request per second.
            points = [(one.number, one.seconds * (one.rate or 1), one.done == one.number) for one in ones]
            axis.plot([n for n, _, _ in points], [s for _, s, _ in points], color=color, label=provider)
            for n, seconds, done in points:
                axis.plot(n, seconds, "o", color=color, fillstyle="full" if done else "none")
        floors = sorted({(one.number, (one.floor or 0) * (one.rate or 1)) for one in ones})
        axis.plot([n for n, _ in floors], [s for _, s in floors], "k:", label="floor")
        axis.set(xscale="log", yscale="log", title=operation, xlabel="resources")
        axis.minorticks_off()
    axes[0].set_ylabel("seconds at 1 request per second")
    axes[0].legend()
    figure.text(0.99, 0.01, "open marker: failed", ha="right", fontsize=8)
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)
