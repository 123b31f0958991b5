"""The MAIL FROM domain of one SES identity, with the DNS records to publish as output.

pulumi config set aws:region us-east-1
pulumi config set identity example.com
"""

import pulumi

from pulumi_ses_mail_from import MailFromDomain

config = pulumi.Config()
identity = config.require("identity")
domain = identity.rpartition("@")[2]

mail_from = MailFromDomain(
    "bounce",
    identity=identity,
    mail_from_domain=config.get("mailFromDomain") or f"bounce.{domain}",
)

pulumi.export("mail_from_domain", mail_from.mail_from_domain)
pulumi.export("mail_from_domain_status", mail_from.mail_from_domain_status)
pulumi.export("dns_records", mail_from.dns_records)
