"""The limits in docs/behaviour.md: each case, with what really happens."""

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
    """The URN of "bounce", or of what it would be under another name."""
    return str(stack.resources()["bounce"]["urn"]).replace("::bounce", f"::{name}")


PARTIAL_RUNS: dict[str, Callable[[Stack], Result]] = {
    "--target of the old name": lambda stack: stack.up(declare("renamed"), target=[urn(stack, "bounce")]),
    "--exclude of the new name": lambda stack: stack.up(declare("renamed"), exclude=[urn(stack, "renamed")]),
}


def test_a_run_that_leaves_the_new_name_out(stack: Stack, ses: SesStandIn) -> None:
    """The engine asks for nothing but the delete of the old name, which clears; the next full up sets it again."""
    stack.up(declare()).done()
    deployed = stack.export()
    for name, partial_run in PARTIAL_RUNS.items():
        stack.restore(deployed)
        ses.put(REGION, "example.com", "bounce.example.com", status="Success")
        assert 1 == partial_run(stack).done().changes["delete"], name
        assert ses.mail_from(REGION, "example.com") is None, name
    stack.up(declare("renamed")).done()
    assert PENDING == ses.mail_from(REGION, "example.com")


def test_a_run_that_leaves_the_old_name_out(stack: Stack, ses: SesStandIn) -> None:
    """With the old name excluded, the new one adopts the setting, and the next full up leaves it."""
    stack.up(declare()).done()
    stack.up(declare("renamed"), exclude=[urn(stack, "bounce")]).done()
    assert {"bounce", "renamed"} == set(stack.resources())
    stack.up(declare("renamed")).done()
    assert 1 == ses.journal.count(SET)
    assert PENDING == ses.mail_from(REGION, "example.com")


def test_destroy_exclude_protected(stack: Stack, ses: SesStandIn) -> None:
    """Of two resources for one setting, it clears for the one that is not protected; the next up sets it again."""
    program = together(declare("kept", opts=pulumi.ResourceOptions(protect=True)), declare("twin"))
    stack.up(program).done()
    stack.destroy(exclude_protected=True).done()
    assert ["kept"] == list(stack.resources())
    assert ses.mail_from(REGION, "example.com") is None
    assert "bounce.example.com is no longer set: pulumi up sets it again" in stack.up(program).done()
    assert PENDING == ses.mail_from(REGION, "example.com")


def test_two_stacks(stack: Stack, ses: SesStandIn, second_stack: Stack) -> None:
    """Two stacks that declare the same setting both own it: the destroy of one clears it for both."""
    stack.up(declare()).done()
    second_stack.up(declare()).done()
    second_stack.destroy().done()
    assert ses.mail_from(REGION, "example.com") is None


def test_renamed_in_another_shell(stack: Stack, ses: SesStandIn) -> None:
    """Where only the shell has the region, the new name goes to that of the new shell, and the old one is cleared."""
    ses.verify(OTHER, "example.com")
    stack.up(declare()).done()
    stack.environment(AWS_REGION=OTHER)
    assert {"same": 1, "create": 1, "delete": 1} == stack.up(declare("renamed")).done().changes
    assert ses.mail_from(REGION, "example.com") is None
    assert PENDING == ses.mail_from(OTHER, "example.com")


def test_replaced_before_it_is_created(stack: Stack, ses: SesStandIn) -> None:
    """Where the source of `identity` is deleted before it is replaced, the setting is cleared first, then set anew."""

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
    settings = [change.value for change in ses.history(REGION, "example.net")]
    pending = MailFrom("bounce.example.net", "UseDefaultValue", "Pending")
    assert [pending, None, pending] == settings


def test_checks_for_drift(stack: Stack, ses: SesStandIn) -> None:
    """In a check that expects no changes, a moved status counts in a preview or up, and only Failed in a refresh."""
    stack.up(declare()).done()
    ses.set_status(REGION, "example.com", "Success")
    stack.refresh(preview_only=True, expect_no_changes=True).done()
    stack.preview(declare(), expect_no_changes=True).failed()
    stack.up(declare(), expect_no_changes=True).failed()  # a preview stores nothing
    assert "Success" == stack.outputs()["mail_from_domain_status"]
    stack.up(declare(), expect_no_changes=True).done()

    ses.set_status(REGION, "example.com", "Failed")
    stack.refresh(preview_only=True, expect_no_changes=True).failed()
    stack.preview(declare(), expect_no_changes=True).done()  # state says Success, so nobody looks
    assert "Failed" == getattr(ses.mail_from(REGION, "example.com"), "status", None)


@pytest.mark.skipif(sys.platform != "linux", reason="it finds the process to kill in /proc")
def test_killed_after_a_set(stack: Stack, ses: SesStandIn, tmp_path: Path) -> None:
    """What an update has set that was killed before it was in state is not ours to a destroy, which says so."""
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
    assert "left in place: mail.example.com: not the one that this stack has set" in stack.destroy().done()
    assert MailFrom("mail.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")

    stack.restore(killed)
    stack.up(changed).done()
    assert 2 == ses.journal.count(SET)
    assert "mail.example.com" == stack.outputs()["managed_mail_from_domain"]
