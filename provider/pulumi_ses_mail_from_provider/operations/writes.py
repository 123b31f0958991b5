"""Read, decide, write: the one loop through which every change of SES goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pulumi_ses_mail_from_provider.rules.decisions import Action
from pulumi_ses_mail_from_provider.rules.errors import CallFailed, IdentityNotFound
from pulumi_ses_mail_from_provider.rules.model import Absent, Found, Key
from pulumi_ses_mail_from_provider.ses.calls import DECISION_AGE, Outdated
from pulumi_ses_mail_from_provider.ses.clock import pauses

from .context import Context

Decide = Callable[[Found], Action]
"""What to do, given what SES has."""

_LONGEST_PAUSE = 8.0


@dataclass
class Attempts:
    """The attempts to make one change.

    Attributes:
        faults: How many writes have failed with an unknown outcome.
        max_age: Seconds: how old the next read may be.
    """

    faults: int = 0
    max_age: float = DECISION_AGE
    pauses: Iterator[float] = field(default_factory=lambda: pauses(1.0, _LONGEST_PAUSE))


def write(
    context: Context, key: Key, decide: Decide, send: Callable[[], Found], attempts: Attempts
) -> tuple[Action, Found]:
    """Read, decide, and write if that is decided, until nothing is left to do.

    A write whose outcome is unknown, or that is outdated when it leaves, starts from the read again.

    Args:
        context: What the operations share.
        key: The identity to change.
        decide: Decides for SET or CLEAR as long as the write is wanted.
        send: Makes the write. What it returns is what it replaced.
        attempts: Counts the failed writes.

    Returns:
        The last decision, and what SES had when it was taken. WAIT, if SES does not accept writes for the identity.

    Raises:
        CallFailed: SES refuses, or could not be reached.
        Cancelled: The run was stopped.
    """
    while True:
        found = context.ses.read(key, attempts.max_age)
        action, attempts.max_age = decide(found), 0.0
        if action not in (Action.SET, Action.CLEAR):
            return action, found
        try:
            return action, send()
        except Outdated:
            attempts.max_age = DECISION_AGE
        except IdentityNotFound:  # SES may return an identity a little before it accepts writes for it
            return Action.WAIT, Absent.IDENTITY
        except CallFailed as failure:
            if not failure.outcome_unknown or attempts.faults >= context.max_retries:
                raise
            context.clock.sleep(next(attempts.pauses))
            attempts.faults += 1
