"""What a program declares, checked: each input becomes its normal form or a sentence that says how to mend it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pulumi_ses_mail_from_provider.rules.errors import InvalidInput
from pulumi_ses_mail_from_provider.rules.model import UNKNOWN, BehaviorOnMXFailure, Declaration, Key, Unknown
from pulumi_ses_mail_from_provider.rules.names import (
    normalise_identity,
    normalise_mail_from_domain,
    normalise_region,
    shown,
)

DECLARED: Final = ("identity", "mail_from_domain", "behavior_on_mx_failure", "region", "overwrite")
"""The inputs of a MailFromDomain, by the names under which state has them."""

SECRET_INPUTS: Final = "secret_inputs"  # noqa: S105 - the name of a property
"""The names of the inputs that the program keeps secret. The SDK adds it, as the engine tells dynamic providers nothing
about secrets."""

NO_REGION: Final = (
    "no region is given: set the argument region (region='us-east-1'), or the stack's config"
    " (pulumi config set aws:region us-east-1), or the environment (AWS_REGION, or a profile that has a region)"
)


@dataclass(frozen=True)
class Failure:
    """One problem of one property."""

    property: str
    reason: str


@dataclass(frozen=True)
class RegionSource:
    """Somewhere a region may come from, in words for a message; asked only when it is its turn."""

    name: str
    ask: Callable[[], object]


def check(news: Mapping[str, Any], region_sources: Sequence[RegionSource]) -> tuple[dict[str, Any], list[Failure]]:
    """The inputs in their normal form with defaults filled in, and all that is wrong with them.

    Unknown values (UNKNOWN) pass. A property that fails keeps the value it was given.
    """
    failures: list[Failure] = []

    def normal(name: str, normalise: Callable[[Any], Any], default: object = None) -> Any:
        value = news.get(name)
        value = default if value is None else value
        if value is UNKNOWN:
            return value
        try:
            return normalise(value)
        except InvalidInput as problem:
            failures.append(Failure(name, str(problem)))
            return value

    identity = normal("identity", _string(normalise_identity, "a domain or an e-mail address"))
    failed = bool(failures)
    parent = None if failed or isinstance(identity, Unknown) else identity
    inputs = {
        "identity": identity,
        "mail_from_domain": normal(
            "mail_from_domain",
            _string(lambda text: normalise_mail_from_domain(text, parent), "a subdomain of the identity's domain"),
        ),
        "behavior_on_mx_failure": normal(
            "behavior_on_mx_failure", _behavior, BehaviorOnMXFailure.USE_DEFAULT_VALUE.value
        ),
        "region": normal("region", lambda value: _region(value, region_sources)),
        "overwrite": normal("overwrite", _boolean, default=False),
    }
    return inputs, failures


def declaration(inputs: Mapping[str, Any]) -> Declaration:
    """The declaration in inputs that `check` has passed and of which all values are known."""
    return Declaration(
        Key(inputs["region"], inputs["identity"]),
        inputs["mail_from_domain"],
        inputs["behavior_on_mx_failure"],
        overwrite=bool(inputs.get("overwrite")),
    )


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, (list, tuple)):
        return "a list"
    return "a map" if isinstance(value, Mapping) else f"of type {type(value).__name__}"


def _string(normalise: Callable[[str], str], wanted: str) -> Callable[[object], str]:
    def of(value: object) -> str:
        if value is None:
            raise InvalidInput(f"missing: give {wanted}")
        if not isinstance(value, str):
            raise InvalidInput(f"{shown(value)} is {_kind(value)}: give a string, {wanted}")
        return normalise(value)

    return of


def _behavior(value: object) -> str:
    values = [behavior.value for behavior in BehaviorOnMXFailure]
    if value in values:
        return str(BehaviorOnMXFailure(value).value)
    squashed = re.sub(r"[^a-z]", "", str(value).lower()) if isinstance(value, str) else ""
    close = difflib.get_close_matches(squashed, [known.lower() for known in values], n=1)
    hint = "".join(f" Did you mean {known}?" for known in values if known.lower() in close)
    raise InvalidInput(f"{shown(value)} is no such behavior: give {' or '.join(values)}.{hint}")


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(f"{shown(value)} is no boolean: give True or False (from config: get_bool, not get)")
    return value


def _region(argument: object, sources: Sequence[RegionSource]) -> str | Unknown:
    if argument is not None:
        return _string(normalise_region, "an AWS region such as 'us-east-1'")(argument)
    for source in sources:
        value = source.ask()
        if isinstance(value, Unknown):
            return value
        if value:
            try:
                return normalise_region(str(value))
            except InvalidInput as problem:
                raise InvalidInput(f"{problem} (it comes from {source.name})") from None
    raise InvalidInput(NO_REGION)
