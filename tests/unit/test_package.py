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
    """A program starts without boto3, botocore and dnspython, which take long to import."""
    code = "import sys, pulumi_ses_mail_from; print([m for m in sys.modules if m.startswith(('boto', 'dns'))])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("provider", [MailFromDomainProvider(), MailFromDomainVerificationProvider()])
def test_what_state_keeps_of_a_provider(provider: ResourceProvider) -> None:
    """A provider is in users' state as a dotted path. A change here breaks refresh and destroy of their stacks."""
    serialized = serialize_provider(provider)
    assert len(serialized) < 150
    strings = [
        argument for _, argument, _ in pickletools.genops(base64.b64decode(serialized)) if isinstance(argument, str)
    ]
    assert ["pulumi_ses_mail_from_provider.dynamic", type(provider).__name__] == strings
    assert type(provider).__name__ in ("MailFromDomainProvider", "MailFromDomainVerificationProvider")


@pytest.mark.skipif(pickle.DEFAULT_PROTOCOL != 4, reason="this Python pickles in another form")
def test_the_pickle_in_state() -> None:
    """The pickle is the same, byte for byte, so that an upgrade of this package changes no state."""
    frozen = base64.b64encode(
        b"\x80\x04\x95G\x00\x00\x00\x00\x00\x00\x00\x8c%pulumi_ses_mail_from_provider.dynamic\x94"
        b"\x8c\x16MailFromDomainProvider\x94\x93\x94)\x81\x94."
    ).decode()
    assert frozen == serialize_provider(MailFromDomainProvider())


def test_type_tokens() -> None:
    """The types of the resources in state."""
    assert "pulumi-python:dynamic/ses:MailFromDomain" == _type(MailFromDomain)
    assert "pulumi-python:dynamic/ses:MailFromDomainVerification" == _type(MailFromDomainVerification)


def _type(resource: Any) -> str:
    return f"pulumi-python:{resource._resource_type_name}"


def test_the_provider_in_state_is_no_secret() -> None:
    """Only a class's name is in it, so that stacks can be read without a passphrase."""
    assert not MailFromDomainProvider.serialize_as_secret_always


def test_the_service_model() -> None:
    """Our enums and parameters are those of botocore's own model of SES."""
    model = botocore.session.Session().get_service_model("ses")
    setting = model.operation_model("SetIdentityMailFromDomain").input_shape
    assert {"Identity", "MailFromDomain", "BehaviorOnMXFailure"} == set(setting.members)
    assert [value.value for value in BehaviorOnMXFailure] == setting.members["BehaviorOnMXFailure"].enum
    getting = model.operation_model("GetIdentityMailFromDomainAttributes")
    assert ["Identities"] == list(getting.input_shape.members)
    entry = getting.output_shape.members["MailFromDomainAttributes"].value
    assert {"MailFromDomain", "MailFromDomainStatus", "BehaviorOnMXFailure"} == set(entry.members)
    assert {value.value for value in MailFromDomainStatus} == set(entry.members["MailFromDomainStatus"].enum)


def test_both_packages_are_typed() -> None:
    """Type checkers read our annotations only where py.typed stands."""
    for package in (pulumi_ses_mail_from, pulumi_ses_mail_from_provider):
        assert (Path(str(package.__file__)).parent / "py.typed").exists()
