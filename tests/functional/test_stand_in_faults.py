"""The stand-in fails as it is told to, where it is told to."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Final

import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from support.stand_in import (
    DROP_AFTER,
    DROP_BEFORE,
    INTERNAL_FAILURE,
    THROTTLE,
    UNAVAILABLE,
    Effect,
    MailFrom,
    SesStandIn,
    entries,
    error,
    garbage,
    hang,
    run,
    slow,
    stopped,
)
from support.stand_in.doors import Door, client, core, http
from support.stand_in.model import ServiceError

REGION: Final = "us-east-1"
SET: Final = "SetIdentityMailFromDomain"
GET: Final = "GetIdentityMailFromDomainAttributes"
PENDING: Final = MailFrom("bounce.example.com", "UseDefaultValue", "Pending")
IMPATIENT: Final = Config(retries={"total_max_attempts": 1}, read_timeout=0.1)


@pytest.fixture
def ses() -> Iterator[SesStandIn]:
    """A stand-in with one identity, without limits, on whose clock no time passes by itself."""
    with SesStandIn(rate=None, clock=stopped) as stand_in:
        stand_in.verify(REGION, "example.com")
        yield stand_in


@pytest.fixture(params=[core, http])
def call(request: pytest.FixtureRequest, ses: SesStandIn) -> Door:
    """A way to call it."""
    door: Door = request.param(ses)
    return door


def set_bounce(call: Door) -> None:
    """Set the MAIL FROM domain of example.com."""
    call(SET, Identity="example.com", MailFromDomain="bounce.example.com")


def outcomes(call: Door, count: int) -> str:
    """One letter for each of `count` calls: x for a fault."""

    def outcome(number: int) -> str:
        try:
            call(GET, Identities=[f"{number}.example.com"])
        except ServiceError:
            return "x"
        return "."

    return "".join(map(outcome, range(count)))


# Effects


@pytest.mark.parametrize(
    ("effect", "status", "code"),
    [
        (THROTTLE, 400, "Throttling"),
        (INTERNAL_FAILURE, 500, "InternalFailure"),
        (UNAVAILABLE, 503, "ServiceUnavailable"),
        (error(403, "ExpiredToken", "expired"), 403, "ExpiredToken"),
    ],
)
def test_errors(ses: SesStandIn, call: Door, effect: Effect, status: int, code: str) -> None:
    """An error is answered and nothing is done."""
    ses.inject(effect)
    with pytest.raises(ServiceError) as raised:
        set_bounce(call)
    assert (raised.value.status, raised.value.code) == (status, code)
    assert ses.mail_from(REGION, "example.com") is None
    assert [(entry.code, entry.took_effect) for entry in ses.journal.calls()] == [(code, False)]


def test_an_error_after_the_write(ses: SesStandIn, call: Door) -> None:
    """An error may be answered for what was done all the same."""
    ses.inject(error(500, "InternalFailure", "oops", after=True))
    with pytest.raises(ServiceError, match="InternalFailure: oops"):
        set_bounce(call)
    assert ses.mail_from(REGION, "example.com") == PENDING
    assert [(entry.code, entry.took_effect) for entry in ses.journal.calls()] == [("InternalFailure", True)]


@pytest.mark.parametrize(
    ("effect", "setting"),
    [(DROP_BEFORE, None), (DROP_AFTER, PENDING), (hang(0.01), None), (hang(0.01, after=True), PENDING)],
)
def test_dropped_connections(ses: SesStandIn, effect: Effect, setting: MailFrom | None) -> None:
    """The connection is closed without an answer, before or after the write; the next call is served."""
    fault = ses.inject(effect, count=1)
    with pytest.raises(ConnectionClosedError):
        set_bounce(http(ses))
    assert ses.mail_from(REGION, "example.com") == setting
    assert [(entry.code, entry.took_effect) for entry in ses.journal.calls()] == [("dropped", setting is not None)]
    set_bounce(http(ses))
    assert fault.hits == 1


@pytest.mark.parametrize("after", [True, False])
def test_slow_answers(ses: SesStandIn, call: Door, *, after: bool) -> None:
    """The call takes its time, and ends well."""
    ses.inject(slow(0.02, after=after))
    begin = time.monotonic()
    set_bounce(call)
    assert time.monotonic() - begin >= 0.02
    assert ses.mail_from(REGION, "example.com") == PENDING


@pytest.mark.parametrize("after", [True, False])
def test_hanging(*, after: bool) -> None:
    """A client runs into its time-out; what hangs is in the journal, and does not hold up the end."""
    with SesStandIn(rate=None) as ses:
        ses.verify(REGION, "example.com")
        ses.inject(hang(after=after))
        with pytest.raises(ReadTimeoutError):
            client(ses, config=IMPATIENT).set_identity_mail_from_domain(
                Identity="example.com", MailFromDomain="bounce.example.com"
            )
        assert [(entry.code, entry.took_effect) for entry in ses.journal.calls()] == [("", after)]
        assert ses.mail_from(REGION, "example.com") == (PENDING if after else None)
        begin = time.monotonic()
    assert time.monotonic() - begin < 3
    assert ses.journal.count(code="dropped") == 1


def test_garbage(ses: SesStandIn) -> None:
    """HTTP 200 with a body that is no XML; what was asked is done, or not."""
    for after, setting in ((False, None), (True, PENDING)):
        ses.inject(garbage(after=after), count=1)
        with pytest.raises(ResponseParserError):
            set_bounce(http(ses))
        assert ses.mail_from(REGION, "example.com") == setting
    assert ses.journal.count(code="garbled") == 2


@pytest.mark.parametrize("missing", ["MailFromDomain", "MailFromDomainStatus", "BehaviorOnMXFailure"])
def test_entries_with_a_key_missing(ses: SesStandIn, call: Door, missing: str) -> None:
    """An entry lacks what its model requires."""
    set_bounce(call)
    (whole,) = call(GET, Identities=["example.com"])["MailFromDomainAttributes"].values()
    ses.inject(entries({missing: None}))
    (entry,) = call(GET, Identities=["example.com"])["MailFromDomainAttributes"].values()
    assert entry == {key: value for key, value in whole.items() if key != missing}


@pytest.mark.parametrize("value", ["Quarantined", "", "\x9b31m\x7f\u202e\n\t\r<&>'\"", "x" * 100_000, "☃𝄞"])
def test_entries_with_other_values(ses: SesStandIn, call: Door, value: str) -> None:
    """Values of the future and hostile ones arrive as they are; the setting itself is as it was."""
    set_bounce(call)
    ses.inject(entries({"MailFromDomainStatus": value, "BehaviorOnMXFailure": value}))
    (entry,) = call(GET, Identities=["example.com"])["MailFromDomainAttributes"].values()
    assert entry == {
        "MailFromDomain": "bounce.example.com",
        "MailFromDomainStatus": value,
        "BehaviorOnMXFailure": value,
    }
    assert ses.mail_from(REGION, "example.com") == PENDING


@pytest.mark.parametrize("value", ["\x1b[31m", "\x00", "\ud800", "\uffff"])
def test_entries_that_xml_cannot_carry(value: str) -> None:
    """They are refused: no answer could show them to a client."""
    with pytest.raises(ValueError, match="XML cannot carry"):
        entries({"MailFromDomainStatus": value})


def test_hooks(ses: SesStandIn, call: Door) -> None:
    """A test can do something at the moment of a call, before or after it is carried out."""
    seen: list[MailFrom | None] = []
    for after in (False, True):
        ses.inject(run(lambda: seen.append(ses.mail_from(REGION, "example.com")), after=after), action=SET, count=1)
        set_bounce(call)
    assert seen == [None, PENDING]


def test_what_breaks_in_the_stand_in_itself_is_not_lost() -> None:
    """A bug, or an error in a hook, is an error answer, and raised again at the end."""
    ses = SesStandIn(rate=None)
    ses.inject(run(lambda: 1 / 0), count=1)
    with pytest.raises(ServiceError, match="StandInIsBroken: ZeroDivisionError"):
        http(ses)("ListIdentities")
    http(ses)("ListIdentities")
    assert [entry.code for entry in ses.journal.calls()] == ["broken", "OK"]
    with pytest.raises(ZeroDivisionError):
        ses.close()


# Which calls


def test_by_action(ses: SesStandIn, call: Door) -> None:
    """Only the action that is named, and only SES if none is."""
    fault = ses.inject(THROTTLE, action=SET)
    assert outcomes(call, 2) == ".."
    with pytest.raises(ServiceError):
        set_bounce(call)
    ses.heal(fault)
    set_bounce(call)
    ses.inject(THROTTLE)
    call("GetCallerIdentity", service="sts")
    ses.inject(UNAVAILABLE, action="GetCallerIdentity")
    with pytest.raises(ServiceError, match="ServiceUnavailable"):
        call("GetCallerIdentity", service="sts")
    ses.heal()
    call("GetCallerIdentity", service="sts")


def test_by_identity(ses: SesStandIn, call: Door) -> None:
    """Only calls that are about the identity, alone or among others."""
    ses.inject(THROTTLE, identity="2.Example.com")
    assert outcomes(call, 4) == "..x."
    with pytest.raises(ServiceError):
        call(GET, Identities=["1.example.com", "2.example.com"])


def test_by_number(ses: SesStandIn, call: Door) -> None:
    """So many, after so many."""
    fault = ses.inject(THROTTLE, skip=2, count=3)
    assert outcomes(call, 8) == "..xxx..."
    assert fault.hits == 3


def test_by_time(ses: SesStandIn, call: Door) -> None:
    """A storm of a minute."""
    ses.inject(THROTTLE, seconds=60)
    assert outcomes(call, 2) == "xx"
    ses.advance(59.9)
    assert outcomes(call, 2) == "xx"
    ses.advance(0.1)
    assert outcomes(call, 2) == ".."


def test_the_first_fault_that_hits_counts(ses: SesStandIn, call: Door) -> None:
    """Faults stand in line."""
    ses.inject(THROTTLE, count=1)
    ses.inject(UNAVAILABLE, count=1)
    for code in ("Throttling", "ServiceUnavailable"):
        with pytest.raises(ServiceError, match=code):
            set_bounce(call)
    set_bounce(call)


def test_by_chance(call: Door, ses: SesStandIn) -> None:
    """About as many as the probability says."""
    ses.inject(THROTTLE, UNAVAILABLE, probability=0.25)
    assert 25 <= outcomes(call, 200).count("x") <= 75
    assert {entry.code for entry in ses.journal.calls()} == {"OK", "Throttling", "ServiceUnavailable"}


def test_chance_is_reproducible() -> None:
    """The same seed means the same fate of each call, whatever the order they arrive in; another seed another."""

    def fates(seed: int, names: list[str]) -> dict[str, list[str]]:
        with SesStandIn(rate=None, seed=seed) as ses:
            ses.inject(THROTTLE, UNAVAILABLE, probability=0.5)
            for name in names * 2:
                with contextlib.suppress(ServiceError):
                    core(ses)(GET, Identities=[name])
            return {name: [call.code for call in ses.journal.calls() if name in call.identities] for name in names}

    names = [f"{number}.example.com" for number in range(20)]
    assert fates(7, names) == fates(7, names[::-1])
    assert fates(7, names) != fates(8, names)
