"""The core and the provider's door against servers spoken to over HTTP."""

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
KEY = Key(REGION, "example.com")


@pytest.fixture(autouse=True)
def _cached_service_models(monkeypatch: pytest.MonkeyPatch) -> None:
    # botocore parses its service models for each session, which would take most of the time of these tests.
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
def _a_process_of_its_own() -> None:
    new_process()


def new_process() -> None:
    """Forget what a provider process knows, as if the next call came to another one."""
    dynamic._lifecycle.cache_clear()


@pytest.fixture
def ses() -> Iterator[SesStandIn]:
    """SES with the identity example.com, unthrottled, on a clock that only tests move.

    At the end, each fault that was injected must have hit a call: one that has not tests nothing.
    """
    faults: list[Fault] = []
    with SesStandIn(rate=None) as ses:
        inject = ses.inject

        def noting(*effects: Effect, **more: Any) -> Fault:
            faults.append(inject(*effects, **more))
            return faults[-1]

        ses.inject = noting  # type: ignore[method-assign]
        ses.verify(REGION, "example.com")
        yield ses
    assert all(fault.hits for fault in faults), f"no call suffered one of {faults}"


class Time(Clock):
    """A clock that moves by waiting."""

    def __init__(self, on_sleep: Callable[[float], object] = lambda _: None) -> None:
        super().__init__()
        self.seconds = 0.0
        self.slept: list[float] = []
        self.on_sleep = on_sleep

    def now(self) -> float:
        """Seconds since the start."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds
        self.slept.append(seconds)
        self.on_sleep(seconds)
        self.check()

    def abandonable(self, call: Callable[[], Any]) -> Any:
        """What the call returns."""
        return call()

    def wait(self, condition: threading.Condition, seconds: float | None = None) -> None:
        """Let time pass: there is no other thread to wait for."""
        assert seconds is not None
        condition.release()
        try:
            self.sleep(seconds)
        finally:
            condition.acquire()


@pytest.fixture
def fake_time(ses: SesStandIn) -> Time:
    """A clock of our own, which takes that of the server along."""
    return Time(ses.advance)


@pytest.fixture
def console_time(fake_time: Time, monkeypatch: pytest.MonkeyPatch) -> Time:
    """The clock of the console tool, which takes that of the server along."""
    monkeypatch.setattr(identities, "Clock", lambda: fake_time)
    return fake_time


@pytest.fixture
def said() -> list[str]:
    """The lines that the user was shown."""
    return []


def settings(ses: SesStandIn, **more: Any) -> AwsSettings:
    """Settings that lead to the stand-in, without retries, which would sleep."""
    chosen: dict[str, Any] = {
        "access_key": "AKIDEXAMPLE",
        "secret_key": "hush-hush",
        "max_retries": 0,
        "endpoints": {"ses": ses.url, "sts": ses.url},
    }
    return AwsSettings(**{**chosen, **more})


@pytest.fixture
def core(ses: SesStandIn, fake_time: Time, said: list[str]) -> Core:
    """The operations, as one run has them."""
    return Core(Connections(settings(ses)), said.append, fake_time)


@pytest.fixture
def provider(ses: SesStandIn) -> MailFromDomainProvider:
    """The provider as the engine configures it."""
    config = {
        "aws:accessKey": "AKIDEXAMPLE",
        "aws:secretKey": "hush-hush",
        "aws:maxRetries": "0",
        "aws:endpoints": f'[{{"ses":"{ses.url}","sts":"{ses.url}"}}]',
        "aws:region": REGION,
    }
    provider = MailFromDomainProvider()
    provider.configure(ConfigureRequest(Config(config, "project")))
    return provider


@pytest.fixture
def shell(ses: SesStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's environment that leads to the stand-in."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", ses.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush-hush")
    monkeypatch.setenv("AWS_REGION", REGION)
