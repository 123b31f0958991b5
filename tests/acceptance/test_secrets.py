"""Secret inputs with the real engine: which outputs state has encrypted."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from pulumi_ses_mail_from import MailFromDomain, MailFromDomainVerification
from support.engine import Program, Stack
from support.stand_in import SesStandIn

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key that marks an encrypted value in state."""


def declare(*secret: str) -> Program:
    """Return a program that waits for one MAIL FROM domain, with these inputs as secrets."""

    def program() -> None:
        inputs: dict[str, Any] = {
            "identity": "example.com",
            "mail_from_domain": "bounce.example.com",
            "overwrite": True,
        }
        inputs |= {name: pulumi.Output.secret(inputs[name]) for name in secret}
        mail_from = MailFromDomain("bounce", **inputs)
        MailFromDomainVerification("verified", [mail_from])

    return program


@pytest.fixture
def verifying(stack: Stack, ses: SesStandIn) -> Stack:
    """A stack whose MAIL FROM domains SES verifies at once."""
    ses.rules.success_after = 0.0
    return stack


def _encrypted(stack: Stack) -> dict[str, set[str]]:
    """Return the outputs that are encrypted in state, by resource."""
    return {
        name: {
            output
            for output, value in resource["outputs"].items()
            if isinstance(value, dict) and SIGNATURE in value and "ciphertext" in value
        }
        for name, resource in stack.resources().items()
    }


@pytest.mark.parametrize("secret", ["identity", "mail_from_domain"])
def test_outputs_are_encrypted(verifying: Stack, secret: str) -> None:
    """Every output that contains a secret input is encrypted after an up, a refresh, and an up without changes."""
    expected = {
        "bounce": {secret, "managed_mail_from_domain", "dns_records"},
        "verified": {"mail_from_domains", "statuses", "verified_identities"},
    }
    verifying.up(declare(secret)).done()
    assert expected == _encrypted(verifying)
    verifying.refresh().done()
    assert expected == _encrypted(verifying)
    verifying.up(declare(secret), expect_no_changes=True).done()
    assert expected == _encrypted(verifying)


def test_state_without_a_secret(verifying: Stack) -> None:
    """No file of the backend contains a secret MAIL FROM domain in clear text."""
    verifying.up(declare("mail_from_domain")).done()
    verifying.refresh().done()
    assert "bounce.example.com" not in verifying.state()


def test_names_of_secret_inputs(verifying: Stack) -> None:
    """The provider receives the names of the secret inputs, which are also in state."""
    verifying.up(declare("identity", "overwrite")).done()
    inputs = {name: resource["inputs"].get("secret_inputs") for name, resource in verifying.resources().items()}
    assert {"bounce": ["identity", "overwrite"], "verified": ["mail_from_domains"]} == inputs


def test_nothing_is_secret(verifying: Stack) -> None:
    """Without secret inputs, no output is encrypted, and state has no list of secret inputs."""
    verifying.up(declare()).done()
    assert {"bounce": set(), "verified": set()} == _encrypted(verifying)
    assert SIGNATURE not in verifying.state()
    assert "secret_inputs" not in verifying.state()
    outputs = verifying.outputs()
    assert "bounce.example.com" == outputs["managed_mail_from_domain"]
    assert ["MX", "TXT"] == [record["type"] for record in outputs["dns_records"]]


def test_an_input_becomes_secret(verifying: Stack) -> None:
    """If an input becomes secret, the next up encrypts it and all outputs that contain it."""
    verifying.up(declare()).done()
    assert "bounce.example.com" in json.dumps(verifying.export())
    verifying.up(declare("mail_from_domain")).done()
    assert "bounce.example.com" not in json.dumps(verifying.export())
    assert {
        "bounce": {"mail_from_domain", "managed_mail_from_domain", "dns_records"},
        "verified": {"mail_from_domains", "statuses", "verified_identities"},
    } == _encrypted(verifying)


def test_preview_of_a_secret(verifying: Stack) -> None:
    """A preview shows neither a secret input nor a record that contains it."""
    preview = verifying.preview(declare("mail_from_domain"), diff=True).done()
    assert "bounce.example.com" not in preview
