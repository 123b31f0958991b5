"""The resources of the native provider: for explicit providers, `pulumi import`, and more resource options.

They take the same arguments as the resources of the package itself. The plugin, `pulumi-resource-ses-mail-from`, is
installed with this package; Pulumi finds it in an activated environment. docs/installation-configuration.md has the
other ways.
"""

from pulumi_ses_mail_from.arguments import MailFromDomainArgs

from .provider import Provider
from .resources import MailFromDomain, MailFromDomainVerification

__all__ = ["MailFromDomain", "MailFromDomainArgs", "MailFromDomainVerification", "Provider"]
