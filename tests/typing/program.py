"""A user's program. `make lint` checks it with mypy in strict mode; nothing runs it."""

from __future__ import annotations

from typing import Any

import pulumi

from pulumi_ses_mail_from import (
    BehaviorOnMXFailure,
    DnsRecord,
    MailFromDomain,
    MailFromDomainArgs,
    MailFromDomainStatus,
    MailFromDomainVerification,
    mail_from_dns_records,
)

a = MailFromDomain("a", identity="example.com", mail_from_domain="bounce.example.com")
b = MailFromDomain(
    "b",
    identity=a.identity,
    mail_from_domain=pulumi.Output.concat("bounce.", a.identity),
    behavior_on_mx_failure=BehaviorOnMXFailure.REJECT_MESSAGE,
    region="us-east-1",
    overwrite=True,
    opts=pulumi.ResourceOptions(depends_on=[a]),
)
c = MailFromDomain("c", MailFromDomainArgs("example.com", "bounce.example.com", "RejectMessage"))
d = MailFromDomain("d", pulumi.ResourceOptions(), identity="example.com", mail_from_domain="bounce.example.com")
e: MailFromDomain = MailFromDomain.get("e", "us-east-1/example.com", pulumi.ResourceOptions())

identity: pulumi.Output[str] = a.identity
account: pulumi.Output[str | None] = a.account_id
managed: pulumi.Output[str] = a.managed_mail_from_domain
records: pulumi.Output[list[DnsRecord]] = a.dns_records
status: pulumi.Output[bool] = a.mail_from_domain_status.apply(lambda text: text == MailFromDomainStatus.SUCCESS)
verified = MailFromDomainVerification(
    "v", [a, b], timeout=pulumi.Output.from_input("30m"), opts=pulumi.ResourceOptions()
)
also_verified = MailFromDomainVerification("w", [a], "30m")
ids: pulumi.Output[list[str]] = verified.verified_identities
statuses: pulumi.Output[dict[str, str]] = verified.statuses
plain: list[dict[str, Any]] = mail_from_dns_records("bounce.example.com", "us-east-1")

MailFromDomain("f", identity="example.com")  # type: ignore[call-overload]
MailFromDomain("g", identity=1, mail_from_domain="bounce.example.com")  # type: ignore[call-overload]
MailFromDomainVerification("h", ["bounce.example.com"])  # type: ignore[list-item]
MailFromDomain("i", "example.com", "bounce.example.com")  # type: ignore[call-overload]
MailFromDomainVerification("j", a)  # type: ignore[arg-type]
