"""DNS records first, then the MAIL FROM domain, then a wait: `pulumi up` ends once SES has verified it.

pulumi config set aws:region us-east-1
pulumi config set domain example.com
pulumi config set nameServer ns1.example.com
export DNS_TSIG_KEY=name:base64     # unless the name server accepts updates from this machine without a key

With Route 53, create the records as in the example route53 instead.
"""

import pulumi
from rfc2136 import Record

from pulumi_ses_mail_from import MailFromDomain, MailFromDomainVerification, mail_from_dns_records

config = pulumi.Config()
domain = config.require("domain")
region = pulumi.Config("aws").require("region")
mail_from_domain = f"bounce.{domain}"

records = [
    Record(f"mail-from-{record['type'].lower()}", record, zone=domain, server=config.require("nameServer"))
    for record in mail_from_dns_records(mail_from_domain, region)
]

mail_from = MailFromDomain(
    "mail-from",
    identity=domain,
    mail_from_domain=mail_from_domain,
    region=region,
    opts=pulumi.ResourceOptions(depends_on=records),
)

# One for all MAIL FROM domains of a stack. Let resources that need them verified depend on it.
verified = MailFromDomainVerification("verified", mail_from_domains=[mail_from], timeout="45m")

pulumi.export("verified", verified.verified_identities)
pulumi.export("verified_at", verified.verified_at)
