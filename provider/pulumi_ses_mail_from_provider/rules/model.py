"""What a program declares, what SES has, and how a MAIL FROM domain is addressed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from .errors import InvalidInput
from .names import normalise_identity, normalise_region, shown


class BehaviorOnMXFailure(str, Enum):
    """What SES does with a message while the MAIL FROM domain is not verified (SES API, same name)."""

    USE_DEFAULT_VALUE = "UseDefaultValue"
    """Send it with a subdomain of amazonses.com as the MAIL FROM domain."""

    REJECT_MESSAGE = "RejectMessage"
    """Reject it with a MailFromDomainNotVerified error."""


class MailFromDomainStatus(str, Enum):
    """Whether SES has found the MX record (SES API, CustomMailFromStatus)."""

    PENDING = "Pending"
    """SES looks for the MX record, for up to 72 hours."""

    SUCCESS = "Success"
    """SES has found it and uses the MAIL FROM domain."""

    FAILED = "Failed"
    """SES did not find it within 72 hours and has stopped. Only setting the domain again restarts the search."""

    TEMPORARY_FAILURE = "TemporaryFailure"
    """SES no longer finds it, and keeps looking for up to 72 hours."""


@dataclass(frozen=True)
class Key:
    """Where a MAIL FROM domain is set: an identity in a region, in the account of the credentials."""

    region: str
    identity: str

    def __str__(self) -> str:
        return f"{self.region}/{self.identity}"

    @classmethod
    def parse(cls, resource_id: str) -> Key:
        """The key that a resource id names, normalised.

        Args:
            resource_id: "<region>/<identity>", such as "us-east-1/example.com".

        Raises:
            InvalidInput: The id has another form, or its parts are not valid.
        """
        region, slash, identity = resource_id.partition("/")
        if not slash:
            raise InvalidInput(
                f"{shown(resource_id)} is not an id of a MailFromDomain: give '<region>/<identity>', such as"
                " 'us-east-1/example.com'"
            )
        return cls(normalise_region(region), normalise_identity(identity))


@dataclass(frozen=True)
class Declaration:
    """What a program declares, normalised and complete.

    Attributes:
        options: The inputs that SES does not store, such as overwrite, by name.
    """

    key: Key
    mail_from_domain: str
    behavior_on_mx_failure: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def overwrite(self) -> bool:
        """Whether to replace another MAIL FROM domain that is already set."""
        return bool(self.options.get("overwrite"))


@dataclass(frozen=True)
class MailFromAttributes:
    """What SES has set for an identity (SES API, IdentityMailFromDomainAttributes).

    The values are strings rather than enums, so that values that SES adds later are kept as they are.
    """

    mail_from_domain: str
    behavior_on_mx_failure: str
    status: str

    @property
    def rejects_mail(self) -> bool:
        """Whether SES refuses all mail from the identity."""
        return (
            self.behavior_on_mx_failure == BehaviorOnMXFailure.REJECT_MESSAGE.value
            and self.status != MailFromDomainStatus.SUCCESS.value
        )


class Absent(Enum):
    """Why SES has no attributes to return."""

    MAIL_FROM_DOMAIN = "no MAIL FROM domain is set"
    IDENTITY = "SES has no such identity"


Found = MailFromAttributes | Absent


class Unknown(Enum):
    """A value that is not known yet: in a preview, an output of a resource that does not exist yet."""

    UNKNOWN = "unknown"


UNKNOWN = Unknown.UNKNOWN
