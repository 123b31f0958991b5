"""A MAIL FROM domain as the state of a stack has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .model import Declaration, Key, MailFromAttributes
from .records import records_of
from .schema import MAIL_FROM_DOMAIN


@dataclass(frozen=True)
class State:
    """What state has of a MAIL FROM domain.

    Attributes:
        found: What SES has.
        account_id: The AWS account, if it is known.
        managed_mail_from_domain: The MAIL FROM domain that this stack last set or adopted.
        options: The inputs that SES does not store, by name.
    """

    key: Key
    found: MailFromAttributes
    account_id: str | None
    managed_mail_from_domain: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, declared: Declaration, found: MailFromAttributes, account_id: str | None) -> State:
        """The state of what a program declares, once it is set."""
        return cls(declared.key, found, account_id, declared.mail_from_domain, declared.options)

    @classmethod
    def from_outputs(cls, key: Key, outputs: Mapping[str, Any]) -> State:
        """The state in the outputs of a resource, of this or an earlier version.

        Args:
            key: The key that the resource's id names.
            outputs: The properties by name. State of version 0.1.0 has no managed_mail_from_domain.
        """

        def text(name: str) -> str:
            value = outputs.get(name)
            return value if isinstance(value, str) else ""

        return cls(
            key,
            MailFromAttributes(
                text("mail_from_domain"), text("behavior_on_mx_failure"), text("mail_from_domain_status")
            ),
            text("account_id") or None,
            text("managed_mail_from_domain") or text("mail_from_domain"),
            {name: outputs[name] for name in MAIL_FROM_DOMAIN.options if outputs.get(name) is not None},
        )

    def inputs(self) -> dict[str, Any]:
        """What a program would have to declare to get this state."""
        in_ses = {
            "identity": self.key.identity,
            "mail_from_domain": self.found.mail_from_domain,
            "behavior_on_mx_failure": self.found.behavior_on_mx_failure,
            "region": self.key.region,
        }
        return in_ses | {name: self.options.get(name, default) for name, default in MAIL_FROM_DOMAIN.options.items()}

    def outputs(self) -> dict[str, Any]:
        """The properties of the resource: the inputs, and what the program does not declare."""
        return self.inputs() | {
            "account_id": self.account_id,
            "mail_from_domain_status": self.found.status,
            "dns_records": records_of(self.found.mail_from_domain, self.key.region),
            "managed_mail_from_domain": self.managed_mail_from_domain,
        }
