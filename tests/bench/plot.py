"""The plot of measurements."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.measure import SES_RATE, Measured
from bench.report import NAMES, OPERATIONS, note, outcome

_PANELS: Final = ("create", "refresh", "destroy")
_COLORS: Final = {"ours": "tab:blue", "native": "tab:green", "plain": "tab:orange"}
_TOP: Final = 0.9
_ROW: Final = 0.16
"""Where failures are shown, and the distance to those of the next provider, in parts of the panel's height."""


def plot(measured: Sequence[Measured], file: Path) -> None:
    """Plot the seconds of up, refresh and destroy by number of resources, with the floor.

    An operation that failed has no duration: it is shown at the top, with the number of resources that succeeded.

    Args:
        measured: Measurements of all providers. Those without a rate limit are left out.
        file: The SVG file.
    """
    import matplotlib as mpl  # noqa: PLC0415 - the import takes a second

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "bench"  # makes the file reproducible
    mpl.rcParams["svg.fonttype"] = "none"  # text instead of outlines keeps the file small
    from matplotlib import pyplot as plt  # noqa: PLC0415

    limited = [one for one in measured if one.rate]
    figure, axes = plt.subplots(1, len(_PANELS), figsize=(11, 4.2), sharey=True)
    for axis, operation in zip(axes, _PANELS, strict=True):
        _panel(axis, [one for one in limited if one.operation == operation])
        axis.set_title(OPERATIONS[operation])
    axes[0].set_ylabel("seconds")
    handles = {label: handle for axis in axes for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="upper right", ncols=len(handles), frameon=False)
    figure.suptitle("Duration at SES's limit of 1 request per second", x=0.01, ha="left")
    remark = " Other rates are scaled to 1 request per second." if any(one.rate != SES_RATE for one in limited) else ""
    figure.text(0.01, 0.01, note(limited) + remark, fontsize=8)
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


def _panel(axis: Any, measured: Sequence[Measured]) -> None:
    row = _TOP
    for provider, name in NAMES.items():
        ones = [one for one in measured if one.provider == provider]
        done = [one for one in ones if one.succeeded]
        failed = [one for one in ones if not one.succeeded]
        color = _COLORS[provider]
        if done:
            axis.plot([one.number for one in done], [_seconds(one) for one in done], "o-", color=color, label=name)
        if failed:
            style = {"linestyle": "none", "marker": "x", "color": color, "label": None if done else name}
            at = axis.get_xaxis_transform()
            axis.plot([one.number for one in failed], [row] * len(failed), transform=at, **style)
            for one in failed:
                text = outcome(one).replace(" after", "\nafter")
                axis.text(one.number, row - 0.03, text, transform=at, ha="center", va="top", fontsize=8, color=color)
            row -= _ROW
    floors = sorted({(one.number, (one.floor or 0) * (one.rate or SES_RATE) / SES_RATE) for one in measured})
    axis.plot([n for n, _ in floors], [s for _, s in floors], "k:", label="floor")
    axis.set(xscale="log", yscale="log", xlabel="N, number of MAIL FROM domains", xlim=(4, 2500), ylim=(0.7, 100_000))
    axis.xaxis.set_major_formatter("{x:,.0f}")
    axis.yaxis.set_major_formatter("{x:,.0f}")
    axis.set_xticks([n for n, _ in floors])
    axis.set_yticks([1, 10, 100, 1000])
    axis.minorticks_off()


def _seconds(one: Measured) -> float:
    return one.seconds * (one.rate or SES_RATE) / SES_RATE
