"""Functional tests: the provider and the console tool against the SES stand-in over HTTP, on a fake clock."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader
from pulumi.dynamic import Config, ConfigureRequest

from pulumi_ses_mail_from_provider import dynamic
from pulumi_ses_mail_from_provider.console import identities
from pulumi_ses_mail_from_provider.dynamic import MailFromDomainProvider
from pulumi_ses_mail_from_provider.rules.model import Key
from pulumi_ses_mail_from_provider.ses.clock import Clock
from pulumi_ses_mail_from_provider.ses.connections import Connections
from pulumi_ses_mail_from_provider.ses.settings import AwsSettings
from support.core import Core
from support.stand_in import Effect, Fault, SesStandIn

_read_once = functools.cache(functools.partial(JSONFileLoader.load_file, JSONFileLoader()))

REGION = "us-east-1"
SECRET_KEY = "hush-hush"
KEY = Key(REGION, "example.com")


@pytest.fixture(autouse=True)
def _cached_service_models(monkeypatch: pytest.MonkeyPatch) -> None:
    # botocore parses its service models for each session, which would take most of the time of these tests. The fixture
    # restores the loader after each test.
    monkeypatch.setattr(JSONFileLoader, "load_file", lambda _, path: _read_once(path))


@pytest.fixture(autouse=True)
def _no_real_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(seconds: float) -> None:
        raise AssertionError(f"a real sleep of {seconds} s")

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(Clock, "sleep", lambda _, seconds: sleep(seconds))
    monkeypatch.setattr(Clock, "abandonable", lambda _, call: call())
    monkeypatch.setattr(Clock, "wait", lambda _, __, seconds=None: sleep(seconds))


@pytest.fixture(autouse=True)
def _new_process() -> None:
    new_process()


def new_process() -> None:
    """Reset what a provider process remembers, as if the next call went to a new process."""
    dynamic._lifecycle.cache_clear()


@pytest.fixture
def ses() -> Iterator[SesStandIn]:
    """SES with the identity example.com, without throttling, on a clock that only tests advance.

    At the end, each injected fault must have hit a call, because otherwise it tests nothing.
    """
    faults: list[Fault] = []
    with SesStandIn(rate=None) as ses:
        inject = ses.inject

        def recording(*effects: Effect, **more: Any) -> Fault:
            faults.append(inject(*effects, **more))
            return faults[-1]

        ses.inject = recording  # type: ignore[method-assign]
        ses.verify(REGION, "example.com")
        yield ses
    assert all(fault.hits for fault in faults), f"at least one of these faults hit no call: {faults}"


class Time(Clock):
    """A fake clock, which waiting advances.

    Args:
        on_sleep: Called after each wait with its length in seconds.

    Attributes:
        seconds: The time since the start.
        slept: The length of each wait.

    """

    def __init__(self, on_sleep: Callable[[float], object] = lambda _: None) -> None:
        super().__init__()
        self.seconds = 0.0
        self.slept: list[float] = []
        self.on_sleep = on_sleep

    def now(self) -> float:
        """Return the seconds since the start."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Advance the clock."""
        self.seconds += seconds
        self.slept.append(seconds)
        self.on_sleep(seconds)
        self.check()

    def abandonable(self, call: Callable[[], Any]) -> Any:
        """Return what the call returns."""
        return call()

    def wait(self, condition: threading.Condition, seconds: float | None = None) -> None:
        """Advance the clock, because there is no other thread to wait for."""
        assert seconds is not None
        condition.release()
        try:
            self.sleep(seconds)
        finally:
            condition.acquire()


@pytest.fixture
def fake_time(ses: SesStandIn) -> Time:
    """The clock of the provider, which also advances that of the stand-in."""
    return Time(ses.advance)


@pytest.fixture
def console_time(fake_time: Time, monkeypatch: pytest.MonkeyPatch) -> Time:
    """The clock of the console tool, which also advances that of the stand-in."""
    monkeypatch.setattr(identities, "Clock", lambda: fake_time)
    return fake_time


@pytest.fixture
def lines() -> list[str]:
    """The lines that were shown to the user."""
    return []


def settings(ses: SesStandIn, **more: Any) -> AwsSettings:
    """Return settings for the stand-in, without retries, which would sleep."""
    defaults: dict[str, Any] = {
        "access_key": "AKIDEXAMPLE",
        "secret_key": SECRET_KEY,
        "max_retries": 0,
        "endpoints": {"ses": ses.url, "sts": ses.url},
    }
    return AwsSettings(**{**defaults, **more})


@pytest.fixture
def core(ses: SesStandIn, fake_time: Time, lines: list[str]) -> Core:
    """The operations of one run."""
    return Core(Connections(settings(ses)), lines.append, fake_time)


@pytest.fixture
def provider(ses: SesStandIn) -> MailFromDomainProvider:
    """The provider, configured as by the engine."""
    config = {
        "aws:accessKey": "AKIDEXAMPLE",
        "aws:secretKey": SECRET_KEY,
        "aws:maxRetries": "0",
        "aws:endpoints": f'[{{"ses":"{ses.url}","sts":"{ses.url}"}}]',
        "aws:region": REGION,
    }
    provider = MailFromDomainProvider()
    provider.configure(ConfigureRequest(Config(config, "project")))
    return provider


@pytest.fixture
def shell(ses: SesStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment variables of a user whose AWS endpoint is the stand-in."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", ses.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_REGION", REGION)
