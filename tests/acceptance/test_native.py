"""The native provider, with the real engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from pulumi_ses_mail_from import MailFromDomain, native
from support.engine import ACCESS_KEY, REGION, SECRET_KEY, Program, Stack, export
from support.stand_in import THROTTLE, MailFrom, SesStandIn

from .programs import nothing

SET = "SetIdentityMailFromDomain"
BOUNCE = MailFrom("bounce.example.com", "UseDefaultValue", "Pending")
OTHER_ACCOUNT, OTHER_KEY = "999999999999", "AKIDOTHERACCOUNT0000"


def inputs(**changed: Any) -> dict[str, Any]:
    """The inputs of a MAIL FROM domain."""
    return {"identity": "example.com", "mail_from_domain": "bounce.example.com", "region": REGION, **changed}


def declare(name: str = "bounce", opts: pulumi.ResourceOptions | None = None, **changed: Any) -> Program:
    """A program with one native MAIL FROM domain."""

    def program() -> None:
        mail_from = native.MailFromDomain(name, opts=opts, **inputs(**changed))
        export(records=mail_from.dns_records, status=mail_from.mail_from_domain_status, account=mail_from.account_id)

    return program


def dynamic(name: str = "bounce") -> None:
    """A program with the dynamic resource."""
    MailFromDomain(name, **inputs())


def with_provider(name: str = "bounce", provider: str = "explicit", **config: Any) -> Program:
    """A program whose native MAIL FROM domain has an explicit provider."""

    def program() -> None:
        opts = pulumi.ResourceOptions(provider=native.Provider(provider, **config))
        native.MailFromDomain(name, opts=opts, **inputs())

    return program


def test_life(stack: Stack, ses: SesStandIn) -> None:
    """Preview, up, refresh, update with a detailed diff, and destroy."""
    preview = stack.preview(declare()).done()
    assert "feedback-smtp.us-east-1.amazonses.com" in preview
    assert 0 == ses.journal.count(SET)
    stack.up(declare()).done()
    assert BOUNCE == ses.mail_from(REGION, "example.com")
    exported = stack.exported()
    assert ("Pending", "123456789012") == (exported["status"], exported["account"])
    assert ["MX", "TXT"] == [record["type"] for record in exported["records"]]
    ses.set_status(REGION, "example.com", "Success")
    assert "us-east-1/example.com: status Pending -> Success" in stack.refresh().done()
    assert "Success" == stack.outputs()["mail_from_domain_status"]
    assert {"same": 2} == stack.up(declare()).done().changes
    updated = stack.up(declare(behavior_on_mx_failure="RejectMessage"), diff=True).done()
    assert '~ behaviorOnMxFailure: "UseDefaultValue" => "RejectMessage"' in updated
    stack.destroy().done()
    assert ses.mail_from(REGION, "example.com") is None


def test_from_the_dynamic_resource_and_back(stack: Stack, ses: SesStandIn) -> None:
    """Changing the import is one update, without a Set: the status stays, the outputs get the names of the other."""
    stack.up(dynamic).done()
    ses.set_status(REGION, "example.com", "Success")
    stack.refresh().done()
    ses.journal.clear()
    assert {"update": 1, "same": 1} == stack.up(declare()).done().changes
    assert "Success" == stack.outputs()["mail_from_domain_status"]
    assert "mailFromDomain" in stack.resources()["bounce"]["outputs"]
    assert "Success" == stack.exported()["status"]
    assert {"same": 2} == stack.up(declare()).done().changes
    assert {"update": 1, "same": 1} == stack.up(dynamic).done().changes
    assert "Success" == stack.outputs()["mail_from_domain_status"]
    assert "mailFromDomain" not in stack.resources()["bounce"]["outputs"]
    assert {"same": 2} == stack.up(dynamic).done().changes
    assert 0 == ses.journal.count(SET)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(lambda: dynamic("old"), declare("new"), id="from the dynamic resource"),
        pytest.param(declare("old"), lambda: dynamic("new"), id="to the dynamic resource"),
        pytest.param(declare("old"), with_provider("new"), id="to another provider"),
    ],
)
def test_moved_and_renamed(stack: Stack, ses: SesStandIn, before: Program, after: Program) -> None:
    """One process adopts what another would delete: it is left."""
    stack.up(before).done()
    ses.journal.clear()
    moved = stack.up(after).done()
    assert "adopted: bounce.example.com is already its MAIL FROM domain" in moved
    assert "left in place: bounce.example.com: another resource of this program declares this identity" in moved
    assert BOUNCE == ses.mail_from(REGION, "example.com")
    assert 0 == ses.journal.count(SET)
    stack.up(nothing).done()
    assert ses.mail_from(REGION, "example.com") is None


def test_two_accounts(stack: Stack, ses: SesStandIn) -> None:
    """Two providers of one program work in two accounts. An identity that moves to the other is cleared in the old."""
    ses.credentials.accounts[OTHER_KEY] = OTHER_ACCOUNT
    ses.verify(REGION, "example.com", account=OTHER_ACCOUNT)
    first, second = ({"access_key": key, "secret_key": SECRET_KEY, "region": REGION} for key in (ACCESS_KEY, OTHER_KEY))

    def both() -> None:
        with_provider("first", "one", **first)()
        with_provider("second", "two", **second)()

    stack.up(both).done()
    assert BOUNCE == ses.mail_from(REGION, "example.com")
    assert BOUNCE == ses.mail_from(REGION, "example.com", account=OTHER_ACCOUNT)
    assert OTHER_ACCOUNT == stack.outputs("second")["account_id"]
    stack.up(with_provider("third", "two", **second)).done()
    assert ses.mail_from(REGION, "example.com") is None
    assert BOUNCE == ses.mail_from(REGION, "example.com", account=OTHER_ACCOUNT)


def test_import(stack: Stack, ses: SesStandIn) -> None:
    """`import_` takes what is set into state, without a write; of what is not set, it is one line."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Success")
    importing = pulumi.ResourceOptions(import_="us-east-1/example.com")
    assert {"import": 1, "create": 1} == stack.up(declare(opts=importing)).done().changes
    assert {"same": 2} == stack.up(declare()).done().changes
    assert 0 == ses.journal.count(SET)
    missing = pulumi.ResourceOptions(import_="us-east-1/example.org")
    failed = stack.up(declare("other", missing, identity="example.org", mail_from_domain="m.example.org")).failed()
    assert "us-east-1/example.org: there is nothing to read: no MAIL FROM domain is set" in failed


def test_get(stack: Stack, ses: SesStandIn) -> None:
    """`get` reads what another stack manages, and a destroy leaves it."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Success")

    def program() -> None:
        export(status=native.MailFromDomain.get("theirs", "us-east-1/Example.com").mail_from_domain_status)

    stack.up(program).done()
    assert "Success" == stack.exported()["status"]
    stack.destroy().done()
    assert ses.mail_from(REGION, "example.com")


def test_errors_are_one_line(stack: Stack, ses: SesStandIn) -> None:
    """Wrong inputs, a wrong config and refusals are one line, which names what to change; nothing is a traceback."""
    wrong = stack.up(declare(mail_from_domain="bounce")).failed()
    assert "did you mean bounce.example.com?" in wrong
    ses.put(REGION, "example.com", "theirs.example.com")
    refused = stack.up(declare()).failed()
    assert "To replace it, declare overwrite: true" in refused
    stack.config("ses-mail-from:requestsPerSecond", "often")
    config = stack.up(declare()).failed()
    assert "is not valid: a number from 0.01 to 1000 is needed" in config
    for result in (wrong, refused, config):
        assert "Traceback" not in result
        assert ".py" not in result


def test_secrets(stack: Stack, ses: SesStandIn) -> None:
    """A secret input is encrypted in state, with the outputs that contain it, also after a refresh."""

    def program() -> None:
        domain = pulumi.Output.secret("hidden.example.com")
        native.MailFromDomain("bounce", **inputs(mail_from_domain=domain))

    stack.up(program).done()
    ses.set_status(REGION, "example.com", "Success")
    stack.refresh().done()
    assert "hidden" not in stack.state()
    assert "Success" == stack.outputs()["mail_from_domain_status"]


def test_custom_timeouts(stack: Stack, ses: SesStandIn) -> None:
    """An operation that takes longer than the program allows ends, and says so."""
    ses.inject(THROTTLE, action=SET)
    timeouts = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="2s"))
    failed = stack.up(declare(opts=timeouts)).failed()
    assert "not done within 2 s. Run pulumi up again to continue, or give it more time" in failed


def test_verification(stack: Stack, ses: SesStandIn) -> None:
    """It waits for native resources, and fails with what SES and DNS have."""

    def program(timeout: str) -> Callable[[], None]:
        def declared() -> None:
            mail_from = native.MailFromDomain("bounce", **inputs())
            native.MailFromDomainVerification("verified", [mail_from], timeout=timeout)

        return declared

    stack.config("ses-mail-from:nameservers", "127.0.0.1:9")
    failed = stack.up(program("0s")).failed()
    assert "1 of 1 not verified after 0s" in failed
    ses.set_status(REGION, "example.com", "Success")
    stack.up(program("1m")).done()
    assert {"us-east-1/example.com": "Success"} == stack.outputs("verified")["statuses"]


def test_throttled(stack: Stack, ses: SesStandIn) -> None:
    """At SES's rate, resources share calls and writes keep to the rate."""
    identities = [f"{number}.example" for number in range(8)]
    ses.verify(REGION, *identities)
    ses.rate = 1.0

    def program() -> None:
        for identity in identities:
            native.MailFromDomain(identity, identity=identity, mail_from_domain=f"b.{identity}", region=REGION)

    stack.up(program, parallel=64).done()
    assert 8 == len([identity for identity in identities if ses.mail_from(REGION, identity)])
    assert ses.journal.count(SET) <= 10


def test_plugin_not_found(stack: Stack) -> None:
    """Without the plugin, the engine says which one is missing."""
    stack.environment(PATH="/usr/bin:/bin")
    failed = stack.up(declare()).failed()
    assert "ses-mail-from" in failed
