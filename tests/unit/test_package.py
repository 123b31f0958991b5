"""The package as programs and state rely on it: imports, pickles, types, and the service model of SES."""

from __future__ import annotations

import base64
import pickle
import pickletools
import subprocess
import sys
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider

import pulumi_ses_mail_from
import pulumi_ses_mail_from_provider
from pulumi_ses_mail_from import (
    BehaviorOnMXFailure,
    MailFromDomain,
    MailFromDomainStatus,
    MailFromDomainVerification,
)
from pulumi_ses_mail_from_provider.dynamic import MailFromDomainProvider, MailFromDomainVerificationProvider


def test_programs_do_not_import_boto3() -> None:
    """A program does not import boto3, botocore or dnspython, which are slow to import."""
    code = "import sys, pulumi_ses_mail_from; print([m for m in sys.modules if m.startswith(('boto', 'dns'))])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("provider", [MailFromDomainProvider(), MailFromDomainVerificationProvider()])
def test_dotted_path_in_state(provider: ResourceProvider) -> None:
    """Users' state contains the dotted path of each provider class, so a change would break their stacks."""
    serialized = serialize_provider(provider)
    assert len(serialized) < 150
    strings = [
        argument for _, argument, _ in pickletools.genops(base64.b64decode(serialized)) if isinstance(argument, str)
    ]
    assert ["pulumi_ses_mail_from_provider.dynamic", type(provider).__name__] == strings
    assert type(provider).__name__ in ("MailFromDomainProvider", "MailFromDomainVerificationProvider")


@pytest.mark.skipif(pickle.DEFAULT_PROTOCOL != 4, reason="this Python uses another pickle protocol")
def test_pickle_in_state() -> None:
    """The pickle stays the same, byte for byte, so that an upgrade of this package changes no state."""
    frozen = base64.b64encode(
        b"\x80\x04\x95G\x00\x00\x00\x00\x00\x00\x00\x8c%pulumi_ses_mail_from_provider.dynamic\x94"
        b"\x8c\x16MailFromDomainProvider\x94\x93\x94)\x81\x94."
    ).decode()
    assert frozen == serialize_provider(MailFromDomainProvider())


def test_type_tokens() -> None:
    """The types of the resources in state stay the same."""
    assert "pulumi-python:dynamic/ses:MailFromDomain" == _type(MailFromDomain)
    assert "pulumi-python:dynamic/ses:MailFromDomainVerification" == _type(MailFromDomainVerification)


def _type(resource: Any) -> str:
    return f"pulumi-python:{resource._resource_type_name}"


def test_provider_in_state_is_not_secret() -> None:
    """The provider in state is not encrypted, because it contains only the name of a class."""
    assert not MailFromDomainProvider.serialize_as_secret_always


def test_service_model() -> None:
    """The enums and parameters match botocore's model of SES."""
    model = botocore.session.Session().get_service_model("ses")
    set_input = model.operation_model("SetIdentityMailFromDomain").input_shape
    assert {"Identity", "MailFromDomain", "BehaviorOnMXFailure"} == set(set_input.members)
    assert [value.value for value in BehaviorOnMXFailure] == set_input.members["BehaviorOnMXFailure"].enum
    get = model.operation_model("GetIdentityMailFromDomainAttributes")
    assert ["Identities"] == list(get.input_shape.members)
    entry = get.output_shape.members["MailFromDomainAttributes"].value
    assert {"MailFromDomain", "MailFromDomainStatus", "BehaviorOnMXFailure"} == set(entry.members)
    assert {value.value for value in MailFromDomainStatus} == set(entry.members["MailFromDomainStatus"].enum)


def test_both_packages_are_typed() -> None:
    """Both packages contain py.typed, without which type checkers ignore their annotations."""
    for package in (pulumi_ses_mail_from, pulumi_ses_mail_from_provider):
        assert (Path(str(package.__file__)).parent / "py.typed").exists()
