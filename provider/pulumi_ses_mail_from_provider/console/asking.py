"""Asking SES, for commands: region by region, a hundred identities at a time, with a sign of life."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pulumi_ses_mail_from_provider.rules.errors import CallFailed, MailFromError
from pulumi_ses_mail_from_provider.rules.model import Absent, Found
from pulumi_ses_mail_from_provider.ses.batch_reader import BATCH
from pulumi_ses_mail_from_provider.ses.calls import Ses
from pulumi_ses_mail_from_provider.ses.clock import Clock
from pulumi_ses_mail_from_provider.ses.connections import Connections
from pulumi_ses_mail_from_provider.ses.settings import AwsSettings

from .options import Progress
from .region import in_console, regions_or_ambient

_NOWHERE: Final = {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound"}
"""Codes of failures that another region would only repeat."""


@dataclass(frozen=True)
class Row:
    """An identity, and what SES has for it in a region."""

    region: str
    identity: str
    found: Found


@dataclass(frozen=True)
class Answers:
    """What SES has, and why it could not be asked in some of the regions."""

    rows: tuple[Row, ...]
    failures: tuple[str, ...]

    def missing(self) -> list[str]:
        """The identities that none of the regions knows."""
        known = {row.identity for row in self.rows if row.found is not Absent.IDENTITY}
        return [identity for identity in dict.fromkeys(row.identity for row in self.rows) if identity not in known]


def look(
    given_regions: Sequence[str],
    identities: Sequence[str],
    progress: Progress,
    wanted: Callable[[str], bool] = lambda _: True,
) -> Answers:
    """What SES has for these identities, or for all of the account that are `wanted`, in each of the regions."""
    ses = Ses(Connections(AwsSettings()), Clock())
    rows: list[Row] = []
    failures: list[str] = []
    for region in regions_or_ambient(given_regions):
        try:
            found, refused = _look(ses, region, list(dict.fromkeys(identities)), progress, wanted)
            rows += found
            failures += refused
        except CallFailed as failure:  # noqa: PERF203 - the other regions may answer
            failures.append(in_console(failure))
            if failure.code in _NOWHERE:
                break
    return Answers(tuple(rows), tuple(failures))


def _look(
    ses: Ses, region: str, names: Sequence[str], progress: Progress, wanted: Callable[[str], bool]
) -> tuple[list[Row], list[str]]:
    rows: list[Row] = []
    refused: list[str] = []
    if not names:
        progress(f"listing the identities in {region}")
        names = sorted(filter(wanted, set(ses.list_all(region))))
    for start in range(0, len(names), BATCH):
        done = f", {start} done" if start else ""
        many = names[0] if len(names) == 1 else f"{len(names)} identities"
        progress(f"asking SES in {region} about {many}{done}")
        for identity, answer in ses.read_all(region, names[start : start + BATCH]).items():
            if isinstance(answer, MailFromError):
                refused.append(in_console(answer))
            else:
                rows.append(Row(region, identity, answer))
    return rows, refused
