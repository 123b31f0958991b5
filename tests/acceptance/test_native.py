"""The native provider, with the real engine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pulumi_ses_mail_from import native
from support.engine import REGION, Program, Stack, export
from support.stand_in import MailFrom, SesStandIn

SET = "SetIdentityMailFromDomain"


@pytest.fixture(autouse=True)
def _plugin_on_path(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)
    stack.environment(PATH=path)


def declare(**inputs: object) -> Program:
    """A program with one MAIL FROM domain."""

    def program() -> None:
        given = {"identity": "example.com", "mail_from_domain": "bounce.example.com", "region": REGION, **inputs}
        mail_from = native.MailFromDomain("bounce", **given)  # type: ignore[call-overload]
        export(records=mail_from.dns_records, status=mail_from.mail_from_domain_status, account=mail_from.account_id)

    return program


def test_life(stack: Stack, ses: SesStandIn) -> None:
    """Preview, up, refresh, update and destroy."""
    preview = stack.preview(declare()).done()
    assert 0 == ses.journal.count(SET)
    print(preview.text)
    result = stack.up(declare()).done()
    print(result.text)
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")
    exported = stack.exported()
    assert "Pending" == exported["status"]
    assert ["MX", "TXT"] == [record["type"] for record in exported["records"]]
    ses.set_status(REGION, "example.com", "Success")
    print(stack.refresh().done().text)
    assert "Success" == stack.outputs()["mailFromDomainStatus"]
    print(stack.up(declare(behavior_on_mx_failure="RejectMessage"), diff=True).done().text)
    assert "RejectMessage" == stack.outputs()["behaviorOnMxFailure"]
    print(stack.destroy().done().text)
    assert ses.mail_from(REGION, "example.com") is None
