"""The model of the engine in tests/simulation makes the calls of the real engine, and has its state."""

from __future__ import annotations

import gc
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pulumi
import pytest

from simulation.engine import Declared, Engine, Output, Program, Snapshot, State, make_urn
from support.engine import Stack

from .recorder import TYPE, VARIABLE, KilledError, Recorded, World, behave, entry, interrupted


def declared(name: str, key: Any = None, **options: Any) -> Declared:
    """A resource; options that `Declared` does not know are inputs."""
    known = {each: options.pop(each) for each in list(options) if each in Declared.__dataclass_fields__}
    return Declared(name, TYPE, {"key": key or name, "computed": None, **options}, **known)


def _real_program(program: Program) -> Callable[[], None]:
    """The program for the real engine."""

    def run() -> None:
        made: dict[str, Recorded] = {}

        def make(index: int) -> None:
            if index == len(program):
                return
            each = program[index]
            made[each.name] = Recorded(each.name, _real_value(each.inputs, made), _real_options(each, made))
            # One registration at a time, for a definite order of calls; the URN is known even of what has failed.
            made[each.name].urn.apply(lambda _: make(index + 1))

        make(0)

    return run


def _real_value(value: Any, made: Mapping[str, Recorded]) -> Any:
    if isinstance(value, Output):
        return getattr(made[value.name], value.property)
    if isinstance(value, Mapping):
        return {key: _real_value(part, made) for key, part in value.items()}
    if isinstance(value, list):
        return [_real_value(part, made) for part in value]
    return value


def _real_options(each: Declared, made: Mapping[str, Recorded]) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(
        id=_real_value(each.get, made),
        aliases=[pulumi.Alias(name=alias) for alias in each.aliases],
        ignore_changes=list(each.ignore_changes),
        depends_on=[made[name] for name in each.depends_on],
        protect=each.protect,
        retain_on_delete=each.retain_on_delete,
        delete_before_replace=each.delete_before_replace,
    )


class Host:
    """The provider process of the model."""

    def __init__(self, world: World) -> None:
        self.calls: list[Any] = []
        self.is_interrupted = False
        self._world = world

    def call(self, method: str, type_: str, urn: str, *arguments: Any) -> Any:
        """Write the call down, and behave."""
        assert type_ == TYPE
        self.calls.append(json.loads(json.dumps(entry(method, urn, arguments))))
        self.is_interrupted = self.is_interrupted or interrupted(self._world, method, urn)
        return behave(self._world, method, urn, arguments)


class Twins:
    """A real stack and a model of it. Every operation is run in both, and must come to the same."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "calls"
        self._stack = Stack(folder, {})
        self.snapshot = Snapshot()
        self.ok = True
        self.calls: list[str] = []
        """The calls of the last operation, as "create a"."""

    def up(self, *program: Declared, **options: Any) -> None:
        """Run `pulumi up` in both."""
        self._both("up", program, **options)

    def preview(self, *program: Declared, **options: Any) -> None:
        """Run `pulumi preview` in both."""
        self._both("preview", program, **options)

    def refresh(self, *program: Declared, **options: Any) -> None:
        """Run `pulumi refresh` in both; with a program, --run-program."""
        self._both("refresh", program, run_program=bool(program), **options)

    def destroy(self, *program: Declared, **options: Any) -> None:
        """Run `pulumi destroy` in both; with a program, --run-program."""
        self._both("destroy", program, run_program=bool(program), **options)

    def _both(self, operation: str, program: Program, world: World | None = None, **options: Any) -> None:
        had_stack = self._has_stack()
        real, text = self._real(operation, program, world or {}, options)
        model = self._model(operation, program, world or {}, options)
        if not self.ok or options.get("targets"):
            # Which of the two that are not modelled were counted then is of no interest.
            del real["changes"], model["changes"]
        else:
            model["changes"] = dict(model["changes"] + self._stack_changes(operation, had_stack, options))
        assert real == model, text

    def _stack_changes(self, operation: str, had_stack: bool, options: Mapping[str, Any]) -> Counter[str]:  # noqa: FBT001
        """What the stack resource adds to the changes."""
        if operation != "destroy":
            return Counter(same=1) if had_stack else Counter(create=1)
        kept = options["run_program"] or options.get("exclude_protected", False)
        return Counter(delete=int(not self._has_stack()), same=int(kept))

    def _real(
        self, operation: str, program: Program, world: World, options: Mapping[str, Any]
    ) -> tuple[dict[str, Any], str]:
        self._log.write_text("")
        self._stack.environment(**{VARIABLE: json.dumps({**world, "log": str(self._log)})})
        flags = {"parallel": 1, **options}
        for flag, name in (("targets", "target"), ("excludes", "exclude"), ("replace", "replace")):
            if given := flags.pop(flag, None):
                flags[name] = [make_urn(TYPE, each) for each in given]
        if operation in {"up", "preview"}:
            result = getattr(self._stack, operation)(_real_program(program), **flags)
        else:
            self._stack._stack.workspace.program = _real_program(program)
            result = getattr(self._stack, operation)(**flags)
        if world.get("kill"):
            self._stack.cancel()
        deployment = self._stack.export()
        resources = deployment.get("resources") or []
        return {
            "ok": result.ok,
            "changes": result.changes,
            "calls": [json.loads(line) for line in self._log.read_text().splitlines()],
            "resources": [_real_resource(each) for each in resources if not each["type"].startswith("pulumi:")],
            "operations": [
                (each["type"], _real_resource(each["resource"])) for each in deployment.get("pending_operations") or []
            ],
        }, result.text

    def _model(self, operation: str, program: Program, world: World, options: Mapping[str, Any]) -> dict[str, Any]:
        host = Host(world)
        engine = Engine(self.snapshot, host, cancelled=lambda: host.is_interrupted)
        serial = [replace(each, after=[before.name]) for before, each in pairwise(program)]
        arguments: dict[str, Any] = {**options, "program": [*program[:1], *serial]}
        if operation in {"refresh", "destroy"} and not arguments.pop("run_program"):
            del arguments["program"]
        changes = Counter[str]()
        try:
            result = getattr(engine, operation)(**arguments)
        except KilledError:
            self.ok = False
        else:
            self.ok = result.ok
            changes.update(result.changes)
        self.snapshot = engine.state
        self.calls = [f"{method} {name}" for method, name, *_ in host.calls]
        return {
            "ok": self.ok,
            "changes": changes,
            "calls": host.calls,
            "resources": [_resource(each) for each in self.snapshot.resources],
            "operations": [(each.type, _resource(each.resource)) for each in self.snapshot.pending_operations],
        }

    def _has_stack(self) -> bool:
        resources = self._stack.export().get("resources") or []
        return any(each["type"] == "pulumi:pulumi:Stack" for each in resources)


def _real_resource(resource: Mapping[str, Any]) -> dict[str, Any]:
    properties = {key: sorted(urns) for key, urns in (resource.get("propertyDependencies") or {}).items() if urns}
    return {
        "urn": resource["urn"],
        "id": resource.get("id", ""),
        "inputs": _shown(resource.get("inputs", {})),
        "outputs": _shown(resource.get("outputs", {})),
        "external": resource.get("external", False),
        "delete": resource.get("delete", False),
        "pending replacement": resource.get("pendingReplacement", False),
        "protect": resource.get("protect", False),
        "retain": resource.get("retainOnDelete", False),
        "dependencies": sorted(resource.get("dependencies") or []),
        "property dependencies": properties,
    }


def _resource(state: State) -> dict[str, Any]:
    return {
        "urn": state.urn,
        "id": state.id,
        "inputs": _shown(state.inputs),
        "outputs": _shown(state.outputs),
        "external": state.external,
        "delete": state.delete,
        "pending replacement": state.pending_replacement,
        "protect": state.protect,
        "retain": state.retain_on_delete,
        "dependencies": sorted(state.dependencies),
        "property dependencies": {key: sorted(urns) for key, urns in state.property_dependencies.items()},
    }


def _shown(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if key != "__provider"}


@pytest.fixture
def twins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Twins]:
    """A new stack, and its model."""
    for name in ("PULUMI_SKIP_UPDATE_CHECK", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    yield Twins(tmp_path)
    # Programs whose engine has failed still wait. What they leave behind is of this test, not of the whole run.
    gc.collect()


def test_life_of_a_resource(twins: Twins) -> None:
    """It is created, left alone, updated, replaced and destroyed."""
    twins.up(declared("a", value=1, nested={"list": [1, None, {"deep": None}]}, absent=None))
    assert ["check a", "create a"] == twins.calls
    twins.up(declared("a", value=1, nested={"list": [1, None, {"deep": None}]}))
    twins.up(declared("a", value=2))
    assert ["check a", "diff a", "update a"] == twins.calls
    twins.up(declared("a", "other", value=3, ignore_changes=["value"]))
    assert ["check a", "diff a", "check a", "create a", "delete a"] == twins.calls
    twins.destroy()
    assert ["delete a"] == twins.calls


def test_rename(twins: Twins) -> None:
    """A renamed resource is created, then deleted; with an alias it is the same; if the create fails, it is deleted."""
    twins.up(declared("a", "k"))
    twins.up(declared("b", "k"))
    assert ["check b", "create b", "delete a"] == twins.calls
    twins.up(declared("c", "k", aliases=["b"]), declared("user", value=Output("c", "id")))
    assert ["check c", "diff c", "check user", "create user"] == twins.calls
    twins.up(declared("d", "k", aliases=["c"]), declared("user", value=Output("d", "id")))
    failing = {"fail": ["create e"]}
    twins.up(declared("e", "k"), declared("user", value=1), world=failing, continue_on_error=True)
    assert "delete d" in twins.calls


def test_swapped(twins: Twins) -> None:
    """Two resources that exchange their IDs are both created before any is deleted."""
    twins.up(declared("a", "x"), declared("b", "y", depends_on=["a"]))
    twins.up(declared("a", "y"), declared("b", "x", depends_on=["a"]))
    calls = "check diff check create"
    assert [f"{call} {name}" for name in "ab" for call in calls.split()] == twins.calls[:8]
    assert ["delete b", "delete a"] == twins.calls[8:]


def test_get(twins: Twins) -> None:
    """A resource that is only read is external; the one that was managed in its place is deleted if its ID differs."""
    twins.up(declared("a", "x", value=1))
    twins.up(declared("a", "x", get="x"))
    assert ["read a"] == twins.calls
    twins.up(declared("a", "x", get="X"), world={"drift": {"X": {"id": "x", "value": 2}}})
    twins.up(declared("a", "x", value=1))
    assert ["check a", "create a"] == twins.calls
    twins.up(declared("a", "x", get="y"), declared("b", value=Output("a", "computed")))
    assert ["read a", "check b", "create b", "delete a"] == twins.calls
    program = [
        declared("a", get="gone"),
        declared("b", get=Output("a", "id")),
        declared("c", parts=[Output("a", "id"), Output("b", "id"), Output("b", "computed")]),
    ]
    failing = {"drift": {"gone": None}, "fail": ["read b"]}
    twins.up(*program, world=failing, continue_on_error=True)
    assert ["read a", "read b", "check c"] == twins.calls
    twins.up(
        *program, declared("d", value=Output("b", "id"), depends_on=["c"]), world={"drift": {"gone": {"id": "other"}}}
    )
    twins.destroy()
    assert [] == twins.snapshot.resources


def test_refresh(twins: Twins) -> None:
    """What a read finds lands in state, also when another read fails; a failing diff does not undo that."""
    program = [declared(name, value=1, depends_on=after) for name, after in (("a", []), ("b", ["a"]), ("c", ["b"]))]
    twins.up(*program)
    twins.refresh(world={"drift": {"a": {"value": 2}, "b": None}, "fail": ["read c"]})
    assert ["read a", "diff a", "read b", "read c"] == twins.calls
    twins.up(*program, refresh=True, world={"drift": {"a": {"value": 3}, "c": {"computed": "new"}}})
    assert ["read a", "diff a", "read c", "diff c", "check a"] == twins.calls[:5]
    twins.refresh(world={"drift": {"a": {"value": 4, "id": "a2"}}, "fail": ["diff a"]})
    twins.refresh(targets=["b"])
    assert ["read b", "diff b"] == twins.calls
    twins.destroy(refresh=True, world={"drift": {"c": None}})


def test_run_program(twins: Twins) -> None:
    """Refresh and destroy with the program know of it, but call neither check nor create."""
    a, b = declared("a", value=1), declared("b", value=Output("a", "computed"))
    twins.up(a, b, declared("old"))
    drift = {"drift": {"a": {"value": 2}, "old": None}}
    twins.refresh(a, declared("b2", "b", aliases=["b"], value=1), declared("c"), world=drift)
    assert ["read a", "diff a", "read b2", "diff b2", "read old"] == twins.calls
    twins.up(a, b, refresh=True, run_program=True, world={"drift": {"a": None}})
    twins.destroy(a, b, declared("c", value=Output("b", "id")), declared("d", get="d"))
    assert ["read d", "delete b", "delete a"] == twins.calls


def test_targets(twins: Twins) -> None:
    """What is not targeted is neither checked nor deleted; the delete of a target asks for the diff of dependents."""
    a, b = declared("a", value=1), declared("b", value=Output("a", "computed"))
    twins.up(a, b, declared("old", "k"))
    twins.up(declared("a", value=2), declared("new", "k"), targets=["a"])
    assert ["check a", "diff a", "update a", "diff b"] == twins.calls
    assert {"a", "b", "old"} == set(twins.snapshot.live())
    twins.up(a, b, targets=["a"], replace=["a"])
    assert ["check a", "create a", "delete a"] == twins.calls
    twins.up(declared("x"), declared("a", value=Output("x", "id")), b, targets=["a"])
    twins.destroy(targets=["a"])
    assert not twins.ok
    twins.destroy(targets=["a"], target_dependents=True)
    assert ["diff b", "delete b", "delete a"] == twins.calls
    twins.up(declared("old", "k"), declared("one"), declared("two"), excludes=["old"])


def test_preview(twins: Twins) -> None:
    """Outputs are unknown in a preview where the resource is new, replaced or updated."""
    a = declared("a", value=1)
    users = [
        declared("b", value=Output("a", "computed"), parts=[{"id": Output("a", "id")}, Output("a", "value")]),
        declared("c", Output("b", "id")),
    ]
    twins.preview(a, *users)
    twins.up(a, *users)
    twins.preview(a, *users)
    twins.preview(declared("a", value=2), *users)
    twins.preview(declared("a", "a2", value=2), *users, declared("d", get=Output("a", "id")))
    twins.preview(declared("a", get="a2", value=1), *users, refresh=True)


def test_continue_on_error(twins: Twins) -> None:
    """Dependents of what failed are checked without what is unknown, then skipped; the rest goes on."""
    c = declared("c", value=Output("b", "computed"))
    twins.up(c.__class__("c", TYPE, {"key": "c", "computed": None, "value": 1}), declared("gone"))
    failing = {"fail": ["create b"]}
    twins.up(declared("a"), declared("b"), c, declared("d"), declared("e"), world=failing, continue_on_error=True)
    assert [*"aab"] == [call[-1] for call in twins.calls[:3]]
    assert ["delete gone"] == twins.calls[-1:]
    assert {"a", "c", "d", "e"} == set(twins.snapshot.live())
    twins.up(declared("a", value=1), declared("b"), c, world={"fail": ["update a"]})
    assert ["check a", "diff a", "update a"] == twins.calls
    twins.up(declared("a", invalid=True), declared("b"), continue_on_error=True)
    assert ["check a"] == twins.calls
    twins.up(declared("a"), declared("b", value=1), world={"fail": ["check b"]}, continue_on_error=True)
    twins.up(declared("a", value=1), declared("b", value=1), world={"fail": ["diff a"]}, continue_on_error=True)
    assert ["check a", "diff a"] == twins.calls


def test_failing_delete(twins: Twins) -> None:
    """What failed to be deleted stays in state, and so does what it depends on."""
    chain = [declared(name, depends_on=after) for name, after in (("a", []), ("b", ["a"]), ("c", ["b"]))]
    twins.up(*chain, declared("free", depends_on=["a"]))
    twins.up(declared("a", "a2"), *chain[1:], world={"fail": ["delete free"]})
    twins.up(declared("a", "a2"), *chain[1:], world={"fail": ["delete a"]}, continue_on_error=True)
    assert [True] == [state.delete for state in twins.snapshot.resources if state.id == "a"]
    twins.destroy(world={"fail": ["delete b"]}, continue_on_error=True)
    assert {"a", "b"} == set(twins.snapshot.live())
    twins.refresh()
    twins.destroy()


def test_delete_before_replace(twins: Twins) -> None:
    """Dependents that must be replaced are deleted first; what was deleted and not created again is pending."""

    def program(key: str, **options: Any) -> list[Declared]:
        return [
            declared("a", key, **options),
            declared("b", Output("a", "computed")),
            declared("c", value=Output("a", "computed")),
        ]

    twins.up(*program("a1", before=True))
    twins.up(*program("a2", before=True))
    assert ["delete b", "delete a"] == [call for call in twins.calls if call.startswith("delete")]
    twins.up(*program("a3", before=True), world={"fail": ["create a"]})
    assert [True, True, False] == [state.pending_replacement for state in twins.snapshot.resources]
    twins.refresh()
    twins.up(*program("a3"), world={"fail": ["create b"]})
    assert ["create a", "check b", "diff b", "check b", "create b"] == twins.calls[-5:]
    twins.up(declared("a", "a4", delete_before_replace=True))
    twins.up(declared("a", "a5", before=True), world={"fail": ["create a"]})
    twins.up(declared("a", "a5"))
    assert ["check a", "diff a", "check a", "create a", "delete a"] == twins.calls


def test_protect(twins: Twins) -> None:
    """A protected resource is neither replaced nor deleted; a retained one leaves only the state."""
    a = declared("a", protect=True)
    twins.up(a, declared("b", value=Output("a", "id"), protect=True), declared("c", retain_on_delete=True))
    twins.up(declared("a", "a2", protect=True))
    twins.up(a)
    assert ["check a", "diff a"] == twins.calls
    twins.up(a, declared("b", value=Output("a", "id"), protect=True), declared("c", retain_on_delete=True))
    twins.destroy(exclude_protected=True)
    assert [] == twins.calls
    twins.destroy()
    assert {"a", "b"} == set(twins.snapshot.live())


def test_kill(twins: Twins) -> None:
    """An engine that is killed leaves a pending operation; one of a create stays until it is cleared."""
    a, b = declared("a", value=1), declared("b")
    twins.up(a, b, world={"kill": ["create b"]})
    assert ["creating"] == [each.type for each in twins.snapshot.pending_operations]
    twins.up(a, b)
    assert ["check a", "diff a", "check b", "create b"] == twins.calls
    twins.up(declared("a", "a2"), b, world={"kill": ["delete a"]})
    assert ["deleting", "creating"] == [each.type for each in twins.snapshot.pending_operations]
    twins.refresh(world={"kill": ["diff a"], "drift": {"a2": {"value": 2}}})
    twins.refresh(clear_pending_creates=True)
    assert twins.snapshot.pending_operations == []
    twins.up(declared("a", "a2", value=5), b, world={"kill": ["update a"]})


def test_interrupt(twins: Twins) -> None:
    """After ^C, what is under way is finished, and nothing else is started."""
    chain = [declared(name, depends_on=after) for name, after in (("a", []), ("b", ["a"]), ("c", ["b"]))]
    twins.up(*chain, world={"interrupt": ["create b"]})
    assert ["check a", "create a", "check b", "create b"] == twins.calls
    twins.up(*chain)
    twins.refresh(world={"interrupt": ["read b"], "drift": {"a": {"value": 1}}})
    assert ["read a", "diff a", "read b", "diff b"] == twins.calls
    twins.destroy(world={"interrupt": ["delete c"]})
    assert ["delete c"] == twins.calls
    assert twins.ok, "the engine calls that a success"


def test_differences_found_by_the_engine(twins: Twins) -> None:
    """Where the provider does not say what differs, the engine compares the inputs."""
    twins.up(declared("a", silent=True, value=1))
    twins.up(declared("a", silent=True, value=2, more=3), declared("b", silent=True))
    assert ["check a", "diff a", "update a", "check b", "create b"] == twins.calls
    twins.up(declared("a", silent=True, value=4, ignore_changes=["value", "more"]), declared("b", silent=True))
    assert ["check a", "diff a", "check b", "diff b"] == twins.calls
    twins.refresh(world={"drift": {"a": {"value": 9}}})
