from __future__ import annotations

import base64
import pickletools
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.dynamic.dynamic import serialize_provider

from mocked_engine import run_program
from pulumi_ses_mail_from import MailFromDomainVerification
from pulumi_ses_mail_from_provider.dynamic import MailFromDomainVerificationProvider

PROGRAM = """
import pulumi
from pulumi_ses_mail_from import MailFromDomain, MailFromDomainVerification

names = ("a.example", "b.example")
domains = [MailFromDomain(name, identity=name, mail_from_domain=f"bounce.{name}") for name in names]
verified = MailFromDomainVerification("verified", mail_from_domains=domains, timeout="45m")
MailFromDomainVerification("none", [])
"""


def test_what_it_declares(tmp_path: Path) -> None:
    """It hands over what to look for of each MAIL FROM domain, and waits for the resources."""
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    run = run_program(path, {"aws:region": "eu-west-1"})
    waits = run.of_type("pulumi-python:dynamic/ses:MailFromDomainVerification")
    verified, none = sorted(waits, key=lambda wait: wait.name, reverse=True)
    assert {
        "mail_from_domains": [
            {"region": "eu-west-1", "identity": name, "mail_from_domain": f"bounce.{name}"}
            for name in ("a.example", "b.example")
        ],
        "timeout": "45m",
    } == verified.inputs
    assert {"a.example", "b.example"} == verified.dependencies
    assert {"mail_from_domains": []} == none.inputs


@pytest.mark.parametrize(
    ("domains", "reason"),
    [
        ("bounce.example.com", "must be a list of MailFromDomain resources, not str"),
        (None, "must be a list of MailFromDomain resources, not NoneType"),
        (["bounce.example.com"], "must hold MailFromDomain resources, not str"),
    ],
)
def test_what_is_no_mail_from_domain(domains: Any, reason: str) -> None:
    """Names instead of resources are refused, with the name of the resource and what it takes."""
    with pytest.raises(TypeError, match=f"MailFromDomainVerification 'verified': mail_from_domains {reason}"):
        MailFromDomainVerification("verified", domains)


@pytest.mark.parametrize("option", ["provider", "import_"])
def test_options_that_cannot_work(option: str) -> None:
    """What Pulumi would drop in silence is refused, as for a MailFromDomain."""
    opts = pulumi.ResourceOptions(**{option: "x"})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=f"MailFromDomainVerification 'verified' cannot use opts.{option}"):
        MailFromDomainVerification("verified", [], opts=opts)


def test_what_state_keeps_of_the_provider() -> None:
    """The provider is in users' state as a dotted path. A change here breaks refresh and destroy of their stacks."""
    provider = MailFromDomainVerificationProvider()
    serialized = serialize_provider(provider)
    assert len(serialized) < 150
    assert not provider.serialize_as_secret_always
    strings = [
        argument for _, argument, _ in pickletools.genops(base64.b64decode(serialized)) if isinstance(argument, str)
    ]
    assert ["pulumi_ses_mail_from_provider.dynamic", "MailFromDomainVerificationProvider"] == strings
