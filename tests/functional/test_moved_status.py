"""A status that has moved since it was read into state: whether a plain `pulumi up` finds out, and what it costs."""

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
    """The operations of a run that has been given the program's declaration."""
    assert [] == core.check(STATE, INPUTS, "urn:a")[1]
    return core


@pytest.mark.parametrize("status", ["Success", "Failed", "TemporaryFailure", "Quarantined"])
def test_a_status_that_has_moved_is_an_update(declared: Core, ses: SesStandIn, said: list[str], status: str) -> None:
    """It is shown in a line, and the update brings it into state; only Failed takes a Set."""
    ses.put(REGION, "example.com", PLAIN, status=status)
    assert STATUS in declared.diff(STATE, INPUTS)
    assert f"us-east-1/example.com: status Pending -> {status}" == said[0]
    assert 1 == ses.journal.count(GET)
    updated = declared.update(DECLARED, STATE).outputs()
    assert ("Pending" if status == "Failed" else status) == updated[STATUS]
    assert int(status == "Failed") == ses.journal.count(SET)


@pytest.mark.parametrize(
    ("there", "line"),
    [
        (
            {"domain": "theirs.example.com"},
            "SES has another MAIL FROM domain than state: theirs.example.com, not bounce",
        ),
        ({"domain": PLAIN, "behavior": "RejectMessage"}, "SES has another behavior than state: RejectMessage"),
        (None, "bounce.example.com is no longer set: pulumi up sets it again"),
    ],
)
def test_what_else_has_moved(
    declared: Core, ses: SesStandIn, said: list[str], there: dict[str, str] | None, line: str
) -> None:
    """Where SES is asked for the status, another domain or behavior is found as well; a line says so, once."""
    if there:
        ses.put(REGION, "example.com", status="Pending", **there)
    for _ in range(2):
        assert [STATUS] == declared.diff(STATE, INPUTS)
    assert [True] == [told.startswith(f"us-east-1/example.com: {line}") for told in said]


def test_nothing_has_moved(declared: Core, ses: SesStandIn, said: list[str]) -> None:
    """A status that is still what it was is no change."""
    ses.put(REGION, "example.com", PLAIN, status="Pending")
    assert [] == declared.diff(STATE, INPUTS)
    assert [] == said


def test_an_identity_that_is_gone_is_no_change(declared: Core, ses: SesStandIn) -> None:
    """It may be about to be made again in the same run; its create or a refresh will tell."""
    ses.delete_identity(REGION, "example.com")
    assert [] == declared.diff(STATE, INPUTS)


def test_no_call_where_all_are_success(declared: Core, ses: SesStandIn) -> None:
    """A stack that is done costs no call, whatever has become of it: that is for a refresh to find."""
    state = {**STATE, STATUS: "Success"}
    ses.put(REGION, "example.com", PLAIN, status="Failed")
    assert [] == declared.diff(state, INPUTS)
    assert 0 == ses.journal.count(GET)


def test_no_call_for_what_check_was_not_given(core: Core, ses: SesStandIn) -> None:
    """A refresh calls diff as well, after each read: it is not to ask again."""
    ses.put(REGION, "example.com", PLAIN, status="Success")
    assert [] == core.check({}, {**INPUTS, "region": "eu-west-1"}, "urn:b")[1]
    assert [] == core.diff(STATE, INPUTS)
    assert 0 == ses.journal.count(GET)


def test_no_call_where_there_is_a_change_anyway(declared: Core, ses: SesStandIn) -> None:
    """The update will ask."""
    assert ["behavior_on_mx_failure"] == declared.diff(STATE, {**INPUTS, "behavior_on_mx_failure": "RejectMessage"})
    assert 0 == ses.journal.count(GET)


def _pending(core: Core, ses: SesStandIn, number: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """State and inputs of as many resources that check has been given; SES has verified all of them meanwhile."""
    resources = []
    for identity in (f"customer-{each:03}.example" for each in range(number)):
        ses.verify(REGION, identity)
        ses.put(REGION, identity, f"bounce.{identity}", status="Success")
        more = {"identity": identity, "mail_from_domain": f"bounce.{identity}"}
        resources.append(({**STATE, **more}, {**INPUTS, **more}))
        assert [] == core.check(*resources[-1], f"urn:{identity}")[1]
    return resources


def test_many_share_calls(core: Core, ses: SesStandIn) -> None:
    """A hundred cost a handful of calls, also one after the other; the updates after that need no further ones."""
    resources = _pending(core, ses, 100)
    assert [[STATUS]] * 100 == [core.diff(*resource) for resource in resources]
    asked = ses.journal.count(GET) + ses.journal.count("ListIdentities")
    assert asked <= 6
    for state, inputs in resources:
        declared = Declaration(Key(REGION, inputs["identity"]), inputs["mail_from_domain"], "UseDefaultValue")
        assert "Success" == core.update(declared, state).outputs()[STATUS]
    assert asked == ses.journal.count(GET) + ses.journal.count("ListIdentities")


@pytest.mark.parametrize(
    "effect",
    [THROTTLE, INTERNAL_FAILURE, error(403, "AccessDenied", "no")],
    ids=["throttled", "unavailable", "denied"],
)
def test_a_failure_changes_nothing(
    core: Core, ses: SesStandIn, fake_time: Time, said: list[str], effect: Effect
) -> None:
    """A preview waits for ten seconds at most, once for all resources of a region, and says nothing of it."""
    resources = _pending(core, ses, 20)
    fault = ses.inject(effect, action=GET)
    assert [[]] * 20 == [core.diff(*resource) for resource in resources]
    assert fake_time.seconds <= 10
    assert 1 <= fault.hits <= 10
    assert [] == said
    ses.heal()
    fake_time.sleep(60)
    assert [STATUS] == core.diff(*resources[0])


def test_a_failure_in_one_region_is_not_one_in_another(core: Core, ses: SesStandIn) -> None:
    """Each region is asked for itself."""
    west = {**STATE, "region": "eu-west-1"}, {**INPUTS, "region": "eu-west-1"}
    ses.verify("eu-west-1", "example.com")
    ses.put("eu-west-1", "example.com", PLAIN, status="Success")
    fault = ses.inject(error(403, "AccessDenied", "no"), action=GET, count=1)
    for number, resource in enumerate(((STATE, INPUTS), west)):
        core.check(*resource, f"urn:{number}")
    assert [[], [STATUS]] == [core.diff(*resource) for resource in ((STATE, INPUTS), west)]
    assert 1 == fault.hits


def test_another_read_waits_as_long_as_ever(declared: Core, ses: SesStandIn, fake_time: Time) -> None:
    """Only a preview is in a hurry: what is read to go into state waits out the same throttling."""
    ses.put(REGION, "example.com", PLAIN)
    fault = ses.inject(THROTTLE, action=GET, seconds=60)
    assert [] == declared.diff(STATE, INPUTS)
    assert fake_time.seconds <= 10
    assert declared.read(KEY, STATE) is not None
    assert 60 <= fake_time.seconds < 80
    assert fault.hits > 1


def test_the_engine_is_told(
    provider: MailFromDomainProvider, ses: SesStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is an update, in place, with the reason in a line."""
    ses.put(REGION, "example.com", PLAIN, status="Success")
    olds, news = {**STATE, "__provider": "x"}, {**INPUTS, "__provider": "x"}
    assert [] == provider.check(olds, news).failures
    diff = provider.diff("us-east-1/example.com", olds, news)
    assert (True, []) == (diff.changes, diff.replaces)
    assert "ses-mail-from: us-east-1/example.com: status Pending -> Success\n" == capsys.readouterr().out
