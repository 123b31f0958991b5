"""Lines that the provider prints: problems of the stack's config, secrets, and the account guard."""

from __future__ import annotations

import pulumi

from pulumi_ses_mail_from import MailFromDomain, MailFromDomainVerification
from support.engine import REGION, Program, Stack
from support.stand_in import SesStandIn, error

from .programs import declare

STS = "GetCallerIdentity"
OTHER = "eu-west-1"


def test_inputs_by_position(stack: Stack, ses: SesStandIn) -> None:
    """Inputs by position stop the program, with a message that shows what to write instead."""

    def program() -> None:
        MailFromDomain("bounce", "example.com", "bounce.example.com")  # type: ignore[call-overload]

    preview = stack.preview(program).failed()
    assert "MailFromDomain 'bounce' takes its inputs as keyword arguments: write MailFromDomain('bounce'," in preview
    assert [] == ses.journal.calls()


def test_a_line_that_cannot_be_encoded(stack: Stack, ses: SesStandIn) -> None:
    """A line with characters that stdout cannot encode does not fail the operation; they are escaped."""
    stack.environment(PYTHONIOENCODING="ascii")
    stack.up(declare()).done()
    ses.put(REGION, "example.com", "b\N{LATIN SMALL LETTER U WITH DIAERESIS}ro.example.com")
    assert r"left in place: b\xfcro.example.com" in stack.destroy().done()


def test_config(stack: Stack, ses: SesStandIn) -> None:
    """An unknown key and an unusable name server are reported in a preview, and do not fail the deployment."""
    ses.rules.success_after = 0.0
    stack.config("aws:allowedAccountIds", "123456789012, 999999999999")
    stack.config("ses-mail-from:nameserver", "127.0.0.1")
    stack.config("ses-mail-from:nameservers", "ns.invalid")

    def program() -> None:
        MailFromDomainVerification(
            "verified",
            [MailFromDomain("bounce", identity="example.com", mail_from_domain="bounce.example.com")],
        )

    preview = stack.preview(program).done()
    assert "which is not a setting of this package: did you mean ses-mail-from:nameservers?" in preview
    assert "the stack's config ses-mail-from:nameservers: " in preview
    assert "DNS will not be checked" in preview
    stack.up(program).done()
    assert "Success" == stack.outputs("verified")["statuses"]["us-east-1/example.com"]


def test_secrets(stack: Stack, ses: SesStandIn) -> None:
    """No line of an up, a refresh or a destroy contains a secret identity or a secret domain."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Pending")

    def program() -> None:
        MailFromDomain(
            "hidden",
            identity=pulumi.Output.secret("Example.com"),
            mail_from_domain=pulumi.Output.secret("bounce.example.com"),
        )

    up = stack.up(program).done()
    assert "us-east-1/[secret]: adopted: [secret] is already its MAIL FROM domain" in up
    ses.set_status(REGION, "example.com", "Success")
    refresh = stack.refresh().done()
    assert "us-east-1/[secret]: status Pending -> Success" in refresh
    ses.put(REGION, "example.com", "theirs.example.com")
    destroy = stack.destroy().done()
    assert "us-east-1/[secret]: left in place: theirs.[secret]: this stack did not set it" in destroy
    assert [] == [result.text for result in (up, refresh, destroy) if "example.com" in result]


def test_guard(stack: Stack, ses: SesStandIn) -> None:
    """If STS fails in one region, the account guard is off in that region only, and a line reports it."""
    ses.verify(OTHER, "example.com")

    def program(behavior: str) -> Program:
        def both() -> None:
            declare("here", behavior_on_mx_failure=behavior)()
            declare("there", behavior_on_mx_failure=behavior, region=OTHER)()

        return both

    stack.up(program("UseDefaultValue")).done()
    for region in (REGION, OTHER):
        ses.verify(region, "example.com", account="999999999999")
    ses.credentials.accounts["AKIDOTHER"] = "999999999999"
    stack.environment(AWS_ACCESS_KEY_ID="AKIDOTHER")
    fault = ses.inject(error(503, "ServiceUnavailable", "Try again."), action=STS, count=1)
    ses.journal.clear()
    up = stack.up(program("RejectMessage"), continue_on_error=True).failed()
    assert 1 == fault.hits
    calls = ses.journal.calls(STS)
    assert ["ServiceUnavailable", "OK"] == [call.code for call in calls]
    assert f"the account guard is off in {calls[0].region}: " in up
    assert "belong to account 999999999999, but state has this MAIL FROM domain in account 123456789012" in up
    assert ses.mail_from(calls[1].region, "example.com", account="999999999999") is None
