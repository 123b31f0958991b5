"""Waiting for SES with the real engine: how a wait ends, what it holds up, and what a refresh makes of it."""

from __future__ import annotations

import runpy
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dnslib import RCODE

from pulumi_ses_mail_from import MailFromDomain, MailFromDomainVerification
from support.engine import REGION, Program, Result, Stack
from support.name_server import KNOT, NameServer, ScriptedNameServer, zone_text
from support.processes import interrupt
from support.stand_in import SesStandIn, slow

from .peers import Identity

GET, SET = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain"
MX = "10 feedback-smtp.{}.amazonses.com."
EXAMPLE = Path(__file__).parents[2] / "examples/with_verification"


def declare(*identities: str, timeout: str = "2m", label: str = "bounce", waits: int = 1) -> Program:
    """A program that waits for the MAIL FROM domains of these identities."""

    def program() -> None:
        domains = [
            MailFromDomain(identity, identity=identity, mail_from_domain=f"{label}.{identity}")
            for identity in identities
        ]
        for number in range(waits):
            MailFromDomainVerification(f"verified-{number}", domains, timeout)

    return program


@pytest.fixture
def waiting(stack: Stack) -> Iterator[Stack]:
    """A stack that asks a name server which knows no name."""

    def nothing(question: Any, _: str) -> Any:
        answer = question.reply()
        answer.header.rcode = RCODE.NXDOMAIN
        return answer

    with ScriptedNameServer(nothing) as server:
        stack.config("ses-mail-from:nameservers", server.address)
        yield stack


@pytest.fixture
def verified(waiting: Stack, ses: SesStandIn) -> Stack:
    """A stack whose two MAIL FROM domains are verified and were waited for."""
    ses.rules.success_after = 0.0
    waiting.up(declare("example.com", "example.org")).done()
    ses.rules.success_after = None
    return waiting


def test_up_waits(waiting: Stack, ses: SesStandIn) -> None:
    """Up ends once SES has verified both; what has to wait for that depends on it."""
    ses.rules.success_after = 3.0

    def program() -> None:
        declare("example.com", "example.org")()

    preview = waiting.preview(program).done()
    assert {"create": 4} == preview.changes
    started = time.monotonic()
    waiting.up(program).done()
    assert time.monotonic() - started >= 3
    outputs = waiting.outputs("verified-0")
    ids = ["us-east-1/example.com", "us-east-1/example.org"]
    assert (ids, dict.fromkeys(ids, "Success"), "123456789012") == (
        outputs["verified_identities"],
        outputs["statuses"],
        outputs["account_id"],
    )
    assert outputs["verified_at"].endswith("+00:00")
    # State had them Pending, as they were after the Set.
    assert {"same": 2, "update": 2} == waiting.up(program).done().changes
    waiting.up(program, expect_no_changes=True).done()
    waiting.refresh(expect_no_changes=True).done()
    waiting.destroy().done()
    assert 4 == ses.journal.count(SET)


def test_failed_ends_it(waiting: Stack, ses: SesStandIn) -> None:
    """Failed ends the wait at once, and the last thing that the user reads is what to do; the next up waits again."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Success")
    waiting.up(declare("example.com", waits=0)).done()
    ses.set_status(REGION, "example.com", "Failed")
    # State says Success, so up does not look, and does not restart the set-up.
    failed = waiting.up(declare("example.com")).failed()
    assert "bounce.example.com (us-east-1/example.com): status Failed" in failed
    assert "Correct what is named, then run pulumi up again" in failed
    assert "verified-0" not in waiting.resources()
    ses.rules.success_after = 1.0
    waiting.up(declare("example.com"), refresh=True).done()
    assert "Success" == waiting.outputs("verified-0")["statuses"]["us-east-1/example.com"]


def test_the_time_is_over(waiting: Stack) -> None:
    """At its end the wait says what is not verified, what is wrong in DNS, and what to publish."""
    failed = waiting.up(declare("example.com", timeout="3s")).failed()
    assert "1 of 1 not verified after 3s" in failed
    assert "name-missing: bounce.example.com does not exist in DNS" in failed
    assert "to publish: bounce.example.com. 300 IN MX 10 feedback-smtp.us-east-1.amazonses.com." in failed
    assert "status Pending" in failed
    assert "example.com" in waiting.resources()


def test_nonsense(waiting: Stack) -> None:
    """A time-out that is none is one clean line, in the preview already."""
    failed = waiting.preview(declare("example.com", timeout="soon")).failed()
    assert "'soon' is not a duration: give one such as '30m', '1h30m' or '90s'" in failed
    assert "Traceback" not in failed


def test_refresh(verified: Stack, ses: SesStandIn) -> None:
    """A passing fault is visible and holds nothing up; Failed undoes the verification, and the next up waits again."""
    program = declare("example.com", "example.org")
    ses.set_status(REGION, "example.com", "TemporaryFailure")
    verified.refresh(expect_no_changes=True).done()
    assert "TemporaryFailure" == verified.outputs("verified-0")["statuses"]["us-east-1/example.com"]
    verified.up(program, expect_no_changes=True).done()

    ses.set_status(REGION, "example.com", "Failed")
    assert {"same": 2, "update": 1, "delete": 1} == verified.refresh().done().changes
    assert "verified-0" not in verified.resources()
    ses.rules.success_after = 1.0
    up = verified.up(program).done()
    assert {"same": 2, "update": 1, "create": 1} == up.changes
    assert "Success" == verified.outputs("verified-0")["statuses"]["us-east-1/example.com"]


def test_a_changed_domain_is_waited_for(verified: Stack, ses: SesStandIn) -> None:
    """Another MAIL FROM domain has to be verified as well; nobody is verified anew for a change of the time-out."""
    ses.rules.success_after = 2.5
    program = declare("example.com", "example.org", label="mail")
    preview = verified.preview(program).done()
    assert {"same": 1, "update": 3} == preview.changes
    started = time.monotonic()
    verified.up(program).done()
    assert time.monotonic() - started >= 2.5
    ses.set_status(REGION, "example.com", "Pending")
    ses.rules.success_after = None
    verified.up(declare("example.com", "example.org", label="mail", timeout="1h")).done()


@pytest.mark.parametrize(
    ("status", "changed"),
    [("Success", {"behavior_on_mx_failure": "RejectMessage"}), ("Failed", {})],
    ids=["another behavior", "Failed"],
)
def test_what_this_run_sets_is_waited_for(
    waiting: Stack, ses: SesStandIn, status: str, changed: dict[str, Any]
) -> None:
    """What depends on a verification comes after Success, also of a member that this run has set anew."""

    def program(changed: dict[str, Any], *, dependent: bool = False) -> Program:
        def declare_all() -> None:
            domain = MailFromDomain("bounce", identity="example.com", mail_from_domain="bounce.example.com", **changed)
            verified = MailFromDomainVerification("verified", [domain])
            if dependent:
                Identity("user", ses.url, verified.verified_identities.apply(lambda _: "example.net"))

        return declare_all

    ses.rules.success_after = 0.5
    waiting.up(program({})).done()
    ses.set_status(REGION, "example.com", status)
    assert "verified" in (preview := waiting.preview(program(changed, dependent=True)).done())
    assert {"same": 1, "create": 1, "update": 2} == preview.changes
    ses.rules.success_after = 2.5
    ses.journal.clear()
    waiting.up(program(changed, dependent=True)).done()
    ((used,), (set_,)) = (ses.journal.calls("VerifyDomainIdentity"), ses.journal.calls(SET))
    assert used.time >= set_.time + 2.5
    assert "Success" == waiting.outputs("verified")["statuses"]["us-east-1/example.com"]


def test_an_identity_that_is_not_known_yet(waiting: Stack, ses: SesStandIn) -> None:
    """A preview with an identity that is still to be made passes."""
    ses.rules.success_after = 0.0

    def program() -> None:
        identity = Identity("identity", ses.url, "example.net")
        domain = MailFromDomain("bounce", identity=identity.domain, mail_from_domain="bounce.example.net")
        MailFromDomainVerification("verified", [domain])

    waiting.preview(program).done()
    waiting.up(program).done()
    assert ["us-east-1/example.net"] == waiting.outputs("verified")["verified_identities"]


def test_creates_go_on_beside_waits(waiting: Stack, ses: SesStandIn) -> None:
    """Other MAIL FROM domains are set while more is waited for than the SDK's server has threads."""
    ses.inject(slow(2.0), action="VerifyDomainIdentity")

    def program() -> None:
        declare("example.com", waits=5)()
        late = Identity("identity", ses.url, "late.example")
        MailFromDomain("late", identity=late.domain, mail_from_domain="bounce.late.example")

    def verify_when_all_are_set() -> None:
        ses.journal.wait_for(
            lambda journal: any("late.example" in call.identities for call in journal.calls(SET, "OK")), 20
        )
        ses.set_status(REGION, "example.com", "Success")

    watcher = threading.Thread(target=verify_when_all_are_set)
    watcher.start()
    started = time.monotonic()
    waiting.up(program, parallel=16).done()
    watcher.join()
    assert time.monotonic() - started < 15


def while_it_waits(stack: Stack, ses: SesStandIn, program: Program, act: Callable[[], Any]) -> tuple[Result, float]:
    """What came of an up during which, once it has waited for a while, something happens; and how long after that."""
    acted: list[float] = []

    def watch() -> None:
        ses.journal.wait_for(lambda journal: journal.count(GET) >= 4, 60)  # two for the create, two of the wait
        act()
        acted.append(time.monotonic())

    watcher = threading.Thread(target=watch)
    watcher.start()
    result = stack.up(program, parallel=16)
    watcher.join()
    return result, time.monotonic() - acted[0]


@pytest.mark.skipif(sys.platform != "linux", reason="it finds the process to interrupt in /proc")
def test_ctrl_c_ends_waits(waiting: Stack, ses: SesStandIn, tmp_path: Path) -> None:
    """After ^C an up that waits five times ends in seconds, with the MAIL FROM domain in state and no verification."""
    program = declare("example.com", timeout="10m", waits=5)
    result, seconds = while_it_waits(waiting, ses, program, lambda: interrupt(tmp_path))
    assert "stopped, as the engine was asked to (^C)" in result.failed()
    assert seconds < 5
    assert ["example.com"] == list(waiting.resources())
    ses.set_status(REGION, "example.com", "Success")
    waiting.up(program).done()


def test_pulumi_cancel_does_not_reach_a_wait(waiting: Stack, ses: SesStandIn) -> None:
    """With state in files, `pulumi cancel` takes away the lock and tells nobody: the up that waits goes on."""

    def cancel() -> None:
        waiting.cancel()
        time.sleep(1)
        ses.set_status(REGION, "example.com", "Success")

    result, _ = while_it_waits(waiting, ses, declare("example.com"), cancel)
    assert "stopped" not in result
    assert ses.journal.count(GET) >= 5


@pytest.mark.skipif(KNOT is None, reason="Knot DNS is not installed (on Debian: apt-get install knot)")
def test_the_example(stack: Stack, ses: SesStandIn, tmp_path: Path) -> None:
    """Records by dynamic update, MAIL FROM, wait: SES's status follows what the name server answers."""
    with NameServer({"example.com": zone_text()}, tmp_path / "dns") as dns:
        ses.rules.mx_lookup = lambda name, region: dns.records(name, "MX") == [MX.format(region)]
        stack.environment(PYTHONPATH=str(EXAMPLE))
        stack.config("aws:region", REGION)
        stack.config("mail:domain", "example.com")
        stack.config("mail:nameServer", dns.address)
        stack.config("ses-mail-from:nameservers", dns.address)
        stack.up(_example).done()
        assert ["us-east-1/example.com"] == stack.exported()["verified"]
        assert {
            "MX": ["10 feedback-smtp.us-east-1.amazonses.com."],
            "TXT": ['"v=spf1 include:amazonses.com ~all"'],
        } == {type_: dns.records("bounce.example.com", type_) for type_ in ("MX", "TXT")}
        stack.destroy().done()
        assert [] == dns.records("bounce.example.com", "MX")
    assert ses.mail_from(REGION, "example.com") is None


def _example() -> None:
    sys.path.insert(0, str(EXAMPLE))
    try:
        runpy.run_path(str(EXAMPLE / "__main__.py"), run_name="__main__")
    finally:
        sys.path.remove(str(EXAMPLE))
        sys.modules.pop("rfc2136", None)
