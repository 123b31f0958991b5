"""What the commands have in common: arguments and options, exit statuses, and lines for the user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from pulumi_ses_mail_from_provider.rules.errors import InvalidInput
from pulumi_ses_mail_from_provider.rules.model import Key
from pulumi_ses_mail_from_provider.rules.names import normalise_domain, normalise_identity, normalise_region

NAME: Final = "ses-mail-from"
FINE: Final = 0
PROBLEM: Final = 1
COULD_NOT_LOOK: Final = 2

Progress = Callable[[str], object]
"""Shows what is being done."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


class Name(click.ParamType):  # type: ignore[type-arg] # generic in the newest click only
    """A name, brought to its normal form."""

    def __init__(self, name: str, normalise: Callable[[str], str]) -> None:
        self.name = name
        self._normalise = normalise

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The normal form; click tells the user what is wrong with a name that has none."""
        try:
            return self._normalise(value)
        except InvalidInput as problem:
            hint = "IDENTITY" if isinstance(param, click.Argument) else None
            raise click.BadParameter(str(problem), ctx, param, hint) from None


def _identity(text: str) -> str:
    try:
        key = Key.parse(text)
    except InvalidInput:
        return normalise_identity(text)
    # As Pulumi shows it, and as generated programs name their resources.
    raise InvalidInput(f"{key} is the id of a resource: give {key.identity} --region {key.region}")


DOMAIN: Final = Name("domain", normalise_domain)
IDENTITY: Final = Name("identity", _identity)


def regions(function: _Function) -> _Function:
    """Give a command the option --region."""
    return click.option(
        "--region",
        "given_regions",
        type=Name("region", normalise_region),
        multiple=True,
        help="AWS region; may be repeated. Default: AWS_REGION, AWS_DEFAULT_REGION, or that of the AWS profile.",
    )(function)


def say(line: str) -> None:
    """Tell the user, beside the output."""
    click.echo(f"{NAME}: {line}", err=True)
