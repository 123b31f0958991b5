"""The real Pulumi engine, driven through the Automation API with inline programs."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pulumi
from pulumi import automation
from pulumi.automation._stack import StackInitMode

from pulumi_ses_mail_from_provider.engine.values import SNAKE_CASE

Program = Callable[[], None]

_PROJECT = "mail"

REGION = "us-east-1"
ACCESS_KEY, SECRET_KEY, TOKEN = "AKIDACCEPTANCE00000", "hush-hush-hush", "tick-tock-token"


@dataclass(frozen=True)
class Result:
    """The outcome of an operation.

    Attributes:
        ok: Whether the operation succeeded.
        text: The output that the user saw.
        changes: How many resources were created, updated and so on.
    """

    ok: bool
    text: str
    changes: dict[str, int]

    def __contains__(self, text: str) -> bool:
        return text in self.text

    def done(self) -> Result:
        """Return the result; fail the test unless the operation succeeded."""
        assert self.ok, self.text
        return self

    def failed(self) -> Result:
        """Return the result; fail the test unless the operation failed."""
        assert not self.ok, self.text
        return self


class _QuickStack(automation.Stack):
    """Skips the outputs and the history, for which the Automation API runs the CLI three times per operation."""

    def outputs(self) -> automation.OutputMap:
        return {}

    def info(self, show_secrets: bool = True) -> Any:  # noqa: FBT001, FBT002, ARG002 - Pulumi's
        return object()


@functools.cache
def _cli(root: str) -> automation.PulumiCommand:
    return automation.PulumiCommand(root=root)  # cached, because it runs the CLI to read its version


class Stack:
    """A stack with its own file backend.

    Args:
        folder: Folder of the backend, the project and PULUMI_HOME.
        environment: Environment variables of the Pulumi CLI.
        name: Name of the stack.

    Attributes:
        made: All stacks of this test.
    """

    made: ClassVar[list[Stack]] = []

    def __init__(self, folder: Path, environment: dict[str, str], name: str = "test") -> None:
        self.made.append(self)
        self._folder = folder
        self._shown: list[str] = []
        self._environment = {
            "PULUMI_PYTHON_CMD": sys.executable,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # for the native plugin
            "PYTHONPATH": str(Path(__file__).parents[1]),  # some tests define resources of their own
            "PULUMI_CONFIG_PASSPHRASE": "test",
            # No metadata files: an engine killed while writing one leaves state that it cannot load.
            "PULUMI_BACKEND_URL": f"{folder.as_uri()}?metadata=skip",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            **environment,
        }
        (folder / "home").mkdir(exist_ok=True)
        self._stack = _QuickStack(
            name,
            automation.LocalWorkspace(
                work_dir=str(folder),
                env_vars=self._environment,
                pulumi_command=_cli(os.environ["PULUMI_CLI_ROOT"]),
                project_settings=automation.ProjectSettings(name=_PROJECT, runtime="python"),
            ),
            StackInitMode.CREATE,
        )

    def config(self, key: str, value: str, *, secret: bool = False) -> None:
        """Set a value of the stack's config."""
        self._stack.set_config(key, automation.ConfigValue(value, secret=secret))

    def environment(self, **variables: str) -> None:
        """Set environment variables for the following operations."""
        self._stack.workspace.env_vars = {**self._stack.workspace.env_vars, **variables}

    def up(self, program: Program, **options: Any) -> Result:
        """Run `pulumi up`."""
        self._stack.workspace.program = program
        return self._run(self._stack.up, **options)

    def preview(self, program: Program, **options: Any) -> Result:
        """Run `pulumi preview`."""
        self._stack.workspace.program = program
        return self._run(self._stack.preview, **options)

    def refresh(self, **options: Any) -> Result:
        """Run `pulumi refresh`."""
        return self._run(self._stack.refresh, **options)

    def destroy(self, **options: Any) -> Result:
        """Run `pulumi destroy`."""
        return self._run(self._stack.destroy, **options)

    def cancel(self) -> None:
        """Run `pulumi cancel`, which also removes the lock left behind by a killed run."""
        with contextlib.suppress(automation.CommandError):
            self._stack.cancel()

    def export(self) -> dict[str, Any]:
        """Return the deployment as `pulumi stack export` does, but read from the file, which is faster."""
        path = self._folder / ".pulumi/stacks" / _PROJECT / f"{self._stack.name}.json"
        return dict(json.loads(path.read_text())["checkpoint"].get("latest") or {})

    def restore(self, deployment: dict[str, Any]) -> None:
        """Replace the deployment, as `pulumi stack import` does."""
        self._stack.import_stack(automation.Deployment(version=3, deployment=deployment))

    def resources(self) -> dict[str, dict[str, Any]]:
        """Return the resources in state by name, without the stack and the built-in providers."""
        return {
            resource["urn"].rpartition("::")[2]: resource
            for resource in self.export().get("resources", [])
            if not resource["type"].startswith("pulumi:") and not resource.get("delete")
        }

    def outputs(self, name: str = "bounce") -> dict[str, Any]:
        """Return the outputs of a resource in state, by their names in Python programs."""
        outputs: dict[str, Any] = self.resources()[name]["outputs"]
        return {SNAKE_CASE.get(property_, property_): value for property_, value in outputs.items()}

    def exported(self) -> dict[str, Any]:
        """Return the outputs of the stack."""
        (stack,) = (one for one in self.export()["resources"] if one["type"] == "pulumi:pulumi:Stack")
        outputs: dict[str, Any] = stack.get("outputs", {})
        return outputs

    def state(self) -> str:
        """Return the content of all files in the backend."""
        return "".join(path.read_text() for path in sorted(self._folder.glob(".pulumi/**/*.json")))

    def leaks(self, secrets: Iterable[str]) -> list[str]:
        """Return the files and outputs that contain one of `secrets`."""
        files = [path for path in self._folder.rglob("*") if path.is_file()]
        texts = {str(path): path.read_bytes() for path in files}
        texts |= {f"output of operation {number}": text.encode() for number, text in enumerate(self._shown)}
        return [where for where, text in texts.items() if any(secret.encode() in text for secret in secrets)]

    def _run(self, operation: Callable[..., Any], **options: Any) -> Result:
        lines: list[str] = []
        changes: dict[str, int] = {}

        def on_event(event: automation.EngineEvent) -> None:
            if event.summary_event:
                changes.update({str(kind): count for kind, count in event.summary_event.resource_changes.items()})

        ok = False
        with contextlib.suppress(automation.CommandError):
            operation(on_output=lines.append, on_error=lines.append, on_event=on_event, color="never", **options)
            ok = True
        self._shown.append("\n".join(lines))
        return Result(ok, self._shown[-1], {getattr(kind, "value", kind): count for kind, count in changes.items()})


def export(**values: pulumi.Input[Any]) -> None:
    """Export several stack outputs."""
    for name, value in values.items():
        pulumi.export(name, value)


def shell(url: str) -> dict[str, str]:
    """Return the environment variables of a shell whose AWS endpoint is `url`."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
