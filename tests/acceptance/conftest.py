"""Acceptance tests: the real Pulumi engine against the SES stand-in over HTTP."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pulumi_ses_mail_from import MailFromDomain, native
from support.engine import ACCESS_KEY, REGION, SECRET_KEY, TOKEN, Stack, shell
from support.stand_in import SesStandIn

from . import programs


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ignore unraisable exceptions: an inline program still waits when its engine fails, until it is collected."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))


@pytest.fixture(autouse=True)
def _engine() -> Iterator[None]:
    if not os.environ.get("PULUMI_CLI_ROOT"):
        pytest.fail("PULUMI_CLI_ROOT is not set: run `make test`, which installs the Pulumi CLI and sets it")
    yield
    gc.collect()  # collect such programs now, so that their warnings belong to this test


@pytest.fixture(autouse=True)
def _no_leaked_credentials() -> Iterator[None]:
    """After each test, check that no file of the engine and no output contains credentials."""
    Stack.made.clear()
    yield
    assert [] == [place for stack in Stack.made for place in stack.leaks([ACCESS_KEY, SECRET_KEY, TOKEN])]


@pytest.fixture
def ses() -> Iterator[SesStandIn]:
    """SES with the identities example.com and example.org, unthrottled."""
    with SesStandIn(rate=None) as ses:
        ses.verify(REGION, "example.com", "example.org")
        yield ses


@pytest.fixture
def stack(ses: SesStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A new stack."""
    # The Automation API runs `pulumi version` with its own environment, not with that of the stack.
    for name in ("PULUMI_SKIP_UPDATE_CHECK", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    return Stack(tmp_path, shell(ses.url))


@pytest.fixture
def second_stack(ses: SesStandIn, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """A second stack, with its own backend."""
    return Stack(tmp_path_factory.mktemp("second"), shell(ses.url), "second")


@dataclass(frozen=True)
class FrontEnd:
    """A front end for Pulumi, and how its programs write what messages name.

    Attributes:
        resource: The class of the resource.
        overwrite: The argument that overwrites.
    """

    resource: type[MailFromDomain | native.MailFromDomain]
    overwrite: str


@pytest.fixture(
    params=[FrontEnd(MailFromDomain, "overwrite=True"), FrontEnd(native.MailFromDomain, "overwrite: true")],
    ids=["dynamic", "native"],
)
def front_end(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FrontEnd:
    """The front end that the programs of `programs` use: each in turn."""
    chosen: FrontEnd = request.param
    monkeypatch.setattr(programs, "MailFromDomain", chosen.resource)
    return chosen
