"""The state of a stack: resources, pending operations, their graph, and what of them is on disk at any time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .program import Properties, name_of

CREATING, UPDATING, DELETING, READING = "creating", "updating", "deleting", "reading"


@dataclass(slots=True, eq=False)
class State:
    """A resource in state. Two are the same only if they are the same object, as in the engine."""

    urn: str
    type: str
    id: str
    inputs: Properties
    outputs: Properties
    external: bool = False
    delete: bool = False
    """Replaced already, and to be deleted: `delete: true` in the state file."""
    pending_replacement: bool = False
    """Deleted already, and to be created again."""
    protect: bool = False
    retain_on_delete: bool = False
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ignore_changes: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    """The URN that this state had before; only while a run is under way."""

    @property
    def name(self) -> str:
        """The name of the resource."""
        return name_of(self.urn)

    def copy(self) -> State:
        """A copy. The properties are shared: nothing changes them in place."""
        return State(
            self.urn,
            self.type,
            self.id,
            self.inputs,
            self.outputs,
            self.external,
            self.delete,
            self.pending_replacement,
            self.protect,
            self.retain_on_delete,
            self.dependencies,
            self.property_dependencies,
            self.ignore_changes,
            self.aliases,
        )

    def all_dependencies(self) -> Iterator[str]:
        """The URNs of all that this resource depends on."""
        yield from self.dependencies
        for urns in self.property_dependencies.values():
            yield from urns

    def map_dependencies(self, aliased: dict[str, str]) -> None:
        """Let the dependencies refer to the new URNs of what was renamed."""
        self.dependencies = tuple(aliased.get(urn, urn) for urn in self.dependencies)
        self.property_dependencies = {
            key: tuple(aliased.get(urn, urn) for urn in urns) for key, urns in self.property_dependencies.items()
        }

    def keep_dependencies(self, referenceable: set[str]) -> None:
        """Drop the dependencies on what does not exist any more."""
        self.dependencies = tuple(urn for urn in self.dependencies if urn in referenceable)
        kept = {
            key: tuple(urn for urn in urns if urn in referenceable) for key, urns in self.property_dependencies.items()
        }
        self.property_dependencies = {key: urns for key, urns in kept.items() if urns}


@dataclass
class Operation:
    """An operation that was under way when the state was written."""

    resource: State
    type: str


@dataclass
class Snapshot:
    """The state of a stack as its backend has it."""

    resources: list[State] = field(default_factory=list)
    pending_operations: list[Operation] = field(default_factory=list)

    def copy(self) -> Snapshot:
        """A copy that shares only properties, which nothing changes in place."""
        return Snapshot(
            [resource.copy() for resource in self.resources],
            [Operation(operation.resource.copy(), operation.type) for operation in self.pending_operations],
        )

    def live(self) -> dict[str, State]:
        """The resources that are not to be deleted, by name."""
        return {resource.name: resource for resource in self.resources if not resource.delete}


class Journal:
    """Writes the snapshot while an operation goes on, as the engine's SnapshotManager does."""

    def __init__(self, base: list[State], pending_operations: list[Operation]) -> None:
        self.base = base
        self.disk = Snapshot()
        self.frozen = False
        """The engine was killed: nothing is written any more."""
        self._pending_creates = [operation for operation in pending_operations if operation.type == CREATING]
        self._news: list[State] = []
        self._done: set[State] = set()
        self._operations: dict[State, str] = {}
        self._has_refreshed = False

    def begin(self, state: State, operation: str) -> None:
        """Write that `operation` starts."""
        self._operations[state] = operation
        self.save()

    def end(self, state: State, *, done: Iterable[State | None] = (), new: State | None = None) -> None:
        """Write that the operation on `state` is over: `done` are gone, `new` is there."""
        self._operations.pop(state, None)
        self._done.update(old for old in done if old is not None)
        if new is not None:
            self._news.append(new)
        self.save()

    def same(self, old: State, new: State) -> None:
        """Take over an unchanged resource, without a write of its own if only its place in the list changes."""
        self._done.add(old)
        self._news.append(new)
        if _differs(old, new):
            self.save()

    def refreshed(self, old: State, new: State | None) -> None:
        """Write the outcome of a refresh of a resource that the program declares."""
        self._has_refreshed = True
        self._done.add(old)
        if new is not None:
            self._news.append(new)
        self.save()

    def save(self) -> None:
        """Write the snapshot."""
        if self.frozen:
            return
        resources = [state.copy() for state in [*self._news, *self.base] if state not in self._done]
        aliased = {alias: state.urn for state in resources for alias in state.aliases}
        if aliased:
            for state in resources:
                state.map_dependencies(aliased)
                state.aliases = ()
        if self._has_refreshed:
            drop_dangling(resources)
        operations = [Operation(state.copy(), type_) for state, type_ in self._operations.items()]
        self.disk = Snapshot(resources, [*operations, *self._pending_creates])


def _differs(old: State, new: State) -> bool:
    return (
        old.urn != new.urn
        or old.type != new.type
        or old.retain_on_delete != new.retain_on_delete
        or old.protect != new.protect
        or old.inputs != new.inputs
        or old.outputs != new.outputs
        or sorted(old.dependencies) != sorted(new.dependencies)
    )


def drop_dangling(resources: list[State]) -> None:
    """Drop all dependencies on what does not come before in the list."""
    referenceable: set[str] = set()
    for state in resources:
        state.keep_dependencies(referenceable)
        referenceable.add(state.urn)


class Graph:
    """The dependency graph of a list of resources in topological order."""

    def __init__(self, resources: list[State]) -> None:
        self._resources = list(resources)
        self._index = {state: index for index, state in enumerate(self._resources)}

    def __contains__(self, state: State) -> bool:
        return state in self._index

    def alias(self, new: State, old: State) -> None:
        """Let `new` stand where `old` stands."""
        self._index[new] = self._index[old]

    def depending_on(self, root: State, ignore: Iterable[str] = ()) -> list[State]:
        """All that depends on `root`, in topological order."""
        dependents, urns = [], {root.urn}
        for candidate in self._resources[self._index[root] + 1 :]:
            if candidate.urn not in ignore and not urns.isdisjoint(candidate.all_dependencies()):
                dependents.append(candidate)
                urns.add(candidate.urn)
        return dependents

    def dependencies_of(self, state: State) -> set[State]:
        """All that `state` depends on directly."""
        urns = set(state.all_dependencies())
        return {candidate for candidate in self._resources[: self._index[state]] if candidate.urn in urns}

    def transitive_dependencies_of(self, state: State) -> set[State]:
        """All that `state` depends on, directly or not."""
        olds = {each.urn: each for each in self._resources if each.delete}
        news = {each.urn: each for each in self._resources if not each.delete}

        def lookup(origin: State, urn: str) -> State | None:
            preferred, other = (olds, news) if origin.delete else (news, olds)
            return preferred.get(urn) or other.get(urn)

        marked: set[State] = set()
        root = lookup(state, state.urn)
        pending = [] if root is None else [root]
        while pending:
            each = pending.pop()
            if each not in marked:
                marked.add(each)
                pending += [found for urn in each.all_dependencies() if (found := lookup(each, urn)) is not None]
        return marked - {state}
