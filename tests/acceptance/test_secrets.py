"""Secret inputs with the real engine: what state has in clear, and what it has encrypted."""

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
    """A program that waits for one MAIL FROM domain, whose inputs named in `secret` are secrets."""

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
    """A stack for which SES verifies each MAIL FROM domain at once."""
    ses.rules.success_after = 0.0
    return stack


def _encrypted(stack: Stack) -> dict[str, set[str]]:
    """The outputs that state has encrypted, by resource."""
    return {
        name: {
            output
            for output, value in resource["outputs"].items()
            if isinstance(value, dict) and SIGNATURE in value and "ciphertext" in value
        }
        for name, resource in stack.resources().items()
    }


@pytest.mark.parametrize("secret", ["identity", "mail_from_domain"])
def test_a_secret_name(verifying: Stack, secret: str) -> None:
    """Every output with a secret name in it is encrypted, after up, a refresh, and an up that changes nothing."""
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


def test_a_secret_mail_from_domain_is_nowhere(verifying: Stack) -> None:
    """A secret MAIL FROM domain, which is in no id, is not to be found in what the engine has written."""
    verifying.up(declare("mail_from_domain")).done()
    verifying.refresh().done()
    assert "bounce.example.com" not in verifying.state()


def test_the_provider_is_told(verifying: Stack) -> None:
    """State has the names of the secret inputs, which the provider is given."""
    verifying.up(declare("identity", "overwrite")).done()
    inputs = {name: resource["inputs"].get("secret_inputs") for name, resource in verifying.resources().items()}
    assert {"bounce": ["identity", "overwrite"], "verified": ["mail_from_domains"]} == inputs


def test_nothing_is_secret(verifying: Stack) -> None:
    """Of ordinary inputs nothing is encrypted, and nothing is said of secrets."""
    verifying.up(declare()).done()
    assert {"bounce": set(), "verified": set()} == _encrypted(verifying)
    assert SIGNATURE not in verifying.state()
    assert "secret_inputs" not in verifying.state()
    outputs = verifying.outputs()
    assert "bounce.example.com" == outputs["managed_mail_from_domain"]
    assert ["MX", "TXT"] == [record["type"] for record in outputs["dns_records"]]


def test_an_input_becomes_secret(verifying: Stack) -> None:
    """An input of an existing resource that becomes secret is encrypted by the next up, and so is what it is in."""
    verifying.up(declare()).done()
    assert "bounce.example.com" in json.dumps(verifying.export())
    verifying.up(declare("mail_from_domain")).done()
    assert "bounce.example.com" not in json.dumps(verifying.export())
    assert {
        "bounce": {"mail_from_domain", "managed_mail_from_domain", "dns_records"},
        "verified": {"mail_from_domains", "statuses", "verified_identities"},
    } == _encrypted(verifying)


def test_preview_of_a_secret(verifying: Stack) -> None:
    """A preview shows neither a secret name nor a record that contains it."""
    preview = verifying.preview(declare("mail_from_domain"), diff=True).done()
    assert "bounce.example.com" not in preview
