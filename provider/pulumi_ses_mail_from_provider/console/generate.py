"""`ses-mail-from generate`: a Pulumi program that declares what is set in SES."""

from __future__ import annotations

from fnmatch import fnmatchcase

import click

from pulumi_ses_mail_from_provider.rules.model import Key, MailFromAttributes
from pulumi_ses_mail_from_provider.rules.names import shown

from .identities import read_identities
from .options import FAILURE, OK, notify, region_option
from .program import Entry, program


@click.command(
    short_help="Print a Pulumi program that declares what is set.",
    epilog="""\b
    Exit status:
      0  the program is complete
      2  SES could not be read completely; nothing is printed

    \b
    Examples:
      ses-mail-from generate > __main__.py && pulumi preview
      ses-mail-from generate --region eu-west-1 --matching '*.example.com'

    A MAIL FROM domain with the status Failed is commented out: pulumi up would set it again, which restarts the search
    for its MX record. Each resource is protected, as with pulumi import.""",
)
@region_option
@click.option(
    "--matching",
    metavar="GLOB",
    help="Only identities that match this pattern, such as '*.example.com'. Default: all.",
)
def generate(given_regions: tuple[str, ...], matching: str | None) -> int:
    """Print a Pulumi program in Python that declares every MAIL FROM domain that is set.

    The first pulumi up adopts them all into the stack, and changes nothing in SES.
    """
    from .screen import progress  # noqa: PLC0415 - imports rich

    glob = (matching or "*").lower()
    with progress() as show_progress:
        listing = read_identities(
            given_regions, (), show_progress, wanted=lambda identity: fnmatchcase(identity.lower(), glob)
        )
    for error in listing.errors:
        notify(error)
    if listing.errors:
        return FAILURE
    entries = [
        Entry(Key(row.region, row.identity), row.found)
        for row in listing.rows
        if isinstance(row.found, MailFromAttributes)
    ]
    click.echo(program(entries), nl=False)
    if not entries:
        scope = f" for identities that match {shown(matching)}" if matching else ""
        notify(f"nothing to declare: no MAIL FROM domain is set{scope} in {', '.join(listing.regions)}")
    if count := sum(1 for entry in entries if entry.comment):
        notify(f"{count} of {len(entries)} MAIL FROM domains are commented out in the program, with the reason")
    return OK
