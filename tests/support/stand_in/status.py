"""Transitions of the status (SES Developer Guide, "Custom MAIL FROM domain setup states")."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from .model import MailFrom

MX_TIMEOUT: Final = 72 * 3600.0
"""Seconds for which SES tries to find the MX record, after a Set and after the record has disappeared."""


@dataclass(frozen=True)
class Setting:
    """A stored MAIL FROM setting.

    Attributes:
        domain: The domain as it was given.
        behavior: BehaviorOnMXFailure.
        status: MailFromDomainStatus.
        since: The time of the last change of the status.
    """

    domain: str
    behavior: str
    status: str
    since: float

    @property
    def shown(self) -> MailFrom:
        """The setting with its domain in lower case."""
        return MailFrom(self.domain.lower(), self.behavior, self.status)


def after_delay(setting: Setting, now: float, seconds: float) -> Setting:
    """Return the setting at the time `now` if Pending settings become Success after `seconds`."""
    if setting.status == "Pending" and now - setting.since >= seconds:
        return replace(setting, status="Success", since=setting.since + seconds)
    return setting


def after_lookup(setting: Setting, now: float, *, found: bool) -> Setting:
    """Return the setting after a DNS query. Failed is final, because SES has stopped checking."""
    if setting.status == "Success":
        return setting if found else replace(setting, status="TemporaryFailure", since=now)
    if setting.status in ("Pending", "TemporaryFailure"):
        if found:
            return replace(setting, status="Success", since=now)
        if now - setting.since >= MX_TIMEOUT:
            return replace(setting, status="Failed", since=now)
    return setting
