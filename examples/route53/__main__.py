"""A MAIL FROM domain whose DNS records are in Route 53. They are created first, so that SES finds them at once.

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

# Known before the MAIL FROM domain exists, so that `pulumi preview` shows them.
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
    identity=identity.domain,  # the output, so that Pulumi creates the identity first and deletes it last
    mail_from_domain=mail_from_domain,
    region=region,
    opts=pulumi.ResourceOptions(depends_on=records),
)

pulumi.export("mail_from_domain", mail_from.mail_from_domain)
pulumi.export("mail_from_domain_status", mail_from.mail_from_domain_status)
