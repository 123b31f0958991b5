"""MAIL FROM domains to wait for: what a program declares, and what the answers of SES mean for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from . import durations
from .errors import InvalidInput
from .inputs import Failure, of_type
from .model import Found, Key, MailFromAttributes, MailFromDomainStatus, Unknown
from .names import shown
from .schema import VERIFICATION

PARTS: Final = ("region", "identity", "mail_from_domain", "behavior_on_mx_failure")
"""The outputs of a MailFromDomain that say what to wait for."""


@dataclass(frozen=True)
class Awaited:
    """A MAIL FROM domain to wait for.

    Attributes:
        behavior_on_mx_failure: None in state of version 0.1.0, which does not have it.
    """

    key: Key
    mail_from_domain: str
    behavior_on_mx_failure: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.mail_from_domain} ({self.key})"


@dataclass(frozen=True)
class VerificationState:
    """What state has of a MailFromDomainVerification.

    Attributes:
        domains: The MAIL FROM domains, each once, in the order of the program.
        statuses: The status of each, by its id.
    """

    domains: tuple[Awaited, ...] = ()
    account_id: str | None = None
    verified_at: str | None = None
    statuses: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_outputs(cls, outputs: Mapping[str, Any]) -> VerificationState:
        """The state in the outputs of a resource, of this or an earlier version."""
        return cls(
            tuple(awaited(outputs)),
            outputs.get("account_id") or None,
            outputs.get("verified_at") or None,
            outputs.get("statuses") or {},
        )

    def outputs(self) -> dict[str, Any]:
        """The properties of the resource that are not inputs."""
        return {
            "account_id": self.account_id,
            "verified_identities": [str(one.key) for one in self.domains],
            "verified_at": self.verified_at,
            "statuses": dict(self.statuses),
        }


def check(news: Mapping[str, Any]) -> tuple[dict[str, Any], list[Failure]]:
    """Fill in the defaults and report all problems. Unknown values are valid."""
    failures: list[Failure] = []
    inputs = dict(news)
    for declared in VERIFICATION.inputs:
        if inputs.get(declared.name) is None and declared.default is not None:
            inputs[declared.name] = declared.default
    timeout, domains = inputs["timeout"], inputs.get("mail_from_domains")
    if not isinstance(timeout, Unknown):
        try:
            durations.seconds(of_type(VERIFICATION.input("timeout"), timeout))
        except InvalidInput as problem:
            failures.append(Failure("timeout", problem))
    if not isinstance(domains, (list, Unknown)) or (
        isinstance(domains, list) and not all(isinstance(one, (Mapping, Unknown)) for one in domains)
    ):
        expected = VERIFICATION.input("mail_from_domains").expected
        failures.append(Failure("mail_from_domains", InvalidInput(f"{shown(domains)} is not {expected}")))
    return inputs, failures


def awaited(inputs: Mapping[str, Any]) -> list[Awaited]:
    """What to wait for, each once.

    Args:
        inputs: As `check` returns them without problems, with all values known.
    """
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
    """The inputs that differ. The order of the MAIL FROM domains makes no difference.

    Args:
        olds: The properties in state, by name.
        news: The inputs that the program declares, by name.
        is_unsettled: Whether this run sets the MAIL FROM domain of a key, so that it must be waited for again.
    """
    changed = []
    domains = news.get("mail_from_domains")
    unknown = isinstance(domains, Unknown) or not all(_is_known(one) for one in domains or ())
    if unknown or set(awaited(olds)) != set(awaited(news)) or to_wait_for(awaited(olds), awaited(news), is_unsettled):
        changed.append("mail_from_domains")
    if olds.get("timeout") != news.get("timeout"):
        changed.append("timeout")
    return changed


def _is_known(one: Mapping[str, Any] | Unknown) -> bool:
    """Whether all parts are known. Some are missing if the resource failed and the run continues on error."""
    return not isinstance(one, Unknown) and all(isinstance(one.get(part), str) for part in PARTS)


def to_wait_for(
    known: Sequence[Awaited], wanted: Sequence[Awaited], is_unsettled: Callable[[Key], bool]
) -> list[Awaited]:
    """Those that state does not have as they are declared now, or that this run has set.

    Args:
        known: What state has.
        wanted: What the program declares.
        is_unsettled: As for `changes`.
    """
    before = {one: one.behavior_on_mx_failure for one in known}
    return [
        one
        for one in wanted
        if one not in before or before[one] not in (None, one.behavior_on_mx_failure) or is_unsettled(one.key)
    ]


def verified(one: Awaited, found: Found | None) -> bool:
    """Whether SES uses the MAIL FROM domain, with the behavior that is declared."""
    return is_set(one, found) and _status(found) == MailFromDomainStatus.SUCCESS


def failed(one: Awaited, found: Found | None) -> bool:
    """Whether SES has stopped looking for its MX record."""
    return is_set(one, found) and _status(found) == MailFromDomainStatus.FAILED


def is_set(one: Awaited, found: Found | None) -> bool:
    """Whether SES has it as declared."""
    return _has_domain(one, found) and _other_behavior(one, found) is None


def described(one: Awaited, found: Found | None) -> str:
    """What SES has of it, for a message. None: SES could not be queried."""
    if found is None:
        return f"{one}: SES could not be queried"
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
    if not isinstance(found, MailFromAttributes):
        return None
    return None if one.behavior_on_mx_failure in (None, found.behavior_on_mx_failure) else found.behavior_on_mx_failure


def _status(found: Found | None) -> str | None:
    return found.status if isinstance(found, MailFromAttributes) else None


def statuses(found: Mapping[Awaited, Found]) -> dict[str, str]:
    """The status of each, by the id of its MailFromDomain."""
    return {str(one.key): _status(attributes) or "" for one, attributes in found.items()}


def still_verified(found: Mapping[Awaited, Found]) -> bool:
    """Whether the verification still holds. A transient DNS fault of one customer does not end it for the others."""
    return all(
        _has_domain(one, attributes) and _status(attributes) != MailFromDomainStatus.FAILED
        for one, attributes in found.items()
    )
