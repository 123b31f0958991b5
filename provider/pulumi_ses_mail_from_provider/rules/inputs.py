"""The rules for the inputs of a MailFromDomain: each value is normalised, or refused with what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .errors import InvalidInput, Remedy
from .model import UNKNOWN, BehaviorOnMXFailure, Declaration, Key, Unknown
from .names import normalise_identity, normalise_mail_from_domain, normalise_region, shown
from .schema import MAIL_FROM_DOMAIN, Property


@dataclass(frozen=True)
class Failure:
    """One problem of one property."""

    property: str
    problem: InvalidInput


@dataclass(frozen=True)
class RegionSource:
    """A place that a region may come from.

    Attributes:
        name: Its name, for messages.
        find: Returns the region, or a false value if the place has none. Called only if no earlier source has one.
    """

    name: str
    find: Callable[[], object]


def check(news: Mapping[str, Any], region_sources: Sequence[RegionSource]) -> tuple[dict[str, Any], list[Failure]]:
    """Normalise the inputs of a MailFromDomain and fill in the defaults.

    Args:
        news: The inputs by name. Unknown values are `UNKNOWN`.
        region_sources: Where the region comes from if the program gives none, in this order.

    Returns:
        The inputs and all problems. Unknown and invalid inputs keep their value.
    """
    inputs: dict[str, Any] = {}
    valid: dict[str, Any] = {}
    failures: list[Failure] = []
    for declared in MAIL_FROM_DOMAIN.inputs:
        name, value = declared.name, news.get(declared.name)
        try:
            value = _with_default(declared, value, region_sources)
            if value is not UNKNOWN and value is not None:
                value = valid[name] = _RULES[name](of_type(declared, value), valid)
        except InvalidInput as problem:
            failures.append(Failure(name, problem))
        inputs[name] = value
    return inputs, failures


def declaration(inputs: Mapping[str, Any]) -> Declaration:
    """The declaration that inputs make.

    Args:
        inputs: As `check` returns them without problems, with all values known.
    """
    return Declaration(
        Key(inputs["region"], inputs["identity"]),
        inputs["mail_from_domain"],
        inputs["behavior_on_mx_failure"],
        {name: inputs.get(name, default) for name, default in MAIL_FROM_DOMAIN.options.items()},
    )


def of_type(declared: Property, value: object) -> Any:
    """The value, if it has the type of the property.

    Raises:
        InvalidInput: It has another type.
    """
    if declared.type == "boolean" and not isinstance(value, bool):
        raise InvalidInput(f"{shown(value)} is not a boolean", Remedy.GIVE_BOOLEAN)
    if declared.type == "string" and not isinstance(value, str):
        raise InvalidInput(f"{shown(value)} is {_kind(value)}: give a string, {declared.expected}")
    return value


def _with_default(declared: Property, value: object, region_sources: Sequence[RegionSource]) -> object:
    if value is not None:
        return value
    if declared.required:
        raise InvalidInput(f"missing: give {declared.expected}")
    return _default_region(region_sources) if declared.name == "region" else declared.default


def _default_region(sources: Sequence[RegionSource]) -> str | Unknown:
    for source in sources:
        value = source.find()
        if isinstance(value, Unknown):
            return value
        if value:
            try:
                return normalise_region(str(value))
            except InvalidInput as problem:
                raise InvalidInput(f"{problem} (it comes from {source.name})") from None
    raise InvalidInput("no region is given", Remedy.GIVE_REGION)


def _behavior(value: str) -> str:
    values = {behavior.value.lower(): behavior.value for behavior in BehaviorOnMXFailure}
    if value in values.values():
        return str(BehaviorOnMXFailure(value).value)
    close = difflib.get_close_matches(value.lower(), values)
    hint = f" Did you mean {values[close[0]]}?" if close else ""
    raise InvalidInput(f"{shown(value)} is not a valid behavior: give {' or '.join(values.values())}.{hint}")


_RULES: Final[Mapping[str, Callable[[Any, Mapping[str, Any]], Any]]] = {
    "identity": lambda value, _: normalise_identity(value),
    "mail_from_domain": lambda value, valid: normalise_mail_from_domain(value, valid.get("identity")),
    "behavior_on_mx_failure": lambda value, _: _behavior(value),
    "region": lambda value, _: normalise_region(value),
    "overwrite": lambda value, _: value,
}
"""How to normalise each input, given its value and the valid inputs before it. They raise InvalidInput."""


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, (list, tuple)):
        return "a list"
    return "a map" if isinstance(value, Mapping) else f"of type {type(value).__name__}"
