"""The account of the credentials, if STS works in one region and fails in another."""

from __future__ import annotations

import pytest

from pulumi_ses_mail_from_provider.rules.errors import CallFailed, WrongAccount
from pulumi_ses_mail_from_provider.rules.model import Key
from pulumi_ses_mail_from_provider.ses.connections import Connections
from support.core import Core, Verifications
from support.stand_in import SesStandIn, error

from .conftest import KEY, REGION, Time, settings
from .test_lifecycle import DECLARED, INPUTS, SET, STATE

CALLER = "GetCallerIdentity"
WEST = "eu-west-1"
DENIED = error(403, "AccessDenied", "User: x is not authorized to perform: sts:GetCallerIdentity")


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
