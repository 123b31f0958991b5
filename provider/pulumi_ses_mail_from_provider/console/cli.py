"""The command line as a whole: its commands, and how it ends when something goes wrong."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import Any

import click

from pulumi_ses_mail_from_provider.rules.errors import InvalidInput, MailFromError
from pulumi_ses_mail_from_provider.rules.names import printable

from .doctor import doctor
from .generate import generate
from .options import COULD_NOT_LOOK, NAME, say
from .status import status

_BROKEN_PIPE = 141  # what shells report of SIGPIPE


class Door(click.Group):
    """A group of commands, each of which returns its exit status. Every error is one line on stderr."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the command that the arguments name, and exit."""
        try:
            code = super().main(*arguments, **{**options, "prog_name": NAME, "standalone_mode": False})
        except Exception as error:  # noqa: BLE001 - nobody is shown a traceback
            say(in_words(error))
            code = COULD_NOT_LOOK
        sys.exit(code or 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, and see that its output gets out. Here, since click would call a cut pipe a problem (1)."""
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read our output has seen enough. What Python flushes at its end must not complain either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return _BROKEN_PIPE
        return code


def in_words(error: Exception) -> str:
    """What went wrong, as one line."""
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else NAME
        return f"{' '.join(error.format_message().split())} ({command} --help says more)"
    if isinstance(error, (MailFromError, InvalidInput)):
        return str(error)
    if isinstance(error, OSError):
        what = error.filename or "the output cannot be written"
        return printable(f"{what}: {error.strerror or error}")
    place = traceback.extract_tb(error.__traceback__)[-1]
    return printable(
        f"this is a defect of {NAME}, please report it: {type(error).__name__}: {error}"
        f" ({Path(place.filename).name}, line {place.lineno})"
    )


@click.group(
    cls=Door,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
    Examples:
      ses-mail-from status
      ses-mail-from doctor example.com
      ses-mail-from doctor --domain bounce.example.com --region us-east-1
      ses-mail-from generate --matching '*.example.com' > __main__.py

    AWS credentials and region are taken as the AWS CLI takes them (AWS_PROFILE, AWS_REGION, ...). Nothing is ever
    changed, in AWS or in DNS.""",
)
@click.version_option(package_name="pulumi-ses-mail-from", prog_name=NAME)
@click.pass_context
def cli(context: click.Context) -> None:
    """The custom MAIL FROM domains of Amazon SES identities: how they are, why one is not verified, and a Pulumi
    program that declares them all.
    """  # noqa: D205 - click shows it as one paragraph
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for _command in (status, doctor, generate):
    cli.add_command(_command)
