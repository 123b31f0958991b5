"""A name server in this process that does what a test scripts: fail, stay silent, truncate, answer with loops."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Callable
from typing import Any, final

from dnslib import DNSRecord

from .real import free_port

Script = Callable[[Any, str], Any]
"""Takes a query (dnslib.DNSRecord) and "udp" or "tcp"; returns the response (DNSRecord), or None for silence."""


@final
class ScriptedNameServer:
    """A context manager that answers queries by a script.

    Args:
        script: Makes the response to a query.

    Attributes:
        address: HOST:PORT of the running server.
        asked: Name, type and protocol of each query it received.
    """

    def __init__(self, script: Script) -> None:
        self.address = ""
        self.asked: list[tuple[str, str, str]] = []
        self._script = script
        self._servers: list[socketserver.BaseServer] = []

    def __enter__(self) -> ScriptedNameServer:
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        kinds: list[tuple[Any, Any]] = [(_UDPServer, self._udp), (_TCPServer, self._tcp)]
        for kind, handler in kinds:
            server = kind(("127.0.0.1", port), handler)
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            self._servers.append(server)
        return self

    def __exit__(self, *exception: object) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def _udp(self, request: Any, client: Any, _: Any) -> None:
        data, socket = request
        if answer := self._respond(data, "udp"):
            socket.sendto(answer, client)

    def _tcp(self, request: Any, *_: Any) -> None:
        (length,) = struct.unpack("!H", request.recv(2))
        if answer := self._respond(request.recv(length), "tcp"):
            request.sendall(struct.pack("!H", len(answer)) + answer)

    def _respond(self, data: bytes, protocol: str) -> bytes | None:
        question = DNSRecord.parse(data)
        name = str(question.q.qname).rstrip(".").lower()
        self.asked.append((name, _type(question), protocol))
        answer = self._script(question, protocol)
        return None if answer is None else bytes(answer.pack())


def _type(question: Any) -> str:
    return {1: "A", 5: "CNAME", 6: "SOA", 15: "MX", 16: "TXT", 28: "AAAA"}.get(question.q.qtype, str(question.q.qtype))


class _UDPServer(socketserver.ThreadingUDPServer):
    daemon_threads = True


class _TCPServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
