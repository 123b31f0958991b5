"""What to do, given what is declared and what SES has. Nothing here speaks to anybody."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from .inputs import DECLARED
from .model import UNKNOWN, Absent, Declaration, Found, MailFromDomainStatus, Setting

REPLACING = ("identity", "region")
"""The inputs that say where the setting lives. What changes them makes another setting."""


class Action(Enum):
    """What create, update or delete does to the setting."""

    NOTHING = "it is as it should be"
    SET = "set it"
    CLEAR = "set it to null"
    REFUSE = "another MAIL FROM domain is set, and may be somebody's"
    WAIT = "SES does not know the identity (yet)"
    LEAVE_TO_OTHERS = "another MAIL FROM domain than ours is set"
    LEAVE_TO_DECLARATION = "another declaration of this run has it"


def changes(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
    """The declared properties that differ between state and program, unknown ones among them."""
    return [name for name in DECLARED if news.get(name) is UNKNOWN or olds.get(name) != news.get(name)]


def replaces(changed: list[str]) -> list[str]:
    """Those of the changed properties that replace the resource."""
    return [name for name in changed if name in REPLACING]


def is_as_declared(declared: Declaration, found: Found) -> bool:
    """Whether a Set would be without effect, but for perhaps putting a verified domain back to Pending."""
    return (
        isinstance(found, Setting)
        and found.mail_from_domain == declared.mail_from_domain
        and found.behavior_on_mx_failure == declared.behavior_on_mx_failure
        and found.status != MailFromDomainStatus.FAILED
    )


def on_create(declared: Declaration, found: Found) -> Action:
    """Adopt what is there already, set what is not, and take nobody's setting without being told to."""
    if isinstance(found, Setting) and found.mail_from_domain != declared.mail_from_domain:
        return Action.SET if declared.overwrite else Action.REFUSE
    return on_update(declared, found)


def on_update(declared: Declaration, found: Found) -> Action:
    """Set what differs. What SES has given up on (Failed) is set again: only that restarts it."""
    if found is Absent.IDENTITY:
        return Action.WAIT
    return Action.NOTHING if is_as_declared(declared, found) else Action.SET


def on_delete(mail_from_domain: str, found: Found, *, declared_elsewhere: bool) -> Action:
    """Clear only what this state has set, and only if no declaration of this run wants it.

    mail_from_domain: the one in the state to delete.
    declared_elsewhere: `check` of this process was given a declaration of the same region, identity and domain,
    as after a rename: the engine creates under the new name, then deletes under the old one.
    """
    if isinstance(found, Absent):
        return Action.NOTHING
    if found.mail_from_domain != mail_from_domain:
        return Action.LEAVE_TO_OTHERS
    return Action.LEAVE_TO_DECLARATION if declared_elsewhere else Action.CLEAR
