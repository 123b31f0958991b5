"""The resource class `MailFromDomainVerification` under Pulumi's mocks."""

from __future__ import annotations

import base64
import pickletools
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.dynamic.dynamic import serialize_provider

from pulumi_ses_mail_from import MailFromDomain, MailFromDomainVerification
from pulumi_ses_mail_from_provider.dynamic import MailFromDomainVerificationProvider
from support.mocked_engine import Run, TidyMonitor, run_program

PROGRAM = """
import pulumi
from pulumi_ses_mail_from import MailFromDomain, MailFromDomainVerification

names = ("a.example", "b.example")
domains = [MailFromDomain(name, identity=name, mail_from_domain=f"bounce.{name}") for name in names]
verified = MailFromDomainVerification("verified", mail_from_domains=domains, timeout="45m")
MailFromDomainVerification("none", [])
"""  # the list may also be the second argument


def _run(program: str, folder: Path) -> Run:
    path = folder / "program.py"
    path.write_text(program)
    return run_program(path, {"aws:region": "eu-west-1"})


def test_inputs(tmp_path: Path) -> None:
    """The inputs are the outputs of each MailFromDomain that identify it, and it depends on those resources."""
    run = _run(PROGRAM, tmp_path)
    waits = run.of_type("pulumi-python:dynamic/ses:MailFromDomainVerification")
    verified, none = sorted(waits, key=lambda wait: wait.name, reverse=True)
    assert {
        "mail_from_domains": [
            {
                "region": "eu-west-1",
                "identity": name,
                "mail_from_domain": f"bounce.{name}",
                "behavior_on_mx_failure": "UseDefaultValue",
            }
            for name in ("a.example", "b.example")
        ],
        "timeout": "45m",
    } == verified.inputs
    assert {"a.example", "b.example"} == verified.dependencies
    assert {"mail_from_domains": []} == none.inputs


SECRETS = """
import pulumi
from pulumi_ses_mail_from import MailFromDomain, MailFromDomainVerification

a = MailFromDomain("a", identity={identity}, mail_from_domain="bounce.a.example")
b = MailFromDomain("b", identity="b.example", mail_from_domain="bounce.b.example")
options = pulumi.ResourceOptions(additional_secret_outputs=["account_id"])
MailFromDomainVerification("verified", [a, b], {timeout}, options)
"""
SECRET = "pulumi.Output.secret({!r})"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("'a.example'", "'45m'"), (None, ["account_id"])),
        (
            (SECRET.format("a.example"), "None"),
            (["mail_from_domains"], ["account_id", "statuses", "verified_identities"]),
        ),
        (("'a.example'", SECRET.format("45m")), (["timeout"], ["account_id"])),
    ],
)
def test_secret_inputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: tuple[str, str], expected: tuple[Any, list[str]]
) -> None:
    """If a part of a member is secret, so are the outputs that name members, and the provider receives the names."""
    requests = {}
    register = TidyMonitor.RegisterResource

    def record(monitor: TidyMonitor, request: Any) -> Any:
        requests[request.name] = request
        return register(monitor, request)

    monkeypatch.setattr(TidyMonitor, "RegisterResource", record)
    identity, timeout = values
    _run(SECRETS.format(identity=identity, timeout=timeout), tmp_path)
    request = requests["verified"]
    names = pulumi.runtime.rpc.deserialize_properties(request.object).get("secret_inputs")
    assert expected == (names, sorted(request.additionalSecretOutputs))


@pytest.mark.parametrize(
    ("domains", "reason"),
    [
        ("bounce.example.com", "must be a list of MailFromDomain resources, not str"),
        (None, "must be a list of MailFromDomain resources, not NoneType"),
        (["bounce.example.com"], "must hold MailFromDomain resources, not str"),
    ],
)
def test_members_of_another_type(domains: Any, reason: str) -> None:
    """Names instead of resources are a TypeError that names the resource and what is expected."""
    with pytest.raises(TypeError, match=f"MailFromDomainVerification 'verified': mail_from_domains {reason}"):
        MailFromDomainVerification("verified", domains)


def test_a_single_resource() -> None:
    """A single resource instead of a list is a TypeError that shows what to write."""
    mail_from = MailFromDomain.__new__(MailFromDomain)
    with pytest.raises(TypeError, match=r"not a single one: put it in brackets, as in mail_from_domains=\[mail_from\]"):
        MailFromDomainVerification("verified", mail_from)  # type: ignore[arg-type]


def test_options_as_third_argument() -> None:
    """Options as the third argument are a TypeError that says what that argument is."""
    with pytest.raises(TypeError, match="give the options as a keyword argument, opts=…; the third argument"):
        MailFromDomainVerification("verified", [], pulumi.ResourceOptions())  # type: ignore[arg-type]


@pytest.mark.parametrize("option", ["provider", "import_"])
def test_rejected_options(option: str) -> None:
    """Options that Pulumi would silently ignore are an error, as for a MailFromDomain."""
    opts = pulumi.ResourceOptions(**{option: "x"})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=f"MailFromDomainVerification 'verified' cannot use opts.{option}"):
        MailFromDomainVerification("verified", [], opts=opts)


def test_dotted_path_in_state() -> None:
    """Users' state contains the dotted path of the provider class, so a change would break their stacks."""
    provider = MailFromDomainVerificationProvider()
    serialized = serialize_provider(provider)
    assert len(serialized) < 150
    assert not provider.serialize_as_secret_always
    strings = [
        argument for _, argument, _ in pickletools.genops(base64.b64decode(serialized)) if isinstance(argument, str)
    ]
    assert ["pulumi_ses_mail_from_provider.dynamic", "MailFromDomainVerificationProvider"] == strings
