from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from pulumi_ses_mail_from_provider import cancellation
from pulumi_ses_mail_from_provider.failures import Cancelled


@pytest.fixture(autouse=True)
def _as_new(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(cancellation, "_answer", None)
    yield
    cancellation.requested.clear()


def _main(monkeypatch: pytest.MonkeyPatch, source: str) -> ModuleType:
    main = ModuleType("__main__")
    exec(source, main.__dict__)  # noqa: S102 - a server like Pulumi's, with globals of its own
    monkeypatch.setitem(sys.modules, "__main__", main)
    return main


SERVER = """
class DynamicResourceProviderServicer:
    def Cancel(self, request, context):
        return "answered", request
"""


def test_cancel_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's Cancel ends a sleep, also where the server has taken the method before; its answer stays."""
    cancel = _main(monkeypatch, SERVER).DynamicResourceProviderServicer().Cancel
    assert cancellation.listen()
    assert cancellation.listen()
    assert ("answered", "request") == cancel("request", "context")
    with pytest.raises(Cancelled, match="run pulumi up again to go on"):
        cancellation.sleep(3600)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "class DynamicResourceProviderServicer: pass",
        "class DynamicResourceProviderServicer: Cancel = len",
    ],
)
def test_another_server(monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """Where there is no such method, nothing is touched, and a sleep is a sleep."""
    _main(monkeypatch, source)
    assert not cancellation.listen()
    cancellation.sleep(0)
