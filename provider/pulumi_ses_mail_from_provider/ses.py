"""The calls of the SES API (v1) that concern MAIL FROM, with its quirks and its errors put straight."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from .aws import Connections
from .errors import Call, explained, is_unknown_identity
from .failures import IdentityNotFound
from .model import Absent, BehaviorOnMXFailure, Declaration, Found, Key, MailFromDomainStatus, Setting
from .names import as_answered, printable
from .pace import Pace
from .reader import Reader

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
        with self._calling(_GET, key, f"reading the MAIL FROM domain of {key.identity} in {key.region}"):
            return self._region(key).reader.look(key.identity, max_age)

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
        region = self._region(key)

        def send() -> object:
            client = self._connections.ses(key.region)
            return client.set_identity_mail_from_domain(Identity=key.identity, **parameters)

        with self._calling(_SET, key, doing):
            try:
                region.pace.call(_SET, send, safe_to_repeat=False)
            finally:
                region.reader.drop(key.identity)

    def _region(self, key: Key) -> _Region:
        with self._lock:
            if key.region not in self._regions:
                settings = self._connections.settings
                pace = Pace(settings.requests_per_second, settings.max_retries, self._clock, self._sleep)
                self._regions[key.region] = _Region(self._connections, key.region, pace, self._clock)
            return self._regions[key.region]

    @contextmanager
    def _calling(self, operation: str, key: Key, doing: str) -> Iterator[None]:
        connections = self._connections
        try:
            yield
        except Exception as error:  # noqa: BLE001 - botocore also lets errors of its own libraries through
            call = Call(doing, f"ses:{operation}", key.region, connections.ses_endpoint(key.region))
            failure = explained(error, call, connections.secrets())
            raise (IdentityNotFound(str(failure)) if is_unknown_identity(error) else failure) from None


class _Region:
    """The calls to SES in one region."""

    def __init__(self, connections: Connections, name: str, pace: Pace, clock: Callable[[], float]) -> None:
        self._connections, self._name, self.pace = connections, name, pace
        self.reader = Reader(self._get, self._list_page, clock)

    def _get(self, names: Callable[[], Sequence[str]]) -> dict[str, Found]:
        def send() -> dict[str, Any]:
            client = self._connections.ses(self._name)
            return client.get_identity_mail_from_domain_attributes(Identities=list(names()))

        attributes = self.pace.call(_GET, send, safe_to_repeat=True).get("MailFromDomainAttributes") or {}
        # SES compares domains without regard to case, and may answer with the case it was once given.
        return {as_answered(identity): _found(entry) for identity, entry in attributes.items()}

    def _list_page(self, token: str | None) -> tuple[Sequence[str], str | None]:
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
