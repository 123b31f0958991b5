"""What a Pulumi program declares, and how its values are converted between program, engine and provider."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi.output import UNKNOWN, Unknown

PROVIDER_KEY = "__provider"
STACK, PROJECT = "test", "mail"

Properties = dict[str, Any]

_DROPPED = object()


def make_urn(type_: str, name: str) -> str:
    """Return the URN of a resource of the simulated stack."""
    return f"urn:pulumi:{STACK}::{PROJECT}::{type_}::{name}"


def name_of(urn: str) -> str:
    """Return the resource name in a URN."""
    return urn.rpartition("::")[2]


def type_of(urn: str) -> str:
    """Return the type token in a URN."""
    return urn.split("::")[2]


@dataclass(frozen=True)
class Output:
    """A reference to an output of another resource. The properties "id" and "urn" always exist."""

    name: str
    property: str


@dataclass(frozen=True)
class Declared:
    """One resource of a program.

    Attributes:
        name: The logical name.
        type: The type token.
        inputs: JSON-like values, which may contain `Output` anywhere.
        aliases: Former names, or URNs.
        ignore_changes: Names of top-level properties.
        depends_on: Names of resources.
        after: Names of resources that must be registered first, as if the program declared this one in an `apply`.
        get: The ID of a resource that is only read, as with `Resource.get`.
        protect: The resource option.
        retain_on_delete: The resource option.
        delete_before_replace: The resource option.
        provider: The default or explicit provider of a native resource; empty for a dynamic resource.
        urn: The URN.

    """

    name: str
    type: str
    inputs: Mapping[str, Any]
    aliases: Sequence[str] = ()
    ignore_changes: Sequence[str] = ()
    depends_on: Sequence[str] = ()
    after: Sequence[str] = ()
    get: str | Output | None = None
    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool | None = None
    provider: str = ""
    urn: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "urn", make_urn(self.type, self.name))

    def alias_urns(self) -> list[str]:
        """Return the URNs of the aliases."""
        return [alias if alias.startswith("urn:") else make_urn(self.type, alias) for alias in self.aliases]

    def waits_for(self) -> set[str]:
        """Return the names of the resources that must be registered before this one."""
        return {*self.depends_on, *self.after, *(output.name for output in _outputs_in([self.inputs, self.get]))}

    def property_dependencies(self) -> dict[str, tuple[str, ...]]:
        """Return the names of the resources that each property refers to."""
        found = {key: tuple(dict.fromkeys(each.name for each in _outputs_in(it))) for key, it in self.inputs.items()}
        return {key: names for key, names in found.items() if names}

    def provider_key(self) -> str | None:
        """Return what stands for the pickled provider in `__provider`; None for a native resource."""
        return None if self.provider else f"<{self.type}>"


Program = Sequence[Declared]


def _outputs_in(value: Any) -> Iterator[Output]:
    if isinstance(value, Output):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _outputs_in(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _outputs_in(part)


def contains_unknowns(value: Any) -> bool:
    """Return whether a part of `value` is unknown."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, dict):
        return any(contains_unknowns(part) for part in value.values())
    return isinstance(value, list) and any(contains_unknowns(part) for part in value)


def from_python(properties: Mapping[str, Any]) -> Properties:
    """Return a copy as the engine receives it: without None at the top level, and with numbers as floats."""
    return {key: _plain(value) for key, value in properties.items() if value is not None}


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, (int, float)):
        return float(value)
    return str(value) if isinstance(value, str) else value


def from_plugin(properties: Mapping[str, Any]) -> Properties:
    """Return a copy as the engine receives it from a native provider: numbers as floats."""
    return {key: _plain(value) for key, value in properties.items()}


def to_plugin(properties: Properties, *, keep_unknowns: bool = False) -> Properties:
    """Return a copy as a native provider receives it: without unknown values, unless they are kept."""
    return {key: _sent(value) for key, value in properties.items() if keep_unknowns or not contains_unknowns(value)}


def _sent(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sent(part) for key, part in value.items()}
    return [_sent(part) for part in value] if isinstance(value, list) else value


def to_python(properties: Properties, *, keep_unknowns: bool = False) -> Properties:
    """Return a copy as a provider or a program receives it: dictionaries lose None and, unless kept, unknown values."""
    return {
        key: received
        for key, value in properties.items()
        if (received := _received(value, keep_unknowns)) is not None and received is not _DROPPED
    }


def _received(value: Any, keep_unknowns: bool) -> Any:  # noqa: FBT001
    if isinstance(value, dict):
        return to_python(value, keep_unknowns=keep_unknowns)
    if isinstance(value, list):
        return [part for each in value if (part := _received(each, keep_unknowns)) is not _DROPPED]
    return _DROPPED if value is UNKNOWN and not keep_unknowns else value


@dataclass
class Registered:
    """The response of the engine to the registration of a resource.

    Attributes:
        urn: The URN.
        id: The ID; empty if it is not known.
        inputs: The inputs.
        outputs: The outputs.
        failed: Whether it failed, or was skipped because a dependency failed.
        unknown: Whether it does not exist, because a targeted run left it out.

    """

    urn: str
    id: str
    inputs: Properties
    outputs: Properties
    failed: bool = False
    unknown: bool = False

    def output(self, name: str, *, dry_run: bool) -> Any:
        """Return the value of an output, UNKNOWN in the same cases as the SDK."""
        if name == "urn":
            return self.urn
        if name == "id":
            return self.id or UNKNOWN
        value = None if self.failed else self.outputs.get(name)
        if value is None and not dry_run and not self.failed:
            # Outside a preview, the SDK falls back to the input.
            value = self.inputs.get(name)
            value = None if value is UNKNOWN else value
            if value is None and not self.unknown:
                return None
        return UNKNOWN if value is None or contains_unknowns(value) else value


def resolve(value: Any, registered: Mapping[str, Registered], *, dry_run: bool) -> Any:
    """Return `value` with its references replaced by the outputs of registered resources."""
    if isinstance(value, Output):
        return registered[value.name].output(value.property, dry_run=dry_run)
    if isinstance(value, Mapping):
        return {key: resolve(part, registered, dry_run=dry_run) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolve(part, registered, dry_run=dry_run) for part in value]
    return value
