"""A dynamic provider that records every call. The provider process imports this module, and so does the test."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown

VARIABLE = "RECORDER"
"""The environment variable that holds the scenario, as JSON."""

Scenario = Mapping[str, Any]
"""What happens during an operation. All keys are optional, except that a real provider needs `log`.

- `log`: The file that calls are recorded in.
- `fail`: Calls that fail, such as "create a".
- `kill`: Calls in which the engine is killed.
- `interrupt`: Calls in which the user presses ^C.
- `drift`: By ID, the properties that a read finds changed, or None if the resource is gone.
"""


class KilledError(BaseException):
    """The engine is killed in this call. Only the simulated engine lets it pass."""


def entry(method: str, urn: str, arguments: tuple[Any, ...]) -> list[Any]:
    """Return the record of a call."""
    return [method, urn.rpartition("::")[2], *(_plain(argument) for argument in arguments)]


def behave(scenario: Scenario, method: str, urn: str, arguments: tuple[Any, ...]) -> Any:
    """Return what the provider returns.

    The input `key` is the ID; a change of it replaces the resource. Changes of all other inputs update it in place.
    `computed` is an output. With `before`, a replacement deletes first. `invalid` is rejected. With `silent`, the
    provider leaves it to the engine to find differences.

    Args:
        scenario: What happens during the operation.
        method: The method of the provider.
        urn: The URN of the resource.
        arguments: The arguments of the method.

    """
    call = f"{method} {urn.rpartition('::')[2]}"
    if call in scenario.get("kill", ()):
        raise KilledError
    if call in scenario.get("fail", ()):
        raise RuntimeError(f"{call} fails")
    return getattr(_Behavior(scenario), method)(*arguments)


class _Behavior:
    def __init__(self, scenario: Scenario) -> None:
        self._drift: Mapping[str, Any] = scenario.get("drift", {})

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        failures = [CheckFailure("invalid", "it is invalid")] if news.get("invalid") else []
        return CheckResult({**news, "checked": True}, failures)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        if news.get("silent"):
            return DiffResult()
        changed = sorted(key for key, value in news.items() if isinstance(value, Unknown) or olds.get(key) != value)
        replaces = ["key"] if "key" in changed else []
        return DiffResult(bool(changed), replaces, delete_before_replace=bool(news.get("before")))

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(str(props["key"]), _outputs(props))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(_outputs(news))

    def read(self, id_: str, props: dict[str, Any], _inputs: object = None) -> ReadResult:
        if id_ not in self._drift:
            return ReadResult(id_, dict(props))
        found = self._drift[id_]
        if found is None:
            return ReadResult(None, {})
        outputs = {**props, **found}
        if set(found) <= {"computed"}:
            return ReadResult(found.get("id", id_), outputs)
        inputs = {key: value for key, value in outputs.items() if key not in {"computed", "id"}}
        return ReadResult(found.get("id", id_), outputs, inputs)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        pass


def _outputs(props: dict[str, Any]) -> dict[str, Any]:
    return {**props, "computed": f"{props['key']} with {props.get('value')}"}


def _plain(value: Any) -> Any:
    if isinstance(value, Unknown):
        return "<unknown>"
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in sorted(value.items()) if key != "__provider"}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value


class RecordingProvider(ResourceProvider):
    """Records each call, then behaves according to the scenario in the environment."""

    serialize_as_secret_always = False

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validate the inputs."""
        result: CheckResult = _recorded("check", _olds, news)
        return result

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare the inputs with state."""
        result: DiffResult = _recorded("diff", _id, _olds, _news)
        return result

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create the resource."""
        result: CreateResult = _recorded("create", props)
        return result

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Read the resource."""
        result: ReadResult = _recorded("read", id_, props)
        return result

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Update the resource."""
        result: UpdateResult = _recorded("update", _id, _olds, _news)
        return result

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete the resource."""
        _recorded("delete", _id, _props)


def _recorded(method: str, *arguments: Any) -> Any:
    # The server does not pass the URN to the provider, but its local variable `request` has it.
    return recorded(method, sys._getframe(2).f_locals["request"].urn, arguments, ())


def recorded(method: str, urn: str, arguments: tuple[Any, ...], extra: tuple[Any, ...]) -> Any:
    """Record a call, then behave according to the scenario in the environment.

    Args:
        method: The method of the provider.
        urn: The URN of the resource.
        arguments: The arguments of the method.
        extra: What else is recorded.

    """
    scenario = json.loads(os.environ[VARIABLE])
    with Path(scenario["log"]).open("a", encoding="utf-8") as log:
        log.write(json.dumps([*entry(method, urn, arguments), *extra]) + "\n")
    if is_interrupted(scenario, method, urn):
        os.kill(_engine(), signal.SIGINT)
        time.sleep(0.5)  # the engine handles the signal some time later, and reports nothing
    try:
        return behave(scenario, method, urn, arguments)
    except KilledError:
        os.kill(_engine(), signal.SIGKILL)
        os._exit(1)


def _engine() -> int:
    # The parent of this process is the shell that runs the script of the dynamic provider; its parent is the engine.
    shell = os.getppid()
    return int(Path(f"/proc/{shell}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])


def is_interrupted(scenario: Scenario, method: str, urn: str) -> bool:
    """Return whether the user presses ^C during this call."""
    return f"{method} {urn.rpartition('::')[2]}" in scenario.get("interrupt", ())


class Recorded(Resource, name="Recorded"):
    """A resource whose provider records every call."""

    def __init__(self, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(RecordingProvider(), name, {"computed": None, **inputs}, opts)


TYPE = f"pulumi-python:{Recorded._resource_type_name}"
