from __future__ import annotations

import json

import pytest

from pulumi_ses_mail_from_provider.console.identities import read_identities
from support.stand_in import UNAVAILABLE, SesStandIn, error

from .conftest import REGION
from .terminal import Ran, run

DENIED = error(403, "AccessDenied", "User is not authorized to perform: ses:ListIdentities")
GET, LIST = "GetIdentityMailFromDomainAttributes", "ListIdentities"

pytestmark = pytest.mark.usefixtures("shell")


def test_table(ses: SesStandIn) -> None:
    """The table is sorted by name, and each status has its mark. A pipe gets no colors and full names."""
    names = ["failed.example", "jane@example.org", "lost.example", "plain.example"]
    ses.verify(REGION, *reversed(names))
    ses.put(REGION, "example.com", "bounce.example.com", behavior="RejectMessage")
    ses.put(REGION, names[0], "bounce.failed.example", status="Failed")
    ses.put(REGION, names[1], f"bounce.{'l' * 60}.example.org", status="Pending")
    ses.put(REGION, names[2], "bounce.lost.example", status="TemporaryFailure")
    ran = run("status")
    expected = [
        ["IDENTITY", "MAIL", "FROM", "DOMAIN", "STATUS", "BEHAVIOR"],
        ["example.com", "bounce.example.com", "✓", "Success", "RejectMessage"],
        ["failed.example", "bounce.failed.example", "✗", "Failed", "UseDefaultValue"],
        ["jane@example.org", f"bounce.{'l' * 60}.example.org", "…", "Pending", "UseDefaultValue"],
        ["lost.example", "bounce.lost.example", "!", "TemporaryFailure", "UseDefaultValue"],
        ["plain.example", "-", "not", "set"],
    ]
    assert expected == [line.split() for line in ran.lines]
    assert ran.lines == [line.rstrip() for line in ran.lines]
    assert (1, "") == (ran.code, ran.err)


@pytest.mark.parametrize(("status", "code"), [("Success", 0), ("Pending", 0), ("TemporaryFailure", 1), ("Failed", 1)])
def test_exit_status(ses: SesStandIn, status: str, code: int) -> None:
    """It is 1 for a status that needs action."""
    ses.put(REGION, "example.com", "bounce.example.com", status=status)
    assert code == run("status").code
    assert code == run("status", "--json").code


@pytest.mark.parametrize(("status", "code"), [("Success", 0), ("Pending", 1), ("TemporaryFailure", 1), ("Failed", 1)])
def test_rejected_mail(ses: SesStandIn, status: str, code: int) -> None:
    """With RejectMessage, each status but Success has a mark of its own, and is a problem."""
    ses.put(REGION, "example.com", "bounce.example.com", status=status, behavior="RejectMessage")
    ran = run("status")
    assert (code, code == 1) == (ran.code, f"⊘ {status}" in ran.out)


def test_json(ses: SesStandIn) -> None:
    """The objects that the documentation describes."""
    ses.verify(REGION, "plain.example")
    ses.put(REGION, "example.com", "bounce.example.com")
    ran = run("status", "plain.example", "Example.com.", "example.com", "nobody.example", "--json")
    nothing = {"mail_from_domain": None, "status": None, "behavior_on_mx_failure": None}
    expected = [
        {"region": REGION, "identity": "plain.example", "identity_exists": True, **nothing},
        {
            "region": REGION,
            "identity": "example.com",
            "identity_exists": True,
            "mail_from_domain": "bounce.example.com",
            "status": "Success",
            "behavior_on_mx_failure": "UseDefaultValue",
        },
        {"region": REGION, "identity": "nobody.example", "identity_exists": False, **nothing},
    ]
    assert expected == json.loads(ran.out)
    assert (1, "") == (ran.code, ran.err)
    assert 0 == ses.journal.count(LIST)


def test_unknown_identity(ses: SesStandIn) -> None:
    """A given identity that does not exist is a problem, unless it exists in another of the regions."""
    ran = run("status", "nobody.example")
    assert (1, True) == (ran.code, "? not known to SES" in ran.out)
    ran = run("status", "example.com", "--region", REGION, "--region", "eu-west-1")
    assert [REGION, "eu-west-1"] == [line.split()[0] for line in ran.lines[1:]]
    assert 0 == ran.code


def test_regions(ses: SesStandIn) -> None:
    """Each region is read once, and the table has a column for them."""
    ses.verify("eu-west-1", "example.eu")
    ran = run("status", "--region", REGION, "--region", "EU-west-1", "--region", REGION)
    assert ["REGION", REGION, "eu-west-1"] == [line.split()[0] for line in ran.lines]
    assert 2 == ses.journal.count(LIST)


def test_region_that_fails(ses: SesStandIn) -> None:
    """The other regions are shown, the error is reported, and the exit status is 2."""
    ses.inject(DENIED, action=LIST, count=1)
    ran = run("status", "--region", "eu-west-1", "--region", REGION)
    assert "example.com" in ran.out
    assert ran.err.startswith("ses-mail-from: listing the identities in eu-west-1: SES answered AccessDenied")
    assert ran.err.count("\n") == 1
    assert 2 == ran.code


def test_no_identities(ses: SesStandIn) -> None:
    """A region without identities is reported; the JSON list is empty."""
    assert Ran(0, "", "ses-mail-from: there are no identities in eu-west-1\n") == run("status", "--region", "eu-west-1")
    assert [] == json.loads(run("status", "--region", "eu-west-1", "--json").out)


@pytest.mark.usefixtures("console_time")
def test_many(ses: SesStandIn) -> None:
    """One call reads 100 identities, within the rate limit of SES."""
    ses.verify(REGION, *(f"customer-{number}.example" for number in range(250)))
    ses.rate = 1.0
    ran = run("status")
    assert (0, 252) == (ran.code, len(ran.lines))
    assert 3 == ses.journal.count(GET, "OK")


def test_progress(ses: SesStandIn) -> None:
    """The progress line has the number of identities that were read."""
    ses.verify(REGION, *(f"customer-{number}.example" for number in range(250)))
    lines: list[str] = []
    assert 251 == len(read_identities((), (), lines.append).rows)
    reading = f"reading 251 identities in {REGION}"
    assert [f"listing the identities in {REGION}", reading, f"{reading}, 100 done", f"{reading}, 200 done"] == lines


@pytest.mark.usefixtures("console_time")
def test_transient_fault(ses: SesStandIn) -> None:
    """A call is retried after a fault."""
    fault = ses.inject(UNAVAILABLE, count=1)
    assert 0 == run("status").code
    assert 1 == fault.hits


def test_identity_that_is_refused(ses: SesStandIn) -> None:
    """An identity that SES refuses is reported; the others are shown, and the exit status is 2."""
    names = [f"customer-{number}.example" for number in range(5)]
    ses.verify(REGION, *names)
    ses.put(REGION, names[4], f"bounce.{names[4]}")
    fault = ses.inject(error(400, "InvalidParameterValue", "Invalid identity."), action=GET, identity=names[2])
    ran = run("status")
    assert [*names[:2], *names[3:], "example.com"] == [line.split()[0] for line in ran.lines[1:]]
    assert f"bounce.{names[4]}" in ran.out
    assert ran.err.startswith(f"ses-mail-from: reading the MAIL FROM domain of {names[2]} in us-east-1: SES answered")
    assert (2, 1) == (ran.code, ran.err.count("\n"))
    assert 1 <= fault.hits <= 4


@pytest.mark.parametrize("value", ["[red]x[/red]:smile:", "\u202eevil", "bounce\tx", "x" * 500])
def test_hostile_answer(ses: SesStandIn, value: str) -> None:
    """Text from SES is shown without markup and control characters, and with limited length."""
    ses.put(REGION, "example.com", value, behavior=value, status=value)
    ran = run("status")
    assert 0 == ran.code
    assert all(line.isprintable() and len(line) < 1100 for line in ran.lines)
    if value.startswith("["):
        assert ["example.com", value, "?", value, value] == ran.lines[1].split()
