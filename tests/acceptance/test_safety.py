"""Cases in which a plain provider silently breaks mail: renames, removals, takeovers, swaps and parallel runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pulumi
import pytest

from pulumi_ses_mail_from import MailFromDomain
from support.engine import ACCESS_KEY, REGION, SECRET_KEY, TOKEN, Program, Result, Stack
from support.stand_in import MailFrom, SesStandIn, error

from .programs import declare, declare_each, nothing

GET, SET = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain"
VERIFIED = MailFrom("bounce.example.com", "UseDefaultValue", "Success")


def in_component() -> None:
    """Declare the resource as a child of a component."""
    component = pulumi.ComponentResource("test:mail:Mail", "mail")
    MailFromDomain(
        "bounce",
        identity="example.com",
        mail_from_domain="bounce.example.com",
        opts=pulumi.ResourceOptions(parent=component),
    )


@pytest.fixture
def verified(stack: Stack, ses: SesStandIn) -> Iterator[Stack]:
    """A stack with a verified MAIL FROM domain, which the test must not change."""
    stack.up(declare("bounce")).done()
    ses.set_status(REGION, "example.com", "Success")
    ses.journal.clear()
    yield stack
    assert 0 == ses.journal.count(SET)
    assert VERIFIED == ses.mail_from(REGION, "example.com")


def test_moved_under_a_component(verified: Stack) -> None:
    """A resource that gets a parent, and so another URN, keeps its MAIL FROM domain."""
    verified.up(in_component).done()
    verified.refresh(expect_no_changes=True).done()


def test_target_replace(verified: Stack) -> None:
    """A replacement that only the command line requests keeps the MAIL FROM domain."""
    urn = verified.resources()["bounce"]["urn"]
    assert {"same": 1, "replace": 1} == verified.up(declare("bounce"), replace=[urn], target=[urn]).done().changes
    verified.refresh(expect_no_changes=True).done()


def test_renamed_in_a_loop(stack: Stack, ses: SesStandIn) -> None:
    """New logical names for a list of resources, as after a change of the index, make no Set and clear nothing."""
    identities = ["example.com", "example.org", "example.net"]
    ses.verify(REGION, "example.net")

    def program(start: int) -> Program:
        def loop() -> None:
            for number, identity in enumerate(identities, start):
                MailFromDomain(f"bounce-{number}", identity=identity, mail_from_domain=f"bounce.{identity}")

        return loop

    stack.up(program(0)).done()
    ses.journal.clear()
    stack.up(program(1)).done()
    assert 0 == ses.journal.count(SET)
    assert ["bounce-1", "bounce-2", "bounce-3"] == sorted(stack.resources())
    for identity in identities:
        assert ses.mail_from(REGION, identity) is not None
    stack.refresh(expect_no_changes=True).done()


def test_renamed_by_a_run_that_was_killed(verified: Stack) -> None:
    """If a run is killed between create and delete of a rename, the next one keeps the MAIL FROM domain too."""
    before = verified.export()
    verified.up(declare("renamed")).done()
    # A run that was killed after the create leaves both resources in state.
    after = verified.export()
    old = next(resource for resource in before["resources"] if resource["urn"].endswith("::bounce"))
    after["resources"].append(old)
    verified.restore(after)
    assert {"bounce", "renamed"} == set(verified.resources())
    up = verified.up(declare("renamed")).done()
    assert {"same": 2, "delete": 1} == up.changes
    assert "left in place: bounce.example.com" in up


def test_one_of_two_declarations_removed(verified: Stack) -> None:
    """The MAIL FROM domain stays as long as one of two equal declarations is in the program."""
    verified.up(declare("bounce", "twin")).done()
    verified.up(declare("twin")).done()
    assert ["twin"] == list(verified.resources())


def test_swapped_mail_from_domains(stack: Stack, ses: SesStandIn) -> None:
    """An identity and one of its subdomains swap their MAIL FROM domains in one up."""
    ses.verify(REGION, "news.example.com")
    a, b = "a.news.example.com", "b.news.example.com"

    def program(first: str, second: str) -> Program:
        def both() -> None:
            MailFromDomain("parent", identity="example.com", mail_from_domain=first)
            MailFromDomain("child", identity="news.example.com", mail_from_domain=second)

        return both

    stack.up(program(a, b)).done()
    stack.up(program(b, a)).done()
    found = [ses.mail_from(REGION, identity) for identity in ("example.com", "news.example.com")]
    assert [b, a] == [mail_from.domain for mail_from in found if mail_from]
    stack.refresh(expect_no_changes=True).done()


def test_swapped_identities(stack: Stack, ses: SesStandIn) -> None:
    """Two resources that swap their identities in one up keep both MAIL FROM domains, without a Set."""

    def program(first: str, second: str) -> Program:
        def both() -> None:
            MailFromDomain("one", identity=first, mail_from_domain=f"bounce.{first}")
            MailFromDomain("two", identity=second, mail_from_domain=f"bounce.{second}")

        return both

    stack.up(program("example.com", "example.org")).done()
    ses.journal.clear()
    stack.up(program("example.org", "example.com")).done()
    assert 0 == ses.journal.count(SET)
    for identity in ("example.com", "example.org"):
        mail_from = ses.mail_from(REGION, identity)
        assert mail_from is not None
        assert f"bounce.{identity}" == mail_from.domain
    assert "us-east-1/example.org" == stack.resources()["one"]["id"]
    stack.refresh(expect_no_changes=True).done()


DESTROYS: dict[str, Callable[[Stack], Result]] = {
    "plain": lambda stack: stack.destroy(),
    "refresh": lambda stack: stack.destroy(refresh=True),
    "run program": lambda stack: stack.destroy(run_program=True, program=declare("bounce")),
    "both": lambda stack: stack.destroy(refresh=True, run_program=True, program=declare("bounce")),
    "target": lambda stack: stack.destroy(target=[stack.resources()["bounce"]["urn"]]),
    "up": lambda stack: stack.up(nothing),
    "up with refresh": lambda stack: stack.up(nothing, refresh=True),
    "remove": lambda stack: stack.destroy(remove=True),  # last, because it removes the stack
}


def test_destroy_clears_once(stack: Stack, ses: SesStandIn) -> None:
    """Every form of destroy clears exactly once, and so does an up without the declaration."""
    stack.up(declare("bounce")).done()
    deployed = stack.export()
    for name, destroy in DESTROYS.items():
        stack.restore(deployed)
        ses.put(REGION, "example.com", "bounce.example.com", status="Success")
        ses.journal.clear()
        destroy(stack).done()
        assert ses.mail_from(REGION, "example.com") is None, name
        assert 1 == ses.journal.count(SET), name
        assert name == "remove" or {} == stack.resources(), name


@pytest.mark.parametrize("operation", ["destroy", "up"])
@pytest.mark.parametrize("refresh", [False, True])
def test_destroy_what_is_gone(stack: Stack, ses: SesStandIn, operation: str, refresh: bool) -> None:  # noqa: FBT001
    """A delete succeeds if the MAIL FROM domain is already cleared or SES does not know the identity."""
    identities = ("cleared.example", "deleted.example", "unknown.example")
    ses.verify(REGION, *identities)

    stack.up(declare_each(identities)).done()
    ses.clear(REGION, "cleared.example")
    ses.delete_identity(REGION, "deleted.example")
    gone = error(400, "InvalidParameterValue", "Identity <unknown.example> does not exist.")
    ses.inject(gone, action=SET, identity="unknown.example")
    ses.journal.clear()
    (stack.destroy(refresh=refresh) if operation == "destroy" else stack.up(nothing, refresh=refresh)).done()
    assert [("unknown.example",)] == [call.identities for call in ses.journal.calls(SET)]
    assert {} == stack.resources()


def test_accounts_of_the_config(stack: Stack, ses: SesStandIn) -> None:
    """An account that is not allowed, or not known if only some are allowed, fails before the first write."""
    stack.config("aws:allowedAccountIds", '["999999999999"]')
    failed = stack.up(declare("bounce")).failed()
    assert "belong to account 123456789012, which is not allowed. Nothing was changed." in failed
    assert "correct the stack's config (aws:allowedAccountIds, aws:forbiddenAccountIds)." in failed
    ses.deny("GetCallerIdentity")
    assert "but the account ID of the credentials could not be determined" in stack.up(declare("bounce")).failed()
    assert 0 == ses.journal.count(SET)
    stack.config("aws:allowedAccountIds", "[]")
    ses.journal.clear()
    assert "the account guard is off in us-east-1: " in stack.up(declare("bounce")).done()
    assert 1 == ses.journal.count("GetCallerIdentity")
    assert stack.outputs().get("account_id") is None
    stack.refresh(expect_no_changes=True).done()
    stack.destroy().done()
    assert ses.mail_from(REGION, "example.com") is None


def test_taken_over_by_another_stack(stack: Stack, ses: SesStandIn, second_stack: Stack) -> None:
    """The destroy of the first stack leaves what another stack has set with overwrite."""
    stack.up(declare("bounce")).done()
    second_stack.up(declare("bounce", mail_from_domain="mail.example.com", overwrite=True)).done()
    destroy = stack.destroy().done()
    assert "left in place: mail.example.com: this stack did not set it" in destroy
    mail_from = ses.mail_from(REGION, "example.com")
    assert mail_from is not None
    assert "mail.example.com" == mail_from.domain


def test_no_change_up_with_another_account(stack: Stack, ses: SesStandIn) -> None:
    """With another account, an up without changes fails too, and names both accounts and the remedy."""
    stack.up(declare("bounce")).done()
    ses.credentials.accounts["AKIDOTHER"] = "999999999999"
    stack.environment(AWS_ACCESS_KEY_ID="AKIDOTHER")
    for operation in (stack.preview, stack.up):
        failed = operation(declare("bounce")).failed()
        assert "account 999999999999" in failed
        assert "account 123456789012" in failed
        assert "pulumi state delete" in failed


def test_two_runs_at_once(stack: Stack, ses: SesStandIn, second_stack: Stack) -> None:
    """Two stacks that run at once in one account share its quota, and both succeed."""
    numbers = range(8)
    mine, theirs = ([f"{letter}{number}.example" for number in numbers] for letter in "ab")
    ses.verify(REGION, *mine, *theirs)
    ses.rate = 5.0

    for one in (stack, second_stack):
        one.config("ses-mail-from:requestsPerSecond", "5")
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda pair: pair[0].up(declare_each(pair[1])), [(stack, mine), (second_stack, theirs)]))
    for result in runs:
        result.done()
    for identity in (*mine, *theirs):
        assert ses.mail_from(REGION, identity) is not None
        assert 1 == len(ses.history(REGION, identity))
    assert 16 == ses.journal.count(SET) - ses.journal.throttled(SET)


def test_ses_cannot_be_reached(stack: Stack, ses: SesStandIn) -> None:
    """With an endpoint that cannot be resolved, or expired credentials, each operation fails, and state stays."""
    stack.config("aws:maxRetries", "0")
    stack.up(declare("bounce")).done()
    operations: list[Callable[[], Result]] = [
        lambda: stack.up(declare("bounce", mail_from_domain="mail.example.com")),
        lambda: stack.up(declare("bounce", "another", identity="example.org", mail_from_domain="b.example.org")),
        stack.refresh,
        stack.destroy,
    ]
    state = stack.outputs()
    ses.expire(ACCESS_KEY)
    for shell_, message in (
        ({}, "have expired: renew them"),
        ({"AWS_ENDPOINT_URL_SES": "http://ses.invalid"}, "http://ses.invalid could not be reached"),
    ):
        stack.environment(**shell_)
        for operation in operations:
            assert message in operation().failed()
            assert state == stack.outputs()
        ses.renew(ACCESS_KEY)
    stack.environment(AWS_ENDPOINT_URL_SES=ses.url)
    stack.refresh(expect_no_changes=True).done()
    stack.destroy().done()
    assert 2 == ses.journal.count(SET)


STATE_OF_0_1_0 = Path(__file__).parent / "state-0.1.0.json"


def test_state_of_0_1_0(stack: Stack, ses: SesStandIn) -> None:
    """State written by version 0.1.0 can be refreshed, updated and destroyed."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Success")
    stack.restore(json.loads(STATE_OF_0_1_0.read_text()))
    stack.refresh(expect_no_changes=True).done()
    stack.up(declare("bounce"), expect_no_changes=True).done()
    stack.up(declare("bounce", mail_from_domain="mail.example.com")).done()
    assert MailFrom("mail.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")
    stack.destroy().done()
    assert ses.mail_from(REGION, "example.com") is None


def test_errors_hide_credentials(stack: Stack, ses: SesStandIn) -> None:
    """Credentials that an error of SES quotes are masked, and a fixture searches all files and outputs for them."""
    stack.environment(AWS_SESSION_TOKEN=TOKEN)
    stack.up(declare("bounce")).done()
    for action in (GET, SET):
        fault = ses.inject(error(400, "Odd", f"you sent {SECRET_KEY} and {TOKEN}"), action=action)
        assert "you sent *** and ***" in stack.up(declare("bounce", mail_from_domain="mail.example.com")).failed()
        ses.heal(fault)
    stack.destroy().done()


def test_leaks(tmp_path: Path) -> None:
    """The search after each test finds a secret in a file."""
    (tmp_path / "home").mkdir()
    stack = Stack(tmp_path, {})
    (tmp_path / "home" / "log").write_text(f"signed with {SECRET_KEY}")
    assert [str(tmp_path / "home" / "log")] == stack.leaks([SECRET_KEY])
    (tmp_path / "home" / "log").unlink()
