"""The package schema: what Pulumi generates SDKs and registry pages from."""

from __future__ import annotations

import json
from typing import Any, Final

from pulumi_ses_mail_from_provider.engine.config import AWS_KEYS, NAMESPACE, OWN_KEYS
from pulumi_ses_mail_from_provider.engine.values import camel_case
from pulumi_ses_mail_from_provider.rules.model import BehaviorOnMXFailure, MailFromDomainStatus
from pulumi_ses_mail_from_provider.rules.schema import MAIL_FROM_DOMAIN, VERIFICATION, Property, Resource
from pulumi_ses_mail_from_provider.rules.verification import PARTS

GET_DNS_RECORDS: Final = f"{NAMESPACE}:index:getDnsRecords"
_SECRETS: Final = ("accessKey", "secretKey", "token")
_LISTS: Final = ("allowedAccountIds", "forbiddenAccountIds", "nameservers")
_TYPE: Final = f"#/types/{NAMESPACE}:index:"

_DESCRIPTIONS: Final = {
    "accessKey": "The AWS access key.",
    "allowedAccountIds": "The IDs of the AWS accounts that may be used.",
    "assumeRole": "The role to assume, as JSON with the fields of pulumi-aws, such as roleArn.",
    "assumeRoles": "The roles to assume one after the other, as a JSON list.",
    "customCaBundle": "The path of a CA bundle.",
    "endpoints": "The URLs of the services, as JSON: ses, sts.",
    "forbiddenAccountIds": "The IDs of the AWS accounts that must not be used.",
    "insecure": "Whether to accept any TLS certificate.",
    "maxRetries": "How often to retry a call after a fault. Throttled calls wait instead.",
    "nameservers": "The name servers to query, HOST[:PORT] each, instead of those of the system.",
    "profile": "The AWS profile.",
    "region": "The AWS region of resources that give none.",
    "requestsPerSecond": "How often to call each action of SES while it throttles. The limit of SES is 1.",
    "secretKey": "The AWS secret key.",
    "sharedConfigFiles": "The path of the AWS config file.",
    "sharedCredentialsFiles": "The path of the AWS credentials file.",
    "skipMetadataApiCheck": "Whether to get no credentials from the EC2 metadata service.",
    "skipRequestingAccountId": "Whether not to ask STS for the account ID. That turns the account guard off.",
    "stsRegion": "The AWS region in which to call STS.",
    "token": "The AWS session token.",
    "useDualstackEndpoint": "Whether to use dual-stack endpoints.",
    "useFipsEndpoint": "Whether to use FIPS endpoints.",
}


def package_schema(version: str) -> str:
    """The schema as JSON.

    Args:
        version: The version of the plugin.
    """
    config = _config()
    schema = {
        "name": NAMESPACE,
        "displayName": "SES MAIL FROM",
        "version": version,
        "description": "The custom MAIL FROM domain of an Amazon SES identity.",
        "keywords": ["pulumi", "aws", "ses", "mail-from", "spf", "email", "category/cloud"],
        "license": "Apache-2.0",
        "meta": {"moduleFormat": "(.*)"},
        "config": {"variables": config},
        "provider": {
            "description": "A provider with AWS settings of its own.",
            "inputProperties": config,
            "properties": {name: one for name, one in config.items() if one["type"] == "string"},
        },
        "types": _types(),
        "resources": {
            f"{NAMESPACE}:index:MailFromDomain": _resource(
                MAIL_FROM_DOMAIN,
                "The custom MAIL FROM domain of an Amazon SES identity. If SES already has what is declared, it is"
                " adopted. Deleting the resource sets MailFromDomain to null.\n\n" + _EXAMPLE,
                "MailFromDomain",
            ),
            f"{NAMESPACE}:index:MailFromDomainVerification": _resource(
                VERIFICATION,
                "Waits until SES has verified MAIL FROM domains.",
                "MailFromDomainVerification",
            ),
        },
        "functions": {GET_DNS_RECORDS: _get_dns_records()},
        "language": {"python": {"pyproject": {"enabled": True}}, "nodejs": {"respectSchemaVersion": True}},
    }
    return json.dumps(schema, indent=2) + "\n"


_EXAMPLE: Final = """## Example Usage

```yaml
resources:
  bounce:
    type: ses-mail-from:MailFromDomain
    properties:
      identity: example.com
      mailFromDomain: bounce.example.com
```

## Import

```sh
pulumi import ses-mail-from:index:MailFromDomain bounce us-east-1/example.com
```
"""


def _config() -> dict[str, Any]:
    config: dict[str, Any] = {}
    for name in sorted({*AWS_KEYS, *OWN_KEYS}):
        one: dict[str, Any] = {"type": "string", "description": _DESCRIPTIONS[name]}
        if name in _LISTS:
            one |= {"type": "array", "items": {"type": "string"}}
        if name in _SECRETS:
            one["secret"] = True
        config[name] = one
    return config


def _types() -> dict[str, Any]:
    return {
        f"{NAMESPACE}:index:BehaviorOnMxFailure": _enum(BehaviorOnMXFailure, "What SES does with mail meanwhile."),
        f"{NAMESPACE}:index:DnsRecord": {
            "type": "object",
            "description": "A DNS record to publish.",
            "properties": {
                "name": {"type": "string", "description": "The full name, without a trailing dot."},
                "type": {"type": "string", "description": "MX or TXT."},
                "ttl": {"type": "integer", "description": "Seconds."},
                "priority": {"type": "integer", "description": "The priority of the MX record."},
                "value": {"type": "string", "description": "The host, or the text without quotes."},
                "record": {"type": "string", "description": "What aws.route53.Record takes as one of its records."},
            },
            "required": ["name", "type", "ttl", "value", "record"],
        },
        f"{NAMESPACE}:index:AwaitedMailFromDomain": {
            "type": "object",
            "description": "A MAIL FROM domain to wait for: outputs of a MailFromDomain.",
            "properties": {
                camel_case(name): {"type": "string", "description": MAIL_FROM_DOMAIN.input(name).description}
                for name in PARTS
            },
            "required": [camel_case(name) for name in PARTS],
        },
    }


def _enum(values: Any, description: str) -> dict[str, Any]:
    return {
        "type": "string",
        "description": description,
        "enum": [{"name": one.value, "value": one.value} for one in values],
    }


def _resource(resource: Resource, description: str, dynamic_name: str) -> dict[str, Any]:
    inputs = {camel_case(one.name): _property(one, is_input=True) for one in resource.inputs}
    everything = (*resource.inputs, *resource.outputs)
    return {
        "description": description,
        "inputProperties": inputs,
        "requiredInputs": [camel_case(one.name) for one in resource.inputs if one.required],
        "properties": {camel_case(one.name): _property(one, is_input=False) for one in everything},
        "required": [camel_case(one.name) for one in everything if one.name != "account_id"],
        "aliases": [{"type": f"pulumi-python:dynamic/ses:{dynamic_name}"}],
    }


def _property(one: Property, *, is_input: bool) -> dict[str, Any]:
    described: dict[str, Any] = {"description": one.description, **_type(one)}
    if is_input and one.default is not None:
        described["default"] = one.default
    if is_input and one.replaces:
        described["willReplaceOnChanges"] = True
    if one.name == "mail_from_domain_status" and not is_input:
        described["description"] += f" One of {', '.join(status.value for status in MailFromDomainStatus)}."
    return described


def _type(one: Property) -> dict[str, Any]:
    special: dict[str, dict[str, Any]] = {
        "behavior_on_mx_failure": {"oneOf": [{"type": "string"}, {"$ref": f"{_TYPE}BehaviorOnMxFailure"}]},
        "dns_records": {"type": "array", "items": {"$ref": f"{_TYPE}DnsRecord"}},
        "mail_from_domains": {"type": "array", "items": {"$ref": f"{_TYPE}AwaitedMailFromDomain"}},
        "verified_identities": {"type": "array", "items": {"type": "string"}},
        "statuses": {"type": "object", "additionalProperties": {"type": "string"}},
    }
    return special.get(one.name, {"type": one.type})


def _get_dns_records() -> dict[str, Any]:
    arguments = ("mail_from_domain", "region")
    return {
        "description": "The two DNS records to publish for a MAIL FROM domain: MX, then TXT.",
        "inputs": {
            "properties": {
                camel_case(name): {"type": "string", "description": MAIL_FROM_DOMAIN.input(name).description}
                for name in arguments
            },
            "required": [camel_case(name) for name in arguments],
        },
        "outputs": {
            "properties": {
                "records": {
                    "type": "array",
                    "items": {"$ref": f"{_TYPE}DnsRecord"},
                    "description": MAIL_FROM_DOMAIN.output("dns_records").description,
                }
            },
            "required": ["records"],
        },
    }
