"""`ses-mail-from generate`: a Pulumi program that adopts what is set."""

from __future__ import annotations

from fnmatch import fnmatchcase

import click

from pulumi_ses_mail_from_provider.rules.model import Key, MailFromAttributes

from .options import COULD_NOT_LOOK, FINE, regions, say


@click.command(
    short_help="Print a Pulumi program that adopts what is set.",
    epilog="""\b
    Exit status:
      0  the program is complete
      2  SES could not be asked; nothing is printed

    \b
    Examples:
      ses-mail-from generate > __main__.py && pulumi preview
      ses-mail-from generate --region eu-west-1 --matching '*.example.com'

    What SES has given up on (Failed) is in the program as a comment: pulumi up would set it again, which restarts
    the search for its MX record. Each resource is protected, as with pulumi import.""",
)
@regions
@click.option("--matching", metavar="GLOB", help="Only identities like this, such as '*.example.com'. Default: all.")
def generate(given_regions: tuple[str, ...], matching: str | None) -> int:
    """Print a Pulumi program in Python that declares what is set today.

    pulumi up of it adopts everything, without a write: this is the bulk import.
    """
    from .asking import look  # noqa: PLC0415 - boto3
    from .program import Entry, left_out, program  # noqa: PLC0415
    from .screen import progress  # noqa: PLC0415 - rich

    glob = (matching or "*").lower()
    with progress() as doing:
        answers = look(given_regions, (), doing, lambda identity: fnmatchcase(identity.lower(), glob))
    for failure in answers.failures:
        say(failure)
    if answers.failures:
        return COULD_NOT_LOOK
    entries = [
        Entry(Key(row.region, row.identity), row.found)
        for row in answers.rows
        if isinstance(row.found, MailFromAttributes)
    ]
    click.echo(program(entries), nl=False)
    if not entries:
        say("no MAIL FROM domain is set: there is nothing to declare")
    if comments := left_out(entries):
        say(f"{comments} of {len(entries)} MAIL FROM domains are comments in the program, which say why")
    return FINE
