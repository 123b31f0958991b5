"""What this package relies on in the SDK's server for dynamic providers (pulumi.dynamic.__main__), and why.

- **^C.** The engine calls `Cancel`, starts no new operation, and waits for those in flight. The server answers `Cancel`
  without telling the providers, so a wait of half an hour would run to its end. The server keeps a reference to the
  method itself: only its code object can be replaced.
- **Threads.** The server has a pool of four threads. While four operations wait, `Cancel` waits behind them, and
  further operations cannot share a call with them. The pool is found through the stack of a call, and widened.
- **The URN** of the resource. `check` does not receive it. It is in the request, which is on the stack of the call.
- **The end of the engine.** The server outlives an engine that is killed, and would go on calling SES. The engine's
  address is the server's argument (Pulumi's plugin protocol), and a connection to it breaks when the engine ends.

If the SDK differs from what this module expects, everything else works, and one line says what does not.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from importlib import metadata
from types import FrameType, FunctionType
from typing import Any, Final

from .watch import end_with_engine

_MODULE: Final = "pulumi.dynamic.__main__"
_SERVER: Final = "DynamicResourceProviderServicer"
_HOOK: Final = "ses_mail_from_cancel"
_THREADS: Final = 512
_DEPTH: Final = 64  # frames between a method of a provider and the thread's first one; today about ten


def adapt(on_cancel: Callable[[], object]) -> str | None:
    """Have `on_cancel` called on ^C, widen the thread pool, and end this process together with the engine.

    Call this within a call of the engine. In a process that is not the SDK's server it does nothing.

    Returns:
        A line for the user, if the SDK differs from what is expected.
    """
    if not _is_server():
        return None
    parts = {
        "a wait does not end with ^C": _listen_for_cancel(on_cancel),
        "at most four operations run at a time": _widen_pool(),
        "this process may outlive a Pulumi that is killed": end_with_engine(engine_address()),
        "resources are identified by the order of calls": urn_of_call() is not None,
    }
    if lost := [consequence for consequence, works in parts.items() if not works]:
        return (
            f"this package does not know the Pulumi SDK {metadata.version('pulumi')}: {'; '.join(lost)}. Everything"
            " else works."
        )
    return None


def engine_address() -> str:
    """The address of the engine, "HOST:PORT"; empty in a process that is not the SDK's server."""
    return sys.argv[1] if _is_server() and len(sys.argv) > 1 else ""


def urn_of_call() -> str | None:
    """The URN in the request that is being answered; None if it is not found."""
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


class _CancelHook:
    """What the server's `Cancel` calls instead of its own code."""

    def __init__(self, original: FunctionType) -> None:
        self.listeners: list[Callable[[], object]] = []
        self._original = original

    def __call__(self, *call: Any) -> Any:
        """Notify the listeners, and answer as the server would have."""
        for listener in self.listeners:
            listener()
        return self._original(*call)


def _listen_for_cancel(on_cancel: Callable[[], object]) -> bool:
    """Have the engine's `Cancel` call `on_cancel`. False if the server has no such method."""
    server = getattr(sys.modules["__main__"], _SERVER, None)
    hook = getattr(server, _HOOK, None)
    if hook is None:
        cancel = getattr(server, "Cancel", None)
        if not isinstance(cancel, FunctionType) or cancel.__code__.co_freevars:
            return False
        if cancel.__code__.co_argcount != _cancel.__code__.co_argcount or inspect.iscoroutinefunction(cancel):
            return False
        hook = _CancelHook(FunctionType(cancel.__code__, cancel.__globals__))
        setattr(server, _HOOK, hook)
        cancel.__code__ = _cancel.__code__
    hook.listeners.append(on_cancel)
    return True


def _cancel(self: Any, request: Any, context: Any) -> Any:
    # It runs with the globals of the server's module, so it finds the hook through the server's class.
    return type(self).ses_mail_from_cancel(self, request, context)


def _widen_pool() -> bool:
    """Raise the limit of the server's threads. False if the pool is not found, or is of another kind."""
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
        # There is no public way. A pool starts threads when work is submitted, so threads for the queued calls must be
        # started here. Up to Python 3.11 it also counts a thread as idle that continues with queued work, and starts
        # none for the next call: reset that count.
        pool._max_workers = max(pool._max_workers, _THREADS)  # noqa: SLF001
        pool._idle_semaphore = threading.Semaphore(0)  # noqa: SLF001
        for _ in range(queued()):
            add_thread()
        return True
    return False
