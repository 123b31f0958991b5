"""What the operations of one run share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pulumi_ses_mail_from_provider.rules.model import Key
from pulumi_ses_mail_from_provider.rules.notices import Notice
from pulumi_ses_mail_from_provider.ses.calls import Ses
from pulumi_ses_mail_from_provider.ses.clock import Clock

from .account_guard import AccountGuard


@dataclass(frozen=True)
class Context:
    """What the operations of one run share. Made once, and safe to share between threads.

    Attributes:
        ses: The calls of SES.
        guard: Compares accounts before anything is read or written.
        clock: The time, every wait, and the cancellation that ends them.
        notify: Shows a notice to the user.
        is_declared: Whether the program of this run declares or reads a key.
        max_retries: How often to repeat a write whose outcome is unknown.
        unsettled: The keys that this run has set, or found not verified yet.
    """

    ses: Ses
    guard: AccountGuard
    clock: Clock
    notify: Callable[[Notice], object]
    is_declared: Callable[[Key], bool]
    max_retries: int
    unsettled: set[Key] = field(default_factory=set)
