"""Whether SPF can align for DMARC (RFC 7489): the records in, a policy out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from .public_suffixes import organisational_domain
from .queries import NEGATIVE, Answer, Answers, Outcome, Question, answer_to

_VERSION: Final = re.compile(r"v[ \t]*=[ \t]*DMARC1[ \t]*(?:;.*)?", re.DOTALL)  # case-sensitive: section 6.4
_TAG: Final = re.compile(r"[ \t]*([a-z]+)[ \t]*=[ \t]*(.*?)[ \t]*", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Policy:
    """What receivers find for a From domain.

    Attributes:
        question: Where the record is, or where the last query was.
        count: The number of DMARC records there. Receivers use a record only if it is the only one.
        strict_spf: Whether only the From domain itself aligns as a MAIL FROM domain (aspf=s).
        failed: The answer of a query that failed, so that the policy is not known.
    """

    question: Question
    count: int = 0
    strict_spf: bool = False
    failed: Answer | None = None


def dmarc_questions(from_domain: str) -> list[Question]:
    """The questions for the DMARC record of a From domain, in the order in which receivers ask them."""
    domains = dict.fromkeys((from_domain, organisational_domain(from_domain)))
    return [(f"_dmarc.{domain}", "TXT") for domain in domains]


def policy_of(from_domain: str, answers: Answers) -> Policy:
    """The policy of a From domain: its own, or else that of its organisational domain (section 6.6.3).

    Args:
        from_domain: The domain of the From address.
        answers: The answers to `dmarc_questions`.
    """
    questions = dmarc_questions(from_domain)
    for question in questions:
        answer = answer_to(question, answers)
        if answer.outcome not in NEGATIVE | {Outcome.RECORDS, Outcome.LOOP}:
            return Policy(question, failed=answer)
        records = [text for text in answer.values if _VERSION.fullmatch(text)]
        if records:
            return Policy(question, len(records), _tags(records[0]).get("aspf", "r").lower() == "s")
    return Policy(questions[-1])


def _tags(text: str) -> dict[str, str]:
    found = (_TAG.fullmatch(part) for part in text.split(";"))
    return {tag[1].lower(): tag[2] for tag in found if tag}
