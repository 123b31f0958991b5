"""Properties on the wire: Pulumi's protobuf structs, with secrets, unknown values and names in camel case."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf import json_format, struct_pb2

from pulumi_ses_mail_from_provider.engine.values import PROVIDER_KEY, SNAKE_CASE, camel_case
from pulumi_ses_mail_from_provider.rules.model import UNKNOWN

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of one
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Marks of the engine's protocol (Pulumi SDK, sdk/go/common/resource/plugin/rpc.go)."""

_NAMES: Final = {name: native for native, name in SNAKE_CASE.items()}


@dataclass(frozen=True)
class Properties:
    """The properties of a resource, by their names in Python.

    Attributes:
        values: The values in clear text; `UNKNOWN` where the engine does not know one yet.
        secrets: The names of those that are secret, or contain a secret.
        is_foreign: Whether they come from the state of a dynamic resource, with names in snake case.
    """

    values: dict[str, Any] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    is_foreign: bool = False


def from_struct(struct: struct_pb2.Struct) -> Properties:
    """The properties that the engine sends."""
    return decoded(json_format.MessageToDict(struct))


def to_struct(values: Mapping[str, Any], secrets: Collection[str] = ()) -> struct_pb2.Struct:
    """The properties as the engine takes them. The arguments are those of `encoded`."""
    return json_format.ParseDict(encoded(values, secrets), struct_pb2.Struct())


def decoded(wire: Mapping[str, Any]) -> Properties:
    """The properties in the JSON form of a struct."""
    values, secrets, foreign = {}, set(), False
    for wire_name, wire_value in wire.items():
        if wire_name == PROVIDER_KEY:
            foreign = True
            continue
        foreign |= "_" in wire_name
        name = SNAKE_CASE.get(wire_name, wire_name)
        values[name], is_secret = _decoded(wire_value)
        if is_secret:
            secrets.add(name)
    return Properties(values, frozenset(secrets), foreign)


def encoded(values: Mapping[str, Any], secrets: Collection[str] = ()) -> dict[str, Any]:
    """The JSON form of the struct that holds the properties.

    Args:
        values: By their names in Python.
        secrets: The names of those that are secret.
    """
    wire = {}
    for name, value in values.items():
        wire_value = _encoded(value)
        wire[camel_case(name)] = {_SIGNATURE: _SECRET, "value": wire_value} if name in secrets else wire_value
    return wire


def _decoded(value: Any) -> tuple[Any, bool]:
    """The value, and whether it contains a secret."""
    if value == _UNKNOWN:
        return UNKNOWN, False
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return _decoded(value.get("value"))[0], True
        if value.get(_SIGNATURE) == _OUTPUT:
            inner = _decoded(value["value"])[0] if "value" in value else UNKNOWN
            return inner, bool(value.get("secret"))
        parts = {SNAKE_CASE.get(name, name): _decoded(part) for name, part in value.items()}
        return {name: part for name, (part, _) in parts.items()}, any(secret for _, secret in parts.values())
    if isinstance(value, list):
        items = [_decoded(part) for part in value]
        return [part for part, _ in items], any(secret for _, secret in items)
    return value, False


def _encoded(value: Any) -> Any:
    if value is UNKNOWN:
        return _UNKNOWN
    if isinstance(value, Mapping):
        return {_NAMES.get(name, name): _encoded(part) for name, part in value.items()}
    return [_encoded(part) for part in value] if isinstance(value, (list, tuple)) else value
