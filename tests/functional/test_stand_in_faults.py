"""Faults affect the calls that a test selects, in the way that it selects."""

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
from support.stand_in.clients import Client, boto3_client, in_process, over_http
from support.stand_in.model import ServiceError

REGION: Final = "us-east-1"
SET: Final = "SetIdentityMailFromDomain"
GET: Final = "GetIdentityMailFromDomainAttributes"
PENDING: Final = MailFrom("bounce.example.com", "UseDefaultValue", "Pending")
IMPATIENT: Final = Config(retries={"total_max_attempts": 1}, read_timeout=0.1)


@pytest.fixture
def ses() -> Iterator[SesStandIn]:
    """A stand-in with one identity, without rate limits, on a clock that only tests move."""
    with SesStandIn(rate=None, clock=stopped) as stand_in:
        stand_in.verify(REGION, "example.com")
        yield stand_in


@pytest.fixture(params=[in_process, over_http])
def call(request: pytest.FixtureRequest, ses: SesStandIn) -> Client:
    """A client of the stand-in."""
    client: Client = request.param(ses)
    return client


def set_bounce(call: Client) -> None:
    """Set the MAIL FROM domain of example.com."""
    call(SET, Identity="example.com", MailFromDomain="bounce.example.com")


def outcomes(call: Client, count: int) -> str:
    """Make `count` calls; return one character for each, x for a fault."""

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
def test_errors(ses: SesStandIn, call: Client, effect: Effect, status: int, code: str) -> None:
    """An error response means that the action had no effect."""
    ses.inject(effect)
    with pytest.raises(ServiceError) as raised:
        set_bounce(call)
    assert (raised.value.status, raised.value.code) == (status, code)
    assert ses.mail_from(REGION, "example.com") is None
    assert [(entry.code, entry.took_effect) for entry in ses.journal.calls()] == [(code, False)]


def test_an_error_after_the_write(ses: SesStandIn, call: Client) -> None:
    """With `after`, the error response comes although the action took effect."""
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
    """The connection is closed without a response, before or after the write; the next call succeeds."""
    fault = ses.inject(effect, count=1)
    with pytest.raises(ConnectionClosedError):
        set_bounce(over_http(ses))
    assert ses.mail_from(REGION, "example.com") == setting
    assert [(entry.code, entry.took_effect) for entry in ses.journal.calls()] == [("dropped", setting is not None)]
    set_bounce(over_http(ses))
    assert fault.hits == 1


@pytest.mark.parametrize("after", [True, False])
def test_slow_answers(ses: SesStandIn, call: Client, *, after: bool) -> None:
    """A slow call takes longer and succeeds."""
    ses.inject(slow(0.02, after=after))
    begin = time.monotonic()
    set_bounce(call)
    assert time.monotonic() - begin >= 0.02
    assert ses.mail_from(REGION, "example.com") == PENDING


@pytest.mark.parametrize("after", [True, False])
def test_hanging(*, after: bool) -> None:
    """A client times out. Calls that hang are in the journal and do not delay `close`."""
    with SesStandIn(rate=None) as ses:
        ses.verify(REGION, "example.com")
        ses.inject(hang(after=after))
        with pytest.raises(ReadTimeoutError):
            boto3_client(ses, config=IMPATIENT).set_identity_mail_from_domain(
                Identity="example.com", MailFromDomain="bounce.example.com"
            )
        assert [(entry.code, entry.took_effect) for entry in ses.journal.calls()] == [("", after)]
        assert ses.mail_from(REGION, "example.com") == (PENDING if after else None)
        begin = time.monotonic()
    assert time.monotonic() - begin < 3
    assert ses.journal.count(code="dropped") == 1


def test_garbage(ses: SesStandIn) -> None:
    """The response is HTTP 200 with a body that is not XML; the action took effect or not."""
    for after, setting in ((False, None), (True, PENDING)):
        ses.inject(garbage(after=after), count=1)
        with pytest.raises(ResponseParserError):
            set_bounce(over_http(ses))
        assert ses.mail_from(REGION, "example.com") == setting
    assert ses.journal.count(code="garbled") == 2


@pytest.mark.parametrize("missing", ["MailFromDomain", "MailFromDomainStatus", "BehaviorOnMXFailure"])
def test_entries_with_a_key_missing(ses: SesStandIn, call: Client, missing: str) -> None:
    """A required key is missing from an entry."""
    set_bounce(call)
    (whole,) = call(GET, Identities=["example.com"])["MailFromDomainAttributes"].values()
    ses.inject(entries({missing: None}))
    (entry,) = call(GET, Identities=["example.com"])["MailFromDomainAttributes"].values()
    assert entry == {key: value for key, value in whole.items() if key != missing}


@pytest.mark.parametrize("value", ["Quarantined", "", "\x9b31m\x7f\u202e\n\t\r<&>'\"", "x" * 100_000, "☃𝄞"])
def test_entries_with_other_values(ses: SesStandIn, call: Client, value: str) -> None:
    """Unknown and hostile values reach the client unchanged; the setting itself does not change."""
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
def test_entries_that_xml_does_not_allow(value: str) -> None:
    """Characters that XML 1.0 does not allow are refused, because no response can contain them."""
    with pytest.raises(ValueError, match=r"XML 1\.0 does not allow"):
        entries({"MailFromDomainStatus": value})


def test_hooks(ses: SesStandIn, call: Client) -> None:
    """A hook runs at the time of a call, before or after the action takes effect."""
    seen: list[MailFrom | None] = []
    for after in (False, True):
        ses.inject(run(lambda: seen.append(ses.mail_from(REGION, "example.com")), after=after), action=SET, count=1)
        set_bounce(call)
    assert seen == [None, PENDING]


def test_what_breaks_in_the_stand_in_itself_is_not_lost() -> None:
    """A bug or an error in a hook gives an error response, and `close` raises it."""
    ses = SesStandIn(rate=None)
    ses.inject(run(lambda: 1 / 0), count=1)
    with pytest.raises(ServiceError, match="StandInIsBroken: ZeroDivisionError"):
        over_http(ses)("ListIdentities")
    over_http(ses)("ListIdentities")
    assert [entry.code for entry in ses.journal.calls()] == ["broken", "OK"]
    with pytest.raises(ZeroDivisionError):
        ses.close()


# Selection of calls


def test_by_action(ses: SesStandIn, call: Client) -> None:
    """A fault affects the given action only; without one, all actions of SES but not those of STS."""
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


def test_by_identity(ses: SesStandIn, call: Client) -> None:
    """A fault affects only calls with the given identity, alone or among others."""
    ses.inject(THROTTLE, identity="2.Example.com")
    assert outcomes(call, 4) == "..x."
    with pytest.raises(ServiceError):
        call(GET, Identities=["1.example.com", "2.example.com"])


def test_by_number(ses: SesStandIn, call: Client) -> None:
    """A fault affects `count` calls after the first `skip`."""
    fault = ses.inject(THROTTLE, skip=2, count=3)
    assert outcomes(call, 8) == "..xxx..."
    assert fault.hits == 3


def test_by_time(ses: SesStandIn, call: Client) -> None:
    """A fault ends after `seconds`."""
    ses.inject(THROTTLE, seconds=60)
    assert outcomes(call, 2) == "xx"
    ses.advance(59.9)
    assert outcomes(call, 2) == "xx"
    ses.advance(0.1)
    assert outcomes(call, 2) == ".."


def test_the_first_fault_that_hits_counts(ses: SesStandIn, call: Client) -> None:
    """Several faults apply one after the other."""
    ses.inject(THROTTLE, count=1)
    ses.inject(UNAVAILABLE, count=1)
    for code in ("Throttling", "ServiceUnavailable"):
        with pytest.raises(ServiceError, match=code):
            set_bounce(call)
    set_bounce(call)


def test_by_chance(call: Client, ses: SesStandIn) -> None:
    """The share of calls that are hit is about the probability."""
    ses.inject(THROTTLE, UNAVAILABLE, probability=0.25)
    assert 25 <= outcomes(call, 200).count("x") <= 75
    assert {entry.code for entry in ses.journal.calls()} == {"OK", "Throttling", "ServiceUnavailable"}


def test_chance_is_reproducible() -> None:
    """The seed determines which calls are hit, whatever their order of arrival."""

    def fates(seed: int, names: list[str]) -> dict[str, list[str]]:
        with SesStandIn(rate=None, seed=seed) as ses:
            ses.inject(THROTTLE, UNAVAILABLE, probability=0.5)
            for name in names * 2:
                with contextlib.suppress(ServiceError):
                    in_process(ses)(GET, Identities=[name])
            return {name: [call.code for call in ses.journal.calls() if name in call.identities] for name in names}

    names = [f"{number}.example.com" for number in range(20)]
    assert fates(7, names) == fates(7, names[::-1])
    assert fates(7, names) != fates(8, names)
