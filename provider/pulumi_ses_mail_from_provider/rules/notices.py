"""What the operations tell the user while they run. Front ends word it."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import CallFailed
from .model import Key, MailFromAttributes


@dataclass(frozen=True)
class Notice:
    """One line for the user. Shown once a run, unless the class says otherwise."""


@dataclass(frozen=True)
class Adopted(Notice):
    """What is declared was set already."""

    key: Key
    found: MailFromAttributes


@dataclass(frozen=True)
class Overwrote(Notice):
    """A MAIL FROM domain that this stack did not set was replaced, as the program asked for."""

    key: Key
    replaced: MailFromAttributes


@dataclass(frozen=True)
class LeftToDeclaration(Notice):
    """Delete did not clear the MAIL FROM domain: another resource of the program declares the identity."""

    key: Key
    mail_from_domain: str


@dataclass(frozen=True)
class LeftToOthers(Notice):
    """Delete did not clear the MAIL FROM domain: this stack did not set it."""

    key: Key
    mail_from_domain: str


@dataclass(frozen=True)
class StatusChanged(Notice):
    """SES has another status than state."""

    key: Key
    before: str | None
    after: str


@dataclass(frozen=True)
class MailFromDomainMissing(Notice):
    """The MAIL FROM domain in state is no longer set in SES."""

    key: Key
    mail_from_domain: str


@dataclass(frozen=True)
class MailFromDomainDiffers(Notice):
    """SES has another MAIL FROM domain than state."""

    key: Key
    found: str
    stated: str


@dataclass(frozen=True)
class BehaviorDiffers(Notice):
    """SES has another behavior on MX failure than state."""

    key: Key
    found: str


@dataclass(frozen=True)
class StatusFailed(Notice):
    """SES has stopped looking for the MX record, and is asked to start again."""

    key: Key
    mail_from_domain: str


@dataclass(frozen=True)
class MailRejected(Notice):
    """RejectMessage is set for a MAIL FROM domain that is not verified."""

    key: Key
    mail_from_domain: str


@dataclass(frozen=True)
class AccountGuardOff(Notice):
    """The account of the credentials could not be determined, so it is not compared."""

    region: str
    failure: CallFailed


@dataclass(frozen=True)
class WaitingForIdentity(Notice):
    """SES does not know the identity yet."""

    key: Key
    seconds: float


@dataclass(frozen=True)
class WaitingForVerification(Notice):
    """How far the wait for SES has come. Shown each time."""

    waited: float
    """Seconds."""
    timeout: float
    """Seconds."""
    total: int
    left: int
    first: str
    """The first MAIL FROM domain that is not verified yet, and what SES says of it."""
