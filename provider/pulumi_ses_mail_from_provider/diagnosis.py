"""What is wrong with the DNS of a MAIL FROM domain: a pure function over DNS answers.

Nothing here looks anything up; `resolver` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


class Outcome(str, Enum):
    """How a question to DNS ended."""

    RECORDS = "records"
    NO_RECORDS = "no records of this type"
    """The name exists, with other types."""
    NO_NAME = "NXDOMAIN"
    FAILED = "SERVFAIL"
    REFUSED = "REFUSED"
    """The name server serves no such zone and does not ask others."""
    LOOP = "CNAME loop"
    TIMEOUT = "no answer in time"
    NOT_ASKED = "there is nobody to ask"


@dataclass(frozen=True)
class Answer:
    """What DNS answered to one question."""

    outcome: Outcome
    values: tuple[str, ...] = ()
    """Without trailing dots: of an MX record "10 host", of a TXT record its text, unquoted, of others what follows."""
    zone: str = ""
    """Where the answer is "no": the zone that says so, "." for the root; empty where the answer does not tell."""
    detail: str = ""
    """What else there is to say, for a person."""


Question = tuple[str, str]
"""A name, without trailing dot, and a type: ("bounce.example.com", "MX")."""

Answers = Mapping[Question, Answer]


class Severity(str, Enum):
    """What a finding means."""

    ERROR = "error"
    WARNING = "warning"
    UNKNOWN = "unknown"
    """It could not be looked up: no verdict."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and what to do about it. All text is printable."""

    code: str
    severity: Severity
    sentence: str
    seen: tuple[str, ...] = ()
    """What DNS answered, as the text of a zone file."""
    expected: str = ""
    """The record that should be there, as such text."""
    record: Mapping[str, Any] | None = None
    """The same, as `records.records_of` gives it; None where none is to be published."""


FINDINGS: Final[Mapping[str, Severity]] = {}
"""Every code that there is."""


def diagnose(mail_from_domain: str, region: str, answers: Answers) -> tuple[Finding, ...]:
    """All that is wrong, errors first; nothing where DNS is as it should be."""
    del mail_from_domain, region, answers
    return ()
