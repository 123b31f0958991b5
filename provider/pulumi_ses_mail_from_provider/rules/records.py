"""The two DNS records that a MAIL FROM domain requires, from the Amazon SES Developer Guide.

https://docs.aws.amazon.com/ses/latest/dg/mail-from.html
"""

from __future__ import annotations

from typing import Any, Final

from .names import normalise_domain, normalise_region

MX_PRIORITY: Final = 10
SPF: Final = "v=spf1 include:amazonses.com ~all"
TTL: Final = 300


def feedback_host(region: str) -> str:
    """The host for the MX record, which receives the bounces for SES in `region`."""
    return f"feedback-smtp.{region}.amazonses.com"


def mail_from_dns_records(mail_from_domain: str, region: str) -> list[dict[str, Any]]:
    """The MX and the TXT record to publish for a MAIL FROM domain, in this order.

    Publish exactly one MX record at that name. If there are two, SES never verifies the domain.

    Args:
        mail_from_domain: The full name, such as "bounce.example.com".
        region: The AWS region of the SES identity, such as "us-east-1", in the partition aws or aws-us-gov.

    Returns:
        A dictionary for each record: `name`, `type`, `ttl` (seconds), `priority` (MX only), `value` (the host or the
        text, without quotation marks) and `record`, the form that `aws.route53.Record.records` takes.

    Raises:
        ValueError: An argument is not valid, or the region is in another partition, whose hosts AWS does not document.
    """
    return records_of(normalise_domain(mail_from_domain), normalise_region(region))


def records_of(name: str, region: str) -> list[dict[str, Any]]:
    """The same records, for a name and a region that are already normalised or come from SES."""
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
