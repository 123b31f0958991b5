"""The SDK's server for dynamic providers, in a separate process, with the providers of this package.

This package relies on parts of that server that are not public; sdk_server.py lists them. Here, the test acts as the
engine: it starts the server and calls it over gRPC. A scheduled CI job runs this file with the newest SDK. If a test
fails there, that SDK has changed, and users lose the tested feature. The last tests show that everything else still
works.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from pulumi_ses_mail_from_provider.dynamic import MailFromDomainProvider, MailFromDomainVerificationProvider
from support.stand_in import SesStandIn

from .conftest import REGION, SECRET_KEY
from .test_lifecycle import GET, SET, STATE

URN = "urn:pulumi:test::project::pulumi-python:dynamic/ses:MailFromDomain::{}"
UNKNOWN_SDK = "does not know the Pulumi SDK"
A_SECOND = 1.5
"""One second, and half a second more for a busy machine."""


@pytest.fixture(autouse=True)
def _no_real_sleep() -> None:
    """Allow real waiting, because these tests run a real process."""


class Engine:
    """The engine as a provider process sees it: an address that accepts connections."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self.connected = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._connections.append(connection)
            self.connected.set()

    def end(self) -> None:
        """Close the address and all connections, as when the engine is killed."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self._connections:
            connection.close()


class Server:
    """The server process, and the lines that it prints.

    Args:
        engine: The engine that it connects to.
        ses: The stand-in.
        command: The arguments of Python that start it.
        rate: The setting requestsPerSecond.

    """

    def __init__(self, engine: Engine, ses: SesStandIn, command: list[str], rate: str) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - the SDK's
            [sys.executable, "-u", *command, engine.address],
            stdout=subprocess.PIPE,
            env={**os.environ, "PULUMI_PROJECT": "project", "AWS_REGION": "eu-west-1"},
            encoding="utf-8",
        )
        assert self.process.stdout
        self.port = int(self.process.stdout.readline())
        self.lines: list[str] = []
        self._printed = threading.Condition()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)
        config = {
            "aws:accessKey": "AKIDEXAMPLE",
            "aws:secretKey": SECRET_KEY,
            "aws:endpoints": f'[{{"ses":"{ses.url}","sts":"{ses.url}"}}]',
            "ses-mail-from:requestsPerSecond": rate,
        }
        self.stub.Configure(provider_pb2.ConfigureRequest(args=_struct(config)), timeout=20)

    def _read(self) -> None:
        for line in self.process.stdout or ():
            with self._printed:
                self.lines.append(line)
                self._printed.notify_all()

    def wait_for(self, condition: Callable[[list[str]], bool]) -> None:
        """Wait until the printed lines satisfy a condition."""
        with self._printed:
            assert self._printed.wait_for(lambda: condition(self.lines), 20), self.lines

    def close(self) -> None:
        """End the process, if it is still running."""
        self.channel.close()
        self.process.kill()
        self.process.wait(10)
        self._reading.join(10)
        if self.process.stdout:
            self.process.stdout.close()

    def check(
        self, name: str, news: dict[str, Any], olds: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], list[str]]:
        """Return the checked inputs and the problems."""
        before = _struct({**olds, "__provider": PROVIDER} if olds else {})
        request = provider_pb2.CheckRequest(
            urn=URN.format(name), olds=before, news=_struct({**news, "__provider": PROVIDER})
        )
        answer = self.stub.Check(request, timeout=20)
        return dict(answer.inputs), [failure.reason for failure in answer.failures]

    def create(self, identity: str) -> Any:
        """Start a create and return its future."""
        inputs = {
            "identity": identity,
            "mail_from_domain": f"bounce.{identity}",
            "behavior_on_mx_failure": "UseDefaultValue",
            "region": REGION,
            "overwrite": False,
            "__provider": PROVIDER,
        }
        request = provider_pb2.CreateRequest(urn=URN.format(identity), properties=_struct(inputs))
        return self.stub.Create.future(request, timeout=60)

    def delete(self, identity: str) -> Any:
        """Start a delete and return its future."""
        state = {
            **STATE,
            "identity": identity,
            "mail_from_domain": f"bounce.{identity}",
            "managed_mail_from_domain": f"bounce.{identity}",
            "__provider": PROVIDER,
        }
        request = provider_pb2.DeleteRequest(
            id=f"{REGION}/{identity}", urn=URN.format(identity), properties=_struct(state)
        )
        return self.stub.Delete.future(request, timeout=60)

    def wait_for_verification(self, identity: str) -> Any:
        """Start a wait for SES and return its future."""
        members = [{"region": REGION, "identity": identity, "mail_from_domain": f"bounce.{identity}"}]
        inputs = {"mail_from_domains": members, "timeout": "30m", "__provider": VERIFICATION_PROVIDER}
        request = provider_pb2.CreateRequest(urn=URN.format("verified"), properties=_struct(inputs))
        return self.stub.Create.future(request, timeout=60)

    def cancel(self) -> float:
        """Send Cancel, as the engine does on ^C, and return the seconds until the response."""
        start = time.monotonic()
        self.stub.Cancel(empty_pb2.Empty(), timeout=20)
        return time.monotonic() - start


PROVIDER = serialize_provider(MailFromDomainProvider())
VERIFICATION_PROVIDER = serialize_provider(MailFromDomainVerificationProvider())
SDK = ["-m", "pulumi.dynamic"]


def _struct(values: dict[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An engine."""
    engine = Engine()
    yield engine
    if engine._listening.fileno() >= 0:
        engine.end()


@contextmanager
def _served(engine: Engine, ses: SesStandIn, command: list[str], rate: str = "1") -> Iterator[Server]:
    server = Server(engine, ses, command, rate)
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def ses() -> Iterator[SesStandIn]:
    """SES with a real clock."""
    with SesStandIn(rate=None) as ses:
        ses.verify(REGION, "example.com")
        yield ses


@pytest.fixture
def server(engine: Engine, ses: SesStandIn) -> Iterator[Server]:
    """The SDK's server."""
    with _served(engine, ses, SDK) as server:
        yield server


def _names(number: int) -> list[str]:
    return [f"customer-{each}.example" for each in range(number)]


def test_known_sdk(server: Server, ses: SesStandIn) -> None:
    """The SDK has all parts that this package relies on, so no line reports a difference."""
    assert f"{REGION}/example.com" == server.create("example.com").result().id
    server.delete("example.com").result()
    assert ses.mail_from(REGION, "example.com") is None
    server.close()
    assert [] == server.lines


def test_cancel_ends_a_dozen_waits(server: Server, ses: SesStandIn) -> None:
    """A dozen creates wait for their identities at the same time, and ^C ends them all."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Pending")
    creates = [server.create(name) for name in _names(12)]
    creates.append(server.wait_for_verification("example.com"))
    server.wait_for(lambda lines: sum(": waiting for it" in line for line in lines) == 12)
    server.wait_for(lambda lines: any("waiting for SES to verify" in line for line in lines))
    assert not any(create.done() for create in creates)
    start = time.monotonic()
    assert server.cancel() < A_SECOND
    for create in creates:
        assert "Run pulumi up again to continue" in create.exception().details()
    assert time.monotonic() - start < A_SECOND
    assert 0 == ses.journal.count(SET)


def test_cancel_ends_a_destroy(server: Server, ses: SesStandIn) -> None:
    """At the rate of SES, ^C ends all deletes that still wait, and leaves their MAIL FROM domains to the next run."""
    names = _names(30)
    for name in names:
        ses.verify(REGION, name)
        ses.put(REGION, name, f"bounce.{name}")
    ses.rate = 1.0
    deletes = [server.delete(name) for name in names]
    assert ses.journal.wait_for(lambda journal: journal.count(SET, "OK") >= 3, 20)
    start = time.monotonic()
    server.cancel()
    cleared = ses.journal.count(SET)
    errors = [delete.exception() for delete in deletes]
    assert time.monotonic() - start < A_SECOND
    assert ses.journal.count(SET) <= cleared + 1
    assert 20 <= sum(error is not None for error in errors)
    assert ses.journal.count(GET) <= 10


def test_reads_share_calls(server: Server, ses: SesStandIn) -> None:
    """A hundred reads at the same time share a few Gets, even if SES is slow."""
    names = _names(100)
    for name in names:
        ses.verify(REGION, name)
        ses.put(REGION, name, f"bounce.{name}")
    ses.rate = 1.0

    def read(name: str) -> Any:
        state = {**STATE, "identity": name, "mail_from_domain": f"bounce.{name}", "__provider": PROVIDER}
        request = provider_pb2.ReadRequest(id=f"{REGION}/{name}", urn=URN.format(name), properties=_struct(state))
        return server.stub.Read.future(request, timeout=60)

    reads = [read(name) for name in names]
    assert [f"bounce.{name}" for name in names] == [one.result().properties["mail_from_domain"] for one in reads]
    assert ses.journal.count(GET, "OK") <= 5


@pytest.mark.parametrize("busy", [False, True])
def test_the_process_ends_with_the_engine(engine: Engine, server: Server, ses: SesStandIn, busy: bool) -> None:  # noqa: FBT001
    """When the engine ends, the process ends within two seconds and starts no new write."""
    names = _names(30)
    for name in names:
        ses.verify(REGION, name)
        ses.put(REGION, name, f"bounce.{name}")
    server.delete("example.com").result()
    deletes = []
    if busy:
        ses.rate = 1.0
        deletes = [server.delete(name) for name in names]
        assert ses.journal.wait_for(lambda journal: journal.count(SET, "OK") >= 2, 20)
    assert engine.connected.wait(20)
    before = ses.journal.count(SET)
    engine.end()
    assert 1 == server.process.wait(2)
    assert ses.journal.count(SET) <= before + 1
    for delete in deletes:
        delete.exception()


def test_check_identifies_its_resource(server: Server) -> None:
    """Two resources of one identity can contradict each other, but a resource never contradicts itself."""
    inputs = {"identity": "example.com", "mail_from_domain": "bounce.example.com", "region": REGION}
    other = {**inputs, "behavior_on_mx_failure": "RejectMessage"}
    checked, failures = server.check("a", inputs)
    assert ([], "UseDefaultValue") == (failures, checked["behavior_on_mx_failure"])
    assert [] == server.check("b", inputs)[1]
    (reason,) = server.check("b", other)[1]
    assert reason.startswith("'RejectMessage' is declared here, and 'UseDefaultValue' by another resource")
    assert [] == server.check("b", inputs)[1]
    elsewhere = {**inputs, "identity": "example.org", "mail_from_domain": "bounce.example.org"}
    assert [] == server.check("a", elsewhere, checked)[1]
    assert [] == server.check("b", other)[1]
    assert [] == server.check("a", {**elsewhere, "behavior_on_mx_failure": "RejectMessage"})[1]


def test_regions_of_resources(server: Server) -> None:
    """A resource that is replaced keeps its region, and a new one uses the region of the environment."""
    news = {"identity": "example.com", "mail_from_domain": "bounce.example.com"}
    olds = {**STATE, "region": "us-west-2"}
    assert "us-west-2" == server.check("a", news, olds)[0]["region"]
    assert "eu-west-1" == server.check("b", news)[0]["region"]
    assert "us-west-2" == server.check("a", news)[0]["region"]


DIFFERENT = '''
import functools, importlib.util, threading, types
from pathlib import Path

__spec__ = types.SimpleNamespace(name="pulumi.dynamic.__main__")
source = Path(importlib.util.find_spec("pulumi.dynamic.__main__").origin).read_text()

class Pool:
    """Threads that are not those of concurrent.futures."""

    def __init__(self, max_workers):
        self._free = threading.Semaphore(max_workers)

    def submit(self, work, *arguments):
        future = futures.Future()
        def run():
            with self._free:
                future.set_result(work(*arguments))
        threading.Thread(target=run, daemon=True).start()
        return future

cancel = "Cancel = functools.partial(lambda *_: empty_pb2.Empty())\\n    "
source = source.replace("def Cancel(", cancel + "def Stop(")
source = source.replace("futures.ThreadPoolExecutor(", "Pool(")
source = source.replace("self, request, context", "self, asked, context").replace("request.", "asked.")
exec(compile(source, "different", "exec"), globals())
'''


@pytest.fixture
def different(engine: Engine, ses: SesStandIn, tmp_path: Path) -> Iterator[Server]:
    """The server of an SDK that differs in all parts that this package relies on."""
    program = tmp_path / "server.py"
    program.write_text(DIFFERENT)
    with _served(engine, ses, [str(program)]) as server:
        yield server


def test_a_different_sdk(different: Server, ses: SesStandIn) -> None:
    """With a different SDK, one line says what does not work, and every operation works."""
    for name in _names(6):
        ses.verify(REGION, name)
    inputs = {"identity": "example.com", "mail_from_domain": "bounce.example.com", "region": REGION}
    checked, failures = different.check("a", inputs)
    assert ([], "UseDefaultValue") == (failures, checked["behavior_on_mx_failure"])
    assert (1, []) == (len(different.check("b", {**inputs, "mail_from_domain": "b.example.com"})[1]), failures)
    for create in [different.create(name) for name in _names(6)]:
        assert create.result().id
    assert [f"bounce.{name}" for name in _names(6)] == [
        getattr(ses.mail_from(REGION, name), "domain", None) for name in _names(6)
    ]
    for delete in [different.delete(name) for name in _names(6)]:
        delete.result()
    assert [None] * 6 == [ses.mail_from(REGION, name) for name in _names(6)]
    different.cancel()
    different.close()
    (line,) = different.lines
    assert UNKNOWN_SDK in line
    assert "a wait does not end with ^C; at most four operations run at a time" in line
    assert line.endswith("Everything else works.\n")


def test_a_different_sdk_without_urns(different: Server) -> None:
    """With a different SDK, the line also says that resources are not identified by their URNs."""
    different.check("a", {"identity": "example.com", "mail_from_domain": "bounce.example.com", "region": REGION})
    different.close()
    (line,) = different.lines
    assert "resources are identified by the order of calls" in line
