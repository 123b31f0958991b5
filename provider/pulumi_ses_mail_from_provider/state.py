"""A MAIL FROM setting as Pulumi's state has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .model import Key, Setting
from .records import records_of


@dataclass(frozen=True)
class State:
    """A setting that is ours, as it stands."""

    key: Key
    setting: Setting
    account_id: str | None
    overwrite: bool

    def inputs(self) -> dict[str, Any]:
        """What a program would have to declare to get it."""
        return {
            "identity": self.key.identity,
            "mail_from_domain": self.setting.mail_from_domain,
            "behavior_on_mx_failure": self.setting.behavior_on_mx_failure,
            "region": self.key.region,
            "overwrite": self.overwrite,
        }

    def outputs(self) -> dict[str, Any]:
        """The properties that Pulumi's state has of it: the inputs, and what only SES and STS know."""
        return self.inputs() | {
            "account_id": self.account_id,
            "mail_from_domain_status": self.setting.status,
            "dns_records": records_of(self.setting.mail_from_domain, self.key.region),
        }
