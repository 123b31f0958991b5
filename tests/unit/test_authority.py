"""Published, or not seen yet: answers of a resolver and of the zone's own name servers in, findings out."""

from __future__ import annotations

import pytest

from pulumi_ses_mail_from_provider.dns.diagnosis import diagnose
from pulumi_ses_mail_from_provider.dns.queries import Answer, Outcome
from pulumi_ses_mail_from_provider.rules.records import SPF

NAME, REGION = "bounce.example.com", "us-east-1"
MX, TXT = (NAME, "MX"), (NAME, "TXT")
GOOD = Answer(Outcome.RECORDS, (f"10 feedback-smtp.{REGION}.amazonses.com",))
BAD = Answer(Outcome.RECORDS, ("10 mail.example.net",))
NONE = Answer(Outcome.NO_RECORDS, zone="example.com", ttl=900)
LAME, SILENT = Answer(Outcome.REFUSED), Answer(Outcome.TIMEOUT)


@pytest.mark.parametrize(
    ("first", "second", "codes"),
    [
        (GOOD, GOOD, ["zone-not-seen"]),
        (BAD, BAD, ["mx-other-host", "zone-not-seen"]),
        (NONE, NONE, ["mx-missing"]),
        (GOOD, NONE, ["mx-missing", "zone-servers-disagree"]),
        (GOOD, BAD, ["zone-servers-disagree", "zone-not-seen"]),
        (GOOD, LAME, ["zone-not-seen", "zone-server-failing"]),
        (NONE, SILENT, ["mx-missing", "zone-server-failing"]),
        (LAME, SILENT, ["mx-missing"]),
    ],
)
def test_findings(first: Answer, second: Answer, codes: list[str]) -> None:
    """Records that all answering name servers have count as published."""
    answers = {MX: NONE, TXT: Answer(Outcome.RECORDS, (SPF,))}
    findings = diagnose(NAME, REGION, answers, servers={MX: {"ns1.example.com": first, "ns2.example.com": second}})
    assert codes == [finding.code for finding in findings]


def test_sentences() -> None:
    """They have how long to wait, and each name server with what it has."""
    answers = {MX: NONE, TXT: NONE}
    servers = {
        MX: {"ns1.example.com": GOOD, "ns2.example.com": SILENT},
        TXT: {"ns1.example.com": Answer(Outcome.RECORDS, (SPF,)), "ns2.example.com": NONE},
    }
    texts = " ".join(finding.sentence for finding in diagnose(NAME, REGION, answers, servers=servers))
    assert "resolvers remember for 15m at most that there was none" in texts
    assert f"(ns1.example.com has TXT {SPF}; ns2.example.com has TXT no record)" in texts
    assert "such as ns2.example.com (no answer in time)" in texts
