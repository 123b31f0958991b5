"""Plain dynamic resources in place of those of pulumi-aws. The provider process imports this module."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider

REGION = "us-east-1"


def ses_client(url: str) -> Any:
    """Return a boto3 client for the server at `url`, with the credentials of the environment."""
    import boto3  # noqa: PLC0415

    return boto3.client("ses", endpoint_url=url, region_name=REGION)


class IdentityProvider(ResourceProvider):
    """Creates and deletes an identity. A changed `version` deletes it before it is created again."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Replace the resource if its version changed."""
        changed = _olds["version"] != _news["version"]
        return DiffResult(changed, ["version"] if changed else [], delete_before_replace=True)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create the identity."""
        ses_client(self.url).verify_domain_identity(Domain=props["domain"])
        return CreateResult(props["domain"], dict(props))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete the identity, and with it its MAIL FROM domain."""
        ses_client(self.url).delete_identity(Identity=_id)


class Identity(Resource, name="Identity"):
    """A substitute for aws.ses.DomainIdentity."""

    domain: pulumi.Output[str]

    def __init__(self, name: str, url: str, domain: pulumi.Input[str], version: int = 1) -> None:
        super().__init__(IdentityProvider(url), name, {"domain": domain, "version": version})


class PlainMailFromProvider(ResourceProvider):
    """Sets and clears a MAIL FROM domain without reading it first."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Set the MAIL FROM domain."""
        parameters = {"Identity": props["identity"], "MailFromDomain": props["mail_from_domain"]}
        ses_client(self.url).set_identity_mail_from_domain(**parameters)
        return CreateResult(props["identity"], dict(props))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Clear the MAIL FROM domain."""
        ses_client(self.url).set_identity_mail_from_domain(Identity=_id)


class PlainMailFrom(Resource, name="PlainMailFrom"):
    """A substitute for aws.ses.MailFrom."""

    def __init__(
        self, name: str, url: str, identity: str, mail_from_domain: str, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        inputs = {"identity": identity, "mail_from_domain": mail_from_domain}
        super().__init__(PlainMailFromProvider(url), name, inputs, opts)
