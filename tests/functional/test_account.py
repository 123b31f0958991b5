"""The account of the credentials, if STS works in one region and fails in another."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_ses_mail_from_provider.operations.account_guard import AccountGuard
from pulumi_ses_mail_from_provider.rules.errors import CallFailed, Remedy, WrongAccount
from pulumi_ses_mail_from_provider.rules.model import Key
from pulumi_ses_mail_from_provider.rules.notices import AccountGuardOff, Notice
from pulumi_ses_mail_from_provider.ses.connections import Connections
from support.core import Core, Verifications
from support.stand_in import SesStandIn, error

from .conftest import KEY, REGION, Time, settings
from .test_lifecycle import DECLARED, INPUTS, SET, STATE

CALLER = "GetCallerIdentity"
WEST = "eu-west-1"
DENIED = error(403, "AccessDenied", "User: x is not authorized to perform: sts:GetCallerIdentity")


OURS, OTHERS = "123456789012", "999999999999"
NOT_ALLOWED = (
    f"us-east-1/example.com: the credentials belong to account {OURS}, which is not allowed. Nothing was changed"
)


@pytest.mark.parametrize(
    ("accounts", "stated", "message", "remedy", "known"),
    [
        ({"allowed_account_ids": frozenset({OTHERS})}, None, NOT_ALLOWED, Remedy.USE_ALLOWED_ACCOUNT, (OURS, None)),
        ({"forbidden_account_ids": frozenset({OURS})}, OURS, NOT_ALLOWED, Remedy.USE_ALLOWED_ACCOUNT, (OURS, None)),
        (
            {},
            OTHERS,
            f"us-east-1/example.com: the credentials belong to account {OURS}, but state has this MAIL FROM domain in"
            f" account {OTHERS}. Nothing was changed",
            Remedy.USE_ACCOUNT_IN_STATE,
            (OURS, OTHERS),
        ),
    ],
    ids=["not allowed", "forbidden", "not that of state"],
)
def test_wrong_account(  # noqa: PLR0913, PLR0917 - parameters
    ses: SesStandIn,
    accounts: dict[str, Any],
    stated: str | None,
    message: str,
    remedy: Remedy,
    known: tuple[str | None, str | None],
) -> None:
    """The error names the MAIL FROM domain and the accounts, in words and as fields for the front end."""
    notices: list[Notice] = []
    with pytest.raises(WrongAccount) as refused:
        AccountGuard(Connections(settings(ses, **accounts)), notices.append).check(KEY, stated)
    error = refused.value
    assert (message, remedy, KEY, None) == (str(error), error.remedy, error.key, error.failure)
    assert known == (error.account, error.stated_account)
    assert [] == notices


@pytest.mark.parametrize("accounts", ["allowed_account_ids", "forbidden_account_ids"])
def test_unknown_account(ses: SesStandIn, accounts: str) -> None:
    """If only certain accounts may be used and STS fails, the error has the reason."""
    ses.deny(CALLER)
    connections = Connections(settings(ses, **{accounts: frozenset({OTHERS})}))
    with pytest.raises(WrongAccount) as refused:
        AccountGuard(connections, lambda _: None).check(KEY, OURS)
    error = refused.value
    assert str(error) == (
        "us-east-1/example.com: only certain accounts may be used, but the account ID of the credentials could not be"
        " determined"
    )
    assert (KEY, Remedy.CORRECT_ALLOWED_ACCOUNTS, None, None) == (
        error.key,
        error.remedy,
        error.account,
        error.stated_account,
    )
    assert error.failure is connections.account(REGION)


def test_unknown_account_without_a_list(ses: SesStandIn) -> None:
    """If any account may be used and STS fails, the account in state stays, and a notice has the reason."""
    ses.deny(CALLER)
    notices: list[Notice] = []
    connections = Connections(settings(ses))
    assert OURS == AccountGuard(connections, notices.append).check(KEY, OURS)
    failure = connections.account(REGION)
    assert isinstance(failure, CallFailed)
    assert [AccountGuardOff(REGION, failure)] == notices


def test_an_error_counts_for_its_region_only(ses: SesStandIn) -> None:
    """After an error of STS, the same region is not called again, and another region is."""
    connections = Connections(settings(ses))
    fault = ses.inject(DENIED, action=CALLER, count=1)
    for _ in range(2):
        assert isinstance(connections.account(REGION), CallFailed)
    assert "123456789012" == connections.account(WEST)
    assert [REGION, WEST] == [call.region for call in ses.journal.calls(CALLER)]
    assert 1 == fault.hits


def test_a_known_account_counts_for_all_regions(ses: SesStandIn) -> None:
    """Once the account is known, STS is not called again, not even in a region where it failed before."""
    connections = Connections(settings(ses))
    ses.inject(DENIED, action=CALLER, count=1)
    assert isinstance(connections.account(REGION), CallFailed)
    for region in (WEST, REGION, "ap-south-1"):
        assert "123456789012" == connections.account(region)
    assert 2 == ses.journal.count(CALLER)


def test_the_guard_in_other_regions(ses: SesStandIn, lines: list[str], fake_time: Time) -> None:
    """A region without STS does not switch the guard off for other regions."""
    ses.credentials.accounts["AKIDOTHER"] = "999999999999"
    core = Core(Connections(settings(ses, access_key="AKIDOTHER")), lines.append, fake_time)
    fault = ses.inject(DENIED, action=CALLER, count=1)
    core.diff({**STATE, "mail_from_domain_status": "Success"}, INPUTS)
    with pytest.raises(WrongAccount, match="account 999999999999"):
        core.delete(Key(WEST, "example.com"), {**STATE, "region": WEST})
    with pytest.raises(WrongAccount, match="account 999999999999"):
        core.delete(KEY, STATE)
    assert (1, 0) == (fault.hits, ses.journal.count(SET))


def test_lines_about_the_guard(core: Core, ses: SesStandIn, lines: list[str]) -> None:
    """One line for each region reports that the guard is off and why, and state keeps its account."""
    fault = ses.inject(DENIED, action=CALLER)
    assert core.create(DECLARED).account_id is None
    state = core.update(DECLARED, STATE)
    assert core.read(Key(WEST, "example.com"), {**STATE, "region": WEST}) is None
    off = [line for line in lines if "the account guard is off" in line]
    assert [
        f"the account guard is off in {region}: determining the account ID of the credentials"
        for region in (REGION, WEST)
    ] == [line.partition(": STS answered AccessDenied")[0] for line in off]
    assert ("123456789012", 2) == (state.account_id, fault.hits)


def test_a_wait_over_regions(core: Core, ses: SesStandIn) -> None:
    """The account of a wait is that of any region in which STS works."""
    for region in (REGION, WEST):
        ses.verify(region, "example.com")
        ses.put(region, "example.com", "bounce.example.com")
    fault = ses.inject(DENIED, action=CALLER, count=1)
    domains = [{**INPUTS, "region": region} for region in (REGION, WEST)]
    outputs = Verifications(core, lambda _, __: ()).create({"mail_from_domains": domains, "timeout": "0s"})
    assert ("123456789012", 1) == (outputs["account_id"], fault.hits)
