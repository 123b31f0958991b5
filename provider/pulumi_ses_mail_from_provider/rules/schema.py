"""The properties of the resources, each declared once.

Check, diff, state, the checks of the SDK's arguments and the program that `ses-mail-from generate` prints are built on
this, or tested against it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from .model import BehaviorOnMXFailure


@dataclass(frozen=True)
class Property:
    """An input or an output of a resource.

    Attributes:
        name: The name, as Python programs and the state of the dynamic resource have it.
        type: The type of its values: "string", "boolean", "list" or "map".
        description: One sentence.
        expected: What a valid value is, to complete "give …".
        required: Whether a program must give it.
        default: The value if the program gives none.
        replaces: Whether a change of it replaces the resource.
        in_ses: Whether SES stores it, so that a read brings it up to date.
        secret_with: The inputs that the value is computed from. It is secret if one of them is.
    """

    name: str
    type: str
    description: str
    expected: str = ""
    required: bool = False
    default: Any = None
    replaces: bool = False
    in_ses: bool = False
    secret_with: tuple[str, ...] = ()


@dataclass(frozen=True)
class Resource:
    """The properties of a resource, in the order in which they are documented."""

    inputs: tuple[Property, ...]
    outputs: tuple[Property, ...]
    """The outputs that are not inputs."""

    def input(self, name: str) -> Property:
        """The input of that name."""
        return next(one for one in self.inputs if one.name == name)

    def output(self, name: str) -> Property:
        """The output of that name."""
        return next(one for one in self.outputs if one.name == name)

    @property
    def replacing(self) -> tuple[str, ...]:
        """The names of the inputs that replace the resource."""
        return names(one for one in self.inputs if one.replaces)

    @property
    def options(self) -> dict[str, Any]:
        """The inputs that SES does not store, with their defaults."""
        return {one.name: one.default for one in self.inputs if not one.in_ses}

    @property
    def derived(self) -> tuple[str, ...]:
        """The names of the outputs that contain inputs."""
        return names(one for one in self.outputs if one.secret_with)

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the inputs that outputs contain."""
        return tuple(dict.fromkeys(name for one in self.outputs for name in one.secret_with))


def names(properties: Iterable[Property]) -> tuple[str, ...]:
    """The names of properties."""
    return tuple(one.name for one in properties)


MAIL_FROM_DOMAIN: Final = Resource(
    inputs=(
        Property(
            "identity",
            "string",
            "The SES identity: a domain or an e-mail address.",
            expected="a domain or an e-mail address",
            required=True,
            replaces=True,
            in_ses=True,
        ),
        Property(
            "mail_from_domain",
            "string",
            "The full name of the MAIL FROM domain, a subdomain of the identity's domain.",
            expected="the full name of a subdomain of the identity's domain",
            required=True,
            in_ses=True,
        ),
        Property(
            "behavior_on_mx_failure",
            "string",
            "What SES does with mail while the MAIL FROM domain is not verified: UseDefaultValue or RejectMessage.",
            expected="UseDefaultValue or RejectMessage",
            default=BehaviorOnMXFailure.USE_DEFAULT_VALUE.value,
            in_ses=True,
        ),
        Property(
            "region",
            "string",
            "The AWS region of the identity.",
            expected="an AWS region such as 'us-east-1'",
            replaces=True,
            in_ses=True,
        ),
        Property(
            "overwrite",
            "boolean",
            "Whether to replace another MAIL FROM domain that is already set.",
            expected="True or False",
            default=False,
        ),
    ),
    outputs=(
        Property("account_id", "string", "The ID of the AWS account of the identity, if it could be determined."),
        Property(
            "managed_mail_from_domain",
            "string",
            "The MAIL FROM domain that this stack last set or adopted.",
            secret_with=("identity", "mail_from_domain"),
        ),
        Property(
            "mail_from_domain_status",
            "string",
            "Pending, Success, Failed or TemporaryFailure, as of the last update or refresh.",
        ),
        Property(
            "dns_records",
            "list",
            "The two DNS records to publish: MX, then TXT.",
            secret_with=("identity", "mail_from_domain", "region"),
        ),
    ),
)

VERIFICATION: Final = Resource(
    inputs=(
        Property(
            "mail_from_domains",
            "list",
            "The MAIL FROM domains to wait for.",
            expected="a list of MailFromDomain resources",
            required=True,
        ),
        Property(
            "timeout",
            "string",
            "How long to wait at most.",
            expected="a duration such as '30m'",
            default="30m",
        ),
    ),
    outputs=(
        Property(
            "verified_identities",
            "list",
            "The ids of the MAIL FROM domains that were waited for, and verified.",
            secret_with=("mail_from_domains",),
        ),
        Property("verified_at", "string", "When the last of them was seen to be verified (ISO 8601, UTC)."),
        Property("statuses", "map", "The status of each, by its id.", secret_with=("mail_from_domains",)),
        Property("account_id", "string", "The ID of the AWS account of the identities, if it could be determined."),
    ),
)
