"""The MAIL FROM domain of an identity that is an e-mail address.

pulumi config set aws:region us-east-1
pulumi config set address jane@example.com
"""

import pulumi

from pulumi_ses_mail_from import BehaviorOnMXFailure, MailFromDomain, MailFromDomainArgs

# SES distinguishes Jane@example.com and jane@example.com: write the address as SES has it.
address = pulumi.Config().require("address")
domain = address.rpartition("@")[2]

mail_from = MailFromDomain(
    "bounce",
    MailFromDomainArgs(
        identity=address,
        # A subdomain of the domain of the address.
        mail_from_domain=f"bounce.{domain}",
        # SES sends mail even while it does not find the MX record. With REJECT_MESSAGE, it would reject that mail.
        behavior_on_mx_failure=BehaviorOnMXFailure.USE_DEFAULT_VALUE,
    ),
)

pulumi.export("mail_from_domain", mail_from.mail_from_domain)
pulumi.export("mail_from_domain_status", mail_from.mail_from_domain_status)
pulumi.export("dns_records", mail_from.dns_records)
