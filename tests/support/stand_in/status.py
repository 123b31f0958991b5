"""How the status of a setting moves on (SES developer guide, "Custom MAIL FROM domain setup states")."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from .model import MailFrom

PATIENCE: Final = 72 * 3600.0
"""Seconds for which SES looks for the MX record, at first and again after it has gone."""


@dataclass(frozen=True)
class Setting:
    """A MAIL FROM setting as it is stored."""

    domain: str
    """As it was given."""

    behavior: str
    status: str
    since: float
    """When it came into this status."""

    @property
    def shown(self) -> MailFrom:
        """As it is compared."""
        return MailFrom(self.domain.lower(), self.behavior, self.status)


def after_delay(setting: Setting, now: float, seconds: float) -> Setting:
    """A Pending setting is a Success after `seconds`."""
    if setting.status == "Pending" and now - setting.since >= seconds:
        return replace(setting, status="Success", since=setting.since + seconds)
    return setting


def after_lookup(setting: Setting, now: float, *, found: bool) -> Setting:
    """What a look into DNS makes of it. Failed stays: SES has stopped looking."""
    if setting.status == "Success":
        return setting if found else replace(setting, status="TemporaryFailure", since=now)
    if setting.status in ("Pending", "TemporaryFailure"):
        if found:
            return replace(setting, status="Success", since=now)
        if now - setting.since >= PATIENCE:
            return replace(setting, status="Failed", since=now)
    return setting
