"""A simulated Pulumi engine (CLI 3.259.0), as dynamic and native providers see it.

It makes the same calls as the real engine, in the same order, and produces the same state. Programs, providers and
threads are passed in; it does no I/O. tests/acceptance/test_engine_model.py compares it with the real engine.

Not simulated: the stack resource, provider resources, components, secrets, views, hooks, plans, policies and imports.
Providers never replace their resources: `DiffConfig` of this package does not ask for it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from .generator import DESTROY, REFRESH, UPDATE, Bail, Generator, Options, Targets
from .program import (
    PROVIDER_KEY,
    Declared,
    Output,
    Program,
    Registered,
    from_python,
    make_urn,
    name_of,
    resolve,
    type_of,
)
from .state import Graph, Journal, Operation, Snapshot, State, drop_dangling
from .steps import Host, ProtectedError, Provider, Registration, Step

__all__ = [
    "PROVIDER_KEY",
    "Declared",
    "Engine",
    "Host",
    "Operation",
    "Output",
    "Program",
    "Result",
    "Scheduler",
    "Sequential",
    "Snapshot",
    "State",
    "Task",
    "make_urn",
    "name_of",
    "type_of",
]


class Task(Protocol):
    """Work that was spawned."""

    @property
    def done(self) -> bool:
        """Whether it has ended."""


class Scheduler(Protocol):
    """Runs work in threads of some kind."""

    def spawn(self, work: Callable[[], None]) -> Task:
        """Start `work`."""

    def wait(self, tasks: Sequence[Any]) -> None:
        """Return when one of `tasks` has ended, or earlier. May raise what a task has raised."""


class _Done:
    done = True


class Sequential:
    """Runs all work in the current thread."""

    def spawn(self, work: Callable[[], None]) -> Task:
        """Run `work` to its end."""
        work()
        return _Done()

    def wait(self, tasks: Sequence[Any]) -> None:
        """Return at once, because all tasks have ended."""


@dataclass
class Result:
    """The outcome of an operation.

    Attributes:
        ok: Whether it succeeded.
        canceled: Whether ^C ended it.
        errors: URN and message of each error. The URN is empty if the error concerns no resource.
        steps: Kind and resource name of each step that succeeded, in order.
        changes: The number of changes of each kind in the summary.

    """

    ok: bool
    canceled: bool
    errors: list[tuple[str, str]]
    steps: list[tuple[str, str]]
    changes: dict[str, int]


@dataclass
class Engine:
    """One operation on a stack. Call one of its methods, once.

    Attributes:
        snapshot: The state before the operation. It is not changed.
        host: The provider process.
        scheduler: Runs steps.
        parallel: How many steps run at the same time.
        cancelled: Returns whether the user has pressed ^C.

    """

    snapshot: Snapshot
    host: Host
    scheduler: Scheduler = field(default_factory=Sequential)
    parallel: int = 16
    cancelled: Callable[[], bool] = lambda: False

    def __post_init__(self) -> None:
        self._base = self.snapshot.copy()
        self._journal: Journal | None = Journal(self._base.resources, self._base.pending_operations)
        self._journal.disk = self.snapshot.copy()
        self._on_disk = self._journal
        self._result = Result(ok=True, canceled=False, errors=[], steps=[], changes={})
        self._counts: Counter[str] = Counter()
        self._active: list[Task] = []
        self._waiting: list[Declared] = []
        self._queue: deque[tuple[str, Callable[[], list[Step]]]] = deque()
        self._registered: dict[str, Registered] = {}
        self._errored: list[Step] = []
        self._skipped: set[str] = set()
        self._failed = self._canceled = self._stopping = self._ignores_errors = False
        self._is_refresh = False

    @property
    def state(self) -> Snapshot:
        """The state on disk."""
        return self._on_disk.disk

    def preview(
        self,
        program: Program,
        *,
        refresh: bool = False,
        targets: Iterable[str] = (),
        excludes: Iterable[str] = (),
        target_dependents: bool = False,
        replace: Iterable[str] = (),
    ) -> Result:
        """Run `pulumi preview`."""
        return self.up(
            program,
            refresh=refresh,
            targets=targets,
            excludes=excludes,
            target_dependents=target_dependents,
            replace=replace,
            dry_run=True,
        )

    def up(
        self,
        program: Program,
        *,
        refresh: bool = False,
        run_program: bool = False,
        targets: Iterable[str] = (),
        excludes: Iterable[str] = (),
        target_dependents: bool = False,
        replace: Iterable[str] = (),
        continue_on_error: bool = False,
        dry_run: bool = False,
    ) -> Result:
        """Run `pulumi up --skip-preview`. For --target-replace, pass both `targets` and `replace`."""
        options = _options(targets, excludes, replace, target_dependents, continue_on_error)
        generator = self._generator(options, dry_run=dry_run)
        generator.refresh = refresh and run_program

        def operation() -> None:
            if refresh and not run_program:
                self._refresh(generator)
            self._check_targets(options.replace, (state.urn for state in self._base.resources))
            self._run(generator, program)

        return self._operate(generator, operation)

    def refresh(
        self,
        *,
        program: Program | None = None,
        targets: Iterable[str] = (),
        excludes: Iterable[str] = (),
        target_dependents: bool = False,
        preview_only: bool = False,
        clear_pending_creates: bool = False,
    ) -> Result:
        """Run `pulumi refresh`, with --run-program if there is a program."""
        self._is_refresh = True
        if clear_pending_creates:
            self._on_disk = self._journal = Journal(self._base.resources, [])
            self._journal.save()
        options = _options(targets, excludes, (), target_dependents, continue_on_error=False)
        generator = self._generator(options, dry_run=preview_only)
        generator.mode, generator.refresh = REFRESH, True

        def operation() -> None:
            for given in (options.targets, options.excludes):
                self._check_targets(given, (state.urn for state in self._base.resources))
            if program is None:
                self._refresh(generator)
            else:
                self._run(generator, program)

        return self._operate(generator, operation)

    def destroy(
        self,
        *,
        program: Program | None = None,
        refresh: bool = False,
        targets: Iterable[str] = (),
        excludes: Iterable[str] = (),
        target_dependents: bool = False,
        exclude_protected: bool = False,
        continue_on_error: bool = False,
        preview_only: bool = False,
    ) -> Result:
        """Run `pulumi destroy`, with --run-program if there is a program."""
        excludes = list(excludes)
        if exclude_protected:
            graph = Graph(self._base.resources)
            protected = [state for state in self._base.resources if state.protect]
            kept = {each for state in protected for each in [state, *graph.transitive_dependencies_of(state)]}
            if kept and len(kept) == len(self._base.resources):
                return self._result
            excludes += [state.urn for state in kept]
        options = _options(targets, excludes, (), target_dependents, continue_on_error)
        generator = self._generator(options, dry_run=preview_only)
        generator.mode = UPDATE if program is None else DESTROY

        def operation() -> None:
            for given in (options.targets, options.excludes):
                self._check_targets(given, (state.urn for state in self._base.resources))
            if refresh:
                self._refresh(generator)
            self._run(generator, program or ())

        return self._operate(generator, operation)

    def _generator(self, options: Options, *, dry_run: bool) -> Generator:
        if dry_run:
            self._journal = None
        provider = Provider(self.host, self._journal)
        generator = Generator(provider, options, self._base.resources, self._report, resume=self._resume)
        self._current = generator
        return generator

    def _operate(self, generator: Generator, operation: Callable[[], None]) -> Result:
        try:
            operation()
        except Bail as bail:
            self._bail(bail)
        self._drain()
        if self._journal is not None:
            self._journal.save()
        result = self._result
        result.canceled = self._canceled and not self._failed
        result.ok = not (self._failed or generator.saw_error or result.canceled)
        result.changes = dict(self._counts)
        return result

    # Before the program: the refresh of all resources.

    def _refresh(self, generator: Generator) -> None:
        options = generator.options
        for given in (options.targets, options.excludes):
            self._check_targets(given, (state.urn for state in self._base.resources))
        steps, wanted = [], set(options.targets.given)
        for state in self._base.resources:
            if options.excludes:
                included = state.urn not in options.excludes
            else:
                included = not wanted or state.urn in wanted or state.name in wanted
                if not included and options.target_dependents:
                    included = any(urn in wanted or name_of(urn) in wanted for urn in state.all_dependencies())
                    wanted |= {state.urn} if included else set()
            if included:
                generator.providers.add(state.provider)
                steps.append(Step("refresh", state, state))
        self._ignores_errors = True
        self._submit_all(steps)
        self._drain()
        self._ignores_errors = False
        self._rebuild(generator, steps)
        self._canceled = self.cancelled()
        if self._failed or self._canceled:
            raise Bail

    def _rebuild(self, generator: Generator, steps: list[Step]) -> None:
        refreshed = {step.old: step.new for step in steps}
        resources = [refreshed.get(state, state) for state in self._base.resources]
        self._base.resources[:] = [state for state in resources if state is not None]
        drop_dangling(self._base.resources)
        generator.rebuild()

    # The program.

    def _run(self, generator: Generator, program: Program) -> None:
        self._waiting = list(program)
        self._enqueue_ready()
        while True:
            if self._stopped():
                self._canceled = not self._stopping
                return
            if self._queue:
                steps = self._generate(*self._queue.popleft())
                if steps:
                    self._submit(steps)
            elif self._active:
                self._wait()
            else:
                break
        missing = generator.options.targets.missing([*generator.urns, *(state.urn for state in self._base.resources)])
        self._after(generator)
        if missing:
            self._missing(missing)

    def _enqueue_ready(self) -> None:
        for declared in [each for each in self._waiting if each.waits_for() <= self._registered.keys()]:
            self._waiting.remove(declared)
            self._queue.append((declared.urn, partial(self._register, declared)))

    def _register(self, declared: Declared) -> list[Step]:
        generator = self._current
        dry_run = generator.provider.dry_run

        def report(registered: Registered) -> None:
            self._registered[declared.name] = registered
            self._enqueue_ready()

        inputs = {key: resolve(value, self._registered, dry_run=dry_run) for key, value in declared.inputs.items()}
        properties = {
            key: tuple(self._registered[name].urn for name in names)
            for key, names in declared.property_dependencies().items()
            if inputs[key] is not None  # the SDK leaves out such an input and its dependencies
        }
        dependencies = dict.fromkeys(self._registered[name].urn for name in declared.depends_on)
        dependencies.update((urn, None) for urns in properties.values() for urn in urns)
        registration = Registration(
            declared,
            from_python({**inputs, PROVIDER_KEY: declared.provider_key()}),
            tuple(dependencies),
            properties,
            report,
        )
        if declared.get is None:
            return generator.steps(registration)
        id_ = resolve(declared.get, self._registered, dry_run=dry_run)
        registration.read_as = "" if dry_run else id_
        return generator.read_steps(registration, id_)

    def _resume(self, registration: Registration, new: State, old: State | None, error: Exception | None) -> None:
        """Continue with a resource that was refreshed when it was registered."""

        def steps() -> list[Step]:
            if error is not None:
                raise Bail(new.urn)
            return self._current.steps_after_refresh(registration, old, new)

        self._queue.append((new.urn, steps))

    def _generate(self, urn: str, generate: Callable[[], list[Step]]) -> list[Step]:
        try:
            steps = generate()
        except Bail:
            raise
        except Exception as error:  # any error of check or diff ends the operation
            raise Bail(urn, unreported=str(error)) from error
        self._skipped.update(step.resource.urn for step in self._errored)
        kept = []
        for step in steps:
            if self._skipped.isdisjoint(step.resource.all_dependencies()):
                kept.append(step)
            else:
                self._skipped.add(step.resource.urn)
                step.complete(failed=True)
        return kept

    # After the program: deletes, or the refreshes of the remaining resources.

    def _after(self, generator: Generator) -> None:
        if not self._base.resources:
            return
        if generator.mode == REFRESH:
            steps = generator.refresh_steps()
            self._submit_all(steps)
            self._drain()
            self._rebuild(generator, steps)
            return
        graph = generator.graph
        sames, deletes = self._generate_deletes(generator)
        self._submit(sames)
        self._drain()
        spared: set[State] = set()
        deleted = Graph(generator.to_delete)
        for group in generator.schedule(deletes):
            for step in self._errored:
                for state in (step.resource, step.old):
                    if state is not None and state in graph:
                        spared |= graph.transitive_dependencies_of(state)
                    elif state is not None and state in deleted:
                        spared |= deleted.transitive_dependencies_of(state)
            self._submit_all([step for step in group if step.resource not in spared])
            self._drain()

    def _generate_deletes(self, generator: Generator) -> tuple[list[Step], list[Step]]:
        try:
            return generator.delete_steps()
        except Bail:
            raise
        except Exception as error:
            raise Bail(unreported=str(error)) from error

    # Execution.

    def _submit_all(self, steps: list[Step]) -> None:
        for step in steps:
            self._submit([step])

    def _submit(self, chain: list[Step]) -> None:
        self._prune()
        while len(self._active) >= self.parallel and not self._stopped():
            self._wait()
        if not self._stopped():
            self._active.append(self.scheduler.spawn(lambda: self._execute(chain)))

    def _execute(self, chain: list[Step]) -> None:
        for step in chain:
            if self._stopped():
                return
            try:
                step.apply(self._current.provider, self._journal)
            except Exception as error:  # noqa: BLE001 - a provider may raise anything
                self._fail(step, error)
                return
            self._count(step)
            step.complete()

    def _fail(self, step: Step, error: Exception) -> None:
        self._report(step.resource.urn, str(error))
        self._failed = True
        if self._ignores_errors:
            return
        if self._current.options.continue_on_error or isinstance(error, ProtectedError):
            step.complete(failed=True)
            self._errored.append(step)
        else:
            self._stopping = True

    def _count(self, step: Step) -> None:
        self._result.steps.append((step.op, step.resource.name))
        kind = step.counted_as
        if step.op == "refresh" and self._is_refresh:
            kind = step.refreshed_as
        if kind is not None:
            self._counts[kind] += 1

    def _stopped(self) -> bool:
        return self._stopping or self.cancelled()

    def _prune(self) -> None:
        self._active = [task for task in self._active if not task.done]

    def _wait(self) -> None:
        self._prune()
        if self._active:
            self.scheduler.wait(list(self._active))
            self._prune()

    def _drain(self) -> None:
        self._prune()
        while self._active:
            self.scheduler.wait(list(self._active))
            self._prune()

    # Errors.

    def _report(self, urn: str, message: str) -> None:
        self._result.errors.append((urn, message))

    def _bail(self, bail: Bail) -> None:
        self._failed = self._failed or not self._canceled
        self._stopping = True
        if bail.unreported:
            self._report(bail.urn, bail.unreported)

    def _check_targets(self, targets: Targets, urns: Iterable[str]) -> None:
        if targets and (missing := targets.missing(urns)):
            self._missing(missing)

    def _missing(self, missing: list[str]) -> None:
        for target in missing:
            self._report("", f"target {target} could not be found in the stack")
        self._failed = True
        raise Bail


def _options(
    targets: Iterable[str],
    excludes: Iterable[str],
    replace: Iterable[str],
    target_dependents: bool,  # noqa: FBT001
    continue_on_error: bool,  # noqa: FBT001
) -> Options:
    return Options(Targets.of(targets), Targets.of(excludes), Targets.of(replace), target_dependents, continue_on_error)
