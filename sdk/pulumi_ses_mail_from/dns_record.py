"""A DNS record in the outputs of a resource."""

from __future__ import annotations

from typing import Any, Optional

import pulumi

# Pulumi reads these annotations when it runs, and on Python 3.10 knows Optional[X] but not X | None.
# ruff: noqa: UP045


@pulumi.output_type
class DnsRecord(dict[str, Any]):
    """A DNS record to publish, as `mail_from_dns_records` returns it: a dictionary, with integers as numbers."""

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
        """The priority of the MX record; None for TXT, where the dictionary has no such key."""
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
