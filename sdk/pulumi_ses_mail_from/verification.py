"""The resource `MailFromDomainVerification`, as programs declare it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import pulumi
from pulumi.dynamic import Resource

from pulumi_ses_mail_from_provider.dynamic import MailFromDomainVerificationProvider
from pulumi_ses_mail_from_provider.rules.verification import PARTS

from .mail_from_domain import MailFromDomain, refuse_options_without_effect
from .secret_inputs import keep_secrets

# Pulumi reads some of these annotations when it runs, and on Python 3.10 knows Optional[X] but not X | None.
# ruff: noqa: UP045

_OUTPUTS = ("verified_identities", "verified_at", "statuses", "account_id")
_DERIVED = ("verified_identities", "statuses")
_SOURCES = ("mail_from_domains",)


class MailFromDomainVerification(Resource, module="ses", name="MailFromDomainVerification"):
    """Waits until SES has verified MAIL FROM domains: found the MX record of each.

    What depends on it is deployed only once they are in use. `pulumi up` ends with an error where SES has given up on
    one (`Failed`), or when the time is over; the error says of each that is not verified what is wrong in DNS.

    One waits for many: declare one for all MAIL FROM domains of a stack. A later up waits for those that are new, whose
    MAIL FROM domain or behavior has changed, or that it has set again, such as a Failed one.

    SES API: GetIdentityMailFromDomainAttributes.
    """

    verified_identities: pulumi.Output[list[str]]
    """The ids ("<region>/<identity>") of the MAIL FROM domains that were waited for, and verified."""

    verified_at: pulumi.Output[str]
    """When the last of them was seen to be verified (ISO 8601, UTC)."""

    statuses: pulumi.Output[dict[str, str]]
    """The status of each by its id, as of the last up that waited or the last refresh. TemporaryFailure and Pending
    do not undo a verification; Failed does, and the next up waits again."""

    account_id: pulumi.Output[Optional[str]]
    """The AWS account of the identities; None where STS could not be asked."""

    timeout: pulumi.Output[str]
    """How long up waits at most."""

    def __init__(
        self,
        resource_name: str,
        mail_from_domains: Sequence[MailFromDomain],
        timeout: Optional[pulumi.Input[str]] = None,
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> None:
        """Wait for MAIL FROM domains.

        resource_name: the name of the resource in the stack.
        mail_from_domains: the `MailFromDomain` resources to wait for. It depends on them.
        timeout: how long to wait at most, as a duration in Go's form, such as "45m" or "1h30m". Unless given: "30m".
        opts: options of Pulumi. Not `provider` and not `import_`, which cannot work here.

        Where a part of one of them is secret, so are `verified_identities` and `statuses`.

        Raises ValueError for those two options, and TypeError for what is no sequence of `MailFromDomain`. A timeout
        that is no duration is reported when the program is deployed.
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
                f"MailFromDomainVerification {resource_name!r}: options come as a keyword argument, opts=…; the third"
                " argument by position is the timeout"
            )
        inputs: dict[str, Any] = {
            "mail_from_domains": [_named(resource_name, domain) for domain in mail_from_domains],
            "timeout": timeout,
        }
        properties, options = keep_secrets(inputs, opts, derived=_DERIVED, sources=_SOURCES)
        super().__init__(
            MailFromDomainVerificationProvider(), resource_name, properties | dict.fromkeys(_OUTPUTS), options
        )


def _named(resource_name: str, domain: object) -> dict[str, pulumi.Output[str]]:
    """What there is to know of a MAIL FROM domain to wait for it."""
    if not isinstance(domain, MailFromDomain):
        raise TypeError(
            f"MailFromDomainVerification {resource_name!r}: mail_from_domains must hold MailFromDomain resources, not"
            f" {type(domain).__name__}"
        )
    return {part: getattr(domain, part) for part in PARTS}
