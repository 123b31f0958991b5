"""The command line: the group of commands, and how errors are reported."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from pulumi_ses_mail_from_provider.rules.errors import MailFromError
from pulumi_ses_mail_from_provider.rules.names import printable

from .defect import defect_line
from .doctor import doctor
from .generate import generate
from .options import FAILURE, NAME, notify
from .status import status
from .wording import worded

_BROKEN_PIPE = 141  # 128 + SIGPIPE, as shells report it


class CommandGroup(click.Group):
    """A group of commands that return their exit status. Every error is one line on stderr."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line, and exit."""
        try:
            code = super().main(*args, **{**kwargs, "prog_name": NAME, "standalone_mode": False})
        except Exception as error:  # noqa: BLE001 - users are not shown a traceback
            notify(error_line(error))
            code = FAILURE
        sys.exit(code or 0)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what precedes the command. The AWS CLI takes --region there."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            options = {option for command in self.commands.values() for item in command.params for option in item.opts}
            if error.option_name not in options:
                raise
            raise click.UsageError(f"give {error.option_name} after the command", ctx) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, and flush its output: click exits 1 on a broken pipe, so it is caught here."""
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # Python flushes stdout again when it exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return _BROKEN_PIPE
        except click.UsageError as error:
            # click does not say which command lacks the argument of an option.
            if error.ctx is None and (command := self.get_command(ctx, ctx.invoked_subcommand or "")):
                error.ctx = click.Context(command, ctx, ctx.invoked_subcommand)
            raise
        return code


def error_line(error: Exception) -> str:
    """The message of an error, on one line."""
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else NAME
        return f"{' '.join(error.format_message().split())} (see {command} --help)"
    if isinstance(error, MailFromError):
        return worded(error)
    if isinstance(error, OSError):
        what = error.filename or "the output cannot be written"
        return printable(f"{what}: {error.strerror or error}")
    return defect_line(error)


@click.group(
    cls=CommandGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
    Examples:
      ses-mail-from status
      ses-mail-from doctor example.com
      ses-mail-from doctor --domain bounce.example.com --region us-east-1
      ses-mail-from generate --matching '*.example.com' > __main__.py

    Credentials and region come from the AWS environment and profile, as with the AWS CLI (AWS_PROFILE, AWS_REGION,
    ...).""",
)
@click.version_option(package_name="pulumi-ses-mail-from", prog_name=NAME)
@click.pass_context
def cli(context: click.Context) -> None:
    """Inspect the custom MAIL FROM domains of Amazon SES identities.

    Show their status, check their DNS records, and print a Pulumi program that declares them. Nothing is changed in
    AWS or DNS.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for _command in (status, doctor, generate):
    cli.add_command(_command)
