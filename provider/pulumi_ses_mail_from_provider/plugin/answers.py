"""Answers of the plugin to the engine: errors as one line, each with the status code that fits."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

import grpc

from pulumi_ses_mail_from_provider.rules.errors import CallFailed, Cancelled, MailFromError, TimedOut

from .engine import EngineLog

_Method = TypeVar("_Method", bound=Callable[..., Any])


class _Servicer(Protocol):
    log: EngineLog

    def message(self, error: MailFromError) -> str: ...


def operation(method: _Method) -> _Method:
    """Show lines under the resource of the request, and answer errors as one line with the status code that fits."""

    @functools.wraps(method)
    def answer(self: _Servicer, request: Any, context: grpc.ServicerContext) -> Any:
        with self.log.under(getattr(request, "urn", "")):
            try:
                return method(self, request, context)
            except MailFromError as error:
                context.abort(status_code(error), self.message(error))
            except Exception as error:  # the engine would print a stack trace of Go
                logging.getLogger(__name__).exception("unexpected error")  # to stderr, which the engine shows as it is
                context.abort(grpc.StatusCode.UNKNOWN, f"a defect of ses-mail-from: {type(error).__name__}: {error}")

    return cast("_Method", answer)


def status_code(error: MailFromError) -> grpc.StatusCode:
    """The status code. UNKNOWN means to the engine that the operation may have taken effect."""
    if isinstance(error, TimedOut):
        return grpc.StatusCode.DEADLINE_EXCEEDED
    if isinstance(error, Cancelled):
        return grpc.StatusCode.CANCELLED
    is_unknown = isinstance(error, CallFailed) and error.outcome_unknown
    return grpc.StatusCode.UNKNOWN if is_unknown else grpc.StatusCode.FAILED_PRECONDITION
