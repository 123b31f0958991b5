"""How to unit-test a program that declares a `MailFromDomain`, with Pulumi's mocks."""

from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks

from pulumi_ses_mail_from import DnsRecord, mail_from_dns_records


class SesMocks(Mocks):
    """Stands in for the engine and for SES, which do not run in a unit test."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Return the id and the outputs of a resource: its inputs, and what the provider would add."""
        if args.typ != "pulumi-python:dynamic/ses:MailFromDomain":
            return f"{args.name}-id", args.inputs
        inputs = {"region": "us-east-1", "behavior_on_mx_failure": "UseDefaultValue", **args.inputs}
        outputs = {
            "account_id": "123456789012",
            "mail_from_domain_status": "Pending",
            "managed_mail_from_domain": inputs["mail_from_domain"],
            "dns_records": mail_from_dns_records(inputs["mail_from_domain"], inputs["region"]),
        }
        return f"{inputs['region']}/{inputs['identity']}", {**inputs, **outputs}

    def call(self, _args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        """Return the result of a provider function. This program calls none."""
        return {}, None


pulumi.runtime.set_mocks(SesMocks(), stack="dev")

import infra  # noqa: E402 - its resources must be declared after the mocks are set


@pulumi.runtime.test
def test_mail_from_domain() -> pulumi.Output[None]:
    """The MAIL FROM domain depends on the stack."""

    def check(mail_from_domain: str) -> None:
        assert mail_from_domain == "bounce.dev.example.com"

    return infra.mail_from.mail_from_domain.apply(check)


@pulumi.runtime.test
def test_dns_records() -> pulumi.Output[None]:
    """The MX record names the feedback host of the identity's region."""

    def check(records: list[DnsRecord]) -> None:
        assert [record.record for record in records] == [
            "10 feedback-smtp.eu-west-1.amazonses.com",
            "v=spf1 include:amazonses.com ~all",
        ]

    return infra.mail_from.dns_records.apply(check)
