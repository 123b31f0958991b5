"""How sdk_server.py adapts a server, in this process. tests/functional/test_sdk_server.py runs the SDK's server."""

from __future__ import annotations

import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType, SimpleNamespace
from typing import Any, NoReturn

import pytest

from pulumi_ses_mail_from_provider.engine import sdk_server, watch


def _main(monkeypatch: pytest.MonkeyPatch, source: str, name: str | None = "pulumi.dynamic.__main__") -> ModuleType:
    main = ModuleType("__main__")
    main.__spec__ = SimpleNamespace(name=name) if name else None  # type: ignore[assignment]
    exec(source, main.__dict__)  # noqa: S102 - a server like Pulumi's, with its own globals
    monkeypatch.setitem(sys.modules, "__main__", main)
    return main


SERVER = """
class DynamicResourceProviderServicer:
    def Cancel(self, request, context):
        return "response", request
"""
OTHER_SERVERS = [
    "",
    "class DynamicResourceProviderServicer: pass",
    "class DynamicResourceProviderServicer: Cancel = len",
    "def wrapped(original):\n def method(*call): return original(*call)\n return method\n"
    "class DynamicResourceProviderServicer: Cancel = wrapped(print)",
]


def test_cancel_calls_listeners(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancel calls all listeners, even if the server kept a reference to the method, and its response is the same."""
    cancelled: list[str] = []
    cancel = _main(monkeypatch, SERVER).DynamicResourceProviderServicer().Cancel
    assert sdk_server._listen_for_cancel(lambda: cancelled.append("first"))
    assert sdk_server._listen_for_cancel(lambda: cancelled.append("second"))
    assert ("response", "request") == cancel("request", "context")
    assert ["first", "second"] == cancelled


OTHER_SIGNATURES = [
    "class DynamicResourceProviderServicer:\n def Cancel(self, request): pass",
    "class DynamicResourceProviderServicer:\n @staticmethod\n def Cancel(request, context): pass",
    "class DynamicResourceProviderServicer:\n async def Cancel(self, request, context): pass",
]


@pytest.mark.parametrize(
    "source",
    [*OTHER_SERVERS, *OTHER_SIGNATURES],
)
def test_server_with_another_cancel(monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """A server without the expected Cancel method is not changed."""
    main = _main(monkeypatch, source)
    before = getattr(getattr(main, "DynamicResourceProviderServicer", None), "Cancel", None)
    code = getattr(before, "__code__", None)
    assert not sdk_server._listen_for_cancel(lambda: None)
    assert code is getattr(before, "__code__", None)
    assert not hasattr(getattr(main, "DynamicResourceProviderServicer", None), sdk_server._HOOK)


@pytest.mark.parametrize("name", [None, "pytest.__main__"])
def test_no_server(monkeypatch: pytest.MonkeyPatch, name: str | None) -> None:
    """In a process that is not the SDK's server, such as a test run, nothing is changed or reported."""
    main = _main(monkeypatch, SERVER, name)
    threads = threading.active_count()
    assert sdk_server.adapt(lambda: None) is None
    assert "response" == main.DynamicResourceProviderServicer().Cancel("request", "context")[0]
    assert threads == threading.active_count()
    assert not hasattr(main.DynamicResourceProviderServicer, sdk_server._HOOK)


@pytest.mark.parametrize("source", OTHER_SERVERS)
@pytest.mark.parametrize("arguments", [[], ["engine"], [":1"], ["engine:port"]])
def test_unknown_server(monkeypatch: pytest.MonkeyPatch, source: str, arguments: list[str]) -> None:
    """With an unknown server, one line names the version of the SDK and what does not work."""
    _main(monkeypatch, source)
    monkeypatch.setattr(sys, "argv", ["server", *arguments])
    line = sdk_server.adapt(lambda: None)
    assert line is not None
    assert line.startswith("this package does not know the Pulumi SDK 3.")
    for consequence in (
        "a wait does not end with ^C",
        "at most four operations run at a time",
        "this process may outlive a Pulumi that is killed",
    ):
        assert consequence in line
    assert (True, False) == (line.endswith("Everything else works."), "\n" in line)


def test_urn_of_call() -> None:
    """The URN is that of the nearest request on the stack."""

    def served(request: object) -> str | None:
        return sdk_server.urn_of_call()

    def wrapper(request: object) -> str | None:
        return served(SimpleNamespace(urn=""))

    assert "urn:a" == served(SimpleNamespace(urn="urn:a"))
    assert "urn:b" == wrapper(SimpleNamespace(urn="urn:b"))
    assert served(SimpleNamespace(urn=5)) is None
    assert served(None) is None
    assert sdk_server.urn_of_call() is None


def test_urn_of_call_in_a_deep_stack() -> None:
    """The search for the URN ends at a certain depth of the stack."""

    def deep(request: object, depth: int) -> str | None:
        return deep(None, depth - 1) if depth else sdk_server.urn_of_call()

    assert "urn:a" == deep(SimpleNamespace(urn="urn:a"), 10)
    assert deep(SimpleNamespace(urn="urn:a"), 100) is None


def test_widened_pool() -> None:
    """After the pool is widened, queued calls and new ones get threads at once."""
    together = threading.Barrier(10, timeout=10)
    ready = threading.Event()

    def first() -> bool:
        ready.wait(10)
        return sdk_server._widen_pool() and together.wait() >= 0

    with ThreadPoolExecutor(1) as pool:
        widened = pool.submit(first)
        for _ in range(7):
            pool.submit(together.wait)
        ready.set()
        for _ in range(2):
            pool.submit(together.wait)
        assert widened.result(20)
        assert not together.broken


def test_wide_pool() -> None:
    """A pool that already has more threads keeps them."""
    with ThreadPoolExecutor(1000) as pool:
        assert pool.submit(sdk_server._widen_pool).result(10)
        assert 1000 == pool._max_workers


def test_no_pool() -> None:
    """A call that does not run in a pool widens nothing."""
    assert not sdk_server._widen_pool()


@pytest.mark.parametrize("part", ["_max_workers", "_work_queue"])
def test_another_kind_of_pool(part: str) -> None:
    """A pool without the expected attributes is not changed."""
    widened: list[bool] = []

    def widen(pool: Any) -> None:
        value = pool.__dict__.pop(part)
        try:
            widened.append(sdk_server._widen_pool())
        finally:
            setattr(pool, part, value)

    with ThreadPoolExecutor(4) as pool:
        pool.submit(widen, pool).result(10)
    assert [False] == widened


def test_known_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a known server, all adaptations are made, and nothing is reported."""
    cancelled: list[str] = []
    main = _main(monkeypatch, SERVER)
    monkeypatch.setattr(sys, "argv", ["server", "127.0.0.1:4711"])
    watched: list[tuple[str, int]] = []
    monkeypatch.setattr(watch, "_end_with", lambda host, port: watched.append((host, port)))

    def check(request: object) -> str | None:
        return sdk_server.adapt(lambda: cancelled.append("cancelled"))

    with ThreadPoolExecutor(4) as pool:
        assert pool.submit(check, SimpleNamespace(urn="urn:a")).result(10) is None
        assert pool._max_workers > 100
    assert "response" == main.DynamicResourceProviderServicer().Cancel("request", "context")[0]
    assert (["cancelled"], [("127.0.0.1", 4711)]) == (cancelled, watched)


class _Exit(BaseException):
    """Raised instead of ending the process."""


def test_the_process_ends_with_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed connection to the engine is opened again, and a refused one ends the process."""

    def end(code: int) -> NoReturn:
        raise _Exit(code)

    monkeypatch.setattr("os._exit", end)
    monkeypatch.setattr("time.sleep", lambda _: None)
    accepted = []
    with socket.create_server(("127.0.0.1", 0)) as engine:

        def serve() -> None:
            for number in range(3):
                connection, _ = engine.accept()
                accepted.append(number)
                if number == 2:  # from now on, connections are refused
                    engine.close()
                connection.close()

        host, port = engine.getsockname()
        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(_Exit, match="1"):
            watch._end_with(host, port)
        thread.join(10)
    assert [0, 1, 2] == accepted


def test_network_errors_do_not_end_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a refused connection proves that the engine has ended."""
    errors: list[OSError] = [OSError("no route"), TimeoutError(), ConnectionResetError(), ConnectionRefusedError()]

    def connect(_: tuple[str, int]) -> NoReturn:
        raise errors.pop(0)

    def end(code: int) -> NoReturn:
        raise _Exit(code)

    monkeypatch.setattr("os._exit", end)
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr("socket.create_connection", connect)
    with pytest.raises(_Exit):
        watch._end_with("127.0.0.1", 1)
    assert [] == errors


def test_cancel_in_a_widened_pool() -> None:
    """In a widened pool, all queued and later calls have a thread, and Cancel does not wait behind them."""
    pool, widen, stop = ThreadPoolExecutor(4), threading.Event(), threading.Event()
    running = threading.Semaphore(0)

    def first() -> None:
        widen.wait(10)
        assert sdk_server._widen_pool()
        call()

    def call() -> None:
        running.release()
        stop.wait(10)

    calls = [pool.submit(first), *[pool.submit(call) for _ in range(19)]]
    widen.set()
    try:
        assert all(running.acquire(timeout=10) for _ in range(20))
        calls += [pool.submit(call) for _ in range(20)]
        cancel = pool.submit(lambda: "done")
        assert "done" == cancel.result(10)
        assert all(running.acquire(timeout=10) for _ in range(20))
    finally:
        stop.set()
        pool.shutdown()
    for future in calls:
        future.result()
