"""The native resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional, overload

import pulumi

from pulumi_ses_mail_from.arguments import MailFromDomainArgs, inputs_and_options, normal_id
from pulumi_ses_mail_from.dns_record import DnsRecord
from pulumi_ses_mail_from_provider.engine.config import NAMESPACE
from pulumi_ses_mail_from_provider.engine.values import SNAKE_CASE, camel_case
from pulumi_ses_mail_from_provider.rules.model import BehaviorOnMXFailure
from pulumi_ses_mail_from_provider.rules.schema import MAIL_FROM_DOMAIN, VERIFICATION, Resource, names
from pulumi_ses_mail_from_provider.rules.verification import PARTS

from .provider import with_version

# Pulumi reads some of these annotations when it runs, and on Python 3.10 knows Optional[X] but not X | None.
# ruff: noqa: UP045


class _Native(pulumi.CustomResource):
    """A resource whose properties have other names in Python than in the engine."""

    def translate_output_property(self, prop: str) -> str:
        """The name in Python."""
        return SNAKE_CASE.get(prop, prop)

    def translate_input_property(self, prop: str) -> str:
        """The name in the engine."""
        return camel_case(prop)


class MailFromDomain(_Native):
    """The custom MAIL FROM domain of an Amazon SES identity.

    If SES already has what is declared, it is adopted. Deleting the resource sets MailFromDomain to null.
    """

    identity: pulumi.Output[str]
    """The SES identity: a domain or an e-mail address. Normalised."""

    mail_from_domain: pulumi.Output[str]
    """The full name of the MAIL FROM domain, a subdomain of the identity's domain. Normalised: lower case, A-labels, no
    trailing dot."""

    behavior_on_mx_failure: pulumi.Output[str]
    """What SES does with mail while the MAIL FROM domain is not verified: UseDefaultValue or RejectMessage."""

    region: pulumi.Output[str]
    """The AWS region of the identity."""

    account_id: pulumi.Output[Optional[str]]
    """The ID of the AWS account of the identity, if it could be determined. Otherwise None."""

    managed_mail_from_domain: pulumi.Output[str]
    """The MAIL FROM domain that this stack last set or adopted. A refresh does not change it, and destroy clears no
    other."""

    mail_from_domain_status: pulumi.Output[str]
    """Pending, Success, Failed or TemporaryFailure, as of the last update or refresh."""

    dns_records: pulumi.Output[list[DnsRecord]]
    """The two DNS records to publish: MX, then TXT. `mail_from_dns_records` returns them before the resource exists."""

    @overload
    def __init__(
        self, resource_name: str, args: MailFromDomainArgs, opts: Optional[pulumi.ResourceOptions] = None
    ) -> None: ...

    @overload
    def __init__(
        self,
        resource_name: str,
        opts: Optional[pulumi.ResourceOptions] = None,
        *,
        identity: pulumi.Input[str],
        mail_from_domain: pulumi.Input[str],
        behavior_on_mx_failure: Optional[pulumi.Input[BehaviorOnMXFailure | str]] = None,
        region: Optional[pulumi.Input[str]] = None,
        overwrite: Optional[pulumi.Input[bool]] = None,
    ) -> None: ...

    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        """Declare the MAIL FROM domain of an identity.

        Args:
            resource_name: The name of the resource in the stack.
            *args: A `MailFromDomainArgs`, unless its fields are given as keyword arguments; then the options.
            **kwargs: The fields of `MailFromDomainArgs`, and `opts`, the resource options.

        Raises:
            TypeError: The arguments do not fit together.
        """
        inputs, opts = inputs_and_options(resource_name, args, kwargs)
        super().__init__(*_registration("MailFromDomain", MAIL_FROM_DOMAIN, resource_name, inputs, opts))

    @staticmethod
    def get(
        resource_name: str,
        id: pulumi.Input[str],  # noqa: A002 - as in every SDK that Pulumi generates
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> MailFromDomain:
        """Read the MAIL FROM domain of an identity that this stack does not manage.

        Args:
            resource_name: The name of the resource in the stack.
            id: "<region>/<identity>", such as "us-east-1/example.com".
            opts: The resource options.

        Raises:
            ValueError: The id has another form.
        """
        resource: MailFromDomain = MailFromDomain.__new__(MailFromDomain)
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=normal_id(resource_name, id)))
        pulumi.CustomResource.__init__(
            resource, *_registration("MailFromDomain", MAIL_FROM_DOMAIN, resource_name, {}, options)
        )
        return resource


class MailFromDomainVerification(_Native):
    """Waits until SES has verified MAIL FROM domains: until it has found the MX record of each.

    Declare one for all MAIL FROM domains of a stack. A later `pulumi up` waits for those that are new, whose MAIL FROM
    domain or behavior has changed, or that it has set again, such as a Failed one.
    """

    timeout: pulumi.Output[str]
    """How long to wait at most."""

    verified_identities: pulumi.Output[list[str]]
    """The ids of the MAIL FROM domains that were waited for, and verified. An id is "<region>/<identity>"."""

    verified_at: pulumi.Output[str]
    """When the last of them was seen to be verified (ISO 8601, UTC)."""

    statuses: pulumi.Output[Mapping[str, str]]
    """The status of each, by its id. As of the last update that waited, or the last refresh."""

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

        Args:
            resource_name: The name of the resource in the stack.
            mail_from_domains: The native `MailFromDomain` resources to wait for.
            timeout: How long to wait at most: a Go duration such as "45m" or "1h30m". Default: "30m".
            opts: The resource options.

        Raises:
            TypeError: `mail_from_domains` is not a sequence of native `MailFromDomain` resources.
        """
        if isinstance(mail_from_domains, str) or not isinstance(mail_from_domains, Sequence):
            raise TypeError(
                f"MailFromDomainVerification {resource_name!r}: mail_from_domains must be a list of native"
                f" MailFromDomain resources, not {type(mail_from_domains).__name__}"
            )
        for one in mail_from_domains:
            if not isinstance(one, MailFromDomain):
                raise TypeError(
                    f"MailFromDomainVerification {resource_name!r}: mail_from_domains must hold native MailFromDomain"
                    f" resources, not {type(one).__module__}.{type(one).__name__}"
                )
        inputs = {
            "mail_from_domains": [
                {camel_case(part): getattr(one, part) for part in PARTS} for one in mail_from_domains
            ],
            "timeout": timeout,
        }
        super().__init__(*_registration("MailFromDomainVerification", VERIFICATION, resource_name, inputs, opts))


def _registration(
    kind: str,
    schema: Resource,
    resource_name: str,
    inputs: Mapping[str, Any],
    opts: pulumi.ResourceOptions | None,
) -> tuple[str, str, dict[str, Any], pulumi.ResourceOptions]:
    """The arguments of Pulumi's own resource class."""
    alias = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=f"pulumi-python:dynamic/ses:{kind}")])
    properties = dict.fromkeys((*names(schema.inputs), *names(schema.outputs))) | dict(inputs)
    options = pulumi.ResourceOptions.merge(with_version(opts), alias)
    return f"{NAMESPACE}:index:{kind}", resource_name, properties, options
