"""`MailFromDomain.get`: MAIL FROM domains that a program reads but does not manage."""

from __future__ import annotations

from collections.abc import Callable

import pulumi

from pulumi_ses_mail_from import MailFromDomain
from support.engine import REGION, Program, Stack, export
from support.stand_in import MailFrom, SesStandIn

from .programs import declare

SET = "SetIdentityMailFromDomain"
VERIFIED = MailFrom("bounce.example.com", "UseDefaultValue", "Success")


def test_get(stack: Stack, ses: SesStandIn) -> None:
    """A MAIL FROM domain that somebody else has set can be read, and is not destroyed; a missing one is an error."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Success")

    def program() -> None:
        mail_from = MailFromDomain.get("theirs", "us-east-1/example.com")
        export(domain=mail_from.mail_from_domain, status=mail_from.mail_from_domain_status)

    stack.up(program).done()
    assert {"domain": "bounce.example.com", "status": "Success"} == stack.exported()
    stack.up(program).done()
    stack.destroy().done()
    assert VERIFIED == ses.mail_from(REGION, "example.com")

    def missing() -> None:
        MailFromDomain.get("theirs", "us-east-1/example.org")

    assert "us-east-1/example.org: there is nothing to read: no MAIL FROM domain is set" in stack.up(missing).failed()


SPELLINGS: dict[str, Callable[[], pulumi.Input[str]]] = {
    "a string": lambda: "us-east-1/Example.COM.",
    "an output": lambda: pulumi.Output.from_input("US-EAST-1/EXAMPLE.com"),
}


def test_managed_becomes_get(stack: Stack, ses: SesStandIn) -> None:
    """A MAIL FROM domain that the program used to manage and now reads stays, however its id is written."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Success")
    stack.up(declare()).done()
    managed = stack.export()

    def get(spelling: str) -> Program:
        return lambda: export(id=MailFromDomain.get("bounce", SPELLINGS[spelling]()).id)

    for spelling in SPELLINGS:
        stack.restore(managed)
        for _ in range(2):
            stack.up(get(spelling)).done()
            assert {"id": "us-east-1/example.com"} == stack.exported(), spelling
            assert VERIFIED == ses.mail_from(REGION, "example.com"), spelling
    stack.destroy().done()
    assert 0 == ses.journal.count(SET)
    assert VERIFIED == ses.mail_from(REGION, "example.com")
