from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from pulumi_ses_mail_from_provider.rules.errors import Cancelled
from pulumi_ses_mail_from_provider.ses.rate_limiter import THROTTLING_BUDGET, Precondition, RateLimiter, TooSlow
from simulation.threads import SimulatedClock, Threads


class LongestPauses(random.Random):
    """Always the longest pause."""

    def uniform(self, a: float, b: float) -> float:  # noqa: ARG002
        """The upper end."""
        return b


def _answer(code: str, status: int) -> ClientError:
    response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "SetIdentityMailFromDomain")  # type: ignore[arg-type, unused-ignore]


THROTTLED = _answer("Throttling", 400)
FAULT = _answer("ServiceUnavailable", 503)
LOST = EndpointConnectionError(endpoint_url="http://ses")
DENIED = _answer("AccessDenied", 403)


class Clock(SimulatedClock):
    """Virtual time for the threads of a test."""

    def __init__(self) -> None:
        super().__init__(Threads(1))
        self.start = self.now()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self.now() - self.start

    def together(self, *works: Callable[[], object]) -> None:
        """Run these at the same time, each in a thread of its own, to the end."""

        def work(one: Callable[[], object]) -> Callable[[], None]:
            return lambda: void(one())

        for task in [self.threads.spawn(work(one)) for one in works]:
            self.threads.wait([task])


def void(_: object) -> None:
    """Discard a result."""


class Endpoint:
    """An endpoint that answers with a list of errors first, and records when it was called."""

    def __init__(self, clock: Clock, *errors: Exception) -> None:
        self.clock, self.errors = clock, list(errors)
        self.called_at: list[float] = []

    def __call__(self) -> str:
        """Answer a call."""
        self.called_at.append(round(self.clock.seconds, 3))
        if self.errors:
            raise self.errors.pop(0)
        return "answer"

    @property
    def intervals(self) -> list[float]:
        """The seconds between its calls."""
        return [round(b - a, 3) for a, b in zip(self.called_at, self.called_at[1:], strict=False)]


@pytest.fixture
def clock() -> Clock:
    """Virtual time."""
    return Clock()


def _limiter(clock: Clock, rate: float = 1.0, retries: int = 3) -> RateLimiter:
    return RateLimiter(rate, retries, clock, LongestPauses())


def _throttled(clock: Clock) -> RateLimiter:
    """A limiter that has learned from a call of another action that the endpoint throttles."""
    limiter = _limiter(clock)
    _call(limiter, Endpoint(clock, THROTTLED), "List")
    return limiter


def _call(limiter: RateLimiter, endpoint: Callable[[], str], action: str = "Set", *, safe: bool = True) -> str:
    return limiter.call(action, endpoint, safe_to_repeat=safe)


def test_no_throttling_no_waiting(clock: Clock) -> None:
    """An endpoint that does not throttle is not slowed down."""
    limiter, endpoint = _limiter(clock), Endpoint(clock)
    assert ["answer"] * 100 == [_call(limiter, endpoint) for _ in range(100)]
    assert 0 == clock.seconds
    assert not limiter.throttles


@pytest.mark.parametrize(("rate", "interval"), [(1.0, 1.02), (0.5, 2.04), (50.0, 0.0204)])
def test_the_first_refusal_teaches_the_rate(clock: Clock, rate: float, interval: float) -> None:
    """After the first refusal, calls leave at the rate, including the refused one."""
    limiter, endpoint = _limiter(clock, rate), Endpoint(clock, THROTTLED)
    for _ in range(4):
        _call(limiter, endpoint)
    assert [0, *(round(interval * number, 3) for number in range(1, 5))] == endpoint.called_at
    assert limiter.throttles


def test_actions_have_a_rate_each(clock: Clock) -> None:
    """Each action has its own quota; that the endpoint throttles is learned for all of them."""
    limiter, gets, sets = _limiter(clock), Endpoint(clock, THROTTLED), Endpoint(clock)
    _call(limiter, gets, "Get")
    for _ in range(2):
        _call(limiter, sets, "Set")
    assert [0, 1.02] == gets.called_at
    assert [1.02, 2.04] == sets.called_at


def test_threads_take_turns(clock: Clock) -> None:
    """Calls of several threads leave an interval apart."""
    limiter, endpoint = _limiter(clock), Endpoint(clock)
    _call(limiter, Endpoint(clock, THROTTLED))
    clock.together(*[lambda: _call(limiter, endpoint)] * 8)
    assert pytest.approx([1.02 * turn for turn in range(2, 10)]) == endpoint.called_at


def test_turns_are_taken_in_order(clock: Clock) -> None:
    """Calls leave in the order in which they came; a refused call does not go to the end of the queue."""
    limiter, served = _throttled(clock), list[int]()
    refusals = [THROTTLED]

    def caller(number: int) -> Callable[[], object]:
        def send() -> str:
            if number == 0 and refusals:
                raise refusals.pop()
            served.append(number)
            return "answer"

        def work() -> None:
            clock.sleep(number / 100)
            _call(limiter, send)

        return work

    clock.together(*map(caller, range(8)))
    assert [*range(8)] == served


def test_the_backlog(clock: Clock) -> None:
    """The backlog shows whether calls of an action wait for their turn."""
    limiter, seen = _throttled(clock), list[bool]()

    def watch() -> None:
        clock.sleep(0.5)
        seen.append(limiter.backlog("Set") > 0)
        clock.sleep(10)
        seen.append(limiter.backlog("Set") > 0)

    clock.together(*[lambda: _call(limiter, Endpoint(clock))] * 3, watch)
    assert [True, False] == seen


def test_the_rate_costs_one_refusal(clock: Clock) -> None:
    """Of many calls at the same time to an endpoint that throttles, one is refused and teaches the rate."""
    limiter, endpoints = _limiter(clock), {"Set": Unsteady(clock, 0), "Get": Unsteady(clock, 0)}

    def caller(action: str) -> Callable[[], object]:
        return lambda: _call(limiter, endpoints[action], action)

    clock.together(*map(caller, [*endpoints] * 4))
    assert 1 <= sum(endpoint.refused for endpoint in endpoints.values()) <= 2


@pytest.mark.parametrize("first", [[], [FAULT]])
def test_threads_are_not_held_up_where_nothing_throttles(clock: Clock, first: list[Exception]) -> None:
    """Calls leave in parallel once the endpoint is known not to throttle, or does not answer at all."""
    limiter = _limiter(clock, retries=0)
    for errors in (first, []):
        with contextlib.suppress(ClientError):
            _call(limiter, Endpoint(clock, *errors))
    start = clock.seconds

    def slow() -> str:
        clock.sleep(5)
        return "answer"

    clock.together(*[lambda: _call(limiter, slow)] * 10)
    assert 5 == clock.seconds - start


def test_other_clients_are_given_way_to(clock: Clock) -> None:
    """A call that is refused although it keeps to the rate waits longer each time: other clients use the quota."""
    limiter, endpoint = _limiter(clock), Endpoint(clock, *[THROTTLED] * 6)
    _call(limiter, endpoint)
    assert [1.02, 1.04, 2.04, 4.08, 8, 8] == [round(interval, 2) for interval in endpoint.intervals]


class Unsteady(Endpoint):
    """An endpoint that accepts one call per second, behind a network that delays some calls more than others."""

    def __init__(self, clock: Clock, delay: float) -> None:
        super().__init__(clock)
        self.chance, self.delay, self.free_at, self.refused = random.Random(1), delay, 0.0, 0  # noqa: S311

    def __call__(self) -> str:
        """Answer a call, after a delay of its own."""
        arrival = self.clock.seconds + self.chance.uniform(0, self.delay)
        if arrival < self.free_at:
            self.refused += 1
            raise THROTTLED
        self.free_at = arrival + 1
        return "answer"


@pytest.mark.parametrize(("delay", "refused", "ratio"), [(0.0, 0, 1.03), (0.05, 30, 1.07), (0.1, 40, 1.13)])
def test_an_unsteady_network_is_learned(clock: Clock, delay: float, refused: int, ratio: float) -> None:
    """Calls that left in time but arrive too early widen the interval, by little more than needed."""
    limiter, endpoint = _limiter(clock), Unsteady(clock, delay)
    _call(limiter, Endpoint(clock, THROTTLED))
    start = clock.seconds
    for _ in range(1000):
        _call(limiter, endpoint)
    assert endpoint.refused <= refused
    assert (clock.seconds - start) / 1000 <= ratio


def test_what_was_learned_is_bounded_and_forgotten(clock: Clock) -> None:
    """Other clients widen the interval by a quarter at most, and enough answers without a refusal undo that."""
    limiter = _limiter(clock)
    for _ in range(5):
        _call(limiter, Endpoint(clock, *[THROTTLED] * 6))
    endpoint = Endpoint(clock)
    for _ in range(600):
        _call(limiter, endpoint)
    assert pytest.approx(1.02 * 1.25, abs=0.01) == max(endpoint.intervals)
    assert pytest.approx(1.02, abs=0.002) == min(endpoint.intervals)


def test_the_budget_of_a_call(clock: Clock) -> None:
    """After two minutes of throttling, the refusal is raised."""
    limiter, endpoint = _limiter(clock), Endpoint(clock, *[THROTTLED] * 100)
    with pytest.raises(ClientError, match="Throttling"):
        _call(limiter, endpoint)
    assert THROTTLING_BUDGET <= clock.seconds < THROTTLING_BUDGET + 10


def test_waiting_calls_share_one_budget(clock: Clock) -> None:
    """If nothing is answered for two minutes, waiting calls do not wait for two minutes each."""
    limiter, ended = _limiter(clock), list[float]()

    def wait() -> None:
        with pytest.raises(ClientError, match="Throttling"):
            _call(limiter, Endpoint(clock, *[THROTTLED] * 100))
        ended.append(clock.seconds)

    clock.together(*[wait] * 20)
    assert 20 == len(ended)
    assert max(ended) < THROTTLING_BUDGET + 40


def test_an_answer_renews_the_budget(clock: Clock) -> None:
    """A long queue that is served slowly does not use up the budget."""
    limiter, endpoint = _limiter(clock), Endpoint(clock, THROTTLED)
    clock.together(*[lambda: _call(limiter, endpoint)] * 200)
    assert clock.seconds > THROTTLING_BUDGET
    assert 201 == len(endpoint.called_at)


def test_pauses_are_spread() -> None:
    """Calls that are refused at the same time are not retried at the same time."""
    ends = set[float]()
    for seed in range(5):
        own = Clock()
        limiter = RateLimiter(1.0, 3, own, random.Random(seed))  # noqa: S311
        _call(limiter, Endpoint(own, *[THROTTLED] * 4))
        ends.add(own.seconds)
    assert 5 == len(ends)


@pytest.mark.parametrize("fault", [FAULT, LOST])
def test_faults_are_retried(clock: Clock, fault: Exception) -> None:
    """Faults are retried as often as the settings say, with growing pauses."""
    endpoint = Endpoint(clock, *[fault] * 3)
    assert "answer" == _call(_limiter(clock), endpoint)
    assert [0, 1.02, 3.06, 7.14] == endpoint.called_at
    with pytest.raises(type(fault)):
        _call(_limiter(clock), Endpoint(clock, *[fault] * 4))


def test_a_call_that_is_not_safe_to_repeat(clock: Clock) -> None:
    """A fault of such a call is raised, as it may have taken effect. A throttled call has no effect and is retried."""
    endpoint = Endpoint(clock, FAULT)
    with pytest.raises(ClientError):
        _call(_limiter(clock), endpoint, safe=False)
    assert 1 == len(endpoint.called_at)
    assert "answer" == _call(_limiter(clock), Endpoint(clock, THROTTLED), safe=False)


def test_a_silent_endpoint(clock: Clock) -> None:
    """If each try costs a time-out, none starts after 20 seconds."""

    def silent() -> str:
        clock.sleep(11)
        raise LOST

    with pytest.raises(EndpointConnectionError):
        _call(_limiter(clock, retries=10), silent)
    assert 22 < clock.seconds < 30


def test_other_errors_are_raised_at_once(clock: Clock) -> None:
    """A refusal that a retry would only repeat is raised at once."""
    endpoint = Endpoint(clock, DENIED)
    with pytest.raises(ClientError, match="AccessDenied"):
        _call(_limiter(clock), endpoint)
    assert [0] == endpoint.called_at


@pytest.mark.parametrize(
    "errors", [[THROTTLED] * 100, [FAULT] * 100, []], ids=["throttled", "unavailable", "a queue of others"]
)
def test_patience(clock: Clock, errors: Sequence[Exception]) -> None:
    """A call with ten seconds of patience takes no longer, in the queue, when throttled, or after a fault."""
    limiter, endpoint = _throttled(clock), Endpoint(clock, *errors)
    start = clock.seconds

    def impatient() -> None:
        clock.sleep(0.001)
        with pytest.raises((TooSlow, ClientError)):
            limiter.call("Set", endpoint, safe_to_repeat=True, patience=10)
        assert clock.seconds - start <= 10.1

    others = [] if errors else [lambda: _call(limiter, Endpoint(clock))] * 30
    clock.together(*others, impatient)
    assert bool(errors) == bool(endpoint.called_at)


def test_cancel_ends_the_wait_for_a_turn(clock: Clock) -> None:
    """After a cancellation, no waiting call leaves."""
    limiter, endpoint, stopped = _throttled(clock), Endpoint(clock), list[float]()

    def caller() -> None:
        try:
            _call(limiter, endpoint)
        except Cancelled:
            stopped.append(clock.seconds)

    def cancel() -> None:
        clock.sleep(2.5)
        clock.cancel()

    start = clock.seconds
    clock.together(*[caller] * 20, cancel)
    assert [start + 2.5] * 17 == pytest.approx(stopped)
    assert 3 == len(endpoint.called_at)


@dataclass
class Recent(Precondition):
    """A precondition that holds for some seconds after each renewal."""

    clock: Clock
    seconds: float = 4.5
    known_at: float = -1000.0
    renewed_at: list[float] = field(default_factory=list)
    error: Exception | None = None

    def holds_at(self, moment: float) -> bool:
        """Whether the last renewal is recent enough at that moment."""
        return moment - self.clock.start - self.known_at <= self.seconds

    def renew(self) -> None:
        """Note the time."""
        if self.error:
            raise self.error
        self.known_at = round(self.clock.seconds, 3)
        self.renewed_at.append(self.known_at)


def test_a_precondition_holds_when_the_call_leaves(clock: Clock) -> None:
    """It is renewed shortly before the turn of its call, so that no turn is delayed, and not any earlier."""
    limiter, endpoint = _throttled(clock), Endpoint(clock)
    recents = [Recent(clock) for _ in range(10)]
    for recent in recents:
        recent.renew()

    def caller(recent: Recent) -> Callable[[], object]:
        def send() -> str:
            assert recent.holds_at(clock.now())
            return endpoint()

        return lambda: limiter.call("Set", send, safe_to_repeat=False, precondition=recent)

    clock.together(*map(caller, recents))
    assert [1.02] * 9 == endpoint.intervals
    assert [1] * 5 + [2] * 5 == sorted(len(recent.renewed_at) for recent in recents)


def test_a_precondition_that_fails(clock: Clock) -> None:
    """If the renewal raises, its error is raised, the call does not leave, and the next one has its turn."""
    limiter, endpoint = _throttled(clock), Endpoint(clock)
    with pytest.raises(KeyError):
        limiter.call("Set", endpoint, safe_to_repeat=False, precondition=Recent(clock, error=KeyError()))
    assert [] == endpoint.called_at
    assert 0 == limiter.backlog("Set")
    assert "answer" == _call(limiter, endpoint)
