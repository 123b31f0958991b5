"""`ses-mail-from doctor`: what SES says and what DNS has, and the records that mend it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import click

from pulumi_ses_mail_from_provider.rules.model import Absent, MailFromAttributes

from .options import DOMAIN, IDENTITY, Progress, regions, say
from .region import regions_or_ambient

if TYPE_CHECKING:
    from pulumi_ses_mail_from_provider.dns.resolver import Resolver

    from .asking import Answers
    from .report import Report

_AT_ONCE: Final = 16  # domains of which DNS is asked at a time


@click.command(
    short_help="Check SES and DNS; show the records to publish.",
    epilog="""\b
    Exit status:
      0  fine: only warnings, if anything; Pending is fine where DNS is right
      1  a problem in DNS, Failed, TemporaryFailure, nothing set, no such identity
      2  no problem was seen, but not everything could be asked

    \b
    Examples:
      ses-mail-from doctor example.com
      ses-mail-from doctor example.com jane@example.org --region eu-west-1
      ses-mail-from doctor --domain bounce.example.com --region us-east-1
      ses-mail-from doctor example.com --nameserver 192.0.2.53:5353

    With --domain, neither AWS credentials nor a connection to AWS are needed. Nothing is published or changed.""",
)
@click.argument("identities", metavar="[IDENTITY]...", type=IDENTITY, nargs=-1)
@click.option(
    "--domain",
    "domains",
    type=DOMAIN,
    multiple=True,
    help="A MAIL FROM domain of which to check DNS alone, instead of an IDENTITY; may be repeated.",
)
@regions
@click.option(
    "--nameserver",
    "nameservers",
    metavar="HOST[:PORT]",
    multiple=True,
    help="Name server to ask; may be repeated. Default: those of this machine.",
)
@click.option("--json", "as_json", is_flag=True, help="A list of objects, one for each report.")
def doctor(
    identities: tuple[str, ...],
    domains: tuple[str, ...],
    given_regions: tuple[str, ...],
    nameservers: tuple[str, ...],
    *,
    as_json: bool,
) -> int:
    """Show what SES says and what DNS has for these identities, and the records to publish.

    An IDENTITY is a domain or an e-mail address of SES.
    """
    from pulumi_ses_mail_from_provider.dns.resolver import Resolver  # noqa: PLC0415 - dnspython

    from .report import exit_status  # noqa: PLC0415
    from .screen import progress  # noqa: PLC0415 - rich

    if bool(identities) == bool(domains):
        raise click.UsageError("give an IDENTITY such as example.com, or --domain bounce.example.com; not both")
    resolver = Resolver(nameservers)
    failures: tuple[str, ...] = ()
    with progress() as doing:
        if identities:
            reports, failures = _of_identities(identities, given_regions, doing)
        else:
            reports = _of_domains(domains, given_regions)
        reports = _examined(reports, resolver, doing)
    if as_json:
        click.echo(json.dumps([report.as_object() for report in reports], indent=2))
    else:
        _show(reports)
    for failure in failures:
        say(failure)
    return exit_status(reports, could_look=not failures)


def _of_domains(domains: Sequence[str], given_regions: Sequence[str]) -> list[Report]:
    from .report import Report  # noqa: PLC0415

    return [
        Report(region, None, None, domain)
        for region in regions_or_ambient(given_regions)
        for domain in dict.fromkeys(domains)
    ]


def _of_identities(
    identities: Sequence[str], given_regions: Sequence[str], doing: Progress
) -> tuple[list[Report], tuple[str, ...]]:
    from .asking import look  # noqa: PLC0415 - boto3
    from .report import Report  # noqa: PLC0415

    answers: Answers = look(given_regions, identities, doing)
    missing = answers.missing()
    reports = []
    for row in answers.rows:
        # In several regions, an identity is looked for in all of them, and reported where it is.
        if row.found is Absent.IDENTITY and row.identity not in missing:
            continue
        domain = row.found.mail_from_domain if isinstance(row.found, MailFromAttributes) else None
        reports.append(Report(row.region, row.identity, row.found, domain))
    return reports, answers.failures


def _examined(reports: Sequence[Report], resolver: Resolver, doing: Progress) -> list[Report]:
    """The reports, with what DNS has."""

    def examined(report: Report) -> Report:
        if not report.mail_from_domain:
            return report
        return replace(report, findings=resolver.diagnose(report.mail_from_domain, report.region))

    doing(f"asking DNS about {len(reports)} MAIL FROM domains" if len(reports) > 1 else "asking DNS")
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        return list(pool.map(examined, reports))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # ^C does not wait for silent name servers


def _show(reports: Sequence[Report]) -> None:
    from .reading import show  # noqa: PLC0415 - rich
    from .screen import Screen  # noqa: PLC0415

    screen = Screen()
    for report in reports:
        show(report, screen, last=report is reports[-1])
