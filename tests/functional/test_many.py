"""Calls for many identities at once, which the wait and the console tool make."""

from __future__ import annotations

import pytest

from pulumi_ses_mail_from_provider.rules.errors import CallFailed
from pulumi_ses_mail_from_provider.rules.model import Absent, MailFromAttributes
from support.core import Core
from support.stand_in import SesStandIn

from .conftest import REGION

GET, LIST = "GetIdentityMailFromDomainAttributes", "ListIdentities"


def test_read_all(core: Core, ses: SesStandIn) -> None:
    """A call reads a hundred identities, and each identity gets its result."""
    names = [f"customer-{number}.example" for number in range(101)]
    ses.verify(REGION, *names)
    ses.put(REGION, names[100], f"bounce.{names[100]}", status="Success")
    found = core.ses.read_all(REGION, [*names, "nobody.example"])
    assert 2 == ses.journal.count(GET)
    assert [*names, "nobody.example"] == list(found)
    assert MailFromAttributes(f"bounce.{names[100]}", "UseDefaultValue", "Success") == found[names[100]]
    assert Absent.MAIL_FROM_DOMAIN is found[names[0]]
    assert Absent.IDENTITY is found["nobody.example"]


def test_list_all(core: Core, ses: SesStandIn) -> None:
    """Listing the identities reads all pages."""
    names = [f"customer-{number}.example" for number in range(24)]
    ses.verify(REGION, *names)
    ses.rules.page_size = 10
    assert ["example.com", *names] == core.ses.list_all(REGION)
    assert 3 == ses.journal.count(LIST)


def test_denied(core: Core, ses: SesStandIn) -> None:
    """The error of a denied call says what was being done and which IAM action is needed."""
    for action in (GET, LIST):
        ses.deny(action)
    with pytest.raises(CallFailed, match=r"reading the MAIL FROM domain of 2 identities in us-east-1.*ses:Get"):
        core.ses.read_all(REGION, ["example.com", "example.org"])
    with pytest.raises(CallFailed, match=r"listing the identities in us-east-1.*ses:ListIdentities"):
        core.ses.list_all(REGION)
