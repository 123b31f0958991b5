"""The core and the provider's door against servers spoken to over HTTP."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader
from pulumi.dynamic import Config, ConfigureRequest

from pulumi_ses_mail_from_provider import cancellation, dynamic
from pulumi_ses_mail_from_provider.aws import Connections
from pulumi_ses_mail_from_provider.dynamic import MailFromDomainProvider
from pulumi_ses_mail_from_provider.lifecycle import Lifecycle
from pulumi_ses_mail_from_provider.model import Key
from pulumi_ses_mail_from_provider.settings import Settings
from stand_in import SesStandIn

# botocore reads its models anew for every session, which is most of the time of a test that makes one.
_read_once = functools.cache(functools.partial(JSONFileLoader.load_file, JSONFileLoader()))
JSONFileLoader.load_file = lambda _, path: _read_once(path)

REGION = "us-east-1"
KEY = Key(REGION, "example.com")


@pytest.fixture(autouse=True)
def _no_real_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(seconds: float) -> None:
        raise AssertionError(f"a real sleep of {seconds} s")

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(cancellation, "sleep", sleep)


@pytest.fixture(autouse=True)
def _a_process_of_its_own() -> None:
    new_process()


def new_process() -> None:
    """Forget what a provider process knows, as if the next call came to another one."""
    dynamic._lifecycles.clear()


@pytest.fixture
def ses() -> Iterator[SesStandIn]:
    """SES with the identity example.com, unthrottled, on a clock that only tests move."""
    with SesStandIn(rate=None) as ses:
        ses.verify(REGION, "example.com")
        yield ses


@dataclass
class Time:
    """A clock that moves by sleeping."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)
    on_sleep: Callable[[float], object] = lambda _: None

    def clock(self) -> float:
        """Seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.slept.append(seconds)
        self.on_sleep(seconds)


@pytest.fixture
def fake_time(ses: SesStandIn) -> Time:
    """A clock of our own, which takes that of the server along."""
    return Time(on_sleep=ses.advance)


@pytest.fixture
def said() -> list[str]:
    """The lines that the user was shown."""
    return []


def settings(ses: SesStandIn, **more: Any) -> Settings:
    """Settings that lead to the stand-in, without retries, which would sleep."""
    chosen: dict[str, Any] = {
        "access_key": "AKIDEXAMPLE",
        "secret_key": "hush-hush",
        "max_retries": 0,
        "endpoints": {"ses": ses.url, "sts": ses.url},
    }
    return Settings(**{**chosen, **more})


@pytest.fixture
def core(ses: SesStandIn, fake_time: Time, said: list[str]) -> Lifecycle:
    """The operations, as one run has them."""
    return Lifecycle(Connections(settings(ses)), said.append, fake_time.clock, fake_time.sleep)


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
