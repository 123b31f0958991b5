"""Calls to SES, without the operations that make them."""

from __future__ import annotations

import pytest

from pulumi_ses_mail_from_provider.rules.errors import (
    AwsUnreachable,
    CallFailed,
    CallRefused,
    IdentityNotFound,
    Remedy,
)
from pulumi_ses_mail_from_provider.rules.model import Absent, Declaration, Found, Key, MailFromAttributes
from pulumi_ses_mail_from_provider.ses.calls import Outdated, Ses
from simulation.threads import SimulatedClock, Threads
from simulation.world import GET, LIST, SET, Process, Traffic, Trouble, World
from support.stand_in import MailFrom

REGION = "us-east-1"
KEY = Key(REGION, "example.com")
DECLARED = Declaration(KEY, "bounce.example.com", "UseDefaultValue")
SETTING = MailFromAttributes("bounce.example.com", "UseDefaultValue", "Pending")


@pytest.fixture
def process() -> Process:
    """A process whose calls reach an SES that does not throttle."""
    threads = Threads(1)
    world = World(threads, rate=None, success_after=None, restarts=True)
    world.verify(KEY)
    return Process(world, SimulatedClock(threads), Traffic("us"))


@pytest.fixture
def ses(process: Process) -> Ses:
    """The calls of the process."""
    return Ses(process.connections(), process.clock)


def _always(_: Found) -> bool:
    return True


def test_set_and_clear(ses: Ses) -> None:
    """A write returns what it replaces, and the next read shows its effect, whatever age that accepts."""
    assert Absent.MAIL_FROM_DOMAIN is ses.read(KEY)
    assert Absent.MAIL_FROM_DOMAIN is ses.set(DECLARED, _always)
    assert SETTING == ses.read(KEY, 60)
    assert SETTING == ses.set(DECLARED, _always)
    ses.clear(KEY, _always)
    assert Absent.MAIL_FROM_DOMAIN is ses.read(KEY, 60)


def test_a_write_that_is_not_wanted(ses: Ses, process: Process) -> None:
    """A write that is not wanted, given what SES has, does not leave."""
    with pytest.raises(Outdated):
        ses.set(DECLARED, lambda found: isinstance(found, MailFromAttributes))
    assert 0 == process.traffic.calls[SET]


def test_a_write_for_an_unknown_identity(ses: Ses, process: Process) -> None:
    """The error says so, and what would help."""
    process.world.delete_identity(KEY)
    with pytest.raises(IdentityNotFound, match=r"setting bounce.example.com .* does not exist") as raised:
        ses.set(DECLARED, _always)
    assert (Remedy.CREATE_IDENTITY, f"ses:{SET}") == (raised.value.remedy, raised.value.action)


def test_read_all(ses: Ses, process: Process) -> None:
    """One Get for every hundred identities, and a callback before each. A refused identity has its refusal."""
    names = [f"{number}.example" for number in range(150)]
    for name in names:
        process.world.verify(Key(REGION, name))
    process.world.put("console", Key(REGION, names[3]), MailFrom("bounce.3.example", "UseDefaultValue", "Success"))
    process.traffic.refused = names[120]
    done: list[int] = []
    found = ses.read_all(REGION, [*names, "other.example"], on_batch=done.append)
    assert [0, 100] == done
    refusal = found.pop(names[120])
    assert isinstance(refusal, CallRefused)
    assert "reading the MAIL FROM domain of 120.example in us-east-1" == refusal.doing
    assert MailFromAttributes("bounce.3.example", "UseDefaultValue", "Success") == found.pop(names[3])
    assert Absent.IDENTITY is found.pop("other.example")
    rest = [name for name in names if name not in (names[3], names[120])]
    assert dict.fromkeys(rest, Absent.MAIL_FROM_DOMAIN) == found


def test_read_all_costs_a_call_per_hundred(ses: Ses, process: Process) -> None:
    """With and without a callback."""
    names = [f"{number}.example" for number in range(201)]
    ses.read_all(REGION, names)
    assert 3 == process.traffic.calls[GET]
    assert {} == ses.read_all(REGION, [])
    assert 3 == process.traffic.calls[GET]


def test_read_all_that_fails(ses: Ses, process: Process) -> None:
    """An error that concerns all identities is raised, as is what the callback raises."""
    process.traffic.troubles = [Trouble(GET, 0, "denied")]
    with pytest.raises(CallRefused, match=r"reading the MAIL FROM domain of 2 identities in us-east-1: .*AccessDenied"):
        ses.read_all(REGION, ["example.com", "example.org"])

    def broken(_: int) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        ses.read_all(REGION, ["example.com"], broken)


def test_list_all(ses: Ses, process: Process) -> None:
    """All identities, or what was being done and why it failed."""
    assert ["example.com"] == ses.list_all(REGION)
    process.traffic.troubles = [Trouble(LIST, 1, "denied")]
    with pytest.raises(CallRefused, match=r"listing the identities in us-east-1: .*AccessDenied") as raised:
        ses.list_all(REGION)
    assert (Remedy.ALLOW_ACTION, f"ses:{LIST}") == (raised.value.remedy, raised.value.action)


def test_a_read_with_little_patience(ses: Ses, process: Process) -> None:
    """A read that is not answered within its patience raises an error that may pass, and says what would help."""
    process.traffic.troubles = [Trouble(GET, number, "throttled") for number in range(100)]
    start = process.clock.now()
    with pytest.raises(CallFailed) as raised:
        ses.read(KEY, patience=10)
    assert process.clock.now() - start <= 10
    assert raised.value.transient
    assert not raised.value.outcome_unknown
    assert isinstance(raised.value, AwsUnreachable)
    assert ("TooSlow", Remedy.CHECK_NETWORK) == (raised.value.code, raised.value.remedy)


def test_throttling_for_minutes(ses: Ses, process: Process) -> None:
    """The error of a call that is throttled for two minutes has the time that it was retried for."""
    process.traffic.troubles = [Trouble(GET, number, "throttled") for number in range(100)]
    with pytest.raises(CallRefused, match="Throttling") as raised:
        ses.read(KEY)
    assert (Remedy.WAIT_FOR_QUOTA, 120) == (raised.value.remedy, raised.value.patience)
