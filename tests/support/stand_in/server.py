"""The door: HTTP/1.1 on the loopback interface, a thread a connection.

The standard library's server and not werkzeug's: that one closes the connection after each answer, and a connection
that is dropped on purpose needs its socket.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any

from . import protocol
from .model import Dropped, Garbled, Request, Result, ServiceError


class Server(ThreadingTCPServer):
    """Gives requests to `answer`, from a thread of its own, until it is closed."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer: Callable[[Request], Result], port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answer = answer
        self.bug: Exception | None = None
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        # The poll interval is what `close` takes at most.
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="stand-in", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and close every connection: a client that keeps one alive is not waited for."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._changed:
            for connection in self._open:
                with contextlib.suppress(OSError):  # the client was faster
                    connection.shutdown(socket.SHUT_RDWR)
            self._changed.wait_for(lambda: not self._open, timeout=5)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, from before its thread runs."""
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that is killed while it is answered is what tests do: nothing to report."""


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # the client has gone
            self.close_connection = True
            return
        request = protocol.parse(
            self.headers.get("Authorization", ""), self.headers.get("X-Amz-Security-Token", ""), body
        )
        request_id = str(uuid.uuid4())
        try:
            status, answer = 200, protocol.result_xml(request, self.server.answer(request), request_id)
        except ServiceError as error:
            status, answer = error.status, protocol.error_xml(request, error, request_id)
        except Garbled as garbled:
            status, answer = 200, garbled.body
        except Dropped:
            self.close_connection = True
            return
        except Exception as error:  # noqa: BLE001 - kept for `close`, which fails the test
            self.server.bug = error
            broken = ServiceError("StandInIsBroken", repr(error), 500)
            status, answer = 500, protocol.error_xml(request, broken, request_id)
        self.send_response(status)
        self.send_header("x-amzn-RequestId", request_id)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Quiet."""
