"""The HTTP server: HTTP/1.1 on the loopback interface, one thread per connection.

It uses the standard library rather than werkzeug, which closes the connection after each response and gives no access
to the socket that a fault has to close.
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
    """Serves requests in a thread of its own until it is closed.

    Args:
        handle: Performs a request and returns its result.
        port: The port; 0 for any free one.

    Attributes:
        bug: The last unexpected exception of `handle`.
    """

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, handle: Callable[[Request], Result], port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.handle_action = handle
        self.bug: Exception | None = None
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        # `close` takes up to one poll interval.
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="stand-in", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop and close all connections, including those that a client keeps alive."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._changed:
            for connection in self._open:
                with contextlib.suppress(OSError):  # the client has closed it
                    connection.shutdown(socket.SHUT_RDWR)
            self._changed.wait_for(lambda: not self._open, timeout=5)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Register the connection before its thread starts."""
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Unregister the connection."""
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore errors: tests kill clients in the middle of a response."""


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # the client has disconnected
            self.close_connection = True
            return
        request = protocol.parse(
            self.headers.get("Authorization", ""), self.headers.get("X-Amz-Security-Token", ""), body
        )
        request_id = str(uuid.uuid4())
        try:
            status, body = 200, protocol.result_xml(request, self.server.handle_action(request), request_id)
        except ServiceError as error:
            status, body = error.status, protocol.error_xml(request, error, request_id)
        except Garbled as garbled:
            status, body = 200, garbled.body
        except Dropped:
            self.close_connection = True
            return
        except Exception as error:  # noqa: BLE001 - `SesStandIn.close` raises it
            self.server.bug = error
            broken = ServiceError("StandInIsBroken", repr(error), 500)
            status, body = 500, protocol.error_xml(request, broken, request_id)
        self.send_response(status)
        self.send_header("x-amzn-RequestId", request_id)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Log nothing."""
