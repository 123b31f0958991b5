"""DMARC alignment: records in, findings out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_ses_mail_from_provider.dns.diagnosis import diagnose
from pulumi_ses_mail_from_provider.dns.dmarc import dmarc_questions, policy_of
from pulumi_ses_mail_from_provider.dns.public_suffixes import is_public_suffix, organisational_domain
from pulumi_ses_mail_from_provider.dns.queries import Answer, Answers, Outcome, first_questions
from pulumi_ses_mail_from_provider.rules.records import SPF

HERE, ABOVE = ("_dmarc.mail.example.co.uk", "TXT"), ("_dmarc.example.co.uk", "TXT")
NONE = Answer(Outcome.NO_NAME)
NAME = "bounce.mail.example.co.uk"


def _found(*values: str) -> Answer:
    return Answer(Outcome.RECORDS, values)


@pytest.mark.parametrize(
    ("domain", "organisational", "public"),
    [
        ("example.com", "example.com", False),
        ("a.b.example.co.uk", "example.co.uk", False),
        ("co.uk", "co.uk", True),
        ("com", "com", True),
        ("shop.kobe.jp", "shop.kobe.jp", True),
        ("a.unheard-of", "a.unheard-of", False),
        ("", "", False),
    ],
)
def test_public_suffixes(domain: str, organisational: str, public: bool) -> None:  # noqa: FBT001 - a table
    """The list has wildcards, and any top-level domain that it does not have counts as a suffix."""
    assert (organisational, public) == (organisational_domain(domain), is_public_suffix(domain))


def test_questions() -> None:
    """The From domain comes first, then its organisational domain, unless they are the same."""
    assert [HERE, ABOVE] == dmarc_questions("mail.example.co.uk")
    assert [ABOVE] == dmarc_questions("example.co.uk")


@pytest.mark.parametrize(
    ("here", "above", "codes"),
    [
        (_found("v=DMARC1; p=none"), NONE, []),
        (_found("v=DMARC1; p=none; aspf=r"), _found("v=DMARC1; aspf=s"), []),
        (NONE, _found("v=DMARC1; p=reject"), []),
        (_found("v=DMARC1; p=none; adkim=s; aspf=x"), NONE, []),
        (_found("v=DMARC1; p=none; aspf=s"), NONE, ["dmarc-strict-spf"]),
        (_found("v=DMARC1;p=none;ASPF = S ;"), NONE, ["dmarc-strict-spf"]),
        (_found("v=DMARC1 ; aspf=s", "something else"), NONE, ["dmarc-strict-spf"]),
        (NONE, _found("v=DMARC1; p=none; aspf=s"), ["dmarc-strict-spf"]),
        (_found("v=dmarc1; aspf=s"), _found("v=DMARC1"), []),
        (_found("p=none; v=DMARC1"), NONE, ["dmarc-missing"]),
        (_found("v=DMARC10"), Answer(Outcome.NO_RECORDS), ["dmarc-missing"]),
        (Answer(Outcome.LOOP), NONE, ["dmarc-missing"]),
        (_found("v=DMARC1", "v=DMARC1; aspf=s"), NONE, ["dmarc-several"]),
        (Answer(Outcome.TIMEOUT), NONE, ["dmarc-lookup-failed"]),
        (NONE, Answer(Outcome.FAILED), ["dmarc-lookup-failed"]),
    ],
)
def test_findings(here: Answer, above: Answer, codes: list[str]) -> None:
    """The record of the From domain counts, or else that of the organisational domain."""
    answers = {
        (NAME, "MX"): _found("10 feedback-smtp.us-east-1.amazonses.com"),
        (NAME, "TXT"): _found(SPF),
        HERE: here,
        ABOVE: above,
    }
    findings = diagnose(NAME, "us-east-1", answers, "mail.example.co.uk")
    assert codes == [finding.code for finding in findings]
    assert all(finding.record is None and finding.seen for finding in findings)


def test_no_news() -> None:
    """If DNS fails altogether, one finding is enough. Without a From domain, DMARC is not checked."""
    questions = [*first_questions(NAME), *dmarc_questions("mail.example.co.uk")]
    silence = dict.fromkeys(questions, Answer(Outcome.TIMEOUT))
    assert ["lookup-timeout"] == [
        finding.code for finding in diagnose(NAME, "us-east-1", silence, "mail.example.co.uk")
    ]
    assert not any("dmarc" in finding.code for finding in diagnose(NAME, "us-east-1", {}))


@given(st.text(), st.lists(st.text() | st.text("v=DMARC1; aspfs,r ", max_size=30)))
def test_any_records(domain: str, texts: list[str]) -> None:
    """No text raises an exception."""
    answers: Answers = {question: _found(*texts) for question in dmarc_questions(domain)}
    assert policy_of(domain, answers).count <= len(texts)
