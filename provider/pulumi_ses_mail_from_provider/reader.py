"""Reads that share calls: one Get serves up to 100 identities (SES API, GetIdentityMailFromDomainAttributes).

Reads that come while a Get is under way wait for the next one, and go together. A stack that reads more than a few
identities will read on: then the identities of the account are listed, and what is left of a Get's 100 places is
filled with those that come next in the list. What was read ahead serves one read of the next seconds; a write drops it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Final

from .errors import is_fault, is_throttling
from .model import Absent, Found

BATCH: Final = 100

_FORESEE_AFTER: Final = 3  # reads; a listing for a stack smaller than this would cost more than it saves


@dataclass
class _Round:
    """The reads that go in one Get."""

    identities: dict[str, None] = field(default_factory=dict)  # in the order they came
    error: Exception | None = None
    over: bool = False


@dataclass
class _Entry:
    found: Found
    read_at: float
    used: bool = False
    """It has served a read, or has been written since: it is only kept so that it is not read ahead again."""


class Reader:
    """What SES has set, for the identities of one region. Safe to share between threads.

    get: asks SES for at most 100 identities, whose names it calls for when it is its turn to be sent.
    list_page: the names of a page of the account's identities, and the token of the next page, given a token.
    clock: in seconds.
    """

    def __init__(
        self,
        get: Callable[[Callable[[], Sequence[str]]], dict[str, Found]],
        list_page: Callable[[str | None], tuple[Sequence[str], str | None]],
        clock: Callable[[], float],
    ) -> None:
        self._get, self._list_page, self._clock = get, list_page, clock
        self._changed = threading.Condition()
        self._busy = False
        self._next = _Round()
        self._entries: dict[str, _Entry] = {}
        self._dropped: dict[str, int] = {}
        self._drops = 0
        self._reads = 0
        self._listed: dict[str, int] = {}
        self._names: list[str] = []
        self._token: str | None = None
        self._more = True

    def look(self, identity: str, max_age: float) -> Found:
        """What is set for an identity, as read at most `max_age` seconds ago; 0: by a Get that is yet to be sent.

        Raises what the Get raised.
        """
        asked_at, joined = self._clock(), None
        while True:
            with self._changed:
                entry = self._entries.get(identity)
                been_sent = joined is not None and joined.over
                if entry and not entry.used and entry.read_at >= asked_at - max_age and (max_age > 0 or been_sent):
                    entry.used = True
                    return entry.found
                if joined is not None and joined.over and joined.error:
                    raise joined.error
                if joined is None or joined.over:
                    joined = self._next
                    joined.identities[identity] = None
                if self._busy or joined is not self._next:
                    self._changed.wait()
                    continue
                self._busy = True
            self._lead(joined, max_age)

    def drop(self, identity: str) -> None:
        """Forget what was read of an identity: it has been written."""
        with self._changed:
            self._entries[identity] = _Entry(Absent.SETTING, self._clock(), used=True)
            self._drops += 1
            self._dropped[identity] = self._drops

    def _lead(self, leading: _Round, max_age: float) -> None:
        """Carry out a round, for all that wait for it."""
        drops, read_at, asked = 0, 0.0, list[str]()

        def names() -> Sequence[str]:
            nonlocal drops, read_at, asked
            with self._changed:  # not before it is its turn, so that all who come until then go with it
                if self._next is leading:
                    self._next = _Round()
                drops, read_at = self._drops, self._clock()
                asked = list(islice(leading.identities, BATCH))
                asked += islice(self._foreseen(asked, read_at - max_age), BATCH - len(asked)) if max_age else ()
            return asked

        found: dict[str, Found] = {}
        error: Exception | None = None
        try:
            if max_age:
                self._list_if_worth_it(len(leading.identities))
            try:
                found = self._get(names)
            except Exception as refused:
                if len(asked) <= len(leading.identities) or is_throttling(refused) or is_fault(refused):
                    raise
                # It may be for a name that nobody asked for: so without those, now and later.
                self._names, self._listed, self._more = [], {}, False
                found = self._get(names)
        except Exception as raised:  # noqa: BLE001 - it is raised again, to everybody who waits
            error = raised
        with self._changed:
            for identity in asked if error is None else ():
                if self._dropped.get(identity, 0) <= drops:
                    self._entries[identity] = _Entry(found.get(identity, Absent.IDENTITY), read_at)
            leading.error, leading.over = error, True
            self._reads += len(leading.identities)
            if self._next is leading:
                self._next = _Round()
            self._busy = False
            self._changed.notify_all()

    def _foreseen(self, asked: Sequence[str], since: float) -> Iterator[str]:
        """The listed identities not read since, beginning behind the first of those asked for."""
        start = next((self._listed[identity] + 1 for identity in asked if identity in self._listed), 0)
        for identity in chain(islice(self._names, start, None), islice(self._names, start)):
            entry = self._entries.get(identity)
            if (entry is None or entry.read_at < since) and identity not in asked:
                yield identity

    def _list_if_worth_it(self, waiting: int) -> None:
        if self._more and self._reads + waiting > _FORESEE_AFTER:
            try:
                page, self._token = self._list_page(self._token)
            except Exception:  # noqa: BLE001 - it may not be allowed, and everything works without
                page, self._token = [], None
            self._more = self._token is not None
            for name in page:
                self._listed.setdefault(name, len(self._names))
                self._names.append(name)
