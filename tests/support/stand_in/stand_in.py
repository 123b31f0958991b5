"""The stand-in as tests use it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import final

from .credentials import Credentials
from .faults import Effect, Fault, Faults
from .gateway import Gateway, RateLimit
from .journal import Journal
from .model import DEFAULT_ACCOUNT, DEFAULT_BEHAVIOR, Change, MailFrom, Place, Rules, canonical
from .server import Server
from .service import Service


def stopped() -> float:
    """A clock that never moves. With it, time passes only through `SesStandIn.advance`."""
    return 0.0


@final
class SesStandIn:
    """Amazon SES, with GetCallerIdentity and AssumeRole of STS, on a loopback port.

    It serves from its construction until `close`, and is a context manager. The methods from `verify` to `history`
    bypass the API: no rate limits, no faults, no journal entries.

    Args:
        rate: Requests per second for each account, region and action; None: no limit.
        port: The port; 0 for any free one.
        clock: Returns seconds. Times in the journal count from the start of the stand-in.
        rules: Behaviour that is configurable.
        account: The account of access keys that are not in `accounts`.
        accounts: Account by access key.
        strict_credentials: Whether to refuse access keys that are not in `accounts`.
        seed: Seed for faults with a probability.

    Attributes:
        url: The endpoint URL, for AWS_ENDPOINT_URL.
        rules: Behaviour that is configurable, at any time.
        credentials: The access keys.
        gateway: Handles requests without HTTP.
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
        self.gateway = Gateway(self._service, self.credentials, self._limit, self._faults, self._wait)
        self._server = Server(self.gateway.handle, port)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop serving and end calls that hang. Raises the last unexpected exception of the stand-in itself."""
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
        """Return the seconds since the start by its own clock."""
        return self._clock() - self._zero

    def advance(self, seconds: float) -> None:
        """Let time pass for statuses, rate limits and lags."""
        self._zero -= seconds

    @property
    def journal(self) -> Journal:
        """The calls that have arrived."""
        return self.gateway.journal

    @property
    def rate(self) -> float | None:
        """Requests per second; None: no limit. Can be changed at any time."""
        return self._limit.rate

    @rate.setter
    def rate(self, rate: float | None) -> None:
        self._limit.rate = rate

    def verify(self, region: str, *identities: str, account: str | None = None, lag: float = 0.0) -> None:
        """Add verified identities.

        Args:
            region: The region.
            identities: Domains and e-mail addresses.
            account: The account; None for the default one.
            lag: Seconds until Set and Get know them.
        """
        for identity in identities:
            self._service.verify(self._place(region, account), identity, verification="Success", lag=lag)

    def delete_identity(self, region: str, identity: str, *, account: str | None = None) -> None:
        """Delete an identity and its MAIL FROM setting."""
        self._service.delete(self._place(region, account), identity)

    def identities(self, region: str, *, account: str | None = None) -> list[str]:
        """Return all identities, oldest first."""
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
        """Set the MAIL FROM setting of an existing identity, without any checks. Raises KeyError for an unknown one."""
        self._service.put(self._place(region, account), identity, MailFrom(domain, behavior, status))

    def clear(self, region: str, identity: str, *, account: str | None = None) -> None:
        """Clear the MAIL FROM setting of an identity."""
        self._service.put(self._place(region, account), identity, None)

    def set_status(self, region: str, identity: str, status: str, *, account: str | None = None) -> None:
        """Change the status of an existing setting."""
        setting = self.mail_from(region, identity, account=account)
        if setting is None:
            raise KeyError(identity)
        self.put(region, identity, setting.domain, behavior=setting.behavior, status=status, account=account)

    def mail_from(self, region: str, identity: str, *, account: str | None = None) -> MailFrom | None:
        """Return the current setting; None without a setting or identity."""
        setting = self._service.settings(self._place(region, account), [identity]).get(identity)
        return setting.shown if setting else None

    def history(self, region: str, identity: str, *, account: str | None = None) -> list[Change]:
        """Return all changes of the setting, oldest first."""
        return self._service.history(self._place(region, account), identity)

    def deny(self, action: str, account: str | None = None) -> None:
        """Refuse an action with AccessDenied, for one account or for all."""
        self.gateway.denied.add((action, account))

    def allow(self, action: str, account: str | None = None) -> None:
        """Undo `deny`."""
        self.gateway.denied.discard((action, account))

    def expire(self, access_key: str) -> None:
        """Refuse an access key as expired."""
        self.credentials.expired.add(access_key)

    def invalidate(self, access_key: str) -> None:
        """Refuse an access key as invalid."""
        self.credentials.invalid.add(access_key)

    def renew(self, access_key: str) -> None:
        """Undo `expire` and `invalidate`."""
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
        """Add a fault.

        With a probability, the calls that are hit depend on the seed, the action, the identities and the number of
        such calls, but not on their order of arrival.

        Args:
            effects: One of these is applied to each call that is hit.
            action: The action to affect; None affects all actions of SES, but not those of STS.
            identity: Affect only calls with this identity.
            skip: Matching calls to leave alone at first.
            count: The number of calls to hit.
            seconds: The time after which the fault ends.
            probability: The share of matching calls to hit.
        """
        fault = Fault(effects, action, identity, skip, count, self.now() + seconds, probability)
        self._faults.add(fault)
        return fault

    def heal(self, fault: Fault | None = None) -> None:
        """Remove a fault; None removes all."""
        self._faults.remove(fault)

    def _place(self, region: str, account: str | None) -> Place:
        return Place(account or self._account, region)

    def _wait(self, seconds: float) -> bool:
        # Some platforms do not accept an infinite timeout.
        return self._stop.wait(min(seconds, 86400.0))
