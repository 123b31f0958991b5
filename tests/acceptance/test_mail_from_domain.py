"""`MailFromDomain` with the real engine: its lifecycle, drift, inputs, accounts, errors and credentials."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from moto.server import ThreadedMotoServer

from pulumi_ses_mail_from import BehaviorOnMXFailure, MailFromDomain, mail_from_dns_records
from support.engine import ACCESS_KEY, REGION, SECRET_KEY, Program, Result, Stack, export, shell
from support.stand_in import MailFrom, SesStandIn, error

from .peers import Identity, PlainMailFrom
from .programs import declare

GET, SET = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain"
PENDING = MailFrom("bounce.example.com", "UseDefaultValue", "Pending")
VERIFIED = MailFrom("bounce.example.com", "UseDefaultValue", "Success")


def test_basic(stack: Stack, ses: SesStandIn) -> None:
    """Up sets the MAIL FROM domain, a second up and a refresh change nothing, and destroy clears it."""

    def program() -> None:
        mail_from = MailFromDomain("bounce", identity="Example.com.", mail_from_domain="Bounce.example.com.")
        export(
            status=mail_from.mail_from_domain_status,
            records=mail_from.dns_records,
            account=mail_from.account_id,
            mx=mail_from.dns_records.apply(lambda records: f"{records[0]['priority']} {records[0]['value']}"),
        )

    assert {"create": 2} == stack.preview(program).done().changes
    assert 0 == ses.journal.count(SET)
    stack.up(program).done()
    assert PENDING == ses.mail_from(REGION, "example.com")
    expected = {
        "status": "Pending",
        "records": mail_from_dns_records("bounce.example.com", REGION),
        "account": "123456789012",
        "mx": "10 feedback-smtp.us-east-1.amazonses.com",
    }
    assert expected == stack.exported()
    assert "us-east-1/example.com" == stack.resources()["bounce"]["id"]

    assert {"same": 2} == stack.up(program, expect_no_changes=True).done().changes
    stack.refresh(expect_no_changes=True).done()
    stack.destroy().done()
    assert ses.mail_from(REGION, "example.com") is None
    assert 2 == ses.journal.count(SET)
    assert {} == stack.resources()


def test_with_moto(tmp_path: Path, stack: Stack) -> None:
    """The lifecycle also works with moto, which the demo runs on."""
    import boto3  # noqa: PLC0415

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        keys = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY, "region_name": REGION}
        client = boto3.client("ses", endpoint_url=f"http://{host}:{port}", **keys)
        client.verify_domain_identity(Domain="example.com")
        stack.environment(**shell(f"http://{host}:{port}"))
        stack.up(declare()).done()
        assert "Success" == stack.outputs()["mail_from_domain_status"]
        stack.up(declare(), expect_no_changes=True).done()
        client.set_identity_mail_from_domain(Identity="example.com", MailFromDomain="other.example.com")
        stack.refresh().done()
        assert "other.example.com" == stack.outputs()["mail_from_domain"]
        stack.up(declare()).done()
        stack.destroy().done()
        answer = client.get_identity_mail_from_domain_attributes(Identities=["example.com"])
        assert not answer["MailFromDomainAttributes"]["example.com"].get("MailFromDomain")
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"mail_from_domain": "mail.example.com"}, MailFrom("mail.example.com", "UseDefaultValue", "Pending")),
        (
            {"behavior_on_mx_failure": BehaviorOnMXFailure.REJECT_MESSAGE},
            MailFrom("bounce.example.com", "RejectMessage", "Pending"),
        ),
    ],
)
def test_changed_in_place(stack: Stack, ses: SesStandIn, changed: dict[str, Any], expected: MailFrom) -> None:
    """A changed domain or behavior is an update, which the preview shows, and never clears in between."""
    stack.up(declare()).done()
    preview = stack.preview(declare(**changed), diff=True).done()
    assert {"same": 1, "update": 1} == preview.changes
    ((name, value),) = changed.items()
    assert f"~ {name}" in preview
    assert repr(getattr(value, "value", value)).replace("'", '"') in preview
    assert {"same": 1, "update": 1} == stack.up(declare(**changed)).done().changes
    assert expected == ses.mail_from(REGION, "example.com")
    assert None not in [change.value for change in ses.history(REGION, "example.com")]


def test_changed_identity_replaces(stack: Stack, ses: SesStandIn) -> None:
    """A changed identity replaces the resource: the new MAIL FROM domain is set, and the old one is cleared."""
    stack.up(declare()).done()
    moved = declare(identity="example.org", mail_from_domain="bounce.example.org")
    assert {"same": 1, "replace": 1} == stack.up(moved).done().changes
    assert ses.mail_from(REGION, "example.com") is None
    assert MailFrom("bounce.example.org", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.org")


def test_changed_region_replaces(stack: Stack, ses: SesStandIn) -> None:
    """A changed region, as an argument or in the stack's config, replaces the resource."""
    ses.verify("eu-west-1", "example.com")
    stack.up(declare()).done()
    assert {"same": 1, "replace": 1} == stack.up(declare(region="eu-west-1")).done().changes
    assert ses.mail_from(REGION, "example.com") is None
    assert PENDING == ses.mail_from("eu-west-1", "example.com")
    stack.config("aws:region", REGION)
    assert {"same": 1, "replace": 1} == stack.up(declare()).done().changes
    assert PENDING == ses.mail_from(REGION, "example.com")
    assert ses.mail_from("eu-west-1", "example.com") is None


def test_replaced_with_ignore_changes(stack: Stack, ses: SesStandIn) -> None:
    """A replacement does not apply ignore_changes: the new resource has the declared behavior."""
    stack.up(declare()).done()
    program = declare(
        identity="example.org",
        mail_from_domain="bounce.example.org",
        behavior_on_mx_failure="RejectMessage",
        opts=pulumi.ResourceOptions(ignore_changes=["behavior_on_mx_failure"]),
    )
    assert {"same": 1, "replace": 1} == stack.up(program).done().changes
    assert ses.mail_from(REGION, "example.com") is None
    assert MailFrom("bounce.example.org", "RejectMessage", "Pending") == ses.mail_from(REGION, "example.org")
    stack.up(program, expect_no_changes=True).done()


def test_a_new_resource_without_a_region(stack: Stack, ses: SesStandIn) -> None:
    """A new resource is created in the region of the environment, not in that of a resource with the same inputs."""
    ses.verify("eu-west-1", "example.com")
    stack.up(declare("old")).done()
    stack.environment(AWS_REGION="eu-west-1")
    stack.up(declare("old", "new")).done()
    ids = {name: resource["id"] for name, resource in stack.resources().items()}
    assert {"old": "us-east-1/example.com", "new": "eu-west-1/example.com"} == ids


def test_environment_moves_no_resource(stack: Stack, ses: SesStandIn) -> None:
    """A region in the environment never moves an existing resource, even if it is replaced."""
    ses.verify("eu-west-1", "example.com", "example.org")
    stack.up(declare()).done()
    stack.environment(AWS_REGION="eu-west-1")
    stack.up(declare(), expect_no_changes=True).done()
    stack.refresh(expect_no_changes=True).done()
    stack.up(declare(identity="example.org", mail_from_domain="bounce.example.org")).done()
    assert "us-east-1/example.org" == stack.resources()["bounce"]["id"]
    assert ses.mail_from("eu-west-1", "example.org") is None
    stack.destroy().done()
    assert ses.mail_from(REGION, "example.org") is None


def test_cleared_outside_pulumi(stack: Stack, ses: SesStandIn) -> None:
    """A refresh shows that the MAIL FROM domain is gone, and the next up sets it again."""
    stack.up(declare()).done()
    ses.clear(REGION, "example.com")
    assert {"same": 1, "delete": 1} == stack.refresh().done().changes
    stack.up(declare()).done()
    assert PENDING == ses.mail_from(REGION, "example.com")


def test_identity_deleted_outside_pulumi(stack: Stack, ses: SesStandIn) -> None:
    """If the identity was deleted, a refresh shows that the MAIL FROM domain is gone, and destroy succeeds."""
    stack.up(declare()).done()
    ses.delete_identity(REGION, "example.com")
    assert {"same": 1, "delete": 1} == stack.refresh(preview_only=True).done().changes
    stack.destroy().done()
    assert {} == stack.resources()


@pytest.mark.parametrize(
    ("drifted", "shown"),
    [
        (MailFrom("other.example.com", "UseDefaultValue", "Success"), "mail_from_domain"),
        (MailFrom("bounce.example.com", "RejectMessage", "Success"), "behavior_on_mx_failure"),
    ],
)
def test_drift(stack: Stack, ses: SesStandIn, drifted: MailFrom, shown: str) -> None:
    """Drift fails a refresh that expects no changes, is shown by property, and is repaired by the next up."""
    stack.up(declare()).done()
    ses.put(REGION, "example.com", drifted.domain, behavior=drifted.behavior, status=drifted.status)
    check = stack.refresh(preview_only=True, expect_no_changes=True).failed()
    assert f"[diff: ~{shown}]" in check
    assert drifted == ses.mail_from(REGION, "example.com")
    assert {"same": 1, "update": 1} == stack.refresh().done().changes
    stack.up(declare()).done()
    assert PENDING == ses.mail_from(REGION, "example.com")


def test_adopts(stack: Stack, ses: SesStandIn) -> None:
    """A MAIL FROM domain that is already as declared is adopted without a Set, and a line reports it."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Success")
    up = stack.up(declare()).done()
    assert "ses-mail-from: us-east-1/example.com: adopted: bounce.example.com is already its MAIL FROM domain" in up
    assert 0 == ses.journal.count(SET)
    assert "Success" == stack.outputs()["mail_from_domain_status"]


def test_refuses_then_overwrites(stack: Stack, ses: SesStandIn) -> None:
    """If another MAIL FROM domain is set, up fails and names it; with overwrite, up replaces it."""
    ses.put(REGION, "example.com", "theirs.example.com")
    up = stack.up(declare()).failed()
    assert "another MAIL FROM domain is already set: theirs.example.com (status Success). Nothing was changed." in up
    assert "theirs.example.com" == str(getattr(ses.mail_from(REGION, "example.com"), "domain", None))
    stack.up(declare(overwrite=True)).done()
    assert PENDING == ses.mail_from(REGION, "example.com")
    stack.up(declare()).done()
    assert 1 == ses.journal.count(SET)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (lambda: pulumi.ResourceOptions(provider=_Provider()), "cannot use opts.provider"),
        (lambda: pulumi.ResourceOptions(import_="us-east-1/example.com"), "cannot use opts.import_"),
    ],
)
def test_refused_options(
    stack: Stack, ses: SesStandIn, options: Callable[[], pulumi.ResourceOptions], message: str
) -> None:
    """Options that Pulumi would ignore or fail on stop the program, with a message that says what to do instead."""

    def program() -> None:
        declare(opts=options())()

    assert message in stack.up(program).failed()
    assert 0 == ses.journal.count(SET)


class _Provider(pulumi.ProviderResource):
    def __init__(self) -> None:
        super().__init__("pulumi", "other", {})


def test_an_identity_of_the_same_run(stack: Stack, ses: SesStandIn) -> None:
    """An identity of the same run is accepted in a preview, and keeps its MAIL FROM domain if it is replaced."""

    def program(version: int) -> Program:
        def declare_both() -> None:
            identity = Identity("identity", ses.url, "example.net", version)
            MailFromDomain("bounce", identity=identity.domain, mail_from_domain="bounce.example.net")

        return declare_both

    assert {"create": 3} == stack.preview(program(1)).done().changes
    stack.up(program(1)).done()
    assert MailFrom("bounce.example.net", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.net")
    preview = stack.preview(program(2)).done()
    assert {"same": 1, "replace": 2} == preview.changes
    stack.up(program(2)).done()
    assert MailFrom("bounce.example.net", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.net")
    assert "bounce.example.net" == stack.outputs()["mail_from_domain"]
    stack.destroy().done()


INVALID: list[tuple[dict[str, Any], str]] = [
    ({"identity": None}, "property identity value {<nil>} has a problem: missing: give a domain"),
    ({"mail_from_domain": "bounce"}, "'bounce' is not a full domain name: did you mean bounce.example.com?"),
    ({"mail_from_domain": "notexample.com"}, "'notexample.com' is not a subdomain of 'example.com'"),
    ({"behavior_on_mx_failure": "reject_message"}, "Did you mean RejectMessage?"),
    ({"region": "cn-north-1"}, "is not a region of the partitions aws and aws-us-gov"),
    ({"overwrite": "true"}, "give True or False"),
]


def test_invalid_input(stack: Stack, ses: SesStandIn) -> None:
    """A preview with an invalid input fails with one sentence and without a traceback, and makes no call."""
    for inputs, message in INVALID:
        preview = stack.preview(declare(**inputs)).failed()
        assert message in preview
        assert "Traceback" not in preview
    assert [] == ses.journal.calls()


def test_no_region(stack: Stack) -> None:
    """Without any region, a preview fails and says how to give one."""
    stack.environment(AWS_REGION="")
    assert "no region is given: set the argument region" in stack.preview(declare()).failed()


def test_rename(stack: Stack, ses: SesStandIn) -> None:
    """A rename without an alias makes no Set and keeps the MAIL FROM domain and its status."""
    stack.up(declare()).done()
    ses.set_status(REGION, "example.com", "Success")
    before = len(ses.history(REGION, "example.com"))
    up = stack.up(declare("renamed")).done()
    assert {"same": 1, "create": 1, "delete": 1} == up.changes
    assert "left in place: bounce.example.com: another resource of this program declares this identity" in up
    assert before == len(ses.history(REGION, "example.com"))
    assert VERIFIED == ses.mail_from(REGION, "example.com")
    stack.refresh(expect_no_changes=True).done()


def test_two_declarations_of_one_identity(stack: Stack, ses: SesStandIn) -> None:
    """Two resources that declare different values for one identity are rejected before anything is set."""

    def program() -> None:
        declare("one")()
        declare("two", mail_from_domain="mail.example.com")()

    preview = stack.preview(program).failed()
    assert "'mail.example.com' is declared here, and 'bounce.example.com' by another" in preview or (
        "'bounce.example.com' is declared here, and 'mail.example.com' by another" in preview
    )
    assert 0 == ses.journal.count(SET)


def test_another_account(stack: Stack, ses: SesStandIn) -> None:
    """With credentials of another account, every operation fails, state stays, and nothing is written."""
    stack.up(declare()).done()
    ses.credentials.accounts["AKIDOTHER"] = "999999999999"
    stack.environment(AWS_ACCESS_KEY_ID="AKIDOTHER")
    ses.journal.clear()
    runs: list[Callable[[], Result]] = [lambda: stack.up(declare()), stack.refresh, stack.destroy]
    for run in runs:
        failed = run().failed()
        assert "belong to account 999999999999, but state has this MAIL FROM domain in account 123456789012" in failed
    assert 0 == ses.journal.count(SET)
    assert ["bounce"] == list(stack.resources())


def test_errors_end_with_the_message(stack: Stack, ses: SesStandIn) -> None:
    """A failed call is reported once, with the error of SES and the remedy, without secrets, and state stays."""
    stack.up(declare()).done()
    ses.deny(GET)
    for run in (stack.refresh, stack.destroy):
        failed = run().failed()
        assert "SES answered AccessDenied" in failed
        assert 'the IAM action ses:GetIdentityMailFromDomainAttributes (actions of ses on Resource "*").' in failed
        assert 1 == failed.text.split("Diagnostics:")[1].count("/pulumi_ses_mail_from_provider/")
        assert "botocore" not in failed
        assert SECRET_KEY not in failed
    assert ["bounce"] == list(stack.resources())
    ses.allow(GET)
    ses.inject(error(403, "ExpiredToken", "The security token included in the request is expired"))
    assert "have expired: renew them" in stack.refresh().failed()


def test_no_credentials_in_state(stack: Stack, ses: SesStandIn) -> None:
    """Credentials in the stack's config are used and are not stored in state, which stays small."""
    stack.environment(AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    stack.config("aws:accessKey", "AKIDFROMCONFIG", secret=True)
    stack.config("aws:secretKey", SECRET_KEY, secret=True)
    ses.credentials.accounts["AKIDFROMCONFIG"] = "222222222222"
    ses.verify(REGION, "example.com", account="222222222222")
    stack.up(declare()).done()
    assert "222222222222" == stack.outputs()["account_id"]
    state = stack.state()
    assert SECRET_KEY not in state
    assert "AKIDFROMCONFIG" not in state
    # The engine adds the call stack of the declaration, whose size depends on the program.
    resource = {key: value for key, value in stack.resources()["bounce"].items() if key != "stackTrace"}
    assert len(json.dumps(resource)) < 2000


def test_assumed_role(stack: Stack, ses: SesStandIn) -> None:
    """With aws:assumeRoles in the stack's config, the MAIL FROM domain is set in the account of the role."""
    ses.verify(REGION, "example.com", account="333333333333")
    stack.config("aws:assumeRoles", '[{"roleArn":"arn:aws:iam::333333333333:role/mail"}]')
    stack.up(declare()).done()
    assert ses.mail_from(REGION, "example.com", account="333333333333") is not None
    assert "333333333333" == stack.outputs()["account_id"]


def test_moving_from_a_peer(stack: Stack, ses: SesStandIn) -> None:
    """A resource of another provider that has retain_on_delete can be swapped for this one without clearing."""

    def theirs(retain: bool) -> None:  # noqa: FBT001
        options = pulumi.ResourceOptions(retain_on_delete=retain)
        PlainMailFrom("theirs", ses.url, "example.com", "bounce.example.com", options)

    stack.up(lambda: theirs(retain=False)).done()
    ses.set_status(REGION, "example.com", "Success")
    before = ses.history(REGION, "example.com")
    stack.up(lambda: theirs(retain=True)).done()
    ses.journal.clear()
    stack.up(declare()).done()
    assert before == ses.history(REGION, "example.com")
    assert 0 == ses.journal.count(SET)
    assert ["bounce"] == list(stack.resources())
    stack.refresh(expect_no_changes=True).done()
