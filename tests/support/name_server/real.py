"""A real authoritative name server: Knot DNS as an unprivileged process on a free port."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final, final

import dns.exception
import dns.message
import dns.query

KNOT: Final = shutil.which("knotd", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
"""Path of the Knot DNS daemon; None if it is not installed (Debian: apt-get install knot)."""

_TIMEOUT: Final = 20.0
_CONFIG: Final = """\
server:
    listen: 127.0.0.1@{port}
    rundir: .
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: db
acl:
  - id: anybody
    action: update
template:
  - id: default
    storage: .
    file: "%s.zone"
    acl: anybody
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
zone:
"""


def zone_text(*records: str, serial: int = 1) -> str:
    """Return the text of a zone file.

    Args:
        records: Records in zone file syntax; "@" is the name of the zone.
        serial: The serial number of the SOA record.
    """
    head = ["$TTL 300", f"@ IN SOA ns.invalid. hostmaster.invalid. {serial} 300 300 300 300", "@ IN NS ns.invalid."]
    return "\n".join([*head, *records, ""])


@final
class NameServer:
    """Knot DNS as a context manager. It accepts dynamic updates (RFC 2136).

    Args:
        zones: Texts of zone files by zone name.
        folder: Folder for its files.

    Attributes:
        address: HOST:PORT of the running server.
    """

    def __init__(self, zones: Mapping[str, str], folder: Path) -> None:
        self.address = ""
        self._zones = dict(zones)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> NameServer:
        self._start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop()

    def replace(self, zone: str, text: str) -> None:
        """Replace the content of a zone. It is in effect when this returns; the address stays the same."""
        self._zones[zone] = text
        # A reload does not report when it is done; a restart takes tens of milliseconds.
        self._stop()
        self._start()

    def records(self, name: str, kind: str) -> list[str]:
        """Return the records of a name and type that it serves now, in zone file syntax."""
        host, _, port = self.address.rpartition(":")
        answer = dns.query.udp(dns.message.make_query(name, kind), host, timeout=_TIMEOUT, port=int(port))
        return [str(record) for rrset in answer.answer for record in rrset]

    def _start(self) -> None:
        if KNOT is None:
            raise FileNotFoundError("Knot DNS is not installed")
        self._folder.mkdir(parents=True, exist_ok=True)
        port = int(self.address.rpartition(":")[2]) if self.address else free_port()
        self.address = f"127.0.0.1:{port}"
        config = _CONFIG.format(port=port)
        for zone, text in self._zones.items():
            (self._folder / f"{zone}.zone").write_text(text)
            config += f'  - domain: "{zone}"\n'
        (self._folder / "knot.conf").write_text(config)
        log = (self._folder / "knot.log").open("ab")
        with log:
            self._process = subprocess.Popen(  # noqa: S603
                [KNOT, "-c", "knot.conf"], cwd=self._folder, stdout=log, stderr=log
            )
        self._wait(port)

    def _wait(self, port: int) -> None:
        """Wait until it responds. Knot does not report that it is ready, so this sends queries."""
        question, pause = dns.message.make_query("ready.invalid.", "A"), threading.Event()
        for _ in range(int(_TIMEOUT / 0.1)):
            if self._process is None or self._process.poll() is not None:
                break
            try:
                dns.query.udp(question, "127.0.0.1", timeout=0.1, port=port)
            except (OSError, dns.exception.DNSException):
                pause.wait(0.02)
            else:
                return
        log = (self._folder / "knot.log").read_text(errors="replace")
        self._stop()
        raise RuntimeError(f"Knot DNS did not start: {log}")

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """Return a port that is free for both UDP and TCP."""
    for _ in range(100):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            tcp.bind(("127.0.0.1", 0))
            port: int = tcp.getsockname()[1]
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                try:
                    udp.bind(("127.0.0.1", port))
                except OSError:
                    continue
                return port
    raise OSError("no port is free")
