from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from pulumi_ses_mail_from_provider.rules.errors import Cancelled
from pulumi_ses_mail_from_provider.ses.clock import Clock


def test_time_goes_on() -> None:
    """A clock never goes back, and a sleep takes as long as it says."""
    clock = Clock()
    before = clock.now()
    clock.sleep(0.01)
    assert before + 0.01 <= clock.now()


def test_cancel_ends_what_comes_after_it() -> None:
    """After a cancellation every wait ends at once, and says what to do."""
    clock = Clock()
    clock.check()
    clock.cancel()
    condition = clock.condition()
    with pytest.raises(Cancelled, match="stopped on request"):
        clock.sleep(3600)
    with condition, pytest.raises(Cancelled):
        clock.wait(condition)
    with pytest.raises(Cancelled):
        clock.check()


@pytest.mark.parametrize("seconds", [None, 3600.0])
def test_cancel_ends_what_has_begun(seconds: float | None) -> None:
    """A cancellation ends every sleep and every wait for a condition that is under way, also those without an end."""
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
    """What is waited for comes, or does not come in time."""
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


def test_a_condition_that_nobody_has_is_forgotten() -> None:
    """A clock does not keep conditions: it may outlive many of them."""
    clock = Clock()
    conditions = [clock.condition() for _ in range(3)]
    del conditions[1:]
    gc.collect()
    assert conditions == list(clock._conditions)


def test_a_call_that_may_be_abandoned() -> None:
    """What it returns or raises reaches the caller, who is not held up by it once the run is cancelled."""
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
