"""The provider to compare with: one call an operation, and botocore's defaults. The provider process imports this."""

from __future__ import annotations

import functools
import threading
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider

_making = threading.Lock()


def _client() -> Any:
    with _making:  # boto3 makes clients for one thread at a time
        return _made()


@functools.cache
def _made() -> Any:
    import boto3  # noqa: PLC0415

    return boto3.client("ses", region_name="us-east-1")


class PlainProvider(ResourceProvider):
    """Set, Get and clear, as one writes them at first."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare the inputs."""
        return DiffResult(any(_olds.get(name) != _news.get(name) for name in ("identity", "mail_from_domain")))

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Set the domain."""
        parameters = {"Identity": props["identity"], "MailFromDomain": props["mail_from_domain"]}
        _client().set_identity_mail_from_domain(**parameters)
        return CreateResult(props["identity"], dict(props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Get the domain."""
        answer = _client().get_identity_mail_from_domain_attributes(Identities=[id_])
        found = answer["MailFromDomainAttributes"][id_]
        outputs = {**props, "mail_from_domain": found["MailFromDomain"]}
        return ReadResult(id_, outputs)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Clear the domain."""
        _client().set_identity_mail_from_domain(Identity=_id)


class PlainMailFrom(Resource, name="PlainMailFrom"):
    """A MAIL FROM domain without anything."""

    def __init__(self, name: str, identity: str, mail_from_domain: str) -> None:
        inputs: dict[str, pulumi.Input[Any]] = {"identity": identity, "mail_from_domain": mail_from_domain}
        super().__init__(PlainProvider(), name, inputs)
