"""Faults on demand: which calls they hit, and what happens to those."""

from __future__ import annotations

import math
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from .model import Map, Request, Result, Value, canonical
from .protocol import carried_by_xml


@dataclass(frozen=True)
class Effect:
    """What happens to a call that is hit; `after`: when the action has been carried out, before it is answered."""

    after: bool = False
    hook: Callable[[], object] | None = None
    delay: float = 0.0
    error: tuple[int, str, str] | None = None
    drop: bool = False
    body: bytes | None = None
    entry: Mapping[str, str | None] = field(default_factory=dict)

    def rewrite(self, result: Result) -> Result:
        """The result with the values of `entry` in each entry of its maps; None takes the key away."""
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
    """An error answer."""
    return Effect(error=(status, code, message), after=after)


def slow(seconds: float, *, after: bool = False) -> Effect:
    """The call takes that long."""
    return Effect(delay=seconds, after=after)


def hang(seconds: float = math.inf, *, after: bool = False) -> Effect:
    """Silence, then the connection is closed: after that time, or when the stand-in stops."""
    return Effect(delay=seconds, drop=True, after=after)


def garbage(body: bytes = b"<html>Bad gateway", *, after: bool = True) -> Effect:
    """HTTP 200 with this body."""
    return Effect(body=body, after=after)


def entries(values: Mapping[str, str | None]) -> Effect:
    """Each entry that a Get answers has these values; None: not that key.

    Raises ValueError for characters that XML 1.0 cannot carry, such as ESC: use `garbage` for them.
    """
    for text in filter(None, values.values()):
        if not carried_by_xml(text):
            raise ValueError(f"XML cannot carry {text!r}")
    return Effect(entry=dict(values))


def run(hook: Callable[[], object], *, after: bool = False) -> Effect:
    """Call `hook` from the server's thread, then go on."""
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
    """Effects, one of which each hit has, and the calls that they hit."""

    effects: Sequence[Effect]
    action: str | None = None
    identity: str | None = None
    skip: int = 0
    count: float = math.inf
    until: float = math.inf
    probability: float = 1.0
    seen: int = 0
    hits: int = 0

    def concerns(self, request: Request, now: float) -> bool:
        """Whether it is about such a request at all. Without an action it means those of SES, not of STS."""
        asked = request.action == self.action if self.action else request.service == "ses"
        about = self.identity is None or canonical(self.identity) in map(canonical, request.identities)
        return asked and about and now < self.until and self.hits < self.count


class Faults:
    """The faults in force; of several that concern a call, the first one that hits it counts."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._faults: list[Fault] = []
        self._nth: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Have it in force."""
        with self._lock:
            self._faults.append(fault)

    def remove(self, fault: Fault | None) -> None:
        """Have it no longer in force; None: none at all."""
        with self._lock:
            self._faults = [other for other in self._faults if fault and other is not fault]

    def match(self, request: Request, now: float) -> Effect:
        """What happens to this call."""
        with self._lock:
            if not self._faults:
                return _NOTHING
            who = (request.action, request.identities)
            self._nth[who] += 1
            # By call and not by order of arrival, which differs from run to run as soon as there are threads.
            dice = random.Random(f"{self._seed}/{who}/{self._nth[who]}")  # noqa: S311 - no cryptography
            for fault in self._faults:
                if fault.concerns(request, now):
                    fault.seen += 1
                    if fault.seen > fault.skip and dice.random() < fault.probability:
                        fault.hits += 1
                        return dice.choice(fault.effects)
            return _NOTHING
