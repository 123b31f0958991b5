"""A MAIL FROM domain for an e-mail address identity: only mail from this address uses it.

pulumi config set aws:region us-east-1
pulumi config set address jane@example.com
"""

import pulumi

from pulumi_ses_mail_from import BehaviorOnMXFailure, MailFromDomain, MailFromDomainArgs

# SES treats Jane@example.com and jane@example.com as two identities: write it as it is in SES.
address = pulumi.Config().require("address")
domain = address.rpartition("@")[2]

mail_from = MailFromDomain(
    "bounce",
    MailFromDomainArgs(
        identity=address,
        # A subdomain of the address's domain, as for a domain identity.
        mail_from_domain=f"bounce.{domain}",
        # Without the MX record, SES still sends mail. With REJECT_MESSAGE it would reject it.
        behavior_on_mx_failure=BehaviorOnMXFailure.USE_DEFAULT_VALUE,
    ),
)

pulumi.export("mail_from_domain", mail_from.mail_from_domain)
pulumi.export("mail_from_domain_status", mail_from.mail_from_domain_status)
pulumi.export("dns_records", mail_from.dns_records)
