"""Lengths of time as Pulumi writes them: Go's durations, such as "30m" and "1h30m" (Go, time.ParseDuration)."""

from __future__ import annotations

import re
from typing import Final

from pulumi_ses_mail_from_provider.rules.errors import InvalidInput
from pulumi_ses_mail_from_provider.rules.names import shown

_SECONDS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_LONGEST: Final = 9223372036.854775807  # Go's time.Duration is a signed number of nanoseconds of 64 bits
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(h|ms|m|us|µs|ns|s)")


def seconds(text: str) -> float:
    """The seconds that a duration takes.

    Raises InvalidInput for anything that is not one, negative ones among them, and for more than Go can hold.
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
    """The same the other way round, to the second: "1h30m", "90s" as "1m30s".

    Any number will do: what is negative or not a number is "0s", and what is too long the longest duration.
    """
    minutes, rest = divmod(min(round(min(max(0.0, length), _LONGEST)), int(_LONGEST)), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{number}{unit}" for number, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if number]
    return "".join(parts) or "0s"
