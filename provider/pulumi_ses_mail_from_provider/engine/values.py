"""Property values between the engine and the operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pulumi.output import Unknown

from pulumi_ses_mail_from_provider.rules.model import UNKNOWN

PROVIDER_KEY: Final = "__provider"
"""The property in which Pulumi stores the pickled provider."""


def from_engine(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a resource, with `UNKNOWN` for values that the engine does not know yet."""
    return {name: _known(value) for name, value in properties.items() if name != PROVIDER_KEY}


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _known(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_known(part) for part in value]
    return UNKNOWN if isinstance(value, Unknown) else value
