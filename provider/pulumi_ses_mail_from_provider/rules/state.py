"""A MAIL FROM setting as Pulumi's state has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_ses_mail_from_provider.rules.inputs import SECRET_INPUTS
from pulumi_ses_mail_from_provider.rules.model import Key, MailFromAttributes
from pulumi_ses_mail_from_provider.rules.records import records_of


@dataclass(frozen=True)
class State:
    """What state has of a setting."""

    key: Key
    setting: MailFromAttributes
    """What SES has."""
    account_id: str | None
    managed_mail_from_domain: str
    """The MAIL FROM domain that this stack last set or adopted."""
    overwrite: bool = False
    secret_inputs: tuple[str, ...] = ()

    def inputs(self) -> dict[str, Any]:
        """What a program would have to declare to get it."""
        secrets = {SECRET_INPUTS: list(self.secret_inputs)} if self.secret_inputs else {}
        return {
            "identity": self.key.identity,
            "mail_from_domain": self.setting.mail_from_domain,
            "behavior_on_mx_failure": self.setting.behavior_on_mx_failure,
            "region": self.key.region,
            "overwrite": self.overwrite,
            **secrets,
        }

    def outputs(self) -> dict[str, Any]:
        """The properties that Pulumi's state has of it: the inputs, and what the program does not declare."""
        return self.inputs() | {
            "account_id": self.account_id,
            "mail_from_domain_status": self.setting.status,
            "dns_records": records_of(self.setting.mail_from_domain, self.key.region),
            "managed_mail_from_domain": self.managed_mail_from_domain,
        }


def managed_in(stated: Mapping[str, Any]) -> str | None:
    """The MAIL FROM domain that the stack last set or adopted. State of version 0.1.0 does not tell it apart."""
    managed = stated.get("managed_mail_from_domain") or stated.get("mail_from_domain")
    return str(managed) if managed else None
