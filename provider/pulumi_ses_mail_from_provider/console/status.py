"""`ses-mail-from status`: what SES has for each identity."""

from __future__ import annotations

import json

import click

from pulumi_ses_mail_from_provider.rules.model import MailFromAttributes

from .identities import Listing, Row, needs_action, read_identities
from .options import FAILURE, IDENTITY, OK, PROBLEM, notify, region_option

_TABLE_WIDTH = 70  # columns: in a narrower terminal a table would break most names


@click.command(
    short_help="Show MAIL FROM domains and their status.",
    epilog="""\b
    Marks:
      ✓ Success            SES uses the MAIL FROM domain
      … Pending            SES is looking for the MX record
      ! TemporaryFailure   SES no longer finds it and keeps looking for 72 hours
      ✗ Failed             SES has stopped looking for it
      ⊘ RejectMessage      SES refuses all mail: any status but Success
      - not set            SES uses a subdomain of amazonses.com
      ? not known to SES   the identity does not exist in this region and account

    \b
    Exit status:
      0  no status is Failed or TemporaryFailure, and SES refuses no mail
      1  a status is Failed or TemporaryFailure, SES refuses all mail of an
         identity, or a given identity does not exist in any of the regions
      2  no problem was found, but SES could not be read completely

    \b
    Examples:
      ses-mail-from status
      ses-mail-from status example.com jane@example.com
      ses-mail-from status --region us-east-1 --region eu-west-1
      ses-mail-from status --json | jq '.[] | select(.status == "Failed")'""",
)
@click.argument("identities", metavar="[IDENTITY]...", type=IDENTITY, nargs=-1)
@region_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list with an object for each line of the table.")
def status(identities: tuple[str, ...], given_regions: tuple[str, ...], *, as_json: bool) -> int:
    """Show the MAIL FROM domain, its status and the behavior on MX failure of each IDENTITY, or of all identities.

    An IDENTITY is a domain or an e-mail address. The behavior is what SES does with mail while the MAIL FROM domain is
    not verified.
    """
    from .screen import progress  # noqa: PLC0415 - imports rich

    with progress() as show_progress:
        listing = read_identities(given_regions, identities, show_progress)
    if as_json:
        click.echo(json.dumps([row.as_object() for row in listing.rows], indent=2))
    elif listing.rows:
        _print_rows(listing.rows)
    elif not listing.errors:
        notify(f"there are no identities in {', '.join(listing.regions)}")
    for error in listing.errors:
        notify(error)
    return _exit_status(listing, named=bool(identities))


def _exit_status(listing: Listing, *, named: bool) -> int:
    # Only a name that the user gave must exist: a listed identity may be deleted before it is read.
    missing = named and not listing.errors and bool(listing.missing())
    if missing or any(needs_action(row.found) for row in listing.rows):
        return PROBLEM
    return FAILURE if listing.errors else OK


def _print_rows(rows: tuple[Row, ...]) -> None:
    from .screen import NAMES, Screen  # noqa: PLC0415 - imports rich

    screen = Screen()
    several_regions = len({row.region for row in rows}) > 1
    if screen.width < _TABLE_WIDTH:
        for row in rows:
            place = f" in {row.region}" if several_regions else ""
            lines = [f"  {text}" for text in (f"{row.identity}{place}", *_attributes(row))]
            screen.print(screen.status(row.found), *lines, wrap=False)
        return
    screen.table(
        [*(["REGION"] if several_regions else []), *NAMES, "STATUS", "BEHAVIOR"],
        [
            [
                *([row.region] if several_regions else []),
                row.identity,
                *(_attributes(row)[:1] or [""]),
                screen.status(row.found),
                *(_attributes(row)[1:]),
            ]
            for row in rows
        ],
    )


def _attributes(row: Row) -> list[str]:
    found = row.found
    return [found.mail_from_domain, found.behavior_on_mx_failure] if isinstance(found, MailFromAttributes) else []
