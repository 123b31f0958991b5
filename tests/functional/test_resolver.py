from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import dns.resolver
import dnslib
import pytest
from dnslib import CLASS, QTYPE, RCODE, RR, SOA, TXT, DNSLabel

from pulumi_ses_mail_from_provider.dns.diagnosis import Finding, Severity
from pulumi_ses_mail_from_provider.dns.resolver import Resolver
from pulumi_ses_mail_from_provider.rules.errors import InvalidInput
from pulumi_ses_mail_from_provider.rules.records import SPF, records_of
from support.name_server import KNOT, NameServer, ScriptedNameServer, zone_text

NAME, REGION = "bounce.example.com", "us-east-1"
HOST = "feedback-smtp.us-east-1.amazonses.com."
MX, TEXT = f"bounce MX 10 {HOST}", f'bounce TXT "{SPF}"'
SHORT = 0.3

CASES: Final[list[tuple[list[str], list[str]]]] = [
    ([MX, TEXT], []),
    ([MX, 'bounce TXT "v=spf1 include:amazon" "ses.com ~all"', 'bounce TXT "other"'], []),
    ([f"bounce MX 0 {HOST.upper()}", 'bounce TXT "V=SPF1 Include:AmazonSES.com -all"'], []),
    ([], ["name-missing", "spf-missing"]),
    (["x.bounce A 192.0.2.1"], ["mx-missing", "spf-missing"]),
    (["* A 192.0.2.1"], ["mx-missing", "spf-missing", "address"]),
    ([MX, TEXT, "bounce MX 20 mail"], ["mx-several"]),
    (["bounce MX 0 .", TEXT], ["mx-null"]),
    ([f"bounce MX 10 {HOST[:-1]}", TEXT], ["mx-target-doubled"]),
    (["bounce MX 10 email-smtp.us-east-1.amazonaws.com.", TEXT], ["mx-smtp-endpoint"]),
    (["bounce MX 10 feedback-smtp.eu-west-1.amazonses.com.", TEXT], ["mx-other-region"]),
    (["* MX 10 mail", TEXT.replace("bounce", "*")], ["mx-other-host"]),
    (["bounce CNAME mail", "mail A 192.0.2.1"], ["cname"]),
    (["bounce CNAME nowhere"], ["cname"]),
    (["bounce CNAME a", "a CNAME b", "b CNAME bounce"], ["cname"]),
    (["bounce CNAME b", MX.replace("bounce", "b"), TEXT.replace("bounce", "b")], ["cname-followed"]),
    (["bounce NS ns.elsewhere.example."], ["lookup-refused"]),
    ([f"@ MX 10 {HOST}", TEXT], ["mx-label-missing"]),
    ([MX, TEXT, 'bounce TXT "v=spf1 mx -all"'], ["spf-several"]),
    ([MX, r'bounce TXT "\"v=spf1 include:amazonses.com ~all\""'], ["spf-quoted"]),
    ([MX, 'bounce TXT "v=spf1 include:amazonses.com" "~all"'], ["spf-syntax"]),
    ([MX, TEXT, "bounce A 192.0.2.1", "bounce AAAA 2001:db8::1"], ["address"]),
    ([f"bounce.{MX}", f"bounce.{TEXT}"], ["mx-wrong-name", "spf-wrong-name"]),
]  # fmt: skip
"""The records of a zone, and the findings for the name "bounce" in it."""

needs_knot = pytest.mark.skipif(KNOT is None, reason="Knot DNS is not installed (on Debian: apt-get install knot)")


@pytest.fixture(autouse=True)
def _no_real_sleep() -> None:
    """Replaces the fixture of this folder, because dnspython sleeps briefly between attempts."""


@pytest.fixture(scope="module")
def name_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NameServer]:
    """A real name server with a zone for each case, and with example.com, which tests replace."""
    zones = {f"{number}.example": zone_text(*case) for number, (case, _) in enumerate(CASES)}
    with NameServer({"example.com": zone_text(), **zones}, tmp_path_factory.mktemp("knot")) as server:
        yield server


def _codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


@needs_knot
@pytest.mark.parametrize("number", range(len(CASES)))
def test_zone_files(name_server: NameServer, number: int) -> None:
    """The answers of a real name server to its zone file lead to the right findings."""
    findings = Resolver([name_server.address]).diagnose(f"bounce.{number}.example", REGION)
    assert CASES[number][1] == _codes(findings)


@needs_knot
def test_a_doubled_zone(name_server: NameServer) -> None:
    """Records under a doubled zone name are found, and the sentence has both names."""
    doubled = [MX.replace("bounce", "bounce.example.com"), TEXT.replace("bounce", "bounce.example.com")]
    name_server.replace("example.com", zone_text(*doubled))
    mx, spf = Resolver([name_server.address]).diagnose(NAME, REGION)
    assert ["mx-name-doubled", "spf-wrong-name"] == [mx.code, spf.code]
    assert "at bounce.example.com.example.com instead of bounce.example.com:" in mx.sentence


@needs_knot
def test_what_is_seen(name_server: NameServer) -> None:
    """A finding has the records that were seen, and the one to publish."""
    name_server.replace("example.com", zone_text("bounce MX 5 Mail", TEXT))
    (finding,) = Resolver([name_server.address]).diagnose(NAME, REGION)
    assert ("bounce.example.com. IN MX 5 mail.example.com.",) == finding.seen
    assert records_of(NAME, REGION)[0] == finding.record


@needs_knot
def test_a_zone_that_is_not_served(name_server: NameServer) -> None:
    """A name server that is not authoritative for the zone refuses, so there is no verdict."""
    (finding,) = Resolver([name_server.address]).diagnose("bounce.example.org", REGION)
    assert ("lookup-refused", Severity.UNKNOWN) == (finding.code, finding.severity)


@needs_knot
def test_threads(name_server: NameServer) -> None:
    """Threads share one resolver."""
    name_server.replace("example.com", zone_text(MX, TEXT))
    resolver = Resolver([name_server.address])
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda name: _codes(resolver.diagnose(name, REGION)), [NAME, "x.example.com"] * 10))
    assert [[], ["name-missing", "spf-missing"]] * 10 == found


def _rcode(code: str) -> Callable[[Any, str], Any]:
    def answer(question: Any, protocol: str) -> Any:
        reply = question.reply()
        reply.header.rcode = getattr(RCODE, code)
        return reply

    return answer


def _nothing(question: Any, protocol: str) -> Any:
    return None


def _loop(question: Any, protocol: str) -> Any:
    reply = question.reply()
    reply.add_answer(*RR.fromZone("bounce.example.com. CNAME x.example.com.\nx.example.com. CNAME bounce.example.com."))
    return reply


def _com_only(question: Any, protocol: str) -> Any:
    if str(question.q.qname) == "com.":
        reply = question.reply()
        reply.add_answer(*RR.fromZone("com. SOA a.gtld-servers.net. nstld.verisign-grs.com. 1 2 3 4 5"))
        return reply
    return _rcode("SERVFAIL")(question, protocol)


def _not_registered(question: Any, protocol: str) -> Any:
    reply = _rcode("NXDOMAIN")(question, protocol)
    reply.add_auth(RR("com", QTYPE.SOA, CLASS.IN, 300, SOA("a.gtld-servers.net", "x.example", (1, 2, 3, 4, 5))))
    return reply


def _garbage(question: Any, protocol: str) -> Any:
    class Garbage:
        def pack(self) -> bytes:
            return bytes(question.pack())[:12] + b"\xff" * 40

    return Garbage()


@pytest.mark.parametrize(
    ("script", "codes"),
    [
        (_rcode("SERVFAIL"), ["lookup-failed"]),
        (_rcode("REFUSED"), ["lookup-refused"]),
        (_rcode("NOTAUTH"), ["lookup-refused"]),
        (_rcode("FORMERR"), ["lookup-failed"]),
        (_rcode("NXDOMAIN"), ["name-missing", "spf-missing"]),
        (_rcode("NOERROR"), ["mx-missing", "spf-missing"]),
        (_nothing, ["lookup-timeout"]),
        (_loop, ["cname"]),
        (_com_only, ["zone-failing"]),
        (_not_registered, ["zone-missing"]),
        (_garbage, ["lookup-timeout"]),
    ],
)  # fmt: skip
def test_scripted_answers(script: Callable[[Any, str], Any], codes: list[str]) -> None:
    """Any behavior of a name server becomes a finding within the lifetime."""
    with ScriptedNameServer(script) as server:
        started = time.monotonic()
        findings = Resolver([server.address], lifetime=SHORT).diagnose(NAME, REGION)
        assert time.monotonic() - started < 2 * SHORT + 2
    assert codes == _codes(findings)


def test_truncated_answers_are_queried_again_over_tcp() -> None:
    """A TXT answer that does not fit into a datagram is read completely."""

    def script(question: Any, protocol: str) -> Any:
        reply = question.reply()
        if question.q.qtype == QTYPE.MX:
            reply.add_answer(*RR.fromZone(f"{NAME}. MX 10 {HOST}"))
        if question.q.qtype == QTYPE.TXT and protocol == "udp":
            reply.header.tc = 1
        elif question.q.qtype == QTYPE.TXT:
            texts = [SPF, *(letter * 200 for letter in "abcdefghijkl")]
            reply.add_answer(*(RR(NAME, QTYPE.TXT, CLASS.IN, 300, TXT(text)) for text in texts))
        return reply

    with ScriptedNameServer(script) as server:
        assert () == Resolver([server.address]).diagnose(NAME, REGION)
        assert (NAME, "TXT", "tcp") in server.asked


def test_the_next_name_server_is_queried() -> None:
    """If a name server fails, the next one is queried."""

    def right(question: Any, protocol: str) -> Any:
        reply = question.reply()
        records = RR.fromZone(f'{NAME}. MX 10 {HOST}\n{NAME}. TXT "{SPF}"')
        reply.add_answer(*(record for record in records if record.rtype == question.q.qtype))
        return reply

    with ScriptedNameServer(_rcode("SERVFAIL")) as failing, ScriptedNameServer(right) as server:
        assert () == Resolver([failing.address, server.address]).diagnose(NAME, REGION)
        assert failing.asked


def _always_truncated(question: Any, protocol: str) -> Any:
    reply = question.reply()
    reply.header.tc = 1
    return reply


def _hostile(question: Any, protocol: str) -> Any:
    reply = question.reply()
    label = DNSLabel([b"\x1b[2J", b"\xff. \\", b"x" * 63])
    rdata = {QTYPE.MX: dnslib.MX(label, 10), QTYPE.TXT: TXT([b"v=spf1 \x1b[2J\n", b"\xff" * 255])}
    if question.q.qtype in rdata:
        reply.add_answer(RR(NAME, question.q.qtype, CLASS.IN, 300, rdata[question.q.qtype]))
    return reply


@pytest.mark.parametrize("script", [_always_truncated, _hostile, _garbage])
def test_broken_and_hostile_answers(script: Callable[[Any, str], Any]) -> None:
    """Malformed and malicious answers become findings with printable text."""
    with ScriptedNameServer(script) as server:
        findings = Resolver([server.address], lifetime=SHORT).diagnose(NAME, REGION)
    assert findings
    assert all(text.isprintable() for finding in findings for text in (finding.sentence, *finding.seen))


def test_an_unreachable_network() -> None:
    """If nothing can be sent to the name server, the finding comes at once."""
    # The kernel refuses to send there, as it does without a route.
    (finding,) = Resolver(["255.255.255.255"], lifetime=SHORT).diagnose(NAME, REGION)
    assert "name-server-unreachable" == finding.code


def test_a_closed_port() -> None:
    """Without a name server there is no verdict, and the answer has the address that was queried."""
    with ScriptedNameServer(_nothing) as server:
        address = server.address
    (finding,) = Resolver([address], lifetime=SHORT).diagnose(NAME, REGION)
    assert Severity.UNKNOWN is finding.severity
    assert finding.code in ("name-server-unreachable", "lookup-timeout")
    assert address.replace(":", "@") in finding.seen[0]


def test_a_system_without_name_servers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A missing configuration of the system becomes a finding."""
    read: Any = dns.resolver.Resolver.read_resolv_conf
    missing = str(tmp_path / "resolv.conf")
    monkeypatch.setattr(dns.resolver.Resolver, "read_resolv_conf", lambda self, _: read(self, missing))
    (finding,) = Resolver().diagnose(NAME, REGION)
    assert ("name-server-unreachable", Severity.UNKNOWN) == (finding.code, finding.severity)
    assert "no name server is configured on this system: cannot open" in finding.seen[0]


@pytest.mark.parametrize(
    "name", ["", ".", "a..b", "x" * 64 + ".com", "x." * 130 + "com", "\\", "\\300.com", "b\u00fc\u202e.com"]
)
def test_names_that_are_not_valid_in_dns(name: str) -> None:
    """Such a name raises no exception."""
    with ScriptedNameServer(_rcode("REFUSED")) as server:
        for finding in Resolver([server.address], lifetime=SHORT).diagnose(name, REGION):
            assert Severity.UNKNOWN is finding.severity


def test_a_host_name_of_a_name_server() -> None:
    """A name server may be given as a host name."""
    with ScriptedNameServer(_rcode("REFUSED")) as server:
        port = server.address.rpartition(":")[2]
        assert ["lookup-refused"] == _codes(Resolver([f"localhost:{port}"], lifetime=1).diagnose(NAME, REGION))


@pytest.mark.parametrize(
    ("text", "reason"),
    [("ns.invalid", "could not be resolved"), ("https://dns.example", "give HOST or HOST:PORT")],
)
def test_invalid_name_servers(text: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An invalid name server is refused at once with the reason."""

    def unknown(*_: object, **__: object) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    with pytest.raises(InvalidInput, match=reason):
        Resolver([text])


@pytest.mark.parametrize("has_second", [True, False])
def test_published_but_not_seen_yet(has_second: bool) -> None:  # noqa: FBT001 - a table
    """If the resolver has no record, the zone's own name servers are queried, without recursion."""

    def script(question: Any, protocol: str) -> Any:
        reply, kind = question.reply(), question.q.qtype
        if not question.header.rd:
            records = RR.fromZone(f'{NAME}. MX 10 {HOST}\n{NAME}. TXT "{SPF}"')
            reply.add_answer(*(record for record in records if record.rtype == kind))
        elif kind == QTYPE.NS:
            reply.add_answer(*RR.fromZone("example.com. NS ns1.example.com.\nexample.com. NS ns2.example.com."))
        elif kind == QTYPE.A and str(question.q.qname).startswith("ns1"):
            reply.add_answer(*RR.fromZone("ns1.example.com. A 127.0.0.1"))
        elif kind == QTYPE.A and str(question.q.qname).startswith("ns2"):
            reply.add_answer(*RR.fromZone(f"ns2.example.com. A 127.0.0.{1 if has_second else 9}"))
        else:
            reply.header.rcode = RCODE.NXDOMAIN
            reply.add_auth(RR("example.com", QTYPE.SOA, CLASS.IN, 3600, SOA("ns1", "x", (1, 2, 3, 4, 1800))))
        return reply

    with ScriptedNameServer(script) as server:
        port = int(server.address.rpartition(":")[2])
        findings = Resolver([server.address], lifetime=SHORT, port=port).diagnose(NAME, REGION)
    assert ["zone-not-seen", "zone-not-seen", *([] if has_second else ["zone-server-failing"])] == _codes(findings)
    assert "resolvers remember for 30m at most" in findings[0].sentence
    assert has_second or "ns2.example.com (" in findings[2].sentence


def test_the_limits_of_a_diagnosis() -> None:
    """However much DNS refers to, and however slowly it answers, a diagnosis has 40 queries and twice the lifetime."""

    def endless(question: Any, protocol: str) -> Any:
        name, kind = str(question.q.qname).rstrip("."), question.q.qtype
        reply = question.reply()
        if kind == QTYPE.TXT and name == NAME:
            reply.add_answer(RR(NAME, QTYPE.TXT, CLASS.IN, 300, TXT("v=spf1 include:a.x.example include:b.x.example")))
        elif kind == QTYPE.TXT:
            time.sleep(0.1)
            terms = " ".join(f"include:{letter}.{name}" for letter in "abcd")
            reply.add_answer(RR(name, QTYPE.TXT, CLASS.IN, 300, TXT(f"v=spf1 {terms}")))
        elif kind == QTYPE.NS:
            reply.add_answer(*(RR.fromZone(f"example.com. NS ns{number}.example.com.")[0] for number in range(9)))
        elif kind == QTYPE.A and name.startswith("ns"):
            reply.add_answer(*RR.fromZone(f"{name}. A 127.0.0.1"))
        else:
            reply.header.rcode = RCODE.NXDOMAIN
            reply.add_auth(RR("example.com", QTYPE.SOA, CLASS.IN, 3600, SOA("ns1", "x", (1, 2, 3, 4, 1800))))
        return reply

    with ScriptedNameServer(endless) as server:
        port = int(server.address.rpartition(":")[2])
        started = time.monotonic()
        Resolver([server.address], lifetime=1.0, port=port).diagnose(NAME, REGION, "example.com")
        assert time.monotonic() - started < 3
        assert 30 < len(server.asked) <= 40
