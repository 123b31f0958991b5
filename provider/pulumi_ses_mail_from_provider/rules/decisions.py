"""What to do, given what a program declares and what SES has."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum, auto
from typing import Any

from .model import UNKNOWN, Absent, Declaration, Found, MailFromAttributes, MailFromDomainStatus
from .schema import MAIL_FROM_DOMAIN, names


class Action(Enum):
    """What create, update or delete does."""

    NOTHING = auto()
    """SES has what is declared."""

    SET = auto()

    CLEAR = auto()
    """Set the MAIL FROM domain to null."""

    REFUSE = auto()
    """Another MAIL FROM domain is set, and somebody else may have set it."""

    WAIT = auto()
    """SES does not know the identity yet."""

    LEAVE_TO_OTHERS = auto()
    """Somebody else has set another MAIL FROM domain than this stack."""

    LEAVE_TO_DECLARATION = auto()
    """Another resource of the program declares the identity."""


def changes(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
    """The inputs that differ between state and program. Unknown ones count as changed.

    Args:
        olds: The inputs in state, by name.
        news: The inputs that the program declares, normalised, by name.
    """
    return [
        name for name in names(MAIL_FROM_DOMAIN.inputs) if news.get(name) is UNKNOWN or olds.get(name) != news.get(name)
    ]


def replaces(changed: Collection[str]) -> list[str]:
    """Those of the changed properties that replace the resource."""
    return [name for name in changed if name in MAIL_FROM_DOMAIN.replacing]


def is_as_declared(declared: Declaration, found: Found) -> bool:
    """Whether a Set would be redundant, and might reset the status."""
    return (
        isinstance(found, MailFromAttributes)
        and found.mail_from_domain == declared.mail_from_domain
        and found.behavior_on_mx_failure == declared.behavior_on_mx_failure
        and found.status != MailFromDomainStatus.FAILED
    )


def is_restarted(declared: Declaration, replaced: Found) -> bool:
    """Whether a Set that replaced `replaced` restarts the search for the MX record, so that the status is Pending."""
    return (
        not isinstance(replaced, MailFromAttributes)
        or replaced.mail_from_domain != declared.mail_from_domain
        or replaced.status == MailFromDomainStatus.FAILED
    )


def on_create(declared: Declaration, found: Found) -> Action:
    """Adopt what is already as declared, set what is not set, and overwrite another domain only if asked to."""
    return on_update(declared, found, ())


def on_update(declared: Declaration, found: Found, ours: Collection[str]) -> Action:
    """Set what differs. A Failed one is set again, because only that restarts the search for the MX record.

    Args:
        declared: What the program declares.
        found: What SES has.
        ours: The other MAIL FROM domains that may be replaced: this stack has set them, or a refresh has shown them.
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
    """Clear only what this stack has set, and only if no resource of the program declares the identity.

    Args:
        managed: The MAIL FROM domain that this stack last set or adopted.
        found: What SES has.
        is_declared: Whether the program declares or reads the identity, with any MAIL FROM domain. That is so after a
            rename, where the engine creates the new resource before it deletes the old one.
    """
    if isinstance(found, Absent):
        return Action.NOTHING
    if is_declared:
        return Action.LEAVE_TO_DECLARATION
    return Action.CLEAR if found.mail_from_domain == managed else Action.LEAVE_TO_OTHERS
