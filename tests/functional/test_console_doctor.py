from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from dnslib import MX, RCODE

from pulumi_ses_mail_from_provider.rules.records import mail_from_dns_records
from support.name_server import ScriptedNameServer
from support.stand_in import SesStandIn

from .conftest import REGION
from .terminal import Ran, piped, published, run, zone

GET, LIST = "GetIdentityMailFromDomainAttributes", "ListIdentities"
HOST = f"feedback-smtp.{REGION}.amazonses.com"

pytestmark = pytest.mark.usefixtures("shell")


@pytest.fixture
def records() -> dict[str, list[Any]]:
    """What DNS has."""
    return published()


@pytest.fixture
def dns(records: dict[str, list[Any]]) -> Iterator[ScriptedNameServer]:
    """A name server with these records."""
    with ScriptedNameServer(zone(records)) as server:
        yield server


def doctor(dns: ScriptedNameServer, *arguments: str) -> Ran:
    """The doctor, who asks this name server."""
    return run("doctor", "--nameserver", dns.address, *arguments)


def test_fine(ses: SesStandIn, dns: ScriptedNameServer) -> None:
    """What is right is shown to be."""
    ses.put(REGION, "example.com", "bounce.example.com")
    expected = [
        "✓ example.com in us-east-1",
        "  MAIL FROM  bounce.example.com (UseDefaultValue)",
        "  SES        ✓ Success: SES uses the MAIL FROM domain",
        f"  MX         ✓ {HOST}",
        "  SPF        ✓ include:amazonses.com",
    ]
    ran = doctor(dns, "Example.com")
    assert expected == ran.lines
    assert (0, "") == (ran.code, ran.err)
    assert 0 == ses.journal.count(LIST)


def test_problem(ses: SesStandIn, dns: ScriptedNameServer, records: dict[str, list[Any]]) -> None:
    """What is wrong is said with its code and what was seen, and the records to publish can be copied."""
    records["bounce.example.com"] = [MX("mail.example.net", 10), *published()["bounce.example.com"][1:]]
    ses.put(REGION, "example.com", "bounce.example.com", status="Failed", behavior="RejectMessage")
    ran = doctor(dns, "example.com")
    assert 1 == ran.code
    assert "✗ Failed: SES has stopped looking for the MX record" in ran.out
    assert "until then it refuses all mail of this identity" in ran.out
    assert "[mx-other-host]" in ran.out
    assert "seen:      bounce.example.com. IN MX 10 mail.example.net." in ran.out
    assert "  SPF        ✓ include:amazonses.com" in ran.lines
    assert ["  Records to publish:", f"    bounce.example.com.  300  IN  MX   10 {HOST}."] == ran.lines[-2:]


def test_both_records_are_missing(dns: ScriptedNameServer, records: dict[str, list[Any]]) -> None:
    """Both are given, as lines of a zone file."""
    records.clear()
    ran = doctor(dns, "--domain", "Bounce.example.com.", "--region", REGION)
    expected = [
        "  Records to publish:",
        f"    bounce.example.com.  300  IN  MX   10 {HOST}.",
        '    bounce.example.com.  300  IN  TXT  "v=spf1 include:amazonses.com ~all"',
    ]
    assert expected == ran.lines[-3:]
    assert "✗ bounce.example.com in us-east-1" == ran.lines[0]
    assert 1 == ran.code


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        ("Pending", 0, "… Pending: SES looks for the MX record"),
        ("TemporaryFailure", 1, "! TemporaryFailure: SES no longer finds the MX record"),
        ("Failed", 1, "once DNS is right, run pulumi up, which sets the domain again"),
        ("Excellent", 0, "? Excellent: a status that this version does not know"),
    ],
)
def test_status(ses: SesStandIn, dns: ScriptedNameServer, status: str, code: int, says: str) -> None:
    """SES's status counts beside DNS, and says what it means."""
    ses.put(REGION, "example.com", "bounce.example.com", status=status)
    ran = doctor(dns, "example.com")
    assert says in ran.out
    assert "until then it sends with a MAIL FROM below amazonses.com" in ran.out
    assert code == ran.code


def test_nothing_to_diagnose(ses: SesStandIn, dns: ScriptedNameServer) -> None:
    """Nothing set, or no such identity, is said, and DNS is not asked."""
    ran = doctor(dns, "example.com", "nobody.example")
    expected = [
        "✗ example.com in us-east-1",
        "  SES  - not set: no MAIL FROM domain is set, so SES sends with one below amazonses.com",
        "",
        "✗ nobody.example in us-east-1",
        "  SES  ? not known to SES: there is no such identity in this region and account: correct one of the three,"
        " or create it (of a MAIL FROM domain, --domain checks DNS)",
    ]
    assert expected == ran.lines
    assert (1, []) == (ran.code, dns.asked)


def test_warning(dns: ScriptedNameServer, records: dict[str, list[Any]]) -> None:
    """A warning is shown, and does not count."""
    records["bounce.example.com"][0] = MX("feedback-smtp.eu-west-1.amazonses.com", 10)
    ran = doctor(dns, "--domain", "bounce.example.com")
    assert "  MX   ! " in ran.out
    assert "[mx-other-region]" in ran.out
    assert ("✓ bounce.example.com in us-east-1", 0) == (ran.lines[0], ran.code)


def test_dns_cannot_be_asked() -> None:
    """Where DNS gives no verdict there is none."""

    def refusing(question: Any, _: str) -> Any:
        answer = question.reply()
        answer.header.rcode = RCODE.REFUSED_KEYS
        return answer

    with ScriptedNameServer(refusing) as dns:
        ran = doctor(dns, "--domain", "bounce.example.com")
    assert (2, "? bounce.example.com in us-east-1") == (ran.code, ran.lines[0])
    assert "✓" not in ran.out


def test_ses_cannot_be_asked(ses: SesStandIn, dns: ScriptedNameServer) -> None:
    """One line says why, and the exit status is 2."""
    ses.deny(GET)
    ran = doctor(dns, "example.com")
    assert (2, "", 1) == (ran.code, ran.out, ran.err.count("\n"))
    assert "Allow these credentials the IAM action ses:GetIdentityMailFromDomainAttributes" in ran.err


def test_several(ses: SesStandIn, dns: ScriptedNameServer, records: dict[str, list[Any]]) -> None:
    """Many are looked at together, in the order given; each is reported in the region that knows it."""
    names = [f"customer-{number}.example" for number in range(40)]
    ses.verify("eu-west-1", *names)
    for name in names:
        ses.put("eu-west-1", name, f"bounce.{name}")
        records |= published(f"bounce.{name}", "eu-west-1")
    ran = doctor(dns, *reversed(names), "--region", REGION, "--region", "eu-west-1")
    assert [f"✓ {name} in eu-west-1" for name in reversed(names)] == [line for line in ran.lines if line[:1] == "✓"]
    assert 0 == ran.code
    assert 2 == ses.journal.count(GET)


def test_json(ses: SesStandIn, dns: ScriptedNameServer, records: dict[str, list[Any]]) -> None:
    """The objects that the README describes."""
    ses.put(REGION, "example.com", "bounce.example.com")
    del records["bounce.example.com"][1]
    ran = doctor(dns, "example.com", "--json")
    (report,) = json.loads(ran.out)
    (finding,) = report.pop("findings")
    expected = {
        "region": REGION,
        "identity": "example.com",
        "identity_exists": True,
        "mail_from_domain": "bounce.example.com",
        "status": "Success",
        "behavior_on_mx_failure": "UseDefaultValue",
        "verdict": "problem",
    }
    assert expected == report
    assert ("spf-missing", "error") == (finding["code"], finding["severity"])
    assert mail_from_dns_records("bounce.example.com", REGION)[1] == finding["record"]
    assert {"code", "severity", "sentence", "seen", "expected", "record"} == finding.keys()
    assert 1 == ran.code


def test_json_without_ses(dns: ScriptedNameServer) -> None:
    """What was not asked is null."""
    (report,) = json.loads(doctor(dns, "--domain", "bounce.example.com", "--json").out)
    unasked = ("identity", "identity_exists", "status", "behavior_on_mx_failure")
    assert dict.fromkeys(unasked) == {name: report[name] for name in unasked}
    assert ([], "fine") == (report["findings"], report["verdict"])


def test_domain_needs_no_aws(ses: SesStandIn, dns: ScriptedNameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --domain, neither credentials nor AWS are asked for, and boto3 is not even imported."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_EC2_METADATA_DISABLED"):
        monkeypatch.delenv(name)
    arguments = ("doctor", "--domain", "bounce.example.com", "--region", REGION, "--nameserver", dns.address)
    assert Ran(0, run(*arguments).out) == piped(*arguments)
    assert "boto" not in piped(*arguments, PYTHONPROFILEIMPORTTIME="1").err
    without_region = (*arguments[:3], *arguments[5:])
    assert "boto" not in piped(*without_region, AWS_REGION=REGION, PYTHONPROFILEIMPORTTIME="1").err
    assert [] == ses.journal.calls()


def test_domain_in_the_region_of_the_environment(dns: ScriptedNameServer) -> None:
    """Without --region, that of the environment is meant."""
    ran = doctor(dns, "--domain", "bounce.example.com", "--domain", "bounce.example.com")
    assert ["✓ bounce.example.com in us-east-1", f"  MX   ✓ {HOST}", "  SPF  ✓ include:amazonses.com"] == ran.lines


@pytest.mark.parametrize("arguments", [(), ("example.com", "--domain", "bounce.example.com")])
def test_identity_or_domain(arguments: tuple[str, ...]) -> None:
    """One of the two must be given."""
    ran = run("doctor", *arguments)
    assert (2, 1) == (ran.code, ran.err.count("\n"))
    assert "ses-mail-from: give an IDENTITY such as example.com, or --domain bounce.example.com; not both" in ran.err


def test_bad_name_server(ses: SesStandIn) -> None:
    """A name server that is none is refused before anybody is asked."""
    ran = run("doctor", "example.com", "--nameserver", "127.0.0.1:99999")
    assert (2, "", 1) == (ran.code, ran.out, ran.err.count("\n"))
    assert ran.err.startswith("ses-mail-from: ")
    assert [] == ses.journal.calls()


def test_hostile_domain(ses: SesStandIn, dns: ScriptedNameServer) -> None:
    """A MAIL FROM domain that is none is no traceback."""
    ses.put(REGION, "example.com", "[red]x[/red] \u202e..")
    ran = doctor(dns, "example.com")
    assert all(line.isprintable() for line in ran.lines)
    assert "[red]x[/red]" in ran.out
    assert ran.code in (1, 2)
