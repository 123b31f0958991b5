"""Threads on virtual time. They switch only when they wait, in an order that a seed determines, so runs repeat."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import greenlet

from pulumi_ses_mail_from_provider.rules.errors import Cancelled
from pulumi_ses_mail_from_provider.ses.clock import Clock


class Killed(BaseException):
    """The process of this thread was killed."""


class Died(BaseException):
    """Raised in the threads of a provider process that has died while its engine goes on."""


class Thread:
    """A thread: the main one, or one that was spawned.

    Attributes:
        greenlet: What runs it; None for the main thread.
        done: Whether it has ended.
        wakes_at: When it continues at the latest; None if only `Threads.wake` continues it.

    """

    def __init__(self, switch: greenlet.greenlet | None) -> None:
        self.greenlet = switch
        self.done = False
        self.wakes_at: float | None = 0.0


class Threads:
    """The threads of one machine, and its virtual time in seconds.

    Args:
        seed: Determines the order in which threads run.

    """

    def __init__(self, seed: int) -> None:
        self.now = 1000.0
        self._random = random.Random(seed)  # noqa: S311 - no cryptography; it must repeat
        self._main = self.current = Thread(None)
        self._others: list[Thread] = []
        self._raised: BaseException | None = None

    def spawn(self, work: Callable[[], None]) -> Thread:
        """Start a thread. It runs as soon as the current one waits."""
        thread = Thread(None)

        def run() -> None:
            try:
                work()
            except BaseException as raised:  # noqa: BLE001 - raised again in the main thread
                self._raised = self._raised or raised
            finally:
                thread.done = True

        thread.greenlet = greenlet.greenlet(run)
        thread.wakes_at = self.now
        self._others.append(thread)
        return thread

    def wait(self, tasks: Sequence[Thread]) -> None:
        """Run the other threads until one of the tasks is done. Only the main thread may call this.

        Raises:
            BaseException: What a thread has raised.

        """
        self._run_until(lambda: any(task.done for task in tasks))

    def sleep(self, seconds: float) -> None:
        """Wait for a period of virtual time."""
        self.park(self.now + max(0.0, seconds))

    def park(self, wakes_at: float | None) -> None:
        """Wait until a point in time, or until `wake`."""
        me = self.current
        me.wakes_at = wakes_at
        if me is self._main:
            self._run_until(lambda: me.wakes_at is not None and me.wakes_at <= self.now)
        else:
            cast("greenlet.greenlet", me.greenlet).parent.switch()

    def wake(self, thread: Thread) -> None:
        """Let a thread continue."""
        thread.wakes_at = self.now

    def abandon(self) -> None:
        """End all threads except the main one."""
        for thread in self._others:
            if thread.greenlet:
                self.current = thread
                thread.greenlet.throw(greenlet.GreenletExit)
        self._others.clear()
        self._raised = None
        self.current = self._main

    def _run_until(self, ready: Callable[[], bool]) -> None:
        while not ready():
            self._others = [thread for thread in self._others if not thread.done]
            runnable = [
                thread for thread in self._others if thread.wakes_at is not None and thread.wakes_at <= self.now
            ]
            if runnable:
                thread = self.current = self._random.choice(runnable) if len(runnable) > 1 else runnable[0]
                cast("greenlet.greenlet", thread.greenlet).switch()
                self.current = self._main
                if self._raised:
                    raised, self._raised = self._raised, None
                    raise raised
                continue
            waking = [thread.wakes_at for thread in [self._main, *self._others] if thread.wakes_at is not None]
            later = [moment for moment in waking if moment > self.now]
            assert later, "deadlock: every thread waits for another one"
            self.now = min(later)


class Condition:
    """A condition variable for simulated threads. It has no lock, because threads switch only when they wait."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self.waiting: list[Thread] = []

    def __enter__(self) -> bool:
        return True

    def __exit__(self, *_: object) -> None:
        pass

    def notify_all(self) -> None:
        """Wake all threads that wait."""
        for thread in self.waiting:
            self._threads.wake(thread)
        self.waiting.clear()


class SimulatedClock(Clock):
    """The clock of one process, on virtual time."""

    def __init__(self, threads: Threads) -> None:
        super().__init__()
        self.threads = threads
        self.is_killed = self.is_cancelled = self.is_dead = False
        self._waiting: set[Thread] = set()

    def now(self) -> float:
        """Return the virtual time in seconds."""
        return self.threads.now

    def sleep(self, seconds: float) -> None:
        """Wait for a period of virtual time."""
        self._park(self.threads.now + seconds)

    def condition(self) -> threading.Condition:
        """Return a condition variable for simulated threads."""
        return cast("threading.Condition", Condition(self.threads))

    def wait(self, condition: threading.Condition, seconds: float | None = None) -> None:
        """Wait for the condition."""
        simulated = cast("Condition", condition)
        self.check()
        simulated.waiting.append(self.threads.current)
        self._park(None if seconds is None else self.threads.now + seconds)
        if self.threads.current in simulated.waiting:
            simulated.waiting.remove(self.threads.current)
        self.check()

    def abandonable(self, call: Callable[[], Any]) -> Any:
        """Return what the call returns. A simulated call ends by itself on cancellation."""
        return call()

    def check(self) -> None:
        """Raise Cancelled after ^C, and what `check_alive` raises."""
        self.check_alive()
        if self.is_cancelled:
            raise Cancelled

    def check_alive(self) -> None:
        """Raise Killed if the engine was killed, and Died if only this process has died."""
        if self.is_killed:
            raise Killed
        if self.is_dead:
            raise Died

    def cancel(self) -> None:
        """End all waits of the process."""
        self.is_cancelled = True
        for thread in self._waiting:
            self.threads.wake(thread)

    def kill(self) -> None:
        """Make the process end at its next wait, with its engine."""
        self.is_killed = True

    def die(self) -> None:
        """End the process, without its engine."""
        self.is_dead = True
        for thread in self._waiting:
            self.threads.wake(thread)

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """Do nothing: the simulated programs have no customTimeouts."""
        yield

    def _park(self, wakes_at: float | None) -> None:
        self.check()
        self._waiting.add(self.threads.current)
        self.threads.park(wakes_at)
        self._waiting.discard(self.threads.current)
        self.check()
