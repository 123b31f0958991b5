"""The report of `make live`, to paste into an issue: without account IDs, credentials and names of the user."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from pulumi_ses_mail_from_provider.rules.names import domain_of

Row = tuple[str, ...]

_MASKS: Final = (
    (re.compile(r"arn:aws[\w-]*:\S+"), "arn:***"),
    (re.compile(r"(?<!\d)\d{12}(?!\d)"), "<account>"),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<request id>"),
    (re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{12,}\b"), "<access key>"),
)


@dataclass
class Report:
    """What was found out.

    Attributes:
        title: The heading.
        answers: A question and its answer.
        errors: A request, then the code, the HTTP status and the text of the error.
        readings: What was done before, the seconds since then, and what a Get returned.
        life: An operation of this package, and its result.
        end: How the run ended.
    """

    title: str
    answers: list[Row] = field(default_factory=list)
    errors: list[Row] = field(default_factory=list)
    readings: list[Row] = field(default_factory=list)
    life: list[Row] = field(default_factory=list)
    end: list[str] = field(default_factory=list)

    def text(self, mask: Callable[[str], str]) -> str:
        """Return the report in Markdown.

        Args:
            mask: Removes what nobody else may read from a text.
        """
        parts = [
            f"# {self.title}",
            _table("Answers", ("question", "answer"), self.answers),
            _table("Errors", ("request", "code", "HTTP status", "text"), self.errors),
            _table("What Get returns", ("after", "seconds", "entry"), self.readings),
            _table("Life of a MailFromDomain", ("operation", "result"), self.life),
            "\n".join(f"- {line}" for line in self.end),
        ]
        return mask("\n\n".join(part for part in parts if part)) + "\n"


def masker(identity: str, secrets: Iterable[str]) -> Callable[[str], str]:
    """Return a function that masks account IDs, credentials, request IDs, and the names of an identity.

    Args:
        identity: The identity. Its domain becomes example.com, the local part of an address becomes "user".
        secrets: The parts of the credentials.
    """
    domain = domain_of(identity)
    names = [(identity, "user@example.com" if "@" in identity else "example.com"), (domain, "example.com")]

    def mask(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, "***")
        for pattern, replacement in _MASKS:
            text = pattern.sub(replacement, text)
        for name, replacement in names:
            text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", replacement, text, flags=re.IGNORECASE)
        return text

    return mask


def _table(title: str, head: Row, rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    lines = [head, ("---",) * len(head), *rows]
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in lines]
    return f"## {title}\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in cells)
