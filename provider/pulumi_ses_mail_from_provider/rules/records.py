"""The two DNS records that a MAIL FROM domain needs, as the SES developer guide gives them.

https://docs.aws.amazon.com/ses/latest/dg/mail-from.html
"""

from __future__ import annotations

from typing import Any, Final

from pulumi_ses_mail_from_provider.rules.names import normalise_domain, normalise_region

MX_PRIORITY: Final = 10
SPF: Final = "v=spf1 include:amazonses.com ~all"
TTL: Final = 300


def feedback_host(region: str) -> str:
    """The host that the MX record must name: the one to which receivers send bounces, for SES in `region`."""
    return f"feedback-smtp.{region}.amazonses.com"


def mail_from_dns_records(mail_from_domain: str, region: str) -> list[dict[str, Any]]:
    """The MX and the TXT record to publish for a MAIL FROM domain, in this order.

    mail_from_domain: the full name, such as "bounce.example.com".
    region: the AWS region of the SES identity, such as "us-east-1"; of the partitions aws and aws-us-gov.

    Each is a dictionary with `name`, `type`, `ttl` (seconds), `priority` (MX only), `value` (the host or the
    text, unquoted) and `record`, the form that `aws.route53.Record.records` takes.

    Raises ValueError if one of them is not valid; other partitions raise too, since AWS does not document theirs.

    Publish exactly one MX record at that name: with two, SES never verifies the domain.
    """
    return records_of(normalise_domain(mail_from_domain), normalise_region(region))


def records_of(name: str, region: str) -> list[dict[str, Any]]:
    """The same, for names that are in their normal form, or that SES has answered."""
    host = feedback_host(region)
    return [
        {
            "name": name,
            "type": "MX",
            "ttl": TTL,
            "priority": MX_PRIORITY,
            "value": host,
            "record": f"{MX_PRIORITY} {host}",
        },
        {"name": name, "type": "TXT", "ttl": TTL, "value": SPF, "record": SPF},
    ]
