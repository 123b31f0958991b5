"""Reading, setting and clearing MAIL FROM domains, and listing identities."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from pulumi_ses_mail_from_provider.rules.errors import AwsUnreachable, CallFailed, MailFromError, Remedy
from pulumi_ses_mail_from_provider.rules.model import Absent, Declaration, Found, Key

from .batch_reader import BATCH, BatchReader
from .clock import Clock
from .connections import Connections
from .errors import Call, explained
from .rate_limiter import THROTTLING_BUDGET, TooSlow
from .region import GET, LIST, SET, VERIFICATION, Region

WRITE_AGE: Final = 4.85
"""Seconds: how old the last reading may be when a write leaves. So a write never overwrites what another client has set
more than 5 s before. With the lead of `rate_limiter`, one Get serves five writes at one write a second."""

DECISION_AGE: Final = 3.5
"""Seconds: how old a reading may be that decides whether to write. Less, as the write may have to wait for its turn."""

_RENEWAL_AGE: Final = 2.5
"""Seconds: how old a reading may be that is renewed right before a write."""

_LINGER: Final = 4.6
"""Seconds, at most, for which a read waits for others to share its Get, while SES throttles and writes are waiting.
Each of those writes needs a recent reading, and several can share one."""
_AHEAD: Final = 0.4
"""Seconds before the last of those writes leaves at which the read stops waiting, so that no turn is lost."""

_LATE_READS: Final = 3
"""How many readings before a write may be too old by the time they arrive."""


class Outdated(Exception):
    """A write is no longer wanted, given what SES has now."""


class Ses:
    """MAIL FROM domains in SES, at SES's rate and with reads that share calls. Safe to share between threads.

    Every method raises CallFailed if SES refuses a call or cannot be reached, and Cancelled if the run is cancelled.
    """

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections, self._clock = connections, clock
        self._lock = threading.Lock()
        self._regions: dict[str, Region] = {}

    def read(self, key: Key, max_age: float = 0.0, *, patience: float | None = None) -> Found:
        """Return what SES has for an identity.

        Args:
            key: The identity.
            max_age: How old the reading may be, in seconds. 0 forces a new Get.
            patience: The longest time to wait, in seconds. None: no limit.
        """
        region, linger = self._region(key.region), 0.0
        if patience is None:
            linger = max(0.0, min(_LINGER, region.limiter.backlog(SET) - _AHEAD))
        with self._calling(GET, key.region, _reading(key.identity, key.region), patience):
            return region.reader.read(key.identity, max_age, patience=patience, linger=linger).found

    def read_all(
        self, region: str, identities: Sequence[str], on_batch: Callable[[int], object] | None = None
    ) -> dict[str, Found | MailFromError]:
        """Return what SES has now for each of many identities, or why it refuses that one. One Get for every 100.

        Args:
            region: Their AWS region.
            identities: The identities.
            on_batch: Called before each Get with the number of identities that have been read.

        Raises:
            CallFailed: For an error that concerns them all.
        """
        reader = self._region(region).reader
        doing = _reading(identities[0] if len(identities) == 1 else f"{len(identities)} identities", region)
        found: dict[str, Found | MailFromError] = {}
        for start in range(0, len(identities), BATCH):
            if on_batch:
                on_batch(start)
            with self._calling(GET, region, doing):
                outcomes = reader.read_now(identities[start : start + BATCH])
            for identity, outcome in outcomes.items():
                if isinstance(outcome, Exception):
                    found[identity] = self._explained(outcome, _reading(identity, region), GET, region)
                else:
                    found[identity] = outcome
        return found

    def list_all(self, region: str) -> list[str]:
        """Return all identities of the account in a region, in SES's order."""
        names: list[str] = []
        token: str | None = None
        while True:
            with self._calling(LIST, region, f"listing the identities in {region}"):
                page, token = self._region(region).list_page(token)
            names += page
            if not token:
                return names

    def verification(self, region: str, identities: Sequence[str]) -> dict[str, str]:
        """Return the verification status of each identity that SES knows. One call for every 100."""
        found: dict[str, str] = {}
        for start in range(0, len(identities), BATCH):
            with self._calling(VERIFICATION, region, f"reading whether identities are verified in {region}"):
                found |= self._region(region).verification(identities[start : start + BATCH])
        return found

    def throttles(self, region: str) -> bool:
        """Whether SES is known to throttle calls to a region."""
        return self._region(region).limiter.throttles

    def set(self, declared: Declaration, wanted: Callable[[Found], bool]) -> Found:
        """Set what is declared, and return what it replaces.

        Args:
            declared: The MAIL FROM domain to set.
            wanted: Whether to set it, given what SES has. Called for each reading until the call leaves.

        Raises:
            Outdated: It is no longer wanted.
            IdentityNotFound: SES does not know the identity, or not yet.
        """
        key = declared.key
        doing = f"setting {declared.mail_from_domain} as the MAIL FROM domain of {key.identity} in {key.region}"
        parameters = {
            "MailFromDomain": declared.mail_from_domain,
            "BehaviorOnMXFailure": declared.behavior_on_mx_failure,
        }
        return self._write(key, doing, parameters, wanted)

    def clear(self, key: Key, wanted: Callable[[Found], bool]) -> Found:
        """Set the MAIL FROM domain of an identity to null, and return what that replaces.

        Args:
            key: The identity.
            wanted: Whether to clear it, given what SES has. Called for each reading until the call leaves.

        Raises:
            Outdated: It is no longer wanted.
            IdentityNotFound: SES does not know the identity.
        """
        # botocore refuses None: leaving MailFromDomain out means null.
        return self._write(key, f"clearing the MAIL FROM domain of {key.identity} in {key.region}", {}, wanted)

    def _write(self, key: Key, doing: str, parameters: dict[str, str], wanted: Callable[[Found], bool]) -> Found:
        region = self._region(key.region)
        reader, recent = region.reader, _RecentReading(region.reader, self._clock, key.identity, wanted)

        def send() -> Found:
            client, replaced = self._connections.ses(key.region), recent.found()
            try:
                client.set_identity_mail_from_domain(Identity=key.identity, **parameters)
            finally:
                reader.drop(key.identity)
            return replaced

        reader.expect_write(key.identity)
        try:
            with self._calling(SET, key.region, doing):
                return region.limiter.call(SET, send, safe_to_repeat=False, precondition=recent)
        finally:
            reader.end_write(key.identity)

    def _region(self, name: str) -> Region:
        with self._lock:
            if name not in self._regions:
                self._regions[name] = Region(self._connections, name, self._clock)
            return self._regions[name]

    @contextmanager
    def _calling(self, operation: str, region: str, doing: str, patience: float | None = None) -> Iterator[None]:
        try:
            yield
        except (MailFromError, Outdated):
            raise
        except TooSlow:
            raise AwsUnreachable(
                doing,
                "SES did not answer in time",
                Remedy.CHECK_NETWORK,
                code="TooSlow",
                action=f"ses:{operation}",
                region=region,
                transient=True,
            ) from None
        except Exception as error:  # noqa: BLE001 - botocore also lets errors of other libraries through
            raise self._explained(error, doing, operation, region, patience) from None

    def _explained(
        self, error: Exception, doing: str, operation: str, region: str, patience: float | None = None
    ) -> CallFailed:
        budget = THROTTLING_BUDGET if patience is None else patience
        call = Call(doing, f"ses:{operation}", region, self._connections.ses_endpoint(region), budget)
        return explained(error, call, self._connections.secrets())


class _RecentReading:
    """The precondition of a write: a recent reading, given which it is wanted."""

    def __init__(self, reader: BatchReader, clock: Clock, identity: str, wanted: Callable[[Found], bool]) -> None:
        self._reader, self._clock, self._identity, self._wanted = reader, clock, identity, wanted
        self._late = 0

    def holds_at(self, moment: float) -> bool:
        """Whether the last reading will be recent enough at a moment of the clock, and the write is wanted."""
        reading = self._reader.last(self._identity)
        return reading is not None and moment - reading.read_at <= WRITE_AGE and self._wanted(reading.found)

    def renew(self) -> None:
        """Read again.

        Raises:
            Outdated: The write is no longer wanted.
            TooSlow: Readings take so long that they are too old when they arrive.
        """
        reading = self._reader.read(self._identity, _RENEWAL_AGE)
        if not self._wanted(reading.found):
            raise Outdated
        self._late += self._clock.now() - reading.read_at > WRITE_AGE
        if self._late >= _LATE_READS:
            raise TooSlow

    def found(self) -> Found:
        """What the last reading has found."""
        reading = self._reader.last(self._identity)
        return reading.found if reading else Absent.MAIL_FROM_DOMAIN


def _reading(what: str, region: str) -> str:
    return f"reading the MAIL FROM domain of {what} in {region}"
