from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from dnslib import MX, RCODE, TXT

from pulumi_ses_mail_from_provider.rules.records import mail_from_dns_records
from support.name_server import ScriptedNameServer
from support.stand_in import SesStandIn
from support.stand_in.clients import boto3_client

from .conftest import REGION
from .terminal import Ran, piped, published, run, zone

GET, LIST = "GetIdentityMailFromDomainAttributes", "ListIdentities"
HOST = f"feedback-smtp.{REGION}.amazonses.com"

pytestmark = pytest.mark.usefixtures("shell")


@pytest.fixture
def records() -> dict[str, list[Any]]:
    """The records in DNS."""
    return published()


@pytest.fixture
def dns(records: dict[str, list[Any]]) -> Iterator[ScriptedNameServer]:
    """A name server with these records."""
    with ScriptedNameServer(zone(records)) as server:
        yield server


def doctor(dns: ScriptedNameServer, *arguments: str) -> Ran:
    """The command with this name server."""
    return run("doctor", "--nameserver", dns.address, *arguments)


def test_fine(ses: SesStandIn, dns: ScriptedNameServer) -> None:
    """Without a finding, the correct values are shown."""
    ses.put(REGION, "example.com", "bounce.example.com")
    expected = [
        "✓ example.com in us-east-1",
        "  MAIL FROM  bounce.example.com (UseDefaultValue)",
        "  Identity   ✓ verified: SES sends its mail.",
        "  SES        ✓ Success: SES uses the MAIL FROM domain.",
        f"  MX         ✓ {HOST}",
        "  SPF        ✓ include:amazonses.com",
        "  DMARC      ✓ relaxed SPF alignment",
    ]
    ran = doctor(dns, "Example.com")
    assert expected == ran.lines
    assert (0, "") == (ran.code, ran.err)
    assert 0 == ses.journal.count(LIST)


def test_problem(ses: SesStandIn, dns: ScriptedNameServer, records: dict[str, list[Any]]) -> None:
    """A finding is shown with its code and the records seen. The records to publish can be copied."""
    records["bounce.example.com"] = [MX("mail.example.net", 10), *published()["bounce.example.com"][1:]]
    ses.put(REGION, "example.com", "bounce.example.com", status="Failed", behavior="RejectMessage")
    ran = doctor(dns, "example.com")
    assert 1 == ran.code
    assert (
        "⊘ Failed: SES refuses all mail from this identity. The quickest relief: set behavior_on_mx_failure=" in ran.out
    )
    assert '="UseDefaultValue" and run pulumi up. SES has stopped looking for the MX record' in ran.out
    assert "[mx-other-host]" in ran.out
    assert "seen:      bounce.example.com. IN MX 10 mail.example.net." in ran.out
    assert "  SPF        ✓ include:amazonses.com" in ran.lines
    assert ["  Records to publish:", f"    bounce.example.com.  300  IN  MX   10 {HOST}."] == ran.lines[-2:]


def test_both_records_are_missing(dns: ScriptedNameServer, records: dict[str, list[Any]]) -> None:
    """Both are shown as lines of a zone file."""
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
        ("Pending", 0, "… Pending: SES is looking for the MX record"),
        ("TemporaryFailure", 1, "! TemporaryFailure: SES no longer finds the MX record"),
        ("Failed", 1, "Once DNS is correct, run pulumi up, which sets the domain again"),
        ("Excellent", 0, "? Excellent: This version does not know that status."),
    ],
)
def test_status(ses: SesStandIn, dns: ScriptedNameServer, status: str, code: int, says: str) -> None:
    """The status in SES is explained, and counts as well as DNS."""
    ses.put(REGION, "example.com", "bounce.example.com", status=status)
    ran = doctor(dns, "example.com")
    assert says in ran.out
    assert "Until it is verified, SES uses a subdomain of amazonses.com." in ran.out
    assert code == ran.code


@pytest.mark.parametrize("status", ["Pending", "TemporaryFailure", "Failed"])
def test_rejected_mail(ses: SesStandIn, dns: ScriptedNameServer, status: str) -> None:
    """RejectMessage in any status but Success is a problem, although DNS is correct."""
    ses.put(REGION, "example.com", "bounce.example.com", status=status, behavior="RejectMessage")
    ran = doctor(dns, "example.com")
    assert (1, "✗ example.com in us-east-1") == (ran.code, ran.lines[0])
    assert f"⊘ {status}: SES refuses all mail from this identity." in ran.out
    ses.put(REGION, "example.com", "bounce.example.com", status="Success", behavior="RejectMessage")
    assert 0 == doctor(dns, "example.com").code


def test_unverified_identity(ses: SesStandIn, dns: ScriptedNameServer, records: dict[str, list[Any]]) -> None:
    """An identity that SES has not verified is a problem, unless it is an address of a verified domain."""
    records |= published("bounce.shop.example")
    client = boto3_client(ses)
    client.verify_domain_identity(Domain="shop.example")
    client.verify_email_identity(EmailAddress="jane@example.com")
    ses.put(REGION, "shop.example", "bounce.shop.example")
    ses.put(REGION, "jane@example.com", "bounce.example.com")
    ran = doctor(dns, "shop.example", "jane@example.com")
    assert 1 == ran.code
    assert "  Identity   ✗ Pending: SES refuses all mail from this identity until it has verified it." in ran.lines
    assert {"✗ shop.example in us-east-1", "✓ jane@example.com in us-east-1"} <= set(ran.lines)


def test_verification_is_optional(ses: SesStandIn, dns: ScriptedNameServer) -> None:
    """Without the IAM action the verdict is the same, with one line on stderr."""
    ses.put(REGION, "example.com", "bounce.example.com")
    ses.deny("GetIdentityVerificationAttributes")
    ran = doctor(dns, "example.com")
    assert (0, 1) == (ran.code, ran.err.count("\n"))
    assert "not known whether the identities are verified: " in ran.err
    assert "Identity" not in ran.out


def test_no_mail_from_domain(ses: SesStandIn, dns: ScriptedNameServer) -> None:
    """Without a MAIL FROM domain or an identity, DNS is not queried."""
    ran = doctor(dns, "example.com", "nobody.example")
    expected = [
        "✗ example.com in us-east-1",
        "  Identity  ✓ verified: SES sends its mail.",
        "  SES       - not set: no MAIL FROM domain is set, so SES uses a subdomain of amazonses.com.",
        "",
        "✗ nobody.example in us-east-1",
        "  SES  ? not known to SES: the identity does not exist in this region and account. Check all three, or"
        " create the identity. To check only the DNS of a MAIL FROM domain, use --domain.",
    ]
    assert expected == ran.lines
    assert (1, []) == (ran.code, dns.asked)


def test_warning(dns: ScriptedNameServer, records: dict[str, list[Any]]) -> None:
    """A warning is shown, and does not change the exit status."""
    records["bounce.example.com"][0] = MX("feedback-smtp.eu-west-1.amazonses.com", 10)
    ran = doctor(dns, "--domain", "bounce.example.com")
    assert "  MX     ! " in ran.out
    assert "[mx-other-region]" in ran.out
    assert ("✓ bounce.example.com in us-east-1", 0) == (ran.lines[0], ran.code)


def test_spf_tree(dns: ScriptedNameServer, records: dict[str, list[Any]]) -> None:
    """Records that the SPF record refers to are followed. --explain shows them, with where a problem is."""
    records["bounce.example.com"][1] = TXT("v=spf1 include:spf.example.net include:amazonses.com ~all")
    records["spf.example.net"] = [TXT("v=spf1 include:_a.example.net -all")]
    records["_a.example.net"] = [TXT("v=spf1 ip4:192.0.2.0/99 -all")]
    records["amazonses.com"] = [TXT("v=spf1 ip4:199.255.192.0/22 -all")]
    ran = doctor(dns, "--domain", "bounce.example.com", "--explain")
    assert 1 == ran.code
    assert "refers to _a.example.net, whose SPF record is not valid (ip4:192.0.2.0/99)" in ran.out
    place = ran.lines.index("  SPF as receivers follow it:")
    assert [
        "    bounce.example.com (3 lookups): v=spf1 include:spf.example.net include:amazonses.com ~all",
        "      include:spf.example.net (1 lookup): v=spf1 include:_a.example.net -all",
        "        include:_a.example.net (0 lookups): v=spf1 ip4:192.0.2.0/99 -all [spf-include-invalid]",
        "      include:amazonses.com (0 lookups): v=spf1 ip4:199.255.192.0/22 -all",
    ] == ran.lines[place + 1 : place + 5]
    records["_a.example.net"] = [TXT("v=spf1 ip4:192.0.2.0/24 -all")]
    assert 0 == doctor(dns, "--domain", "bounce.example.com").code


def test_endless_spf(dns: ScriptedNameServer, records: dict[str, list[Any]]) -> None:
    """However many records there are to follow, the number of queries is limited."""
    records["bounce.example.com"][1] = TXT("v=spf1 include:0.example.net include:amazonses.com ~all")
    for number in range(60):
        terms = " ".join(f"include:{(number * 3 + step) % 200}.example.net" for step in range(1, 4))
        records[f"{number}.example.net"] = [TXT(f"v=spf1 {terms} -all")]
    assert 1 == doctor(dns, "--domain", "bounce.example.com").code
    assert len(dns.asked) <= 40


def test_strict_alignment(ses: SesStandIn, dns: ScriptedNameServer, records: dict[str, list[Any]]) -> None:
    """aspf=s of the organisational domain is a warning for each identity below it. No DMARC record is a note."""
    ses.verify(REGION, "mail.example.com")
    ses.put(REGION, "mail.example.com", "bounce.mail.example.com")
    records |= published("bounce.mail.example.com")
    records["_dmarc.example.com"] = [TXT("v=DMARC1; p=reject; aspf=s")]
    ran = doctor(dns, "mail.example.com")
    assert "  DMARC      ! The DMARC record at _dmarc.example.com requires strict SPF alignment" in ran.out
    assert "[dmarc-strict-spf]" in ran.out
    assert (0, "✓ mail.example.com in us-east-1") == (ran.code, ran.lines[0])
    del records["_dmarc.example.com"]
    ran = doctor(dns, "--domain", "bounce.mail.example.com")
    assert "  DMARC  - example.com has no DMARC record" in ran.out
    assert 0 == ran.code


def test_dns_fails() -> None:
    """If DNS cannot be queried, the verdict is unknown."""

    def refusing(question: Any, _: str) -> Any:
        answer = question.reply()
        answer.header.rcode = RCODE.REFUSED
        return answer

    with ScriptedNameServer(refusing) as dns:
        ran = doctor(dns, "--domain", "bounce.example.com")
    assert (2, "? bounce.example.com in us-east-1") == (ran.code, ran.lines[0])
    assert "✓" not in ran.out


def test_ses_fails(ses: SesStandIn, dns: ScriptedNameServer) -> None:
    """The error is one line, and the exit status is 2."""
    ses.deny(GET)
    ran = doctor(dns, "example.com")
    assert (2, "", 1) == (ran.code, ran.out, ran.err.count("\n"))
    assert "Allow these credentials the IAM action ses:GetIdentityMailFromDomainAttributes" in ran.err


def test_several(ses: SesStandIn, dns: ScriptedNameServer, records: dict[str, list[Any]]) -> None:
    """Many identities are read in one call, and reported in the given order, in the region in which they exist."""
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
    """The objects that the documentation describes."""
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
        "verification": "Success",
        "verdict": "problem",
    }
    assert expected == report
    assert ("spf-missing", "error") == (finding["code"], finding["severity"])
    assert mail_from_dns_records("bounce.example.com", REGION)[1] == finding["record"]
    assert {"code", "severity", "sentence", "seen", "expected", "record"} == finding.keys()
    assert 1 == ran.code


def test_json_without_ses(dns: ScriptedNameServer) -> None:
    """Values of SES are null if SES was not called."""
    (report,) = json.loads(doctor(dns, "--domain", "bounce.example.com", "--json").out)
    unknown = ("identity", "identity_exists", "status", "behavior_on_mx_failure")
    assert dict.fromkeys(unknown) == {name: report[name] for name in unknown}
    assert ([], "fine") == (report["findings"], report["verdict"])


def test_domain_needs_no_aws(ses: SesStandIn, dns: ScriptedNameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --domain, neither credentials nor calls of AWS are needed, and boto3 is not imported."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_EC2_METADATA_DISABLED"):
        monkeypatch.delenv(name)
    arguments = ("doctor", "--domain", "bounce.example.com", "--region", REGION, "--nameserver", dns.address)
    assert Ran(0, run(*arguments).out) == piped(*arguments)
    assert "boto" not in piped(*arguments, PYTHONPROFILEIMPORTTIME="1").err
    without_region = (*arguments[:3], *arguments[5:])
    assert "boto" not in piped(*without_region, AWS_REGION=REGION, PYTHONPROFILEIMPORTTIME="1").err
    assert [] == ses.journal.calls()


def test_domain_in_the_region_of_the_environment(dns: ScriptedNameServer) -> None:
    """Without --region, the region comes from the environment."""
    ran = doctor(dns, "--domain", "bounce.example.com", "--domain", "bounce.example.com")
    expected = ["✓ bounce.example.com in us-east-1", f"  MX     ✓ {HOST}", "  SPF    ✓ include:amazonses.com"]
    assert [*expected, "  DMARC  ✓ relaxed SPF alignment"] == ran.lines


@pytest.mark.parametrize("arguments", [(), ("example.com", "--domain", "bounce.example.com")])
def test_identity_or_domain(arguments: tuple[str, ...]) -> None:
    """One of the two must be given."""
    ran = run("doctor", *arguments)
    assert (2, 1) == (ran.code, ran.err.count("\n"))
    assert "ses-mail-from: give either an IDENTITY such as example.com, or --domain bounce.example.com (" in ran.err


def test_bad_name_server(ses: SesStandIn) -> None:
    """An invalid name server is refused before any call."""
    ran = run("doctor", "example.com", "--nameserver", "127.0.0.1:99999")
    assert (2, "", 1) == (ran.code, ran.out, ran.err.count("\n"))
    assert ran.err.startswith("ses-mail-from: ")
    assert [] == ses.journal.calls()


def test_hostile_domain(ses: SesStandIn, dns: ScriptedNameServer) -> None:
    """An invalid MAIL FROM domain in SES is reported, without markup and control characters."""
    ses.put(REGION, "example.com", "[red]x[/red] \u202e..")
    ran = doctor(dns, "example.com")
    assert all(line.isprintable() for line in ran.lines)
    assert "[red]x[/red]" in ran.out
    assert ran.code in (1, 2)
