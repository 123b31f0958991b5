"""The resource `MailFromDomainVerification`, as programs declare it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import pulumi
from pulumi.dynamic import Resource

from pulumi_ses_mail_from_provider.dynamic import MailFromDomainVerificationProvider
from pulumi_ses_mail_from_provider.rules.schema import VERIFICATION, names
from pulumi_ses_mail_from_provider.rules.verification import PARTS

from .arguments import refuse_options_without_effect, with_alias
from .mail_from_domain import MailFromDomain
from .secret_inputs import keep_secrets

# Pulumi reads some of these annotations when it runs, and on Python 3.10 knows Optional[X] but not X | None.
# ruff: noqa: UP045

_OUTPUTS = names(VERIFICATION.outputs)


class MailFromDomainVerification(Resource, module="ses", name="MailFromDomainVerification"):
    """Waits until SES has verified MAIL FROM domains: until it has found the MX record of each.

    Resources that depend on it are deployed only once the MAIL FROM domains are in use. `pulumi up` fails if SES has
    given up on one (`Failed`), or if the timeout is over. The error says for each that is not verified what is wrong in
    DNS.

    Declare one for all MAIL FROM domains of a stack. A later `pulumi up` waits for those that are new, whose MAIL FROM
    domain or behavior has changed, or that it has set again, such as a Failed one.

    SES API: GetIdentityMailFromDomainAttributes.
    """

    timeout: pulumi.Output[str]
    """How long to wait at most."""

    verified_identities: pulumi.Output[list[str]]
    """The ids of the MAIL FROM domains that were waited for, and verified. An id is "<region>/<identity>"."""

    verified_at: pulumi.Output[str]
    """When the last of them was seen to be verified (ISO 8601, UTC)."""

    statuses: pulumi.Output[dict[str, str]]
    """The status of each, by its id. As of the last update that waited, or the last refresh. Pending and
    TemporaryFailure do not end a verification; Failed does, and the next update waits again."""

    account_id: pulumi.Output[Optional[str]]
    """The ID of the AWS account of the identities, if it could be determined. Otherwise None."""

    def __init__(
        self,
        resource_name: str,
        mail_from_domains: Sequence[MailFromDomain],
        timeout: Optional[pulumi.Input[str]] = None,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        """Wait for MAIL FROM domains.

        If a part of one of them is secret, so are `verified_identities` and `statuses`. A timeout that is not valid is
        reported when the program is deployed.

        Args:
            resource_name: The name of the resource in the stack.
            mail_from_domains: The `MailFromDomain` resources to wait for. The new resource depends on them.
            timeout: How long to wait at most: a Go duration such as "45m" or "1h30m". Default: "30m".
            opts: The resource options. `provider` and `import_` are refused, because Pulumi does not support them for
                dynamic resources.

        Raises:
            ValueError: One of those two options is given.
            TypeError: `mail_from_domains` is not a sequence of `MailFromDomain`.
        """
        refuse_options_without_effect("MailFromDomainVerification", resource_name, opts)
        if isinstance(mail_from_domains, MailFromDomain):
            raise TypeError(
                f"MailFromDomainVerification {resource_name!r}: mail_from_domains must be a list of MailFromDomain"
                " resources, not a single one: put it in brackets, as in mail_from_domains=[mail_from]"
            )
        if isinstance(mail_from_domains, (str, bytes)) or not isinstance(mail_from_domains, Sequence):
            raise TypeError(
                f"MailFromDomainVerification {resource_name!r}: mail_from_domains must be a list of MailFromDomain"
                f" resources, not {type(mail_from_domains).__name__}"
            )
        if isinstance(timeout, pulumi.ResourceOptions):
            raise TypeError(
                f"MailFromDomainVerification {resource_name!r}: give the options as a keyword argument, opts=…; the"
                " third argument by position is the timeout"
            )
        inputs: dict[str, Any] = {
            "mail_from_domains": [_named(resource_name, domain) for domain in mail_from_domains],
            "timeout": timeout,
        }
        properties, options = keep_secrets(inputs, with_alias("MailFromDomainVerification", opts), VERIFICATION)
        super().__init__(
            MailFromDomainVerificationProvider(), resource_name, properties | dict.fromkeys(_OUTPUTS), options
        )


def _named(resource_name: str, domain: object) -> dict[str, pulumi.Output[str]]:
    """The outputs of a MAIL FROM domain that say what to wait for."""
    if not isinstance(domain, MailFromDomain):
        raise TypeError(
            f"MailFromDomainVerification {resource_name!r}: mail_from_domains must hold MailFromDomain resources, not"
            f" {type(domain).__name__}"
        )
    return {part: getattr(domain, part) for part in PARTS}
