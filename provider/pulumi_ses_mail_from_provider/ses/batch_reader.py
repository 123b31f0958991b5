"""Reads that share calls: one Get serves up to 100 identities (SES API, GetIdentityMailFromDomainAttributes).

Reads that arrive while a Get is in flight wait for the next one and share it. The free places of a Get are filled:
first with identities that wait for a write, which need a recent read when their turn comes; then, once more than a few
identities have been read, with those that follow in the listing of the account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Final

from pulumi_ses_mail_from_provider.rules.errors import TimedOut
from pulumi_ses_mail_from_provider.rules.model import Absent, Found

from .clock import Clock
from .errors import concerns_one_identity
from .listing import Listing, ListPage
from .rate_limiter import TooSlow

BATCH: Final = 100
"""Identities in a Get, at most."""

_LIST_AGE: Final = 3.0
"""Seconds. A read that accepts only a more recent answer precedes a write, and a listing would delay that."""
_PREFETCH_AFTER: Final = 3  # reads; in a smaller stack a listing costs more than it saves

Outcomes = dict[str, "Found | Exception"]
"""What SES has for each identity, or why it refuses that one."""

Get = Callable[[Callable[[], Sequence[str]], "float | None"], "dict[str, Found]"]
"""Makes a Get for at most 100 identities. Takes a function that it calls for their names when the call leaves, and the
patience of the caller in seconds (None: no limit). Leaves out identities that SES does not know."""


@dataclass(frozen=True)
class Reading:
    """What SES has for an identity.

    Attributes:
        found: What SES has.
        read_at: When the Get left.
    """

    found: Found
    read_at: float


@dataclass
class _Round:
    """The reads that share a Get, in the order in which they came."""

    identities: dict[str, None] = field(default_factory=dict)
    errors: dict[str, Exception] = field(default_factory=dict)
    is_over: bool = False


@dataclass
class _Sent:
    """A Get that has left.

    Attributes:
        identities: Its identities.
        at: When it left.
        drops: How many readings had been dropped until then.
    """

    identities: Sequence[str] = ()
    at: float = 0.0
    drops: int = 0


class BatchReader:
    """Reads what SES has for the identities of one region. Safe to share between threads.

    The first read of a round leads it: it makes the Get for all the others.
    """

    def __init__(self, get: Get, list_page: ListPage, clock: Clock) -> None:
        self._get, self._clock = get, clock
        self._listing = Listing(list_page)
        self._changed = clock.condition()
        self._is_busy = False
        self._next = _Round()
        self._readings: dict[str, Reading] = {}
        self._dropped: dict[str, int] = {}
        self._drops = 0
        self._writing: dict[str, None] = {}
        self._refused: set[str] = set()
        self._reads = 0

    def read(self, identity: str, max_age: float, *, patience: float | None = None, linger: float = 0.0) -> Reading:
        """Return what SES has for an identity.

        Args:
            identity: The identity.
            max_age: How old the reading may be, in seconds. 0 forces a new Get.
            patience: The longest time to wait, in seconds. None: no limit.
            linger: Seconds for which to wait for other reads that share the Get.

        Raises:
            Exception: What the Get raised.
            TooSlow: The patience is over.
            Cancelled: The run is cancelled.
        """
        asked_at, joined = self._clock.now(), None
        deadline = None if patience is None else asked_at + patience
        while True:
            with self._changed:
                reading = self._readings.get(identity)
                is_answered = joined is not None and joined.is_over
                if reading and reading.read_at >= asked_at - max_age and (max_age > 0 or is_answered):
                    return reading
                if joined is not None and joined.is_over and identity in joined.errors:
                    raise joined.errors[identity]
                if joined is None or joined.is_over:
                    joined = self._next
                    joined.identities[identity] = None
                now = self._clock.now()
                if deadline is not None and now >= deadline:
                    raise TooSlow
                lead_at = asked_at + linger
                if self._is_busy or joined is not self._next or now < lead_at:
                    wake = [moment - now for moment in (lead_at, deadline) if moment is not None and moment > now]
                    self._clock.wait(self._changed, min(wake, default=None))
                    continue
                self._is_busy = True
            self._lead(joined, max_age, None if deadline is None else deadline - now)

    def read_now(self, identities: Sequence[str]) -> Outcomes:
        """Read at most 100 identities in one Get, or in several if SES refuses some of them.

        Raises:
            Exception: What the Get raised, if it concerns all of them.
            Cancelled: The run is cancelled.
        """
        return self._ask(identities, None)

    def drop(self, identity: str) -> None:
        """Forget the reading of an identity, which has been written."""
        with self._changed:
            self._readings.pop(identity, None)
            self._drops += 1
            self._dropped[identity] = self._drops

    def expect_write(self, identity: str) -> None:
        """From now on, read an identity along with others: it waits for a write."""
        with self._changed:
            self._writing[identity] = None

    def end_write(self, identity: str) -> None:
        """Undo `expect_write`."""
        with self._changed:
            self._writing.pop(identity, None)

    def last(self, identity: str) -> Reading | None:
        """The last reading of an identity, unless it has been dropped."""
        return self._readings.get(identity)

    def _lead(self, leading: _Round, max_age: float, patience: float | None) -> None:
        """Carry out a round for all its reads."""
        sent, error = _Sent(), None
        outcomes: Outcomes = {}
        try:
            outcomes = self._get_for(leading, sent, max_age, patience)
        except Exception as raised:  # noqa: BLE001 - raised again in all reads of the round
            error = raised
        # A caller whose time is over keeps its error to itself: the others go on with the next round.
        is_in_a_hurry = patience is not None or isinstance(error, TimedOut)
        with self._changed:
            for identity in () if error else sent.identities:
                outcome = outcomes.get(identity, Absent.IDENTITY)
                if isinstance(outcome, Exception):
                    leading.errors[identity] = outcome
                elif self._dropped.get(identity, 0) <= sent.drops:
                    self._readings[identity] = Reading(outcome, sent.at)
            if error and not is_in_a_hurry:
                leading.errors |= dict.fromkeys(leading.identities, error)
            leading.is_over = True
            self._reads += len(leading.identities)
            if self._next is leading:
                self._next = _Round()
            self._is_busy = False
            self._changed.notify_all()
        if error and is_in_a_hurry:
            raise error

    def _get_for(self, leading: _Round, sent: _Sent, max_age: float, patience: float | None) -> Outcomes:
        """Make the Get of a round. Fills in `sent`."""

        def names() -> Sequence[str]:
            with self._changed:  # only when the call leaves, so that all reads until then share it
                if self._next is leading:
                    self._next = _Round()
                sent.drops, sent.at = self._drops, self._clock.now()
                sent.identities = list(islice(self._wanted(leading.identities, sent.at - max_age), BATCH))
            return sent.identities

        start = self._clock.now()
        if max_age >= _LIST_AGE and self._reads + len(leading.identities) > _PREFETCH_AFTER:
            self._listing.extend(patience)
        if patience is not None:
            left = patience - (self._clock.now() - start)
            if left < patience / 2:  # a Get may take as long as the listing did
                raise TooSlow
            patience = left
        try:
            return dict(self._get(names, patience))
        except Exception as error:
            if len(sent.identities) == 1 or not concerns_one_identity(error):
                raise
        with self._changed:
            prefetched = [name for name in sent.identities if name not in leading.identities]
            self._refused.update(prefetched)
            sent.identities = [name for name in sent.identities if name in leading.identities]
            sent.drops, sent.at = self._drops, self._clock.now()
        # A prefetched name may be at fault: retry without prefetching.
        return self._ask(sent.identities, patience) if prefetched else self._ask_halves(sent.identities, patience)

    def _ask(self, identities: Sequence[str], patience: float | None) -> Outcomes:
        """Read at most 100 identities. If SES refuses one, find it, and read the others without it."""
        try:
            found = self._get(lambda: identities, patience)
        except Exception as error:
            if not concerns_one_identity(error):
                raise
            if len(identities) == 1:
                return {identities[0]: error}
            return self._ask_halves(identities, patience)
        return {identity: found.get(identity, Absent.IDENTITY) for identity in identities}

    def _ask_halves(self, identities: Sequence[str], patience: float | None) -> Outcomes:
        middle = len(identities) // 2
        return self._ask(identities[:middle], patience) | self._ask(identities[middle:], patience)

    def _wanted(self, asked: Iterable[str], since: float) -> Iterator[str]:
        """The identities for a Get, the most important first. Of the listed ones, those not read since a moment."""
        writing = (identity for identity in self._writing if identity not in self._refused)
        names = dict.fromkeys(chain(asked, writing))
        yield from names
        for identity in self._listing.around(names):
            reading = self._readings.get(identity)
            if (reading is None or reading.read_at < since) and identity not in names and identity not in self._refused:
                yield identity
