"""Single calls of SES with boto3, which `make live` makes beside the operations of this package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from pulumi_ses_mail_from_provider.rules.model import Key
from pulumi_ses_mail_from_provider.ses.clock import Clock
from pulumi_ses_mail_from_provider.ses.connections import Connections

GET: Final = "get_identity_mail_from_domain_attributes"
SET: Final = "set_identity_mail_from_domain"
LIST: Final = "list_identities"
CREATE: Final = "verify_domain_identity"
DELETE: Final = "delete_identity"

_PAUSE: Final = 1.2
"""Seconds between calls of the same action. SES accepts one per second."""
_TRIES: Final = 5


@dataclass(frozen=True)
class Outcome:
    """What came back from a call.

    Attributes:
        answer: The result; None if the call was refused.
        code: The code of the error.
        status: The HTTP status of the error.
        text: The text of the error.
    """

    answer: Mapping[str, Any] | None
    code: str = ""
    status: str = ""
    text: str = ""

    @property
    def sentence(self) -> str:
        """The outcome in words."""
        return "accepted" if self.answer is not None else f"refused: {self.code}: {self.text}"


class Calls:
    """Single calls of SES with boto3, slow enough for SES's rate limit."""

    def __init__(self, connections: Connections, key: Key, clock: Clock) -> None:
        self.key, self.clock = key, clock
        self._client: Any = connections.ses(key.region)
        self._next: dict[str, float] = {}

    def once(self, method: str, **parameters: Any) -> Outcome:
        """Call a method of boto3's client at once."""
        try:
            answer: Mapping[str, Any] = getattr(self._client, method)(**parameters)
        except ClientError as error:
            details, metadata = error.response["Error"], error.response.get("ResponseMetadata", {})
            status, text = metadata.get("HTTPStatusCode", ""), details.get("Message", "")
            return Outcome(None, str(details["Code"]), str(status), str(text))
        finally:
            self._next[method] = self.clock.now() + _PAUSE
        return Outcome(answer)

    def paced(self, method: str, **parameters: Any) -> Outcome:
        """Call a method when SES accepts it, and again if other clients use the quota."""
        for _ in range(_TRIES):
            self.clock.sleep(max(0.0, self._next.get(method, 0.0) - self.clock.now()))
            outcome = self.once(method, **parameters)
            if outcome.code not in ("Throttling", "ThrottlingException"):
                break
        return outcome

    def set(self, domain: str | None, behavior: str = "", identity: str = "") -> Outcome:
        """Set a MAIL FROM domain; None clears it.

        Args:
            domain: The MAIL FROM domain.
            behavior: BehaviorOnMXFailure; empty for the default of SES.
            identity: Another identity than that of the key.
        """
        optional = {"BehaviorOnMXFailure": behavior} if behavior else {}
        if domain is not None:
            optional["MailFromDomain"] = domain
        return self.paced(SET, Identity=identity or self.key.identity, **optional)

    def get(self, identity: str = "", *, at_once: bool = False) -> str:
        """Return the entry of an identity as it was received, or the error."""
        name = identity or self.key.identity
        call = self.once if at_once else self.paced
        outcome = call(GET, Identities=[name])
        if outcome.answer is None:
            return outcome.sentence
        entries = outcome.answer["MailFromDomainAttributes"]
        found = next((entry for other, entry in entries.items() if other.lower() == name.lower()), None)
        return "no entry" if found is None else ", ".join(f"{field}={value}" for field, value in sorted(found.items()))
