"""The step generator: derives steps from the registrations of a program and from state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pulumi.output import UNKNOWN

from .program import Properties, name_of
from .state import Graph, State
from .steps import Change, Provider, Registration, Step, ignore_changes

UPDATE, DESTROY, REFRESH = "update", "destroy", "refresh"


class Bail(Exception):
    """Ends the operation.

    Args:
        urn: The resource that caused it, if any.
        unreported: A message that is still to be reported.

    """

    def __init__(self, urn: str = "", unreported: str = "") -> None:
        super().__init__(unreported)
        self.urn, self.unreported = urn, unreported


@dataclass
class Targets:
    """Resources given by --target, --exclude or --replace, as URNs or names."""

    given: set[str]

    @classmethod
    def of(cls, given: Iterable[str]) -> Targets:
        """Create it from the values on the command line."""
        return cls(set(given))

    def __bool__(self) -> bool:
        return bool(self.given)

    def __contains__(self, urn: str) -> bool:
        return urn in self.given or name_of(urn) in self.given

    def missing(self, urns: Iterable[str]) -> list[str]:
        """Return those that are not among `urns`."""
        known = set(urns)
        return sorted(self.given - known - {name_of(urn) for urn in known})


@dataclass
class Options:
    """The command-line options that the step generator uses."""

    targets: Targets
    excludes: Targets
    replace: Targets
    target_dependents: bool = False
    continue_on_error: bool = False


@dataclass
class Generator:
    """Generates the steps of one operation.

    Attributes:
        provider: The provider.
        options: The command-line options.
        base: The state before the operation. A refresh replaces its contents.
        report: Shows an error, given the URN that it belongs to and the message.
        mode: UPDATE, DESTROY or REFRESH.
        refresh: Whether each resource is refreshed when the program registers it.
        resume: Continues with a resource after such a refresh.
        saw_error: Whether an error was reported that does not end the operation.
        providers: The providers that have been configured.

    """

    provider: Provider
    options: Options
    base: list[State]
    report: Callable[[str, str], None]
    mode: str = UPDATE
    refresh: bool = False
    resume: Callable[[Registration, State, State | None, Exception | None], None] | None = None
    saw_error: bool = False
    providers: set[str] = field(default_factory=set)

    urns: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)
    creates: set[str] = field(default_factory=set)
    sames: set[str] = field(default_factory=set)
    updates: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    replaces: set[str] = field(default_factory=set)
    refreshes: set[str] = field(default_factory=set)
    skipped_creates: set[str] = field(default_factory=set)
    to_delete: list[State] = field(default_factory=list)
    _pending_deletes: set[State] = field(default_factory=set)
    _aliased: dict[str, str] = field(default_factory=dict)
    _refreshed: dict[State, State] = field(default_factory=dict)
    _targets_actual: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.rebuild()

    def rebuild(self) -> None:
        """Rebuild the index and the graph after `base` has changed."""
        self.olds = {state.urn: state for state in self.base if not state.delete}
        self.graph = Graph(self.base)

    def read_steps(self, registration: Registration, id_: str) -> list[Step]:
        """Return the steps of a resource that is only read."""
        declared = registration.declared
        self.providers.add(declared.provider)
        urn = self._new_urn(declared.urn)
        old = self.olds.get(urn)
        new = registration.goal()
        new.id, new.external = id_, True
        new.protect = new.retain_on_delete = False
        new.property_dependencies, new.ignore_changes = {}, ()
        if old is not None and not old.external and old.id != id_:
            self.replaces.add(urn)
            return [Step("read-replacement", old, new, registration), Step("replace", old, new)]
        if self.mode == DESTROY:
            self.to_delete.append(new)
        self.reads.add(urn)
        return [Step("read", old, new, registration)]

    def steps(self, registration: Registration) -> list[Step]:
        """Return the steps of a resource that the program registers."""
        self.providers.add(registration.declared.provider)
        urn = self._new_urn(registration.declared.urn)
        old, invalid = self._old_resource(urn, registration)
        new = registration.goal((old.urn,) if old is not None and old.urn != urn else ())
        if old is not None and self.refresh and self._is_included(old):
            self.refreshes.add(urn)

            def resume(state: State | None, error: Exception | None) -> None:
                if state is not None:
                    self.graph.alias(state, old)
                    self._refreshed[old] = state
                assert self.resume is not None
                self.resume(registration, new, state, error)

            # The refreshed state starts from the program's goal. The steps after it have their own state.
            return [Step("refresh", old, new, resume=resume)]
        return self.steps_after_refresh(registration, old, new, invalid=invalid)

    def steps_after_refresh(
        self, registration: Registration, old: State | None, new: State, *, invalid: bool = False
    ) -> list[Step]:
        """Return the steps of a resource whose old state is final, refreshed or not."""
        urn = new.urn
        if self.mode == REFRESH:
            if old is None:
                return self._skip_create(registration, new)
            registration.done(old)
            return []
        if self.mode == DESTROY:
            if not self.skipped_creates.isdisjoint(new.all_dependencies()):
                new.outputs = {} if old is None else old.outputs
                self.skipped_creates.add(urn)
                return [Step("same", new.copy(), new, registration, skipped_create=True)]
            if old is None:
                return self._skip_create(registration, new)
            self.sames.add(urn)
            self.to_delete.append(new)
            new.inputs = old.inputs
            return [Step("same", old, new, registration)]
        return self._validated(self._update_steps(registration, old, new, invalid=invalid))

    def _update_steps(self, registration: Registration, old: State | None, new: State, *, invalid: bool) -> list[Step]:
        urn, declared = new.urn, registration.declared
        recreating = urn in self.deletes
        targeted = self._is_included(new)
        fresh = old is None or old.external or recreating or urn in self.options.replace
        if targeted:
            olds: Properties = {} if fresh or old is None else old.inputs
            ignored = () if fresh else tuple(declared.ignore_changes)
            self._check(registration, new, olds, ignore_changes(registration.inputs, olds, ignored), invalid=invalid)
        elif invalid:
            raise Bail(urn)
        else:
            new.inputs = {} if old is None else old.inputs
        if recreating:
            assert old is not None
            self.deletes.discard(urn)
            self.replaces.add(urn)
            return [Step("replace", old, new), Step("create-replacement", old, new, registration)]
        if old is not None and old.external:
            self.creates.add(urn)
            step = Step("create-replacement", old, new, registration, pending_delete=True)
            return [step, Step("replace", old, new)]
        if targeted and self._is_targeted(new):
            self._targets_actual.add(urn)
        if old is None:
            if not targeted:
                return self._skip_create(registration, new)
            self.creates.add(urn)
            return [Step("create", None, new, registration)]
        if not targeted:
            return self._untargeted(urn, old, registration)
        if urn in self.options.replace:
            change = Change(changes=True, replaces=["id"])
        else:
            change = self.provider.diff(
                new,
                old.id,
                (old.inputs, old.outputs),
                new.inputs,
                tuple(declared.ignore_changes),
                keep_unknowns=self.provider.dry_run,
            )
        return self._steps_from_diff(registration, old, new, change)

    def _check(
        self, registration: Registration, new: State, olds: Properties, news: Properties, *, invalid: bool = False
    ) -> None:
        new.inputs, failures = self.provider.check(registration.declared, olds, news)
        for failure in failures:
            self.report(new.urn, failure)
        if failures or invalid:
            raise Bail(new.urn)

    def _steps_from_diff(self, registration: Registration, old: State, new: State, change: Change) -> list[Step]:
        urn = new.urn
        if not change.changes and not old.pending_replacement:
            self.sames.add(urn)
            return [Step("same", old, new, registration)]
        if not change.replaces and not old.pending_replacement:
            self.updates.add(urn)
            return [Step("update", old, new, registration, change=change)]
        return self._replacement(registration, old, new, change)

    def _replacement(self, registration: Registration, old: State, new: State, change: Change) -> list[Step]:
        urn, declared = new.urn, registration.declared
        if new.protect and old.protect:
            self.report(urn, f"unable to replace resource {urn} as it is currently marked for protection")
            self.saw_error = True
            if not self.provider.dry_run:
                raise Bail(urn)
        self.replaces.add(urn)
        if urn not in self.options.replace:
            # A replacement inherits nothing: it is checked again, without olds and without ignore_changes.
            self._check(registration, new, {}, registration.inputs)
        before = change.delete_before_replace
        if declared.delete_before_replace is not None:
            before = declared.delete_before_replace
        if not before:
            step = Step("create-replacement", old, new, registration, pending_delete=True, change=change)
            return [step, Step("replace", old, new)]
        steps = self._delete_dependents(old)
        if not old.pending_replacement:
            steps.append(Step("delete-replaced", old, pending_replacement=True))
        step = Step("create-replacement", old, new, registration, change=change)
        return [*steps, Step("replace", old, new), step]

    def _delete_dependents(self, old: State) -> list[Step]:
        steps = []
        dependents = self._dependent_replacements(old) if old in self.graph or not self.provider.dry_run else []
        for dependent in reversed(dependents):
            if dependent in self._pending_deletes:
                continue
            if dependent.delete:
                steps.append(Step("delete", dependent))
            elif dependent.protect:
                self.report(old.urn, f"unable to replace resource {dependent.urn} as part of replacing {old.urn}")
                self.saw_error = True
                raise Bail(old.urn)
            else:
                steps.append(Step("delete-replaced", dependent, pending_replacement=True))
            self.deletes.add(dependent.urn)
            self._pending_deletes.add(dependent)
        return steps

    def _dependent_replacements(self, root: State) -> list[State]:
        """Return the resources that must be replaced with `root`: their diff says so if its outputs are unknown."""
        found, urns = [], {root.urn}
        seen = self.reads | self.creates | self.sames | self.updates | self.deletes | self.replaces
        for dependent in self.graph.depending_on(root, seen):
            dependencies = dependent.property_dependencies
            affected = {key for key in dependent.inputs if not urns.isdisjoint(dependencies.get(key, ()))}
            if dependent.external or not affected:
                continue
            news = {key: UNKNOWN if key in affected else value for key, value in dependent.inputs.items()}
            olds = (dependent.inputs, dependent.outputs)
            change = self.provider.diff(
                dependent, dependent.id, olds, news, dependent.ignore_changes, keep_unknowns=True
            )
            if change.replaces:
                found.append(dependent)
                urns.add(dependent.urn)
        return found

    def delete_steps(self) -> tuple[list[Step], list[Step]]:
        """Return the steps after the program: those that keep untargeted resources, and the deletes."""
        included = self._included_deletes()
        sames, deletes = [], []
        for each in list(self.base):
            state = self._refreshed.get(each, each) if included(each) else each
            if not included(each):
                if not self._is_operated_on(state.urn):
                    sames.append(Step("same", state, state.copy()))
            elif state.delete:
                if state not in self._pending_deletes:
                    self.deletes.add(state.urn)
                    deletes.append(Step("discard-replaced" if state.external else "delete-replaced", state))
            elif not self._is_operated_on(state.urn):
                self.deletes.add(state.urn)
                deletes.append(_delete(state))
        for state in self.to_delete:
            if included(state):
                self.deletes.add(state.urn)
                deletes.append(_delete(state))
        self._check_targeted(deletes)
        return sames, deletes

    def _check_targeted(self, deletes: list[Step]) -> None:
        targets = self.options.targets
        beyond = [step.resource.urn for step in deletes if targets and step.resource.urn not in targets]
        if beyond and not self.options.target_dependents:
            for urn in beyond:
                self.report(urn, "the resource will be destroyed but was not specified in --target list")
            self.saw_error = True
            if not self.provider.dry_run:
                raise Bail(beyond[0])

    def schedule(self, deletes: list[Step]) -> list[list[Step]]:
        """Return the deletes in groups, dependents first."""
        graph = self._scheduling_graph()
        remaining = {step.resource: step for step in deletes}
        groups = []
        while remaining:
            group = [state for state in remaining if graph.dependencies_of(state).isdisjoint(remaining)]
            groups.append([remaining[state] for state in group])
            for state in group:
                del remaining[state]
        groups.reverse()
        return groups

    def refresh_steps(self) -> list[Step]:
        """Return the refreshes of resources that the program has not registered."""
        steps = []
        for state in self.base:
            if not self._is_operated_on(state.urn) and self._is_refreshed(state.urn):
                self.refreshes.add(state.urn)
                steps.append(Step("refresh", state, state))
        return steps

    def _is_refreshed(self, urn: str) -> bool:
        if self.options.excludes:
            return urn not in self.options.excludes
        return not self.options.targets or urn in self.options.targets

    def _included_deletes(self) -> Callable[[State], bool]:
        if self.options.targets:
            graph, wanted = self._scheduling_graph(), set()
            frontier = [state for state in self.base if state.urn in self.options.targets]
            while frontier:
                state = frontier.pop(0)
                if state.urn not in wanted:
                    wanted.add(state.urn)
                    frontier += graph.depending_on(state, wanted)
            allowed = set()
            for state in list(self.base):
                if state.urn in wanted:
                    allowed.add(state.urn)
                    allowed.update(each.urn for each in self._dependent_replacements(state))
            return lambda state: state.urn in allowed
        if self.options.excludes:
            graph, kept = self._scheduling_graph(), set()
            frontier = [state for state in self.base if state.urn in self.options.excludes]
            while frontier:
                state = frontier.pop(0)
                if state.urn not in kept:
                    kept.add(state.urn)
                    frontier += graph.dependencies_of(state)
            return lambda state: state.urn not in kept
        return lambda _: True

    def _scheduling_graph(self) -> Graph:
        graph = Graph([*self.to_delete, *self.base])
        for old, new in self._refreshed.items():
            graph.alias(new, old)
        return graph

    def _is_operated_on(self, urn: str) -> bool:
        urn = self._aliased.get(urn, urn)
        return any(urn in urns for urns in (self.sames, self.updates, self.replaces, self.reads, self.refreshes))

    def _is_included(self, state: State) -> bool:
        if self.options.targets:
            return self._is_targeted(state)
        return not self.options.excludes or state.urn not in self.options.excludes

    def _is_targeted(self, state: State) -> bool:
        if state.urn in self.options.targets:
            return True
        if not self.options.target_dependents:
            return False
        return any(urn in self._targets_actual or urn in self.options.targets for urn in state.all_dependencies())

    def _skip_create(self, registration: Registration, new: State) -> list[Step]:
        self.sames.add(new.urn)
        self.skipped_creates.add(new.urn)
        return [Step("same", new.copy(), new, registration, skipped_create=True)]

    def _untargeted(self, urn: str, old: State, registration: Registration | None) -> list[Step]:
        if old.delete:
            return []
        if registration is not None and old.provider not in self.providers:
            raise Bail(urn, f"provider {old.provider} for resource {urn} has not been registered yet")
        self.urns.add(old.urn)
        self.sames |= {urn, old.urn}
        steps = []
        for dependency in old.all_dependencies():
            generated = (self.creates, self.sames, self.updates, self.deletes, self.replaces, self.reads)
            if any(dependency in urns for urns in generated):
                continue
            if dependency not in self.olds:
                raise Bail(urn, f"dependency {dependency} of untargeted resource {urn} has no old state")
            steps += self._untargeted(urn, self.olds[dependency], None)
        return [*steps, Step("same", old, old.copy(), registration)]

    def _validated(self, steps: list[Step]) -> list[Step]:
        if not self.options.targets and not self.options.replace:
            return steps
        for step in steps:
            if step.new is None or step.skipped_create:
                continue
            for urn in set(step.new.all_dependencies()) & self.skipped_creates:
                self.report(step.new.urn, f"{urn} will be created but was not specified in --target list")
                self.saw_error = True
                if not self.provider.dry_run:
                    raise Bail(step.new.urn)
                self.skipped_creates.discard(urn)
        return steps

    def _new_urn(self, urn: str) -> str:
        if urn in self.urns:
            self.report(urn, "duplicate resource URN")
            raise Bail(urn)
        self.urns.add(urn)
        return urn

    def _old_resource(self, urn: str, registration: Registration) -> tuple[State | None, bool]:
        invalid = False
        if urn in self._aliased:
            self.report(urn, "duplicate resource alias")
            invalid = True
        for candidate in [urn, *registration.declared.alias_urns()]:
            if candidate in self.olds:
                if candidate != urn:
                    if candidate in self.urns or candidate in self._aliased:
                        self.report(urn, f"duplicate resource alias {candidate}")
                        invalid = True
                    self._aliased[candidate] = urn
                return self.olds[candidate], invalid
        return None, invalid


def _delete(state: State) -> Step:
    if state.pending_replacement:
        return Step("remove-pending-replace", state)
    return Step("discard" if state.external else "delete", state)
