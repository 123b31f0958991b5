"""What the commands share: arguments and options, exit statuses, messages on stderr."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from pulumi_ses_mail_from_provider.rules.errors import InvalidInput
from pulumi_ses_mail_from_provider.rules.model import Key
from pulumi_ses_mail_from_provider.rules.names import normalise_domain, normalise_identity, normalise_region

from .wording import worded

NAME: Final = "ses-mail-from"

OK: Final = 0
PROBLEM: Final = 1
"""A MAIL FROM domain needs attention."""
FAILURE: Final = 2
"""SES or DNS could not be read completely, or the command line is wrong."""

Progress = Callable[[str], object]
"""Shows what the command is doing."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


class Name(click.ParamType):  # type: ignore[type-arg] # generic in the newest click only
    """The type of an argument or option that is a name.

    Args:
        name: What the help text calls the value.
        normalise: Returns the normalized name. Raises InvalidInput.
    """

    def __init__(self, name: str, normalise: Callable[[str], str]) -> None:
        self.name = name
        self._normalise = normalise

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the normalized name, or raise a usage error that says what is wrong with it."""
        try:
            return self._normalise(value)
        except InvalidInput as error:
            hint = "IDENTITY" if isinstance(param, click.Argument) else None
            raise click.BadParameter(worded(error), ctx, param, hint) from None


def _identity(text: str) -> str:
    try:
        key = Key.parse(text)
    except InvalidInput:
        return normalise_identity(text)
    # Users copy resource ids from the output of Pulumi.
    raise InvalidInput(f"{key} is a resource id: give {key.identity} --region {key.region}")


DOMAIN: Final = Name("domain", normalise_domain)
IDENTITY: Final = Name("identity", _identity)


def region_option(function: _Function) -> _Function:
    """Add the option --region to a command."""
    return click.option(
        "--region",
        "given_regions",
        type=Name("region", normalise_region),
        multiple=True,
        help="AWS region; may be repeated. Default: AWS_REGION, AWS_DEFAULT_REGION, or the region of the AWS profile.",
    )(function)


def notify(line: str) -> None:
    """Print a message on stderr."""
    click.echo(f"{NAME}: {line}", err=True)
