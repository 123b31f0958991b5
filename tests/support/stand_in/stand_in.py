"""The stand-in as tests hold it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import final

from .credentials import Credentials
from .faults import Effect, Fault, Faults
from .front import Front, RateLimit
from .journal import Journal
from .model import DEFAULT_ACCOUNT, DEFAULT_BEHAVIOR, Change, MailFrom, Place, Rules, canonical
from .server import Server
from .service import Service


def stopped() -> float:
    """A clock that stands still: with it, only `SesStandIn.advance` makes time pass."""
    return 0.0


@final
class SesStandIn:
    """Amazon SES (and the two actions of STS) on a loopback port, from construction or `with` until `close`.

    rate: requests per second, for each account, region and action; None: no limit.
    clock: seconds; times in the journal count from the start of the stand-in.
    accounts: access key to account; other keys are of `account`, or refused if `strict_credentials`.
    seed: of the faults with a probability.

    All methods from `verify` to `history` go round the API: no limits, no faults, not in the journal.
    """

    def __init__(  # noqa: PLR0913 - all but the first by name
        self,
        rate: float | None = 1.0,
        *,
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
        rules: Rules | None = None,
        account: str = DEFAULT_ACCOUNT,
        accounts: Mapping[str, str] | None = None,
        strict_credentials: bool = False,
        seed: int = 0,
    ) -> None:
        self.rules = rules or Rules()
        self._clock = clock
        self._zero = clock()
        self._account = account
        self._stop = threading.Event()
        self._service = Service(self.rules, self.now)
        self._limit = RateLimit(rate)
        self._faults = Faults(seed)
        self.credentials = Credentials(self.now, account, strict=strict_credentials)
        self.credentials.accounts.update(accounts or {})
        self.front = Front(self._service, self.credentials, self._limit, self._faults, self._wait)
        self._server = Server(self.front.answer, port)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop serving; calls that hang are let go. Raises what went wrong in the stand-in itself, if anything."""
        self._stop.set()
        self._server.close()
        if self._server.bug:
            raise self._server.bug

    def __enter__(self) -> SesStandIn:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def now(self) -> float:
        """Seconds since the start, as the stand-in sees them."""
        return self._clock() - self._zero

    def advance(self, seconds: float) -> None:
        """Let time pass: statuses, limits and lags see it."""
        self._zero -= seconds

    @property
    def journal(self) -> Journal:
        """The calls that arrived."""
        return self.front.journal

    @property
    def rate(self) -> float | None:
        """Requests per second; may be changed at any time."""
        return self._limit.rate

    @rate.setter
    def rate(self, rate: float | None) -> None:
        self._limit.rate = rate

    def verify(self, region: str, *identities: str, account: str | None = None, lag: float = 0.0) -> None:
        """Have these verified identities; `lag`: seconds until Set and Get know them."""
        for identity in identities:
            self._service.verify(self._place(region, account), identity, verification="Success", lag=lag)

    def delete_identity(self, region: str, identity: str, *, account: str | None = None) -> None:
        """Have it no longer, nor its MAIL FROM."""
        self._service.delete(self._place(region, account), identity)

    def identities(self, region: str, *, account: str | None = None) -> list[str]:
        """All identities, oldest first."""
        return [canonical(identity.name) for identity in self._service.listed(self._place(region, account))]

    def put(  # noqa: PLR0913 - all but the first three by name
        self,
        region: str,
        identity: str,
        domain: str,
        *,
        behavior: str = DEFAULT_BEHAVIOR,
        status: str = "Success",
        account: str | None = None,
    ) -> None:
        """Have this setting, of an identity that is there (KeyError if not); any values."""
        self._service.put(self._place(region, account), identity, MailFrom(domain, behavior, status))

    def clear(self, region: str, identity: str, *, account: str | None = None) -> None:
        """Have no setting."""
        self._service.put(self._place(region, account), identity, None)

    def set_status(self, region: str, identity: str, status: str, *, account: str | None = None) -> None:
        """Have the setting in this status."""
        setting = self.mail_from(region, identity, account=account)
        if setting is None:
            raise KeyError(identity)
        self.put(region, identity, setting.domain, behavior=setting.behavior, status=status, account=account)

    def mail_from(self, region: str, identity: str, *, account: str | None = None) -> MailFrom | None:
        """The setting as it is now; None also if there is no such identity."""
        setting = self._service.settings(self._place(region, account), [identity]).get(identity)
        return setting.shown if setting else None

    def history(self, region: str, identity: str, *, account: str | None = None) -> list[Change]:
        """Every change of the setting, oldest first; begins with the first one that was set."""
        return self._service.history(self._place(region, account), identity)

    def deny(self, action: str, account: str | None = None) -> None:
        """Refuse the action with AccessDenied, to one account or to all."""
        self.front.denied.add((action, account))

    def allow(self, action: str, account: str | None = None) -> None:
        """Take a `deny` back."""
        self.front.denied.discard((action, account))

    def expire(self, access_key: str) -> None:
        """From now on the credentials are expired."""
        self.credentials.expired.add(access_key)

    def invalidate(self, access_key: str) -> None:
        """From now on the credentials are invalid."""
        self.credentials.invalid.add(access_key)

    def renew(self, access_key: str) -> None:
        """Take `expire` and `invalidate` back."""
        self.credentials.expired.discard(access_key)
        self.credentials.invalid.discard(access_key)

    def inject(  # noqa: PLR0913 - all by name
        self,
        *effects: Effect,
        action: str | None = None,
        identity: str | None = None,
        skip: int = 0,
        count: float = math.inf,
        seconds: float = math.inf,
        probability: float = 1.0,
    ) -> Fault:
        """Let calls suffer one of the effects: `count` of them, after the first `skip`, for so many `seconds`.

        Without an action: all those of SES. Which calls a probability picks depends on the seed, the action,
        the identities and how often they were called, not on the order of arrival.
        """
        fault = Fault(effects, action, identity, skip, count, self.now() + seconds, probability)
        self._faults.add(fault)
        return fault

    def heal(self, fault: Fault | None = None) -> None:
        """No more of this fault; None: no more faults."""
        self._faults.remove(fault)

    def _place(self, region: str, account: str | None) -> Place:
        return Place(account or self._account, region)

    def _wait(self, seconds: float) -> bool:
        # A wait for ever is an error to some platforms: a day is for ever to a test.
        return self._stop.wait(min(seconds, 86400.0))
