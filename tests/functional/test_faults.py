"""Faults in each operation: what is lost is nothing, and the next run ends as declared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pulumi_ses_mail_from_provider.rules.errors import CallFailed, MailFromError
from pulumi_ses_mail_from_provider.rules.model import Declaration
from pulumi_ses_mail_from_provider.ses import connections as aws
from pulumi_ses_mail_from_provider.ses.connections import Connections
from support.core import Core
from support.stand_in import (
    DROP_AFTER,
    DROP_BEFORE,
    INTERNAL_FAILURE,
    THROTTLE,
    UNAVAILABLE,
    Effect,
    SesStandIn,
    entries,
    error,
    garbage,
    hang,
    run,
)

from .conftest import KEY, REGION, Time, settings

GET, SET = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain"
OLD = Declaration(KEY, "old.example.com", "UseDefaultValue")
NEW = Declaration(KEY, "bounce.example.com", "RejectMessage")

FAULTS = {
    "throttling": THROTTLE,
    "500": INTERNAL_FAILURE,
    "503": UNAVAILABLE,
    "500 after": error(500, "InternalFailure", "unknown", after=True),
    "dropped before": DROP_BEFORE,
    "dropped after": DROP_AFTER,
    "silence": hang(),
    "silence after": hang(after=True),
    "garbage": garbage(),
    "garbage before": garbage(after=False),
    "empty": garbage(b""),
    "cut short": garbage(b"<GetIdentityMailFromDomainAttributesResponse><GetIdentityMailFromDomainAttr"),
    "denied": error(403, "AccessDenied", "User: x is not authorized to perform: y"),
    "expired": error(403, "ExpiredToken", "The security token included in the request is expired"),
}
CALLED = {"create": (GET, SET, GET), "update": (GET, SET, GET), "read": (GET,), "delete": (GET, SET)}
"""The calls that an operation makes, in their order."""
CALLS = [(operation, action) for operation, actions in CALLED.items() for action in dict.fromkeys(actions)]
PASSING = {"throttling": 5, "500": 2, "503": 2, "500 after": 2, "dropped before": 2, "dropped after": 2, "garbage": 2}


def _core(ses: SesStandIn, time: Time, said: list[str], **more: Any) -> Core:
    """A run of its own: a new process knows nothing of the one before."""
    return Core(Connections(settings(ses, **{"max_retries": 3, **more})), said.append, time)


@pytest.fixture
def time_out(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the seconds that a call waits for an answer."""
    return lambda seconds: monkeypatch.setattr(aws, "_READ_SECONDS", seconds)


def _state(ses: SesStandIn) -> dict[str, Any]:
    """What the stack's state has: the old declaration, which SES has as well."""
    ses.put(REGION, "example.com", OLD.mail_from_domain)
    return {
        "identity": "example.com",
        "region": REGION,
        "mail_from_domain": OLD.mail_from_domain,
        "behavior_on_mx_failure": OLD.behavior_on_mx_failure,
        "mail_from_domain_status": "Success",
        "account_id": "123456789012",
        "managed_mail_from_domain": OLD.mail_from_domain,
    }


def test_calls(ses: SesStandIn, fake_time: Time, said: list[str]) -> None:
    """Each operation makes the calls that the tables of faults are made of."""
    for operation, actions in CALLED.items():
        state = _state(ses)
        if operation == "create":
            ses.clear(REGION, "example.com")
        ses.journal.clear()
        _operations(_core(ses, fake_time, said), state)[operation]()
        assert actions == tuple(call.action for call in ses.journal.calls() if call.action in (GET, SET))


def _operations(core: Core, state: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    return {
        "create": lambda: core.create(NEW),
        "update": lambda: core.update(NEW, state),
        "read": lambda: core.read(KEY, state),
        "delete": lambda: core.delete(KEY, state),
    }


def _is_done(ses: SesStandIn, operation: str) -> bool:
    found = ses.mail_from(REGION, "example.com")
    if operation == "delete":
        return found is None
    wanted = OLD if operation == "read" else NEW
    return found is not None and (found.domain, found.behavior) == (
        wanted.mail_from_domain,
        wanted.behavior_on_mx_failure,
    )


@pytest.mark.parametrize(("operation", "action"), CALLS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays(  # noqa: PLR0913, PLR0917 - three of them make the table
    ses: SesStandIn,
    fake_time: Time,
    said: list[str],
    time_out: Callable[[float], None],
    fault: str,
    action: str,
    operation: str,
) -> None:
    """It ends in an error or in what was asked for, never in a claim that is not so; the next run ends as declared."""
    state = {} if operation == "create" else _state(ses)
    injected = ses.inject(FAULTS[fault], action=action)
    time_out(0.05 if "silence" in fault else 8)
    told: Any = None
    try:
        told = _operations(_core(ses, fake_time, said), state)[operation]()
    except CallFailed as failure:
        said.append(str(failure))
    else:
        assert _is_done(ses, operation), "it said that it was done"
        assert operation == "delete" or told is not None
    assert injected.hits > 0
    assert all(line.isprintable() and "hush" not in line for line in said)
    ses.heal()
    time_out(8)
    fake_time.sleep(60)
    _operations(_core(ses, fake_time, said), state)[operation]()
    assert _is_done(ses, operation)


@pytest.mark.parametrize(("operation", "action"), CALLS)
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes(  # noqa: PLR0913, PLR0917 - three of them make the table
    ses: SesStandIn, fake_time: Time, said: list[str], fault: str, action: str, operation: str
) -> None:
    """A few faults are no error at all, and a Set that took effect unheard is not repeated."""
    state = {} if operation == "create" else _state(ses)
    changes = len(ses.history(REGION, "example.com"))
    injected = ses.inject(FAULTS[fault], action=action, count=PASSING[fault])
    _operations(_core(ses, fake_time, said), state)[operation]()
    assert 0 < injected.hits <= PASSING[fault]
    assert _is_done(ses, operation)
    assert int(operation != "read") == len(ses.history(REGION, "example.com")) - changes


def test_a_storm_of_a_minute(ses: SesStandIn, fake_time: Time, said: list[str]) -> None:
    """Throttling by others for a minute is ridden out by every operation."""
    state = _state(ses)
    for operation in ("update", "read", "delete"):
        storm = ses.inject(THROTTLE, seconds=60)
        _operations(_core(ses, fake_time, said), state)[operation]()
        assert storm.hits > 0
        ses.heal()
        ses.put(REGION, "example.com", OLD.mail_from_domain)
    assert ses.journal.throttled() > 0


@pytest.mark.parametrize(
    ("operation", "after"),
    [(operation, after) for operation, actions in CALLED.items() for after in range(1, len(actions) + 1)],
)
def test_credentials_that_expire_in_the_middle(
    ses: SesStandIn, fake_time: Time, said: list[str], after: int, operation: str
) -> None:
    """Whichever call they expire at, renewing them is all that there is to do."""
    state = {} if operation == "create" else _state(ses)
    expiry = ses.inject(run(lambda: ses.expire("AKIDEXAMPLE"), after=True), skip=after - 1, count=1)
    try:
        _operations(_core(ses, fake_time, said), state)[operation]()
    except CallFailed as failure:
        said.append(str(failure))
    assert 1 == expiry.hits
    assert _is_done(ses, operation) or "renew them" in said[-1]
    ses.heal()
    ses.renew("AKIDEXAMPLE")
    _operations(_core(ses, fake_time, said), state)[operation]()
    assert _is_done(ses, operation)


@pytest.mark.parametrize("operation", ["create", "update", "read", "delete"])
def test_an_endpoint_without_an_address(ses: SesStandIn, fake_time: Time, said: list[str], operation: str) -> None:
    """A name that DNS does not know is an error that names the endpoint and the region; state stays."""
    state = {} if operation == "create" else _state(ses)
    nowhere = {"ses": "http://ses.invalid", "sts": ses.url}
    core = _core(ses, fake_time, said, endpoints=nowhere)
    with pytest.raises(CallFailed, match=r"http://ses\.invalid could not be reached: .* region us-east-1"):
        _operations(core, state)[operation]()


HOSTILE = "\x07\x9b2J\u202e\r\n" + "x" * 100_000
ODD = [
    {"MailFromDomainStatus": None, "BehaviorOnMXFailure": None},
    {"MailFromDomainStatus": "Sleeping", "BehaviorOnMXFailure": "BounceMessage"},
    {"MailFromDomain": "", "MailFromDomainStatus": ""},
    {"MailFromDomain": HOSTILE.replace("\x07", ""), "MailFromDomainStatus": "S" * 100_000},
]


@pytest.mark.parametrize("operation", ["create", "update", "read", "delete"])
@pytest.mark.parametrize("odd", ODD, ids=["missing", "new", "empty", "hostile"])
def test_odd_entries(
    ses: SesStandIn, fake_time: Time, said: list[str], odd: dict[str, str | None], operation: str
) -> None:
    """Fields missing, values of the future and hostile ones crash nothing, and nothing unprintable is shown."""
    state = {} if operation == "create" else _state(ses)
    fault = ses.inject(entries(odd), action=GET)
    try:
        told = _operations(_core(ses, fake_time, said), state)[operation]()
    except MailFromError as failure:
        said.append(str(failure))
    else:
        said.extend(str(value) for value in (told.outputs().values() if told else ()))
    assert fault.hits > 0
    assert all(line.isprintable() for line in said)
    assert all(len(line) < 2_000 for line in said)
    ses.heal()
    _operations(_core(ses, fake_time, said), state)[operation]()
    assert _is_done(ses, operation) or "left in place" in "".join(said)


def test_values_of_the_future_are_passed_on(ses: SesStandIn, fake_time: Time, said: list[str]) -> None:
    """A status or behavior that does not exist yet reaches state as it is."""
    state = _state(ses)
    fault = ses.inject(
        entries({"MailFromDomainStatus": "Sleeping", "BehaviorOnMXFailure": "BounceMessage"}), action=GET
    )
    read = _core(ses, fake_time, said).read(KEY, state)
    assert 1 == fault.hits
    assert read is not None
    assert ("Sleeping", "BounceMessage") == (read.found.status, read.found.behavior_on_mx_failure)


def test_a_delete_that_meets_the_next_owner(ses: SesStandIn, fake_time: Time, said: list[str]) -> None:
    """If a clear's outcome is unknown and somebody has set another domain by the next look, theirs is left."""
    state = _state(ses)

    def take_over() -> None:
        ses.put(REGION, "example.com", "theirs.example.com")

    fault = ses.inject(replace(DROP_AFTER, hook=take_over), action=SET, count=1)
    _core(ses, fake_time, said).delete(KEY, state)
    assert 1 == fault.hits
    found = ses.mail_from(REGION, "example.com")
    assert found is not None
    assert "theirs.example.com" == found.domain


def test_every_fault_is_an_effect() -> None:
    """The faults that pass are among those that stay."""
    assert set(PASSING) <= set(FAULTS)
    assert all(isinstance(effect, Effect) for effect in FAULTS.values())
