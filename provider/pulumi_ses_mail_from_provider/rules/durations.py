"""Durations in the form of Go's `time.ParseDuration`, such as "30m" and "1h30m", which Pulumi uses."""

from __future__ import annotations

import re
from typing import Final

from .errors import InvalidInput
from .names import shown

_SECONDS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_LONGEST: Final = 9223372036.854775807  # Go stores a time.Duration as nanoseconds in a signed 64-bit integer
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(h|ms|m|us|µs|ns|s)")


def seconds(text: str) -> float:
    """Convert a duration to seconds.

    Raises:
        InvalidInput: The text is not a duration, is negative, or is longer than Go can store.
    """
    total, position = 0.0, 0
    while part := _PART.match(text, position):
        total += float(part[1]) * _SECONDS[part[2]]
        position = part.end()
    if position != len(text) or not text:
        raise InvalidInput(f"{shown(text)} is not a duration: give one such as '30m', '1h30m' or '90s'")
    if total > _LONGEST:
        raise InvalidInput(f"{shown(text)} is too long: a duration is at most {words(_LONGEST)}, about 292 years")
    return total


def words(length: float) -> str:
    """Convert seconds to a duration, rounded to the second: 90 becomes "1m30s".

    Args:
        length: In seconds. A negative number or NaN becomes "0s", and one that is too large the longest duration.

    """
    minutes, rest = divmod(min(round(min(max(0.0, length), _LONGEST)), int(_LONGEST)), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{number}{unit}" for number, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if number]
    return "".join(parts) or "0s"
