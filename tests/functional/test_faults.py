"""Faults in each operation: nothing is lost, and the next run ends as declared."""

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
"""The calls that each operation makes, in order."""
CALLS = [(operation, action) for operation, actions in CALLED.items() for action in dict.fromkeys(actions)]
TRANSIENT = {"throttling": 5, "500": 2, "503": 2, "500 after": 2, "dropped before": 2, "dropped after": 2, "garbage": 2}


def _core(ses: SesStandIn, time: Time, lines: list[str], **more: Any) -> Core:
    """Return the operations of a new run, which knows nothing of earlier ones."""
    return Core(Connections(settings(ses, **{"max_retries": 3, **more})), lines.append, time)


@pytest.fixture
def read_timeout(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the seconds that a call waits for a response."""
    return lambda seconds: monkeypatch.setattr(aws, "_READ_SECONDS", seconds)


def _state(ses: SesStandIn) -> dict[str, Any]:
    """Set the old declaration in SES, and return the state of a stack that has it."""
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


def test_calls(ses: SesStandIn, fake_time: Time, lines: list[str]) -> None:
    """Each operation makes the calls in the table, from which the following tests are built."""
    for operation, actions in CALLED.items():
        state = _state(ses)
        if operation == "create":
            ses.clear(REGION, "example.com")
        ses.journal.clear()
        _operations(_core(ses, fake_time, lines), state)[operation]()
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
def test_a_permanent_fault(  # noqa: PLR0913, PLR0917 - fixtures and parameters
    ses: SesStandIn,
    fake_time: Time,
    lines: list[str],
    read_timeout: Callable[[float], None],
    fault: str,
    action: str,
    operation: str,
) -> None:
    """The operation fails or is done, never reports success wrongly, and the next run ends as declared."""
    state = {} if operation == "create" else _state(ses)
    injected = ses.inject(FAULTS[fault], action=action)
    read_timeout(0.05 if "silence" in fault else 8)
    result: Any = None
    try:
        result = _operations(_core(ses, fake_time, lines), state)[operation]()
    except CallFailed as failure:
        lines.append(str(failure))
    else:
        assert _is_done(ses, operation), "the operation reported success, but is not done"
        assert operation == "delete" or result is not None
    assert injected.hits > 0
    assert all(line.isprintable() and "hush" not in line for line in lines)  # no part of SECRET_KEY
    ses.heal()
    read_timeout(8)
    fake_time.sleep(60)
    _operations(_core(ses, fake_time, lines), state)[operation]()
    assert _is_done(ses, operation)


@pytest.mark.parametrize(("operation", "action"), CALLS)
@pytest.mark.parametrize("fault", TRANSIENT)
def test_a_transient_fault(  # noqa: PLR0913, PLR0917 - fixtures and parameters
    ses: SesStandIn, fake_time: Time, lines: list[str], fault: str, action: str, operation: str
) -> None:
    """A few faults in a row are retried without an error, and a Set that took effect is not repeated."""
    state = {} if operation == "create" else _state(ses)
    changes = len(ses.history(REGION, "example.com"))
    injected = ses.inject(FAULTS[fault], action=action, count=TRANSIENT[fault])
    _operations(_core(ses, fake_time, lines), state)[operation]()
    assert 0 < injected.hits <= TRANSIENT[fault]
    assert _is_done(ses, operation)
    assert int(operation != "read") == len(ses.history(REGION, "example.com")) - changes


def test_throttling_for_a_minute(ses: SesStandIn, fake_time: Time, lines: list[str]) -> None:
    """Every operation succeeds after a minute of throttling caused by other clients."""
    state = _state(ses)
    for operation in ("update", "read", "delete"):
        throttling = ses.inject(THROTTLE, seconds=60)
        _operations(_core(ses, fake_time, lines), state)[operation]()
        assert throttling.hits > 0
        ses.heal()
        ses.put(REGION, "example.com", OLD.mail_from_domain)
    assert ses.journal.throttled() > 0


@pytest.mark.parametrize(
    ("operation", "after"),
    [(operation, after) for operation, actions in CALLED.items() for after in range(1, len(actions) + 1)],
)
def test_credentials_that_expire_during_an_operation(
    ses: SesStandIn, fake_time: Time, lines: list[str], after: int, operation: str
) -> None:
    """If the credentials expire after any call, the next run succeeds once they are renewed."""
    state = {} if operation == "create" else _state(ses)
    expiry = ses.inject(run(lambda: ses.expire("AKIDEXAMPLE"), after=True), skip=after - 1, count=1)
    try:
        _operations(_core(ses, fake_time, lines), state)[operation]()
    except CallFailed as failure:
        lines.append(str(failure))
    assert 1 == expiry.hits
    assert _is_done(ses, operation) or "renew them" in lines[-1]
    ses.heal()
    ses.renew("AKIDEXAMPLE")
    _operations(_core(ses, fake_time, lines), state)[operation]()
    assert _is_done(ses, operation)


@pytest.mark.parametrize("operation", ["create", "update", "read", "delete"])
def test_an_endpoint_that_cannot_be_resolved(
    ses: SesStandIn, fake_time: Time, lines: list[str], operation: str
) -> None:
    """An endpoint that DNS cannot resolve is an error that names the endpoint and the region."""
    state = {} if operation == "create" else _state(ses)
    endpoints = {"ses": "http://ses.invalid", "sts": ses.url}
    core = _core(ses, fake_time, lines, endpoints=endpoints)
    with pytest.raises(CallFailed, match=r"http://ses\.invalid could not be reached: .* region us-east-1"):
        _operations(core, state)[operation]()


HOSTILE = "\x07\x9b2J\u202e\r\n" + "x" * 100_000
UNEXPECTED = [
    {"MailFromDomainStatus": None, "BehaviorOnMXFailure": None},
    {"MailFromDomainStatus": "Sleeping", "BehaviorOnMXFailure": "BounceMessage"},
    {"MailFromDomain": "", "MailFromDomainStatus": ""},
    {"MailFromDomain": HOSTILE.replace("\x07", ""), "MailFromDomainStatus": "S" * 100_000},
]


@pytest.mark.parametrize("operation", ["create", "update", "read", "delete"])
@pytest.mark.parametrize("values", UNEXPECTED, ids=["missing", "new", "empty", "hostile"])
def test_unexpected_entries(
    ses: SesStandIn, fake_time: Time, lines: list[str], values: dict[str, str | None], operation: str
) -> None:
    """Missing fields, unknown values and hostile text cause no crash, and nothing unprintable or long is shown."""
    state = {} if operation == "create" else _state(ses)
    fault = ses.inject(entries(values), action=GET)
    try:
        result = _operations(_core(ses, fake_time, lines), state)[operation]()
    except MailFromError as failure:
        lines.append(str(failure))
    else:
        lines.extend(str(value) for value in (result.outputs().values() if result else ()))
    assert fault.hits > 0
    assert all(line.isprintable() for line in lines)
    assert all(len(line) < 2_000 for line in lines)
    ses.heal()
    _operations(_core(ses, fake_time, lines), state)[operation]()
    assert _is_done(ses, operation) or "left in place" in "".join(lines)


def test_new_values_are_passed_on(ses: SesStandIn, fake_time: Time, lines: list[str]) -> None:
    """A status or behavior that this package does not know is stored in state as it is."""
    state = _state(ses)
    fault = ses.inject(
        entries({"MailFromDomainStatus": "Sleeping", "BehaviorOnMXFailure": "BounceMessage"}), action=GET
    )
    read = _core(ses, fake_time, lines).read(KEY, state)
    assert 1 == fault.hits
    assert read is not None
    assert ("Sleeping", "BounceMessage") == (read.found.status, read.found.behavior_on_mx_failure)


def test_takeover_during_a_delete(ses: SesStandIn, fake_time: Time, lines: list[str]) -> None:
    """If the outcome of a clear is unknown and somebody then sets another domain, that domain is left in place."""
    state = _state(ses)

    def take_over() -> None:
        ses.put(REGION, "example.com", "theirs.example.com")

    fault = ses.inject(replace(DROP_AFTER, hook=take_over), action=SET, count=1)
    _core(ses, fake_time, lines).delete(KEY, state)
    assert 1 == fault.hits
    found = ses.mail_from(REGION, "example.com")
    assert found is not None
    assert "theirs.example.com" == found.domain


def test_every_fault_is_an_effect() -> None:
    """Every transient fault is in the table of faults, which contains only effects."""
    assert set(TRANSIENT) <= set(FAULTS)
    assert all(isinstance(effect, Effect) for effect in FAULTS.values())
