"""The errors of this package: one class for each kind of blame.

`str()` of an error says what is wrong, in terms that hold for every front end. What to do about it is data, a `Remedy`:
each front end words it for its users.

    MailFromError
    ├── InvalidInput                what the user declares
    ├── InvalidConfig               what the user configures
    ├── CallFailed                  a call of AWS
    │   ├── CallRefused             AWS answered with an error
    │   │   └── IdentityNotFound    SES does not know the identity
    │   └── AwsUnreachable          AWS could not be asked
    ├── MailFromDomainNotFound      there is nothing to read
    ├── AnotherMailFromDomain       somebody else may have set it
    ├── WrongAccount                the credentials of another account
    ├── NotVerified                 SES has not verified a MAIL FROM domain
    └── Cancelled                   the run was stopped
        └── TimedOut                the program gives the operation less time than it takes
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .model import Declaration, Key, MailFromAttributes


class Remedy(Enum):
    """What would help. Each front end has a sentence for each."""

    ALLOW_ACTION = auto()
    ALLOW_MORE_TIME = auto()
    ASK_FOR_ACCOUNT = auto()
    CHECK_AWS_SETTINGS = auto()
    CHECK_AWS_SETTINGS_AND_ENDPOINT = auto()
    CHECK_CREDENTIALS = auto()
    CHECK_NETWORK = auto()
    CHECK_PROXY = auto()
    CHOOSE_PROFILE = auto()
    CORRECT_ALLOWED_ACCOUNTS = auto()
    CORRECT_ID = auto()
    CORRECT_REQUEST = auto()
    CREATE_IDENTITY = auto()
    ENABLE_REGION = auto()
    GIVE_BOOLEAN = auto()
    GIVE_CREDENTIALS = auto()
    GIVE_REGION = auto()
    OVERWRITE = auto()
    OVERWRITE_OR_REFRESH = auto()
    RENEW_CREDENTIALS = auto()
    RUN_AGAIN = auto()
    RUN_AGAIN_TO_WAIT = auto()
    TRY_LATER = auto()
    TRY_LESS_OFTEN = auto()
    USE_ACCOUNT_IN_STATE = auto()
    USE_ALLOWED_ACCOUNT = auto()
    WAIT_FOR_QUOTA = auto()


class MailFromError(Exception):
    """An operation cannot be done, or not safely.

    Args:
        cause: What is wrong.
        remedy: What would help, if that is known.
    """

    def __init__(self, cause: str, remedy: Remedy | None = None) -> None:
        super().__init__(cause)
        self.cause, self.remedy = cause, remedy

    def terms(self) -> Mapping[str, object]:
        """The values that the sentence of the remedy may name."""
        return vars(self)


class InvalidInput(MailFromError, ValueError):
    """A value that cannot be used. `str()` says what is wrong with it and, where one can tell, what was meant."""


class InvalidConfig(MailFromError, ValueError):
    """A setting that cannot be used. `str()` never shows its value, which may be secret.

    Args:
        key: The setting, such as "aws:region".
        reason: What is wrong with it, to complete "the setting …".
    """

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"the stack's config {key} {reason}")
        self.key, self.reason = key, reason


class CallFailed(MailFromError):
    """A call of AWS that did not succeed.

    Args:
        doing: What was being done, to what: "reading the MAIL FROM domain of example.com in us-east-1".
        came_back: What AWS answered, or why there is no answer.
        remedy: What would help.
        code: AWS's error code, or the name of botocore's exception.
        action: The IAM action of the call, such as "ses:SetIdentityMailFromDomain".
        region: The AWS region that was called.
        patience: Seconds for which the call was retried while SES throttled it.
        outcome_unknown: Whether the call may have taken effect all the same.
        transient: Whether the same call may succeed a while later.
    """

    def __init__(  # noqa: PLR0913 - one for each thing that is known about a call
        self,
        doing: str,
        came_back: str,
        remedy: Remedy | None = None,
        *,
        code: str = "",
        action: str = "",
        region: str = "",
        patience: float = 0.0,
        outcome_unknown: bool = False,
        transient: bool = False,
    ) -> None:
        super().__init__(f"{doing}: {came_back}" if doing else came_back, remedy)
        self.doing, self.came_back, self.code = doing, came_back, code
        self.action, self.region, self.patience = action, region, patience
        self.outcome_unknown, self.transient = outcome_unknown, transient

    def terms(self) -> Mapping[str, object]:
        """The values that the sentence of the remedy may name."""
        return {**super().terms(), "patience": f"{self.patience:.0f}"}


class CallRefused(CallFailed):
    """AWS answered with an error."""


class IdentityNotFound(CallRefused):
    """SES does not know the identity."""


class AwsUnreachable(CallFailed):
    """AWS could not be asked: no credentials, no connection, no answer in time, or one that is not from AWS."""


class MailFromDomainNotFound(MailFromError):
    """No MAIL FROM domain is set for the identity that was to be read, or there is no such identity."""

    def __init__(self, key: Key, found: str) -> None:
        super().__init__(f"{key}: there is nothing to read: {found}", Remedy.CORRECT_ID)
        self.key = key


class AnotherMailFromDomain(MailFromError):
    """Another MAIL FROM domain than the declared one is set, and somebody else may have set it.

    Args:
        declared: What was to be set.
        found: What SES has.
        is_update: Whether the resource exists already, so that a refresh would show what SES has.
    """

    def __init__(self, declared: Declaration, found: MailFromAttributes, *, is_update: bool) -> None:
        key = declared.key
        super().__init__(
            f"setting {declared.mail_from_domain} as the MAIL FROM domain of {key.identity} in {key.region}: another"
            f" MAIL FROM domain is already set: {found.mail_from_domain} (status {found.status}). Nothing was changed",
            Remedy.OVERWRITE_OR_REFRESH if is_update else Remedy.OVERWRITE,
        )
        self.key, self.declared, self.found, self.is_update = key, declared, found, is_update

    def terms(self) -> Mapping[str, object]:
        """The values that the sentence of the remedy may name."""
        return {**super().terms(), "mail_from_domain": self.found.mail_from_domain}


class WrongAccount(MailFromError):
    """The credentials belong to another account than the MAIL FROM domain, or to one that must not be used.

    Args:
        key: The identity.
        cause: What is wrong.
        remedy: What would help.
        account: The account of the credentials, if it is known.
        stated_account: The account that state has for the MAIL FROM domain, if any.
        failure: Why the account of the credentials is not known.
    """

    def __init__(  # noqa: PLR0913 - one for each thing that is known
        self,
        key: Key,
        cause: str,
        remedy: Remedy,
        *,
        account: str | None = None,
        stated_account: str | None = None,
        failure: CallFailed | None = None,
    ) -> None:
        super().__init__(f"{key}: {cause}", remedy)
        self.key, self.account, self.stated_account, self.failure = key, account, stated_account, failure


class NotVerified(MailFromError):
    """SES has not verified MAIL FROM domains that were waited for.

    Args:
        cause: How many of how many, and for how long they were waited for.
        details: What SES and DNS say of each, in the form of `operations.waiter.Unverified`.
        more: How many further ones have no details.
        failure: Why SES could not be asked at the end, if so.
    """

    def __init__(
        self, cause: str, details: tuple[Any, ...] = (), *, more: int = 0, failure: CallFailed | None = None
    ) -> None:
        super().__init__(cause, Remedy.RUN_AGAIN_TO_WAIT)
        self.details, self.more, self.failure = details, more, failure


class Cancelled(MailFromError):
    """The run was stopped while something was waited for."""

    def __init__(self, cause: str = "stopped on request (^C)", remedy: Remedy = Remedy.RUN_AGAIN) -> None:
        super().__init__(cause, remedy)


class TimedOut(Cancelled):
    """The program gives the operation less time than it takes.

    Args:
        seconds: How much.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not done within {seconds:g} s", Remedy.ALLOW_MORE_TIME)
        self.seconds = seconds
