"""The package schema of the native plugin, against the schema of the resources and the Python SDK."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_ses_mail_from import MailFromDomainArgs, native
from pulumi_ses_mail_from_provider.engine.config import AWS_KEYS, OWN_KEYS
from pulumi_ses_mail_from_provider.engine.values import camel_case
from pulumi_ses_mail_from_provider.plugin import main, version
from pulumi_ses_mail_from_provider.plugin.package_schema import package_schema
from pulumi_ses_mail_from_provider.rules.schema import MAIL_FROM_DOMAIN, VERIFICATION, names

COMMITTED = Path(__file__).parents[2] / "plugin/schema.json"
SCHEMA: dict[str, Any] = json.loads(package_schema(version()))


def test_the_committed_schema() -> None:
    """It is up to date. If not: `pulumi-resource-ses-mail-from --schema > plugin/schema.json`."""
    assert package_schema(version()) == COMMITTED.read_text()


@pytest.mark.parametrize(
    ("resource", "kind"), [(MAIL_FROM_DOMAIN, "MailFromDomain"), (VERIFICATION, "MailFromDomainVerification")]
)
def test_resources(resource: Any, kind: str) -> None:
    """Each property is there, described, with its default; the dynamic type is an alias."""
    schema = SCHEMA["resources"][f"ses-mail-from:index:{kind}"]
    inputs = {camel_case(name) for name in names(resource.inputs)}
    assert inputs == set(schema["inputProperties"])
    assert inputs | {camel_case(name) for name in names(resource.outputs)} == set(schema["properties"])
    assert [camel_case(one.name) for one in resource.inputs if one.required] == schema["requiredInputs"]
    for one in resource.inputs:
        described = schema["inputProperties"][camel_case(one.name)]
        assert described["description"].startswith(one.description)
        assert one.default == described.get("default")
        assert one.replaces == described.get("willReplaceOnChanges", False)
    assert [{"type": f"pulumi-python:dynamic/ses:{kind}"}] == schema["aliases"]


def test_config() -> None:
    """Each setting is there; credentials are secret."""
    keys = {*AWS_KEYS, *OWN_KEYS}
    assert keys == set(SCHEMA["config"]["variables"]) == set(SCHEMA["provider"]["inputProperties"])
    assert {"accessKey", "secretKey", "token"} == {
        name for name, one in SCHEMA["config"]["variables"].items() if one.get("secret")
    }


def test_references() -> None:
    """Each reference leads to a type that is there."""

    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [text for name, part in value.items() for text in ([part] if name == "$ref" else references(part))]
        return [text for part in value for text in references(part)] if isinstance(value, list) else []

    found = references(SCHEMA)
    assert found
    assert {text.removeprefix("#/types/") for text in found} <= set(SCHEMA["types"])


def test_the_python_sdk() -> None:
    """The hand-written SDK has the settings, the inputs and the outputs of the schema."""
    settings = {camel_case(name) for name in inspect.signature(native.Provider.__init__).parameters}
    assert {*AWS_KEYS, *OWN_KEYS} == settings - {"self", "resourceName", "opts"}
    docstring = inspect.getdoc(native.Provider.__init__) or ""
    for name in inspect.signature(native.Provider.__init__).parameters:
        assert name == "self" or f"{name}: " in docstring
    assert native.MailFromDomainArgs is MailFromDomainArgs
    for class_, resource in (
        (native.MailFromDomain, MAIL_FROM_DOMAIN),
        (native.MailFromDomainVerification, VERIFICATION),
    ):
        annotated = set(inspect.get_annotations(class_))
        assert set(names(resource.outputs)) <= annotated
        assert annotated <= {*names(resource.inputs), *names(resource.outputs)}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--schema"], COMMITTED.read_text()),
        (["--version"], f"{version()}\n"),
        (["--help"], "usage: pulumi-resource-ses-mail-from [ENGINE_ADDRESS | --schema | --version]\n\n"
         "Pulumi's engine starts this plugin.\n"),
    ],
)  # fmt: skip
def test_command_line(
    arguments: list[str], expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It prints its schema, its version and its usage."""
    monkeypatch.setattr("sys.argv", ["pulumi-resource-ses-mail-from", *arguments])
    main()
    assert expected == capsys.readouterr().out
