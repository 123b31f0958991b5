"""The engine as the plugin calls it: lines for the user, each under its resource."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

_SECONDS = 5.0  # an engine that does not take a line soon is not waited for


class EngineLog:
    """Shows lines through the engine. Safe to share between threads."""

    def __init__(self) -> None:
        self._stub: engine_pb2_grpc.EngineStub | None = None
        self._of_thread = threading.local()

    def connect(self, address: str) -> None:
        """Show lines through the engine at an address, "HOST:PORT"."""
        self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    @contextlib.contextmanager
    def under(self, urn: str) -> Iterator[None]:
        """Show the lines of this thread under a resource."""
        self._of_thread.urn = urn
        try:
            yield
        finally:
            self._of_thread.urn = ""

    def show(self, line: str) -> None:
        """Show a line. An operation does not fail because its line cannot be shown."""
        if self._stub is None:
            return
        request = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=line, urn=getattr(self._of_thread, "urn", ""))
        with contextlib.suppress(grpc.RpcError):
            self._stub.Log(request, timeout=_SECONDS)
