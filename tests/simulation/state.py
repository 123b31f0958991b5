"""The state of a stack: resources, pending operations, the dependency graph, and the state file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .program import Properties, name_of

CREATING, UPDATING, DELETING, READING = "creating", "updating", "deleting", "reading"


@dataclass(slots=True, eq=False)
class State:
    """A resource in state. As in the engine, two are equal only if they are the same object.

    The attributes are those of the state file. Among them:

    Attributes:
        delete: Whether it is already replaced and still to be deleted.
        pending_replacement: Whether it is already deleted and still to be created again.
        aliases: Its former URN, if it was renamed. Set only during a run.
        provider: The default or explicit provider of a native resource; empty for a dynamic resource.

    """

    urn: str
    type: str
    id: str
    inputs: Properties
    outputs: Properties
    external: bool = False
    delete: bool = False
    pending_replacement: bool = False
    protect: bool = False
    retain_on_delete: bool = False
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ignore_changes: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    provider: str = ""

    @property
    def name(self) -> str:
        """The name of the resource."""
        return name_of(self.urn)

    def copy(self) -> State:
        """Return a copy that shares the properties, which are never modified in place."""
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
            self.provider,
        )

    def all_dependencies(self) -> Iterator[str]:
        """Yield the URNs of all resources that this one depends on."""
        yield from self.dependencies
        for urns in self.property_dependencies.values():
            yield from urns

    def map_dependencies(self, aliased: dict[str, str]) -> None:
        """Replace the former URNs of renamed resources in the dependencies."""
        self.dependencies = tuple(aliased.get(urn, urn) for urn in self.dependencies)
        self.property_dependencies = {
            key: tuple(aliased.get(urn, urn) for urn in urns) for key, urns in self.property_dependencies.items()
        }

    def keep_dependencies(self, referenceable: set[str]) -> None:
        """Remove the dependencies on resources that no longer exist."""
        self.dependencies = tuple(urn for urn in self.dependencies if urn in referenceable)
        kept = {
            key: tuple(urn for urn in urns if urn in referenceable) for key, urns in self.property_dependencies.items()
        }
        self.property_dependencies = {key: urns for key, urns in kept.items() if urns}


@dataclass
class Operation:
    """An operation that was running when the state was written."""

    resource: State
    type: str


@dataclass
class Snapshot:
    """The state of a stack in its backend."""

    resources: list[State] = field(default_factory=list)
    pending_operations: list[Operation] = field(default_factory=list)

    def copy(self) -> Snapshot:
        """Return a copy that shares only the properties, which are never modified in place."""
        return Snapshot(
            [resource.copy() for resource in self.resources],
            [Operation(operation.resource.copy(), operation.type) for operation in self.pending_operations],
        )

    def live(self) -> dict[str, State]:
        """Return the resources that are not to be deleted, by name."""
        return {resource.name: resource for resource in self.resources if not resource.delete}


class Journal:
    """Writes the snapshot during an operation, like the engine's SnapshotManager.

    Args:
        base: The resources before the operation.
        pending_operations: The pending operations before it.

    Attributes:
        disk: The snapshot as last written.
        frozen: Whether the engine was killed, so that nothing more is written.

    """

    def __init__(self, base: list[State], pending_operations: list[Operation]) -> None:
        self.base = base
        self.disk = Snapshot()
        self.frozen = False
        self._pending_creates = [operation for operation in pending_operations if operation.type == CREATING]
        self._news: list[State] = []
        self._done: set[State] = set()
        self._operations: dict[State, str] = {}
        self._has_refreshed = False

    def begin(self, state: State, operation: str) -> None:
        """Record that an operation starts."""
        self._operations[state] = operation
        self.save()

    def end(self, state: State, *, done: Iterable[State | None] = (), new: State | None = None) -> None:
        """Record that an operation has ended.

        Args:
            state: The resource that `begin` was called with.
            done: Resources that no longer exist.
            new: A new resource, if there is one.

        """
        self._operations.pop(state, None)
        self._done.update(old for old in done if old is not None)
        if new is not None:
            self._news.append(new)
        self.save()

    def same(self, old: State, new: State) -> None:
        """Keep an unchanged resource. The snapshot is not written if only the order of resources changes."""
        self._done.add(old)
        self._news.append(new)
        if _differs(old, new):
            self.save()

    def refreshed(self, old: State, new: State | None) -> None:
        """Record the outcome of a refresh of a resource that the program declares."""
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
        or old.provider != new.provider
        or old.retain_on_delete != new.retain_on_delete
        or old.protect != new.protect
        or old.inputs != new.inputs
        or old.outputs != new.outputs
        or sorted(old.dependencies) != sorted(new.dependencies)
    )


def drop_dangling(resources: list[State]) -> None:
    """Remove all dependencies on resources that do not precede the dependent in the list."""
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
        """Give `new` the position of `old`."""
        self._index[new] = self._index[old]

    def depending_on(self, root: State, ignore: Iterable[str] = ()) -> list[State]:
        """Return all resources that depend on `root`, in topological order."""
        dependents, urns = [], {root.urn}
        for candidate in self._resources[self._index[root] + 1 :]:
            if candidate.urn not in ignore and not urns.isdisjoint(candidate.all_dependencies()):
                dependents.append(candidate)
                urns.add(candidate.urn)
        return dependents

    def dependencies_of(self, state: State) -> set[State]:
        """Return all resources that `state` directly depends on."""
        urns = set(state.all_dependencies())
        return {candidate for candidate in self._resources[: self._index[state]] if candidate.urn in urns}

    def transitive_dependencies_of(self, state: State) -> set[State]:
        """Return all resources that `state` depends on, directly or indirectly."""
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
