"""The two calls of the SES API (v1) that concern MAIL FROM, with its quirks and its errors put straight."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from .aws import Connections
from .errors import Call, explained, is_unknown_identity
from .failures import IdentityNotFound
from .model import Absent, BehaviorOnMXFailure, Declaration, Found, Key, MailFromDomainStatus, Setting
from .names import as_answered

_GET: Final = "GetIdentityMailFromDomainAttributes"
_SET: Final = "SetIdentityMailFromDomain"


class Ses:
    """SES as this package sees it. Every method raises CallFailed if SES refuses or cannot be asked."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def look(self, key: Key) -> Found:
        """What is set for an identity now."""
        with self._calling(_GET, key, f"reading the MAIL FROM domain of {key.identity} in {key.region}"):
            answer = self._connections.ses(key.region).get_identity_mail_from_domain_attributes(
                Identities=[key.identity]
            )
            attributes = answer.get("MailFromDomainAttributes") or {}
            # SES compares domains without regard to case, and may answer with the case it was once given.
            by_name = {as_answered(identity): entry for identity, entry in attributes.items()}
            return _found(by_name.get(key.identity, _NO_ENTRY))

    def set(self, declared: Declaration) -> None:
        """Set what is declared. Raises IdentityNotFound if SES does not know the identity (yet)."""
        key = declared.key
        doing = f"setting {declared.mail_from_domain} as the MAIL FROM domain of {key.identity} in {key.region}"
        with self._calling(_SET, key, doing):
            self._connections.ses(key.region).set_identity_mail_from_domain(
                Identity=key.identity,
                MailFromDomain=declared.mail_from_domain,
                BehaviorOnMXFailure=declared.behavior_on_mx_failure,
            )

    def clear(self, key: Key) -> None:
        """Set the MAIL FROM domain to null. Raises IdentityNotFound if SES does not know the identity."""
        with self._calling(_SET, key, f"clearing the MAIL FROM domain of {key.identity} in {key.region}"):
            # Null is said by leaving MailFromDomain out: botocore refuses None.
            self._connections.ses(key.region).set_identity_mail_from_domain(Identity=key.identity)

    @contextmanager
    def _calling(self, operation: str, key: Key, doing: str) -> Iterator[None]:
        connections = self._connections
        try:
            yield
        except Exception as error:  # noqa: BLE001 - botocore also lets errors of its own libraries through
            call = Call(doing, f"ses:{operation}", key.region, connections.ses_endpoint(key.region))
            failure = explained(error, call, connections.secrets())
            raise (IdentityNotFound(str(failure)) if is_unknown_identity(error) else failure) from None


_NO_ENTRY: Final = object()


def _found(entry: Any) -> Found:
    if entry is _NO_ENTRY:
        return Absent.IDENTITY
    # An identity with nothing set has an entry without the keys that the API's model calls required.
    domain = (entry or {}).get("MailFromDomain")
    if not domain:
        return Absent.SETTING
    return Setting(
        as_answered(str(domain)),
        str(entry.get("BehaviorOnMXFailure") or BehaviorOnMXFailure.USE_DEFAULT_VALUE.value),
        str(entry.get("MailFromDomainStatus") or MailFromDomainStatus.PENDING.value),
    )
