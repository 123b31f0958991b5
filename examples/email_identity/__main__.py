"""The MAIL FROM domain of an e-mail address identity: mail from this address bounces to a domain of its own.

pulumi config set aws:region us-east-1
pulumi config set address jane@example.com
"""

import pulumi

from pulumi_ses_mail_from import BehaviorOnMXFailure, MailFromDomain, MailFromDomainArgs

# SES tells Jane@example.com from jane@example.com: write it as SES has it.
address = pulumi.Config().require("address")
domain = address.rpartition("@")[2]

mail_from = MailFromDomain(
    "bounce",
    MailFromDomainArgs(
        identity=address,
        # Below the address's domain, as for a domain identity.
        mail_from_domain=f"bounce.{domain}",
        # Without an MX record mail still goes out. REJECT_MESSAGE would have SES refuse it.
        behavior_on_mx_failure=BehaviorOnMXFailure.USE_DEFAULT_VALUE,
    ),
)

pulumi.export("mail_from_domain", mail_from.mail_from_domain)
pulumi.export("mail_from_domain_status", mail_from.mail_from_domain_status)
pulumi.export("dns_records", mail_from.dns_records)
