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


def at_full_rate(measured: Measured, limit_seconds: float, limit_calls: int | None = None) -> list[Target]:
    """The promises for an operation at one request a second."""
    what = f"{measured.operation} of {measured.number} at 1 a second"
    targets = [Target(what, measured.seconds, limit_seconds, "s")]
    if limit_calls is None:
        return [*targets, Target(f"{what}: throttled answers", measured.throttled, 4)]
    return [*targets, Target(f"{what}: calls", measured.total, limit_calls)]


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
