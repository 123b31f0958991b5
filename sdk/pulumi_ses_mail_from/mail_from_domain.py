"""The resource `MailFromDomain`, as programs declare it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, fields
from typing import Any, Optional, cast, overload

import pulumi
from pulumi.dynamic import Resource

from pulumi_ses_mail_from_provider.dynamic import MailFromDomainProvider
from pulumi_ses_mail_from_provider.rules.errors import InvalidInput
from pulumi_ses_mail_from_provider.rules.model import BehaviorOnMXFailure, Key

from .secret_inputs import keep_secrets

# Pulumi reads some of these annotations when it runs, and on Python 3.10 knows Optional[X] but not X | None.
# ruff: noqa: UP045


@pulumi.output_type
class DnsRecord(dict[str, Any]):
    """A DNS record to publish, as `mail_from_dns_records` gives it: a dictionary, and its numbers integers."""

    def __init__(self, **values: Any) -> None:
        super().__init__({name: value for name, value in values.items() if value is not None})

    @property
    @pulumi.getter
    def name(self) -> str:
        """The full name, without a trailing dot."""
        return str(self["name"])

    @property
    @pulumi.getter
    def type(self) -> str:
        """MX or TXT."""
        return str(self["type"])

    @property
    @pulumi.getter
    def ttl(self) -> int:
        """Seconds."""
        return int(self["ttl"])

    @property
    @pulumi.getter
    def priority(self) -> Optional[int]:
        """Of the MX record; None for TXT, where the dictionary has no such key."""
        return self.get("priority")

    @property
    @pulumi.getter
    def value(self) -> str:
        """The host, or the text without quotes."""
        return str(self["value"])

    @property
    @pulumi.getter
    def record(self) -> str:
        """What `aws.route53.Record.records` takes: with the priority before an MX host."""
        return str(self["record"])


@dataclass
class MailFromDomainArgs:
    """The arguments of `MailFromDomain`."""

    identity: pulumi.Input[str]
    """The SES identity: a domain ("example.com") or an e-mail address ("jane@example.com")."""

    mail_from_domain: pulumi.Input[str]
    """The full name of the MAIL FROM domain: a subdomain of the identity's domain ("bounce.example.com")."""

    behavior_on_mx_failure: Optional[pulumi.Input[BehaviorOnMXFailure | str]] = None
    """What SES does with mail while the MAIL FROM domain is not verified. Unless given: UseDefaultValue."""

    region: Optional[pulumi.Input[str]] = None
    """The AWS region of the identity. Unless given: that of the stack's config (aws:region), else the one that the
    resource already has, else that of the AWS environment or profile."""

    overwrite: Optional[pulumi.Input[bool]] = None
    """Whether to take over when another MAIL FROM domain is already set. Unless given: no, that is an error."""


class MailFromDomain(Resource, module="ses", name="MailFromDomain"):
    """The custom MAIL FROM domain of an Amazon SES identity.

    It speaks to SES with the AWS settings of the stack's config (`aws:region`, `aws:profile`, …) or, unless they are
    set, of the environment. What SES already has as declared is adopted. Deleting it sets MailFromDomain to null.

    SES API: SetIdentityMailFromDomain, GetIdentityMailFromDomainAttributes.
    """

    identity: pulumi.Output[str]
    """The SES identity, normalised."""

    mail_from_domain: pulumi.Output[str]
    """The MAIL FROM domain, normalised: lower case, A-labels, no trailing dot."""

    behavior_on_mx_failure: pulumi.Output[str]
    """UseDefaultValue or RejectMessage."""

    region: pulumi.Output[str]
    """The AWS region of the identity."""

    account_id: pulumi.Output[Optional[str]]
    """The AWS account of the identity; None where STS could not be asked."""

    managed_mail_from_domain: pulumi.Output[str]
    """The MAIL FROM domain that this stack last set or adopted; a refresh does not change it. Destroy clears only this
    one."""

    mail_from_domain_status: pulumi.Output[str]
    """Pending, Success, Failed or TemporaryFailure, as of the last up or refresh."""

    dns_records: pulumi.Output[list[DnsRecord]]
    """The two DNS records to publish, MX then TXT. `mail_from_dns_records` gives them before there is a resource."""

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

        resource_name: the name of the resource in the stack.
        args: a MailFromDomainArgs; or give its fields as keyword arguments.
        opts: options of Pulumi. Not `provider` and not `import_`, which cannot work here.

        Where identity, mail_from_domain or region is secret, so are the outputs that contain it. The id of the
        resource contains the identity and is not encrypted.

        Raises ValueError for those two options, and TypeError for arguments that do not fit together. What is wrong
        with a value is reported when the program is deployed.
        """
        inputs, opts = _inputs_and_options(resource_name, args, kwargs)
        properties, options = keep_secrets(inputs, opts, derived=_DERIVED, sources=_SOURCES)
        # An output exists on the object only if its key is given here.
        super().__init__(MailFromDomainProvider(), resource_name, properties | dict.fromkeys(_OUTPUTS), options)

    @staticmethod
    def get(
        resource_name: str,
        id: pulumi.Input[str],  # noqa: A002 - as in every SDK that Pulumi generates
        opts: Optional[pulumi.ResourceOptions] = None,
    ) -> MailFromDomain:
        """The MAIL FROM setting of an identity that this stack does not manage.

        resource_name: the name of the resource in the stack.
        id: "<region>/<identity>", such as "us-east-1/example.com". It is normalised as the inputs are: lower case,
            A-labels, no trailing dot.
        opts: options of Pulumi. Not `provider` and not `import_`, which cannot work here.

        The deployment fails if nothing is set for that identity. Raises ValueError for an id of another form.
        """
        resource: MailFromDomain = MailFromDomain.__new__(MailFromDomain)
        refuse_options_without_effect("MailFromDomain", resource_name, opts)
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=_normal_id(resource_name, id)))
        properties = dict.fromkeys((*_INPUTS, *_OUTPUTS))
        Resource.__init__(resource, MailFromDomainProvider(), resource_name, properties, options)
        return resource


_INPUTS = tuple(field.name for field in fields(MailFromDomainArgs))
_OUTPUTS = ("account_id", "managed_mail_from_domain", "mail_from_domain_status", "dns_records")
_DERIVED = ("managed_mail_from_domain", "dns_records")
_SOURCES = ("identity", "mail_from_domain", "region")


def _inputs_and_options(
    resource_name: str, positional: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[dict[str, Any], pulumi.ResourceOptions | None]:
    """The inputs by name and the options, from the two ways to call `MailFromDomain`."""
    resource = f"MailFromDomain {resource_name!r}"
    inputs = dict(keywords)
    given: list[Any] = [None, None]
    given[: len(positional)] = positional
    for index, name in enumerate(("args", "opts")):
        if name in inputs:
            if index < len(positional):
                raise TypeError(f"{resource}: {name} is given twice, by position and as a keyword argument")
            given[index] = inputs.pop(name)
    args, opts, *surplus = given
    if surplus or not isinstance(args, (MailFromDomainArgs, pulumi.ResourceOptions, type(None))):
        raise TypeError(
            f"{resource} takes its inputs as keyword arguments: write MailFromDomain({resource_name!r},"
            " identity='example.com', mail_from_domain='bounce.example.com'), or give them as one"
            " MailFromDomainArgs(identity=…, mail_from_domain=…)"
        )
    refuse_options_without_effect("MailFromDomain", resource_name, opts)
    if isinstance(args, pulumi.ResourceOptions):
        # As with the SDKs that Pulumi generates, options may come second where inputs are keyword arguments.
        args, opts = None, pulumi.ResourceOptions.merge(args, opts)
        refuse_options_without_effect("MailFromDomain", resource_name, opts)
    if args is not None:
        if inputs:
            raise TypeError(f"{resource}: give MailFromDomainArgs or keyword arguments, not both")
        inputs = {name: getattr(args, name) for name in _INPUTS}
    if unknown := sorted(set(inputs) - set(_INPUTS)):
        raise TypeError(f"{resource} has no argument {unknown[0]!r}, only {', '.join(_INPUTS)}")
    return dict.fromkeys(_INPUTS) | inputs, opts


def _normal_id(resource_name: str, resource_id: pulumi.Input[str]) -> pulumi.Input[str]:
    """The id in the form that state has: for the engine, another spelling is another resource."""

    def normal(text: object) -> str:
        try:
            return str(Key.parse(text if isinstance(text, str) else ""))
        except InvalidInput as problem:
            raise ValueError(f"MailFromDomain {resource_name!r}: {problem}") from None

    if isinstance(resource_id, pulumi.Output) or inspect.isawaitable(resource_id):
        return pulumi.Output.from_input(cast("pulumi.Output[str]", resource_id)).apply(normal)
    return normal(resource_id)


def refuse_options_without_effect(kind: str, resource_name: str, opts: pulumi.ResourceOptions | None) -> None:
    """Refuse what Pulumi would drop in silence, so that nothing is written where it was not meant to be."""
    if opts is None:
        return
    if not isinstance(opts, pulumi.ResourceOptions):
        raise TypeError(f"{kind} {resource_name!r}: opts must be pulumi.ResourceOptions, not {type(opts).__name__}")
    if opts.provider or opts.providers:
        raise ValueError(
            f"{kind} {resource_name!r} cannot use opts.provider: Pulumi's dynamic resources take no provider,"
            " and would write with other credentials. Give the region as an argument (region='eu-west-1') and the"
            " credentials as stack config (aws:profile, aws:assumeRoles) or in the environment, in a stack of its"
            " own for each account."
        )
    if opts.import_:
        raise ValueError(
            f"{kind} {resource_name!r} cannot use opts.import_: Pulumi's dynamic resources cannot be"
            " imported. Leave it out: what SES has as declared is adopted, without a change to it."
        )
