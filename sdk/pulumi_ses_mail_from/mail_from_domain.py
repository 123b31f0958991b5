"""The resource `MailFromDomain`, as programs declare it."""

from __future__ import annotations

import re
from importlib import metadata
from typing import Any, Optional, overload

import pulumi
from pulumi.dynamic import Resource

from pulumi_ses_mail_from_provider.dynamic import MailFromDomainProvider
from pulumi_ses_mail_from_provider.rules.model import BehaviorOnMXFailure
from pulumi_ses_mail_from_provider.rules.schema import MAIL_FROM_DOMAIN, names

from .arguments import MailFromDomainArgs, inputs_and_options, normal_id, refuse_options_without_effect, with_alias
from .dns_record import DnsRecord
from .secret_inputs import keep_secrets

# Pulumi reads some of these annotations when it runs, and on Python 3.10 knows Optional[X] but not X | None.
# ruff: noqa: UP045


class MailFromDomain(Resource, module="ses", name="MailFromDomain"):
    """The custom MAIL FROM domain of an Amazon SES identity.

    It calls SES with the AWS settings of the stack's config (`aws:region`, `aws:profile`, …) or, if they are not set,
    of the environment. If SES already has what is declared, it is adopted. Deleting the resource sets MailFromDomain to
    null.

    SES API: SetIdentityMailFromDomain, GetIdentityMailFromDomainAttributes.
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

        If identity, mail_from_domain or region is secret, so are the outputs that contain it. The id of the resource
        contains the identity and is not encrypted. Problems of values are reported when the program is deployed.

        Args:
            resource_name: The name of the resource in the stack.
            *args: A `MailFromDomainArgs`, unless its fields are given as keyword arguments; then the options.
            **kwargs: The fields of `MailFromDomainArgs`, and `opts`, the resource options. The options `provider` and
                `import_` are refused, because Pulumi does not support them for dynamic resources.

        Raises:
            ValueError: One of those two options is given.
            TypeError: The arguments do not fit together.
        """
        inputs, opts = inputs_and_options(resource_name, args, kwargs)
        refuse_options_without_effect("MailFromDomain", resource_name, opts)
        properties, options = keep_secrets(inputs, with_alias("MailFromDomain", opts), MAIL_FROM_DOMAIN)
        # The object has only those outputs whose keys are given here.
        super().__init__(MailFromDomainProvider(), resource_name, properties | dict.fromkeys(_OUTPUTS), options)

    @staticmethod
    def get(
        resource_name: str,
        id: pulumi.Input[str],  # noqa: A002 - as in every SDK that Pulumi generates
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> MailFromDomain:
        """Read the MAIL FROM domain of an identity that this stack does not manage.

        The deployment fails if no MAIL FROM domain is set for that identity. It needs the Pulumi SDK 3.270 or newer.

        Args:
            resource_name: The name of the resource in the stack.
            id: "<region>/<identity>", such as "us-east-1/example.com". It is normalised as the inputs are: lower case,
                A-labels, no trailing dot.
            opts: The resource options. `provider` and `import_` are refused.

        Raises:
            RuntimeError: The Pulumi SDK is older.
            ValueError: The id has another form, or one of those two options is given.
        """
        _require_sdk(f"MailFromDomain.get({resource_name!r})")
        resource: MailFromDomain = MailFromDomain.__new__(MailFromDomain)
        refuse_options_without_effect("MailFromDomain", resource_name, opts)
        options = pulumi.ResourceOptions.merge(
            with_alias("MailFromDomain", opts), pulumi.ResourceOptions(id=normal_id(resource_name, id))
        )
        properties = dict.fromkeys((*_INPUTS, *_OUTPUTS))
        Resource.__init__(resource, MailFromDomainProvider(), resource_name, properties, options)
        return resource


_GET_NEEDS = (3, 270)
"""The version of the Pulumi SDK that `MailFromDomain.get` needs. Before, dynamic providers could not serve it."""

_INPUTS = names(MAIL_FROM_DOMAIN.inputs)
_OUTPUTS = names(MAIL_FROM_DOMAIN.outputs)


def _require_sdk(caller: str) -> None:
    """Fail unless the SDK lets dynamic resources be read by id."""
    version = metadata.version("pulumi")
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < _GET_NEEDS:
        needed = ".".join(map(str, _GET_NEEDS))
        raise RuntimeError(
            f"{caller} needs the Pulumi SDK {needed} or newer, but {version} is installed: require pulumi>={needed} in"
            " your program's dependencies, and run `pulumi install`"
        )
