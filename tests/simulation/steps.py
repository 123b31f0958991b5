"""Steps: what the engine does to one resource, with calls to the provider and writes to state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pulumi.output import Unknown

from .program import (
    PROVIDER_KEY,
    Declared,
    Properties,
    Registered,
    from_plugin,
    from_python,
    to_plugin,
    to_python,
)
from .state import CREATING, DELETING, READING, UPDATING, Journal, State


class Target(Protocol):
    """The resource of a call."""

    @property
    def type(self) -> str:
        """The type token."""

    @property
    def urn(self) -> str:
        """The URN."""

    @property
    def provider(self) -> str:
        """The default or explicit provider of a native resource; empty for a dynamic resource."""


class Host(Protocol):
    """The provider processes of one operation."""

    def call(self, method: str, target: Target, *arguments: Any, preview: bool = False) -> Any:
        """Call a provider.

        Args:
            method: A method of `pulumi.dynamic.ResourceProvider`. Native providers have the same.
            target: The resource.
            *arguments: The arguments of the method. `read` of a native provider has one more: the inputs.
            preview: Whether a native provider only shows what `create` or `update` would return.

        Returns:
            The result, as a dynamic provider returns it.

        """


class ProtectedError(Exception):
    """A protected resource was to be deleted. Other steps continue."""


@dataclass
class Change:
    """The result of a diff."""

    changes: bool
    replaces: list[str] = field(default_factory=list)
    delete_before_replace: bool = False


class Provider:
    """The providers as the engine sees them: dynamic ones behind Pulumi's gRPC server, and native ones."""

    def __init__(self, host: Host, journal: Journal | None) -> None:
        self._host = host
        self._journal = journal

    @property
    def dry_run(self) -> bool:
        """Whether this is a preview."""
        return self._journal is None

    def check(self, declared: Declared, olds: Properties, news: Properties) -> tuple[Properties, list[str]]:
        """Return the checked inputs and the problems."""
        old, new = (_sent(declared, each, keep_unknowns=self.dry_run) for each in (olds, news))
        result = self._call("check", declared, old, new)
        failures = [f"{failure.property}: {failure.reason}" for failure in result.failures]
        return _received(declared, result.inputs, news), failures

    def diff(
        self,
        state: State,
        id_: str,
        olds: tuple[Properties, Properties],
        news: Properties,
        ignore: tuple[str, ...],
        *,
        keep_unknowns: bool,
    ) -> Change:
        """Compare a resource with new inputs.

        Args:
            state: The resource.
            id_: Its ID.
            olds: Its old inputs and outputs.
            news: The new inputs.
            ignore: The properties in ignore_changes.
            keep_unknowns: Whether the provider receives unknown values.

        """
        old_inputs, old_outputs = olds
        old, new = (_sent(state, each, keep_unknowns=keep_unknowns) for each in (old_outputs, news))
        result = self._call("diff", state, id_, old, new)
        changes = result.changes
        if changes is None:  # the provider left it to the engine to compare the inputs
            changes = ignore_changes(news, old_inputs, ignore) != old_inputs
        return Change(bool(changes), list(result.replaces or ()), bool(result.delete_before_replace))

    def create(self, state: State) -> tuple[str, Properties]:
        """Create a resource and return its ID and outputs. A preview does not call a dynamic provider."""
        if self.dry_run and not state.provider:
            return "", state.inputs
        inputs = _sent(state, state.inputs, keep_unknowns=self.dry_run)
        result = self._call("create", state, inputs, preview=self.dry_run)
        if not result.id and not self.dry_run:
            raise RuntimeError(f"plugin returned empty resource.ID from create '{state.urn}'")
        return str(result.id or ""), _received(state, result.outs or {}, state.inputs)

    def update(self, old: State, new: State) -> Properties:
        """Update a resource and return its outputs. A preview does not call a dynamic provider."""
        if self.dry_run and not new.provider:
            return new.inputs
        olds, news = _sent(new, old.outputs), _sent(new, new.inputs, keep_unknowns=self.dry_run)
        result = self._call("update", new, old.id, olds, news, preview=self.dry_run)
        return _received(new, result.outs or {}, new.inputs)

    def read(
        self, state: State, id_: str, properties: Properties, inputs: Properties
    ) -> tuple[str, Properties, Properties | None]:
        """Return the ID (empty if the resource is gone), the outputs and, if the provider returns them, the inputs."""
        extra = [_sent(state, inputs)] if state.provider else []
        result = self._call("read", state, id_, _sent(state, properties), *extra)
        read_inputs = None if result.inputs is None else _received(state, result.inputs, properties)
        return str(result.id or ""), _received(state, result.outs, properties), read_inputs

    def delete(self, state: State) -> None:
        """Delete a resource."""
        self._call("delete", state, state.id, _sent(state, state.outputs))

    def _call(self, method: str, target: Target, *arguments: Any, preview: bool = False) -> Any:
        try:
            return self._host.call(method, target, *arguments, preview=preview)
        except Exception:
            raise
        except BaseException:
            if self._journal is not None:
                self._journal.frozen = True
            raise


def _sent(target: Target, properties: Properties, *, keep_unknowns: bool = False) -> Properties:
    return (to_plugin if target.provider else to_python)(properties, keep_unknowns=keep_unknowns)


def _received(target: Target, values: Mapping[str, Any], properties: Properties) -> Properties:
    """Return properties from a provider. Pulumi's gRPC server for dynamic providers adds `__provider`."""
    if target.provider:
        return from_plugin(values)
    return from_python({**values, PROVIDER_KEY: properties[PROVIDER_KEY]})


def ignore_changes(news: Properties, olds: Properties, ignored: tuple[str, ...]) -> Properties:
    """Return the new inputs, with the old values of those to ignore."""
    if not ignored:
        return news
    result = {key: value for key, value in news.items() if key not in ignored or key in olds}
    return {**result, **{key: olds[key] for key in ignored if key in olds}}


@dataclass(eq=False)
class Registration:
    """The registration of a resource by the program.

    Attributes:
        declared: The declaration.
        inputs: Its resolved inputs.
        dependencies: The URNs of all dependencies.
        property_dependencies: The URNs of the dependencies of each property.
        report: Sends the response to the program.
        read_as: For a resource that is only read, the ID that the program receives.

    """

    declared: Declared
    inputs: Properties
    dependencies: tuple[str, ...]
    property_dependencies: dict[str, tuple[str, ...]]
    report: Callable[[Registered], None]
    read_as: str | None = None

    def goal(self, aliases: tuple[str, ...] = ()) -> State:
        """Return the state that the program declares."""
        declared = self.declared
        return State(
            declared.urn,
            declared.type,
            "",
            self.inputs,
            {},
            protect=declared.protect,
            retain_on_delete=declared.retain_on_delete,
            dependencies=self.dependencies,
            property_dependencies=self.property_dependencies,
            ignore_changes=tuple(declared.ignore_changes),
            aliases=aliases,
            provider=declared.provider,
        )

    def done(self, state: State, *, failed: bool = False, unknown: bool = False) -> None:
        """Send the response to the program."""
        if self.read_as is not None:
            # The response to a read contains neither the ID that was found nor whether it failed.
            self.report(Registered(state.urn, self.read_as, self.inputs, state.outputs))
            return
        self.report(Registered(state.urn, state.id, self.inputs, state.outputs, failed, unknown))


@dataclass(eq=False)
class Step:
    """A step.

    Attributes:
        op: The kind of the step. The part before the first hyphen selects the method that applies it.
        old: The resource before the step.
        new: The resource after the step.
        registration: The registration that waits for this step, if any.
        skipped_create: Whether a targeted run leaves the resource out.
        pending_delete: Whether the old resource of a replacement is deleted after the program.
        pending_replacement: Whether the old resource is deleted before its replacement is created.
        resume: Continues after the refresh of a resource that the program declares.
        change: The result of the diff.

    """

    op: str
    old: State | None = None
    new: State | None = None
    registration: Registration | None = None
    skipped_create: bool = False
    pending_delete: bool = False
    pending_replacement: bool = False
    resume: Callable[[State | None, Exception | None], None] | None = None
    change: Change | None = None

    @property
    def resource(self) -> State:
        """The resource of this step."""
        state = self.old if self.op == "refresh" or self.new is None else self.new
        assert state is not None
        return state

    @property
    def counted_as(self) -> str | None:
        """The kind of change in the summary. For `pulumi refresh`, see `refreshed_as`."""
        logical = {"same", "create", "update", "replace", "delete", "discard"}
        if self.op == "read" and self.old is not None and self.new is not None:
            return "read" if self.old.outputs != self.new.outputs else None
        return self.op if self.op in logical else None

    @property
    def refreshed_as(self) -> str:
        """The kind of change in the summary of `pulumi refresh`."""
        assert self.old is not None
        if self.new is None:
            return "delete"
        if self.old.external:
            return "same" if self.old.outputs == self.new.outputs else "update"
        return "same" if self.change is None or not self.change.changes else "update"

    def complete(self, *, failed: bool = False) -> None:
        """Send the response to the program, if it waits for this step."""
        if self.registration is not None and self.new is not None:
            self.registration.done(self.new, failed=failed, unknown=self.skipped_create)

    def apply(self, provider: Provider, journal: Journal | None) -> None:
        """Run the step and record the outcome. Raises what the provider raises."""
        getattr(self, "_" + self.op.partition("-")[0])(provider, journal)

    def _same(self, _provider: Provider, journal: Journal | None) -> None:
        assert self.old is not None
        assert self.new is not None
        self.new.id, self.new.outputs = self.old.id, self.old.outputs
        if journal is not None and not self.skipped_create:
            journal.same(self.old, self.new)

    def _create(self, provider: Provider, journal: Journal | None) -> None:
        assert self.new is not None
        done: list[State | None] = []
        with _pending_operation(journal, self.new, CREATING) as end:
            self.new.id, self.new.outputs = provider.create(self.new)
            if self.old is not None:
                if self.pending_delete:
                    self.old.delete = True
                if self.old.pending_replacement:
                    done.append(self.old)
            end(done, self.new)

    def _update(self, provider: Provider, journal: Journal | None) -> None:
        assert self.old is not None
        assert self.new is not None
        with _pending_operation(journal, self.new, UPDATING) as end:
            self.new.id = self.old.id
            self.new.outputs = provider.update(self.old, self.new)
            end([self.old], self.new)

    def _delete(self, provider: Provider, journal: Journal | None) -> None:
        old = self.old
        assert old is not None
        with _pending_operation(journal, old, DELETING) as end:
            if old.protect and self.op == "delete":
                raise ProtectedError(f"resource {old.urn} cannot be deleted because it is protected")
            if not (provider.dry_run or old.external or old.retain_on_delete):
                provider.delete(old)
            if self.pending_replacement:
                old.pending_replacement = True
            end([] if old.pending_replacement else [old], None)

    def _discard(self, provider: Provider, journal: Journal | None) -> None:
        self._delete(provider, journal)

    def _remove(self, _provider: Provider, journal: Journal | None) -> None:
        assert self.old is not None
        if journal is not None:
            journal.end(self.old, done=[self.old])

    def _replace(self, _provider: Provider, _journal: Journal | None) -> None:
        """Do nothing: the engine only displays this step."""

    def _read(self, provider: Provider, journal: Journal | None) -> None:
        new = self.new
        assert new is not None
        with _pending_operation(journal, new, READING) as end:
            if isinstance(new.id, Unknown):
                new.id = ""
            else:
                id_, new.outputs, _ = provider.read(new, new.id, new.inputs, new.inputs)
                new.id = id_ or new.id
            if self.op == "read-replacement" and self.old is not None:
                self.old.delete = True
            end([self.old], new)

    def _refresh(self, provider: Provider, journal: Journal | None) -> None:
        old = self.old
        assert old is not None
        assert self.new is not None
        try:
            if old.pending_replacement:
                self.new = old.copy() if self.resume else old
            else:
                self._refresh_from_provider(provider, old, self.new)
        except Exception as error:
            if self.resume is not None:
                self.resume(None, error)
            raise
        if self.resume is not None:
            if journal is not None:
                journal.refreshed(old, self.new)
            self.resume(self.new, None)

    def _refresh_from_provider(self, provider: Provider, old: State, base: State) -> None:
        id_, outputs, inputs = provider.read(base, old.id, old.outputs, old.inputs)
        if not id_:
            self.new = None
            return
        # From here on, the new state is used, even if the diff below fails.
        new = self.new = base.copy()
        new.id, new.outputs, new.inputs = id_, outputs, old.inputs if inputs is None else inputs
        if not old.external:
            # In reverse: what was read is the old state, and the old inputs are the new ones.
            olds = (new.inputs, new.outputs)
            self.change = provider.diff(
                new, new.id, olds, old.inputs, old.ignore_changes, keep_unknowns=provider.dry_run
            )


class _pending_operation:  # noqa: N801 - used like a function
    """Records a pending operation while a step runs."""

    def __init__(self, journal: Journal | None, state: State, operation: str) -> None:
        self._journal, self._state, self._ended = journal, state, False
        if journal is not None:
            journal.begin(state, operation)

    def __enter__(self) -> Callable[[list[State | None], State | None], None]:
        return self._end

    def _end(self, done: list[State | None], new: State | None) -> None:
        self._ended = True
        if self._journal is not None:
            self._journal.end(self._state, done=done, new=new)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, Exception) and not self._ended and self._journal is not None:
            self._journal.end(self._state)
