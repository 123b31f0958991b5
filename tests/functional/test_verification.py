"""`MailFromDomainVerification`: the wait for SES, over HTTP and on a fake clock."""

from __future__ import annotations

import threading
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
from pulumi_ses_mail_from_provider.rules.verification import PARTS, VerificationState
from support.core import Core, Verifications
from support.stand_in import DROP_BEFORE, INTERNAL_FAILURE, THROTTLE, SesStandIn, entries, error

from .conftest import REGION, Time

GET, SET = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain"
NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=timezone.utc)
MISSING = Finding("mx-missing", Severity.ERROR, "There is no MX record.", (), "x. IN MX 10 host.", {"type": "MX"})


@pytest.fixture
def diagnosed() -> dict[tuple[str, str], Sequence[Finding]]:
    """The DNS findings, by MAIL FROM domain and region."""
    return {("bounce.example.com", REGION): (MISSING,)}


@pytest.fixture
def verifications(core: Core, diagnosed: dict[tuple[str, str], Sequence[Finding]]) -> Verifications:
    """The operations of a verification."""
    return Verifications(core, lambda *place: diagnosed.get(place, ()), lambda: NOW)


def domain(identity: str, label: str = "bounce", region: str = REGION) -> dict[str, str]:
    """Return a member of a verification, as a program passes it."""
    return {
        "region": region,
        "identity": identity,
        "mail_from_domain": f"{label}.{identity}",
        "behavior_on_mx_failure": "UseDefaultValue",
    }


def inputs(*identities: str, timeout: str = "30m") -> dict[str, Any]:
    """Return the inputs of a verification of these identities."""
    return {"mail_from_domains": [domain(identity) for identity in identities], "timeout": timeout}


def put(ses: SesStandIn, *identities: str, status: str = "Pending") -> None:
    """Create identities with a MAIL FROM domain."""
    for identity in identities:
        ses.verify(REGION, identity)
        ses.put(REGION, identity, f"bounce.{identity}", status=status)


def test_already_verified(verifications: Verifications, ses: SesStandIn, fake_time: Time) -> None:
    """If all are verified, one Get is enough, and the outputs contain identities, statuses and the time."""
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


def test_no_members(verifications: Verifications, ses: SesStandIn) -> None:
    """A verification without members succeeds without a Get."""
    outputs = verifications.create(inputs())
    assert ([], "2026-11-24T12:00:00+00:00") == (outputs["verified_identities"], outputs["verified_at"])
    assert (None, {}) == (outputs["account_id"], outputs["statuses"])
    assert 0 == ses.journal.count(GET)


def test_the_wait_ends_with_the_last_one(
    verifications: Verifications, ses: SesStandIn, fake_time: Time, lines: list[str]
) -> None:
    """The wait reads SES at growing intervals of up to a minute, reports progress, and ends with the last member."""
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
    assert lines[0] == (
        "waiting for SES to verify MAIL FROM domains, 0s of 30m: 0 of 2 verified; not yet bounce.example.com"
        " (us-east-1/example.com): status Pending, and 1 more"
    )
    assert lines[1] == (
        "waiting for SES to verify MAIL FROM domains, 1m4s of 30m: 1 of 2 verified; not yet bounce.example.org"
        " (us-east-1/example.org): status TemporaryFailure"
    )
    assert 5 <= len(lines) <= 6


def test_members_share_calls(verifications: Verifications, ses: SesStandIn, fake_time: Time) -> None:
    """Each read takes one Get for every hundred members that are not verified yet."""
    identities = [f"customer-{number}.example" for number in range(150)]
    put(ses, *identities)

    def verify(_: float) -> None:
        for identity in identities[:100] if fake_time.seconds < 4 else identities:
            ses.set_status(REGION, identity, "Success")

    fake_time.on_sleep = verify
    verifications.create(inputs(*identities))
    assert 2 + 2 + 1 == ses.journal.count(GET)


def test_failed_ends_the_wait(verifications: Verifications, ses: SesStandIn, fake_time: Time) -> None:
    """Failed ends the wait at once, and the error lists all members that are not verified, failed ones first."""
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


def test_timeout(verifications: Verifications, ses: SesStandIn, fake_time: Time) -> None:
    """After exactly the timeout, the error shows the status and the DNS findings."""
    put(ses, "example.com")
    fake_time.seconds = 1000.0
    with pytest.raises(
        NotVerified, match=r"1 of 1 not verified after 1m30s:\n.*status Pending\n  mx-missing"
    ) as raised:
        verifications.create(inputs("example.com", timeout="1m30s"))
    assert 1090.0 == fake_time.seconds
    assert (0, None) == (raised.value.more, raised.value.failure)


def test_timeout_of_zero(verifications: Verifications, ses: SesStandIn) -> None:
    """A timeout of 0 reads SES once."""
    put(ses, "example.com")
    with pytest.raises(NotVerified, match="not verified after 0s"):
        verifications.create(inputs("example.com", timeout="0s"))
    assert 1 == ses.journal.count(GET)


def test_many_that_are_not_verified(verifications: Verifications, ses: SesStandIn) -> None:
    """The error explains ten members and counts the others."""
    identities = [f"customer-{number}.example" for number in range(25)]
    put(ses, *identities)
    with pytest.raises(NotVerified, match="and 15 more: `ses-mail-from doctor` explains each"):
        verifications.create(inputs(*identities, timeout="0s"))


def test_diagnoses_run_at_the_same_time(core: Core, ses: SesStandIn) -> None:
    """The ten diagnoses of an error run at the same time, because each may take seconds."""
    identities = [f"customer-{number}.example" for number in range(10)]
    put(ses, *identities)
    together = threading.Barrier(10, timeout=10)

    def diagnose(_: str, __: str) -> Sequence[Finding]:
        together.wait()
        return ()

    with pytest.raises(NotVerified, match="10 of 10 not verified"):
        Verifications(core, diagnose).create(inputs(*identities, timeout="0s"))


def test_the_wait_for_a_set_ends_after_30_s(verifications: Verifications, ses: SesStandIn, fake_time: Time) -> None:
    """After exactly 30 s, SES must have what was just set."""

    def advance(_: float) -> None:
        fake_time.seconds = 30.0

    fake_time.on_sleep = advance
    with pytest.raises(NotVerified, match="not verified after 30s"):
        verifications.create(inputs("example.com"))
    assert [2.0] == fake_time.slept


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ("nothing", "no MAIL FROM domain is set"),
        ("another", "another MAIL FROM domain is set: mail.example.com"),
        ("no identity", "SES has no such identity"),
    ],
)
def test_not_set(verifications: Verifications, ses: SesStandIn, fake_time: Time, found: str, reason: str) -> None:
    """The wait ends after 30 s if SES does not have the MAIL FROM domain, because somebody has changed it."""
    if found == "another":
        ses.put(REGION, "example.com", "mail.example.com")
    if found == "no identity":
        ses.delete_identity(REGION, "example.com")
    with pytest.raises(NotVerified, match=reason):
        verifications.create(inputs("example.com"))
    assert 30 <= fake_time.seconds < 60


def test_outdated_get(verifications: Verifications, ses: SesStandIn, fake_time: Time) -> None:
    """A Get that does not show the Set yet does not end the wait."""
    fake_time.on_sleep = lambda _: ses.put(REGION, "example.com", "bounce.example.com", status="Success")
    verifications.create(inputs("example.com"))
    assert [2.0] == fake_time.slept


@pytest.mark.parametrize("fault", [THROTTLE, INTERNAL_FAILURE, DROP_BEFORE], ids=["throttled", "500", "dropped"])
def test_a_transient_fault(verifications: Verifications, ses: SesStandIn, fake_time: Time, fault: Any) -> None:
    """Ten minutes in which SES cannot be read do not end the wait."""
    put(ses, "example.com", status="Success")
    ses.inject(fault, seconds=600)
    fake_time.on_sleep = ses.advance
    assert verifications.create(inputs("example.com"))["verified_identities"]
    assert fake_time.seconds > 590


def test_a_fault_until_the_end(verifications: Verifications, ses: SesStandIn) -> None:
    """If SES cannot be read at the end of the wait, the error gives the reason."""
    ses.inject(INTERNAL_FAILURE)
    with pytest.raises(
        NotVerified, match=r"(?s)SES could not be queried\n.*could not be reached at the end: reading.*InternalFailure"
    ):
        verifications.create(inputs("example.com", timeout="5m"))


def test_a_denied_call(verifications: Verifications, ses: SesStandIn, fake_time: Time) -> None:
    """An error that is not transient ends the wait at once."""
    ses.deny(GET)
    with pytest.raises(CallFailed, match="ses:GetIdentityMailFromDomainAttributes"):
        verifications.create(inputs("example.com"))
    assert [] == fake_time.slept


def test_an_update_waits_for_what_is_new(verifications: Verifications, ses: SesStandIn) -> None:
    """An update waits for new members only, and stores the status of the others."""
    put(ses, "example.com", "example.org", status="Success")
    created = verifications.create(inputs("example.com"))
    ses.set_status(REGION, "example.com", "TemporaryFailure")
    updated = verifications.update(inputs("example.com", "example.org"), created)
    assert {"us-east-1/example.com": "TemporaryFailure", "us-east-1/example.org": "Success"} == updated["statuses"]
    assert ["us-east-1/example.com", "us-east-1/example.org"] == updated["verified_identities"]


def test_an_update_of_the_timeout_alone(verifications: Verifications, ses: SesStandIn) -> None:
    """A changed timeout waits for nothing, and the time of the verification stays."""
    put(ses, "example.com", status="Success")
    created = {**verifications.create(inputs("example.com")), "verified_at": "long ago"}
    ses.set_status(REGION, "example.com", "Pending")
    updated = verifications.update(inputs("example.com", timeout="1h"), created)
    assert ("1h", "long ago") == (updated["timeout"], updated["verified_at"])


def test_an_update_with_a_member_that_is_gone(verifications: Verifications, ses: SesStandIn) -> None:
    """A member that need not be waited for and is no longer set has an empty status."""
    put(ses, "example.com", status="Success")
    created = verifications.create(inputs("example.com"))
    ses.clear(REGION, "example.com")
    updated = verifications.update(inputs("example.com", timeout="1h"), created)
    assert {"us-east-1/example.com": ""} == updated["statuses"]


def test_state_from_outputs(verifications: Verifications, ses: SesStandIn) -> None:
    """State is complete: reading it from the outputs and writing it again changes nothing."""
    put(ses, "example.com", "example.org", status="Success")
    outputs = verifications.create(inputs("example.com", "example.org"))
    assert outputs == {**outputs, **VerificationState.from_outputs(outputs).outputs()}
    old = {name: value for name, value in outputs.items() if name != "statuses"}
    assert {} == VerificationState.from_outputs(old).statuses


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        (inputs("example.com", "example.org"), []),
        (inputs("example.org", "example.com"), []),
        (inputs("example.com", "example.org", timeout="1h"), ["timeout"]),
        (inputs("example.com"), ["mail_from_domains"]),
        (inputs(timeout="1h"), ["mail_from_domains", "timeout"]),
    ],
)
def test_changes(news: dict[str, Any], expected: list[str]) -> None:
    """The changes are named. Another order of the members is none."""
    assert expected == verification.changes(inputs("example.com", "example.org"), news)


def test_a_changed_domain_is_waited_for(verifications: Verifications, ses: SesStandIn, fake_time: Time) -> None:
    """An update waits for a changed MAIL FROM domain of the same identity."""
    put(ses, "example.com", status="Success")
    created = verifications.create(inputs("example.com"))
    ses.put(REGION, "example.com", "mail.example.com", status="Pending")
    fake_time.on_sleep = lambda _: ses.set_status(REGION, "example.com", "Success")
    news = {"mail_from_domains": [domain("example.com", "mail")], "timeout": "30m"}
    verifications.update(news, created)
    assert [2.0] == fake_time.slept


def _member(identity: str, behavior: str = "UseDefaultValue", status: str = "Success") -> dict[str, Any]:
    """Return the state of a MailFromDomain."""
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
    """Return the inputs of a verification of these members."""
    return {"mail_from_domains": [{part: one[part] for part in PARTS} for one in members], "timeout": "30m"}


def _changes(core: Core, olds: dict[str, Any], news: dict[str, Any]) -> list[str]:
    """Return the inputs of a verification that the engine is told have changed."""
    return verification.changes(olds, news, core.lifecycle.is_unsettled)


def _declared(member: dict[str, Any]) -> Declaration:
    """Return the declaration that leads to this state."""
    key = Key(member["region"], member["identity"])
    return Declaration(key, member["mail_from_domain"], member["behavior_on_mx_failure"])


@pytest.fixture
def waited(verifications: Verifications, ses: SesStandIn, core: Core) -> dict[str, Any]:
    """The state of a verification of example.com and example.org from an earlier run."""
    put(ses, "example.com", "example.org", status="Success")
    outputs = verifications.create(_wait_for(_member("example.com"), _member("example.org")))
    ses.journal.clear()
    return {**outputs, "verified_at": "long ago"}


@pytest.mark.parametrize("reason", ["Failed", "behavior", "cleared"])
def test_what_this_run_has_set_is_waited_for(  # noqa: PLR0913, PLR0917 - fixtures and parameters
    verifications: Verifications,
    ses: SesStandIn,
    core: Core,
    fake_time: Time,
    waited: dict[str, Any],
    reason: str,
) -> None:
    """An update waits for members that this run has set, whatever the reason of the Set, and for no others."""
    before, after = _member("example.com"), _member("example.com")
    if reason == "Failed":
        before["mail_from_domain_status"] = "Failed"
        ses.set_status(REGION, "example.com", "Failed")
    if reason == "behavior":
        after["behavior_on_mx_failure"] = "RejectMessage"
    if reason == "cleared":
        ses.clear(REGION, "example.com")
    core.diff(before, after)
    core.update(_declared(after), before)
    assert "Pending" == getattr(ses.mail_from(REGION, "example.com"), "status", None)
    fake_time.on_sleep = lambda _: ses.set_status(REGION, "example.com", "Success")
    news = _wait_for(after, _member("example.org"))
    assert ["mail_from_domains"] == _changes(core, waited, news)
    ses.set_status(REGION, "example.org", "Pending")
    updated = verifications.update(news, waited)
    assert [2.0] == fake_time.slept, "the update did not wait for the member that was set, or waited for the other one"
    assert {"us-east-1/example.com": "Success", "us-east-1/example.org": "Pending"} == updated["statuses"]
    assert "long ago" != updated["verified_at"]


def test_a_preview_shows_the_wait(core: Core, ses: SesStandIn, waited: dict[str, Any]) -> None:
    """After the diff of a member that will be set, the verification shows a change, so that a preview shows it."""
    news = _wait_for(_member("example.com"), _member("example.org"))
    assert [] == _changes(core, waited, news)
    core.diff(_member("example.com", status="Failed"), _member("example.com"))
    assert ["mail_from_domains"] == _changes(core, waited, news)


def test_what_was_not_set_is_not_waited_for(core: Core, ses: SesStandIn, waited: dict[str, Any]) -> None:
    """An update of a member that makes no Set is no reason to wait."""
    before = {**_member("example.com"), "mail_from_domain": "old.example.com"}
    core.diff(before, _member("example.com"))
    core.update(_declared(_member("example.com")), before)
    assert 0 == ses.journal.count(SET)
    assert [] == _changes(core, waited, _wait_for(_member("example.com"), _member("example.org")))


@pytest.mark.parametrize("seconds", [10, 60])
def test_outdated_failed_after_a_set(  # noqa: PLR0913, PLR0917 - fixtures and parameters
    verifications: Verifications,
    ses: SesStandIn,
    core: Core,
    fake_time: Time,
    waited: dict[str, Any],
    seconds: float,
) -> None:
    """Failed within 30 s of a Set may be outdated and does not end the wait; after that it does."""
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
    """An update waits until SES has the declared behavior, even if another process sets it."""
    news = _wait_for(_member("example.com", "RejectMessage"), _member("example.org"))
    assert ["mail_from_domains"] == _changes(core, waited, news)
    fake_time.on_sleep = lambda _: ses.put(REGION, "example.com", "bounce.example.com", behavior="RejectMessage")
    verifications.update(news, waited)
    assert [2.0] == fake_time.slept


def test_another_behavior_than_declared(verifications: Verifications, ses: SesStandIn, fake_time: Time) -> None:
    """The wait ends after 30 s if SES has another behavior than declared."""
    put(ses, "example.com", status="Success")
    with pytest.raises(NotVerified, match=r"\(us-east-1/example\.com\): another behavior is set: UseDefaultValue"):
        verifications.create(_wait_for(_member("example.com", "RejectMessage")))
    assert 30 <= fake_time.seconds < 60


def test_state_of_version_0_1_0(verifications: Verifications, core: Core, waited: dict[str, Any]) -> None:
    """Members in state of version 0.1.0 have no behavior, which is neither a change nor a reason to wait."""
    old = [{part: one[part] for part in PARTS[:3]} for one in waited["mail_from_domains"]]
    assert "behavior_on_mx_failure" not in old[0]
    olds = {**waited, "mail_from_domains": old}
    news = _wait_for(_member("example.com", "RejectMessage"), _member("example.org"))
    assert [] == _changes(core, olds, news)
    updated = verifications.update({**news, "timeout": "1h"}, olds)
    assert ("long ago", news["mail_from_domains"]) == (updated["verified_at"], updated["mail_from_domains"])


def test_a_member_that_has_failed(core: Core, waited: dict[str, Any]) -> None:
    """A member with missing parts, which --continue-on-error can cause, is a change and raises no error."""
    news = _wait_for(_member("example.com"), _member("example.org"))
    del news["mail_from_domains"][0]["mail_from_domain"]
    assert ["mail_from_domains"] == _changes(core, waited, news)


def test_one_identity_is_rejected(verifications: Verifications, ses: SesStandIn, fake_time: Time) -> None:
    """If SES rejects one identity in a Get, the wait ends with an error that names it."""
    put(ses, "example.com", "example.org", "example.net", status="Success")
    fault = ses.inject(error(400, "InvalidParameterValue", "Invalid identity."), action=GET, identity="example.org")
    with pytest.raises(CallFailed, match=r"reading the MAIL FROM domain of example\.org in us-east-1: SES answered"):
        verifications.create(inputs("example.com", "example.org", "example.net"))
    assert fault.hits > 0
    assert [] == fake_time.slept


@pytest.mark.parametrize("status", ["Success", "Pending", "TemporaryFailure", "SomethingNew"])
def test_read(verifications: Verifications, ses: SesStandIn, status: str) -> None:
    """A read stores the status, and keeps a verification that still holds."""
    put(ses, "example.com", status="Success")
    created = verifications.create(inputs("example.com"))
    ses.set_status(REGION, "example.com", status)
    assert {**created, "statuses": {"us-east-1/example.com": status}} == verifications.read(created)


@pytest.mark.parametrize("gone", ["Failed", "cleared", "identity", "another"])
def test_read_of_what_is_gone(verifications: Verifications, ses: SesStandIn, gone: str) -> None:
    """If a member has Failed or is no longer set, the verification is gone, so that the next up waits again."""
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
    """With credentials of another account, a read fails, and the verification is not gone."""
    put(ses, "example.com", status="Success")
    created = verifications.create(inputs("example.com"))
    with pytest.raises(WrongAccount, match="999999999999"):
        verifications.read({**created, "account_id": "999999999999"})


@pytest.fixture
def provider(ses: SesStandIn, provider: Any) -> MailFromDomainVerificationProvider:
    """The provider of verifications, in the same process as the other provider."""
    waits = MailFromDomainVerificationProvider()
    waits._configured = provider._core
    return waits


def test_lifecycle(provider: MailFromDomainVerificationProvider, ses: SesStandIn) -> None:
    """Check, create, diff, update, read and delete work in the order in which the engine calls them."""
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
def test_invalid_inputs(
    provider: MailFromDomainVerificationProvider, changed: dict[str, Any], property_: str, reason: str
) -> None:
    """An invalid input is one failure of its property."""
    failures = provider.check({}, {**inputs("example.com"), **changed}).failures
    assert [(property_, reason)] == [(failure.property, failure.reason) for failure in failures]


@pytest.mark.parametrize("unknown", ["all", "one", "part"])
def test_unknowns_pass(provider: MailFromDomainVerificationProvider, unknown: str) -> None:
    """Unknown values, as in a preview, are valid and count as changed."""
    value: Any = Unknown()  # type: ignore[no-untyped-call]
    domains: Any = {
        "all": value,
        "one": [domain("example.com"), value],
        "part": [{**domain("example.com"), "region": value}],
    }[unknown]
    news = {"mail_from_domains": domains, "timeout": value}
    checked = provider.check({}, news)
    assert (news, []) == (checked.inputs, checked.failures)
    assert provider.diff("id", inputs("example.com"), news).changes
