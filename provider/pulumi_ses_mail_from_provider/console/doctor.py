"""`ses-mail-from doctor`: what SES has, what DNS has, and the records to publish."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import click

from pulumi_ses_mail_from_provider.rules.model import Absent, MailFromAttributes

from .identities import Listing, read_identities
from .options import DOMAIN, IDENTITY, Progress, notify, region_option
from .region import resolve_regions
from .report import Report, exit_status
from .verification import with_verification

if TYPE_CHECKING:
    from pulumi_ses_mail_from_provider.dns.resolver import Resolver

_CONCURRENT_DOMAINS: Final = 16


@click.command(
    short_help="Check SES and DNS, and show the records to publish.",
    epilog="""\b
    Exit status:
      0  no problem, only warnings; Pending is no problem if DNS is correct
      1  a problem in DNS, Failed, TemporaryFailure, SES refuses all mail,
         nothing set, or no such identity
      2  no problem was found, but SES or DNS could not be read completely

    \b
    Examples:
      ses-mail-from doctor example.com
      ses-mail-from doctor example.com jane@example.org --region eu-west-1
      ses-mail-from doctor --domain bounce.example.com --region us-east-1
      ses-mail-from doctor example.com --nameserver 192.0.2.53:5353

    With --domain, neither AWS credentials nor a connection to AWS are needed.""",
)
@click.argument("identities", metavar="[IDENTITY]...", type=IDENTITY, nargs=-1)
@click.option(
    "--domain",
    "domains",
    type=DOMAIN,
    multiple=True,
    help="Check only the DNS of this MAIL FROM domain, instead of an IDENTITY; may be repeated.",
)
@region_option
@click.option(
    "--nameserver",
    "nameservers",
    metavar="HOST[:PORT]",
    multiple=True,
    help="Name server to query; may be repeated. Default: the name servers of this machine.",
)
@click.option(
    "--explain", is_flag=True, help="Show the SPF record with all records that it refers to, and their lookups."
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list with an object for each report.")
def doctor(  # noqa: PLR0913 - all but the first are options
    identities: tuple[str, ...],
    domains: tuple[str, ...],
    given_regions: tuple[str, ...],
    nameservers: tuple[str, ...],
    *,
    explain: bool,
    as_json: bool,
) -> int:
    """Check the MAIL FROM domain of each IDENTITY in SES and DNS, and show the DNS records to publish.

    An IDENTITY is a domain or an e-mail address. Nothing is changed in AWS or DNS.
    """
    from pulumi_ses_mail_from_provider.dns.resolver import Resolver  # noqa: PLC0415 - imports dnspython

    from .screen import progress  # noqa: PLC0415 - imports rich

    if bool(identities) == bool(domains):
        raise click.UsageError("give either an IDENTITY such as example.com, or --domain bounce.example.com")
    resolver = Resolver(nameservers)
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    with progress() as show_progress:
        if identities:
            listing = read_identities(given_regions, identities, show_progress)
            reports, errors = _identity_reports(listing), listing.errors
            reports, notes = with_verification(reports)
        else:
            reports = _domain_reports(domains, given_regions)
        reports = _with_findings(reports, resolver, show_progress, explain=explain)
    if as_json:
        click.echo(json.dumps([report.as_object() for report in reports], indent=2))
    else:
        _print(reports)
    for text in (*errors, *notes):
        notify(text)
    return exit_status(reports, complete=not errors)


def _domain_reports(domains: Sequence[str], given_regions: Sequence[str]) -> list[Report]:
    return [
        Report(region, None, None, domain)
        for region in resolve_regions(given_regions)
        for domain in dict.fromkeys(domains)
    ]


def _identity_reports(listing: Listing) -> list[Report]:
    missing = listing.missing()
    reports = []
    for row in listing.rows:
        # Of several regions, only those in which the identity exists are reported.
        if row.found is Absent.IDENTITY and row.identity not in missing:
            continue
        domain = row.found.mail_from_domain if isinstance(row.found, MailFromAttributes) else None
        reports.append(Report(row.region, row.identity, row.found, domain))
    return reports


def _with_findings(reports: Sequence[Report], resolver: Resolver, progress: Progress, *, explain: bool) -> list[Report]:
    def diagnosed(report: Report) -> Report:
        if not report.mail_from_domain:
            return report
        found = resolver.examine(report.mail_from_domain, report.region, report.from_domain)
        return replace(report, findings=found.findings, spf_tree=found.spf_tree if explain else ())

    progress(f"querying DNS for {len(reports)} MAIL FROM domains" if len(reports) > 1 else "querying DNS")
    pool = ThreadPoolExecutor(_CONCURRENT_DOMAINS)
    try:
        return list(pool.map(diagnosed, reports))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # an error must not wait for slow name servers


def _print(reports: Sequence[Report]) -> None:
    from .doctor_view import print_report  # noqa: PLC0415 - imports rich
    from .screen import Screen  # noqa: PLC0415

    screen = Screen()
    for report in reports:
        print_report(report, screen, last=report is reports[-1])
