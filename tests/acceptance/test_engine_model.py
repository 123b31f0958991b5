"""The simulated engine of tests/simulation makes the same calls as the real engine, and ends with the same state."""

from __future__ import annotations

import gc
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pulumi
import pytest

from simulation.engine import Declared, Engine, Output, Program, Snapshot, State, make_urn
from simulation.steps import Target
from support.engine import Stack

from .native_recorder import NATIVE, install
from .recorder import TYPE, VARIABLE, KilledError, Recorded, Scenario, behave, entry, is_interrupted


def declared(name: str, key: Any = None, **options: Any) -> Declared:
    """Return a resource. Options that are no fields of `Declared` are inputs."""
    known = {each: options.pop(each) for each in list(options) if each in Declared.__dataclass_fields__}
    return Declared(name, TYPE, {"key": key or name, "computed": None, **options}, **known)


def native(name: str, key: Any = None, provider: str = "default", **options: Any) -> Declared:
    """Return a native resource. Options that are no fields of `Declared` are inputs."""
    return replace(declared(name, key, **options), type=NATIVE, provider=provider)


class NativeRecorded(pulumi.CustomResource):
    """A native resource whose provider records every call."""

    def __init__(self, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(NATIVE, name, {"computed": None, **inputs}, opts)


def _real_program(program: Program) -> Callable[[], None]:
    """Convert the program for the real engine."""

    def run() -> None:
        made: dict[str, Recorded | NativeRecorded] = {}
        explicit = {name: pulumi.ProviderResource("recorded", name, {}) for name in _explicit(program)}

        def make(index: int) -> None:
            if index == len(program):
                return
            each = program[index]
            kind = NativeRecorded if each.provider else Recorded
            options = _real_options(each, made, explicit.get(each.provider))
            made[each.name] = kind(each.name, _real_value(each.inputs, made), options)
            # Register one resource at a time, for a fixed order of calls. The URN is known even if the resource failed.
            made[each.name].urn.apply(lambda _: make(index + 1))

        make(0)

    return run


def _explicit(program: Program) -> list[str]:
    """Return the names of the explicit providers."""
    return sorted({each.provider for each in program} - {"", "default"})


def _real_value(value: Any, made: Mapping[str, Any]) -> Any:
    if isinstance(value, Output):
        return getattr(made[value.name], value.property)
    if isinstance(value, Mapping):
        return {key: _real_value(part, made) for key, part in value.items()}
    if isinstance(value, list):
        return [_real_value(part, made) for part in value]
    return value


def _real_options(
    each: Declared, made: Mapping[str, Any], provider: pulumi.ProviderResource | None
) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(
        provider=provider,
        id=_real_value(each.get, made),
        aliases=[alias if alias.startswith("urn:") else pulumi.Alias(name=alias) for alias in each.aliases],
        ignore_changes=list(each.ignore_changes),
        depends_on=[made[name] for name in each.depends_on],
        protect=each.protect,
        retain_on_delete=each.retain_on_delete,
        delete_before_replace=each.delete_before_replace,
    )


class Host:
    """The provider process of the simulated engine."""

    def __init__(self, scenario: Scenario) -> None:
        self.calls: list[Any] = []
        self.is_interrupted = False
        self._scenario = scenario

    def call(self, method: str, target: Target, *arguments: Any, preview: bool = False) -> Any:
        """Record the call and return what the provider returns."""
        assert target.type == (NATIVE if target.provider else TYPE)
        urn, extra = target.urn, (target.provider, preview) if target.provider else ()
        self.calls.append(json.loads(json.dumps([*entry(method, urn, arguments), *extra])))
        self.is_interrupted = self.is_interrupted or is_interrupted(self._scenario, method, urn)
        return behave(self._scenario, method, urn, arguments)


class Engines:
    """The real engine and the simulated one, each with a stack. Both run each operation, with equal results.

    Attributes:
        snapshot: The state of the simulated stack.
        ok: Whether the last operation succeeded.
        calls: The calls of the last operation, such as "create a".

    """

    def __init__(self, folder: Path) -> None:
        self._log = folder / "calls"
        self._stack = Stack(folder, {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"})
        install(folder)
        self.snapshot = Snapshot()
        self.ok = True
        self.calls: list[str] = []

    def up(self, *program: Declared, **options: Any) -> None:
        """Run `pulumi up` in both."""
        self._both("up", program, **options)

    def preview(self, *program: Declared, **options: Any) -> None:
        """Run `pulumi preview` in both."""
        self._both("preview", program, **options)

    def refresh(self, *program: Declared, **options: Any) -> None:
        """Run `pulumi refresh` in both, with --run-program if there is a program."""
        self._both("refresh", program, run_program=bool(program), **options)

    def destroy(self, *program: Declared, **options: Any) -> None:
        """Run `pulumi destroy` in both, with --run-program if there is a program."""
        self._both("destroy", program, run_program=bool(program), **options)

    def _both(self, operation: str, program: Program, scenario: Scenario | None = None, **options: Any) -> None:
        had_stack = self._has_stack()
        real, text = self._real(operation, program, scenario or {}, options)
        simulated = self._simulated(operation, program, scenario or {}, options)
        has_explicit_providers = any(each["provider"] not in ("", "default") for each in real["resources"])
        if not self.ok or options.get("targets") or _explicit(program) or has_explicit_providers:
            # The simulated engine has no stack resource and no default provider, and cannot tell which were counted.
            del real["changes"], simulated["changes"]
        else:
            simulated["changes"] = dict(simulated["changes"] + self._stack_changes(operation, had_stack, options))
        assert real == simulated, text

    def _stack_changes(self, operation: str, had_stack: bool, options: Mapping[str, Any]) -> Counter[str]:  # noqa: FBT001
        """Return what the stack resource adds to the changes."""
        if operation != "destroy":
            return Counter(same=1) if had_stack else Counter(create=1)
        kept = options["run_program"] or options.get("exclude_protected", False)
        return Counter(delete=int(not self._has_stack()), same=int(kept))

    def _real(
        self, operation: str, program: Program, scenario: Scenario, options: Mapping[str, Any]
    ) -> tuple[dict[str, Any], str]:
        self._log.write_text("")
        self._stack.environment(**{VARIABLE: json.dumps({**scenario, "log": str(self._log)})})
        flags = {"parallel": 1, **options}
        for flag, name in (("targets", "target"), ("excludes", "exclude"), ("replace", "replace")):
            if given := flags.pop(flag, None):
                flags[name] = [make_urn(TYPE, each) for each in given]
        if operation in {"up", "preview"}:
            result = getattr(self._stack, operation)(_real_program(program), **flags)
        else:
            self._stack._stack.workspace.program = _real_program(program)
            result = getattr(self._stack, operation)(**flags)
        if scenario.get("kill"):
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

    def _simulated(
        self, operation: str, program: Program, scenario: Scenario, options: Mapping[str, Any]
    ) -> dict[str, Any]:
        host = Host(scenario)
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
        "provider": _provider_of(resource),
    }


def _provider_of(resource: Mapping[str, Any]) -> str:
    """Return the provider of a native resource; empty for a dynamic resource."""
    type_, name = resource["provider"].split("::")[2:4]
    if type_ == "pulumi:providers:pulumi-python":
        return ""
    return "default" if name.startswith("default") else str(name)


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
        "provider": state.provider,
    }


def _shown(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if key != "__provider"}


@pytest.fixture
def engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engines]:
    """The two engines, each with a new stack."""
    for name in ("PULUMI_SKIP_UPDATE_CHECK", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    yield Engines(tmp_path)
    # Programs whose engine has failed still wait. Collect them now, so that their warnings belong to this test.
    gc.collect()


def test_life_of_a_resource(engines: Engines) -> None:
    """A resource is created, left unchanged, updated, replaced and destroyed."""
    engines.up(declared("a", value=1, nested={"list": [1, None, {"deep": None}]}, absent=None))
    assert ["check a", "create a"] == engines.calls
    engines.up(declared("a", value=1, nested={"list": [1, None, {"deep": None}]}))
    engines.up(declared("a", value=2))
    assert ["check a", "diff a", "update a"] == engines.calls
    engines.up(declared("a", "other", value=3, ignore_changes=["value"]))
    assert ["check a", "diff a", "check a", "create a", "delete a"] == engines.calls
    engines.destroy()
    assert ["delete a"] == engines.calls


def test_rename(engines: Engines) -> None:
    """A rename creates, then deletes, even if the create failed; with an alias, the resource stays the same."""
    engines.up(declared("a", "k"))
    engines.up(declared("b", "k"))
    assert ["check b", "create b", "delete a"] == engines.calls
    engines.up(declared("c", "k", aliases=["b"]), declared("user", value=Output("c", "id")))
    assert ["check c", "diff c", "check user", "create user"] == engines.calls
    engines.up(declared("d", "k", aliases=["c"]), declared("user", value=Output("d", "id")))
    failing = {"fail": ["create e"]}
    engines.up(declared("e", "k"), declared("user", value=1), scenario=failing, continue_on_error=True)
    assert "delete d" in engines.calls


def test_swapped(engines: Engines) -> None:
    """Two resources that swap their IDs are both created before either is deleted."""
    engines.up(declared("a", "x"), declared("b", "y", depends_on=["a"]))
    engines.up(declared("a", "y"), declared("b", "x", depends_on=["a"]))
    calls = "check diff check create"
    assert [f"{call} {name}" for name in "ab" for call in calls.split()] == engines.calls[:8]
    assert ["delete b", "delete a"] == engines.calls[8:]


def test_get(engines: Engines) -> None:
    """A resource that is read is external, and replaces a managed one, which is deleted if its ID differs."""
    engines.up(declared("a", "x", value=1))
    engines.up(declared("a", "x", get="x"))
    assert ["read a"] == engines.calls
    engines.up(declared("a", "x", get="X"), scenario={"drift": {"X": {"id": "x", "value": 2}}})
    engines.up(declared("a", "x", value=1))
    assert ["check a", "create a"] == engines.calls
    engines.up(declared("a", "x", get="y"), declared("b", value=Output("a", "computed")))
    assert ["read a", "check b", "create b", "delete a"] == engines.calls
    program = [
        declared("a", get="gone"),
        declared("b", get=Output("a", "id")),
        declared("c", parts=[Output("a", "id"), Output("b", "id"), Output("b", "computed")]),
    ]
    failing = {"drift": {"gone": None}, "fail": ["read b"]}
    engines.up(*program, scenario=failing, continue_on_error=True)
    assert ["read a", "read b", "check c"] == engines.calls
    engines.up(
        *program,
        declared("d", value=Output("b", "id"), depends_on=["c"]),
        scenario={"drift": {"gone": {"id": "other"}}},
    )
    engines.destroy()
    assert [] == engines.snapshot.resources


def test_refresh(engines: Engines) -> None:
    """What a read finds is stored in state, even if another read or its own diff fails."""
    program = [declared(name, value=1, depends_on=after) for name, after in (("a", []), ("b", ["a"]), ("c", ["b"]))]
    engines.up(*program)
    engines.refresh(scenario={"drift": {"a": {"value": 2}, "b": None}, "fail": ["read c"]})
    assert ["read a", "diff a", "read b", "read c"] == engines.calls
    engines.up(*program, refresh=True, scenario={"drift": {"a": {"value": 3}, "c": {"computed": "new"}}})
    assert ["read a", "diff a", "read c", "diff c", "check a"] == engines.calls[:5]
    engines.refresh(scenario={"drift": {"a": {"value": 4, "id": "a2"}}, "fail": ["diff a"]})
    engines.refresh(targets=["b"])
    assert ["read b", "diff b"] == engines.calls
    engines.destroy(refresh=True, scenario={"drift": {"c": None}})


def test_run_program(engines: Engines) -> None:
    """Refresh and destroy with --run-program run the program, but call neither check nor create."""
    a, b = declared("a", value=1), declared("b", value=Output("a", "computed"))
    engines.up(a, b, declared("old"))
    drift = {"drift": {"a": {"value": 2}, "old": None}}
    engines.refresh(a, declared("b2", "b", aliases=["b"], value=1), declared("c"), scenario=drift)
    assert ["read a", "diff a", "read b2", "diff b2", "read old"] == engines.calls
    engines.up(a, b, refresh=True, run_program=True, scenario={"drift": {"a": None}})
    engines.destroy(a, b, declared("c", value=Output("b", "id")), declared("d", get="d"))
    assert ["read d", "delete b", "delete a"] == engines.calls


def test_targets(engines: Engines) -> None:
    """Resources that are not targeted are neither checked nor deleted, but dependents of a target may be compared."""
    a, b = declared("a", value=1), declared("b", value=Output("a", "computed"))
    engines.up(a, b, declared("old", "k"))
    engines.up(declared("a", value=2), declared("new", "k"), targets=["a"])
    assert ["check a", "diff a", "update a", "diff b"] == engines.calls
    assert {"a", "b", "old"} == set(engines.snapshot.live())
    engines.up(a, b, targets=["a"], replace=["a"])
    assert ["check a", "create a", "delete a"] == engines.calls
    engines.up(declared("x"), declared("a", value=Output("x", "id")), b, targets=["a"])
    engines.destroy(targets=["a"])
    assert not engines.ok
    engines.destroy(targets=["a"], target_dependents=True)
    assert ["diff b", "delete b", "delete a"] == engines.calls
    engines.up(declared("old", "k"), declared("one"), declared("two"), excludes=["old"])


def test_preview(engines: Engines) -> None:
    """In a preview, the outputs of resources that are created, replaced or updated are unknown."""
    a = declared("a", value=1)
    users = [
        declared("b", value=Output("a", "computed"), parts=[{"id": Output("a", "id")}, Output("a", "value")]),
        declared("c", Output("b", "id")),
    ]
    engines.preview(a, *users)
    engines.up(a, *users)
    engines.preview(a, *users)
    engines.preview(declared("a", value=2), *users)
    engines.preview(declared("a", "a2", value=2), *users, declared("d", get=Output("a", "id")))
    engines.preview(declared("a", get="a2", value=1), *users, refresh=True)


def test_continue_on_error(engines: Engines) -> None:
    """Dependents of a failed resource are checked without its outputs, then skipped; all others are deployed."""
    c = declared("c", value=Output("b", "computed"))
    engines.up(c.__class__("c", TYPE, {"key": "c", "computed": None, "value": 1}), declared("gone"))
    failing = {"fail": ["create b"]}
    engines.up(declared("a"), declared("b"), c, declared("d"), declared("e"), scenario=failing, continue_on_error=True)
    assert [*"aab"] == [call[-1] for call in engines.calls[:3]]
    assert ["delete gone"] == engines.calls[-1:]
    assert {"a", "c", "d", "e"} == set(engines.snapshot.live())
    engines.up(declared("a", value=1), declared("b"), c, scenario={"fail": ["update a"]})
    assert ["check a", "diff a", "update a"] == engines.calls
    engines.up(declared("a", invalid=True), declared("b"), continue_on_error=True)
    assert ["check a"] == engines.calls
    engines.up(declared("a"), declared("b", value=1), scenario={"fail": ["check b"]}, continue_on_error=True)
    engines.up(declared("a", value=1), declared("b", value=1), scenario={"fail": ["diff a"]}, continue_on_error=True)
    assert ["check a", "diff a"] == engines.calls


def test_failing_delete(engines: Engines) -> None:
    """A resource whose delete failed stays in state, and so does what it depends on."""
    chain = [declared(name, depends_on=after) for name, after in (("a", []), ("b", ["a"]), ("c", ["b"]))]
    engines.up(*chain, declared("free", depends_on=["a"]))
    engines.up(declared("a", "a2"), *chain[1:], scenario={"fail": ["delete free"]})
    engines.up(declared("a", "a2"), *chain[1:], scenario={"fail": ["delete a"]}, continue_on_error=True)
    assert [True] == [state.delete for state in engines.snapshot.resources if state.id == "a"]
    engines.destroy(scenario={"fail": ["delete b"]}, continue_on_error=True)
    assert {"a", "b"} == set(engines.snapshot.live())
    engines.refresh()
    engines.destroy()


def test_delete_before_replace(engines: Engines) -> None:
    """Dependents that must be replaced are deleted first, and a resource that is not created again is pending."""

    def program(key: str, **options: Any) -> list[Declared]:
        return [
            declared("a", key, **options),
            declared("b", Output("a", "computed")),
            declared("c", value=Output("a", "computed")),
        ]

    engines.up(*program("a1", before=True))
    engines.up(*program("a2", before=True))
    assert ["delete b", "delete a"] == [call for call in engines.calls if call.startswith("delete")]
    engines.up(*program("a3", before=True), scenario={"fail": ["create a"]})
    assert [True, True, False] == [state.pending_replacement for state in engines.snapshot.resources]
    engines.refresh()
    engines.up(*program("a3"), scenario={"fail": ["create b"]})
    assert ["create a", "check b", "diff b", "check b", "create b"] == engines.calls[-5:]
    engines.up(declared("a", "a4", delete_before_replace=True))
    engines.up(declared("a", "a5", before=True), scenario={"fail": ["create a"]})
    engines.up(declared("a", "a5"))
    assert ["check a", "diff a", "check a", "create a", "delete a"] == engines.calls


def test_protect(engines: Engines) -> None:
    """A protected resource is neither replaced nor deleted; a retained one is only removed from state."""
    a = declared("a", protect=True)
    engines.up(a, declared("b", value=Output("a", "id"), protect=True), declared("c", retain_on_delete=True))
    engines.up(declared("a", "a2", protect=True))
    engines.up(a)
    assert ["check a", "diff a"] == engines.calls
    engines.up(a, declared("b", value=Output("a", "id"), protect=True), declared("c", retain_on_delete=True))
    engines.destroy(exclude_protected=True)
    assert [] == engines.calls
    engines.destroy()
    assert {"a", "b"} == set(engines.snapshot.live())


def test_kill(engines: Engines) -> None:
    """A killed engine leaves a pending operation, and a pending create stays until it is cleared."""
    a, b = declared("a", value=1), declared("b")
    engines.up(a, b, scenario={"kill": ["create b"]})
    assert ["creating"] == [each.type for each in engines.snapshot.pending_operations]
    engines.up(a, b)
    assert ["check a", "diff a", "check b", "create b"] == engines.calls
    engines.up(declared("a", "a2"), b, scenario={"kill": ["delete a"]})
    assert ["deleting", "creating"] == [each.type for each in engines.snapshot.pending_operations]
    engines.refresh(scenario={"kill": ["diff a"], "drift": {"a2": {"value": 2}}})
    engines.refresh(clear_pending_creates=True)
    assert engines.snapshot.pending_operations == []
    engines.up(declared("a", "a2", value=5), b, scenario={"kill": ["update a"]})


def test_interrupt(engines: Engines) -> None:
    """After ^C, calls in flight are finished, and no other one is started."""
    chain = [declared(name, depends_on=after) for name, after in (("a", []), ("b", ["a"]), ("c", ["b"]))]
    engines.up(*chain, scenario={"interrupt": ["create b"]})
    assert ["check a", "create a", "check b", "create b"] == engines.calls
    engines.up(*chain)
    engines.refresh(scenario={"interrupt": ["read b"], "drift": {"a": {"value": 1}}})
    assert ["read a", "diff a", "read b", "diff b"] == engines.calls
    engines.destroy(scenario={"interrupt": ["delete c"]})
    assert ["delete c"] == engines.calls
    assert engines.ok, "the engine reports an interrupted destroy as a success"


def test_differences_found_by_the_engine(engines: Engines) -> None:
    """If the provider does not return what differs, the engine compares the inputs."""
    engines.up(declared("a", silent=True, value=1))
    engines.up(declared("a", silent=True, value=2, more=3), declared("b", silent=True))
    assert ["check a", "diff a", "update a", "check b", "create b"] == engines.calls
    engines.up(declared("a", silent=True, value=4, ignore_changes=["value", "more"]), declared("b", silent=True))
    assert ["check a", "diff a", "check b", "diff b"] == engines.calls
    engines.refresh(scenario={"drift": {"a": {"value": 9}}})


def test_native_provider(engines: Engines) -> None:
    """A native provider receives what a dynamic one receives, and previews too."""
    a = native("a", value=1, nested={"list": [1, None, {"deep": None}]}, absent=None)
    users = [native("b", Output("a", "computed")), native("c", value=[Output("a", "id"), Output("b", "key")])]
    engines.preview(a, *users)
    assert ["check a", "create a", "check b", "create b"] == engines.calls[:4]
    engines.up(a, *users)
    engines.preview(native("a", value=2), *users)
    engines.up(native("a", value=2), *users)
    engines.up(native("a", "other", value=3, ignore_changes=["value"]), users[0])
    engines.refresh(scenario={"drift": {"other": {"value": 5, "none": None}}})
    engines.up(native("a", "other", value=3), refresh=True)
    engines.up(native("a", get="other"), native("b", silent=True))
    engines.up(native("b", silent=True, value=1), scenario={"fail": ["update b"]})
    engines.destroy()


def test_alias_of_another_type(engines: Engines) -> None:
    """A dynamic resource becomes a native one, and back: the provider of the new type gets the state of the old one."""
    engines.up(declared("a", value=1), declared("b"))
    engines.up(native("a", value=1, aliases=[make_urn(TYPE, "a")]), native("b2", "b", aliases=[make_urn(TYPE, "b")]))
    assert ["check a", "diff a", "check b2", "diff b2"] == engines.calls
    engines.up(declared("a", value=2, aliases=[make_urn(NATIVE, "a")]), native("b2", "b"))
    assert ["check a", "diff a", "update a", "check b2", "diff b2"] == engines.calls
    engines.refresh()
    engines.up(native("a", "replaced", value=2, aliases=[make_urn(TYPE, "a")]), native("b2", "b"))
    assert ["check a", "diff a", "check a", "create a", "check b2", "diff b2", "delete a"] == engines.calls
    engines.up(declared("a", "replaced"), declared("b2", "b"))
    assert ["delete a", "delete b2"] == engines.calls[-2:]


def test_moves_between_providers(engines: Engines) -> None:
    """Another provider does not replace a resource. What it leaves is deleted by the provider in state."""
    engines.up(native("a"), native("b", provider="one"), native("c", provider="one"))
    engines.up(native("a", provider="one"), native("b", provider="two"), native("c", provider="one", value=1))
    assert ["check a", "diff a", "check b", "diff b", "check c", "diff c", "update c"] == engines.calls
    engines.preview(native("a"), native("b", provider="one", value=2))
    engines.refresh(scenario={"drift": {"b": {"value": 3}}})
    engines.up(native("a", "a2", provider="two"), native("b2", "b", provider="three"), native("c"))
    assert ["delete a", "delete b"] == engines.calls[-2:]
    engines.up(native("a", get="a2", provider="one"), declared("c"))


def test_moves_of_what_is_not_targeted(engines: Engines) -> None:
    """The engine refuses to leave a resource alone whose provider it has not configured."""
    engines.up(declared("a"), native("b"), native("c", provider="one"))
    engines.up(declared("a"), native("b"), native("c", provider="two"), targets=["a"])
    assert not engines.ok
    engines.up(declared("a"), native("b", provider="one"), native("c", provider="two"), targets=["a"])
    assert not engines.ok
