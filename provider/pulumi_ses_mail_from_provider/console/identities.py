"""Reads the MAIL FROM domains of identities from SES, for all commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pulumi_ses_mail_from_provider.rules.errors import CallFailed, MailFromError
from pulumi_ses_mail_from_provider.rules.model import Absent, Found, MailFromAttributes, MailFromDomainStatus
from pulumi_ses_mail_from_provider.ses.clock import Clock

from .options import Progress
from .region import resolve_regions
from .wording import worded

if TYPE_CHECKING:
    from pulumi_ses_mail_from_provider.ses.calls import Ses

_SAME_IN_EVERY_REGION: Final = {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound"}
"""Codes of errors that do not depend on the region."""


@dataclass(frozen=True)
class Row:
    """An identity in a region, and what SES has for it."""

    region: str
    identity: str
    found: Found

    def as_object(self) -> dict[str, Any]:
        """The row as it is printed in JSON."""
        return {"region": self.region, "identity": self.identity, **found_as_object(self.found)}


@dataclass(frozen=True)
class Listing:
    """The identities that were read.

    Attributes:
        regions: The regions that were read.
        rows: One row for each identity and region.
        errors: The messages of the calls that failed.
    """

    regions: tuple[str, ...]
    rows: tuple[Row, ...]
    errors: tuple[str, ...]

    def missing(self) -> list[str]:
        """The identities that exist in none of the regions."""
        existing = {row.identity for row in self.rows if row.found is not Absent.IDENTITY}
        return [identity for identity in dict.fromkeys(row.identity for row in self.rows) if identity not in existing]


def read_identities(
    given_regions: Sequence[str],
    identities: Sequence[str],
    progress: Progress,
    wanted: Callable[[str], bool] = lambda _: True,
) -> Listing:
    """Read identities in each of the regions. The error of one region does not stop the others.

    Args:
        given_regions: The regions of the command line; if empty, the default region.
        identities: The identities to read; if empty, all of the account that are `wanted`.
        progress: Shows what is being read.
        wanted: Filters the identities of the account.

    Raises:
        InvalidInput: There is no region.
        CallFailed: The AWS profile cannot be read.
    """
    from pulumi_ses_mail_from_provider.ses.calls import Ses  # noqa: PLC0415 - imports boto3
    from pulumi_ses_mail_from_provider.ses.connections import Connections  # noqa: PLC0415
    from pulumi_ses_mail_from_provider.ses.settings import AwsSettings  # noqa: PLC0415

    regions = resolve_regions(given_regions)
    ses = Ses(Connections(AwsSettings()), Clock())
    rows: list[Row] = []
    errors: list[str] = []
    for region in regions:
        try:
            names: Sequence[str] = list(dict.fromkeys(identities))
            if not names:
                progress(f"listing the identities in {region}")
                names = sorted(filter(wanted, set(ses.list_all(region))))
            answers = _read(ses, region, names, progress)
        except CallFailed as error:
            errors.append(worded(error))
            if error.code in _SAME_IN_EVERY_REGION:
                break
            continue
        for identity, answer in answers.items():
            if isinstance(answer, MailFromError):
                errors.append(worded(answer))
            else:
                rows.append(Row(region, identity, answer))
    return Listing(tuple(regions), tuple(rows), tuple(errors))


def _read(ses: Ses, region: str, names: Sequence[str], progress: Progress) -> dict[str, Found | MailFromError]:
    many = names[0] if len(names) == 1 else f"{len(names)} identities"

    def show(done: int) -> None:
        progress(f"reading {many} in {region}{f', {done} done' if done else ''}")

    return ses.read_all(region, names, on_batch=show)


def needs_action(found: Found | None) -> bool:
    """Whether SES refuses mail, does not find the MX record any more, or has stopped looking for it."""
    return isinstance(found, MailFromAttributes) and (
        found.rejects_mail
        or found.status in (MailFromDomainStatus.FAILED.value, MailFromDomainStatus.TEMPORARY_FAILURE.value)
    )


def found_as_object(found: Found | None) -> dict[str, Any]:
    """What SES has, as it is printed in JSON.

    Args:
        found: What SES has; None if SES was not called.
    """
    attributes = found if isinstance(found, MailFromAttributes) else None
    return {
        "identity_exists": None if found is None else found is not Absent.IDENTITY,
        "mail_from_domain": attributes and attributes.mail_from_domain,
        "status": attributes and attributes.status,
        "behavior_on_mx_failure": attributes and attributes.behavior_on_mx_failure,
    }
