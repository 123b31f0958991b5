"""The settings in a stack's config: their values, invalid values, and unknown keys."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from pulumi_ses_mail_from_provider.engine.config import (
    AWS_KEYS,
    IGNORED_KEYS,
    OWN_KEYS,
    REFUSED_KEYS,
    from_config,
    unknown_keys,
)
from pulumi_ses_mail_from_provider.rules.errors import InvalidConfig
from pulumi_ses_mail_from_provider.ses.settings import AwsSettings

TWO_ACCOUNTS = {"123456789012", "000000000001"}
ENDPOINTS = {"ses": "http://a", "sts": "http://c"}


def _settings(**aws: Any) -> AwsSettings:
    return from_config({f"aws:{key}": value for key, value in aws.items()}.get).aws


def test_nothing_set() -> None:
    """Without config, all settings have their defaults."""
    assert AwsSettings() == _settings()


@pytest.mark.parametrize(
    ("key", "value", "name", "expected"),
    [
        ("region", "eu-west-1", "region", "eu-west-1"),
        ("profile", "mail", "profile", "mail"),
        ("maxRetries", "5", "max_retries", 5),
        ("maxRetries", 0.0, "max_retries", 0),
        ("allowedAccountIds", '["123456789012","000000000001"]', "allowed_account_ids", TWO_ACCOUNTS),
        ("allowedAccountIds", "[123456789012, 1]", "allowed_account_ids", TWO_ACCOUNTS),
        ("forbiddenAccountIds", ["123456789012"], "forbidden_account_ids", {"123456789012"}),
        ("forbiddenAccountIds", "123456789012", "forbidden_account_ids", {"123456789012"}),
        ("forbiddenAccountIds", "123456789012,1", "forbidden_account_ids", TWO_ACCOUNTS),
        ("allowedAccountIds", " 123456789012 , 000000000001", "allowed_account_ids", TWO_ACCOUNTS),
        ("allowedAccountIds", '[" 123456789012 ", 1]', "allowed_account_ids", TWO_ACCOUNTS),
        ("allowedAccountIds", [1.0, 123456789012.0], "allowed_account_ids", TWO_ACCOUNTS),
        ("sharedConfigFiles", '["~/aws"]', "config_file", "~/aws"),
        ("sharedCredentialsFiles", "/a/b", "credentials_file", "/a/b"),
        ("endpoints", '[{"ses":"http://a","s3":"http://b"},{"sts":"http://c"}]', "endpoints", ENDPOINTS),
        ("stsRegion", "us-east-1", "sts_region", "us-east-1"),
        ("customCaBundle", "/ca.pem", "verify", "/ca.pem"),
        ("insecure", "true", "verify", False),
        ("insecure", False, "verify", True),
        ("useFipsEndpoint", "true", "use_fips_endpoint", True),
        ("useDualstackEndpoint", True, "use_dualstack_endpoint", True),
        ("skipMetadataApiCheck", "true", "use_instance_metadata", False),
        ("skipRequestingAccountId", "true", "ask_account", False),
        ("defaultTags", '{"tags":{}}', "region", None),
    ],
)  # fmt: skip
def test_settings(key: str, value: Any, name: str, expected: Any) -> None:
    """Each setting is read in every form that a stack's config may have."""
    assert expected == getattr(_settings(**{key: value}), name)


def test_static_credentials() -> None:
    """Static credentials in the config are read, and are not part of the repr."""
    settings = _settings(accessKey="AKID", secretKey="secret-key", token="session-token")
    assert ("AKID", "secret-key", "session-token") == (settings.access_key, settings.secret_key, settings.token)
    assert not any(secret in repr(settings) for secret in ("AKID", "secret-key", "session-token"))


@pytest.mark.parametrize("key", ["assumeRole", "assumeRoles"])
def test_roles(key: str) -> None:
    """A role, or a chain of roles, is converted to the parameters of STS AssumeRole."""
    role = (
        '{"roleArn":"arn:aws:iam::123456789012:role/mail","sessionName":"s","externalId":"e","duration":"1h30m",'
        '"policy":"{}","policyArns":["arn:aws:iam::aws:policy/X"],"sourceIdentity":"i","tags":{"a":"b"},'
        '"transitiveTagKeys":["a"]}'
    )
    expected = {
        "RoleArn": "arn:aws:iam::123456789012:role/mail",
        "RoleSessionName": "s",
        "ExternalId": "e",
        "DurationSeconds": 5400,
        "Policy": "{}",
        "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/X"}],
        "SourceIdentity": "i",
        "Tags": [{"Key": "a", "Value": "b"}],
        "TransitiveTagKeys": ["a"],
    }
    assert (expected,) == _settings(**{key: role}).assume_roles
    assert (expected, expected) == _settings(**{key: f"[{role},{role}]"}).assume_roles


def test_parameters_of_assume_role() -> None:
    """All parameters of AssumeRole are in botocore's model of STS."""
    import botocore.session  # noqa: PLC0415

    model = botocore.session.Session().get_service_model("sts").operation_model("AssumeRole").input_shape
    everything = '{"roleArn":"a","sessionName":"s","externalId":"e","duration":"1h","policy":"p","policyArns":["x"],\
"sourceIdentity":"i","tags":{"a":"b"},"transitiveTagKeys":["a"]}'
    assert set(_settings(assumeRole=everything).assume_roles[0]) <= set(model.members)


@pytest.mark.parametrize(
    ("aws", "reason"),
    [
        ({"maxRetries": "many"}, "aws:maxRetries is not valid"),
        ({"maxRetries": "-1"}, "a number of at least 0 is needed"),
        ({"insecure": "perhaps"}, "true or false is needed"),
        ({"region": "[]"}, "one string is needed"),
        ({"sharedConfigFiles": '["a","b"]'}, "one file is supported"),
        ({"assumeRole": '{"roleARN":"a"}'}, "'roleARN' is not one of roleArn"),
        ({"assumeRole": '{"sessionName":"a"}'}, "roleArn is missing"),
        ({"assumeRole": "arn:aws:iam::1:role/x"}, "aws:assumeRole is not valid"),
        ({"assumeRole": '{"roleArn":"a","duration":"90"}'}, "a duration such as '1h' or '30m' is needed"),
        ({"assumeRole": '{"roleArn":"a","duration":"h"}'}, "a duration such as"),
        ({"assumeRole": f'{{"roleArn":"a","duration":"{"9" * 400}h"}}'}, "a duration such as"),
        (
            {"allowedAccountIds": "mail"},
            "aws:allowedAccountIds is not valid: entry 1 is not an AWS account ID, which",
        ),
        ({"allowedAccountIds": "123456789012,"}, "entry 2 is not an AWS account ID, which is a number of 12 digits"),
        ({"allowedAccountIds": "1234567890123"}, "entry 1 is not an AWS account ID"),
        ({"allowedAccountIds": "123456789012 000000000001"}, "entry 1 is not an AWS account ID"),
        ({"forbiddenAccountIds": '["1",""]'}, "aws:forbiddenAccountIds is not valid: entry 2 is not"),
        ({"forbiddenAccountIds": "-1"}, "entry 1 is not an AWS account ID"),
        ({"endpoints": '["http://a"]'}, "aws:endpoints is not valid"),
        ({"accessKey": "AKID"}, "only one of aws:accessKey and aws:secretKey"),
        ({"httpsProxy": "http://a"}, "set HTTPS_PROXY in the environment"),
        ({"assumeRoleWithWebIdentity": "{}"}, "set AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE"),
    ],
)
def test_invalid_settings(aws: dict[str, Any], reason: str) -> None:
    """An invalid or unsupported setting is an error that names the setting and the remedy."""
    with pytest.raises(InvalidConfig) as raised:
        _settings(**aws)
    assert reason in str(raised.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("192.0.2.53", ("192.0.2.53",)),
        ("192.0.2.53:5353, ns1.example.com", ("192.0.2.53:5353", "ns1.example.com")),
        ('["192.0.2.53:5353","[2001:db8::53]:53"]', ("192.0.2.53:5353", "[2001:db8::53]:53")),
        ("[2001:db8::53]:5353", ("[2001:db8::53]:5353",)),
        (["192.0.2.53"], ("192.0.2.53",)),
        (None, ()),
    ],
)
def test_name_servers(value: Any, expected: tuple[str, ...]) -> None:
    """Name servers are a string, with commas between several, or a list."""
    assert expected == from_config({"ses-mail-from:nameservers": value}.get).nameservers


@pytest.mark.parametrize("value", ["192.0.2.53:x", "192.0.2.53,", "https://dns.example", '["a",["b"]]', '{"a":"b"}'])
def test_invalid_name_servers(value: str) -> None:
    """An invalid name server is an error that names the setting."""
    with pytest.raises(InvalidConfig, match="the stack's config ses-mail-from:nameservers is not valid: "):
        from_config({"ses-mail-from:nameservers": value}.get)


@pytest.mark.parametrize("value", ["1e-300", "1e300", "nan", "inf", "-1", "0", "0.009", "1001", "many", "[1]", 10**400])
def test_invalid_rate(value: Any) -> None:
    """A rate outside of the valid range is an error that names the range."""
    with pytest.raises(InvalidConfig) as raised:
        from_config({"ses-mail-from:requestsPerSecond": value}.get)
    assert (
        "the stack's config ses-mail-from:requestsPerSecond is not valid: a number from 0.01 to 1000 is needed"
    ) == str(raised.value)
    for least_or_greatest in (0.01, "1000"):
        settings = from_config({"ses-mail-from:requestsPerSecond": least_or_greatest}.get)
        assert float(least_or_greatest) == settings.aws.requests_per_second


@pytest.mark.parametrize(
    ("key", "suggestion"),
    [
        ("nameserver", "nameservers"),
        ("NameServers", "nameservers"),
        ("requestPerSecond", "requestsPerSecond"),
        ("requests_per_second", "requestsPerSecond"),
        ("regions", "region"),
    ],
)
def test_a_misspelt_setting(key: str, suggestion: str) -> None:
    """An unknown setting of this package is reported with the most similar one."""
    expected = (
        f"the stack's config has ses-mail-from:{key}, which is not a setting of this package:"
        f" did you mean ses-mail-from:{suggestion}?"
    )
    assert [expected] == unknown_keys([f"ses-mail-from:{key}"])


def test_an_unknown_setting() -> None:
    """If no setting is similar, all are listed, and each unknown key gives one line, in order."""
    colour, other = unknown_keys(["ses-mail-from:x\n", "ses-mail-from:colour"])
    assert (
        "the stack's config has ses-mail-from:colour, which is not a setting of this package. Its settings are"
        " nameservers, requestsPerSecond and, for the native provider, accessKey, "
    ) == colour.partition("allowedAccountIds")[0]
    assert all(name in colour for name in AWS_KEYS)
    assert "\n" not in other


def test_known_settings() -> None:
    """Settings of this package, including those of its native provider, and keys of other namespaces give no line."""
    known = [f"ses-mail-from:{key}" for key in (*OWN_KEYS, *AWS_KEYS)]
    assert [] == unknown_keys([*known, "aws:nameserver", "mail:nameserver", "ses-mail-from2:nameserver"])


@pytest.mark.parametrize("key", ["maxRetries", "allowedAccountIds"])
def test_a_secret_value_is_not_shown(key: str) -> None:
    """The error for an invalid setting does not contain its value, which may be secret."""
    with pytest.raises(InvalidConfig) as raised:
        _settings(**{key: "secret-value"})
    assert "secret" not in str(raised.value)


def test_every_setting_of_pulumi_aws_is_known() -> None:
    """Each setting of pulumi-aws is applied, refused, or known to have no effect here."""
    package = importlib.util.find_spec("pulumi_aws")
    assert package is not None
    source = (Path(str(package.origin)).parent / "config" / "vars.py").read_text()
    keys = set(re.findall(r"__config__\.get\w*\('(\w+)'\)", source))
    assert len(keys) > 25
    assert set() == keys - set(AWS_KEYS) - set(REFUSED_KEYS) - IGNORED_KEYS
