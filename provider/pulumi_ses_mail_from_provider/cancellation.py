"""^C: how a wait hears of it.

When the user presses ^C, the engine calls `Cancel` of each provider process, starts nothing new, and waits until the
calls that it has handed over return. The server of Python's dynamic providers (pulumi.dynamic.__main__) answers
`Cancel` and tells nobody, so that a wait of half an hour would go on to its end. It holds on to the method itself;
what that method does is all that can be exchanged.
"""

from __future__ import annotations

import sys
import threading
from types import FunctionType
from typing import Any, Final

from .failures import Cancelled

requested: Final = threading.Event()
"""Set once the engine has asked for an end."""

_SERVER: Final = "DynamicResourceProviderServicer"
_answer: FunctionType | None = None


def listen() -> bool:
    """Hear of the engine's `Cancel` from now on. False where there is no such server, as in a test."""
    global _answer  # noqa: PLW0603 - there is one server in a process
    cancel = getattr(getattr(sys.modules["__main__"], _SERVER, None), "Cancel", None)
    if _answer or not isinstance(cancel, FunctionType) or cancel.__code__.co_freevars:
        return _answer is not None
    _answer = FunctionType(cancel.__code__, cancel.__globals__)
    cancel.__code__ = _cancel.__code__
    return True


def _cancel(self: Any, request: Any, context: Any) -> Any:
    # It runs with the globals of the server's module, so it must bring what it needs.
    from pulumi_ses_mail_from_provider import cancellation  # noqa: PLC0415, PLW0406

    return cancellation.on_cancel(self, request, context)


def on_cancel(*call: Any) -> Any:
    """Note that the engine asks for an end, and answer it as the server would have."""
    requested.set()
    return _answer(*call) if _answer else None


def sleep(seconds: float) -> None:
    """Sleep. Raises Cancelled as soon as the engine asks for an end."""
    if requested.wait(seconds):
        raise Cancelled("stopped, as the engine was asked to (^C): run pulumi up again to go on")
