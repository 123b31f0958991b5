"""A MAIL FROM domain with its DNS records in Route 53, published first so that SES finds them on its first check.

pulumi config set aws:region us-east-1
pulumi config set domain example.com
pulumi config set zoneId Z0123456789ABCDEFGHIJ
"""

import pulumi
import pulumi_aws as aws

from pulumi_ses_mail_from import MailFromDomain, mail_from_dns_records

config = pulumi.Config()
domain = config.require("domain")
zone_id = config.require("zoneId")
region = pulumi.Config("aws").require("region")
mail_from_domain = f"bounce.{domain}"

identity = aws.ses.DomainIdentity("identity", domain=domain)

# Computed without waiting for an output, so that `pulumi preview` shows the records.
records = [
    aws.route53.Record(
        f"mail-from-{record['type'].lower()}",
        zone_id=zone_id,
        name=record["name"],
        type=record["type"],
        ttl=record["ttl"],
        records=[record["record"]],
    )
    for record in mail_from_dns_records(mail_from_domain, region)
]

mail_from = MailFromDomain(
    "mail-from",
    identity=identity.domain,  # an output, so Pulumi creates the identity first and deletes it last
    mail_from_domain=mail_from_domain,
    region=region,
    opts=pulumi.ResourceOptions(depends_on=records),
)

pulumi.export("mail_from_domain", mail_from.mail_from_domain)
pulumi.export("mail_from_domain_status", mail_from.mail_from_domain_status)
