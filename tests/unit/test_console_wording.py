"""The sentences of the console tool."""

from __future__ import annotations

import pytest

from pulumi_ses_mail_from_provider.console.wording import REMEDIES, finding_sentence, worded
from pulumi_ses_mail_from_provider.dns.findings import Finding, Severity
from pulumi_ses_mail_from_provider.rules.errors import CallRefused, InvalidInput, MailFromError, Remedy

# What only a stack can do: write, compare with state, wait.
STACK_ONLY = {
    Remedy.ALLOW_MORE_TIME,
    Remedy.ASK_FOR_ACCOUNT,
    Remedy.CORRECT_ALLOWED_ACCOUNTS,
    Remedy.CORRECT_ID,
    Remedy.GIVE_BOOLEAN,
    Remedy.OVERWRITE,
    Remedy.OVERWRITE_OR_REFRESH,
    Remedy.RUN_AGAIN_TO_WAIT,
    Remedy.USE_ACCOUNT_IN_STATE,
    Remedy.USE_ALLOWED_ACCOUNT,
}


def test_every_remedy() -> None:
    """Each remedy has a sentence, unless it cannot occur in the console tool."""
    assert set(Remedy) == {*REMEDIES, *STACK_ONLY}
    assert not REMEDIES.keys() & STACK_ONLY


@pytest.mark.parametrize("remedy", REMEDIES)
def test_every_sentence(remedy: Remedy) -> None:
    """Each sentence can be filled in, and does not mention what only a stack has."""
    error = CallRefused("reading", "SES answered no", remedy, action="ses:Get", region="us-east-1", patience=120.0)
    message = worded(error)
    assert message.startswith("reading: SES answered no. ")
    assert "{" not in message
    assert [] == [word for word in ("pulumi", "config ", "aws:", "ResourceOptions") if word in message.lower()]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            InvalidInput("no region is given", Remedy.GIVE_REGION),
            "no region is given: add --region us-east-1, or set AWS_REGION, or choose an AWS profile that has a region"
            " (AWS_PROFILE)",
        ),
        (
            CallRefused("reading x", "SES answered no", Remedy.CREATE_IDENTITY, region="us-east-1"),
            "reading x: SES answered no. Create it in us-east-1 first, or correct the identity or the region.",
        ),
        (MailFromError("without a remedy"), "without a remedy"),
    ],
)
def test_worded(error: MailFromError, expected: str) -> None:
    """A message is the cause and the remedy."""
    assert expected == worded(error)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("name-server-unreachable", "No name server answered: choose one (--nameserver)."),
        ("mx-missing", "No name server answered: choose one."),
    ],
)
def test_finding_sentence(code: str, expected: str) -> None:
    """A finding that another name server may resolve names the option."""
    assert expected == finding_sentence(Finding(code, Severity.UNKNOWN, "No name server answered: choose one."))
