"""Reads that share calls: one Get serves up to 100 identities (SES API, GetIdentityMailFromDomainAttributes).

Reads that come while a Get is under way wait for the next one, and go together. The places that are left in a Get are
filled: first with the identities that wait to be written, which need a recent read when their turn comes; then, in a
stack that reads more than a few identities, with those that come next in the list of the account's identities.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Final

from pulumi_ses_mail_from_provider.rules.errors import Cancelled
from pulumi_ses_mail_from_provider.rules.model import Absent, Found
from pulumi_ses_mail_from_provider.ses.clock import Clock
from pulumi_ses_mail_from_provider.ses.errors import THROTTLING_BUDGET, concerns_one_identity
from pulumi_ses_mail_from_provider.ses.rate_limiter import TooSlow

BATCH: Final = 100

_LIST_AGE: Final = 3.0
"""Seconds: a read that bears no older answer is one right before a write, which a listing would delay."""
_PREFETCH_AFTER: Final = 3  # reads; a listing for a stack smaller than this would cost more than it saves

Answers = dict[str, "Found | Exception"]


@dataclass(frozen=True)
class Look:
    """What SES answered about an identity, and when it was asked."""

    found: Found
    read_at: float


@dataclass
class _Round:
    """The reads that go in one Get."""

    identities: dict[str, None] = field(default_factory=dict)  # in the order they came
    errors: dict[str, Exception] = field(default_factory=dict)
    over: bool = False


@dataclass
class _Sent:
    """A Get as it was sent: whom it asked for, when, and after how many writes."""

    identities: Sequence[str] = ()
    at: float = 0.0
    drops: int = 0


class BatchReader:
    """What SES has set, for the identities of one region. Safe to share between threads.

    get: asks SES for at most 100 identities, whose names it calls for when it is its turn to be sent. The second
        argument is the patience of the caller, in seconds.
    list_page: the names of a page of the account's identities, and the token of the next page, given a token and the
        same patience.
    """

    def __init__(
        self,
        get: Callable[[Callable[[], Sequence[str]], float], dict[str, Found]],
        list_page: Callable[[str | None, float], tuple[Sequence[str], str | None]],
        clock: Clock,
    ) -> None:
        self._get, self._list_page, self._clock = get, list_page, clock
        self._changed = clock.condition()
        self._busy = False
        self._next = _Round()
        self._looks: dict[str, Look] = {}
        self._dropped: dict[str, int] = {}
        self._drops = 0
        self._writing: dict[str, None] = {}
        self._refused: set[str] = set()
        self._reads = 0
        self._listed: dict[str, int] = {}
        self._names: list[str] = []
        self._token: str | None = None
        self._more = True

    def read(self, identity: str, max_age: float, *, patience: float = THROTTLING_BUDGET, linger: float = 0.0) -> Look:
        """What is set for an identity, as read at most `max_age` seconds ago; 0 forces a new Get.

        patience: seconds to wait at most, if less than the default.
        linger: seconds for which to wait for another read to share a Get with.

        Raises what the Get raised, TooSlow and Cancelled.
        """
        asked_at, joined = self._clock.now(), None
        deadline = asked_at + patience if patience < THROTTLING_BUDGET else None
        while True:
            with self._changed:
                look = self._looks.get(identity)
                answered = joined is not None and joined.over
                if look and look.read_at >= asked_at - max_age and (max_age > 0 or answered):
                    return look
                if joined is not None and joined.over and identity in joined.errors:
                    raise joined.errors[identity]
                if joined is None or joined.over:
                    joined = self._next
                    joined.identities[identity] = None
                now = self._clock.now()
                if deadline is not None and now >= deadline:
                    raise TooSlow
                lead_at = asked_at + linger
                if self._busy or joined is not self._next or now < lead_at:
                    wake = [moment - now for moment in (lead_at, deadline) if moment is not None and moment > now]
                    self._clock.wait(self._changed, min(wake, default=None))
                    continue
                self._busy = True
            self._lead(joined, max_age, patience if deadline is None else deadline - now)

    def read_all(self, identities: Sequence[str]) -> Answers:
        """What is set for each of these identities now, or why SES refuses to say so. One Get for every 100 of them.

        Raises what concerns them all.
        """
        answers: Answers = {}
        for start in range(0, len(identities), BATCH):
            answers |= self._ask(identities[start : start + BATCH], THROTTLING_BUDGET)
        return answers

    def drop(self, identity: str) -> None:
        """Forget what was read of an identity: it is written."""
        with self._changed:
            self._looks.pop(identity, None)
            self._drops += 1
            self._dropped[identity] = self._drops

    def expect_write(self, identity: str) -> None:
        """Read an identity along with others from now on: it waits to be written."""
        with self._changed:
            self._writing[identity] = None

    def end_write(self, identity: str) -> None:
        """Undo `expect_write`."""
        with self._changed:
            self._writing.pop(identity, None)

    def last(self, identity: str) -> Look | None:
        """What was read last, if it has not been dropped."""
        return self._looks.get(identity)

    def _lead(self, leading: _Round, max_age: float, patience: float) -> None:
        """Carry out a round, for all that wait for it."""
        sent, error = _Sent(), None
        answers: Answers = {}
        try:
            answers = self._get_for(leading, sent, max_age, patience)
        except Exception as raised:  # noqa: BLE001 - raised again, to everybody who waits
            error = raised
        # The error of a caller in a hurry is its own: the others go on with the next round.
        in_a_hurry = patience < THROTTLING_BUDGET
        with self._changed:
            for identity in () if error else sent.identities:
                answer = answers.get(identity, Absent.IDENTITY)
                if isinstance(answer, Exception):
                    leading.errors[identity] = answer
                elif self._dropped.get(identity, 0) <= sent.drops:
                    self._looks[identity] = Look(answer, sent.at)
            if error and not in_a_hurry:
                leading.errors |= dict.fromkeys(leading.identities, error)
            leading.over = True
            self._reads += len(leading.identities)
            if self._next is leading:
                self._next = _Round()
            self._busy = False
            self._changed.notify_all()
        if error and in_a_hurry:
            raise error

    def _get_for(self, leading: _Round, sent: _Sent, max_age: float, patience: float) -> Answers:
        """The answers for a round, and for those who go along with it."""

        def names() -> Sequence[str]:
            with self._changed:  # not before it is its turn, so that all who come until then go with it
                if self._next is leading:
                    self._next = _Round()
                sent.drops, sent.at = self._drops, self._clock.now()
                sent.identities = list(islice(self._wanted(leading.identities, sent.at - max_age), BATCH))
            return sent.identities

        start = self._clock.now()
        if max_age >= _LIST_AGE:
            self._list_if_worth_it(len(leading.identities), patience)
        if patience < THROTTLING_BUDGET:  # what the listing took is the loss of a caller in a hurry only
            left = patience - (self._clock.now() - start)
            if left < patience / 2:  # a Get may take as long
                raise TooSlow
        else:
            left = patience
        try:
            return dict(self._get(names, left))
        except Exception as error:
            if len(sent.identities) == 1 or not concerns_one_identity(error):
                raise
        with self._changed:
            uninvited = [name for name in sent.identities if name not in leading.identities]
            self._refused.update(uninvited)
            sent.identities = [name for name in sent.identities if name in leading.identities]
            sent.drops, sent.at = self._drops, self._clock.now()
        # A prefetched name may be at fault, and nobody has asked for those.
        return self._ask(sent.identities, patience) if uninvited else self._ask_halves(sent.identities, patience)

    def _ask(self, identities: Sequence[str], patience: float) -> Answers:
        """Ask for at most 100 identities. Where SES refuses one, find out which, and ask for the others without it."""
        try:
            found = self._get(lambda: identities, patience)
        except Exception as error:
            if not concerns_one_identity(error):
                raise
            if len(identities) == 1:
                return {identities[0]: error}
            return self._ask_halves(identities, patience)
        return {identity: found.get(identity, Absent.IDENTITY) for identity in identities}

    def _ask_halves(self, identities: Sequence[str], patience: float) -> Answers:
        middle = len(identities) // 2
        return self._ask(identities[:middle], patience) | self._ask(identities[middle:], patience)

    def _wanted(self, asked: Iterable[str], since: float) -> Iterator[str]:
        """Whom a Get asks for, in the order of importance."""
        writing = (identity for identity in self._writing if identity not in self._refused)
        names = dict.fromkeys(chain(asked, writing))
        yield from names
        start = next((self._listed[identity] + 1 for identity in names if identity in self._listed), 0)
        for identity in chain(islice(self._names, start, None), islice(self._names, start)):
            look = self._looks.get(identity)
            if (look is None or look.read_at < since) and identity not in names and identity not in self._refused:
                yield identity

    def _list_if_worth_it(self, waiting: int, patience: float) -> None:
        if self._more and self._reads + waiting > _PREFETCH_AFTER:
            try:
                page, self._token = self._list_page(self._token, patience)
            except TooSlow:
                return
            except Cancelled:
                raise
            except Exception:  # noqa: BLE001 - it may not be allowed, and everything works without
                page, self._token = [], None
            self._more = self._token is not None
            for name in page:
                self._listed.setdefault(name, len(self._names))
                self._names.append(name)
