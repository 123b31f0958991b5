from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_ses_mail_from_provider.dns.queries import Answer, Outcome
from pulumi_ses_mail_from_provider.dns.zone_file import answer_lines, record_columns, record_line
from pulumi_ses_mail_from_provider.rules.records import records_of

NAME = "bounce.example.com"


def test_records() -> None:
    """Host names end with a dot, and the text of a TXT record is quoted."""
    mx, txt = records_of(NAME, "us-east-1")
    host = "10 feedback-smtp.us-east-1.amazonses.com."
    assert (f"{NAME}.", "300", "MX", host) == record_columns(mx)
    assert (f"{NAME}.", "300", "TXT", '"v=spf1 include:amazonses.com ~all"') == record_columns(txt)
    assert f"{NAME}. 300 IN MX {host}" == record_line(mx)


def test_texts_are_escaped() -> None:
    """Quotation marks and backslashes are escaped, in records as in answers."""
    record: dict[str, Any] = {"name": NAME, "type": "TXT", "ttl": 300, "value": 'a " b \\', "record": 'a " b \\'}
    text = r'"a \" b \\"'
    assert f"{NAME}. 300 IN TXT {text}" == record_line(record)
    assert (f"{NAME}. IN TXT {text}",) == answer_lines((NAME, "TXT"), Answer(Outcome.RECORDS, (record["value"],)))


@pytest.mark.parametrize(
    ("kind", "value", "line"),
    [
        ("MX", "10 mail.example.com", "10 mail.example.com."),
        ("MX", "0 .", "0 ."),
        ("CNAME", "mail.example.com", "mail.example.com."),
        ("A", "192.0.2.1", "192.0.2.1"),
    ],
)
def test_answers(kind: str, value: str, line: str) -> None:
    """Each record is one line."""
    assert (f"{NAME}. IN {kind} {line}",) == answer_lines((NAME, kind), Answer(Outcome.RECORDS, (value,)))


def test_answers_without_records() -> None:
    """A comment has the outcome, and its detail if there is one."""
    timeout, refused = Answer(Outcome.TIMEOUT), Answer(Outcome.REFUSED, detail="delegated to ns.example.")
    assert (f"; {NAME}. IN MX: no answer in time",) == answer_lines((NAME, "MX"), timeout)
    assert (f"; {NAME}. IN MX: REFUSED (delegated to ns.example.)",) == answer_lines((NAME, "MX"), refused)


def test_many_records() -> None:
    """Only the first records are shown, with the number of those that are not."""
    lines = answer_lines((NAME, "A"), Answer(Outcome.RECORDS, tuple(f"192.0.2.{number}" for number in range(20))))
    assert 9 == len(lines)
    assert "; and 12 more" == lines[-1]


@given(st.text(), st.sampled_from(["MX", "TXT", "A"]), st.text(), st.text())
def test_any_text(name: str, kind: str, value: str, detail: str) -> None:
    """Every line is printable and of limited length."""
    record = {"name": name, "type": kind, "ttl": 300, "value": value, "record": value}
    for values in ((value,), ()):
        for line in (*answer_lines((name, kind), Answer(Outcome.RECORDS, values, detail=detail)), record_line(record)):
            assert line.isprintable()
            assert len(line) < 1000
