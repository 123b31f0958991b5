"""The arguments of the resources: what programs give, and in which ways."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any, Optional, cast

import pulumi

from pulumi_ses_mail_from_provider.rules.errors import InvalidInput
from pulumi_ses_mail_from_provider.rules.model import BehaviorOnMXFailure, Key
from pulumi_ses_mail_from_provider.rules.schema import MAIL_FROM_DOMAIN, names

# Pulumi reads some of these annotations when it runs, and on Python 3.10 knows Optional[X] but not X | None.
# ruff: noqa: UP045

_INPUTS = names(MAIL_FROM_DOMAIN.inputs)


@dataclass
class MailFromDomainArgs:
    """The arguments of `MailFromDomain`."""

    identity: pulumi.Input[str]
    """The SES identity: a domain or an e-mail address. Such as "example.com" or "jane@example.com"."""

    mail_from_domain: pulumi.Input[str]
    """The full name of the MAIL FROM domain, a subdomain of the identity's domain. Such as "bounce.example.com"."""

    behavior_on_mx_failure: Optional[pulumi.Input[BehaviorOnMXFailure | str]] = None
    """What SES does with mail while the MAIL FROM domain is not verified: UseDefaultValue or RejectMessage. Default:
    UseDefaultValue."""

    region: Optional[pulumi.Input[str]] = None
    """The AWS region of the identity. Default: the region of the stack's config (aws:region), else the region that the
    resource already has, else the region of the AWS environment or profile."""

    overwrite: Optional[pulumi.Input[bool]] = None
    """Whether to replace another MAIL FROM domain that is already set. Default: False, which makes that an error."""


def inputs_and_options(
    resource_name: str, positional: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[dict[str, Any], pulumi.ResourceOptions | None]:
    """The inputs by name and the options, from either way to call `MailFromDomain`.

    Args:
        resource_name: The name of the resource, for messages.
        positional: The arguments by position, after the name.
        keywords: The keyword arguments.

    Raises:
        TypeError: The arguments do not fit together.
    """
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
    if not isinstance(opts, (pulumi.ResourceOptions, type(None))):
        raise TypeError(f"{resource}: opts must be pulumi.ResourceOptions, not {type(opts).__name__}")
    if isinstance(args, pulumi.ResourceOptions):
        # As with the SDKs that Pulumi generates, options may come second where inputs are keyword arguments.
        args, opts = None, pulumi.ResourceOptions.merge(args, opts)
    if args is not None:
        if inputs:
            raise TypeError(f"{resource}: give MailFromDomainArgs or keyword arguments, not both")
        inputs = {name: getattr(args, name) for name in _INPUTS}
    if unknown := sorted(set(inputs) - set(_INPUTS)):
        raise TypeError(f"{resource} has no argument {unknown[0]!r}, only {', '.join(_INPUTS)}")
    return dict.fromkeys(_INPUTS) | inputs, opts


def normal_id(resource_name: str, resource_id: pulumi.Input[str]) -> pulumi.Input[str]:
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
    """Refuse options that Pulumi would ignore, so that nothing is written with other credentials than intended."""
    if opts is None:
        return
    if not isinstance(opts, pulumi.ResourceOptions):
        raise TypeError(f"{kind} {resource_name!r}: opts must be pulumi.ResourceOptions, not {type(opts).__name__}")
    if opts.provider or opts.providers:
        raise ValueError(
            f"{kind} {resource_name!r} cannot use opts.provider: Pulumi's dynamic resources take no provider,"
            " and would write with other credentials. Give the region as an argument (region='eu-west-1'), and the"
            " credentials as stack config (aws:profile, aws:assumeRoles) or in the environment. To use several"
            f" accounts in one stack, use pulumi_ses_mail_from.native.{kind}."
        )
    if opts.import_:
        raise ValueError(
            f"{kind} {resource_name!r} cannot use opts.import_: Pulumi's dynamic resources cannot be"
            " imported. Leave it out: if SES already has what is declared, it is adopted without a change. Or use"
            f" pulumi_ses_mail_from.native.{kind}."
        )


def with_alias(kind: str, opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
    """The options, with the type of the native resource as an alias: so a program can move back to the dynamic one."""
    alias = pulumi.Alias(type_=f"ses-mail-from:index:{kind}")
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(aliases=[alias]))
