"""SPF records with what they refer to: records in, findings out."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_ses_mail_from_provider.dns.diagnosis import diagnose
from pulumi_ses_mail_from_provider.dns.queries import Answer, Outcome
from pulumi_ses_mail_from_provider.dns.spf_tree import SpfTree

NAME, REGION = "bounce.example.com", "us-east-1"
SES = "v=spf1 ip4:199.255.192.0/22 ip4:54.240.0.0/18 -all"
NINE = " ".join(f"include:{letter}.example" for letter in "abcdefghi")
LEAVES = {f"{letter}.example": "v=spf1 ip4:192.0.2.1 -all" for letter in "abcdefghij"}


def _answers(record: str, others: Mapping[str, str | Outcome]) -> dict[tuple[str, str], Answer]:
    answers = {
        (NAME, "MX"): Answer(Outcome.RECORDS, (f"10 feedback-smtp.{REGION}.amazonses.com",)),
        (NAME, "TXT"): Answer(Outcome.RECORDS, (record,)),
    }
    for name, text in {"amazonses.com": SES, **others}.items():
        found = Answer(text) if isinstance(text, Outcome) else Answer(Outcome.RECORDS, tuple(text.split("|")))
        answers[name, "TXT"] = found
    # As the resolver, but all other names do not exist.
    while missing := SpfTree(NAME, answers).missing:
        answers |= dict.fromkeys(missing, Answer(Outcome.NO_NAME))
    return answers


def _codes(record: str, others: Mapping[str, str | Outcome]) -> list[str]:
    return [finding.code for finding in diagnose(NAME, REGION, _answers(record, others))]


A, B = "a.example", "b.example"


@pytest.mark.parametrize(
    ("record", "others", "codes"),
    [
        ("v=spf1 include:amazonses.com ~all", {}, []),
        ("v=spf1 include:amazonses.com ~all", {"amazonses.com": Outcome.REFUSED}, []),
        ("v=spf1 include:a.example ~all", {A: "v=spf1 include:amazonses.com -all"}, []),
        ("v=spf1 redirect=a.example", {A: "v=spf1 include:amazonses.com -all"}, []),
        ("v=spf1 include:A.Example. ~all", {A: f"v=spf1 redirect={B}", B: "v=spf1 redirect=amazonses.com"}, []),
        ("v=spf1 include:a.example ~all", {A: "v=spf1 -all"}, ["spf-no-include"]),
        ("v=spf1 include:a.example ~all", {A: "v=spf1 -all include:amazonses.com"}, ["spf-no-include"]),
        ("v=spf1 include:amazonses.com.a.example ~all", {}, ["spf-include-missing"]),
        ("v=spf1 include:amazonses.com include:a.example -all", {A: Outcome.NO_RECORDS}, ["spf-include-missing"]),
        ("v=spf1 include:amazonses.com include:a.example -all", {A: "v=spf1 ipv4:1"}, ["spf-include-invalid"]),
        ("v=spf1 include:amazonses.com include:a.example -all", {A: "v=spf1|v=spf1"}, ["spf-include-invalid"]),
        ("v=spf1 include:a.example -all", {A: Outcome.TIMEOUT}, ["spf-include-lookup-failed"]),
        ("v=spf1 include:amazonses.com include:a.example -all", {A: Outcome.TIMEOUT}, []),
        ("v=spf1 include:%{d}.example -all", {}, ["spf-indirect"]),
        ("v=spf1 include:amazonses.com include:%{d}.example -all", {}, []),
        (f"v=spf1 include:amazonses.com {NINE} -all", LEAVES, []),
        (f"v=spf1 include:amazonses.com {NINE} include:j.example -all", LEAVES, ["spf-lookups"]),
        (f"v=spf1 {NINE} include:amazonses.com a -all", LEAVES, ["spf-lookups"]),
        (f"v=spf1 include:amazonses.com {NINE} ~all", {**LEAVES, A: "v=spf1 ptr -all"}, ["spf-lookups"]),
        (f"v=spf1 include:amazonses.com -all {NINE} include:j.example", {}, []),
        ("v=spf1 include:amazonses.com a a:b.example a:c.example -all", {}, ["spf-void-lookups"]),
        ("v=spf1 include:amazonses.com a mx -all", {}, []),
        ("v=spf1 include:amazonses.com include:bounce.example.com -all", {}, ["spf-loop"]),
        ("v=spf1 include:a.example", {A: f"v=spf1 include:{B}", B: "v=spf1 redirect=a.example"}, ["spf-loop"]),
        ("v=spf1 -ip4:199.255.192.0/24 include:amazonses.com -all", {}, ["spf-ses-refused"]),
        ("v=spf1 include:amazonses.com -ip4:199.255.192.0/24 -all", {}, []),
        ("v=spf1 ip4:199.255.192.0/22 include:amazonses.com -all", {}, []),
        ("v=spf1 -include:a.example include:amazonses.com", {A: "v=spf1 ip4:54.240.0.0/16"}, ["spf-ses-refused"]),
        ("v=spf1 include:amazonses.com +all", {}, ["spf-all-pass"]),
        ("v=spf1 include:amazonses.com include:a.example -all", {A: "v=spf1 all"}, ["spf-all-pass"]),
        ("v=spf1 include:amazonses.com ?all", {}, ["spf-all-neutral"]),
    ],
)  # fmt: skip
def test_findings(record: str, others: Mapping[str, str | Outcome], codes: list[str]) -> None:
    """The whole tree counts. amazonses.com itself is taken as correct."""
    assert codes == _codes(record, others)


def test_where() -> None:
    """A problem in a record below names that record, and shows it."""
    (finding,) = diagnose(
        NAME, REGION, _answers("v=spf1 include:amazonses.com include:a.example ~all", {A: "v=spf1 ipv4:1 -all"})
    )
    assert "refers to a.example, whose SPF record is not valid (ipv4:1)" in finding.sentence
    assert 'a.example. IN TXT "v=spf1 ipv4:1 -all"' in finding.seen


def test_the_picture_of_the_tree() -> None:
    """One line for each record, with the lookups at and below it."""
    answers = _answers("v=spf1 include:a.example include:amazonses.com -all", {A: "v=spf1 a mx -all"})
    assert [
        "bounce.example.com (4 lookups): v=spf1 include:a.example include:amazonses.com -all",
        "  include:a.example (2 lookups): v=spf1 a mx -all",
        "  include:amazonses.com (0 lookups): v=spf1 ip4:199.255.192.0/22 ip4:54.240.0.0/18 -all",
    ] == list(SpfTree(NAME, answers).root.lines())


TERMS = st.sampled_from(
    ["include:a.example", "redirect=b.example", "a", "mx", "ptr", "exists:%{i}.a.example", "include:amazonses.com",
     "-all", "+all", "?all", "include:%{l}.b.example", "a:b.example/24", "x:y", "include:bounce.example.com"]
)  # fmt: skip
RECORDS = st.lists(TERMS, max_size=12).map(lambda terms: " ".join(["v=spf1", *terms])) | st.text()


@given(RECORDS, RECORDS, RECORDS)
def test_any_records(record: str, first: str, second: str) -> None:
    """Any records come to an end, with few questions."""
    answers = _answers(f"v=spf1 {record}", {A: first, "b.example": second})
    assert len(answers) < 100
    diagnose(NAME, REGION, answers)
