"""Runs a Pulumi program under Pulumi's mocks and records what it declares. Runs are isolated from each other."""

from __future__ import annotations

import asyncio
import contextvars
import json
import runpy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, set_all_config, set_mocks
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import SETTINGS, get_root_resource
from pulumi.runtime.stack import Stack, wait_for_rpcs

from pulumi_ses_mail_from import mail_from_dns_records

from .sdk import backport_lazy_modules

backport_lazy_modules()

MAIL_FROM_DOMAIN = "pulumi-python:dynamic/ses:MailFromDomain"


@dataclass(frozen=True)
class Declared:
    """A resource that the program registered or read.

    Attributes:
        type: The type token.
        name: The resource name.
        inputs: The inputs that are set.
        dependencies: The names of the resources it depends on.
        id: The ID of a resource that is read; empty for others.
        retain_on_delete: The resource option of that name.
        protect: The resource option of that name.
    """

    type: str
    name: str
    inputs: Mapping[str, Any]
    dependencies: frozenset[str]
    id: str = ""
    retain_on_delete: bool = False
    protect: bool = False


@dataclass
class Run:
    """The resources of a program, in order of registration, and its exports."""

    resources: list[Declared] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)

    def of_type(self, type_: str) -> list[Declared]:
        """Return the resources of one type."""
        return [resource for resource in self.resources if resource.type == type_]

    def mail_from_domains(self) -> list[Declared]:
        """Return the MailFromDomain resources."""
        return self.of_type(MAIL_FROM_DOMAIN)


def run_program(path: Path, config: Mapping[str, object] | None = None) -> Run:
    """Run a program as `pulumi up` would.

    Args:
        path: The program.
        config: Stack config by full key, such as "aws:region".
    """
    # Pulumi keeps its state in context variables.
    return contextvars.Context().run(asyncio.run, _run(path, config or {}))


async def _run(path: Path, config: Mapping[str, object]) -> Run:
    SETTINGS.rpc_manager.clear()  # or Pulumi would wait for pending calls of an earlier program
    SETTINGS.outputs.clear()
    run = Run()
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    set_all_config(texts)
    set_mocks(_Mocks(texts.get("aws:region", "us-east-1")), monitor=_Monitor(run, texts.get("aws:region")))
    runpy.run_path(str(path), run_name="__main__")
    await wait_for_rpcs()
    exports = pulumi.Output.from_input(cast("Stack", get_root_resource()).outputs)
    run.exports = await exports.future() or {}
    return run


class _Mocks(Mocks):
    """Computes the outputs of MailFromDomain; all other resources return their inputs."""

    def __init__(self, region: str) -> None:
        self._region = region

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ != MAIL_FROM_DOMAIN:
            return args.resource_id or f"{args.name}-id", args.inputs
        inputs = {"region": self._region, "behavior_on_mx_failure": "UseDefaultValue", **args.inputs}
        if args.resource_id:
            inputs["region"], inputs["identity"] = args.resource_id.split("/")
            inputs["mail_from_domain"] = f"bounce.{inputs['identity']}"
        outputs = {
            "account_id": "123456789012",
            "mail_from_domain_status": "Pending",
            "dns_records": mail_from_dns_records(inputs["mail_from_domain"], inputs["region"]),
        }
        return f"{inputs['region']}/{inputs['identity']}", inputs | outputs

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        raise AssertionError(args.token)


class TidyMonitor(MockMonitor):
    """Pulumi's mock monitor, with the event loops closed that it opens for each worker thread."""

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802, D102 - Pulumi's
        return _in_event_loop(super().RegisterResource, request)

    def ReadResource(self, request: Any) -> Any:  # noqa: N802, D102 - Pulumi's
        return _in_event_loop(super().ReadResource, request)


class _Monitor(TidyMonitor):
    """Also records dependencies, which Pulumi does not pass to mocks."""

    def __init__(self, run: Run, region: str | None) -> None:
        super().__init__(_Mocks(region or "us-east-1"))
        self._run = run

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - Pulumi's
        inputs = pulumi.runtime.rpc.deserialize_properties(request.object)
        self._note(request, inputs, retain_on_delete=request.retainOnDelete, protect=request.protect)
        return super().RegisterResource(request)

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - Pulumi's
        self._note(request, {}, id=request.id)
        return super().ReadResource(request)

    def _note(self, request: Any, inputs: dict[str, Any], **more: Any) -> None:
        if request.type == "pulumi:pulumi:Stack":
            return
        inputs = {name: value for name, value in inputs.items() if value is not None and name != "__provider"}
        names = frozenset(urn.rpartition("::")[2] for urn in request.dependencies)
        self._run.resources.append(Declared(request.type, request.name, inputs, names, **more))


def _in_event_loop(call: Callable[[Any], Any], request: Any) -> Any:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return call(request)
    finally:
        asyncio.set_event_loop(None)
        loop.close()
