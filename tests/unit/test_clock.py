from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest

from pulumi_ses_mail_from_provider.rules.errors import Cancelled, Remedy
from pulumi_ses_mail_from_provider.ses.clock import Clock, pauses


def test_time_goes_on() -> None:
    """A clock never goes back, and a sleep takes at least its time."""
    clock = Clock()
    before = clock.now()
    clock.sleep(0.01)
    assert before + 0.01 <= clock.now()


def test_cancel_ends_what_comes_after_it() -> None:
    """After a cancellation, every wait ends at once, with an error that has a remedy."""
    clock = Clock()
    clock.check()
    clock.cancel()
    condition = clock.condition()
    with pytest.raises(Cancelled, match=r"stopped on request \(\^C\)") as raised:
        clock.sleep(3600)
    assert Remedy.RUN_AGAIN is raised.value.remedy
    with condition, pytest.raises(Cancelled):
        clock.wait(condition)
    with pytest.raises(Cancelled):
        clock.check()


@pytest.mark.parametrize("seconds", [None, 3600.0])
def test_cancel_ends_what_has_begun(seconds: float | None) -> None:
    """A cancellation ends every sleep and every wait for a condition in progress, with or without a time limit."""
    clock = Clock()
    condition, started = clock.condition(), threading.Semaphore(0)

    def wait() -> None:
        with condition:
            started.release()
            clock.wait(condition, seconds)

    def sleep() -> None:
        started.release()
        clock.sleep(3600)

    works: list[Callable[[], None]] = [wait, wait, sleep]
    with ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(work) for work in works]
        for _ in works:
            assert started.acquire(timeout=10)
        clock.cancel()
        assert [True] * 3 == [isinstance(future.exception(10), Cancelled) for future in futures]


def test_a_wait_ends_with_its_time_or_a_notification() -> None:
    """A wait ends with a notification, or when its time is over."""
    clock = Clock()
    condition = clock.condition()
    with condition:
        clock.wait(condition, 0.01)
    with ThreadPoolExecutor(1) as pool, condition:

        def notify() -> None:
            with condition:
                condition.notify_all()

        future = pool.submit(notify)
        clock.wait(condition, 3600)
        future.result(10)


def test_unused_conditions_are_forgotten() -> None:
    """A clock does not keep conditions alive: it may outlive many of them."""
    clock = Clock()
    conditions = [clock.condition() for _ in range(3)]
    del conditions[1:]
    gc.collect()
    assert conditions == list(clock._conditions)


def test_an_abandonable_call() -> None:
    """Its result or error reaches the caller, who no longer waits for it once the run is cancelled."""
    clock, under_way, answer = Clock(), threading.Event(), threading.Event()
    assert "answer" == clock.abandonable(lambda: "answer")
    with pytest.raises(KeyError, match="refused"):
        clock.abandonable(lambda: dict[str, str]()["refused"])

    def silent() -> bool:
        under_way.set()
        return answer.wait(10)

    def cancel() -> None:
        under_way.wait(10)
        clock.cancel()

    cancelling = threading.Thread(target=cancel)
    cancelling.start()
    with pytest.raises(Cancelled):
        clock.abandonable(silent)
    assert not answer.is_set()
    answer.set()
    cancelling.join(10)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((1.0,), [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]),
        ((1.0, 8.0), [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]),
        ((1.02, 8.0), [1.02, 2.04, 4.08, 8.0, 8.0, 8.0]),
        ((2.0, 60.0, 1.5), [2.0, 3.0, 4.5, 6.75, 10.125, 15.1875]),
        ((100.0, 8.0), [8.0, 8.0, 8.0, 8.0, 8.0, 8.0]),
    ],
)
def test_pauses_grow(arguments: tuple[float, ...], expected: list[float]) -> None:
    """Pauses grow by a factor, up to the longest."""
    assert expected == list(islice(pauses(*arguments), 6))
