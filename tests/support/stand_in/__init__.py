"""A strict stand-in for the MAIL FROM part of Amazon SES (API v1). See docs/stand-in.md.

    with SesStandIn(rate=None) as ses:
        ses.verify("us-east-1", "example.com")
        ...                                                    # AWS_ENDPOINT_URL=ses.url
        assert ses.mail_from("us-east-1", "example.com") == MailFrom("bounce.example.com", "UseDefaultValue", "Pending")
        assert ses.journal.count("SetIdentityMailFromDomain") == 1

Faults are injected on demand: `ses.inject(DROP_AFTER, action="SetIdentityMailFromDomain", count=1)`.
"""

from .faults import (
    DROP_AFTER,
    DROP_BEFORE,
    INTERNAL_FAILURE,
    THROTTLE,
    UNAVAILABLE,
    Effect,
    Fault,
    entries,
    error,
    garbage,
    hang,
    run,
    slow,
)
from .journal import Call, Journal
from .model import DEFAULT_ACCOUNT, Change, MailFrom, Rules
from .stand_in import SesStandIn, stopped

__all__ = [
    "DEFAULT_ACCOUNT",
    "DROP_AFTER",
    "DROP_BEFORE",
    "INTERNAL_FAILURE",
    "THROTTLE",
    "UNAVAILABLE",
    "Call",
    "Change",
    "Effect",
    "Fault",
    "Journal",
    "MailFrom",
    "Rules",
    "SesStandIn",
    "entries",
    "error",
    "garbage",
    "hang",
    "run",
    "slow",
    "stopped",
]
