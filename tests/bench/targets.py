"""What the package promises, measured."""

from __future__ import annotations

from dataclasses import dataclass

from bench.measure import Measured


@dataclass(frozen=True)
class Target:
    """A promise, and what came of it."""

    promise: str
    value: float
    limit: float
    unit: str = ""

    @property
    def reached(self) -> bool:
        """Whether it is kept."""
        return self.value <= self.limit


def of_writes(measured: Measured, limit_ratio: float, limit_gets: int) -> list[Target]:
    """The promises for an operation that makes a Set a resource, at one request a second."""
    what = f"{measured.operation} of {measured.number} at 1 a second"
    return [
        Target(f"{what}: times the floor", round(measured.ratio or 999, 3), limit_ratio),
        Target(f"{what}: Gets", measured.calls.get("GetIdentityMailFromDomainAttributes", 0), limit_gets),
        Target(f"{what}: throttled answers", measured.throttled, 4),
    ]


def of_refresh(measured: Measured, account: int, limit_seconds: float, limit_calls: int) -> list[Target]:
    """The promises for a refresh at one request a second."""
    what = f"refresh of {measured.number} at 1 a second (account of {account})"
    return [
        Target(what, measured.seconds, limit_seconds, "s"),
        Target(f"{what}: calls", measured.total, limit_calls),
    ]


def against_plain(ours: Measured, plain: Measured, limit: float) -> Target:
    """The promise for an endpoint that does not throttle."""
    promise = f"{ours.operation} of {ours.number}, no throttling: times the plain provider's"
    return Target(promise, round(ours.seconds / plain.seconds, 2), limit)


def of_size(measured: Measured) -> list[Target]:
    """The promises on memory and state."""
    targets = []
    if measured.peak_memory is not None:
        peak = round(measured.peak_memory / 1e6, 1)
        targets.append(Target(f"memory of the provider process, N = {measured.number}", peak, 120, "MB"))
    if measured.state_size is not None:
        targets.append(Target("state of a resource, without stackTrace", measured.state_size, 2200, "bytes"))
    return targets
