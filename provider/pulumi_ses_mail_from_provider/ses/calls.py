"""The calls of the SES API (v1) that concern MAIL FROM, with its quirks and its errors put straight."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from pulumi_ses_mail_from_provider.rules.errors import CallFailed, IdentityNotFound, MailFromError
from pulumi_ses_mail_from_provider.rules.model import (
    Absent,
    BehaviorOnMXFailure,
    Declaration,
    Found,
    Key,
    MailFromAttributes,
    MailFromDomainStatus,
)
from pulumi_ses_mail_from_provider.rules.names import as_answered, printable
from pulumi_ses_mail_from_provider.ses.batch_reader import BatchReader
from pulumi_ses_mail_from_provider.ses.clock import Clock
from pulumi_ses_mail_from_provider.ses.connections import Connections
from pulumi_ses_mail_from_provider.ses.errors import THROTTLING_BUDGET, Call, explained, is_unknown_identity
from pulumi_ses_mail_from_provider.ses.rate_limiter import RateLimiter, TooSlow

_GET: Final = "GetIdentityMailFromDomainAttributes"
_SET: Final = "SetIdentityMailFromDomain"
_LIST: Final = "ListIdentities"
_PAGE: Final = 1000  # of ListIdentities, at most

WRITE_AGE: Final = 4.85
"""Seconds: how old the read before a write may be when the write leaves. What somebody has set since is overwritten: no
setting that is older than 5 s. With the lead of `rate_limiter`, one read serves five writes at one a second."""

DECISION_AGE: Final = 3.5
"""The same where it is decided whether to write at all: less, as the write may have to wait for its turn."""

_RENEWAL_AGE: Final = 2.5
"""The same where a write is about to leave."""

_LINGER: Final = 4.6
"""Seconds for which a read waits for another one to share a call with, while SES throttles and writes are waiting: each
of those needs a recent read, and several share one."""
_AHEAD: Final = 0.4
"""Seconds before the last of those writes leaves at which it no longer waits, so that no turn is lost."""

_LATE_READS: Final = 3
"""How many reads before a write may take so long that they are too old when they are answered."""


class Outdated(Exception):
    """What SES has does not ask for the write any more."""


class Ses:
    """SES as this package sees it: at its rate, and with reads that share calls. Safe to share between threads.

    Every method raises CallFailed if SES refuses or cannot be asked, and Cancelled.
    """

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections, self._clock = connections, clock
        self._lock = threading.Lock()
        self._regions: dict[str, _Region] = {}

    def read(self, key: Key, max_age: float = 0.0, *, patience: float = THROTTLING_BUDGET) -> Found:
        """What is set for an identity now, or was when it was last read, at most `max_age` seconds ago.

        patience: seconds to wait at most, if less than the default.
        """
        region = self._region(key.region)
        linger = max(0.0, min(_LINGER, region.limiter.backlog(_SET) - _AHEAD)) if patience == THROTTLING_BUDGET else 0.0
        with self._calling(_GET, key.region, f"reading the MAIL FROM domain of {key.identity} in {key.region}"):
            return region.reader.read(key.identity, max_age, patience=patience, linger=linger).found

    def read_all(self, region: str, identities: Sequence[str]) -> dict[str, Found | MailFromError]:
        """What is set for each of these identities now, or why SES refuses to say so. One call for every 100 of them.

        Raises CallFailed for what concerns them all.
        """
        many = identities[0] if len(identities) == 1 else f"{len(identities)} identities"
        with self._calling(_GET, region, f"reading the MAIL FROM domain of {many} in {region}"):
            answers = self._region(region).reader.read_all(identities)
        found: dict[str, Found | MailFromError] = {}
        for identity, answer in answers.items():
            if isinstance(answer, Exception):
                doing = f"reading the MAIL FROM domain of {identity} in {region}"
                found[identity] = self._explained(answer, _GET, region, doing)
            else:
                found[identity] = answer
        return found

    def list_all(self, region: str) -> list[str]:
        """All identities of the account in a region, in SES's order."""
        names: list[str] = []
        token: str | None = None
        while True:
            with self._calling(_LIST, region, f"listing the identities in {region}"):
                page, token = self._region(region).list_page(token)
            names += page
            if not token:
                return names

    def throttles(self, region: str) -> bool:
        """Whether SES is known to throttle."""
        return self._region(region).limiter.throttles

    def set(self, declared: Declaration, wanted: Callable[[Found], bool]) -> Found:
        """Set what is declared, and return what it replaces.

        wanted: whether to set it, given what SES has. It is asked again about every read until the call leaves.

        Raises Outdated if it is not wanted any more, and IdentityNotFound if SES does not know the identity (yet).
        """
        key = declared.key
        doing = f"setting {declared.mail_from_domain} as the MAIL FROM domain of {key.identity} in {key.region}"
        parameters = {
            "MailFromDomain": declared.mail_from_domain,
            "BehaviorOnMXFailure": declared.behavior_on_mx_failure,
        }
        return self._write(key, doing, parameters, wanted)

    def clear(self, key: Key, wanted: Callable[[Found], bool]) -> None:
        """Set the MAIL FROM domain to null. Raises the same as `set`."""
        # Null is said by leaving MailFromDomain out: botocore refuses None.
        self._write(key, f"clearing the MAIL FROM domain of {key.identity} in {key.region}", {}, wanted)

    def _write(self, key: Key, doing: str, parameters: dict[str, str], wanted: Callable[[Found], bool]) -> Found:
        region = self._region(key.region)
        reader, recent = region.reader, _RecentRead(region.reader, self._clock, key.identity, wanted)

        def send() -> Found:
            client, replaced = self._connections.ses(key.region), recent.found()
            try:
                client.set_identity_mail_from_domain(Identity=key.identity, **parameters)
            finally:
                reader.drop(key.identity)
            return replaced

        reader.expect_write(key.identity)
        try:
            with self._calling(_SET, key.region, doing):
                return region.limiter.call(_SET, send, safe_to_repeat=False, precondition=recent)
        finally:
            reader.end_write(key.identity)

    def _region(self, name: str) -> _Region:
        with self._lock:
            if name not in self._regions:
                settings = self._connections.settings
                limiter = RateLimiter(settings.requests_per_second, settings.max_retries, self._clock)
                self._regions[name] = _Region(self._connections, name, limiter, self._clock)
            return self._regions[name]

    @contextmanager
    def _calling(self, operation: str, region: str, doing: str) -> Iterator[None]:
        try:
            yield
        except (MailFromError, Outdated):
            raise
        except TooSlow:
            raise CallFailed(doing, "SES did not answer in time", code="TooSlow", transient=True) from None
        except Exception as error:  # noqa: BLE001 - botocore also lets errors of its own libraries through
            raise self._explained(error, operation, region, doing) from None

    def _explained(self, error: Exception, operation: str, region: str, doing: str) -> MailFromError:
        call = Call(doing, f"ses:{operation}", region, self._connections.ses_endpoint(region))
        failure = explained(error, call, self._connections.secrets())
        return IdentityNotFound("", str(failure)) if is_unknown_identity(error) else failure


class _RecentRead:
    """The precondition of a write: a read of the last seconds asks for it."""

    def __init__(self, reader: BatchReader, clock: Clock, identity: str, wanted: Callable[[Found], bool]) -> None:
        self._reader, self._clock, self._identity, self._wanted = reader, clock, identity, wanted
        self._late = 0

    def holds_at(self, moment: float) -> bool:
        """Whether the last read is recent enough then, and asks for the write."""
        look = self._reader.last(self._identity)
        return look is not None and moment - look.read_at <= WRITE_AGE and self._wanted(look.found)

    def renew(self) -> None:
        """Read. Raises Outdated if the write is not wanted any more, and TooSlow if answers come too late for it."""
        look = self._reader.read(self._identity, _RENEWAL_AGE)
        if not self._wanted(look.found):
            raise Outdated
        self._late += self._clock.now() - look.read_at > WRITE_AGE
        if self._late >= _LATE_READS:
            raise TooSlow

    def found(self) -> Found:
        """What the last read has found."""
        look = self._reader.last(self._identity)
        return look.found if look else Absent.MAIL_FROM_DOMAIN


class _Region:
    """The calls to SES in one region."""

    def __init__(self, connections: Connections, name: str, limiter: RateLimiter, clock: Clock) -> None:
        self._connections, self._name, self.limiter, self._clock = connections, name, limiter, clock
        self.reader = BatchReader(self.get, self.list_page, clock)

    def get(self, names: Callable[[], Sequence[str]], patience: float = THROTTLING_BUDGET) -> dict[str, Found]:
        """What is set for at most 100 identities, whose names are asked for when it is the call's turn."""

        def send() -> dict[str, Any]:
            client, identities = self._connections.ses(self._name), list(names())
            return self._clock.abandonable(
                lambda: client.get_identity_mail_from_domain_attributes(Identities=identities)
            )

        answer = self.limiter.call(_GET, send, safe_to_repeat=True, patience=patience)
        attributes = answer.get("MailFromDomainAttributes") or {}
        # SES compares domains without regard to case, and may answer with the case it was once given.
        return {as_answered(identity): _found(entry) for identity, entry in attributes.items()}

    def list_page(self, token: str | None, patience: float = THROTTLING_BUDGET) -> tuple[Sequence[str], str | None]:
        """A page of the account's identities, and the token of the next one."""

        def send() -> dict[str, Any]:
            client, next_page = self._connections.ses(self._name), {"NextToken": token} if token else {}
            return self._clock.abandonable(lambda: client.list_identities(MaxItems=_PAGE, **next_page))

        answer = self.limiter.call(_LIST, send, safe_to_repeat=True, patience=patience)
        return [as_answered(name) for name in answer.get("Identities") or ()], answer.get("NextToken")


def _found(entry: Any) -> Found:
    # An identity with nothing set has an entry without the keys that the API's model calls required.
    domain = (entry or {}).get("MailFromDomain")
    if not domain:
        return Absent.MAIL_FROM_DOMAIN
    return MailFromAttributes(
        as_answered(str(domain)),
        printable(entry.get("BehaviorOnMXFailure") or BehaviorOnMXFailure.USE_DEFAULT_VALUE.value),
        printable(entry.get("MailFromDomainStatus") or MailFromDomainStatus.PENDING.value),
    )
