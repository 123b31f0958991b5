"""The real engine against SES stand-ins over HTTP."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.engine import ACCESS_KEY, REGION, SECRET_KEY, TOKEN, Stack, shell
from support.stand_in import SesStandIn


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """An inline program goes on waiting when its engine has failed, or was killed, and is destroyed as it waits."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))


@pytest.fixture(autouse=True)
def _engine() -> Iterator[None]:
    if not os.environ.get("PULUMI_CLI_ROOT"):
        pytest.fail("PULUMI_CLI_ROOT is not set: run `make test`, which installs the Pulumi CLI and sets it")
    yield
    gc.collect()  # what such a program leaves behind is of this test, not of the end of the whole run


@pytest.fixture(autouse=True)
def _no_credentials_anywhere() -> Iterator[None]:
    """After every test: none in state, in any other file of the engine, or in anything that was shown."""
    Stack.made.clear()
    yield
    assert [] == [where for stack in Stack.made for where in stack.leaks([ACCESS_KEY, SECRET_KEY, TOKEN])]


@pytest.fixture
def ses() -> Iterator[SesStandIn]:
    """SES with the identities example.com and example.org, unthrottled."""
    with SesStandIn(rate=None) as ses:
        ses.verify(REGION, "example.com", "example.org")
        yield ses


@pytest.fixture
def stack(ses: SesStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A new stack."""
    # The Automation API asks for the CLI's version in its own environment, not in that of the stack.
    for name in ("PULUMI_SKIP_UPDATE_CHECK", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    return Stack(tmp_path, shell(ses.url))


@pytest.fixture
def second_stack(ses: SesStandIn, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Another stack, in another backend."""
    return Stack(tmp_path_factory.mktemp("second"), shell(ses.url), "second")
