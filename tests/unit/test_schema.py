"""The schema against everything that has the properties of a resource too."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import typing
from pathlib import Path
from typing import Any

import pytest

import pulumi_ses_mail_from
from pulumi_ses_mail_from import MailFromDomain, MailFromDomainArgs, MailFromDomainVerification
from pulumi_ses_mail_from_provider.rules import inputs, verification
from pulumi_ses_mail_from_provider.rules.inputs import declaration
from pulumi_ses_mail_from_provider.rules.model import Key, MailFromAttributes
from pulumi_ses_mail_from_provider.rules.schema import MAIL_FROM_DOMAIN, VERIFICATION, Property, Resource, names
from pulumi_ses_mail_from_provider.rules.state import State

GIVEN = {"identity": "example.com", "mail_from_domain": "bounce.example.com", "region": "us-east-1"}


def _docstrings(class_: type) -> dict[str, str]:
    """The docstrings of the attributes of a class."""
    source = Path(str(inspect.getsourcefile(class_))).read_text()
    (tree,) = (
        node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == class_.__name__
    )
    return {
        one.target.id: " ".join(str(after.value.value).split())
        for one, after in zip(tree.body, tree.body[1:], strict=False)
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    }


RESOURCES = pytest.mark.parametrize(
    ("resource", "class_"),
    [(MAIL_FROM_DOMAIN, MailFromDomain), (VERIFICATION, MailFromDomainVerification)],
    ids=["MailFromDomain", "MailFromDomainVerification"],
)


def test_the_frozen_names() -> None:
    """Programs and state use these names: a change of one breaks both."""
    assert names(MAIL_FROM_DOMAIN.inputs) == (
        "identity",
        "mail_from_domain",
        "behavior_on_mx_failure",
        "region",
        "overwrite",
    )
    assert names(MAIL_FROM_DOMAIN.outputs) == (
        "account_id",
        "managed_mail_from_domain",
        "mail_from_domain_status",
        "dns_records",
    )
    assert names(VERIFICATION.inputs) == ("mail_from_domains", "timeout")
    assert names(VERIFICATION.outputs) == ("verified_identities", "verified_at", "statuses", "account_id")
    assert verification.PARTS == ("region", "identity", "mail_from_domain", "behavior_on_mx_failure")


def test_arguments_of_the_sdk() -> None:
    """`MailFromDomainArgs` has the inputs, in their order; it requires those that are required."""
    fields = dataclasses.fields(MailFromDomainArgs)
    assert names(MAIL_FROM_DOMAIN.inputs) == tuple(field.name for field in fields)
    required = [field.name for field in fields if field.default is dataclasses.MISSING]
    assert [one.name for one in MAIL_FROM_DOMAIN.inputs if one.required] == required
    overloads = typing.get_overloads(MailFromDomain.__init__) if hasattr(typing, "get_overloads") else []
    for overload in overloads[1:]:
        keywords = inspect.signature(overload).parameters.values()
        assert names(MAIL_FROM_DOMAIN.inputs) == tuple(one.name for one in keywords if one.kind is one.KEYWORD_ONLY)


@RESOURCES
def test_docstrings_of_the_sdk(resource: Resource, class_: type) -> None:
    """Each property of a resource has a docstring that begins with its sentence, and says the default."""
    docstrings = _docstrings(class_)
    for one in resource.outputs:
        assert docstrings[one.name].startswith(one.description), one.name
    for one in resource.inputs:
        assert docstrings.get(one.name, one.description).startswith(one.description), one.name
    assert set(docstrings) <= {*names(resource.inputs), *names(resource.outputs)}


def test_docstrings_of_the_arguments() -> None:
    """Each argument has a docstring that begins with its sentence, and says the default."""
    docstrings = _docstrings(MailFromDomainArgs)
    for one in MAIL_FROM_DOMAIN.inputs:
        assert docstrings[one.name].startswith(one.description), one.name
        assert one.default is None or f"Default: {one.default}" in docstrings[one.name], one.name
    text = inspect.getdoc(MailFromDomainVerification.__init__) or ""
    for one in VERIFICATION.inputs:
        assert f"{one.name}: " in text
        assert one.default is None or f'Default: "{one.default}"' in text


@RESOURCES
def test_every_property_is_described(resource: Resource, class_: type) -> None:
    """Each has one sentence, and each input says what a valid value is."""
    for one in (*resource.inputs, *resource.outputs):
        assert one.description.endswith("."), one.name
        assert one.type in ("string", "boolean", "list", "map"), one.name
    assert [] == [one.name for one in resource.inputs if not one.expected]
    assert class_.__name__ in pulumi_ses_mail_from.__all__


def test_state_has_every_property() -> None:
    """The outputs of a resource are its inputs and outputs; so are those that are read back."""
    found = MailFromAttributes("bounce.example.com", "UseDefaultValue", "Success")
    state = State(Key("us-east-1", "example.com"), found, None, "bounce.example.com")
    outputs = {*names(MAIL_FROM_DOMAIN.inputs), *names(MAIL_FROM_DOMAIN.outputs)}
    assert outputs == set(state.outputs())
    assert state.outputs() == State.from_outputs(state.key, state.outputs()).outputs()
    assert {*names(VERIFICATION.outputs)} == set(verification.VerificationState().outputs())


def test_check_gives_every_input() -> None:
    """Check returns all inputs, with the defaults of the schema."""
    checked, failures = inputs.check(GIVEN, ())
    assert [] == failures
    assert list(names(MAIL_FROM_DOMAIN.inputs)) == list(checked)
    assert [one.default for one in MAIL_FROM_DOMAIN.inputs if one.default is not None] == [
        checked[one.name] for one in MAIL_FROM_DOMAIN.inputs if one.default is not None
    ]


def test_another_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """An input that is added to the schema and to the rules goes through check, declaration, state and diff."""
    note = Property("note", "string", "A note.", expected="a note", default="none")
    wider = dataclasses.replace(MAIL_FROM_DOMAIN, inputs=(*MAIL_FROM_DOMAIN.inputs, note))
    _replace_everywhere(monkeypatch, wider)
    monkeypatch.setattr(inputs, "_RULES", {**inputs._RULES, "note": lambda value, _: value.strip()})
    checked, failures = inputs.check({**GIVEN, "note": " hello "}, ())
    assert ("hello", []) == (checked["note"], failures)
    _, (failure,) = inputs.check({**GIVEN, "note": 5.0}, ())
    assert "give a string, a note" in str(failure.problem)
    found = MailFromAttributes("bounce.example.com", "UseDefaultValue", "Success")
    state = State.of(declaration(checked), found, None)
    assert "hello" == state.outputs()["note"]
    assert "hello" == State.from_outputs(state.key, state.outputs()).inputs()["note"]


def test_state_without_a_new_input_is_no_change() -> None:
    """State that an earlier version wrote lacks inputs that were added since: the default stands for them."""
    checked, _ = inputs.check(GIVEN, ())
    outputs = State.of(
        declaration(checked), MailFromAttributes("bounce.example.com", "UseDefaultValue", "Success"), None
    ).outputs()
    del outputs["overwrite"]
    assert checked == State.from_outputs(Key("us-east-1", "example.com"), outputs).inputs()


def _replace_everywhere(monkeypatch: pytest.MonkeyPatch, resource: Any) -> None:
    from pulumi_ses_mail_from_provider.rules import decisions, state  # noqa: PLC0415

    for module in (inputs, decisions, state):
        monkeypatch.setattr(module, "MAIL_FROM_DOMAIN", resource)
