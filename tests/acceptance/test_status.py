"""The status in SES: how it reaches state, and what happens after Failed."""

from __future__ import annotations

import pytest

from support.engine import REGION, Stack
from support.stand_in import MailFrom, SesStandIn, error

from .programs import declare, declare_each

pytestmark = pytest.mark.usefixtures("front_end")

GET, SET = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain"
PENDING = MailFrom("bounce.example.com", "UseDefaultValue", "Pending")
VERIFIED = MailFrom("bounce.example.com", "UseDefaultValue", "Success")
CHANGED = "us-east-1/example.com: status Pending -> Success"
FAILED = "us-east-1/example.com: status Failed: SES did not find the MX record of bounce.example.com"


def test_refresh_stores_the_status(stack: Stack, ses: SesStandIn) -> None:
    """A refresh stores a new status and reports it in a line, and it does not count as a change."""
    stack.up(declare()).done()
    ses.set_status(REGION, "example.com", "Success")
    assert CHANGED in stack.refresh(expect_no_changes=True).done()
    assert "Success" == stack.outputs()["mail_from_domain_status"]
    stack.up(declare(), expect_no_changes=True).done()
    assert VERIFIED == ses.mail_from(REGION, "example.com")


def test_up_stores_the_status(stack: Stack, ses: SesStandIn) -> None:
    """An up stores Success, which its preview reports in a line, and the next up makes no call."""
    stack.up(declare()).done()
    ses.set_status(REGION, "example.com", "Success")
    preview = stack.preview(declare()).done()
    assert {"same": 1, "update": 1} == preview.changes
    assert CHANGED in preview
    assert {"same": 1, "update": 1} == stack.up(declare()).done().changes
    assert "Success" == stack.outputs()["mail_from_domain_status"]
    ses.journal.clear()
    stack.up(declare(), expect_no_changes=True).done()
    assert 0 == ses.journal.count(GET) + ses.journal.count(SET)
    assert VERIFIED == ses.mail_from(REGION, "example.com")


@pytest.mark.parametrize("refresh", [False, True])
def test_up_restarts_after_failed(stack: Stack, ses: SesStandIn, refresh: bool) -> None:  # noqa: FBT001
    """After Failed, an up sets the MAIL FROM domain again, and a line gives the reason."""
    stack.up(declare()).done()
    ses.set_status(REGION, "example.com", "Failed")
    if refresh:
        stack.refresh().done()
    preview = stack.preview(declare()).done()
    assert {"same": 1, "update": 1} == preview.changes
    assert FAILED in preview
    assert FAILED in stack.up(declare()).done()
    assert PENDING == ses.mail_from(REGION, "example.com")
    assert "Pending" == stack.outputs()["mail_from_domain_status"]


def test_one_identity_is_rejected(stack: Stack, ses: SesStandIn) -> None:
    """If SES rejects one identity of a shared Get, only that resource fails to refresh."""
    identities = [f"customer-{number}.example" for number in range(5)]
    ses.verify(REGION, *identities)
    stack.up(declare_each(identities)).done()
    for identity in identities:
        ses.set_status(REGION, identity, "Success")
    refused = error(400, "InvalidParameterValue", "Invalid identity.")
    fault = ses.inject(refused, action=GET, identity="customer-2.example")
    refresh = stack.refresh().failed()
    assert fault.hits > 0
    assert "reading the MAIL FROM domain of customer-2.example in us-east-1: SES answered InvalidParam" in refresh
    statuses = {name: stack.outputs(name)["mail_from_domain_status"] for name in identities}
    assert dict.fromkeys(identities, "Success") | {"customer-2.example": "Pending"} == statuses
