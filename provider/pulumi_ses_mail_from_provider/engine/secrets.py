"""Secret inputs of dynamic resources: their values must not show in messages.

The engine tells dynamic providers nothing about secrets, so the SDK adds the names of the secret inputs to the
properties.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

SECRET_INPUTS: Final = "secret_inputs"  # noqa: S105 - the name of a property


class Secrets:
    """The secret values that this process has been given. Safe to share between threads."""

    def __init__(self) -> None:
        self._texts: set[str] = set()

    def add(self, properties: Mapping[str, Any]) -> None:
        """Mask the values of the secret inputs from now on.

        Args:
            properties: The inputs or outputs of a resource, by name.
        """
        self.add_values(properties.get(name) for name in properties.get(SECRET_INPUTS) or ())

    def add_values(self, values: Iterable[Any]) -> None:
        """Mask these values from now on."""
        for value in values:
            self._texts.update(_texts(value))

    def mask(self, text: str) -> str:
        """`text` with secret values replaced."""
        for secret in sorted(self._texts, key=len, reverse=True):
            text = text.replace(secret, "[secret]")
        return text


def with_secrets(properties: dict[str, Any], source: Mapping[str, Any]) -> dict[str, Any]:
    """The properties, with the names of the secret inputs that `source` has."""
    secrets = source.get(SECRET_INPUTS)
    return {**properties, SECRET_INPUTS: list(secrets)} if secrets else properties


def _texts(value: Any) -> set[str]:
    """The texts that may show of a secret input: as it was given, and normalised."""
    if isinstance(value, str):
        return {value, value.lower().removesuffix("."), value.rpartition("@")[2].lower().removesuffix(".")} - {""}
    if isinstance(value, list):
        return {text for one in value for text in _texts(one)}
    if isinstance(value, Mapping):
        return _texts(value.get("identity")) | _texts(value.get("mail_from_domain"))
    return set()
