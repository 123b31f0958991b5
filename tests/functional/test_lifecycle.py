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


def test_create_sets(core: Core, ses: SesStandIn, said: list[str]) -> None:
    """A setting that is not there is set, and state says what SES then says."""
    state = core.create(DECLARED)
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")
    assert STATE == state.outputs()
    assert [GET, SET, GET] == [call.action for call in ses.journal.calls() if call.action in (GET, SET)]
    assert [] == said


def test_create_adopts(core: Core, ses: SesStandIn, said: list[str]) -> None:
    """What is there as declared is taken over without a Set, and that is said."""
    ses.put(REGION, "example.com", "Bounce.Example.com", status="Success")
    assert {**STATE, "mail_from_domain_status": "Success"} == core.create(DECLARED).outputs()
    assert 0 == ses.journal.count(SET)
    expected = "us-east-1/example.com: adopted: bounce.example.com is already its MAIL FROM domain (status Success)"
    assert [expected] == said


@pytest.mark.parametrize(("behavior", "status"), [("RejectMessage", "Success"), ("UseDefaultValue", "Failed")])
def test_create_sets_what_differs(core: Core, ses: SesStandIn, behavior: str, status: str) -> None:
    """The same domain with another behavior, or one that SES has given up on, is set."""
    ses.put(REGION, "example.com", "bounce.example.com", behavior=behavior, status=status)
    core.create(DECLARED)
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")


def test_create_refuses_anothers(core: Core, ses: SesStandIn) -> None:
    """Another domain is not overwritten; the message names it, overwrite, and the alias."""
    ses.put(REGION, "example.com", "theirs.example.com")
    with pytest.raises(AnotherMailFromDomain) as refused:
        core.create(DECLARED)
    for part in ("theirs.example.com (status Success)", "overwrite=True", "aliases=[", "Nothing was changed"):
        assert part in str(refused.value)
    assert 0 == ses.journal.count(SET)


def test_create_overwrites_if_told_to(core: Core, ses: SesStandIn, said: list[str]) -> None:
    """With overwrite, another domain is replaced, and a line says which."""
    ses.put(REGION, "example.com", "theirs.example.com")
    state = core.create(dataclasses.replace(DECLARED, options={"overwrite": True})).outputs()
    assert (True, "bounce.example.com") == (state["overwrite"], state["managed_mail_from_domain"])
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")
    (line,) = said
    assert line.startswith("us-east-1/example.com: overwrite: replaced theirs.example.com (status Success), which")


def test_create_for_an_address(core: Core, ses: SesStandIn) -> None:
    """An e-mail identity is addressed with the case of its local part."""
    ses.verify(REGION, "Jane@example.com")
    core.create(dataclasses.replace(DECLARED, key=Key(REGION, "Jane@example.com")))
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "Jane@example.com")
    assert ses.mail_from(REGION, "example.com") is None


def test_create_waits_for_a_new_identity(core: Core, ses: SesStandIn, fake_time: Time) -> None:
    """SES takes a while to know an identity that was created just now."""
    ses.delete_identity(REGION, "example.com")
    ses.verify(REGION, "example.com", lag=10)
    core.create(DECLARED)
    assert [1, 2, 4, 8] == fake_time.slept
    assert 1 == ses.journal.count(SET)


def test_create_waits_when_only_set_does_not_know_it_yet(core: Core, ses: SesStandIn, fake_time: Time) -> None:
    """Get may know an identity before Set does."""
    text = "Identity <example.com> does not exist."
    ses.inject(error(400, "InvalidParameterValue", text), action=SET, count=2)
    core.create(DECLARED)
    assert [1, 2] == fake_time.slept


def test_create_gives_up_on_an_unknown_identity(core: Core, ses: SesStandIn, fake_time: Time) -> None:
    """After 30 s the error says how to verify the identity."""
    ses.delete_identity(REGION, "example.com")
    with pytest.raises(
        IdentityNotFound, match=r"SES does not know that identity, after 30 s\. .*aws\.ses\.DomainIdentity"
    ):
        core.create(DECLARED)
    assert 30 == sum(fake_time.slept)


def test_rejection_is_said(core: Core, ses: SesStandIn, said: list[str]) -> None:
    """RejectMessage on a domain that is not verified stops mail: that is said; on a verified one it is not."""
    core.create(dataclasses.replace(DECLARED, behavior_on_mx_failure="RejectMessage"))
    assert ["RejectMessage: SES rejects all mail" in line for line in said] == [True]
    ses.verify(REGION, "example.org")
    ses.put(REGION, "example.org", "b.example.org", behavior="RejectMessage", status="Success")
    core.create(Declaration(Key(REGION, "example.org"), "b.example.org", "RejectMessage"))
    assert not any("example.org: RejectMessage" in line for line in said)


@pytest.mark.parametrize(
    ("effects", "status"),
    [((error(403, "AccessDenied", "no"),), "Pending"), ((run(lambda: None),), "Pending")],
)
def test_a_set_is_not_forgotten(core: Core, ses: SesStandIn, effects: Any, status: str) -> None:
    """If SES cannot be asked after it took a Set, state has what was set."""
    ses.inject(*effects, action=GET, skip=1)
    assert {**STATE, "mail_from_domain_status": status} == core.create(DECLARED).outputs()


def test_a_get_that_lags_behind(core: Core, ses: SesStandIn) -> None:
    """If SES still answers the old domain after it took a Set, state has what was set."""
    ses.inject(entries({"MailFromDomain": "old.example.com", "MailFromDomainStatus": "Success"}), action=GET, skip=1)
    assert STATE == core.create(DECLARED).outputs()


@pytest.mark.parametrize("behind", [{"BehaviorOnMXFailure": "RejectMessage"}, {"MailFromDomainStatus": "Failed"}])
def test_a_get_behind_a_set_says_nothing_about_it(
    core: Core, ses: SesStandIn, said: list[str], behind: dict[str, str | None]
) -> None:
    """The old behavior, or the status of the set-up that was given up, is of the time before: state has neither."""
    values = {"behavior": "RejectMessage"} if "BehaviorOnMXFailure" in behind else {"status": "Failed"}
    ses.put(REGION, "example.com", "bounce.example.com", **values)
    ses.inject(entries({"MailFromDomain": "bounce.example.com", **behind}), action=GET, skip=1)
    assert STATE == core.update(DECLARED, STATE).outputs()
    assert 1 == ses.journal.count(SET)
    assert [] == said


OLD = {**STATE, "mail_from_domain": "old.example.com", "managed_mail_from_domain": "old.example.com"}


@pytest.mark.parametrize("found", ["old.example.com", None])
def test_update_sets(core: Core, ses: SesStandIn, said: list[str], found: str | None) -> None:
    """What differs is set in place, also if it has been cleared meanwhile."""
    if found:
        ses.put(REGION, "example.com", found)
    assert STATE == core.update(DECLARED, OLD).outputs()
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")
    assert [] == said


@pytest.mark.parametrize("stated", [OLD, {**OLD, "managed_mail_from_domain": None}])
def test_update_refuses_what_no_preview_has_shown(core: Core, ses: SesStandIn, stated: dict[str, Any]) -> None:
    """A domain that is neither declared nor in state is not overwritten; the message says how to go on."""
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


def test_update_overwrites_if_told_to(core: Core, ses: SesStandIn, said: list[str]) -> None:
    """With overwrite, what nobody has seen is replaced, and a line says what it was."""
    ses.put(REGION, "example.com", "theirs.example.com", status="TemporaryFailure")
    core.update(dataclasses.replace(DECLARED, options={"overwrite": True}), OLD)
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")
    (line,) = said
    assert line.startswith(
        "us-east-1/example.com: overwrite: replaced theirs.example.com (status TemporaryFailure), which"
    )


@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize("found", ["shown.example.com", "managed.example.com"])
def test_update_replaces_ours_without_a_word(
    core: Core,
    ses: SesStandIn,
    said: list[str],
    overwrite: bool,  # noqa: FBT001
    found: str,
) -> None:
    """What state shows, or what this stack has set, may be replaced; that is no takeover."""
    ses.put(REGION, "example.com", found)
    state = {**STATE, "mail_from_domain": "shown.example.com", "managed_mail_from_domain": "managed.example.com"}
    core.update(dataclasses.replace(DECLARED, options={"overwrite": overwrite}), state)
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")
    assert [] == said


def test_drift_that_a_refresh_has_shown_is_repaired_and_destroyed(core: Core, ses: SesStandIn, said: list[str]) -> None:
    """A refresh shows it, the next up sets what is declared, and that is then ours to clear."""
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
    assert [] == said


@pytest.mark.parametrize("version", ["0.1.0", "now"])
def test_delete_after_a_refresh_leaves_anothers(core: Core, ses: SesStandIn, said: list[str], version: str) -> None:
    """That a refresh shows somebody else's domain does not make it ours, also in state of version 0.1.0."""
    ses.put(REGION, "example.com", "theirs.example.com")
    state = {name: value for name, value in STATE.items() if version == "now" or name != "managed_mail_from_domain"}
    refreshed = core.read(KEY, state)
    assert refreshed is not None
    core.delete(KEY, refreshed.outputs())
    assert MailFrom("theirs.example.com", "UseDefaultValue", "Success") == ses.mail_from(REGION, "example.com")
    (line,) = said
    assert line.startswith("us-east-1/example.com: left in place: theirs.example.com: ")
    assert 0 == ses.journal.count(SET)


def test_state_of_version_0_1_0(core: Core, ses: SesStandIn) -> None:
    """What it says is set is what the stack has set: a refresh says so, and without one it is cleared."""
    ses.put(REGION, "example.com", "bounce.example.com")
    state = {name: value for name, value in STATE.items() if name != "managed_mail_from_domain"}
    refreshed = core.read(KEY, state)
    assert refreshed is not None
    assert "bounce.example.com" == refreshed.outputs()["managed_mail_from_domain"]
    core.delete(KEY, state)
    assert ses.mail_from(REGION, "example.com") is None


def test_update_leaves_alone_what_is_as_declared(core: Core, ses: SesStandIn, said: list[str]) -> None:
    """An update that changes nothing in SES makes no Set, which could put Success back to Pending."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Success")
    core.update(DECLARED, OLD)
    assert 0 == ses.journal.count(SET)
    assert [] == said


def test_update_restarts_a_failed_set_up(core: Core, ses: SesStandIn) -> None:
    """Only a new Set makes SES look for the MX record again."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Failed")
    assert "Pending" == core.update(DECLARED, STATE).outputs()["mail_from_domain_status"]
    assert 1 == ses.journal.count(SET)


@pytest.mark.parametrize("status", ["Pending", "Success", "Failed", "TemporaryFailure", "Quarantined"])
def test_read(core: Core, ses: SesStandIn, status: str) -> None:
    """State gets what SES says now; a status that does not exist yet is passed on."""
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
    "missing", [{"MailFromDomainStatus": None}, {"BehaviorOnMXFailure": None}, {"BehaviorOnMXFailure": "Bounce"}]
)
def test_read_of_an_entry_with_keys_missing(core: Core, ses: SesStandIn, missing: dict[str, str | None]) -> None:
    """Fields that SES leaves out, or values that it does not have yet, are no reason to fail."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Pending")
    ses.inject(entries(missing), action=GET)
    state = core.read(KEY, STATE)
    assert state is not None
    assert "Pending" == state.found.status
    assert (missing.get("BehaviorOnMXFailure") or "UseDefaultValue") == state.found.behavior_on_mx_failure


@pytest.mark.parametrize("gone", ["setting", "identity", "empty"])
def test_read_of_what_is_gone(core: Core, ses: SesStandIn, gone: str) -> None:
    """Only SES's own word that there is nothing makes it gone."""
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
    """A call that fails proves nothing: it is an error, never "gone"."""
    ses.inject(effect, action=GET)
    with pytest.raises(CallFailed) as failed:
        core.read(KEY, STATE)
    text = str(failed.value)
    assert text.startswith("reading the MAIL FROM domain of example.com in us-east-1: ")
    assert part in text
    assert "hush" not in text


@pytest.mark.parametrize(("effect", "part"), UNREADABLE)
def test_write_that_fails(core: Core, ses: SesStandIn, effect: Any, part: str) -> None:
    """A Set that fails says so in the same way."""
    ses.inject(effect, action=SET)
    with pytest.raises(CallFailed) as failed:
        core.create(DECLARED)
    expected = "setting bounce.example.com as the MAIL FROM domain of example.com in us-east-1: "
    assert str(failed.value).startswith(expected)
    assert part in str(failed.value)


def test_a_set_that_took_effect_unheard(core: Core, ses: SesStandIn, said: list[str]) -> None:
    """A Set whose answer was lost is an error now, and adopted by the next up."""
    ses.inject(DROP_AFTER, action=SET, count=1)
    with pytest.raises(CallFailed):
        core.create(DECLARED)
    assert STATE == core.create(DECLARED).outputs()
    assert 1 == ses.journal.count(SET)
    assert 1 == len(said)


def test_what_is_set_gets_into_state_although_the_user_interrupts(core: Core, ses: SesStandIn, fake_time: Time) -> None:
    """^C while SES is asked for the status of what was just set does not lose what was set."""

    def interrupt(_: float) -> None:
        raise Cancelled

    fake_time.on_sleep = interrupt
    ses.inject(THROTTLE, action=GET, skip=1)
    assert STATE == core.create(DECLARED).outputs()


def test_get_of_what_is_there(core: Core, ses: SesStandIn) -> None:
    """A setting that no state knows can be read; what is found is taken for managed."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Success")
    assert {**STATE, "mail_from_domain_status": "Success"} == core.get(KEY).outputs()


def test_get_of_what_was_set_in_this_run(core: Core, ses: SesStandIn, fake_time: Time) -> None:
    """What another resource of the program (aws.ses.MailFrom) has just set is there, whatever was prefetched before."""
    assert core.read(KEY, STATE) is None
    ses.put(REGION, "example.com", "bounce.example.com")
    fake_time.sleep(30)
    assert "bounce.example.com" == core.get(KEY).outputs()["mail_from_domain"]


@pytest.mark.parametrize("is_read", [True, False])
def test_delete_leaves_what_the_program_reads(
    core: Core,
    ses: SesStandIn,
    said: list[str],
    is_read: bool,  # noqa: FBT001
) -> None:
    """A resource that becomes a `.get` is deleted after it was read: the setting stays for the `.get`."""
    ses.put(REGION, "example.com", "bounce.example.com")
    if is_read:
        core.get(KEY)
    core.delete(KEY, STATE)
    assert is_read == (ses.mail_from(REGION, "example.com") is not None)
    assert is_read == any(
        "left in place: bounce.example.com: another resource of this program" in line for line in said
    )


@pytest.mark.parametrize(
    ("identity", "reason"), [("example.com", "no MAIL FROM domain is set"), ("gone.example", "no such identity")]
)
def test_get_of_what_is_not_there(core: Core, identity: str, reason: str) -> None:
    """There is nothing to get: that is an error, which says why."""
    with pytest.raises(MailFromDomainNotFound, match=reason):
        core.get(Key(REGION, identity))


def test_delete_clears(core: Core, ses: SesStandIn, said: list[str]) -> None:
    """The MAIL FROM domain is set to null."""
    ses.put(REGION, "example.com", "bounce.example.com")
    core.delete(KEY, STATE)
    assert ses.mail_from(REGION, "example.com") is None
    (call,) = ses.journal.calls(SET)
    assert "MailFromDomain" not in call.parameters
    assert [] == said


@pytest.mark.parametrize("gone", ["setting", "identity"])
def test_delete_of_what_is_gone(core: Core, ses: SesStandIn, gone: str) -> None:
    """Nothing is left to do."""
    if gone == "identity":
        ses.delete_identity(REGION, "example.com")
    core.delete(KEY, STATE)
    assert 0 == ses.journal.count(SET)


def test_delete_while_the_identity_goes(core: Core, ses: SesStandIn) -> None:
    """An identity that goes between the look and the Set takes its setting along."""
    ses.put(REGION, "example.com", "bounce.example.com")
    ses.inject(run(lambda: ses.delete_identity(REGION, "example.com")), action=SET)
    core.delete(KEY, STATE)
    assert 1 == ses.journal.count(SET)


def test_delete_leaves_anothers(core: Core, ses: SesStandIn, said: list[str]) -> None:
    """Another domain than this state's is somebody else's."""
    ses.put(REGION, "example.com", "theirs.example.com")
    core.delete(KEY, STATE)
    assert MailFrom("theirs.example.com", "UseDefaultValue", "Success") == ses.mail_from(REGION, "example.com")
    expected = "us-east-1/example.com: left in place: theirs.example.com: this stack did not set it"
    assert [expected] == said


def test_delete_leaves_what_the_program_declares(core: Core, ses: SesStandIn, said: list[str]) -> None:
    """After a rename, the old name's delete leaves what the new name has."""
    ses.put(REGION, "example.com", "bounce.example.com")
    assert [] == core.check({}, STATE)[1]
    core.delete(KEY, STATE)
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Success") == ses.mail_from(REGION, "example.com")
    assert ["another resource of this program declares this identity" in line for line in said] == [True]


def test_a_rename_with_a_new_domain(core: Core, ses: SesStandIn, said: list[str]) -> None:
    """The new name's create is refused, and the old name's delete leaves the setting: nothing is lost."""
    ses.put(REGION, "example.com", "bounce.example.com")
    renamed = {**INPUTS, "mail_from_domain": "mail.example.com"}
    assert [] == core.check({}, renamed)[1]
    with pytest.raises(AnotherMailFromDomain, match=r"aliases=\["):
        core.create(dataclasses.replace(DECLARED, mail_from_domain="mail.example.com"))
    core.delete(KEY, STATE)
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Success") == ses.mail_from(REGION, "example.com")
    assert ["another resource of this program declares this identity" in line for line in said] == [True]
    assert 0 == ses.journal.count(SET)


def test_diff_and_read_claim_nothing(core: Core, ses: SesStandIn) -> None:
    """A refresh calls diff and read of what is then destroyed: it must be cleared all the same."""
    ses.put(REGION, "example.com", "bounce.example.com")
    core.read(KEY, STATE)
    core.diff(STATE, STATE)
    core.delete(KEY, STATE)
    assert ses.mail_from(REGION, "example.com") is None


@pytest.mark.parametrize("operation", ["diff", "read", "update", "delete"])
def test_another_account(ses: SesStandIn, said: list[str], operation: str) -> None:
    """With credentials of another account nothing is done, and no resource is dropped."""
    ses.credentials.accounts["AKIDOTHER"] = "999999999999"
    core = Core(Connections(settings(ses, access_key="AKIDOTHER")), said.append)
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
def test_allowed_accounts(ses: SesStandIn, said: list[str], accounts: dict[str, Any], allowed: bool) -> None:  # noqa: FBT001
    """aws:allowedAccountIds and aws:forbiddenAccountIds hold before the first write."""
    core = Core(Connections(settings(ses, **accounts)), said.append)
    if allowed:
        core.create(DECLARED)
    else:
        with pytest.raises(WrongAccount, match="aws:allowedAccountIds"):
            core.create(DECLARED)
    assert int(allowed) == ses.journal.count(SET)


def test_allowed_accounts_without_an_answer_of_sts(ses: SesStandIn, said: list[str]) -> None:
    """If whose account it is cannot be known, a list of allowed accounts cannot be honoured."""
    ses.deny("GetCallerIdentity")
    core = Core(Connections(settings(ses, allowed_account_ids=frozenset({"123456789012"}))), said.append)
    with pytest.raises(WrongAccount, match="STS answered AccessDenied"):
        core.create(DECLARED)
    assert 0 == ses.journal.count(SET)


def test_without_an_answer_of_sts(core: Core, ses: SesStandIn) -> None:
    """Where STS cannot be asked, everything works; it is asked once, and state keeps the account that it has."""
    ses.deny("GetCallerIdentity")
    assert core.create(DECLARED).account_id is None
    state = core.read(KEY, STATE)
    assert state is not None
    assert "123456789012" == state.account_id
    assert 1 == ses.journal.count("GetCallerIdentity")


def test_sts_need_not_be_asked(ses: SesStandIn, said: list[str]) -> None:
    """aws:skipRequestingAccountId is followed."""
    core = Core(Connections(settings(ses, ask_account=False)), said.append)
    assert core.create(DECLARED).account_id is None
    assert 0 == ses.journal.count("GetCallerIdentity")
