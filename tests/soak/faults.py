"""The faults that rounds inject."""

from __future__ import annotations

from support.stand_in import (
    DROP_AFTER,
    DROP_BEFORE,
    INTERNAL_FAILURE,
    THROTTLE,
    UNAVAILABLE,
    entries,
    error,
    garbage,
    hang,
)

FAULTS = {
    "throttling": THROTTLE,
    "500": INTERNAL_FAILURE,
    "503": UNAVAILABLE,
    "dropped before": DROP_BEFORE,
    "dropped after": DROP_AFTER,
    "garbage": garbage(),
    "denied": error(403, "AccessDenied", "not authorized"),
    "expired": error(403, "ExpiredToken", "The security token included in the request is expired"),
    "silence": hang(),
    "silence after": hang(after=True),
    "a new status": entries({"MailFromDomainStatus": "Sleeping"}),
}


def times(fault: str) -> int:
    """Return how many calls in a row a fault hits. A call without a response takes 8 s."""
    return 1 if "silence" in fault else 2
