"""The example programs, run without an engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_ses_mail_from import mail_from_dns_records
from support.mocked_engine import run_program

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
RECORD = "aws:route53/record:Record"
IDENTITY = "aws:ses/domainIdentity:DomainIdentity"


def _program(example: str) -> Path:
    return EXAMPLES / example / "__main__.py"


@pytest.mark.parametrize(
    ("config", "mail_from_domain"),
    [
        ({"project:identity": "example.com"}, "bounce.example.com"),
        ({"project:identity": "jane@example.com"}, "bounce.example.com"),
        ({"project:identity": "example.com", "project:mailFromDomain": "mail.example.com"}, "mail.example.com"),
    ],
)
def test_quickstart(config: dict[str, str], mail_from_domain: str) -> None:
    """The quickstart declares one MAIL FROM domain, and exports its status and its DNS records."""
    run = run_program(_program("quickstart"), {"aws:region": "eu-west-1", **config})
    (declared,) = run.resources
    assert ("bounce", {"identity": config["project:identity"], "mail_from_domain": mail_from_domain}) == (
        declared.name,
        declared.inputs,
    )
    assert {
        "mail_from_domain": mail_from_domain,
        "mail_from_domain_status": "Pending",
        "dns_records": mail_from_dns_records(mail_from_domain, "eu-west-1"),
    } == run.exports


ROUTE53 = {"aws:region": "eu-west-1", "project:domain": "example.com", "project:zoneId": "Z1"}


def test_route53_records() -> None:
    """The records are what MAIL FROM needs, in the form that Route 53 takes, with no region written out."""
    run = run_program(_program("route53"), ROUTE53)
    common = {"zoneId": "Z1", "name": "bounce.example.com", "ttl": 300}
    assert [
        {**common, "type": "MX", "records": ["10 feedback-smtp.eu-west-1.amazonses.com"]},
        {**common, "type": "TXT", "records": ["v=spf1 include:amazonses.com ~all"]},
    ] == sorted((record.inputs for record in run.of_type(RECORD)), key=lambda record: str(record["type"]))


def test_route53_order() -> None:
    """The MAIL FROM domain depends on both records and on the identity, and the records depend on nothing."""
    run = run_program(_program("route53"), ROUTE53)
    records, (identity,) = run.of_type(RECORD), run.of_type(IDENTITY)
    (mail_from,) = run.mail_from_domains()
    assert mail_from == run.resources[-1]
    assert {identity.name, *(record.name for record in records)} == mail_from.dependencies
    assert {frozenset()} == {record.dependencies for record in records}
    assert {"identity": "example.com", "mail_from_domain": "bounce.example.com", "region": "eu-west-1"} == (
        mail_from.inputs
    )


def test_route53_exports() -> None:
    """The Route 53 example exports the MAIL FROM domain and its status."""
    run = run_program(_program("route53"), ROUTE53)
    assert {"mail_from_domain": "bounce.example.com", "mail_from_domain_status": "Pending"} == run.exports


def test_email_identity() -> None:
    """The identity is the address as written, and the MAIL FROM domain is a subdomain of its domain."""
    run = run_program(_program("email_identity"), {"aws:region": "us-east-1", "project:address": "Jane@example.com"})
    (declared,) = run.resources
    assert {
        "identity": "Jane@example.com",
        "mail_from_domain": "bounce.example.com",
        "behavior_on_mx_failure": "UseDefaultValue",
    } == declared.inputs
    assert mail_from_dns_records("bounce.example.com", "us-east-1") == run.exports["dns_records"]


CUSTOMERS = [{"domain": "one.example"}, {"domain": "two.example", "mailFromDomain": "mail.two.example"}]


def test_many_identities() -> None:
    """Each customer in the config gets a MAIL FROM domain, whose DNS records and status are exported by domain."""
    run = run_program(_program("many_identities"), {"aws:region": "us-east-1", "project:customers": CUSTOMERS})
    domains = {"one.example": "bounce.one.example", "two.example": "mail.two.example"}
    assert {domain: {"identity": domain, "mail_from_domain": mail_from} for domain, mail_from in domains.items()} == {
        declared.name: declared.inputs for declared in run.resources
    }
    assert {
        "dns_records": {domain: mail_from_dns_records(name, "us-east-1") for domain, name in domains.items()},
        "mail_from_domain_status": dict.fromkeys(domains, "Pending"),
    } == run.exports


def test_unit_tests_of_a_program(tmp_path: Path) -> None:
    """The unit tests of the example program pass in a separate process and folder."""
    folder = shutil.copytree(EXAMPLES / "testing", tmp_path / "testing", ignore=shutil.ignore_patterns("venv"))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "test_infra.py"]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "PYTEST_"))}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)  # noqa: S603
    assert "2 passed" in done.stdout, done.stdout + done.stderr
    assert 0 == done.returncode


def test_program_with_unit_tests() -> None:
    """The program with unit tests declares what it exports."""
    sys.path.insert(0, str(EXAMPLES / "testing"))
    try:
        run = run_program(_program("testing"))
    finally:
        sys.path.pop(0)
        sys.modules.pop("infra", None)
    assert mail_from_dns_records("bounce.stack.example.com", "eu-west-1") == run.exports["dns_records"]


def test_every_example_is_a_project() -> None:
    """Each example has the files that `pulumi install` and `pulumi up` need; the quickstart's are in the root."""
    folders = sorted(folder.parent for folder in EXAMPLES.glob("*/__main__.py"))
    assert ["email_identity", "many_identities", "quickstart", "route53", "testing", "with_verification"] == [
        folder.name for folder in folders
    ]
    for folder in folders:
        if folder.name != "quickstart":
            assert "virtualenv: venv" in (folder / "Pulumi.yaml").read_text()
            requirements = (folder / "requirements.txt").read_text().splitlines()
            assert "pulumi-ses-mail-from" in requirements
            # A copy of the folder works anywhere.
            assert [] == [line for line in requirements if "/" in line and not line.startswith("#")]
    assert "main: examples/quickstart" in (ROOT / "Pulumi.yaml").read_text()


def test_no_plugin_is_required() -> None:
    """The package declares that it has no plugin, or `pulumi install` would try to download one and fail."""
    plugin = json.loads((ROOT / "sdk/pulumi_ses_mail_from/pulumi-plugin.json").read_text())
    assert {"resource": False} == plugin
