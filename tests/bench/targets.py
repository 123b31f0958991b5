"""The performance targets of the package."""

from __future__ import annotations

from dataclasses import dataclass

from bench.measure import Measured


@dataclass(frozen=True)
class Target:
    """A target and the measured value."""

    description: str
    value: float
    limit: float
    unit: str = ""

    @property
    def reached(self) -> bool:
        """Whether the value is within the limit."""
        return self.value <= self.limit


def of_writes(measured: Measured, limit_ratio: float, limit_gets: int) -> list[Target]:
    """Return the targets of an operation with one Set per resource, at one request per second."""
    what = f"{_prefix(measured)}{measured.operation} of {measured.number} at 1 per second"
    return [
        Target(f"{what}: ratio to the floor", round(measured.ratio or 999, 3), limit_ratio),
        Target(f"{what}: Gets", measured.calls.get("GetIdentityMailFromDomainAttributes", 0), limit_gets),
        Target(f"{what}: throttled calls", measured.throttled, 4),
    ]


def of_refresh(measured: Measured, account: int, limit_seconds: float, limit_calls: int) -> list[Target]:
    """Return the targets of a refresh at one request per second."""
    what = f"refresh of {measured.number} at 1 per second (account of {account})"
    return [
        Target(what, measured.seconds, limit_seconds, "s"),
        Target(f"{what}: calls", measured.total, limit_calls),
    ]


def against_plain(ours: Measured, plain: Measured, limit: float) -> Target:
    """Return the target relative to the plain provider, without throttling."""
    description = f"{_prefix(ours)}{ours.operation} of {ours.number}, no throttling: ratio to the plain provider"
    return Target(description, round(ours.seconds / plain.seconds, 2), limit)


def _prefix(measured: Measured) -> str:
    return "native: " if measured.provider == "native" else ""


def of_size(measured: Measured) -> list[Target]:
    """Return the targets for memory and state."""
    targets = []
    if measured.peak_memory is not None:
        peak = round(measured.peak_memory / 1e6, 1)
        targets.append(Target(f"peak memory of the provider process, {measured.number} resources", peak, 120, "MB"))
    if measured.state_size is not None:
        targets.append(Target("state per resource, without stackTrace", measured.state_size, 2200, "bytes"))
    return targets
