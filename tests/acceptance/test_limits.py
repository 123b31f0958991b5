"""The limits in docs/behaviour.md: what happens in each case."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest

from pulumi_ses_mail_from import MailFromDomain
from support.engine import REGION, Program, Result, Stack
from support.processes import kill, wait_for_end
from support.stand_in import MailFrom, SesStandIn, run

from .peers import Identity
from .programs import declare, together

GET, SET = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain"
OTHER = "eu-west-1"
PENDING = MailFrom("bounce.example.com", "UseDefaultValue", "Pending")


def urn(stack: Stack, name: str) -> str:
    """Return the URN that the resource "bounce" would have under another name."""
    return str(stack.resources()["bounce"]["urn"]).replace("::bounce", f"::{name}")


PARTIAL_RUNS: dict[str, Callable[[Stack], Result]] = {
    "--target of the old name": lambda stack: stack.up(declare("renamed"), target=[urn(stack, "bounce")]),
    "--exclude of the new name": lambda stack: stack.up(declare("renamed"), exclude=[urn(stack, "renamed")]),
}


def test_rename_without_the_new_name(stack: Stack, ses: SesStandIn) -> None:
    """A run that excludes the new name only deletes the old one, which clears; the next full up sets it again."""
    stack.up(declare()).done()
    deployed = stack.export()
    for name, partial_run in PARTIAL_RUNS.items():
        stack.restore(deployed)
        ses.put(REGION, "example.com", "bounce.example.com", status="Success")
        assert 1 == partial_run(stack).done().changes["delete"], name
        assert ses.mail_from(REGION, "example.com") is None, name
    stack.up(declare("renamed")).done()
    assert PENDING == ses.mail_from(REGION, "example.com")


def test_rename_without_the_old_name(stack: Stack, ses: SesStandIn) -> None:
    """In a run that excludes the old name, the new one adopts the MAIL FROM domain, and the next full up keeps it."""
    stack.up(declare()).done()
    stack.up(declare("renamed"), exclude=[urn(stack, "bounce")]).done()
    assert {"bounce", "renamed"} == set(stack.resources())
    stack.up(declare("renamed")).done()
    assert 1 == ses.journal.count(SET)
    assert PENDING == ses.mail_from(REGION, "example.com")


def test_destroy_exclude_protected(stack: Stack, ses: SesStandIn) -> None:
    """Of two resources for one identity, the unprotected one clears, and the next up sets it again."""
    program = together(declare("kept", opts=pulumi.ResourceOptions(protect=True)), declare("twin"))
    stack.up(program).done()
    stack.destroy(exclude_protected=True).done()
    assert ["kept"] == list(stack.resources())
    assert ses.mail_from(REGION, "example.com") is None
    assert "bounce.example.com is no longer set: pulumi up sets it again" in stack.up(program).done()
    assert PENDING == ses.mail_from(REGION, "example.com")


def test_two_stacks(stack: Stack, ses: SesStandIn, second_stack: Stack) -> None:
    """If two stacks declare the same MAIL FROM domain, the destroy of one clears it for both."""
    stack.up(declare()).done()
    second_stack.up(declare()).done()
    second_stack.destroy().done()
    assert ses.mail_from(REGION, "example.com") is None


def test_renamed_in_another_shell(stack: Stack, ses: SesStandIn) -> None:
    """If only the environment gives the region, a rename in another environment moves the MAIL FROM domain."""
    ses.verify(OTHER, "example.com")
    stack.up(declare()).done()
    stack.environment(AWS_REGION=OTHER)
    assert {"same": 1, "create": 1, "delete": 1} == stack.up(declare("renamed")).done().changes
    assert ses.mail_from(REGION, "example.com") is None
    assert PENDING == ses.mail_from(OTHER, "example.com")


def test_replaced_before_it_is_created(stack: Stack, ses: SesStandIn) -> None:
    """If the identity's resource deletes before it replaces, the MAIL FROM domain is cleared first, then set again."""

    def program(version: int) -> Program:
        def declare_both() -> None:
            identity = Identity("identity", ses.url, "example.net", version)
            MailFromDomain("bounce", identity=identity.domain, mail_from_domain="bounce.example.net")

        return declare_both

    stack.up(program(1)).done()
    ses.journal.clear()
    assert {"same": 1, "replace": 2} == stack.up(program(2)).done().changes
    writes = [call.parameters.get("MailFromDomain") for call in ses.journal.calls(SET)]
    assert [None, "bounce.example.net"] == writes
    actions = [call.action for call in ses.journal.calls() if call.action not in (GET, "GetCallerIdentity")]
    assert [SET, "DeleteIdentity", "VerifyDomainIdentity", SET] == actions
    values = [change.value for change in ses.history(REGION, "example.net")]
    pending = MailFrom("bounce.example.net", "UseDefaultValue", "Pending")
    assert [pending, None, pending] == values


def test_checks_for_drift(stack: Stack, ses: SesStandIn) -> None:
    """With --expect-no-changes, any new status fails a preview or up, and only Failed fails a refresh."""
    stack.up(declare()).done()
    ses.set_status(REGION, "example.com", "Success")
    stack.refresh(preview_only=True, expect_no_changes=True).done()
    stack.preview(declare(), expect_no_changes=True).failed()
    stack.up(declare(), expect_no_changes=True).failed()  # a preview stores nothing
    assert "Success" == stack.outputs()["mail_from_domain_status"]
    stack.up(declare(), expect_no_changes=True).done()

    ses.set_status(REGION, "example.com", "Failed")
    stack.refresh(preview_only=True, expect_no_changes=True).failed()
    stack.preview(declare(), expect_no_changes=True).done()  # state has Success, so SES is not read
    assert "Failed" == getattr(ses.mail_from(REGION, "example.com"), "status", None)


@pytest.mark.skipif(sys.platform != "linux", reason="finds the process to kill in /proc")
def test_killed_after_a_set(stack: Stack, ses: SesStandIn, tmp_path: Path) -> None:
    """If an update is killed after its Set and before it is in state, destroy leaves what was set, with a line."""
    stack.up(declare()).done()

    def kill_engine() -> None:
        kill("engine", tmp_path, signal.SIGKILL)
        wait_for_end("provider", tmp_path, 2)

    fault = ses.inject(run(kill_engine, after=True), action=SET, count=1)
    changed = declare(mail_from_domain="mail.example.com")
    stack.up(changed).failed()
    assert 1 == fault.hits
    stack.cancel()
    killed = stack.export()
    assert "left in place: mail.example.com: this stack did not set it" in stack.destroy().done()
    assert MailFrom("mail.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")

    stack.restore(killed)
    stack.up(changed).done()
    assert 2 == ses.journal.count(SET)
    assert "mail.example.com" == stack.outputs()["managed_mail_from_domain"]
