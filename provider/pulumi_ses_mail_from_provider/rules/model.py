"""The words of the trade: what is declared, what SES has, and how a MAIL FROM setting is addressed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pulumi_ses_mail_from_provider.rules.errors import InvalidInput
from pulumi_ses_mail_from_provider.rules.names import normalise_identity, normalise_region, shown


class BehaviorOnMXFailure(str, Enum):
    """What SES does with a message while the MAIL FROM domain is not verified (SES API, same name)."""

    USE_DEFAULT_VALUE = "UseDefaultValue"
    """Send it from a subdomain of amazonses.com."""

    REJECT_MESSAGE = "RejectMessage"
    """Refuse it with MailFromDomainNotVerified."""


class MailFromDomainStatus(str, Enum):
    """Whether SES has read the MX record (SES API, CustomMailFromStatus)."""

    PENDING = "Pending"
    """SES looks for it, for 72 hours at most."""

    SUCCESS = "Success"
    """Found: the MAIL FROM domain is in use."""

    FAILED = "Failed"
    """Not found within 72 hours. SES has stopped looking; only setting the domain again restarts it."""

    TEMPORARY_FAILURE = "TemporaryFailure"
    """It was there and no longer is; SES goes on looking for 72 hours."""


@dataclass(frozen=True)
class Key:
    """Where a MAIL FROM setting lives: an identity in a region (of the account in use)."""

    region: str
    identity: str

    def __str__(self) -> str:
        return f"{self.region}/{self.identity}"

    @classmethod
    def parse(cls, resource_id: str) -> Key:
        """The inverse of `str`, normalised. Raises InvalidInput."""
        region, slash, identity = resource_id.partition("/")
        if not slash:
            raise InvalidInput(
                f"{shown(resource_id)} is not an id of a MailFromDomain: give '<region>/<identity>', such as"
                " 'us-east-1/example.com'"
            )
        return cls(normalise_region(region), normalise_identity(identity))


@dataclass(frozen=True)
class Declaration:
    """What a program declares, normalised and complete."""

    key: Key
    mail_from_domain: str
    behavior_on_mx_failure: str
    overwrite: bool = False


@dataclass(frozen=True)
class MailFromAttributes:
    """What SES has for an identity. Values that SES may add one day are kept as they come."""

    mail_from_domain: str
    behavior_on_mx_failure: str
    status: str


class Absent(Enum):
    """Why SES has no setting to show."""

    MAIL_FROM_DOMAIN = "no MAIL FROM domain is set"
    IDENTITY = "SES has no such identity"


Found = MailFromAttributes | Absent


class Unknown(Enum):
    """A value that is not known yet: in a preview, an output of a resource that is still to be made."""

    UNKNOWN = "unknown"


UNKNOWN = Unknown.UNKNOWN
