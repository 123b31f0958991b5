"""The calls of the SES API (v1) that concern MAIL FROM, with its quirks and its errors put straight."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from .aws import Connections
from .errors import Call, explained, is_unknown_identity
from .failures import IdentityNotFound, MailFromError
from .model import Absent, BehaviorOnMXFailure, Declaration, Found, Key, MailFromDomainStatus, Setting
from .names import as_answered, printable
from .pace import Pace
from .reader import BATCH, Reader

_GET: Final = "GetIdentityMailFromDomainAttributes"
_SET: Final = "SetIdentityMailFromDomain"
_LIST: Final = "ListIdentities"
_PAGE: Final = 1000  # of ListIdentities, at most


class Ses:
    """SES as this package sees it: paced, and with reads that share calls. Safe to share between threads.

    Every method raises CallFailed if SES refuses or cannot be asked.

    clock, sleep: in seconds, as those of `time`.
    """

    def __init__(self, connections: Connections, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._connections = connections
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._regions: dict[str, _Region] = {}

    def look(self, key: Key, max_age: float = 0.0) -> Found:
        """What is set for an identity now, or was when it was last read, at most `max_age` seconds ago."""
        with self._calling(_GET, key.region, f"reading the MAIL FROM domain of {key.identity} in {key.region}"):
            return self._region(key.region).reader.look(key.identity, max_age)

    def look_all(self, region: str, identities: Sequence[str]) -> dict[str, Found]:
        """What is set for each of these identities now. One call for every 100 of them."""
        found: dict[str, Found] = {}
        for start in range(0, len(identities), BATCH):
            batch = identities[start : start + BATCH]
            many = batch[0] if len(batch) == 1 else f"{len(batch)} identities"
            with self._calling(_GET, region, f"reading the MAIL FROM domain of {many} in {region}"):
                answered = self._region(region).get(partial(list, batch))
            found |= {identity: answered.get(identity, Absent.IDENTITY) for identity in batch}
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

    def set(self, declared: Declaration) -> None:
        """Set what is declared. Raises IdentityNotFound if SES does not know the identity (yet)."""
        key = declared.key
        doing = f"setting {declared.mail_from_domain} as the MAIL FROM domain of {key.identity} in {key.region}"
        parameters = {
            "MailFromDomain": declared.mail_from_domain,
            "BehaviorOnMXFailure": declared.behavior_on_mx_failure,
        }
        self._write(key, doing, parameters)

    def clear(self, key: Key) -> None:
        """Set the MAIL FROM domain to null. Raises IdentityNotFound if SES does not know the identity."""
        # Null is said by leaving MailFromDomain out: botocore refuses None.
        self._write(key, f"clearing the MAIL FROM domain of {key.identity} in {key.region}", {})

    def _write(self, key: Key, doing: str, parameters: dict[str, str]) -> None:
        region = self._region(key.region)

        def send() -> object:
            client = self._connections.ses(key.region)
            return client.set_identity_mail_from_domain(Identity=key.identity, **parameters)

        with self._calling(_SET, key.region, doing):
            try:
                region.pace.call(_SET, send, safe_to_repeat=False)
            finally:
                region.reader.drop(key.identity)

    def _region(self, name: str) -> _Region:
        with self._lock:
            if name not in self._regions:
                settings = self._connections.settings
                pace = Pace(settings.requests_per_second, settings.max_retries, self._clock, self._sleep)
                self._regions[name] = _Region(self._connections, name, pace, self._clock)
            return self._regions[name]

    @contextmanager
    def _calling(self, operation: str, region: str, doing: str) -> Iterator[None]:
        connections = self._connections
        try:
            yield
        except MailFromError:
            raise
        except Exception as error:  # noqa: BLE001 - botocore also lets errors of its own libraries through
            call = Call(doing, f"ses:{operation}", region, connections.ses_endpoint(region))
            failure = explained(error, call, connections.secrets())
            raise (IdentityNotFound(str(failure)) if is_unknown_identity(error) else failure) from None


class _Region:
    """The calls to SES in one region."""

    def __init__(self, connections: Connections, name: str, pace: Pace, clock: Callable[[], float]) -> None:
        self._connections, self._name, self.pace = connections, name, pace
        self.reader = Reader(self.get, self.list_page, clock)

    def get(self, names: Callable[[], Sequence[str]]) -> dict[str, Found]:
        """What is set for at most 100 identities, which are called for when it is the call's turn."""

        def send() -> dict[str, Any]:
            client = self._connections.ses(self._name)
            return client.get_identity_mail_from_domain_attributes(Identities=list(names()))

        attributes = self.pace.call(_GET, send, safe_to_repeat=True).get("MailFromDomainAttributes") or {}
        # SES compares domains without regard to case, and may answer with the case it was once given.
        return {as_answered(identity): _found(entry) for identity, entry in attributes.items()}

    def list_page(self, token: str | None) -> tuple[Sequence[str], str | None]:
        """A page of the account's identities, and the token of the next one."""

        def send() -> dict[str, Any]:
            next_page = {"NextToken": token} if token else {}
            return self._connections.ses(self._name).list_identities(MaxItems=_PAGE, **next_page)

        answer = self.pace.call(_LIST, send, safe_to_repeat=True)
        return [as_answered(name) for name in answer.get("Identities") or ()], answer.get("NextToken")


def _found(entry: Any) -> Found:
    # An identity with nothing set has an entry without the keys that the API's model calls required.
    domain = (entry or {}).get("MailFromDomain")
    if not domain:
        return Absent.SETTING
    return Setting(
        as_answered(str(domain)),
        printable(entry.get("BehaviorOnMXFailure") or BehaviorOnMXFailure.USE_DEFAULT_VALUE.value),
        printable(entry.get("MailFromDomainStatus") or MailFromDomainStatus.PENDING.value),
    )
