"""What to do, given what is declared and what SES has. Nothing here speaks to anybody."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum
from typing import Any

from pulumi_ses_mail_from_provider.rules.inputs import DECLARED, SECRET_INPUTS
from pulumi_ses_mail_from_provider.rules.model import (
    UNKNOWN,
    Absent,
    Declaration,
    Found,
    MailFromAttributes,
    MailFromDomainStatus,
)

REPLACING = ("identity", "region")
"""The inputs that say where the setting lives. What changes them makes another setting."""

STATUS = "mail_from_domain_status"


class Action(Enum):
    """What create, update or delete does to the setting."""

    NOTHING = "it is as it should be"
    SET = "set it"
    CLEAR = "set it to null"
    REFUSE = "another MAIL FROM domain is set, and may be somebody's"
    WAIT = "SES does not know the identity (yet)"
    LEAVE_TO_OTHERS = "not the one that this stack has set, so it is somebody else's"
    LEAVE_TO_DECLARATION = "another resource of this program has this identity"


def changes(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
    """The declared properties that differ between state and program, unknown ones among them."""
    changed = [name for name in DECLARED if news.get(name) is UNKNOWN or olds.get(name) != news.get(name)]
    return [*changed, SECRET_INPUTS] if (olds.get(SECRET_INPUTS) or []) != (news.get(SECRET_INPUTS) or []) else changed


def replaces(changed: Collection[str]) -> list[str]:
    """Those of the changed properties that replace the resource."""
    return [name for name in changed if name in REPLACING]


def is_as_declared(declared: Declaration, found: Found) -> bool:
    """Whether a Set would change nothing, and might reset the status."""
    return (
        isinstance(found, MailFromAttributes)
        and found.mail_from_domain == declared.mail_from_domain
        and found.behavior_on_mx_failure == declared.behavior_on_mx_failure
        and found.status != MailFromDomainStatus.FAILED
    )


def is_restarted(declared: Declaration, replaced: Found) -> bool:
    """Whether a Set that replaced this makes SES look for the MX record from the start, so that it is Pending."""
    return (
        not isinstance(replaced, MailFromAttributes)
        or replaced.mail_from_domain != declared.mail_from_domain
        or replaced.status == MailFromDomainStatus.FAILED
    )


def on_create(declared: Declaration, found: Found) -> Action:
    """Adopt what is there already, set what is not, and take nobody's setting without being told to."""
    return on_update(declared, found, ())


def on_update(declared: Declaration, found: Found, ours: Collection[str]) -> Action:
    """Set what differs. What SES has given up on (Failed) is set again: only that restarts it.

    ours: the MAIL FROM domains that may be replaced: those that this stack has set, or that a refresh has shown.
    """
    if found is Absent.IDENTITY:
        return Action.WAIT
    if is_as_declared(declared, found):
        return Action.NOTHING
    if is_anothers(declared, found, ours) and not declared.overwrite:
        return Action.REFUSE
    return Action.SET


def is_anothers(declared: Declaration, found: Found, ours: Collection[str]) -> bool:
    """Whether SES has a MAIL FROM domain that is neither declared nor one of ours."""
    return isinstance(found, MailFromAttributes) and found.mail_from_domain not in (declared.mail_from_domain, *ours)


def on_delete(managed: str, found: Found, *, is_declared: bool) -> Action:
    """Clear only what this stack has set, and only if no resource of the program has the identity.

    managed: the MAIL FROM domain that this stack last set or adopted.
    is_declared: whether the program declares or reads the setting of this identity, whatever its domain, as after a
        rename: the engine creates under the new name, then deletes under the old one.
    """
    if isinstance(found, Absent):
        return Action.NOTHING
    if is_declared:
        return Action.LEAVE_TO_DECLARATION
    return Action.CLEAR if found.mail_from_domain == managed else Action.LEAVE_TO_OTHERS
