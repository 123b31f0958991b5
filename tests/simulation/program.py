"""What a Pulumi program declares, and how its values travel between program, engine and provider."""

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
    """The URN of a resource in the stack of the model."""
    return f"urn:pulumi:{STACK}::{PROJECT}::{type_}::{name}"


def name_of(urn: str) -> str:
    """The name of the resource with this URN."""
    return urn.rpartition("::")[2]


def type_of(urn: str) -> str:
    """The type token of the resource with this URN."""
    return urn.split("::")[2]


@dataclass(frozen=True)
class Output:
    """A reference to an output of another resource; the properties "id" and "urn" always exist."""

    name: str
    property: str


@dataclass(frozen=True)
class Declared:
    """One resource of a program."""

    name: str
    type: str
    inputs: Mapping[str, Any]
    """JSON-like values; `Output` may stand anywhere in them."""
    aliases: Sequence[str] = ()
    """Former names of this type, or URNs."""
    ignore_changes: Sequence[str] = ()
    """Names of top-level properties."""
    depends_on: Sequence[str] = ()
    """Names of resources."""
    after: Sequence[str] = ()
    """Names of resources that must be registered before, as where a program declares this one in an `apply`."""
    get: str | Output | None = None
    """The ID of a resource that is only read, as with `Resource.get`."""
    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool | None = None
    provider: str = ""
    """What stands for the pickled provider in `__provider`. By default it is derived from the type."""
    urn: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "urn", make_urn(self.type, self.name))

    def alias_urns(self) -> list[str]:
        """The URNs that this resource may have in state."""
        return [alias if alias.startswith("urn:") else make_urn(self.type, alias) for alias in self.aliases]

    def waits_for(self) -> set[str]:
        """The names of the resources that must be done before this one registers."""
        return {*self.depends_on, *self.after, *(output.name for output in _outputs_in([self.inputs, self.get]))}

    def property_dependencies(self) -> dict[str, tuple[str, ...]]:
        """The names of the resources that each property refers to."""
        found = {key: tuple(dict.fromkeys(each.name for each in _outputs_in(it))) for key, it in self.inputs.items()}
        return {key: names for key, names in found.items() if names}

    def provider_key(self) -> str:
        """The value of `__provider`."""
        return self.provider or f"<{self.type}>"


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
    """Whether a part of `value` is unknown."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, dict):
        return any(contains_unknowns(part) for part in value.values())
    return isinstance(value, list) and any(contains_unknowns(part) for part in value)


def from_python(properties: Mapping[str, Any]) -> Properties:
    """What the engine receives: top-level None is left out, numbers are floats. Always a copy."""
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


def to_python(properties: Properties, *, keep_unknowns: bool = False) -> Properties:
    """What a provider or a program receives: None is left out of dictionaries, unknowns too unless kept. A copy."""
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
    """What the program learns about a resource when its registration is done."""

    urn: str
    id: str
    inputs: Properties
    outputs: Properties
    failed: bool = False
    """It failed, or was skipped because a dependency of it failed."""
    unknown: bool = False
    """It was left out of a targeted run, and does not exist."""

    def output(self, name: str, *, dry_run: bool) -> Any:
        """The value of an output: UNKNOWN where the SDK makes it so."""
        if name == "urn":
            return self.urn
        if name == "id":
            return self.id or UNKNOWN
        value = None if self.failed else self.outputs.get(name)
        if value is None and not dry_run and not self.failed:
            # The SDK falls back to the input in a real run.
            value = self.inputs.get(name)
            value = None if value is UNKNOWN else value
            if value is None and not self.unknown:
                return None
        return UNKNOWN if value is None or contains_unknowns(value) else value


def resolve(value: Any, registered: Mapping[str, Registered], *, dry_run: bool) -> Any:
    """`value` with its references replaced by the outputs of what is registered."""
    if isinstance(value, Output):
        return registered[value.name].output(value.property, dry_run=dry_run)
    if isinstance(value, Mapping):
        return {key: resolve(part, registered, dry_run=dry_run) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolve(part, registered, dry_run=dry_run) for part in value]
    return value
