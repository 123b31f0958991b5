"""Faults on demand: which calls they affect, and how."""

from __future__ import annotations

import math
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from .model import Map, Request, Result, Value, canonical
from .protocol import allowed_in_xml


@dataclass(frozen=True)
class Effect:
    """What happens to a call that a fault hits.

    Attributes:
        after: Whether it happens after the action took effect, rather than before.
        hook: A function to call.
        delay: Seconds to wait.
        error: HTTP status, code and message of an error response.
        drop: Whether to close the connection without a response.
        body: A body to send instead of the result.
        entry: Values to set in each entry of the result; None removes the key.
    """

    after: bool = False
    hook: Callable[[], object] | None = None
    delay: float = 0.0
    error: tuple[int, str, str] | None = None
    drop: bool = False
    body: bytes | None = None
    entry: Mapping[str, str | None] = field(default_factory=dict)

    def rewrite(self, result: Result) -> Result:
        """Return the result with the values of `entry` in each entry of its maps."""
        return {
            name: Map(self._rewritten(value)) if isinstance(value, Map) else value for name, value in result.items()
        }

    def _rewritten(self, entries: Map) -> dict[str, Value]:
        return {
            name: {key: value for key, value in {**entry, **self.entry}.items() if value is not None}
            for name, entry in entries.items()
            if isinstance(entry, dict)
        }


def error(status: int, code: str, message: str, *, after: bool = False) -> Effect:
    """Respond with an error."""
    return Effect(error=(status, code, message), after=after)


def slow(seconds: float, *, after: bool = False) -> Effect:
    """Delay the call."""
    return Effect(delay=seconds, after=after)


def hang(seconds: float = math.inf, *, after: bool = False) -> Effect:
    """Stay silent, then close the connection: after `seconds`, or when the stand-in stops."""
    return Effect(delay=seconds, drop=True, after=after)


def garbage(body: bytes = b"<html>Bad gateway", *, after: bool = True) -> Effect:
    """Respond with HTTP 200 and this body."""
    return Effect(body=body, after=after)


def entries(values: Mapping[str, str | None]) -> Effect:
    """Change each entry in the response of a Get.

    Args:
        values: Values by key; None removes the key.

    Raises:
        ValueError: For characters that XML 1.0 does not allow, such as ESC. Use `garbage` for those.
    """
    for text in filter(None, values.values()):
        if not allowed_in_xml(text):
            raise ValueError(f"XML 1.0 does not allow {text!r}")
    return Effect(entry=dict(values))


def run(hook: Callable[[], object], *, after: bool = False) -> Effect:
    """Call `hook` in the thread of the server, then continue."""
    return Effect(hook=hook, after=after)


THROTTLE: Final = error(400, "Throttling", "Rate exceeded")
INTERNAL_FAILURE: Final = error(
    500, "InternalFailure", "The request processing has failed because of an unknown error."
)
UNAVAILABLE: Final = error(503, "ServiceUnavailable", "Service is unavailable, please retry.")
DROP_BEFORE: Final = Effect(drop=True)
DROP_AFTER: Final = Effect(drop=True, after=True)
_NOTHING: Final = Effect()


@dataclass
class Fault:
    """One or several effects, and the calls they apply to.

    Attributes:
        effects: One of these is chosen for each hit.
        action: The action to affect; None affects all actions of SES, but not those of STS.
        identity: Affect only calls with this identity.
        skip: Matching calls to leave alone at first.
        count: The number of calls to hit.
        until: The time at which the fault ends.
        probability: The share of matching calls to hit.
        seen: Matching calls so far.
        hits: Calls hit so far.
    """

    effects: Sequence[Effect]
    action: str | None = None
    identity: str | None = None
    skip: int = 0
    count: float = math.inf
    until: float = math.inf
    probability: float = 1.0
    seen: int = 0
    hits: int = 0

    def matches(self, request: Request, now: float) -> bool:
        """Whether the fault is active and matches the request."""
        by_action = request.action == self.action if self.action else request.service == "ses"
        by_identity = self.identity is None or canonical(self.identity) in map(canonical, request.identities)
        return by_action and by_identity and now < self.until and self.hits < self.count


class Faults:
    """The active faults. If several match a call, the first one that hits it applies."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._faults: list[Fault] = []
        self._nth: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Activate a fault."""
        with self._lock:
            self._faults.append(fault)

    def remove(self, fault: Fault | None) -> None:
        """Deactivate a fault; None deactivates all."""
        with self._lock:
            self._faults = [other for other in self._faults if fault and other is not fault]

    def match(self, request: Request, now: float) -> Effect:
        """Return the effect on this call."""
        with self._lock:
            if not self._faults:
                return _NOTHING
            who = (request.action, request.identities)
            self._nth[who] += 1
            # Seeded by the call rather than by its order of arrival, which varies between runs with several threads.
            dice = random.Random(f"{self._seed}/{who}/{self._nth[who]}")  # noqa: S311 - no cryptography
            for fault in self._faults:
                if fault.matches(request, now):
                    fault.seen += 1
                    if fault.seen > fault.skip and dice.random() < fault.probability:
                        fault.hits += 1
                        return dice.choice(fault.effects)
            return _NOTHING
