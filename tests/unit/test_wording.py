"""The same problem in the words of each front end."""

from __future__ import annotations

import dataclasses
import string
from typing import Any

import pytest

from pulumi_ses_mail_from_provider.console import wording as console
from pulumi_ses_mail_from_provider.dns.findings import Finding, Severity
from pulumi_ses_mail_from_provider.engine.wording import PYTHON, Wording, remedies
from pulumi_ses_mail_from_provider.operations.waiter import Unverified
from pulumi_ses_mail_from_provider.rules import notices
from pulumi_ses_mail_from_provider.rules.errors import (
    AnotherMailFromDomain,
    AwsUnreachable,
    CallRefused,
    Cancelled,
    IdentityNotFound,
    InvalidInput,
    MailFromDomainNotFound,
    MailFromError,
    NotVerified,
    Remedy,
    WrongAccount,
)
from pulumi_ses_mail_from_provider.rules.model import Declaration, Key, MailFromAttributes

KEY = Key("us-east-1", "example.com")
DECLARED = Declaration(KEY, "bounce.example.com", "UseDefaultValue")
THEIRS = MailFromAttributes("theirs.example.com", "UseDefaultValue", "Success")
NO_CREDENTIALS = AwsUnreachable("listing", "no AWS credentials were found", Remedy.GIVE_CREDENTIALS)

NO_MX = Finding("mx-missing", Severity.ERROR, "No MX.", (), "x MX", {"type": "MX"})

# What is wrong; what a Python program is told to do; what the console tool tells to do.
PROBLEMS: list[tuple[MailFromError, str, str]] = [
    (
        NO_CREDENTIALS,
        "or as stack config (aws:profile)",
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY).",
    ),
    (
        AwsUnreachable("", "The config profile (x) could not be found", Remedy.CHOOSE_PROFILE),
        "(aws:profile, AWS_PROFILE)",
        "(AWS_PROFILE)",
    ),
    (
        InvalidInput("no region is given", Remedy.GIVE_REGION),
        "set the argument region (region='us-east-1')",
        "add --region us-east-1",
    ),
    (
        IdentityNotFound("setting", "SES does not know that identity", Remedy.CREATE_IDENTITY, region="us-east-1"),
        "Create it in us-east-1 first (aws.ses.DomainIdentity or aws.ses.EmailIdentity",
        "Create it in us-east-1 first, or correct the identity or the region.",
    ),
    (
        CallRefused("reading", "SES answered AccessDenied", Remedy.ALLOW_ACTION, action="ses:ListIdentities"),
        "Allow these credentials the IAM action ses:ListIdentities",
        "Allow these credentials the IAM action ses:ListIdentities",
    ),
    (Cancelled(), "Run pulumi up again", "Run the command again."),
]


@pytest.mark.parametrize(("error", "python", "tool"), PROBLEMS, ids=[type(one[0]).__name__ for one in PROBLEMS])
def test_the_same_problem(error: MailFromError, python: str, tool: str) -> None:
    """Each front end says what is wrong, and what its own users can do about it."""
    for message, remedy in ((Wording().error(error), python), (console.worded(error), tool)):
        assert message.startswith(str(error))
        assert remedy in message


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (
            AnotherMailFromDomain(DECLARED, THEIRS, is_update=False),
            (
                "theirs.example.com (status Success)",
                "overwrite=True",
                "mail_from_domain='theirs.example.com'",
                "Alias(",
            ),
        ),
        (
            AnotherMailFromDomain(DECLARED, THEIRS, is_update=True),
            ("pulumi refresh", "overwrite=True", "mail_from_domain='theirs.example.com'"),
        ),
        (MailFromDomainNotFound(KEY, "no MAIL FROM domain is set"), ("us-east-1/example.com", "'<region>/<identity>'")),
        (
            WrongAccount(KEY, "state has it in 1", Remedy.USE_ACCOUNT_IN_STATE, account="2", stated_account="1"),
            ("Use credentials of 1 ", "aws:profile", "pulumi state delete <URN>"),
        ),
        (
            WrongAccount(KEY, "account 2 is not allowed", Remedy.USE_ALLOWED_ACCOUNT, account="2"),
            ("aws:allowedAccountIds", "aws:forbiddenAccountIds"),
        ),
        (
            WrongAccount(KEY, "unknown", Remedy.CORRECT_ALLOWED_ACCOUNTS, failure=NO_CREDENTIALS),
            ("no AWS credentials were found", "as stack config", "aws:allowedAccountIds"),
        ),
        (InvalidInput("'x' is not a boolean", Remedy.GIVE_BOOLEAN), ("'x' is not a boolean: give True or False",)),
    ],
)
def test_what_only_a_program_can_do(error: MailFromError, parts: tuple[str, ...]) -> None:
    """The remedy stands as a Python program writes it."""
    message = Wording().error(error)
    for part in parts:
        assert part in message
    assert not {"{", "}"} & set(message)


def test_not_verified() -> None:
    """Each domain with what SES and DNS have, then what to do."""
    error = NotVerified(
        "3 of 14 not verified",
        (
            Unverified("a: status Pending"),
            Unverified(
                "b: status Pending", (Finding("mx-missing", Severity.ERROR, "No MX.", (), "x MX", {"type": "MX"}),)
            ),
            Unverified("c: status Pending", (Finding("lookup-failed", Severity.UNKNOWN, "It failed."),)),
            Unverified("d: status Pending", problem=InvalidInput("no name server")),
        ),
        more=10,
        failure=NO_CREDENTIALS,
    )
    lines = Wording().error(error).splitlines()
    assert lines[:-2] == [
        "3 of 14 not verified:",
        "a: status Pending",
        "  DNS is as it should be: SES usually checks again within minutes",
        "b: status Pending",
        "  mx-missing: No MX.",
        "    to publish: x MX",
        "c: status Pending",
        "  lookup-failed: It failed (the stack's config ses-mail-from:nameservers).",
        "d: status Pending",
        "  DNS was not checked: no name server",
        "and 10 more: `ses-mail-from doctor` explains each",
    ]
    assert lines[-2].startswith("SES could not be reached at the end: listing: no AWS credentials were found. Give")
    assert "run pulumi up again" in lines[-1]


def test_another_language() -> None:
    """Nothing of Python remains in the words of a language that writes it otherwise."""
    yaml = dataclasses.replace(
        PYTHON,
        overwrite="overwrite: true",
        mail_from_domain="mailFromDomain: {mail_from_domain}",
        region="region: us-east-1",
        alias="options: {{aliases: [...]}}",
        boolean="true or false",
        namespace="ses-mail-from",
    )
    for sentence in remedies(yaml).values():
        for python in ("True", "='", "ResourceOptions", "aws:"):
            assert python not in sentence
    message = Wording(yaml).error(AnotherMailFromDomain(DECLARED, THEIRS, is_update=False))
    assert "overwrite: true" in message
    assert "mailFromDomain: theirs.example.com" in message


def test_every_remedy_has_a_sentence() -> None:
    """Each names only what its errors have."""
    sentences = remedies(PYTHON)
    assert set(Remedy) == set(sentences)
    fields = {name for text in sentences.values() for _, name, _, _ in string.Formatter().parse(text) if name}
    assert {"action", "region", "patience", "mail_from_domain", "stated_account"} == fields


def test_every_notice_has_a_line() -> None:
    """Each kind of notice is worded, on one line."""
    values: dict[str, Any] = {
        "Key": KEY,
        "MailFromAttributes": THEIRS,
        "CallFailed": NO_CREDENTIALS,
        "str": "text",
        "str | None": None,
        "float": 61.0,
        "int": 2,
    }
    kinds = notices.Notice.__subclasses__()
    for kind in kinds:
        line = Wording().notice(kind(**{field.name: values[str(field.type)] for field in dataclasses.fields(kind)}))
        assert line.isprintable()
        assert "{" not in line
    assert len(kinds) == 13


def test_an_error_that_several_operations_share() -> None:
    """A front end that sets the text of an error does so for each operation that it ends, with the same result."""
    error = Cancelled()
    texts = []
    for _ in range(2):
        error.args = (Wording().error(error),)
        texts.append(str(error))
    assert ["stopped on request (^C). Run pulumi up again to continue."] * 2 == texts
