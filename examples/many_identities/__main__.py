"""A MAIL FROM domain for each customer in a list, and the DNS records to send to them.

SES accepts one write per second, so a thousand new customers take a thousand seconds. A refresh takes about ten calls.

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
        customer["domain"],  # the name does not depend on the order of the list
        identity=customer["domain"],
        mail_from_domain=customer.get("mailFromDomain", f"bounce.{customer['domain']}"),
    )
    for customer in customers
}

pulumi.export("dns_records", {domain: resource.dns_records for domain, resource in mail_from.items()})
pulumi.export(
    "mail_from_domain_status", {domain: resource.mail_from_domain_status for domain, resource in mail_from.items()}
)
