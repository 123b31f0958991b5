"""What this package relies on of the SDK's server for dynamic providers (pulumi.dynamic.__main__), and why.

- **^C.** The engine calls `Cancel`, starts nothing new, and waits for the calls that it has made. The server answers
  `Cancel` and tells the providers nothing, so that a wait of half an hour would go on to its end. It holds on to the
  method itself: only its code object can be replaced.
- **Threads.** The server has a pool of four threads. While four calls wait, `Cancel` waits behind them, and further
  operations do not share a call with theirs. The pool can be found from the stack of a call, and told to be larger.
- **The URN** of the resource. `check` is not given it. It is in the request, in the stack of the call.
- **The engine's end.** The server lives on when the engine is killed, and goes on calling SES. The engine's address is
  the server's argument (Pulumi's plugin protocol), and the connection to it breaks when the engine is gone.

Where the SDK is different from what is expected here, everything works as without this module, and one line says so.
"""

from __future__ import annotations

import inspect
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from importlib import metadata
from types import FrameType, FunctionType
from typing import Any, Final

_MODULE: Final = "pulumi.dynamic.__main__"
_SERVER: Final = "DynamicResourceProviderServicer"
_THREADS: Final = 512
_DEPTH: Final = 64  # frames between a method of a provider and the thread's first one; today about ten

_original: FunctionType | None = None
_on_cancel: list[Callable[[], object]] = []


def adapt(on_cancel: Callable[[], object]) -> str | None:
    """Have `on_cancel` called on ^C, widen the pool of threads, and end this process when the engine is gone.

    To be called within a call of the engine. Does nothing in a process that is not the SDK's server.

    Returns a line for the user if the SDK is different from what is expected.
    """
    if not _is_server():
        return None
    _on_cancel.append(on_cancel)
    parts = {
        "a wait does not end with ^C": _hear_cancel(),
        "four operations at most run at a time": _widen_pool(),
        "this process may outlive a Pulumi that is killed": _watch_engine(),
        "resources are told apart by the order of calls": urn_of_call() is not None,
    }
    if lost := [consequence for consequence, works in parts.items() if not works]:
        return (
            f"this package does not know the Pulumi SDK {metadata.version('pulumi')} well enough: {'; '.join(lost)}."
            " Everything else works."
        )
    return None


def urn_of_call() -> str | None:
    """The URN in the request that is being answered; None if it is not known."""
    for frame in _stack():
        urn = getattr(frame.f_locals.get("request"), "urn", None)
        if isinstance(urn, str) and urn:
            return urn
    return None


def _is_server() -> bool:
    return getattr(getattr(sys.modules["__main__"], "__spec__", None), "name", None) == _MODULE


def _stack() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - CPython's, and documented
    for _ in range(_DEPTH):
        if frame is None:
            return
        yield frame
        frame = frame.f_back


def _hear_cancel() -> bool:
    """Have the engine's `Cancel` noted. False if the server has no such method."""
    global _original  # noqa: PLW0603 - there is one server in a process
    if _original is not None:
        return True
    cancel = getattr(getattr(sys.modules["__main__"], _SERVER, None), "Cancel", None)
    if not isinstance(cancel, FunctionType) or cancel.__code__.co_freevars:
        return False
    if cancel.__code__.co_argcount != _cancel.__code__.co_argcount or inspect.iscoroutinefunction(cancel):
        return False
    _original = FunctionType(cancel.__code__, cancel.__globals__)
    cancel.__code__ = _cancel.__code__
    return True


def _cancel(self: Any, request: Any, context: Any) -> Any:
    # It runs with the globals of the server's module, so it must bring what it needs.
    from pulumi_ses_mail_from_provider.engine import sdk_server  # noqa: PLC0415, PLW0406

    return sdk_server.on_cancel(self, request, context)


def on_cancel(*call: Any) -> Any:
    """Note that the engine asks for an end, and answer it as the server would have."""
    for listener in _on_cancel:
        listener()
    return _original(*call) if _original else None


def _widen_pool() -> bool:
    """Raise the number of the server's threads. False if the pool is not found, or is of another kind."""
    for frame in _stack():
        if frame.f_code.co_name != "_worker" or frame.f_globals.get("__name__") != futures.thread.__name__:
            continue
        reference = frame.f_locals.get("executor_reference")
        pool: Any = reference() if callable(reference) else None
        queued = getattr(getattr(pool, "_work_queue", None), "qsize", None)
        add_thread = getattr(pool, "_adjust_thread_count", None)
        is_counted = isinstance(getattr(pool, "_idle_semaphore", None), threading.Semaphore)
        if not isinstance(pool, futures.ThreadPoolExecutor) or not is_counted:
            return False
        if not callable(queued) or not callable(add_thread) or not isinstance(getattr(pool, "_max_workers", None), int):
            return False
        # There is no public way. A pool starts threads when it is given work: what waits already must not wait longer.
        # Up to Python 3.11 it also counts a thread as idle that goes on with what is queued, and starts none for the
        # next call: so that count begins anew.
        pool._max_workers = max(pool._max_workers, _THREADS)  # noqa: SLF001
        pool._idle_semaphore = threading.Semaphore(0)  # noqa: SLF001
        for _ in range(queued()):
            add_thread()
        return True
    return False


def _watch_engine() -> bool:
    """End this process when the engine is gone. False if its address is not known."""
    host, _, port = (sys.argv[1] if len(sys.argv) > 1 else "").rpartition(":")
    if not host or not port.isdigit():
        return False
    threading.Thread(target=_end_with, args=(host, int(port)), name="engine-watch", daemon=True).start()
    return True


def _end_with(host: str, port: int) -> None:
    while True:
        try:
            with socket.create_connection((host, port)) as connection:
                while connection.recv(4096):
                    pass
        except ConnectionRefusedError:
            os._exit(1)  # at once: another thread may be about to write
        except OSError:
            pass
        # The engine closes a connection on which nothing is said, after two minutes.
        time.sleep(0.05)
