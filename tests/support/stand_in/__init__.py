"""A strict stand-in for Amazon SES (v1 query protocol, the MAIL FROM part of it) for tests and the bench.

    with SesStandIn(rate=None) as ses:
        ses.verify("us-east-1", "example.com")
        ...                                                    # AWS_ENDPOINT_URL=ses.url
        assert ses.mail_from("us-east-1", "example.com") == MailFrom("bounce.example.com", "UseDefaultValue", "Pending")
        assert ses.journal.count("SetIdentityMailFromDomain") == 1

Who wants to see a client suffer injects faults: `ses.inject(DROP_AFTER, action="SetIdentityMailFromDomain", count=1)`.
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
