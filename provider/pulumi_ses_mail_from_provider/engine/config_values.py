"""Readers for the values of a stack's config. Each raises InvalidInput, in words that do not quote the value."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

from pulumi_ses_mail_from_provider.rules import durations
from pulumi_ses_mail_from_provider.rules.errors import InvalidInput
from pulumi_ses_mail_from_provider.rules.names import name_server, shown

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
"""The parameters of STS AssumeRole by the names that pulumi-aws has for them."""

_LOWEST_RATE: Final = 0.01
_HIGHEST_RATE: Final = 1000


def decoded(value: Any) -> Any:
    """The value of a config key. Structured config reaches a provider as JSON text, single values as they are."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def text(value: Any) -> str:
    """A string; also a number, such as an account ID that was given without quotes."""
    if isinstance(value, (dict, list, bool)):
        raise InvalidInput("one string is needed")
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def flag(value: Any) -> bool:
    """A boolean, or its name."""
    if value in (True, "true", "True"):
        return True
    if value in (False, "false", "False"):
        return False
    raise InvalidInput("true or false is needed")


def inverted_flag(value: Any) -> bool:
    """The opposite of a boolean: the setting turns something off."""
    return not flag(value)


def count(value: Any) -> int:
    """A number of at least 0."""
    number = int(value)
    if number < 0:
        raise InvalidInput("a number of at least 0 is needed")
    return number


def rate(value: Any) -> float:
    """Requests per second."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not _LOWEST_RATE <= number <= _HIGHEST_RATE:
        raise InvalidInput(f"a number from {_LOWEST_RATE} to {_HIGHEST_RATE} is needed")
    return number


def name_servers(value: Any) -> tuple[str, ...]:
    """Name servers, "HOST[:PORT]" each, as a list or separated by commas."""
    texts = value.split(",") if isinstance(value, str) else _many(value)
    servers = tuple(text(one).strip() for one in texts)
    for server in servers:
        name_server(server)
    return servers


def accounts(value: Any) -> frozenset[str]:
    """Account IDs, as a list or separated by commas."""
    entries = [text(entry).strip() for entry in (value.split(",") if isinstance(value, str) else _many(value))]
    for number, entry in enumerate(entries, start=1):
        if not re.fullmatch("[0-9]{1,12}", entry):
            raise InvalidInput(f"entry {number} is not an AWS account ID, which is a number of 12 digits")
    # Where the config has numbers, leading zeros are lost.
    return frozenset(entry.zfill(12) for entry in entries)


def one_file(value: Any) -> str:
    """The path of one file, also as a list of one."""
    files = _many(value)
    if len(files) != 1:
        raise InvalidInput("one file is supported")
    return text(files[0])


def endpoints(value: Any) -> Mapping[str, str]:
    """The URLs of SES and STS. pulumi-aws takes a list of maps, of which the last entry for a service wins."""
    return {
        service: text(url)
        for urls in _many(value)
        for service, url in dict(urls).items()
        if service in ("ses", "sts") and url
    }


def roles(value: Any) -> tuple[Mapping[str, Any], ...]:
    """The parameters of STS AssumeRole for each role to assume."""
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
    except InvalidInput:  # its text quotes the value
        raise InvalidInput("a duration such as '1h' or '30m' is needed") from None


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
