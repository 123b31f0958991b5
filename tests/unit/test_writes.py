"""Many writes at a time, while SES accepts one per second: how recent their readings are, and what those cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from pulumi_ses_mail_from_provider.rules.errors import AnotherMailFromDomain, Cancelled, MailFromError
from pulumi_ses_mail_from_provider.rules.model import Declaration, Key
from simulation.threads import SimulatedClock, Threads
from simulation.world import GET, LIST, SET, Process, Traffic, Trouble, World
from support.core import Core
from support.stand_in import MailFrom

REGION = "us-east-1"


@dataclass
class Call:
    """A call when it leaves its process."""

    action: str
    identities: tuple[str, ...]
    time: float


@dataclass
class Run:
    """A run of the operations against SES, on virtual time."""

    rate: float | None = 1.0
    seed: int = 1
    said: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    errors: dict[str, MailFromError] = field(default_factory=dict)
    refused: int = 0

    def __post_init__(self) -> None:
        self.threads = Threads(self.seed)
        self.clock = SimulatedClock(self.threads)
        self.world = World(self.threads, rate=self.rate, success_after=None, restarts=True)
        self.process = Process(self.world, self.clock, Traffic("us"))
        self.core = Core(self.process.connections(), self.said.append, self.clock)
        perform = self.process.perform

        def note(action: str, region: str, parameters: Any) -> dict[str, Any]:
            identities = parameters.get("Identities") or [parameters.get("Identity", "")]
            self.calls.append(Call(action, tuple(identities), self.threads.now))
            return perform(action, region, parameters)

        self.process.perform = note  # type: ignore[method-assign]
        self.start = self.threads.now

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self.threads.now - self.start

    def count(self, action: str) -> int:
        """The number of calls of an action."""
        return sum(call.action == action for call in self.calls)

    def keys(self, number: int, label: str | None = None) -> list[Key]:
        """Create identities; given a label, with a MAIL FROM domain."""
        keys = [Key(REGION, f"{each:03}.example") for each in range(number)]
        for key in keys:
            self.world.verify(key)
            if label:
                self.put(key, label)
        return keys

    def put(self, key: Key, label: str | None) -> None:
        """Set or clear a MAIL FROM domain, as another client."""
        domain = MailFrom(f"{label}.{key.identity}", "UseDefaultValue", "Pending") if label else None
        self.world.put("console", key, domain)

    def domains(self, keys: list[Key]) -> list[str | None]:
        """The MAIL FROM domains that are set."""
        return [found.domain if (found := self.world.mail_from(key)) else None for key in keys]

    def create(self, key: Key) -> None:
        """Create the declared MAIL FROM domain."""
        self.core.create(_declared(key))

    def update(self, key: Key) -> None:
        """Change the MAIL FROM domain."""
        self.core.update(_declared(key), _state(key, "old"))

    def delete(self, key: Key) -> None:
        """Delete the MAIL FROM domain."""
        self.core.delete(key, _state(key, "bounce"))

    def together(self, operation: Callable[[Key], None], keys: list[Key], *more: Callable[[], None]) -> None:
        """Run an operation for all keys at the same time, to the end."""

        def work(key: Key) -> Callable[[], None]:
            def one() -> None:
                try:
                    operation(key)
                except MailFromError as error:
                    self.errors[key.identity] = error

            return one

        for task in [self.threads.spawn(one) for one in (*map(work, keys), *more)]:
            self.threads.wait([task])

    def later(self, seconds: float, act: Callable[[], None]) -> Callable[[], None]:
        """Work that does something after some seconds."""

        def work() -> None:
            self.threads.sleep(seconds)
            act()

        return work

    def oldest_read(self) -> float:
        """The greatest age of a last reading when its Set left, in seconds."""
        ages = []
        for call in self.calls:
            if call.action == SET:
                (identity,) = call.identities
                reads = [
                    one.time
                    for one in self.calls
                    if one.action == GET and identity in one.identities and one.time <= call.time
                ]
                ages.append(call.time - max(reads))
        return max(ages)


def _declared(key: Key, label: str = "bounce") -> Declaration:
    return Declaration(key, f"{label}.{key.identity}", "UseDefaultValue")


def _state(key: Key, label: str) -> dict[str, Any]:
    return {
        "identity": key.identity,
        "region": key.region,
        "mail_from_domain": f"{label}.{key.identity}",
        "behavior_on_mx_failure": "UseDefaultValue",
        "mail_from_domain_status": "Success",
        "account_id": "123456789012",
        "managed_mail_from_domain": f"{label}.{key.identity}",
    }


@pytest.mark.parametrize("operation", ["create", "update", "delete"])
@pytest.mark.parametrize("number", [30, 100, 300])
def test_what_many_writes_cost(number: int, operation: str) -> None:
    """N writes take N Sets in about N seconds and at most N / 3 Gets, and no Set leaves on a reading older than 5 s."""
    run = Run()
    keys = run.keys(number, {"create": None, "update": "old", "delete": "bounce"}[operation])
    run.together(getattr(run, operation), keys)
    expected = [None if operation == "delete" else f"bounce.{key.identity}" for key in keys]
    assert expected == run.domains(keys)
    assert {} == run.errors
    assert number <= len(run.process.traffic.sets) == number
    assert run.count(SET) <= number + 2
    assert run.count(GET) <= number / 3
    assert run.count(LIST) <= 1
    assert run.oldest_read() <= 5
    assert run.seconds <= 1.05 * number + 10


@pytest.mark.parametrize("seed", range(5))
def test_a_set_does_not_leave_on_an_old_reading(seed: int) -> None:
    """In any order of the threads, also when other clients use the quota, every Set has a reading of the last 5 s."""
    run = Run(seed=seed)
    keys = run.keys(40, "bounce")
    run.process.traffic.troubles = [Trouble(SET, number, "throttled") for number in range(3, 60, 4)]
    run.together(run.delete, keys)
    assert [None] * 40 == run.domains(keys)
    assert all(trouble.hit for trouble in run.process.traffic.troubles[:10])
    assert run.oldest_read() <= 5


@pytest.mark.parametrize("operation", ["create", "update", "delete"])
def test_what_another_client_sets_meanwhile_stays(operation: str) -> None:
    """Another client sets a MAIL FROM domain while a write waits for its turn: it stays."""
    run = Run()
    keys = run.keys(30, {"create": None, "update": "old", "delete": "bounce"}[operation])
    taken: list[Key] = []

    def take() -> None:
        done = {write.key for write in run.process.traffic.sets}
        taken.extend([key for key in keys if key not in done][:20])
        for key in taken:
            run.put(key, "theirs")

    run.together(getattr(run, operation), keys, run.later(8, take))
    # At most five Sets had left already, or left on a reading that was not 5 s old yet.
    left = [key for key in taken if run.domains([key]) == [f"theirs.{key.identity}"]]
    assert 20 == len(taken)
    assert len(left) >= 15
    assert all(write.time <= run.start + 8 + 5.1 for write in run.process.traffic.sets if write.key in taken)
    if operation == "delete":
        assert {} == run.errors
        assert len(left) == sum("left in place: theirs." in line for line in run.said)
    else:
        assert {key.identity for key in left} == set(run.errors)
        assert {AnotherMailFromDomain} == {type(error) for error in run.errors.values()}


@pytest.mark.parametrize("operation", ["create", "update", "delete"])
def test_what_is_set_while_a_set_is_refused_stays(operation: str) -> None:
    """After a Set was refused, there is a new reading, however recent the last one is."""
    run = Run()
    (key,) = run.keys(1, {"create": None, "update": "old", "delete": "bounce"}[operation])
    trouble = Trouble(SET, 0, "throttled", act=lambda: run.put(key, "theirs"))
    run.process.traffic.troubles = [trouble]
    run.together(getattr(run, operation), [key])
    assert trouble.hit
    assert [f"theirs.{key.identity}"] == run.domains([key])
    assert [] == run.process.traffic.sets
    assert (2, 1) == (run.count(GET), run.count(SET))
    assert (operation == "delete") == (not run.errors)


def test_what_was_replaced_is_named() -> None:
    """With overwrite, the line names the MAIL FROM domain that was set when the Set left, not that of the decision."""
    run = Run()
    (key,) = run.keys(1, "before")
    trouble = Trouble(SET, 0, "throttled", act=lambda: run.put(key, "theirs"))
    run.process.traffic.troubles = [trouble]
    run.core.create(Declaration(key, f"bounce.{key.identity}", "UseDefaultValue", {"overwrite": True}))
    assert trouble.hit
    assert ["theirs"] == [line.partition("replaced ")[2].partition(".")[0] for line in run.said]


@pytest.mark.parametrize("kind", ["unavailable", "lost"])
@pytest.mark.parametrize("operation", ["create", "update", "delete"])
def test_what_is_set_after_a_set_of_unknown_outcome_stays(operation: str, kind: str) -> None:
    """After a Set that may have taken effect, there is a new reading, too."""
    run = Run(rate=None)
    (key,) = run.keys(1, {"create": None, "update": "old", "delete": "bounce"}[operation])
    trouble = Trouble(SET, 0, kind, "after", act=lambda: run.put(key, "theirs"))
    run.process.traffic.troubles = [trouble]
    run.together(getattr(run, operation), [key])
    assert trouble.hit
    assert [f"theirs.{key.identity}"] == run.domains([key])
    assert 1 == run.count(SET)


def test_what_is_done_meanwhile_is_not_done_again() -> None:
    """If another client clears the MAIL FROM domains meanwhile, there is nothing left to delete."""
    run = Run()
    keys = run.keys(20, "bounce")

    def clear() -> None:
        for key in keys:
            run.put(key, None)

    run.together(run.delete, keys, run.later(8, clear))
    assert [None] * 20 == run.domains(keys)
    assert len(run.process.traffic.sets) <= 14
    assert {} == run.errors


@pytest.mark.parametrize(("rate", "gets"), [(1.0, 1), (None, 2)])
def test_what_is_read_after_a_set(rate: float | None, gets: int) -> None:
    """A Set of another domain makes it Pending: that is read only if SES does not throttle."""
    run = Run(rate=rate)
    (key,) = run.keys(1)
    if rate:
        for _ in range(2):  # so that SES is known to throttle
            run.core.ses.read(key)
        run.clock.sleep(10)
        run.calls.clear()
    run.create(key)
    assert (gets, 1) == (run.count(GET), run.count(SET))


def test_what_is_read_after_a_set_of_another_behavior() -> None:
    """Whether that restarts the verification is not documented: the result is read."""
    run = Run()
    (key,) = run.keys(1, "bounce")
    for _ in range(2):
        run.core.ses.read(key)
    run.clock.sleep(10)
    run.calls.clear()
    run.core.update(Declaration(key, f"bounce.{key.identity}", "RejectMessage"), _state(key, "bounce"))
    assert [GET, SET, GET] == [call.action for call in run.calls]


@pytest.mark.parametrize("operation", ["create", "delete"])
def test_cancel(operation: str) -> None:
    """A cancellation ends every wait within a second, and no further write leaves."""
    run = Run()
    keys = run.keys(40, "bounce" if operation == "delete" else None)
    run.together(getattr(run, operation), keys, run.later(5.5, run.clock.cancel))
    assert run.seconds <= 5.5 + 1
    assert all(call.time <= run.start + 5.5 for call in run.calls)
    assert 40 == len(run.errors) + len(run.process.traffic.sets)
    assert {Cancelled} == {type(error) for error in run.errors.values()}


def test_an_identity_that_is_refused_in_a_get() -> None:
    """An identity that SES refuses in every Get fails alone."""
    run = Run(rate=None)
    keys = run.keys(30)
    run.process.traffic.refused = keys[7].identity
    run.together(run.create, keys)
    assert [keys[7].identity] == list(run.errors)
    assert "reading the MAIL FROM domain of 007.example in us-east-1" in str(run.errors[keys[7].identity])
    assert 29 == len(run.process.traffic.sets)


def test_a_get_that_takes_long() -> None:
    """The answer to a Get that takes five seconds is too old for a Set. That is soon an error, not an endless wait."""
    run = Run(rate=None)
    (key,) = run.keys(1)
    perform = run.process.perform

    def slow(action: str, region: str, parameters: Any) -> dict[str, Any]:
        if action == GET:
            run.threads.sleep(5)
        return perform(action, region, parameters)

    run.process.perform = slow  # type: ignore[method-assign]
    run.together(run.create, [key], run.later(120, run.clock.cancel))
    assert [] == run.process.traffic.sets
    assert "SES did not answer in time" in str(run.errors[key.identity])
    assert run.process.traffic.calls[GET] <= 4


def test_a_preview_with_little_patience_does_not_make_others_fail() -> None:
    """A fault in a Get that a diff leads is retried for the reads that share it and have more patience."""
    run = Run()
    pending, other, third = run.keys(3)
    run.put(pending, "bounce")
    state = {**_state(pending, "bounce"), "mail_from_domain_status": "Pending", "overwrite": False}
    run.core.check(state, state, "urn:a")
    for _ in range(2):
        run.core.ses.read(third)
    run.process.traffic.troubles = [Trouble(GET, run.process.traffic.calls[GET], "unavailable")]

    def act(key: Key) -> None:
        if key == pending:
            assert [] == run.core.diff(state, state)
        else:
            run.clock.sleep(0.1)
            run.create(key)

    run.together(act, [pending, other])
    assert run.process.traffic.troubles[0].hit
    assert {} == run.errors


@pytest.mark.parametrize("listing", [False, True])
def test_a_preview_does_not_wait_for_silence(*, listing: bool) -> None:
    """If SES does not answer, a diff takes ten seconds at most, also if it would list the identities."""
    run = Run(rate=None)
    keys = run.keys(5)
    if listing:
        for key in keys[1:]:
            run.core.ses.read(key)
    run.process.traffic.troubles = [
        Trouble(LIST, 0, "silence"),
        Trouble(GET, run.process.traffic.calls[GET], "silence"),
    ]
    state = {**_state(keys[0], "bounce"), "mail_from_domain_status": "Pending", "overwrite": False}
    run.core.check(state, state, "urn:a")
    start = run.seconds
    assert [] == run.core.diff(state, state)
    assert [listing, not listing] == [trouble.hit for trouble in run.process.traffic.troubles]
    assert run.seconds - start <= 10.5


def test_throttling_of_long_ago_is_over() -> None:
    """A call that gave up after two minutes of throttling uses up no budget of a call minutes later."""
    run = Run()
    (key,) = run.keys(1)
    run.process.traffic.troubles = [Trouble(GET, number, "throttled") for number in range(100)]
    with pytest.raises(MailFromError, match="Throttling"):
        run.core.ses.read(key)
    run.process.traffic.troubles = [Trouble(GET, run.process.traffic.calls[GET], "throttled")]
    run.clock.sleep(300)
    run.core.ses.read(key)
    assert run.process.traffic.troubles[0].hit


def test_a_throttled_listing_fails_no_read() -> None:
    """If other clients use up the quota of ListIdentities, reads go on without a listing, as patient as ever."""
    run = Run()
    keys = run.keys(4)
    for key in keys[:3]:
        run.core.ses.read(key)
    run.process.traffic.troubles = [
        *[Trouble(LIST, number, "throttled") for number in range(100)],
        Trouble(GET, run.process.traffic.calls[GET], "unavailable"),
    ]
    run.core.ses.read(keys[3], 60)
    assert run.process.traffic.troubles[-1].hit
