"""The errors that this package raises. Their text is a whole message: it is what the user of Pulumi reads."""

from __future__ import annotations


class MailFromError(Exception):
    """An operation cannot be done, or not safely."""


class CallFailed(MailFromError):
    """AWS refused a call, or could not be asked."""

    def __init__(self, message: str, *, code: str = "", outcome_unknown: bool = False, passing: bool = False) -> None:
        super().__init__(message)
        self.code = code
        """AWS's error code, or the name of botocore's exception."""
        self.outcome_unknown = outcome_unknown
        """Whether the call may have taken effect all the same."""
        self.passing = passing
        """Whether the same call may well succeed a while later."""


class IdentityNotFound(MailFromError):
    """SES does not know the identity."""


class SettingNotFound(MailFromError):
    """Nothing is set for the identity that was to be read."""


class AnotherMailFromDomain(MailFromError):
    """Another MAIL FROM domain than the declared one is set, and may be somebody's."""


class WrongAccount(MailFromError):
    """The credentials belong to another account than the setting, or to one that must not be used."""


class NotVerified(MailFromError):
    """SES has not verified a MAIL FROM domain that was waited for."""


class Cancelled(MailFromError):
    """The engine was asked to stop while something was waited for."""
