"""The plain provider to compare with: one call per operation, with the defaults of botocore.

The provider process imports this module. The resource has the same inputs and outputs as ours, because the engine needs
time for each of them.
"""

from __future__ import annotations

import functools
import threading
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider

from pulumi_ses_mail_from_provider.rules.records import mail_from_dns_records

_making = threading.Lock()


def _client() -> Any:
    with _making:  # creating boto3 clients is not thread-safe
        return _made()


@functools.cache
def _made() -> Any:
    import boto3  # noqa: PLC0415

    return boto3.client("ses", region_name="us-east-1")


class PlainProvider(ResourceProvider):
    """Calls Set and Get without further logic."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare the inputs."""
        return DiffResult(any(_olds.get(name) != _news.get(name) for name in ("identity", "mail_from_domain")))

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Set the domain."""
        parameters = {"Identity": props["identity"], "MailFromDomain": props["mail_from_domain"]}
        _client().set_identity_mail_from_domain(**parameters)
        records = mail_from_dns_records(props["mail_from_domain"], props["region"])
        outputs = {"account_id": "123456789012", "mail_from_domain_status": "Pending", "dns_records": records}
        return CreateResult(props["identity"], {**props, **outputs})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Get the domain."""
        answer = _client().get_identity_mail_from_domain_attributes(Identities=[id_])
        found = answer["MailFromDomainAttributes"][id_]
        changed = {
            "mail_from_domain": found["MailFromDomain"],
            "mail_from_domain_status": found["MailFromDomainStatus"],
        }
        return ReadResult(id_, {**props, **changed})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Clear the domain."""
        _client().set_identity_mail_from_domain(Identity=_id)


class PlainMailFrom(Resource, name="PlainMailFrom"):
    """A MAIL FROM domain of the plain provider."""

    identity: pulumi.Output[str]
    mail_from_domain: pulumi.Output[str]
    behavior_on_mx_failure: pulumi.Output[str]
    region: pulumi.Output[str]
    overwrite: pulumi.Output[bool]
    account_id: pulumi.Output[str]
    mail_from_domain_status: pulumi.Output[str]
    dns_records: pulumi.Output[list[dict[str, Any]]]

    def __init__(self, name: str, identity: str, mail_from_domain: str) -> None:
        properties: dict[str, pulumi.Input[Any] | None] = {
            "identity": identity,
            "mail_from_domain": mail_from_domain,
            "behavior_on_mx_failure": "UseDefaultValue",
            "region": "us-east-1",
            "overwrite": False,
            "account_id": None,
            "mail_from_domain_status": None,
            "dns_records": None,
        }
        super().__init__(PlainProvider(), name, properties)
