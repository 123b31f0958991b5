from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from pulumi_ses_mail_from_provider.errors import THROTTLING_BUDGET
from pulumi_ses_mail_from_provider.pace import Pace


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lock = threading.Lock()

    def read(self) -> float:
        """Seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        assert seconds >= 0
        with self.lock:
            self.now += seconds


class LongestPauses(random.Random):
    """No chance: every pause is as long as it may be."""

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


class Endpoint:
    """Answers with these errors first, and tells when it was called."""

    def __init__(self, clock: Clock, *errors: Exception) -> None:
        self.clock, self.errors = clock, list(errors)
        self.called_at: list[float] = []

    def __call__(self) -> str:
        """Be called."""
        self.called_at.append(round(self.clock.now, 3))
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


@pytest.fixture
def clock() -> Clock:
    """A clock at 0."""
    return Clock()


def _pace(clock: Clock, rate: float = 1.0, retries: int = 3) -> Pace:
    return Pace(rate, retries, clock.read, clock.sleep, LongestPauses())


def _call(pace: Pace, endpoint: Callable[[], str], action: str = "Set", *, safe: bool = True) -> str:
    return pace.call(action, endpoint, safe_to_repeat=safe)


def test_no_throttling_no_waiting(clock: Clock) -> None:
    """An endpoint that takes everything is not slowed down."""
    pace, endpoint = _pace(clock), Endpoint(clock)
    assert ["answer"] * 100 == [_call(pace, endpoint) for _ in range(100)]
    assert 0 == clock.now


@pytest.mark.parametrize(("rate", "interval"), [(1.0, 1.02), (0.5, 2.04), (50.0, 0.0204)])
def test_the_first_refusal_teaches_the_rate(clock: Clock, rate: float, interval: float) -> None:
    """From the first throttled answer on, calls go out at the rate, the refused one among them."""
    pace, endpoint = _pace(clock, rate), Endpoint(clock, THROTTLED)
    for _ in range(4):
        _call(pace, endpoint)
    assert [0, *(round(interval * number, 3) for number in range(1, 5))] == endpoint.called_at


def test_actions_have_a_rate_each(clock: Clock) -> None:
    """What one action has used up, another has not; but that the endpoint throttles, both know."""
    pace, gets, sets = _pace(clock), Endpoint(clock, THROTTLED), Endpoint(clock)
    _call(pace, gets, "Get")
    for _ in range(2):
        _call(pace, sets, "Set")
    assert [0, 1.02] == gets.called_at
    assert [1.02, 2.04] == sets.called_at


def test_threads_take_turns(clock: Clock) -> None:
    """Threads that come at the same time get turns an interval apart."""
    turns: list[float] = []
    pace = Pace(1.0, 3, lambda: 0.0, turns.append, LongestPauses())
    _call(pace, Endpoint(clock, THROTTLED))
    turns.clear()
    threads = [threading.Thread(target=_call, args=(pace, Endpoint(clock))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert pytest.approx([1.02 * turn for turn in range(2, 10)]) == sorted(turns)


def test_the_rate_costs_one_refusal(clock: Clock) -> None:
    """Threads that come at the same time to an endpoint that throttles are not all refused: one of them finds out."""
    pace, endpoints = _pace(clock), {"Set": Unsteady(clock, 0), "Get": Unsteady(clock, 0)}
    threads = [threading.Thread(target=_call, args=(pace, endpoints[name], name)) for name in [*endpoints] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert 1 <= sum(endpoint.refused for endpoint in endpoints.values()) <= 2


@pytest.mark.parametrize("first", [[], [FAULT]])
def test_threads_are_not_held_up_where_nothing_throttles(clock: Clock, first: list[Exception]) -> None:
    """Once it is known that it does not, or that it answers nothing at all, calls go at the same time."""
    pace = _pace(clock, retries=0)
    for errors in (first, []):
        with contextlib.suppress(ClientError):
            _call(pace, Endpoint(clock, *errors))
    both = threading.Barrier(2, timeout=10)
    threads = [threading.Thread(target=_call, args=(pace, lambda: str(both.wait()))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not both.broken


def test_throttling_by_others_is_given_way_to(clock: Clock) -> None:
    """Who keeps to the rate and is refused waits longer each time, as others are at work."""
    pace, endpoint = _pace(clock), Endpoint(clock, *[THROTTLED] * 6)
    _call(pace, endpoint)
    waits = [round(b - a, 2) for a, b in zip(endpoint.called_at, endpoint.called_at[1:], strict=False)]
    assert [1.02, 1.04, 2.04, 4.08, 8, 8] == waits


class Unsteady(Endpoint):
    """An endpoint that takes a call a second, reached over a network that delays some calls more than others."""

    def __init__(self, clock: Clock, delay: float) -> None:
        super().__init__(clock)
        self.chance, self.delay, self.free_at, self.refused = random.Random(1), delay, 0.0, 0  # noqa: S311

    def __call__(self) -> str:
        """Be called, after a delay of this call alone."""
        arrival = self.clock.now + self.chance.uniform(0, self.delay)
        if arrival < self.free_at:
            self.refused += 1
            raise THROTTLED
        self.free_at = arrival + 1
        return "answer"


@pytest.mark.parametrize(("delay", "refused", "ratio"), [(0.0, 0, 1.03), (0.05, 30, 1.07), (0.1, 40, 1.13)])
def test_an_unsteady_network_is_learned(clock: Clock, delay: float, refused: int, ratio: float) -> None:
    """Calls that arrive too early although they left in time widen the interval, by little more than it takes."""
    pace, endpoint = _pace(clock), Unsteady(clock, delay)
    _call(pace, Endpoint(clock, THROTTLED))
    start = clock.now
    for _ in range(1000):
        _call(pace, endpoint)
    assert endpoint.refused <= refused
    assert (clock.now - start) / 1000 <= ratio


def test_what_was_learned_is_bounded_and_forgotten(clock: Clock) -> None:
    """Others' calls make it no slower than by a quarter, and a while without refusals takes all of it back."""
    pace = _pace(clock)
    for _ in range(5):
        _call(pace, Endpoint(clock, *[THROTTLED] * 6))
    endpoint = Endpoint(clock)
    for _ in range(600):
        _call(pace, endpoint)
    waits = [b - a for a, b in zip(endpoint.called_at, endpoint.called_at[1:], strict=False)]
    assert pytest.approx(1.02 * 1.25, abs=0.01) == max(waits)
    assert pytest.approx(1.02, abs=0.001) == min(waits)


def test_the_budget_of_a_call(clock: Clock) -> None:
    """After two minutes of throttling it is raised."""
    pace, endpoint = _pace(clock), Endpoint(clock, *[THROTTLED] * 100)
    with pytest.raises(ClientError, match="Throttling"):
        _call(pace, endpoint)
    assert THROTTLING_BUDGET <= clock.now < THROTTLING_BUDGET + 10


def test_pauses_are_spread(clock: Clock) -> None:
    """Two that are refused at the same time do not come back at the same time."""
    ends = set[float]()
    for seed in range(5):
        own = Clock()
        pace = Pace(1.0, 3, own.read, own.sleep, random.Random(seed))  # noqa: S311
        _call(pace, Endpoint(own, *[THROTTLED] * 4))
        ends.add(own.now)
    assert 5 == len(ends)


@pytest.mark.parametrize("fault", [FAULT, LOST])
def test_faults_are_tried_again(clock: Clock, fault: Exception) -> None:
    """As often as the settings say, with growing pauses."""
    endpoint = Endpoint(clock, *[fault] * 3)
    assert "answer" == _call(_pace(clock), endpoint)
    assert [0, 1.02, 3.06, 7.14] == endpoint.called_at
    with pytest.raises(type(fault)):
        _call(_pace(clock), Endpoint(clock, *[fault] * 4))


def test_what_may_not_be_repeated_is_raised(clock: Clock) -> None:
    """A call of unknown outcome is the caller's to look after; a refused one has none."""
    endpoint = Endpoint(clock, FAULT)
    with pytest.raises(ClientError):
        _call(_pace(clock), endpoint, safe=False)
    assert 1 == len(endpoint.called_at)
    assert "answer" == _call(_pace(clock), Endpoint(clock, THROTTLED), safe=False)


def test_a_silent_endpoint_is_given_up(clock: Clock) -> None:
    """Where each try costs a time-out, there are none after 20 seconds."""

    def silent() -> str:
        clock.sleep(11)
        raise LOST

    with pytest.raises(EndpointConnectionError):
        _call(_pace(clock, retries=10), silent)
    assert 22 < clock.now < 30


def test_other_errors_are_raised_at_once(clock: Clock) -> None:
    """What would be answered again is not asked again."""
    endpoint = Endpoint(clock, DENIED)
    with pytest.raises(ClientError, match="AccessDenied"):
        _call(_pace(clock), endpoint)
    assert [0] == endpoint.called_at
