"""The stack's settings. Of `aws:`, those that pulumi-aws users have are honoured or refused, never ignored.

What only concerns other services, or how pulumi-aws checks its own settings, is of no consequence here.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pulumi_ses_mail_from_provider.rules import durations
from pulumi_ses_mail_from_provider.rules.errors import InvalidConfig, InvalidInput
from pulumi_ses_mail_from_provider.rules.names import name_server, printable, shown
from pulumi_ses_mail_from_provider.ses.settings import AwsSettings

NAMESPACE: Final = "ses-mail-from"

REFUSED: Final = {
    "assumeRoleWithWebIdentity": "set AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE in the environment",
    "ec2MetadataServiceEndpoint": "set AWS_EC2_METADATA_SERVICE_ENDPOINT in the environment",
    "ec2MetadataServiceEndpointMode": "set AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE in the environment",
    "httpProxy": "set HTTP_PROXY in the environment",
    "httpsProxy": "set HTTPS_PROXY in the environment",
    "noProxy": "set NO_PROXY in the environment",
}
"""Settings that change credentials or endpoints and that botocore takes from the environment alone."""

WITHOUT_EFFECT: Final = frozenset(
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

_ROLE_FIELDS: Final = {
    "roleArn": "RoleArn",
    "sessionName": "RoleSessionName",
    "externalId": "ExternalId",
    "policy": "Policy",
    "policyArns": "PolicyArns",
    "sourceIdentity": "SourceIdentity",
    "tags": "Tags",
    "transitiveTagKeys": "TransitiveTagKeys",
    "duration": "DurationSeconds",
}


_LEAST_RATE: Final = 0.01
_GREATEST_RATE: Final = 1000


@dataclass(frozen=True)
class StackConfig:
    """The settings in a stack's config.

    Attributes:
        aws: How to reach SES.
        nameservers: The name servers to query, "HOST[:PORT]" each; those of the system if there are none.

    """

    aws: AwsSettings = AwsSettings()
    nameservers: tuple[str, ...] = ()


def from_config(get: Callable[[str], Any]) -> StackConfig:
    """The settings in a stack's config.

    get: gives the value of a key with its namespace ("aws:region"), None where it is not set.

    Raises InvalidConfig for the first that is malformed or cannot be honoured.
    """
    values: dict[str, Any] = {}
    readers = {f"aws:{key}": reader for key, reader in HONOURED.items()}
    readers |= {f"{NAMESPACE}:{key}": reader for key, reader in OWN.items()}
    for key, (name, read) in readers.items():
        value = get(key)
        if value in (None, ""):
            continue
        try:
            values[name] = read(_decoded(value))
        except Exception as problem:  # noqa: BLE001 - a malformed value may do anything to its reader
            # Only our own words: others may quote the value, which may be a secret.
            detail = f": {problem}" if isinstance(problem, InvalidInput) else ""
            raise InvalidConfig(f"the stack's config {key} cannot be read{detail}") from None
    for key, instead in REFUSED.items():
        if get(f"aws:{key}") not in (None, ""):
            raise InvalidConfig(
                f"the stack's config aws:{key} does not reach this resource: {instead}, and take it out of the"
                f" config (pulumi config rm aws:{key})"
            )
    nameservers = values.pop("nameservers", ())
    settings = AwsSettings(**values)
    if bool(settings.access_key) != bool(settings.secret_key):
        raise InvalidConfig("the stack's config has only one of aws:accessKey and aws:secretKey: set both or none")
    return StackConfig(settings, nameservers)


def unknown_keys(keys: Iterable[str]) -> list[str]:
    """A line for each key of this package's namespace that is not a setting, with the setting that was likely meant.

    keys: the keys of a stack's config with their namespaces ("ses-mail-from:nameservers"). Those of other namespaces
        are not looked at.
    """
    names = [key.removeprefix(f"{NAMESPACE}:") for key in keys if key.startswith(f"{NAMESPACE}:")]
    return [_unknown(name) for name in sorted(names) if name not in OWN and name not in HONOURED]


def _unknown(name: str) -> str:
    spellings = {known.lower(): known for known in (*HONOURED, *OWN)}
    line = f"the stack's config has {NAMESPACE}:{printable(name)}, which is not a setting of this package"
    for near in difflib.get_close_matches(name.lower(), spellings, n=1):
        return f"{line}: did you mean {NAMESPACE}:{spellings[near]}?"
    return f"{line}. Its settings are {', '.join(sorted(OWN))} and, for the native provider, {', '.join(HONOURED)}."


def _decoded(value: Any) -> Any:
    """Structured config reaches a provider as JSON text, single values as themselves."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _text(value: Any) -> str:
    if isinstance(value, (dict, list, bool)):
        raise InvalidInput("one string is needed")
    # A number: an account that `pulumi config set` was given without quotes.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _flag(value: Any) -> bool:
    if value in (True, "true", "True"):
        return True
    if value in (False, "false", "False"):
        return False
    raise InvalidInput("true or false is needed")


def _not(value: Any) -> bool:
    return not _flag(value)


def _count(value: Any) -> int:
    count = int(value)
    if count < 0:
        raise InvalidInput("a number of at least 0 is needed")
    return count


def _rate(value: Any) -> float:
    try:
        rate = float(value)
    except (TypeError, ValueError, OverflowError):
        rate = math.nan
    if not _LEAST_RATE <= rate <= _GREATEST_RATE:
        raise InvalidInput(f"a number from {_LEAST_RATE} to {_GREATEST_RATE} is needed")
    return rate


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _name_servers(value: Any) -> tuple[str, ...]:
    texts = value.split(",") if isinstance(value, str) else _many(value)
    servers = tuple(_text(text).strip() for text in texts)
    for server in servers:
        name_server(server)
    return servers


def _accounts(value: Any) -> frozenset[str]:
    entries = [_text(entry).strip() for entry in (value.split(",") if isinstance(value, str) else _many(value))]
    for number, entry in enumerate(entries, start=1):
        if not re.fullmatch("[0-9]{1,12}", entry):
            raise InvalidInput(f"entry {number} is not an AWS account ID, which is a number of 12 digits")
    # Leading zeros are lost where the config has numbers.
    return frozenset(entry.zfill(12) for entry in entries)


def _one_file(value: Any) -> str:
    files = _many(value)
    if len(files) != 1:
        raise InvalidInput("one file is supported")
    return _text(files[0])


def _endpoints(value: Any) -> Mapping[str, str]:
    # pulumi-aws takes a list of maps, of which the last word on a service counts.
    return {
        service: _text(url)
        for endpoints in _many(value)
        for service, url in dict(endpoints).items()
        if service in ("ses", "sts") and url
    }


def _roles(value: Any) -> tuple[Mapping[str, Any], ...]:
    return tuple(_role(dict(role)) for role in _many(value) if role)


def _role(role: dict[str, Any]) -> Mapping[str, Any]:
    if unknown := sorted(set(role) - set(_ROLE_FIELDS)):
        raise InvalidInput(f"{shown(unknown[0])} is not one of {', '.join(_ROLE_FIELDS)}")
    if not role.get("roleArn"):
        raise InvalidInput("roleArn is missing")
    parameters = {_ROLE_FIELDS[key]: value for key, value in role.items() if value not in (None, "", [], {})}
    if "DurationSeconds" in parameters:
        parameters["DurationSeconds"] = _seconds(str(parameters["DurationSeconds"]))
    if "PolicyArns" in parameters:
        parameters["PolicyArns"] = [{"arn": arn} for arn in parameters["PolicyArns"]]
    if "Tags" in parameters:
        parameters["Tags"] = [{"Key": key, "Value": value} for key, value in parameters["Tags"].items()]
    return parameters


def _seconds(duration: str) -> int:
    try:
        return int(durations.seconds(duration))
    except InvalidInput:  # whose text quotes it
        raise InvalidInput("a duration such as '1h' or '30m' is needed") from None


HONOURED: Final = {
    "accessKey": ("access_key", _text),
    "allowedAccountIds": ("allowed_account_ids", _accounts),
    "assumeRole": ("assume_roles", _roles),
    "assumeRoles": ("assume_roles", _roles),
    "customCaBundle": ("verify", _text),
    "endpoints": ("endpoints", _endpoints),
    "forbiddenAccountIds": ("forbidden_account_ids", _accounts),
    "insecure": ("verify", _not),
    "maxRetries": ("max_retries", _count),
    "profile": ("profile", _text),
    "region": ("region", _text),
    "secretKey": ("secret_key", _text),
    "sharedConfigFiles": ("config_file", _one_file),
    "sharedCredentialsFiles": ("credentials_file", _one_file),
    "skipMetadataApiCheck": ("use_instance_metadata", _not),
    "skipRequestingAccountId": ("ask_account", _not),
    "stsRegion": ("sts_region", _text),
    "token": ("token", _text),
    "useDualstackEndpoint": ("use_dualstack_endpoint", _flag),
    "useFipsEndpoint": ("use_fips_endpoint", _flag),
}

OWN: Final = {
    "nameservers": ("nameservers", _name_servers),
    "requestsPerSecond": ("requests_per_second", _rate),
}
"""Settings of this package, in the namespace `ses-mail-from`."""
