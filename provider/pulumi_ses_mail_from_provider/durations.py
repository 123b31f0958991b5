"""Lengths of time as Pulumi writes them: Go's durations, such as "30m" and "1h30m" (Go, time.ParseDuration)."""

from __future__ import annotations

import re
from typing import Final

from .names import InvalidName, shown

_SECONDS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(h|ms|m|us|µs|ns|s)")


def seconds(text: str) -> float:
    """The seconds that a duration takes.

    Raises InvalidName for anything that is not one, negative ones among them.
    """
    parts = _PART.findall(text)
    if "".join(number + unit for number, unit in parts) != text or not parts:
        raise InvalidName(f"{shown(text)} is not a duration: give one such as '30m', '1h30m' or '90s'")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def words(length: float) -> str:
    """The same the other way round, to the second: "1h30m", "90s" as "1m30s"."""
    minutes, rest = divmod(round(length), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{number}{unit}" for number, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if number]
    return "".join(parts) or "0s"
