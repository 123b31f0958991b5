"""DNS records and answers as zone-file text (RFC 1035 section 5.1): printable, and of limited length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pulumi_ses_mail_from_provider.rules.names import printable

from .queries import NAME_LIMIT, Answer, Question

_SHOWN_RECORDS: Final = 8


def record_columns(record: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """The name, TTL, type and value of a record to publish.

    Args:
        record: A record in the form of `rules.records.records_of`.
    """
    kind = str(record["type"])
    return _owner(record["name"]), str(record["ttl"]), kind, _rdata(kind, record["record"])


def record_line(record: Mapping[str, Any]) -> str:
    """A record to publish, on one line: "name. 300 IN MX 10 host."."""
    name, ttl, kind, value = record_columns(record)
    return f"{name} {ttl} IN {kind} {value}"


def answer_lines(question: Question, answer: Answer) -> tuple[str, ...]:
    """The records of an answer, one on each line, or a comment that tells why there are none."""
    name, kind = question
    start = f"{_owner(name)} IN {kind}"
    if not answer.values:
        detail = f" ({printable(answer.detail)})" if answer.detail else ""
        return (f"; {start}: {answer.outcome.value}{detail}",)
    lines = [f"{start} {_rdata(kind, value)}" for value in answer.values[:_SHOWN_RECORDS]]
    omitted = len(answer.values) - len(lines)
    return (*lines, f"; and {omitted} more") if omitted else tuple(lines)


def _owner(name: str) -> str:
    return f"{printable(name, NAME_LIMIT).rstrip('.')}."


def _rdata(kind: str, value: str) -> str:
    if kind == "TXT":
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        value = f'"{escaped}"'
    elif kind in ("MX", "CNAME") and not value.endswith("."):
        value = f"{value}."
    return printable(value)
