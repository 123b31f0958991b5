"""The calls of the SES API (v1) in one region, with its quirks put straight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from pulumi_ses_mail_from_provider.rules.model import (
    Absent,
    BehaviorOnMXFailure,
    Found,
    MailFromAttributes,
    MailFromDomainStatus,
)
from pulumi_ses_mail_from_provider.rules.names import as_answered, printable

from .batch_reader import BatchReader
from .clock import Clock
from .connections import Connections
from .rate_limiter import RateLimiter

GET: Final = "GetIdentityMailFromDomainAttributes"
SET: Final = "SetIdentityMailFromDomain"
LIST: Final = "ListIdentities"
VERIFICATION: Final = "GetIdentityVerificationAttributes"
_PAGE: Final = 1000  # identities that ListIdentities returns, at most


class Region:
    """The calls in one region. They raise what botocore raises, TooSlow and Cancelled.

    Attributes:
        limiter: What the calls pass through.
        reader: Reads that share the Gets.
    """

    def __init__(self, connections: Connections, name: str, clock: Clock) -> None:
        settings = connections.settings
        self._connections, self._name, self._clock = connections, name, clock
        self.limiter = RateLimiter(settings.requests_per_second, settings.max_retries, clock)
        self.reader = BatchReader(self._get, self.list_page, clock)

    def list_page(self, token: str | None, patience: float | None = None) -> tuple[Sequence[str], str | None]:
        """List a page of the account's identities.

        Args:
            token: The token of the page. None: the first page.
            patience: The longest time to wait, in seconds. None: no limit.

        Returns:
            The identities, and the token of the next page, if there is one.
        """

        def send() -> dict[str, Any]:
            client, next_page = self._connections.ses(self._name), {"NextToken": token} if token else {}
            return self._clock.abandonable(lambda: client.list_identities(MaxItems=_PAGE, **next_page))

        answer = self.limiter.call(LIST, send, safe_to_repeat=True, patience=patience)
        return [as_answered(name) for name in answer.get("Identities") or ()], answer.get("NextToken")

    def verification(self, names: Sequence[str]) -> dict[str, str]:
        """The verification status of each identity that SES knows, of 100 at most."""

        def send() -> dict[str, Any]:
            client = self._connections.ses(self._name)
            return self._clock.abandonable(lambda: client.get_identity_verification_attributes(Identities=list(names)))

        answer = self.limiter.call(VERIFICATION, send, safe_to_repeat=True)
        entries = answer.get("VerificationAttributes") or {}
        return {as_answered(name): printable(entry.get("VerificationStatus") or "") for name, entry in entries.items()}

    def _get(self, names: Callable[[], Sequence[str]], patience: float | None) -> dict[str, Found]:
        def send() -> dict[str, Any]:
            client, identities = self._connections.ses(self._name), list(names())
            return self._clock.abandonable(
                lambda: client.get_identity_mail_from_domain_attributes(Identities=identities)
            )

        answer = self.limiter.call(GET, send, safe_to_repeat=True, patience=patience)
        attributes = answer.get("MailFromDomainAttributes") or {}
        # SES compares domains without regard to case, and may answer in the case that it was once given.
        return {as_answered(identity): _found(entry) for identity, entry in attributes.items()}


def _found(entry: Any) -> Found:
    # If nothing is set, the entry lacks keys that the API's model calls required.
    domain = (entry or {}).get("MailFromDomain")
    if not domain:
        return Absent.MAIL_FROM_DOMAIN
    return MailFromAttributes(
        as_answered(str(domain)),
        printable(entry.get("BehaviorOnMXFailure") or BehaviorOnMXFailure.USE_DEFAULT_VALUE.value),
        printable(entry.get("MailFromDomainStatus") or MailFromDomainStatus.PENDING.value),
    )
