"""Many MAIL FROM domains at the rate limit of SES: how many reads they take, and changes by others meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.engine import REGION, Stack
from support.stand_in import THROTTLE, MailFrom, SesStandIn, run

from .programs import declare, declare_each, nothing

pytestmark = pytest.mark.usefixtures("front_end")

GET, SET = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain"


def _customers(number: int) -> list[str]:
    return [f"customer-{index}.example" for index in range(number)]


def test_few_reads(stack: Stack, ses: SesStandIn) -> None:
    """An up and a destroy of N resources make about N/3 Gets, which leaves most of the quota to other clients."""
    identities = _customers(20)
    ses.verify(REGION, *identities)
    ses.rate = 5.0
    stack.config("ses-mail-from:requestsPerSecond", "5")
    for program in (declare_each(identities), nothing):
        ses.journal.clear()
        stack.up(program, parallel=64).done()
        assert len(identities) == ses.journal.count(SET, "OK")
        assert ses.journal.count(GET) <= len(identities) / 3 + 3
        assert ses.journal.throttled() <= 4


@pytest.mark.parametrize("operation", ["up", "destroy"])
def test_taken_over_while_a_write_waits(stack: Stack, ses: SesStandIn, operation: str) -> None:
    """A MAIL FROM domain that another client set more than 5 s before a queued write is not overwritten or cleared."""
    identities = _customers(11)
    ses.verify(REGION, *identities)
    if operation == "destroy":
        stack.up(declare_each(identities), parallel=64).done()
    ses.journal.clear()
    taken_at: list[float] = []

    def take_over() -> None:
        """Set another MAIL FROM domain for all identities that are not written yet."""
        taken_at.append(ses.now())
        written = {identity for call in ses.journal.calls(SET) for identity in call.identities}
        for identity in set(identities) - written:
            ses.put(REGION, identity, f"theirs.{identity}")

    ses.rate = 1.0
    fault = ses.inject(run(take_over), action=SET, skip=4, count=1)
    if operation == "up":
        refused = stack.up(declare_each(identities), parallel=64, continue_on_error=True).failed()
        assert "another MAIL FROM domain is already set: theirs.customer-" in refused
    else:
        assert "left in place: theirs.customer-" in stack.destroy(parallel=64).done()
    assert 1 == fault.hits
    assert [] == [call for call in ses.journal.calls(SET, "OK") if call.time > taken_at[0] + 5.5]
    theirs = [ses.mail_from(REGION, identity) for identity in identities]
    assert [one for one in theirs if one and one.domain.startswith("theirs.")]


@pytest.mark.parametrize("operation", ["up", "destroy"])
def test_taken_over_while_a_write_is_throttled(stack: Stack, ses: SesStandIn, operation: str) -> None:
    """After a throttled write, SES is read again before the next attempt, so a change by another client stays."""
    if operation == "destroy":
        stack.up(declare()).done()

    def take_over() -> None:
        ses.put(REGION, "example.com", "theirs.example.com")

    fault = ses.inject(replace(THROTTLE, hook=take_over), action=SET, count=1)
    ses.journal.clear()
    if operation == "up":
        assert "another MAIL FROM domain is already set: theirs.example.com" in stack.up(declare()).failed()
    else:
        assert "left in place: theirs.example.com" in stack.destroy().done()
    assert 1 == fault.hits == ses.journal.count(SET)
    assert MailFrom("theirs.example.com", "UseDefaultValue", "Success") == ses.mail_from(REGION, "example.com")
