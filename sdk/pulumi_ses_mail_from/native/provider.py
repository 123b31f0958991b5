"""An explicit provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

import pulumi

from pulumi_ses_mail_from_provider.engine.config import NAMESPACE
from pulumi_ses_mail_from_provider.engine.values import camel_case
from pulumi_ses_mail_from_provider.plugin import version

# As in the other modules of the SDK.
# ruff: noqa: UP045


class Provider(pulumi.ProviderResource):
    """A provider with AWS settings of its own, for the option `provider` of resources."""

    def __init__(  # noqa: PLR0913 - the settings of the provider
        self,
        resource_name: str,
        opts: Optional[pulumi.ResourceOptions] = None,
        *,
        access_key: Optional[pulumi.Input[str]] = None,
        allowed_account_ids: Optional[pulumi.Input[Sequence[pulumi.Input[str]]]] = None,
        assume_role: Optional[pulumi.Input[Mapping[str, Any]]] = None,
        assume_roles: Optional[pulumi.Input[Sequence[pulumi.Input[Mapping[str, Any]]]]] = None,
        custom_ca_bundle: Optional[pulumi.Input[str]] = None,
        endpoints: Optional[pulumi.Input[Mapping[str, Any]]] = None,
        forbidden_account_ids: Optional[pulumi.Input[Sequence[pulumi.Input[str]]]] = None,
        insecure: Optional[pulumi.Input[bool]] = None,
        max_retries: Optional[pulumi.Input[int]] = None,
        nameservers: Optional[pulumi.Input[Sequence[pulumi.Input[str]]]] = None,
        profile: Optional[pulumi.Input[str]] = None,
        region: Optional[pulumi.Input[str]] = None,
        requests_per_second: Optional[pulumi.Input[float]] = None,
        secret_key: Optional[pulumi.Input[str]] = None,
        shared_config_files: Optional[pulumi.Input[str]] = None,
        shared_credentials_files: Optional[pulumi.Input[str]] = None,
        skip_metadata_api_check: Optional[pulumi.Input[bool]] = None,
        skip_requesting_account_id: Optional[pulumi.Input[bool]] = None,
        sts_region: Optional[pulumi.Input[str]] = None,
        token: Optional[pulumi.Input[str]] = None,
        use_dualstack_endpoint: Optional[pulumi.Input[bool]] = None,
        use_fips_endpoint: Optional[pulumi.Input[bool]] = None,
    ) -> None:
        """Make a provider. A setting that is left out comes from the AWS environment or profile.

        Args:
            resource_name: The name of the provider in the stack.
            opts: The resource options.
            access_key: The AWS access key. Secret.
            allowed_account_ids: The IDs of the AWS accounts that may be used.
            assume_role: The role to assume, with the fields of pulumi-aws, such as roleArn.
            assume_roles: The roles to assume one after the other.
            custom_ca_bundle: The path of a CA bundle.
            endpoints: The URLs of the services "ses" and "sts".
            forbidden_account_ids: The IDs of the AWS accounts that must not be used.
            insecure: Whether to accept any TLS certificate.
            max_retries: How often to retry a call after a fault. Throttled calls wait instead.
            nameservers: The name servers to query, HOST[:PORT] each, instead of those of the system.
            profile: The AWS profile.
            region: The AWS region of resources that give none.
            requests_per_second: How often to call each action of SES while it throttles. The limit of SES is 1.
            secret_key: The AWS secret key. Secret.
            shared_config_files: The path of the AWS config file.
            shared_credentials_files: The path of the AWS credentials file.
            skip_metadata_api_check: Whether to get no credentials from the EC2 metadata service.
            skip_requesting_account_id: Whether not to ask STS for the account ID. That turns the account guard off.
            sts_region: The AWS region in which to call STS.
            token: The AWS session token. Secret.
            use_dualstack_endpoint: Whether to use dual-stack endpoints.
            use_fips_endpoint: Whether to use FIPS endpoints.
        """
        given = {name: value for name, value in locals().items() if name not in ("self", "resource_name", "opts")}
        given.pop("__class__", None)
        for name in ("access_key", "secret_key", "token"):
            given[name] = None if given[name] is None else pulumi.Output.secret(given[name])
        properties = {camel_case(name): _as_text(value) for name, value in given.items()}
        super().__init__(NAMESPACE, resource_name, properties, with_version(opts))


def with_version(opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
    """The options, with the version of the plugin that this SDK belongs to."""
    return pulumi.ResourceOptions.merge(pulumi.ResourceOptions(version=version()), opts)


def _as_text(value: pulumi.Input[Any] | None) -> pulumi.Input[Any] | None:
    """The config of a provider is text on the wire: other values are JSON."""

    def text(known: Any) -> Any:
        return known if known is None or isinstance(known, str) else pulumi.runtime.to_json(known)

    return None if value is None else pulumi.Output.from_input(value).apply(text)
