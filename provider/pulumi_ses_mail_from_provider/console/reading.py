"""A report of the doctor, as the terminal shows it."""

from __future__ import annotations

from typing import Final

from rich.table import Table
from rich.text import Text

from pulumi_ses_mail_from_provider.dns.diagnosis import Finding, Severity
from pulumi_ses_mail_from_provider.dns.zone_file import record_columns
from pulumi_ses_mail_from_provider.rules.model import MailFromAttributes

from .report import DNS, MX, SPF, Report, Verdict
from .screen import BAD, GOOD, UNSURE, WARNING, Mark, Screen

_BY_SEVERITY: Final[dict[Severity, Mark]] = {
    Severity.ERROR: BAD,
    Severity.WARNING: WARNING,
    Severity.UNKNOWN: UNSURE,
}
_BY_VERDICT: Final[dict[Verdict, Mark]] = {Verdict.FINE: GOOD, Verdict.PROBLEM: BAD, Verdict.UNKNOWN: UNSURE}


def show(report: Report, screen: Screen, *, last: bool) -> None:
    """Print a report, and an empty line unless it is the last one."""
    title = screen.marked(_BY_VERDICT[report.verdict], report.identity or str(report.mail_from_domain), loudly=True)
    title.append(f" in {report.region}")
    screen.show(title, _lines(report, screen))
    if report.to_publish:
        screen.show(Text("  Records to publish:", "bold"))
        columns = [record_columns(record) for record in report.to_publish]
        name_width = max(len(name) for name, *_ in columns)
        for name, ttl, kind, value in columns:
            screen.show(Text(f"    {name.ljust(name_width)}  {ttl}  IN  {kind:3}  {value}"), whole_lines=True)
    if not last:
        screen.show(Text())


def _lines(report: Report, screen: Screen) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", no_wrap=not screen.wraps)

    def add(label: str, text: Text) -> None:
        grid.add_row(Text(f"  {label}", "bold"), text)

    if isinstance(report.found, MailFromAttributes):
        add("MAIL FROM", Text(f"{report.found.mail_from_domain} ({report.found.behavior_on_mx_failure})"))
    if report.found:
        add("SES", Text.assemble(screen.status(report.found), f": {report.meaning}"))
    for topic in (DNS, MX, SPF):
        if right := (topic != DNS and report.right(topic)):
            add(topic, screen.marked(GOOD, right))
        for finding in report.about(topic):
            add(topic, screen.marked(_BY_SEVERITY[finding.severity], finding.sentence).append(f" [{finding.code}]"))
            for label, text in _details(finding):
                add("", Text.assemble((f"{label} ", "dim"), text))
    return grid


def _details(finding: Finding) -> list[tuple[str, str]]:
    """What was seen, and what should be, unless that stands below among the records to publish."""
    details = [("seen:     ", seen.removeprefix("; ")) for seen in finding.seen]
    return [*details, ("should be:", finding.expected)] if finding.expected and not finding.record else details
