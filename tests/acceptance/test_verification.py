"""`MailFromDomainVerification` with the real engine: how a wait ends, what it blocks, and refreshes."""

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
    """Return a program that waits for the MAIL FROM domains of these identities.

    Args:
        identities: The identities.
        timeout: How long to wait.
        label: The first label of the MAIL FROM domains.
        waits: The number of resources that wait.

    """

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
    """A stack that queries a name server that returns NXDOMAIN for all names."""

    def nxdomain(question: Any, _: str) -> Any:
        answer = question.reply()
        answer.header.rcode = RCODE.NXDOMAIN
        return answer

    with ScriptedNameServer(nxdomain) as server:
        stack.config("ses-mail-from:nameservers", server.address)
        yield stack


@pytest.fixture
def verified(waiting: Stack, ses: SesStandIn) -> Stack:
    """A stack that has waited for two MAIL FROM domains until they were verified."""
    ses.rules.success_after = 0.0
    waiting.up(declare("example.com", "example.org")).done()
    ses.rules.success_after = None
    return waiting


def test_up_waits(waiting: Stack, ses: SesStandIn) -> None:
    """Up ends when SES has verified both MAIL FROM domains, and the outputs say when."""
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
    # State has the status Pending from right after the Set.
    assert {"same": 2, "update": 2} == waiting.up(program).done().changes
    waiting.up(program, expect_no_changes=True).done()
    waiting.refresh(expect_no_changes=True).done()
    waiting.destroy().done()
    assert 4 == ses.journal.count(SET)


def test_failed_ends_the_wait(waiting: Stack, ses: SesStandIn) -> None:
    """Failed ends the wait at once with an error that names the remedy, and the next up waits again."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Success")
    waiting.up(declare("example.com", waits=0)).done()
    ses.set_status(REGION, "example.com", "Failed")
    # State has Success, so up does not read SES, and does not set the domain again.
    failed = waiting.up(declare("example.com")).failed()
    assert "bounce.example.com (us-east-1/example.com): status Failed" in failed
    assert "Correct what is named, then run pulumi up again" in failed
    assert "verified-0" not in waiting.resources()
    ses.rules.success_after = 1.0
    waiting.up(declare("example.com"), refresh=True).done()
    assert "Success" == waiting.outputs("verified-0")["statuses"]["us-east-1/example.com"]


def test_timeout(waiting: Stack) -> None:
    """After the timeout, the error lists what is not verified, the DNS findings, and the record to publish."""
    failed = waiting.up(declare("example.com", timeout="3s")).failed()
    assert "1 of 1 not verified after 3s" in failed
    assert "name-missing: bounce.example.com does not exist in DNS" in failed
    assert "to publish: bounce.example.com. 300 IN MX 10 feedback-smtp.us-east-1.amazonses.com." in failed
    assert "status Pending" in failed
    assert "example.com" in waiting.resources()


def test_invalid_timeout(waiting: Stack) -> None:
    """A preview rejects an invalid timeout with one line and no traceback."""
    failed = waiting.preview(declare("example.com", timeout="soon")).failed()
    assert "'soon' is not a duration: give one such as '30m', '1h30m' or '90s'" in failed
    assert "Traceback" not in failed


def test_refresh(verified: Stack, ses: SesStandIn) -> None:
    """TemporaryFailure does not undo the verification; Failed does, and the next up waits again."""
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
    """A changed MAIL FROM domain is waited for again, and a changed timeout waits for nothing."""
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
    """Dependents of a verification are created after Success, also if this run has set a member again."""

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


def test_unknown_identity_in_a_preview(waiting: Stack, ses: SesStandIn) -> None:
    """A preview accepts an identity that is not known until the up creates it."""
    ses.rules.success_after = 0.0

    def program() -> None:
        identity = Identity("identity", ses.url, "example.net")
        domain = MailFromDomain("bounce", identity=identity.domain, mail_from_domain="bounce.example.net")
        MailFromDomainVerification("verified", [domain])

    waiting.preview(program).done()
    waiting.up(program).done()
    assert ["us-east-1/example.net"] == waiting.outputs("verified")["verified_identities"]


def test_creates_run_beside_waits(waiting: Stack, ses: SesStandIn) -> None:
    """MAIL FROM domains are set while more waits run than the SDK's server has threads by default."""
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


def act_during_wait(stack: Stack, ses: SesStandIn, program: Program, act: Callable[[], Any]) -> tuple[Result, float]:
    """Run an up, and call `act` while it waits.

    Args:
        stack: The stack.
        ses: The stand-in.
        program: A program that waits.
        act: Called once the wait has read SES twice.

    Returns:
        The result of the up, and the seconds from `act` to its end.

    """
    acted: list[float] = []

    def watch() -> None:
        ses.journal.wait_for(lambda journal: journal.count(GET) >= 4, 60)  # two of the create, two of the wait
        act()
        acted.append(time.monotonic())

    watcher = threading.Thread(target=watch)
    watcher.start()
    result = stack.up(program, parallel=16)
    watcher.join()
    return result, time.monotonic() - acted[0]


@pytest.mark.skipif(sys.platform != "linux", reason="finds the process to interrupt in /proc")
def test_ctrl_c_ends_waits(waiting: Stack, ses: SesStandIn, tmp_path: Path) -> None:
    """After ^C, an up with five waits ends in seconds, and state has the MAIL FROM domain but no verification."""
    program = declare("example.com", timeout="10m", waits=5)
    result, seconds = act_during_wait(waiting, ses, program, lambda: interrupt(tmp_path))
    assert "stopped on request (^C)" in result.failed()
    assert seconds < 5
    assert ["example.com"] == list(waiting.resources())
    ses.set_status(REGION, "example.com", "Success")
    waiting.up(program).done()


def test_pulumi_cancel_does_not_reach_a_wait(waiting: Stack, ses: SesStandIn) -> None:
    """With a file backend, `pulumi cancel` only removes the lock, so an up that waits continues."""

    def cancel() -> None:
        waiting.cancel()
        reads = ses.journal.count(GET)
        ses.journal.wait_for(lambda journal: journal.count(GET) > reads, 30)
        ses.set_status(REGION, "example.com", "Success")

    result, _ = act_during_wait(waiting, ses, declare("example.com"), cancel)
    assert "stopped" not in result
    assert ses.journal.count(GET) >= 5


@pytest.mark.skipif(KNOT is None, reason="Knot DNS is not installed (on Debian: apt-get install knot)")
def test_the_example(stack: Stack, ses: SesStandIn, tmp_path: Path) -> None:
    """The example publishes the records, sets the MAIL FROM domain, and waits until SES finds the MX record."""
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
