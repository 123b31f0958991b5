"""A MAIL FROM domain for the domain of each customer, and the DNS records that each customer must publish.

SES accepts one write per second: a thousand new customers take a thousand seconds. A refresh of them takes about ten
calls.

pulumi config set aws:region us-east-1
pulumi config set --path 'customers[0].domain' customer-one.com
pulumi config set --path 'customers[1].domain' customer-two.com
pulumi config set --path 'customers[1].mailFromDomain' mail.customer-two.com
"""

import pulumi

from pulumi_ses_mail_from import MailFromDomain

customers: list[dict[str, str]] = pulumi.Config().require_object("customers")

mail_from = {
    customer["domain"]: MailFromDomain(
        customer["domain"],  # unlike an index, this name stays the same when the list changes
        identity=customer["domain"],
        mail_from_domain=customer.get("mailFromDomain", f"bounce.{customer['domain']}"),
    )
    for customer in customers
}

pulumi.export("dns_records", {domain: resource.dns_records for domain, resource in mail_from.items()})
pulumi.export(
    "mail_from_domain_status", {domain: resource.mail_from_domain_status for domain, resource in mail_from.items()}
)
