"""The custom MAIL FROM domain of an Amazon SES identity, as a Pulumi resource."""

from pulumi_ses_mail_from_provider.rules.model import BehaviorOnMXFailure, MailFromDomainStatus
from pulumi_ses_mail_from_provider.rules.records import mail_from_dns_records

from .arguments import MailFromDomainArgs
from .dns_record import DnsRecord
from .mail_from_domain import MailFromDomain
from .verification import MailFromDomainVerification

__all__ = [
    "BehaviorOnMXFailure",
    "DnsRecord",
    "MailFromDomain",
    "MailFromDomainArgs",
    "MailFromDomainStatus",
    "MailFromDomainVerification",
    "mail_from_dns_records",
]
