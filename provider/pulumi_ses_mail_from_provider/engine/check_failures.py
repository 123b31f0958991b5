"""Problems of inputs, as the engine shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pulumi_ses_mail_from_provider.rules.errors import InvalidInput, MailFromError
from pulumi_ses_mail_from_provider.rules.inputs import Failure
from pulumi_ses_mail_from_provider.rules.model import Declaration
from pulumi_ses_mail_from_provider.rules.names import SHOWN_LIMIT, shown
from pulumi_ses_mail_from_provider.rules.schema import Resource

from .secrets import SECRET_INPUTS


def worded(
    resource: Resource, failure: Failure, news: Mapping[str, Any], message: Callable[[MailFromError], str]
) -> tuple[str, str]:
    """The property that the engine is to name, and the reason.

    The engine prints the value of a property that is named: with control characters, at any length, and in clear. Where
    that must not happen, the property is empty and stands in the reason.

    Args:
        resource: The properties of the resource.
        failure: The problem.
        news: The inputs that the program gives, by name.
        message: Words the problem.
    """
    name, value = failure.property, news.get(failure.property)
    if news.get(SECRET_INPUTS) and value is not None:  # the reason may contain part of a secret
        expected = resource.input(name).expected
        return "", f"{name}: not valid. It is not shown, as inputs are secret: give {expected}"
    reason = message(failure.problem)
    if value is None or (isinstance(value, str) and value.isprintable() and len(value) <= SHOWN_LIMIT):
        return name, reason
    return "", f"{name}: {reason}"


def contradiction(declared: Declaration, other: Declaration) -> Failure:
    """The problem that another resource declares something else for the same identity."""
    key, name = declared.key, "mail_from_domain"
    mine, theirs = declared.mail_from_domain, other.mail_from_domain
    if mine == theirs:
        name = "behavior_on_mx_failure"
        mine, theirs = declared.behavior_on_mx_failure, other.behavior_on_mx_failure
    return Failure(
        name,
        InvalidInput(
            f"{shown(mine)} is declared here, and {shown(theirs)} by another resource of this program, for"
            f" {key.identity} in {key.region}: an identity has one MAIL FROM domain, so remove one of the two"
        ),
    )
