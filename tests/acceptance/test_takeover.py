"""Another stack sets another MAIL FROM domain: what the first stack then leaves, rejects and overwrites."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.engine import REGION, Result, Stack
from support.stand_in import MailFrom, SesStandIn

from .conftest import FrontEnd
from .programs import declare, nothing

pytestmark = pytest.mark.usefixtures("front_end")

SET = "SetIdentityMailFromDomain"
THEIRS = MailFrom("mail.example.com", "UseDefaultValue", "Success")
LEFT = "left in place: mail.example.com: this stack did not set it"


def _take_over(ses: SesStandIn) -> None:
    """Set what another stack would set."""
    ses.put(REGION, "example.com", THEIRS.domain, status=THEIRS.status)


def _refresh_then_destroy(stack: Stack) -> Result:
    assert {"same": 1, "update": 1} == stack.refresh().done().changes
    outputs = stack.outputs()
    assert ("mail.example.com", "bounce.example.com") == (
        outputs["mail_from_domain"],
        outputs["managed_mail_from_domain"],
    )
    return stack.destroy()


ENDS: dict[str, Callable[[Stack], Result]] = {
    "destroy --refresh": lambda stack: stack.destroy(refresh=True),
    "refresh, destroy": _refresh_then_destroy,
    "up --refresh": lambda stack: stack.up(nothing, refresh=True),
}


def test_left_in_place(stack: Stack, ses: SesStandIn, second_stack: Stack) -> None:
    """However the first stack removes its resource, the MAIL FROM domain stays, and a line reports it."""
    stack.up(declare()).done()
    deployed = stack.export()
    second_stack.up(declare(mail_from_domain=THEIRS.domain, overwrite=True)).done()
    ses.set_status(REGION, "example.com", THEIRS.status)
    ses.journal.clear()
    for name, end in ENDS.items():
        stack.restore(deployed)
        assert LEFT in end(stack).done(), name
        assert {} == stack.resources(), name
    assert 0 == ses.journal.count(SET)
    assert THEIRS == ses.mail_from(REGION, "example.com")
    second_stack.refresh(expect_no_changes=True).done()


def test_drift_after_a_refresh(stack: Stack, ses: SesStandIn) -> None:
    """After a refresh, up replaces the other MAIL FROM domain without overwrite, and destroy clears its own."""
    stack.up(declare()).done()
    _take_over(ses)
    stack.refresh().done()
    assert {"same": 1, "update": 1} == stack.up(declare()).done().changes
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")
    assert "left in place" not in stack.destroy().done()
    assert ses.mail_from(REGION, "example.com") is None


CHANGES: list[dict[str, Any]] = [
    {"behavior_on_mx_failure": "RejectMessage"},
    {"mail_from_domain": "post.example.com"},
]


def test_drift_without_a_refresh(stack: Stack, ses: SesStandIn, front_end: FrontEnd) -> None:
    """An update fails with what is set and both remedies; with overwrite it succeeds, and a line reports it."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Success")
    stack.up(declare()).done()
    _take_over(ses)
    for changed in CHANGES:
        up = stack.up(declare(**changed)).failed()
        assert "another MAIL FROM domain is already set: mail.example.com (status Success). Nothing was changed." in up
        assert "Run pulumi refresh to see it in this stack" in up
        assert front_end.overwrite in up
    assert THEIRS == ses.mail_from(REGION, "example.com")
    up = stack.up(declare(overwrite=True, **CHANGES[1])).done()
    assert "overwrite: replaced mail.example.com (status Success), which this stack did not set" in up
    assert MailFrom("post.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")
    assert 1 == ses.journal.count(SET)
    assert "post.example.com" == stack.outputs()["managed_mail_from_domain"]


def test_rename_with_a_new_domain(stack: Stack, ses: SesStandIn) -> None:
    """With --continue-on-error, the create fails, and the delete of the old name leaves the MAIL FROM domain."""
    stack.up(declare("old")).done()
    ses.set_status(REGION, "example.com", "Success")
    before = ses.history(REGION, "example.com")
    renamed = declare("new", mail_from_domain="post.example.com")
    up = stack.up(renamed, continue_on_error=True).failed()
    assert "another MAIL FROM domain is already set: bounce.example.com" in up
    assert "keep its old name as an alias" in up
    assert before == ses.history(REGION, "example.com")
    assert "new" not in stack.resources()
