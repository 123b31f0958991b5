"""Property names and values between the engine and the operations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pulumi.output import Unknown

from pulumi_ses_mail_from_provider.rules.model import UNKNOWN
from pulumi_ses_mail_from_provider.rules.schema import MAIL_FROM_DOMAIN, VERIFICATION, names

PROVIDER_KEY: Final = "__provider"
"""The property in which Pulumi stores the pickled provider of a dynamic resource."""


def camel_case(name: str) -> str:
    """The name of a property in the native provider, such as "mailFromDomain"."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _properties() -> Iterator[str]:
    for resource in (MAIL_FROM_DOMAIN, VERIFICATION):
        yield from names((*resource.inputs, *resource.outputs))


SNAKE_CASE: Final[Mapping[str, str]] = {camel_case(name): name for name in _properties()}
"""The names of all properties in Python programs and in state of dynamic resources, by their native names."""


def from_engine(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a resource, with `UNKNOWN` for values that the engine does not know yet.

    Args:
        properties: By their names in either front end: a resource that moves from one to the other has the other's.
    """
    return {SNAKE_CASE.get(name, name): _known(value) for name, value in properties.items() if name != PROVIDER_KEY}


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {SNAKE_CASE.get(name, name): _known(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_known(part) for part in value]
    return UNKNOWN if isinstance(value, Unknown) else value
