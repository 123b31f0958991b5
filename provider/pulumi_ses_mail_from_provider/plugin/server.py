"""The process of the plugin."""

from __future__ import annotations

import signal
import sys
import threading
from concurrent import futures
from typing import Final

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from pulumi_ses_mail_from_provider.engine.watch import end_with_engine

from .servicer import Servicer

_THREADS: Final = 512
"""Operations at a time. The pool starts threads when they are needed; `Cancel` must not wait behind operations."""
_POLL: Final = 0.2  # seconds
_GRACE: Final = 4.0
"""Seconds for operations in flight to end after they are cancelled."""
_MESSAGE_BYTES: Final = 400 * 1024 * 1024  # as the engine and its SDKs have it


def serve(engine_address: str) -> None:
    """Serve until the engine ends.

    The engine ends a plugin with SIGINT, and kills it 5 s later. A ^C in the terminal does not reach the plugin, as it
    is in a process group of its own: the engine calls Cancel for that.

    Args:
        engine_address: "HOST:PORT"; empty if this process is started by hand, for PULUMI_DEBUG_PROVIDERS.
    """
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    server, servicer, port = start(engine_address)
    if engine_address:
        end_with_engine(engine_address)
    print(port, flush=True)  # noqa: T201 - Pulumi's plugin protocol
    while not stopped.wait(_POLL):  # a signal that another thread receives does not wake this one
        pass
    servicer.cancel()
    server.stop(_GRACE).wait()
    sys.exit(0)


def start(engine_address: str) -> tuple[grpc.Server, Servicer, int]:
    """Start a server in this process.

    Returns:
        The server, what it serves, and its port.
    """
    size = [("grpc.max_receive_message_length", _MESSAGE_BYTES), ("grpc.max_send_message_length", _MESSAGE_BYTES)]
    server = grpc.server(futures.ThreadPoolExecutor(_THREADS), options=size)
    servicer = Servicer(engine_address)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, servicer, port
