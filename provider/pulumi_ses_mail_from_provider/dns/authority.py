"""What the zone's own name servers have, where a resolver has no record: published but not seen yet, or missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pulumi_ses_mail_from_provider.rules import durations

from .queries import NEGATIVE, Answer, Answers, Outcome, Question, answer_to

Servers = Mapping[Question, Mapping[str, Answer]]
"""The answer of each of the zone's name servers, by host name, for each question."""


@dataclass(frozen=True)
class Difference:
    """What is special about the answers of the zone's name servers.

    Attributes:
        code: The code of the finding.
        question: The question.
        detail: The name servers that the finding names, or how long to wait.
    """

    code: str
    question: Question
    detail: str


def unseen(answers: Answers, servers: Servers) -> dict[Question, Answer]:
    """The records that all name servers of the zone have, and the resolver has not."""
    found = {}
    for question, by_host in servers.items():
        answering = [answer for answer in by_host.values() if _answers(answer)]
        if not answer_to(question, answers).values and answering and all(answer.values for answer in answering):
            found[question] = answering[0]
    return found


def differences(answers: Answers, servers: Servers) -> Iterator[Difference]:
    """Yield what the zone's name servers do not agree on, with each other or with the resolver.

    Args:
        answers: The answers of the resolver.
        servers: The answers of the zone's name servers.
    """
    failing: dict[str, str] = {}
    for question in unseen(answers, servers):
        seconds = answer_to(question, answers).ttl
        yield Difference("zone-not-seen", question, f"{durations.words(seconds)} at most" if seconds else "a while")
    for question, by_host in servers.items():
        answering = {host: answer for host, answer in by_host.items() if _answers(answer)}
        if len({frozenset(answer.values) for answer in answering.values()}) > 1:
            kind = question[1]
            listed = (
                f"{host} has {kind} {', '.join(answer.values) or 'no record'}" for host, answer in answering.items()
            )
            yield Difference("zone-servers-disagree", question, "; ".join(listed))
        if answering:
            failing |= {host: answer.outcome.value for host, answer in by_host.items() if not _answers(answer)}
    if failing:
        listed = (f"{host} ({outcome})" for host, outcome in failing.items())
        yield Difference("zone-server-failing", next(iter(servers)), ", ".join(listed))


def _answers(answer: Answer) -> bool:
    return answer.outcome in NEGATIVE | {Outcome.RECORDS}
