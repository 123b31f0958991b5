"""MAIL FROM domains that are waited for: what a program declares, and what the answers of SES mean for it.

Nothing here speaks to anybody; `waiting` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pulumi_ses_mail_from_provider.rules import durations
from pulumi_ses_mail_from_provider.rules.errors import InvalidInput
from pulumi_ses_mail_from_provider.rules.inputs import SECRET_INPUTS, Failure
from pulumi_ses_mail_from_provider.rules.model import Found, Key, MailFromAttributes, MailFromDomainStatus, Unknown
from pulumi_ses_mail_from_provider.rules.names import shown

DEFAULT_TIMEOUT: Final = "30m"

PARTS: Final = ("region", "identity", "mail_from_domain", "behavior_on_mx_failure")
"""Of each MailFromDomain that is waited for, the outputs that say what to look for."""


@dataclass(frozen=True)
class Awaited:
    """A MAIL FROM domain to be verified."""

    key: Key
    mail_from_domain: str
    behavior_on_mx_failure: str | None = field(default=None, compare=False)
    """None in state of version 0.1.0, which does not have it."""

    def __str__(self) -> str:
        return f"{self.mail_from_domain} ({self.key})"


def check(news: Mapping[str, Any]) -> tuple[dict[str, Any], list[Failure]]:
    """The inputs with defaults filled in, and all that is wrong with them. Unknown values pass."""
    failures: list[Failure] = []
    inputs = dict(news)
    if inputs.get("timeout") is None:
        inputs["timeout"] = DEFAULT_TIMEOUT
    timeout, domains = inputs["timeout"], inputs.get("mail_from_domains")
    if not isinstance(timeout, Unknown):
        try:
            _timeout(timeout)
        except InvalidInput as problem:
            failures.append(Failure("timeout", str(problem)))
    if not isinstance(domains, (list, Unknown)) or (
        isinstance(domains, list) and not all(isinstance(one, (Mapping, Unknown)) for one in domains)
    ):
        failures.append(Failure("mail_from_domains", f"{shown(domains)} is no list of MailFromDomain resources"))
    return inputs, failures


def inputs_of(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs among the outputs."""
    return {name: outputs.get(name) for name in ("mail_from_domains", "timeout", SECRET_INPUTS)}


def _timeout(value: object) -> float:
    if not isinstance(value, str):
        raise InvalidInput(f"{shown(value)} is no string: give a duration such as '30m' or '1h30m'")
    return durations.seconds(value)


def awaited(inputs: Mapping[str, Any]) -> list[Awaited]:
    """What is to be waited for, of inputs that `check` has passed and of which all values are known; each once."""
    found = {
        Awaited(
            Key(str(one["region"]), str(one["identity"])),
            str(one["mail_from_domain"]),
            one.get("behavior_on_mx_failure"),
        ): None
        for one in inputs.get("mail_from_domains") or ()
    }
    return list(found)


def changes(
    olds: Mapping[str, Any], news: Mapping[str, Any], is_unsettled: Callable[[Key], bool] = lambda _: False
) -> list[str]:
    """The inputs that differ; the order of the MAIL FROM domains is no difference.

    is_unsettled: whether this run sets the setting, so that it is to be waited for again.
    """
    changed = []
    domains = news.get("mail_from_domains")
    unknown = isinstance(domains, Unknown) or not all(_is_known(one) for one in domains or ())
    if unknown or set(awaited(olds)) != set(awaited(news)) or to_wait_for(olds, awaited(news), is_unsettled):
        changed.append("mail_from_domains")
    if olds.get("timeout") != news.get("timeout"):
        changed.append("timeout")
    if (olds.get(SECRET_INPUTS) or []) != (news.get(SECRET_INPUTS) or []):
        changed.append(SECRET_INPUTS)
    return changed


def _is_known(one: Mapping[str, Any] | Unknown) -> bool:
    """Whether all is known of a member. Of one that has failed, with --continue-on-error, parts are missing."""
    return not isinstance(one, Unknown) and all(isinstance(one.get(part), str) for part in PARTS)


def verified(one: Awaited, found: Found | None) -> bool:
    """Whether SES uses the MAIL FROM domain, with the behavior that is declared."""
    return is_set(one, found) and _status(found) == MailFromDomainStatus.SUCCESS


def failed(one: Awaited, found: Found | None) -> bool:
    """Whether SES has given up on it."""
    return is_set(one, found) and _status(found) == MailFromDomainStatus.FAILED


def is_set(one: Awaited, found: Found | None) -> bool:
    """Whether SES has it as declared."""
    return _has_domain(one, found) and _other_behavior(one, found) is None


def described(one: Awaited, found: Found | None) -> str:
    """What SES says of it, for a message."""
    if found is None:
        return f"{one}: SES could not be asked"
    if not isinstance(found, MailFromAttributes):
        return f"{one}: {found.value}"
    if not _has_domain(one, found):
        return f"{one}: another MAIL FROM domain is set: {found.mail_from_domain}"
    if other := _other_behavior(one, found):
        return f"{one}: another behavior is set: {other}"
    return f"{one}: status {found.status}"


def _has_domain(one: Awaited, found: Found | None) -> bool:
    return isinstance(found, MailFromAttributes) and found.mail_from_domain == one.mail_from_domain


def _other_behavior(one: Awaited, found: Found | None) -> str | None:
    if not isinstance(found, MailFromAttributes) or one.behavior_on_mx_failure in (None, found.behavior_on_mx_failure):
        return None
    return found.behavior_on_mx_failure


def _status(found: Found | None) -> str | None:
    return found.status if isinstance(found, MailFromAttributes) else None


def statuses(found: Mapping[Awaited, Found]) -> dict[str, str]:
    """The status of each, by the id of its MailFromDomain."""
    return {str(one.key): _status(setting) or "" for one, setting in found.items()}


def still_verified(found: Mapping[Awaited, Found]) -> bool:
    """Whether the verification still holds: one customer's transient DNS fault does not end it for the others."""
    return all(
        _has_domain(one, setting) and _status(setting) != MailFromDomainStatus.FAILED for one, setting in found.items()
    )


def to_wait_for(
    olds: Mapping[str, Any], wanted: Sequence[Awaited], is_unsettled: Callable[[Key], bool]
) -> list[Awaited]:
    """Those that were not waited for before as they are declared now, or that this run has set."""
    known = {one: one.behavior_on_mx_failure for one in awaited(olds)}
    return [
        one
        for one in wanted
        if one not in known or known[one] not in (None, one.behavior_on_mx_failure) or is_unsettled(one.key)
    ]
