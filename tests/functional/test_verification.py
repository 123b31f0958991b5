"""Waiting for SES, over HTTP, on a clock that moves by sleeping."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import pytest
from pulumi.output import Unknown

from pulumi_ses_mail_from_provider.dns.diagnosis import Finding, Severity
from pulumi_ses_mail_from_provider.dynamic import MailFromDomainVerificationProvider
from pulumi_ses_mail_from_provider.rules import verification
from pulumi_ses_mail_from_provider.rules.errors import CallFailed, NotVerified, WrongAccount
from pulumi_ses_mail_from_provider.rules.model import Declaration, Key
from pulumi_ses_mail_from_provider.rules.verification import PARTS
from support.core import Core, Verifications
from support.stand_in import DROP_BEFORE, INTERNAL_FAILURE, THROTTLE, SesStandIn, entries, error

from .conftest import REGION, Time

GET, SET = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain"
NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=timezone.utc)
MISSING = Finding("mx-missing", Severity.ERROR, "There is no MX record.", (), "x. IN MX 10 host.", {"type": "MX"})


@pytest.fixture
def diagnosed() -> dict[str, Sequence[Finding]]:
    """What is wrong in DNS, by MAIL FROM domain."""
    return {"bounce.example.com": (MISSING,)}


@pytest.fixture
def verifications(core: Core, diagnosed: dict[str, Sequence[Finding]]) -> Verifications:
    """The operations on a wait."""
    return Verifications(core, lambda domain, _: diagnosed.get(domain, ()), lambda: NOW)


def domain(identity: str, label: str = "bounce", region: str = REGION) -> dict[str, str]:
    """What a program hands over of a MailFromDomain."""
    return {
        "region": region,
        "identity": identity,
        "mail_from_domain": f"{label}.{identity}",
        "behavior_on_mx_failure": "UseDefaultValue",
    }


def inputs(*identities: str, timeout: str = "30m") -> dict[str, Any]:
    """The inputs of a wait for these identities."""
    return {"mail_from_domains": [domain(identity) for identity in identities], "timeout": timeout}


def put(ses: SesStandIn, *identities: str, status: str = "Pending") -> None:
    """Have identities with a MAIL FROM domain."""
    for identity in identities:
        ses.verify(REGION, identity)
        ses.put(REGION, identity, f"bounce.{identity}", status=status)


def test_what_is_verified_is_not_waited_for(verifications: Verifications, ses: SesStandIn, fake_time: Time) -> None:
    """One look is enough where all are verified; the outputs say which, and when."""
    put(ses, "example.com", "example.org", status="Success")
    assert {
        **inputs("example.com", "example.org"),
        "account_id": "123456789012",
        "verified_identities": ["us-east-1/example.com", "us-east-1/example.org"],
        "verified_at": "2026-11-24T12:00:00+00:00",
        "statuses": {"us-east-1/example.com": "Success", "us-east-1/example.org": "Success"},
    } == verifications.create(inputs("example.com", "example.org"))
    assert 1 == ses.journal.count(GET)
    assert [] == fake_time.slept


def test_nothing_to_wait_for(verifications: Verifications, ses: SesStandIn) -> None:
    """A stack without customers yet has nothing to wait for, and SES is not asked."""
    outputs = verifications.create(inputs())
    assert ([], "2026-11-24T12:00:00+00:00") == (outputs["verified_identities"], outputs["verified_at"])
    assert 0 == ses.journal.count(GET)


def test_the_wait_ends_with_the_last_one(
    verifications: Verifications, ses: SesStandIn, fake_time: Time, said: list[str]
) -> None:
    """It looks at growing intervals, of a minute at most, says how far it is, and asks only about what is left."""
    put(ses, "example.com", "example.org")
    ses.set_status(REGION, "example.org", "TemporaryFailure")

    def verify(_: float) -> None:
        if fake_time.seconds >= 60:
            ses.set_status(REGION, "example.com", "Success")
        if fake_time.seconds >= 300:
            ses.set_status(REGION, "example.org", "Success")

    fake_time.on_sleep = verify
    verifications.create(inputs("example.com", "example.org"))
    assert [2.0, 3.0, 4.5, 6.75] == fake_time.slept[:4]
    assert 60.0 == max(fake_time.slept)
    assert 300 <= fake_time.seconds <= 360
    assert len(fake_time.slept) + 1 == ses.journal.count(GET)
    assert said[0] == (
        "waiting for SES to verify MAIL FROM domains, 0s of 30m: 0 of 2 verified; not yet bounce.example.com"
        " (us-east-1/example.com): status Pending, and 1 more"
    )
    assert said[1] == (
        "waiting for SES to verify MAIL FROM domains, 1m4s of 30m: 1 of 2 verified; not yet bounce.example.org"
        " (us-east-1/example.org): status TemporaryFailure"
    )
    assert 5 <= len(said) <= 6


def test_a_hundred_share_a_call(verifications: Verifications, ses: SesStandIn, fake_time: Time) -> None:
    """A look costs one Get for every hundred, however many resources wait."""
    identities = [f"customer-{number}.example" for number in range(150)]
    put(ses, *identities)

    def verify(_: float) -> None:
        for identity in identities[:100] if fake_time.seconds < 4 else identities:
            ses.set_status(REGION, identity, "Success")

    fake_time.on_sleep = verify
    verifications.create(inputs(*identities))
    assert 2 + 2 + 1 == ses.journal.count(GET)


def test_failed_ends_it_at_once(verifications: Verifications, ses: SesStandIn, fake_time: Time) -> None:
    """What SES has given up on ends the wait, with the diagnosis of all that are not verified, it first."""
    put(ses, "example.org", "example.com", "example.net")
    ses.set_status(REGION, "example.com", "Failed")
    ses.set_status(REGION, "example.net", "Success")
    with pytest.raises(NotVerified) as raised:
        verifications.create(inputs("example.org", "example.com", "example.net"))
    assert str(raised.value).splitlines() == [
        "waiting for SES to verify MAIL FROM domains: 2 of 3 not verified after 0s:",
        "bounce.example.com (us-east-1/example.com): status Failed",
        "  mx-missing: There is no MX record.",
        "    to publish: x. IN MX 10 host.",
        "bounce.example.org (us-east-1/example.org): status Pending",
        "  DNS is as it should be: SES usually checks again within minutes",
        "Correct what is named, then run pulumi up again: it continues to wait.",
    ]
    assert [] == fake_time.slept


def test_the_time_is_over(verifications: Verifications, ses: SesStandIn, fake_time: Time) -> None:
    """At its end, to the second, the wait says what SES and DNS say."""
    put(ses, "example.com")
    with pytest.raises(NotVerified, match=r"1 of 1 not verified after 1m30s:\n.*status Pending\n  mx-missing"):
        verifications.create(inputs("example.com", timeout="1m30s"))
    assert 90.0 == fake_time.seconds


def test_no_time_at_all(verifications: Verifications, ses: SesStandIn) -> None:
    """A time-out of 0 looks once."""
    put(ses, "example.com")
    with pytest.raises(NotVerified, match="not verified after 0s"):
        verifications.create(inputs("example.com", timeout="0s"))
    assert 1 == ses.journal.count(GET)


def test_many_that_are_not_verified(verifications: Verifications, ses: SesStandIn) -> None:
    """The message explains ten of them and counts the rest."""
    identities = [f"customer-{number}.example" for number in range(25)]
    put(ses, *identities)
    with pytest.raises(NotVerified, match="and 15 more: `ses-mail-from doctor` explains each"):
        verifications.create(inputs(*identities, timeout="0s"))


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ("nothing", "no MAIL FROM domain is set"),
        ("another", "another MAIL FROM domain is set: mail.example.com"),
        ("no identity", "SES has no such identity"),
    ],
)
def test_what_is_not_set(verifications: Verifications, ses: SesStandIn, fake_time: Time, there: str, told: str) -> None:
    """What SES does not have after 30 s was cleared behind Pulumi's back: no use to wait for it."""
    if there == "another":
        ses.put(REGION, "example.com", "mail.example.com")
    if there == "no identity":
        ses.delete_identity(REGION, "example.com")
    with pytest.raises(NotVerified, match=told):
        verifications.create(inputs("example.com"))
    assert 30 <= fake_time.seconds < 60


def test_a_setting_that_shows_late(verifications: Verifications, ses: SesStandIn, fake_time: Time) -> None:
    """A Get that lags behind the Set ends no wait."""
    fake_time.on_sleep = lambda _: ses.put(REGION, "example.com", "bounce.example.com", status="Success")
    verifications.create(inputs("example.com"))
    assert [2.0] == fake_time.slept


@pytest.mark.parametrize("fault", [THROTTLE, INTERNAL_FAILURE, DROP_BEFORE], ids=["throttled", "500", "dropped"])
def test_a_passing_fault(verifications: Verifications, ses: SesStandIn, fake_time: Time, fault: Any) -> None:
    """Ten minutes in which SES cannot be asked do not end a wait."""
    put(ses, "example.com", status="Success")
    ses.inject(fault, seconds=600)
    fake_time.on_sleep = ses.advance
    assert verifications.create(inputs("example.com"))["verified_identities"]
    assert fake_time.seconds > 590


def test_a_fault_until_the_end(verifications: Verifications, ses: SesStandIn) -> None:
    """If SES could not be asked at the end, the message says so and why."""
    ses.inject(INTERNAL_FAILURE)
    with pytest.raises(
        NotVerified, match=r"(?s)SES could not be queried\n.*could not be reached at the end: reading.*InternalFailure"
    ):
        verifications.create(inputs("example.com", timeout="5m"))


def test_a_call_that_is_refused(verifications: Verifications, ses: SesStandIn, fake_time: Time) -> None:
    """What does not pass by itself ends the wait at once."""
    ses.deny(GET)
    with pytest.raises(CallFailed, match="ses:GetIdentityMailFromDomainAttributes"):
        verifications.create(inputs("example.com"))
    assert [] == fake_time.slept


def test_an_update_waits_for_what_is_new(verifications: Verifications, ses: SesStandIn) -> None:
    """Another's passing fault does not hold it up; it is visible in the statuses."""
    put(ses, "example.com", "example.org", status="Success")
    created = verifications.create(inputs("example.com"))
    ses.set_status(REGION, "example.com", "TemporaryFailure")
    updated = verifications.update(inputs("example.com", "example.org"), created)
    assert {"us-east-1/example.com": "TemporaryFailure", "us-east-1/example.org": "Success"} == updated["statuses"]
    assert ["us-east-1/example.com", "us-east-1/example.org"] == updated["verified_identities"]


def test_an_update_of_the_timeout_alone(verifications: Verifications, ses: SesStandIn) -> None:
    """It waits for nothing, and the time of the verification stays."""
    put(ses, "example.com", status="Success")
    created = {**verifications.create(inputs("example.com")), "verified_at": "long ago"}
    ses.set_status(REGION, "example.com", "Pending")
    updated = verifications.update(inputs("example.com", timeout="1h"), created)
    assert ("1h", "long ago") == (updated["timeout"], updated["verified_at"])


def test_a_changed_domain_is_waited_for(verifications: Verifications, ses: SesStandIn, fake_time: Time) -> None:
    """Another MAIL FROM domain of the same identity has to be verified as well."""
    put(ses, "example.com", status="Success")
    created = verifications.create(inputs("example.com"))
    ses.put(REGION, "example.com", "mail.example.com", status="Pending")
    fake_time.on_sleep = lambda _: ses.set_status(REGION, "example.com", "Success")
    news = {"mail_from_domains": [domain("example.com", "mail")], "timeout": "30m"}
    verifications.update(news, created)
    assert [2.0] == fake_time.slept


def _member(identity: str, behavior: str = "UseDefaultValue", status: str = "Success") -> dict[str, Any]:
    """The state of a MailFromDomain that is waited for."""
    return {
        "identity": identity,
        "region": REGION,
        "mail_from_domain": f"bounce.{identity}",
        "behavior_on_mx_failure": behavior,
        "mail_from_domain_status": status,
        "account_id": "123456789012",
        "managed_mail_from_domain": f"bounce.{identity}",
    }


def _wait_for(*members: dict[str, Any]) -> dict[str, Any]:
    """The inputs of a wait for these members."""
    return {"mail_from_domains": [{part: one[part] for part in PARTS} for one in members], "timeout": "30m"}


def _changes(core: Core, olds: dict[str, Any], news: dict[str, Any]) -> list[str]:
    """What the engine is told has changed for a wait."""
    return verification.changes(olds, news, core.lifecycle.is_unsettled)


def _declared(member: dict[str, Any]) -> Declaration:
    """The declaration that leads to this state."""
    key = Key(member["region"], member["identity"])
    return Declaration(key, member["mail_from_domain"], member["behavior_on_mx_failure"])


@pytest.fixture
def waited(verifications: Verifications, ses: SesStandIn, core: Core) -> dict[str, Any]:
    """The state of a wait for example.com and example.org, both of which were verified, in a run before this one."""
    put(ses, "example.com", "example.org", status="Success")
    outputs = verifications.create(_wait_for(_member("example.com"), _member("example.org")))
    ses.journal.clear()
    return {**outputs, "verified_at": "long ago"}


@pytest.mark.parametrize("why", ["Failed", "behavior", "cleared"])
def test_what_this_run_has_set_is_waited_for(  # noqa: PLR0913, PLR0917 - all are what a run has
    verifications: Verifications,
    ses: SesStandIn,
    core: Core,
    fake_time: Time,
    waited: dict[str, Any],
    why: str,
) -> None:
    """A Failed set-up that was restarted, another behavior, a repaired drift: SES has to verify each of them anew."""
    before, after = _member("example.com"), _member("example.com")
    if why == "Failed":
        before["mail_from_domain_status"] = "Failed"
        ses.set_status(REGION, "example.com", "Failed")
    if why == "behavior":
        after["behavior_on_mx_failure"] = "RejectMessage"
    if why == "cleared":
        ses.clear(REGION, "example.com")
    core.diff(before, after)
    core.update(_declared(after), before)
    assert "Pending" == getattr(ses.mail_from(REGION, "example.com"), "status", None)
    fake_time.on_sleep = lambda _: ses.set_status(REGION, "example.com", "Success")
    news = _wait_for(after, _member("example.org"))
    assert ["mail_from_domains"] == _changes(core, waited, news)
    ses.set_status(REGION, "example.org", "Pending")
    updated = verifications.update(news, waited)
    assert [2.0] == fake_time.slept, "it did not wait for what was set, or waited for what was not"
    assert {"us-east-1/example.com": "Success", "us-east-1/example.org": "Pending"} == updated["statuses"]
    assert "long ago" != updated["verified_at"]


def test_a_preview_shows_the_wait(core: Core, ses: SesStandIn, waited: dict[str, Any]) -> None:
    """What is going to be set is known before it is set: a preview calls diff alone."""
    news = _wait_for(_member("example.com"), _member("example.org"))
    assert [] == _changes(core, waited, news)
    core.diff(_member("example.com", status="Failed"), _member("example.com"))
    assert ["mail_from_domains"] == _changes(core, waited, news)


def test_what_was_not_set_is_not_waited_for(core: Core, ses: SesStandIn, waited: dict[str, Any]) -> None:
    """An update that finds everything as declared is no reason to wait."""
    before = {**_member("example.com"), "mail_from_domain": "old.example.com"}
    core.diff(before, _member("example.com"))
    core.update(_declared(_member("example.com")), before)
    assert 0 == ses.journal.count(SET)
    assert [] == _changes(core, waited, _wait_for(_member("example.com"), _member("example.org")))


@pytest.mark.parametrize("seconds", [10, 60])
def test_a_failed_that_is_behind_the_set(  # noqa: PLR0913, PLR0917 - all are what a run has
    verifications: Verifications,
    ses: SesStandIn,
    core: Core,
    fake_time: Time,
    waited: dict[str, Any],
    seconds: float,
) -> None:
    """For half a minute after the Set, Failed may be what SES said before it; after that it is true."""
    ses.set_status(REGION, "example.com", "Failed")
    core.update(_declared(_member("example.com")), _member("example.com", status="Failed"))
    fake_time.on_sleep = ses.advance
    fault = ses.inject(entries({"MailFromDomainStatus": "Failed"}), action=GET, seconds=seconds)
    ses.rules.success_after = 0.0
    news = _wait_for(_member("example.com"), _member("example.org"))
    if seconds < 30:
        assert "Success" == verifications.update(news, waited)["statuses"]["us-east-1/example.com"]
        assert seconds <= fake_time.seconds < 30
    else:
        with pytest.raises(NotVerified, match="status Failed"):
            verifications.update(news, waited)
        assert 30 <= fake_time.seconds <= seconds
    assert fault.hits > 1


def test_a_changed_behavior_is_waited_for(
    verifications: Verifications, ses: SesStandIn, core: Core, fake_time: Time, waited: dict[str, Any]
) -> None:
    """Also where this process does not know who has set it, the behavior that is declared is what is verified."""
    news = _wait_for(_member("example.com", "RejectMessage"), _member("example.org"))
    assert ["mail_from_domains"] == _changes(core, waited, news)
    fake_time.on_sleep = lambda _: ses.put(REGION, "example.com", "bounce.example.com", behavior="RejectMessage")
    verifications.update(news, waited)
    assert [2.0] == fake_time.slept


def test_another_behavior_than_declared(verifications: Verifications, ses: SesStandIn, fake_time: Time) -> None:
    """What SES has otherwise after half a minute is not going to come."""
    put(ses, "example.com", status="Success")
    with pytest.raises(NotVerified, match=r"\(us-east-1/example\.com\): another behavior is set: UseDefaultValue"):
        verifications.create(_wait_for(_member("example.com", "RejectMessage")))
    assert 30 <= fake_time.seconds < 60


def test_state_of_version_0_1_0(verifications: Verifications, core: Core, waited: dict[str, Any]) -> None:
    """Its members have no behavior: that is no change, and an update for another reason waits for none of them."""
    old = [{part: one[part] for part in PARTS[:3]} for one in waited["mail_from_domains"]]
    assert "behavior_on_mx_failure" not in old[0]
    olds = {**waited, "mail_from_domains": old}
    news = _wait_for(_member("example.com", "RejectMessage"), _member("example.org"))
    assert [] == _changes(core, olds, news)
    updated = verifications.update({**news, "timeout": "1h"}, olds)
    assert ("long ago", news["mail_from_domains"]) == (updated["verified_at"], updated["mail_from_domains"])


def test_a_member_that_has_failed(core: Core, waited: dict[str, Any]) -> None:
    """With --continue-on-error, parts of a member are missing: that is a change, and no defect."""
    news = _wait_for(_member("example.com"), _member("example.org"))
    del news["mail_from_domains"][0]["mail_from_domain"]
    assert ["mail_from_domains"] == _changes(core, waited, news)


def test_one_that_is_refused(verifications: Verifications, ses: SesStandIn, fake_time: Time) -> None:
    """An identity that SES refuses in a Get ends the wait with its name."""
    put(ses, "example.com", "example.org", "example.net", status="Success")
    fault = ses.inject(error(400, "InvalidParameterValue", "Invalid identity."), action=GET, identity="example.org")
    with pytest.raises(CallFailed, match=r"reading the MAIL FROM domain of example\.org in us-east-1: SES answered"):
        verifications.create(inputs("example.com", "example.org", "example.net"))
    assert fault.hits > 0
    assert [] == fake_time.slept


@pytest.mark.parametrize("status", ["Success", "Pending", "TemporaryFailure", "SomethingNew"])
def test_read(verifications: Verifications, ses: SesStandIn, status: str) -> None:
    """A refresh brings the status, and keeps a verification that may still be called one."""
    put(ses, "example.com", status="Success")
    created = verifications.create(inputs("example.com"))
    ses.set_status(REGION, "example.com", status)
    assert {**created, "statuses": {"us-east-1/example.com": status}} == verifications.read(created)


@pytest.mark.parametrize("gone", ["Failed", "cleared", "identity", "another"])
def test_read_of_what_is_gone(verifications: Verifications, ses: SesStandIn, gone: str) -> None:
    """With one of them Failed, or not there, the verification is gone, and the next up waits again."""
    put(ses, "example.com", "example.org", status="Success")
    created = verifications.create(inputs("example.com", "example.org"))
    {
        "Failed": lambda: ses.set_status(REGION, "example.com", "Failed"),
        "cleared": lambda: ses.clear(REGION, "example.com"),
        "identity": lambda: ses.delete_identity(REGION, "example.com"),
        "another": lambda: ses.put(REGION, "example.com", "mail.example.com"),
    }[gone]()
    assert verifications.read(created) is None


def test_read_with_another_account(verifications: Verifications, ses: SesStandIn) -> None:
    """With credentials of another account nothing is called gone."""
    put(ses, "example.com", status="Success")
    created = verifications.create(inputs("example.com"))
    with pytest.raises(WrongAccount, match="999999999999"):
        verifications.read({**created, "account_id": "999999999999"})


@pytest.fixture
def provider(ses: SesStandIn, provider: Any) -> MailFromDomainVerificationProvider:
    """The provider of waits, in the process of the other one."""
    waits = MailFromDomainVerificationProvider()
    waits._configured = provider._core
    return waits


def test_the_life_of_a_wait(provider: MailFromDomainVerificationProvider, ses: SesStandIn) -> None:
    """Check, create, diff, update, read and delete, as the engine calls them."""
    put(ses, "example.com", "example.org", status="Success")
    news = {"mail_from_domains": [domain("example.com")], "timeout": None, "__provider": "x"}
    checked = provider.check({}, news)
    assert ([], "30m") == (checked.failures, checked.inputs["timeout"])
    created = provider.create({**checked.inputs, "__provider": "x"})
    assert created.outs is not None
    assert created.outs["verified_at"] == created.id
    olds = {**created.outs, "__provider": "x"}
    assert not provider.diff(created.id, olds, {**checked.inputs, "__provider": "x"}).changes
    more = {**checked.inputs, "mail_from_domains": [domain("example.org"), domain("example.com")], "__provider": "x"}
    changed = provider.diff(created.id, olds, more)
    assert (True, []) == (changed.changes, changed.replaces)
    updated = provider.update(created.id, olds, more)
    assert updated.outs is not None
    read = provider.read(created.id, {**updated.outs, "__provider": "x"})
    assert (created.id, updated.outs) == (read.id, read.outs)
    assert {"mail_from_domains": more["mail_from_domains"], "timeout": "30m", "secret_inputs": None} == read.inputs
    provider.delete(created.id, olds)
    ses.set_status(REGION, "example.com", "Failed")
    assert provider.read(created.id, updated.outs).id is None
    assert 0 == ses.journal.count(SET)


@pytest.mark.parametrize(
    ("changed", "property_", "reason"),
    [
        ({"timeout": "soon"}, "timeout", "'soon' is not a duration: give one such as '30m', '1h30m' or '90s'"),
        ({"timeout": "-5m"}, "timeout", "'-5m' is not a duration: give one such as '30m', '1h30m' or '90s'"),
        ({"timeout": 30.0}, "", "timeout: '30.0' is a number: give a string, a duration such as '30m'"),
        (
            {"mail_from_domains": None},
            "mail_from_domains",
            "'None' is not a list of MailFromDomain resources",
        ),
        (
            {"mail_from_domains": ["x"]},
            "",
            "mail_from_domains: \"['x']\" is not a list of MailFromDomain resources",
        ),
    ],
)
def test_nonsense(
    provider: MailFromDomainVerificationProvider, changed: dict[str, Any], property_: str, reason: str
) -> None:
    """What is wrong with an input is one clean failure."""
    failures = provider.check({}, {**inputs("example.com"), **changed}).failures
    assert [(property_, reason)] == [(failure.property, failure.reason) for failure in failures]


@pytest.mark.parametrize("unknown", ["all", "one", "part"])
def test_unknowns_pass(provider: MailFromDomainVerificationProvider, unknown: str) -> None:
    """In a preview, what is not known yet is no problem, and a change."""
    nothing: Any = Unknown()  # type: ignore[no-untyped-call]
    domains: Any = {
        "all": nothing,
        "one": [domain("example.com"), nothing],
        "part": [{**domain("example.com"), "region": nothing}],
    }[unknown]
    news = {"mail_from_domains": domains, "timeout": nothing}
    checked = provider.check({}, news)
    assert (news, []) == (checked.inputs, checked.failures)
    assert provider.diff("id", inputs("example.com"), news).changes
