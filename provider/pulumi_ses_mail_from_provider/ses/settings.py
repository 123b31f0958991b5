"""How to reach SES."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class AwsSettings:
    """How to reach SES. Everything left out comes from the usual AWS environment and profile.

    Attributes:
        region: The default AWS region.
        profile: The name of an AWS profile.
        access_key: The access key ID. Takes precedence over the profile, and needs `secret_key`.
        secret_key: The secret access key.
        token: The session token of temporary credentials.
        assume_roles: The parameters of STS AssumeRole, one call after the other.
        allowed_account_ids: The only accounts whose credentials may be used. Empty: all.
        forbidden_account_ids: Accounts whose credentials must not be used.
        ask_account: Whether to ask STS for the account of the credentials.
        max_retries: How often to retry a call after a fault. Throttled calls are not counted: they wait.
        requests_per_second: How often to call each action once SES has throttled a call. SES's own limit is 1.
        config_file: The path of the AWS config file.
        credentials_file: The path of the AWS credentials file.
        endpoints: URLs by service: "ses", "sts".
        sts_region: The region in which to call STS.
        verify: What botocore calls `verify`: whether to check certificates, or the path of a CA bundle.
        use_fips_endpoint: Whether to call FIPS endpoints.
        use_dualstack_endpoint: Whether to call endpoints that support IPv6.
        use_instance_metadata: Whether credentials may come from the metadata of an EC2 instance.
    """

    region: str | None = None
    profile: str | None = None
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    assume_roles: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    allowed_account_ids: frozenset[str] = frozenset()
    forbidden_account_ids: frozenset[str] = frozenset()
    ask_account: bool = True
    max_retries: int = 3
    requests_per_second: float = 1.0
    config_file: str | None = None
    credentials_file: str | None = None
    endpoints: Mapping[str, str] = field(default_factory=dict)
    sts_region: str | None = None
    verify: bool | str = True
    use_fips_endpoint: bool = False
    use_dualstack_endpoint: bool = False
    use_instance_metadata: bool = True
