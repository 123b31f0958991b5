"""`ses-mail-from status`: what SES has for each identity."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from pulumi_ses_mail_from_provider.rules.model import Absent, Found, MailFromAttributes, MailFromDomainStatus

from .options import COULD_NOT_LOOK, FINE, IDENTITY, PROBLEM, regions, say

if TYPE_CHECKING:
    from .asking import Answers, Row

BROKEN = (MailFromDomainStatus.FAILED.value, MailFromDomainStatus.TEMPORARY_FAILURE.value)
"""Statuses that need somebody to act."""

_NARROW = 70  # columns: with fewer, a table breaks names into crumbs


@click.command(
    short_help="Show what is set and whether SES has verified it.",
    epilog="""\b
    Marks:
      ✓ Success            SES uses the MAIL FROM domain
      … Pending            SES looks for the MX record
      ! TemporaryFailure   SES no longer finds it, and looks for 72 hours more
      ✗ Failed             SES has stopped looking
      - not set            SES sends with a MAIL FROM below amazonses.com
      ? not known to SES   there is no such identity in that region and account

    \b
    Exit status:
      0  nothing is Failed or TemporaryFailure
      1  something is, or a named identity is known in none of the regions
      2  neither was seen, but SES could not be asked everywhere

    \b
    Examples:
      ses-mail-from status
      ses-mail-from status example.com jane@example.com
      ses-mail-from status --region us-east-1 --region eu-west-1
      ses-mail-from status --json | jq '.[] | select(.status == "Failed")'""",
)
@click.argument("identities", metavar="[IDENTITY]...", type=IDENTITY, nargs=-1)
@regions
@click.option("--json", "as_json", is_flag=True, help="A list of objects, one for each line of the table.")
def status(identities: tuple[str, ...], given_regions: tuple[str, ...], *, as_json: bool) -> int:
    """Show MAIL FROM domain, status and behaviour of these identities, or of all.

    An IDENTITY is a domain or an e-mail address. The behaviour says what SES does with mail while the MAIL FROM
    domain is not verified.
    """
    from .asking import look  # noqa: PLC0415 - boto3
    from .screen import progress  # noqa: PLC0415 - rich

    with progress() as doing:
        answers = look(given_regions, identities, doing)
    if as_json:
        click.echo(json.dumps([as_object(row) for row in answers.rows], indent=2))
    elif answers.rows:
        _show(answers.rows)
    elif not answers.failures:
        say("there are no identities")
    for failure in answers.failures:
        say(failure)
    return exit_status(answers, named=bool(identities))


def described(found: Found | None) -> dict[str, Any]:
    """What SES has, for JSON. None: it was not asked."""
    setting = found if isinstance(found, MailFromAttributes) else None
    return {
        "identity_exists": None if found is None else found is not Absent.IDENTITY,
        "mail_from_domain": setting and setting.mail_from_domain,
        "status": setting and setting.status,
        "behavior_on_mx_failure": setting and setting.behavior_on_mx_failure,
    }


def as_object(row: Row) -> dict[str, Any]:
    """A line of the table, for JSON."""
    return {"region": row.region, "identity": row.identity, **described(row.found)}


def exit_status(answers: Answers, *, named: bool) -> int:
    """What the exit status says. named: whether the user asked for identities by name."""
    broken = any(isinstance(row.found, MailFromAttributes) and row.found.status in BROKEN for row in answers.rows)
    # An identity that is gone between the list and the look is nobody's problem.
    missing = named and not answers.failures and bool(answers.missing())
    if broken or missing:
        return PROBLEM
    return COULD_NOT_LOOK if answers.failures else FINE


def _show(rows: tuple[Row, ...]) -> None:
    from .screen import NAMES, Screen  # noqa: PLC0415 - rich

    screen = Screen()
    regions = {row.region for row in rows}
    if screen.width < _NARROW:
        for row in rows:
            where = f" in {row.region}" if len(regions) > 1 else ""
            names = [f"  {text}" for text in (f"{row.identity}{where}", *_setting(row))]
            screen.show(screen.status(row.found), *names, whole_lines=True)
        return
    screen.table(
        [*(["REGION"] if len(regions) > 1 else []), *NAMES, "STATUS", "BEHAVIOUR"],
        [
            [
                *([row.region] if len(regions) > 1 else []),
                row.identity,
                *(_setting(row)[:1] or [""]),
                screen.status(row.found),
                *(_setting(row)[1:]),
            ]
            for row in rows
        ],
    )


def _setting(row: Row) -> list[str]:
    found = row.found
    return [found.mail_from_domain, found.behavior_on_mx_failure] if isinstance(found, MailFromAttributes) else []
