"""Create, read, update and delete against the stand-in: what is called, set, stored and shown."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from pulumi_ses_mail_from_provider.rules.errors import (
    AnotherMailFromDomain,
    CallFailed,
    Cancelled,
    IdentityNotFound,
    MailFromDomainNotFound,
    Remedy,
    WrongAccount,
)
from pulumi_ses_mail_from_provider.rules.model import Declaration, Key
from pulumi_ses_mail_from_provider.rules.records import mail_from_dns_records
from pulumi_ses_mail_from_provider.ses.connections import Connections
from support.core import Core
from support.stand_in import (
    DROP_AFTER,
    DROP_BEFORE,
    INTERNAL_FAILURE,
    THROTTLE,
    MailFrom,
    SesStandIn,
    entries,
    error,
    garbage,
    run,
)

from .conftest import KEY, REGION, Time, settings

GET, SET = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain"
BOUNCE = "bounce.example.com"
DECLARED = Declaration(KEY, BOUNCE, "UseDefaultValue")
STATE = {
    "identity": "example.com",
    "mail_from_domain": "bounce.example.com",
    "behavior_on_mx_failure": "UseDefaultValue",
    "region": REGION,
    "overwrite": False,
    "account_id": "123456789012",
    "mail_from_domain_status": "Pending",
    "dns_records": mail_from_dns_records("bounce.example.com", REGION),
    "managed_mail_from_domain": "bounce.example.com",
}


INPUTS = {
    name: STATE[name] for name in ("identity", "mail_from_domain", "behavior_on_mx_failure", "region", "overwrite")
}


def test_create_sets(core: Core, ses: SesStandIn, lines: list[str]) -> None:
    """Create sets a MAIL FROM domain that is not set, and state has what SES then returns."""
    state = core.create(DECLARED)
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")
    assert STATE == state.outputs()
    assert [GET, SET, GET] == [call.action for call in ses.journal.calls() if call.action in (GET, SET)]
    assert [] == lines


def test_create_stores_what_ses_returns(core: Core, ses: SesStandIn) -> None:
    """If SES has verified the domain by the time of the read after the Set, state has Success."""
    ses.rules.success_after = 0.0
    assert {**STATE, "mail_from_domain_status": "Success"} == core.create(DECLARED).outputs()


@pytest.mark.parametrize(
    ("found", "behavior", "unsettled"),
    [
        (None, "UseDefaultValue", True),
        ("Pending", "UseDefaultValue", True),
        ("Success", "UseDefaultValue", False),
        ("TemporaryFailure", "UseDefaultValue", False),
        ("Success", "RejectMessage", True),
    ],
)
def test_what_is_unsettled(core: Core, ses: SesStandIn, found: str | None, behavior: str, unsettled: bool) -> None:  # noqa: FBT001
    """A verification waits for what this run has set, whatever its status, and for what it found Pending."""
    ses.rules.success_after = 0.0
    if found:
        ses.put(REGION, "example.com", "bounce.example.com", status=found)
        ses.rules.success_after = None
    core.lifecycle.operations.unsettled.add(Key(REGION, "example.org"))
    if not unsettled:
        core.lifecycle.operations.unsettled.add(KEY)
    core.create(dataclasses.replace(DECLARED, behavior_on_mx_failure=behavior))
    assert unsettled == core.lifecycle.is_unsettled(KEY)
    assert core.lifecycle.is_unsettled(Key(REGION, "example.org"))


def test_create_adopts(core: Core, ses: SesStandIn, lines: list[str]) -> None:
    """Create adopts a MAIL FROM domain that is as declared, without a Set, and shows a line."""
    ses.put(REGION, "example.com", "Bounce.Example.com", status="Success")
    assert {**STATE, "mail_from_domain_status": "Success"} == core.create(DECLARED).outputs()
    assert 0 == ses.journal.count(SET)
    expected = "us-east-1/example.com: adopted: bounce.example.com is already its MAIL FROM domain (status Success)"
    assert [expected] == lines


@pytest.mark.parametrize(("behavior", "status"), [("RejectMessage", "Success"), ("UseDefaultValue", "Failed")])
def test_create_sets_what_differs(core: Core, ses: SesStandIn, behavior: str, status: str) -> None:
    """Create sets the domain again if its behavior differs or its status is Failed."""
    ses.put(REGION, "example.com", "bounce.example.com", behavior=behavior, status=status)
    core.create(DECLARED)
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")


def test_create_refuses_another_domain(core: Core, ses: SesStandIn) -> None:
    """Create does not overwrite another domain, and the error names it, overwrite, and the alias."""
    ses.put(REGION, "example.com", "theirs.example.com")
    with pytest.raises(AnotherMailFromDomain) as refused:
        core.create(DECLARED)
    for part in ("theirs.example.com (status Success)", "overwrite=True", "aliases=[", "Nothing was changed"):
        assert part in str(refused.value)
    assert 0 == ses.journal.count(SET)


def test_create_overwrites(core: Core, ses: SesStandIn, lines: list[str]) -> None:
    """With overwrite, create replaces another domain, and shows a line that names it."""
    ses.put(REGION, "example.com", "theirs.example.com")
    state = core.create(dataclasses.replace(DECLARED, options={"overwrite": True})).outputs()
    assert (True, "bounce.example.com") == (state["overwrite"], state["managed_mail_from_domain"])
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")
    (line,) = lines
    assert line.startswith("us-east-1/example.com: overwrite: replaced theirs.example.com (status Success), which")


def test_create_for_an_address(core: Core, ses: SesStandIn) -> None:
    """Create keeps the case of the local part of an e-mail address."""
    ses.verify(REGION, "Jane@example.com")
    core.create(dataclasses.replace(DECLARED, key=Key(REGION, "Jane@example.com")))
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "Jane@example.com")
    assert ses.mail_from(REGION, "example.com") is None


def test_create_waits_for_a_new_identity(core: Core, ses: SesStandIn, fake_time: Time, lines: list[str]) -> None:
    """Create waits until SES knows an identity that was just created, with a new Get after each pause."""
    ses.delete_identity(REGION, "example.com")
    ses.verify(REGION, "example.com", lag=10)
    core.create(DECLARED)
    assert [1, 2, 4, 8] == fake_time.slept
    assert (5 + 1, 1) == (ses.journal.count(GET), ses.journal.count(SET))
    assert ["us-east-1/example.com: SES does not know this identity yet: waiting for it, 30 s at most"] == lines


def test_create_waits_if_only_set_fails(core: Core, ses: SesStandIn, fake_time: Time) -> None:
    """Create also waits if Get knows an identity before Set does."""
    text = "Identity <example.com> does not exist."
    ses.inject(error(400, "InvalidParameterValue", text), action=SET, count=2)
    core.create(DECLARED)
    assert [1, 2] == fake_time.slept


def test_create_gives_up_on_an_unknown_identity(core: Core, ses: SesStandIn, fake_time: Time) -> None:
    """If SES does not know the identity after 30 s, create fails and says how to create it."""
    ses.delete_identity(REGION, "example.com")
    with pytest.raises(IdentityNotFound) as failed:
        core.create(DECLARED)
    assert str(failed.value).startswith(
        "setting bounce.example.com as the MAIL FROM domain of example.com in us-east-1: SES does not know that"
        " identity, after 30 s. Create it in us-east-1 first (aws.ses.DomainIdentity"
    )
    assert (Remedy.CREATE_IDENTITY, REGION) == (failed.value.remedy, failed.value.region)
    assert 30 == sum(fake_time.slept)


def test_line_about_rejection(core: Core, ses: SesStandIn, lines: list[str]) -> None:
    """A line warns of RejectMessage if the MAIL FROM domain is not verified, because SES then rejects mail."""
    core.create(dataclasses.replace(DECLARED, behavior_on_mx_failure="RejectMessage"))
    expected = (
        "us-east-1/example.com: RejectMessage: SES rejects all mail from this identity until it has verified"
        " bounce.example.com (found its MX record)"
    )
    assert [expected] == lines
    ses.verify(REGION, "example.org")
    ses.put(REGION, "example.org", "b.example.org", behavior="RejectMessage", status="Success")
    core.create(Declaration(Key(REGION, "example.org"), "b.example.org", "RejectMessage"))
    assert not any("example.org: RejectMessage" in line for line in lines)


@pytest.mark.parametrize(
    ("effects", "status"),
    [((error(403, "AccessDenied", "no"),), "Pending"), ((run(lambda: None),), "Pending")],
)
def test_read_after_set_fails(core: Core, ses: SesStandIn, effects: Any, status: str) -> None:
    """If the read after a Set fails, state has what was set."""
    ses.inject(*effects, action=GET, skip=1)
    assert {**STATE, "mail_from_domain_status": status} == core.create(DECLARED).outputs()


def test_outdated_domain_after_a_set(core: Core, ses: SesStandIn) -> None:
    """If SES still returns the old domain after a Set, state has what was set."""
    ses.inject(entries({"MailFromDomain": "old.example.com", "MailFromDomainStatus": "Success"}), action=GET, skip=1)
    assert STATE == core.create(DECLARED).outputs()


@pytest.mark.parametrize("outdated", [{"BehaviorOnMXFailure": "RejectMessage"}, {"MailFromDomainStatus": "Failed"}])
def test_outdated_attributes_after_a_set(
    core: Core, ses: SesStandIn, lines: list[str], outdated: dict[str, str | None]
) -> None:
    """If SES still returns the old behavior or the status Failed after a Set, state has neither."""
    values = {"behavior": "RejectMessage"} if "BehaviorOnMXFailure" in outdated else {"status": "Failed"}
    ses.put(REGION, "example.com", "bounce.example.com", **values)
    ses.inject(entries({"MailFromDomain": "bounce.example.com", **outdated}), action=GET, skip=1)
    assert STATE == core.update(DECLARED, STATE).outputs()
    assert 1 == ses.journal.count(SET)
    assert [] == lines


OLD = {**STATE, "mail_from_domain": "old.example.com", "managed_mail_from_domain": "old.example.com"}


@pytest.mark.parametrize("found", ["old.example.com", None])
def test_update_sets(core: Core, ses: SesStandIn, lines: list[str], found: str | None) -> None:
    """Update sets what differs, also if the MAIL FROM domain was cleared meanwhile."""
    if found:
        ses.put(REGION, "example.com", found)
    assert STATE == core.update(DECLARED, OLD).outputs()
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")
    assert [] == lines


@pytest.mark.parametrize("stated", [OLD, {**OLD, "managed_mail_from_domain": None}])
def test_update_refuses_another_domain(core: Core, ses: SesStandIn, stated: dict[str, Any]) -> None:
    """Update does not overwrite a domain that is neither declared nor in state, and the error names the remedies."""
    ses.put(REGION, "example.com", "theirs.example.com")
    with pytest.raises(AnotherMailFromDomain) as refused:
        core.update(DECLARED, stated)
    for part in (
        "setting bounce.example.com as the MAIL FROM domain of example.com in us-east-1: another MAIL FROM domain"
        " is already set: theirs.example.com (status Success)",
        "Nothing was changed",
        "pulumi refresh",
        "overwrite=True",
        "mail_from_domain='theirs.example.com'",
    ):
        assert part in str(refused.value)
    assert "alias" not in str(refused.value)
    assert 0 == ses.journal.count(SET)


def test_update_overwrites(core: Core, ses: SesStandIn, lines: list[str]) -> None:
    """With overwrite, update replaces any domain, and shows a line that names it."""
    ses.put(REGION, "example.com", "theirs.example.com", status="TemporaryFailure")
    core.update(dataclasses.replace(DECLARED, options={"overwrite": True}), OLD)
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")
    (line,) = lines
    assert line.startswith(
        "us-east-1/example.com: overwrite: replaced theirs.example.com (status TemporaryFailure), which"
    )


@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize("found", ["shown.example.com", "managed.example.com"])
def test_update_replaces_a_known_domain_silently(
    core: Core,
    ses: SesStandIn,
    lines: list[str],
    overwrite: bool,  # noqa: FBT001
    found: str,
) -> None:
    """Update replaces a domain that is in state, or that this stack has set, without a line."""
    ses.put(REGION, "example.com", found)
    state = {**STATE, "mail_from_domain": "shown.example.com", "managed_mail_from_domain": "managed.example.com"}
    core.update(dataclasses.replace(DECLARED, options={"overwrite": overwrite}), state)
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")
    assert [] == lines


def test_drift_after_a_refresh(core: Core, ses: SesStandIn, lines: list[str]) -> None:
    """After a refresh has stored the drift, an update sets what is declared, and a delete clears it."""
    ses.put(REGION, "example.com", "theirs.example.com")
    refreshed = core.read(KEY, STATE)
    assert refreshed is not None
    assert ("theirs.example.com", "bounce.example.com") == (
        refreshed.outputs()["mail_from_domain"],
        refreshed.outputs()["managed_mail_from_domain"],
    )
    assert ["mail_from_domain"] == core.diff(refreshed.outputs(), refreshed.inputs() | {"mail_from_domain": BOUNCE})
    updated = core.update(DECLARED, refreshed.outputs())
    assert STATE == updated.outputs()
    core.delete(KEY, updated.outputs())
    assert ses.mail_from(REGION, "example.com") is None
    assert [] == lines


@pytest.mark.parametrize("version", ["0.1.0", "now"])
def test_delete_after_a_refresh_leaves_another_domain(
    core: Core, ses: SesStandIn, lines: list[str], version: str
) -> None:
    """Delete leaves a domain that this stack did not set, even if a refresh has stored it in state."""
    ses.put(REGION, "example.com", "theirs.example.com")
    state = {name: value for name, value in STATE.items() if version == "now" or name != "managed_mail_from_domain"}
    refreshed = core.read(KEY, state)
    assert refreshed is not None
    core.delete(KEY, refreshed.outputs())
    assert MailFrom("theirs.example.com", "UseDefaultValue", "Success") == ses.mail_from(REGION, "example.com")
    (line,) = lines
    assert line.startswith("us-east-1/example.com: left in place: theirs.example.com: ")
    assert 0 == ses.journal.count(SET)


def test_state_of_version_0_1_0(core: Core, ses: SesStandIn) -> None:
    """In state of version 0.1.0, mail_from_domain is what the stack has set, with or without a refresh."""
    ses.put(REGION, "example.com", "bounce.example.com")
    state = {name: value for name, value in STATE.items() if name != "managed_mail_from_domain"}
    refreshed = core.read(KEY, state)
    assert refreshed is not None
    assert "bounce.example.com" == refreshed.outputs()["managed_mail_from_domain"]
    core.delete(KEY, state)
    assert ses.mail_from(REGION, "example.com") is None


def test_update_without_a_difference(core: Core, ses: SesStandIn, lines: list[str]) -> None:
    """Update makes no Set if SES has what is declared, because a Set could reset the status to Pending."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Success")
    core.update(DECLARED, OLD)
    assert 0 == ses.journal.count(SET)
    assert [] == lines


def test_update_after_failed(core: Core, ses: SesStandIn) -> None:
    """Update sets a domain with the status Failed again, so that SES looks for the MX record again."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Failed")
    assert "Pending" == core.update(DECLARED, STATE).outputs()["mail_from_domain_status"]
    assert 1 == ses.journal.count(SET)


@pytest.mark.parametrize("status", ["Pending", "Success", "Failed", "TemporaryFailure", "Quarantined"])
def test_read(core: Core, ses: SesStandIn, status: str) -> None:
    """Read returns what SES has now, including a status that this package does not know."""
    ses.put(REGION, "example.com", "Other.Example.com", behavior="RejectMessage", status=status)
    state = core.read(KEY, {**STATE, "overwrite": True})
    assert state is not None
    expected = {
        "identity": "example.com",
        "mail_from_domain": "other.example.com",
        "behavior_on_mx_failure": "RejectMessage",
        "region": REGION,
        "overwrite": True,
    }
    assert expected == state.inputs()
    assert status == state.outputs()["mail_from_domain_status"]
    assert mail_from_dns_records("other.example.com", REGION) == state.outputs()["dns_records"]


@pytest.mark.parametrize(
    ("domain", "status", "expected"),
    [
        ("bounce.example.com", "Success", ["us-east-1/example.com: status Pending -> Success"]),
        ("bounce.example.com", "Pending", []),
        ("other.example.com", "Success", []),
    ],
)
def test_line_about_a_read_status(  # noqa: PLR0913, PLR0917 - fixtures and parameters
    core: Core, ses: SesStandIn, lines: list[str], domain: str, status: str, expected: list[str]
) -> None:
    """A read shows a new status in a line, because the engine shows the resource as unchanged."""
    ses.put(REGION, "example.com", domain, status=status)
    core.read(KEY, STATE)
    assert expected == lines


@pytest.mark.parametrize(
    "missing", [{"MailFromDomainStatus": None}, {"BehaviorOnMXFailure": None}, {"BehaviorOnMXFailure": "Bounce"}]
)
def test_read_with_missing_fields(core: Core, ses: SesStandIn, missing: dict[str, str | None]) -> None:
    """Read succeeds if SES leaves out fields or returns unknown values."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Pending")
    ses.inject(entries(missing), action=GET)
    state = core.read(KEY, STATE)
    assert state is not None
    assert "Pending" == state.found.status
    assert (missing.get("BehaviorOnMXFailure") or "UseDefaultValue") == state.found.behavior_on_mx_failure


@pytest.mark.parametrize("gone", ["MAIL FROM domain", "identity", "empty"])
def test_read_of_what_is_gone(core: Core, ses: SesStandIn, gone: str) -> None:
    """Read returns None if SES reports no MAIL FROM domain or no identity."""
    if gone == "identity":
        ses.delete_identity(REGION, "example.com")
    if gone == "empty":
        ses.inject(entries({"MailFromDomain": ""}), action=GET)
    assert core.read(KEY, STATE) is None


UNREADABLE = [
    pytest.param(error(403, "AccessDenied", "User: x is not authorized"), "AccessDenied", id="denied"),
    pytest.param(error(403, "ExpiredToken", "expired"), "have expired", id="expired"),
    pytest.param(THROTTLE, "one request per second", id="throttled"),
    pytest.param(INTERNAL_FAILURE, "a fault of the service", id="500"),
    pytest.param(DROP_BEFORE, "could not be reached", id="dropped"),
    pytest.param(garbage(), "a response that is not from AWS", id="garbage"),
]


@pytest.mark.parametrize(("effect", "part"), UNREADABLE)
def test_read_that_fails(core: Core, ses: SesStandIn, effect: Any, part: str) -> None:
    """A failed call in a read is an error, and never means that the MAIL FROM domain is gone."""
    ses.inject(effect, action=GET)
    with pytest.raises(CallFailed) as failed:
        core.read(KEY, STATE)
    text = str(failed.value)
    assert text.startswith("reading the MAIL FROM domain of example.com in us-east-1: ")
    assert part in text
    assert "hush" not in text  # no part of SECRET_KEY


@pytest.mark.parametrize(("effect", "part"), UNREADABLE)
def test_write_that_fails(core: Core, ses: SesStandIn, effect: Any, part: str) -> None:
    """A failed Set is an error that names the identity and the cause."""
    ses.inject(effect, action=SET)
    with pytest.raises(CallFailed) as failed:
        core.create(DECLARED)
    expected = "setting bounce.example.com as the MAIL FROM domain of example.com in us-east-1: "
    assert str(failed.value).startswith(expected)
    assert part in str(failed.value)


def test_a_set_without_a_response(core: Core, ses: SesStandIn, lines: list[str]) -> None:
    """A Set whose response was lost is an error, and the next create adopts what it set."""
    ses.inject(DROP_AFTER, action=SET, count=1)
    with pytest.raises(CallFailed):
        core.create(DECLARED)
    assert STATE == core.create(DECLARED).outputs()
    assert 1 == ses.journal.count(SET)
    assert 1 == len(lines)


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_sets_without_a_response_are_repeated(ses: SesStandIn, lines: list[str], fake_time: Time, retries: int) -> None:
    """A Set of unknown outcome is repeated as often as max_retries says, after pauses of 1, 2, 4 … seconds."""
    core = Core(Connections(settings(ses, max_retries=retries)), lines.append, fake_time)
    ses.inject(DROP_BEFORE, action=SET)
    with pytest.raises(CallFailed):
        core.create(DECLARED)
    assert retries + 1 == ses.journal.count(SET)
    assert [1, 2, 4][:retries] == fake_time.slept


def test_a_set_that_took_effect_without_a_response(ses: SesStandIn, lines: list[str], fake_time: Time) -> None:
    """If a Set of unknown outcome took effect, that is no adoption, and a verification waits for it."""
    core = Core(Connections(settings(ses, max_retries=1)), lines.append, fake_time)
    ses.rules.success_after = 0.0
    ses.inject(DROP_AFTER, action=SET, count=1)
    assert "Success" == core.create(DECLARED).found.status
    assert 1 == ses.journal.count(SET)
    assert core.lifecycle.is_unsettled(KEY)
    assert [] == lines


def test_cancel_after_a_set(core: Core, ses: SesStandIn, fake_time: Time) -> None:
    """If ^C interrupts the read after a Set, state has what was set."""

    def interrupt(_: float) -> None:
        raise Cancelled

    fake_time.on_sleep = interrupt
    ses.inject(THROTTLE, action=GET, skip=1)
    assert STATE == core.create(DECLARED).outputs()


def test_get(core: Core, ses: SesStandIn) -> None:
    """Get returns a MAIL FROM domain that is not in state, and what it finds counts as managed."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Success")
    assert {**STATE, "mail_from_domain_status": "Success"} == core.get(KEY).outputs()


def test_get_after_a_read(core: Core, ses: SesStandIn, fake_time: Time) -> None:
    """Get uses the answer to an earlier Get of this run, which is up to a minute old."""
    ses.put(REGION, "example.com", "bounce.example.com")
    for pause, gets in ((0, 1), (59, 1), (2, 2)):
        fake_time.sleep(pause)
        assert "bounce.example.com" == core.get(KEY).found.mail_from_domain
        assert gets == ses.journal.count(GET)


def test_get_of_what_was_set_in_this_run(core: Core, ses: SesStandIn, fake_time: Time) -> None:
    """Get finds what another resource, such as aws.ses.MailFrom, has set after a prefetch."""
    assert core.read(KEY, STATE) is None
    ses.put(REGION, "example.com", "bounce.example.com")
    fake_time.sleep(30)
    assert "bounce.example.com" == core.get(KEY).outputs()["mail_from_domain"]


@pytest.mark.parametrize("is_read", [True, False])
def test_delete_leaves_what_the_program_reads(
    core: Core,
    ses: SesStandIn,
    lines: list[str],
    is_read: bool,  # noqa: FBT001
) -> None:
    """If a resource becomes a `.get`, the delete of the old resource leaves the MAIL FROM domain."""
    ses.put(REGION, "example.com", "bounce.example.com")
    if is_read:
        core.get(KEY)
    core.delete(KEY, STATE)
    assert is_read == (ses.mail_from(REGION, "example.com") is not None)
    expected = (
        "us-east-1/example.com: left in place: bounce.example.com: another resource of this program declares this"
        " identity"
    )
    assert ([expected] if is_read else []) == lines


@pytest.mark.parametrize(
    ("identity", "reason"),
    [("example.com", "no MAIL FROM domain is set"), ("gone.example", "SES has no such identity")],
)
def test_get_of_nothing(core: Core, identity: str, reason: str) -> None:
    """Get raises an error that says what is missing."""
    with pytest.raises(MailFromDomainNotFound) as failed:
        core.get(Key(REGION, identity))
    assert str(failed.value).startswith(f"us-east-1/{identity}: there is nothing to read: {reason}. ")


def test_delete_clears(core: Core, ses: SesStandIn, lines: list[str]) -> None:
    """Delete sets the MAIL FROM domain to null."""
    ses.put(REGION, "example.com", "bounce.example.com")
    core.delete(KEY, STATE)
    assert ses.mail_from(REGION, "example.com") is None
    (call,) = ses.journal.calls(SET)
    assert "MailFromDomain" not in call.parameters
    assert [] == lines


@pytest.mark.parametrize("gone", ["MAIL FROM domain", "identity"])
def test_delete_of_what_is_gone(core: Core, ses: SesStandIn, gone: str) -> None:
    """Delete makes no Set if the MAIL FROM domain or the identity is gone."""
    if gone == "identity":
        ses.delete_identity(REGION, "example.com")
    core.delete(KEY, STATE)
    assert 0 == ses.journal.count(SET)


def test_identity_deleted_during_a_delete(core: Core, ses: SesStandIn) -> None:
    """Delete succeeds if the identity is deleted between its Get and its Set."""
    ses.put(REGION, "example.com", "bounce.example.com")
    ses.inject(run(lambda: ses.delete_identity(REGION, "example.com")), action=SET)
    core.delete(KEY, STATE)
    assert 1 == ses.journal.count(SET)


def test_delete_leaves_another_domain(core: Core, ses: SesStandIn, lines: list[str]) -> None:
    """Delete leaves a domain that this stack did not set, and shows a line."""
    ses.put(REGION, "example.com", "theirs.example.com")
    core.delete(KEY, STATE)
    assert MailFrom("theirs.example.com", "UseDefaultValue", "Success") == ses.mail_from(REGION, "example.com")
    expected = "us-east-1/example.com: left in place: theirs.example.com: this stack did not set it"
    assert [expected] == lines


def test_delete_leaves_what_the_program_declares(core: Core, ses: SesStandIn, lines: list[str]) -> None:
    """After a rename, the delete of the old resource leaves what the new one declares."""
    ses.put(REGION, "example.com", "bounce.example.com")
    assert [] == core.check({}, STATE)[1]
    core.delete(KEY, STATE)
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Success") == ses.mail_from(REGION, "example.com")
    assert ["another resource of this program declares this identity" in line for line in lines] == [True]


def test_a_rename_with_a_new_domain(core: Core, ses: SesStandIn, lines: list[str]) -> None:
    """If a rename also changes the domain, the create fails and the delete leaves the MAIL FROM domain."""
    ses.put(REGION, "example.com", "bounce.example.com")
    renamed = {**INPUTS, "mail_from_domain": "mail.example.com"}
    assert [] == core.check({}, renamed)[1]
    with pytest.raises(AnotherMailFromDomain, match=r"aliases=\["):
        core.create(dataclasses.replace(DECLARED, mail_from_domain="mail.example.com"))
    core.delete(KEY, STATE)
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Success") == ses.mail_from(REGION, "example.com")
    assert ["another resource of this program declares this identity" in line for line in lines] == [True]
    assert 0 == ses.journal.count(SET)


def test_diff_and_read_declare_nothing(core: Core, ses: SesStandIn) -> None:
    """Delete clears a MAIL FROM domain after diff and read, which a refresh also calls before a destroy."""
    ses.put(REGION, "example.com", "bounce.example.com")
    core.read(KEY, STATE)
    core.diff(STATE, STATE)
    core.delete(KEY, STATE)
    assert ses.mail_from(REGION, "example.com") is None


@pytest.mark.parametrize("operation", ["diff", "read", "update", "delete"])
def test_another_account(ses: SesStandIn, lines: list[str], operation: str) -> None:
    """With credentials of another account, each operation fails without a call for MAIL FROM domains."""
    ses.credentials.accounts["AKIDOTHER"] = "999999999999"
    core = Core(Connections(settings(ses, access_key="AKIDOTHER")), lines.append)
    operations: dict[str, Any] = {
        "diff": lambda: core.diff(STATE, STATE),
        "read": lambda: core.read(KEY, STATE),
        "update": lambda: core.update(DECLARED, STATE),
        "delete": lambda: core.delete(KEY, STATE),
    }
    with pytest.raises(WrongAccount, match=r"account 999999999999, .* account 123456789012\. Nothing was changed"):
        operations[operation]()
    assert 0 == ses.journal.count(GET) + ses.journal.count(SET)


@pytest.mark.parametrize(
    ("accounts", "allowed"),
    [
        ({"allowed_account_ids": frozenset({"123456789012"})}, True),
        ({"allowed_account_ids": frozenset({"999999999999"})}, False),
        ({"forbidden_account_ids": frozenset({"123456789012"})}, False),
        ({"forbidden_account_ids": frozenset({"999999999999"})}, True),
    ],
)
def test_allowed_accounts(ses: SesStandIn, lines: list[str], accounts: dict[str, Any], allowed: bool) -> None:  # noqa: FBT001
    """aws:allowedAccountIds and aws:forbiddenAccountIds are checked before the first write."""
    core = Core(Connections(settings(ses, **accounts)), lines.append)
    if allowed:
        core.create(DECLARED)
    else:
        with pytest.raises(WrongAccount, match="aws:allowedAccountIds"):
            core.create(DECLARED)
    assert int(allowed) == ses.journal.count(SET)


def test_allowed_accounts_without_sts(ses: SesStandIn, lines: list[str]) -> None:
    """If the account cannot be determined, a list of allowed accounts is an error."""
    ses.deny("GetCallerIdentity")
    core = Core(Connections(settings(ses, allowed_account_ids=frozenset({"123456789012"}))), lines.append)
    with pytest.raises(WrongAccount, match="STS answered AccessDenied"):
        core.create(DECLARED)
    assert 0 == ses.journal.count(SET)


def test_without_sts(core: Core, ses: SesStandIn) -> None:
    """Without STS, operations succeed, STS is called once, and state keeps its account."""
    ses.deny("GetCallerIdentity")
    assert core.create(DECLARED).account_id is None
    state = core.read(KEY, STATE)
    assert state is not None
    assert "123456789012" == state.account_id
    assert 1 == ses.journal.count("GetCallerIdentity")


def test_skip_requesting_account_id(ses: SesStandIn, lines: list[str]) -> None:
    """With aws:skipRequestingAccountId, STS is not called."""
    core = Core(Connections(settings(ses, ask_account=False)), lines.append)
    assert core.create(DECLARED).account_id is None
    assert 0 == ses.journal.count("GetCallerIdentity")
