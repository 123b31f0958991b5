"""The settings in a stack's config: which keys there are, and what they mean.

Every `aws:` key of pulumi-aws that changes credentials or endpoints is either applied or refused. Keys that have no
meaning for SES are ignored.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pulumi_ses_mail_from_provider.rules.errors import InvalidConfig, InvalidInput
from pulumi_ses_mail_from_provider.rules.names import printable
from pulumi_ses_mail_from_provider.ses.settings import AwsSettings

from . import config_values as read

NAMESPACE: Final = "ses-mail-from"

AWS_KEYS: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "accessKey": ("access_key", read.text),
    "allowedAccountIds": ("allowed_account_ids", read.accounts),
    "assumeRole": ("assume_roles", read.roles),
    "assumeRoles": ("assume_roles", read.roles),
    "customCaBundle": ("verify", read.text),
    "endpoints": ("endpoints", read.endpoints),
    "forbiddenAccountIds": ("forbidden_account_ids", read.accounts),
    "insecure": ("verify", read.inverted_flag),
    "maxRetries": ("max_retries", read.count),
    "profile": ("profile", read.text),
    "region": ("region", read.text),
    "secretKey": ("secret_key", read.text),
    "sharedConfigFiles": ("config_file", read.one_file),
    "sharedCredentialsFiles": ("credentials_file", read.one_file),
    "skipMetadataApiCheck": ("use_instance_metadata", read.inverted_flag),
    "skipRequestingAccountId": ("ask_account", read.inverted_flag),
    "stsRegion": ("sts_region", read.text),
    "token": ("token", read.text),
    "useDualstackEndpoint": ("use_dualstack_endpoint", read.flag),
    "useFipsEndpoint": ("use_fips_endpoint", read.flag),
}
"""The keys in the namespace `aws` that are applied: the field of AwsSettings, and the reader of the value."""

OWN_KEYS: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "nameservers": ("nameservers", read.name_servers),
    "requestsPerSecond": ("requests_per_second", read.rate),
}
"""The keys in this package's own namespace."""

REFUSED_KEYS: Final[Mapping[str, str]] = {
    "assumeRoleWithWebIdentity": "set AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE in the environment",
    "ec2MetadataServiceEndpoint": "set AWS_EC2_METADATA_SERVICE_ENDPOINT in the environment",
    "ec2MetadataServiceEndpointMode": "set AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE in the environment",
    "httpProxy": "set HTTP_PROXY in the environment",
    "httpsProxy": "set HTTPS_PROXY in the environment",
    "noProxy": "set NO_PROXY in the environment",
}
"""The `aws` keys that change credentials or endpoints, but that botocore reads from the environment only."""

IGNORED_KEYS: Final = frozenset(
    {
        "defaultTags",
        "ignoreTags",
        "retryMode",
        "s3UsEast1RegionalEndpoint",
        "s3UsePathStyle",
        "skipCredentialsValidation",
        "skipRegionValidation",
        "tagPolicyCompliance",
        "tokenBucketRateLimiterCapacity",
        "userAgent",
        "userAgents",
    }
)
"""The `aws` keys that concern other services, or how pulumi-aws validates its own settings."""


KEYS: Final = (
    *(f"aws:{key}" for key in (*AWS_KEYS, *REFUSED_KEYS)),
    *(f"{NAMESPACE}:{key}" for key in OWN_KEYS),
)
"""All keys that the dynamic provider reads, with their namespaces."""


@dataclass(frozen=True)
class StackConfig:
    """The settings in a stack's config.

    Attributes:
        aws: How to reach SES.
        nameservers: The name servers to query, "HOST[:PORT]" each. If there are none: those of the system.

    """

    aws: AwsSettings = field(default_factory=AwsSettings)
    nameservers: tuple[str, ...] = ()


def from_config(get: Callable[[str], Any], namespace: str = "aws") -> StackConfig:
    """Read a stack's config.

    Args:
        get: Returns the value of a key with its namespace ("aws:region"), or None if it is not set.
        namespace: Where the keys are that pulumi-aws has too.

    Raises:
        InvalidConfig: A setting is malformed, or cannot be applied. Names the first one.
    """
    values: dict[str, Any] = {}
    readers = {f"{namespace}:{key}": reader for key, reader in AWS_KEYS.items()}
    readers |= {f"{NAMESPACE}:{key}": reader for key, reader in OWN_KEYS.items()}
    for key, (name, reader) in readers.items():
        value = get(key)
        if value in (None, ""):
            continue
        try:
            values[name] = reader(read.decoded(value))
        except Exception as problem:  # noqa: BLE001 - a malformed value may raise anything
            # Texts of other exceptions may quote the value, which may be a secret.
            detail = f": {problem}" if isinstance(problem, InvalidInput) else ""
            raise InvalidConfig(key, f"is not valid{detail}") from None
    for key, instead in REFUSED_KEYS.items():
        if get(f"{namespace}:{key}") not in (None, ""):
            raise InvalidConfig(
                f"{namespace}:{key}",
                f"does not reach this resource: {instead}, and remove it from the config (pulumi config rm"
                f" {namespace}:{key})",
            )
    nameservers = values.pop("nameservers", ())
    settings = AwsSettings(**values)
    if bool(settings.access_key) != bool(settings.secret_key):
        other = "secretKey" if settings.access_key else "accessKey"
        raise InvalidConfig(
            f"{namespace}:{other}",
            f"is missing: only one of {namespace}:accessKey and {namespace}:secretKey is set, so set both or none",
        )
    return StackConfig(settings, nameservers)


def unknown_keys(keys: Iterable[str]) -> list[str]:
    """A line for each key of this package's namespace that is not a setting, with the setting that was likely meant.

    Args:
        keys: The keys of a stack's config with their namespaces ("ses-mail-from:nameservers"). Other namespaces are
            not checked.
    """
    names = [key.removeprefix(f"{NAMESPACE}:") for key in keys if key.startswith(f"{NAMESPACE}:")]
    return [_unknown(name) for name in sorted(names) if name not in OWN_KEYS and name not in AWS_KEYS]


def _unknown(name: str) -> str:
    spellings = {known.lower(): known for known in (*AWS_KEYS, *OWN_KEYS)}
    line = f"the stack's config has {NAMESPACE}:{printable(name)}, which is not a setting of this package"
    for near in difflib.get_close_matches(name.lower(), spellings, n=1):
        return f"{line}: did you mean {NAMESPACE}:{spellings[near]}?"
    return (
        f"{line}. Its settings are {', '.join(sorted(OWN_KEYS))} and, for the native provider, {', '.join(AWS_KEYS)}."
    )
