"""A status that has changed since it was stored in state: whether `pulumi up` finds it, and how many calls it takes."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_ses_mail_from_provider.dynamic import MailFromDomainProvider
from pulumi_ses_mail_from_provider.rules.model import Declaration, Key
from support.core import Core
from support.stand_in import INTERNAL_FAILURE, THROTTLE, Effect, SesStandIn, error

from .conftest import KEY, REGION, Time
from .test_lifecycle import DECLARED, GET, INPUTS, SET, STATE

STATUS = "mail_from_domain_status"
PLAIN = "bounce.example.com"


@pytest.fixture
def declared(core: Core) -> Core:
    """The operations of a run whose program declares the resource."""
    assert [] == core.check(STATE, INPUTS, "urn:a")[1]
    return core


@pytest.mark.parametrize("status", ["Success", "Failed", "TemporaryFailure", "Quarantined"])
def test_a_new_status_is_an_update(declared: Core, ses: SesStandIn, lines: list[str], status: str) -> None:
    """A new status is shown in a line and stored by an update, which makes a Set only for Failed."""
    ses.put(REGION, "example.com", PLAIN, status=status)
    assert STATUS in declared.diff(STATE, INPUTS)
    assert f"us-east-1/example.com: status Pending -> {status}" == lines[0]
    assert 1 == ses.journal.count(GET)
    updated = declared.update(DECLARED, STATE).outputs()
    assert ("Pending" if status == "Failed" else status) == updated[STATUS]
    assert int(status == "Failed") == ses.journal.count(SET)


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (
            {"domain": "theirs.example.com"},
            "SES has another MAIL FROM domain than state: theirs.example.com, not bounce",
        ),
        ({"domain": PLAIN, "behavior": "RejectMessage"}, "SES has another behavior than state: RejectMessage"),
        (None, "bounce.example.com is no longer set: pulumi up sets it again"),
    ],
)
def test_other_differences(
    declared: Core, ses: SesStandIn, lines: list[str], found: dict[str, str] | None, line: str
) -> None:
    """If SES is read for the status, another domain or behavior is an update too, and is shown in one line."""
    if found:
        ses.put(REGION, "example.com", status="Pending", **found)
    for _ in range(2):
        assert [STATUS] == declared.diff(STATE, INPUTS)
    assert [True] == [shown.startswith(f"us-east-1/example.com: {line}") for shown in lines]


def test_no_difference(declared: Core, ses: SesStandIn, lines: list[str]) -> None:
    """The same status as in state is no change."""
    ses.put(REGION, "example.com", PLAIN, status="Pending")
    assert [] == declared.diff(STATE, INPUTS)
    assert [] == lines


def test_an_identity_that_is_gone_is_no_change(declared: Core, ses: SesStandIn) -> None:
    """A missing identity is no change, because the same run may create it again."""
    ses.delete_identity(REGION, "example.com")
    assert [] == declared.diff(STATE, INPUTS)


def test_no_call_where_all_are_success(declared: Core, ses: SesStandIn) -> None:
    """If state has Success, no call is made, so only a refresh finds another status."""
    state = {**STATE, STATUS: "Success"}
    ses.put(REGION, "example.com", PLAIN, status="Failed")
    assert [] == declared.diff(state, INPUTS)
    assert 0 == ses.journal.count(GET)


def test_no_call_for_undeclared_resources(core: Core, ses: SesStandIn) -> None:
    """Without a check, diff makes no call, because a refresh calls diff after it has already read the resource."""
    ses.put(REGION, "example.com", PLAIN, status="Success")
    assert [] == core.check({}, {**INPUTS, "region": "eu-west-1"}, "urn:b")[1]
    assert [] == core.diff(STATE, INPUTS)
    assert 0 == ses.journal.count(GET)


def test_no_call_if_there_is_another_change(declared: Core, ses: SesStandIn) -> None:
    """If an input has changed, diff makes no call, because the update reads the status."""
    assert ["behavior_on_mx_failure"] == declared.diff(STATE, {**INPUTS, "behavior_on_mx_failure": "RejectMessage"})
    assert 0 == ses.journal.count(GET)


def _pending(core: Core, ses: SesStandIn, number: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Check that many resources, which SES has verified since, and return state and inputs of each."""
    resources = []
    for identity in (f"customer-{each:03}.example" for each in range(number)):
        ses.verify(REGION, identity)
        ses.put(REGION, identity, f"bounce.{identity}", status="Success")
        more = {"identity": identity, "mail_from_domain": f"bounce.{identity}"}
        resources.append(({**STATE, **more}, {**INPUTS, **more}))
        assert [] == core.check(*resources[-1], f"urn:{identity}")[1]
    return resources


def test_many_share_calls(core: Core, ses: SesStandIn) -> None:
    """A hundred diffs take a few calls, also one after the other, and their updates take no more."""
    resources = _pending(core, ses, 100)
    assert [[STATUS]] * 100 == [core.diff(*resource) for resource in resources]
    calls = ses.journal.count(GET) + ses.journal.count("ListIdentities")
    assert calls <= 6
    for state, inputs in resources:
        declared = Declaration(Key(REGION, inputs["identity"]), inputs["mail_from_domain"], "UseDefaultValue")
        assert "Success" == core.update(declared, state).outputs()[STATUS]
    assert calls == ses.journal.count(GET) + ses.journal.count("ListIdentities")


@pytest.mark.parametrize(
    "effect",
    [THROTTLE, INTERNAL_FAILURE, error(403, "AccessDenied", "no")],
    ids=["throttled", "unavailable", "denied"],
)
def test_a_failure_changes_nothing(
    core: Core, ses: SesStandIn, fake_time: Time, lines: list[str], effect: Effect
) -> None:
    """If SES cannot be read, a preview shows no change and no line, after ten seconds at most for each region."""
    resources = _pending(core, ses, 20)
    fault = ses.inject(effect, action=GET)
    assert [[]] * 20 == [core.diff(*resource) for resource in resources]
    assert fake_time.seconds <= 10
    assert 1 <= fault.hits <= 10
    assert [] == lines
    ses.heal()
    fake_time.sleep(60)
    assert [STATUS] == core.diff(*resources[0])


def test_a_failure_in_another_region(core: Core, ses: SesStandIn) -> None:
    """A failure in one region does not affect the diffs of another."""
    west = {**STATE, "region": "eu-west-1"}, {**INPUTS, "region": "eu-west-1"}
    ses.verify("eu-west-1", "example.com")
    ses.put("eu-west-1", "example.com", PLAIN, status="Success")
    fault = ses.inject(error(403, "AccessDenied", "no"), action=GET, count=1)
    for number, resource in enumerate(((STATE, INPUTS), west)):
        core.check(*resource, f"urn:{number}")
    assert [[], [STATUS]] == [core.diff(*resource) for resource in ((STATE, INPUTS), west)]
    assert 1 == fault.hits


def test_a_read_waits_out_throttling(declared: Core, ses: SesStandIn, fake_time: Time) -> None:
    """Unlike a diff, a read waits until the throttling ends."""
    ses.put(REGION, "example.com", PLAIN)
    fault = ses.inject(THROTTLE, action=GET, seconds=60)
    assert [] == declared.diff(STATE, INPUTS)
    assert fake_time.seconds <= 10
    assert declared.read(KEY, STATE) is not None
    assert 60 <= fake_time.seconds < 80
    assert fault.hits > 1


def test_diff_of_the_provider(
    provider: MailFromDomainProvider, ses: SesStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """For the engine, a new status is an update in place, and a line gives the reason."""
    ses.put(REGION, "example.com", PLAIN, status="Success")
    olds, news = {**STATE, "__provider": "x"}, {**INPUTS, "__provider": "x"}
    assert [] == provider.check(olds, news).failures
    diff = provider.diff("us-east-1/example.com", olds, news)
    assert (True, []) == (diff.changes, diff.replaces)
    assert "ses-mail-from: us-east-1/example.com: status Pending -> Success\n" == capsys.readouterr().out
