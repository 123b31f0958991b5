"""How a terminal shows a report of `ses-mail-from doctor`."""

from __future__ import annotations

from typing import Final

from rich.table import Table
from rich.text import Text

from pulumi_ses_mail_from_provider.dns.findings import Finding, Severity
from pulumi_ses_mail_from_provider.dns.zone_file import record_columns
from pulumi_ses_mail_from_provider.rules.model import MailFromAttributes

from .report import DMARC, DNS, MX, SPF, VERIFIED, Report, Verdict
from .screen import BAD, GOOD, NOTHING, UNSURE, WARNING, Mark, Screen
from .wording import finding_sentence

_BY_SEVERITY: Final[dict[Severity, Mark]] = {
    Severity.ERROR: BAD,
    Severity.WARNING: WARNING,
    Severity.UNKNOWN: UNSURE,
    Severity.NOTE: NOTHING,
}
_BY_VERDICT: Final[dict[Verdict, Mark]] = {Verdict.FINE: GOOD, Verdict.PROBLEM: BAD, Verdict.UNKNOWN: UNSURE}


def print_report(report: Report, screen: Screen, *, last: bool) -> None:
    """Print a report, and an empty line unless it is the last one."""
    mark = _BY_VERDICT[report.verdict]
    title = screen.marked(mark, report.identity or str(report.mail_from_domain), styled=True)
    title.append(f" in {report.region}")
    screen.print(title, _grid(report, screen))
    if report.spf_tree:
        screen.print(Text("  SPF as receivers follow it:", "bold"))
        for line in report.spf_tree:
            screen.print(Text(f"    {line}"), wrap=False)
    if report.records_to_publish:
        screen.print(Text("  Records to publish:", "bold"))
        columns = [record_columns(record) for record in report.records_to_publish]
        name_width = max(len(name) for name, *_ in columns)
        for name, ttl, kind, value in columns:
            screen.print(Text(f"    {name.ljust(name_width)}  {ttl}  IN  {kind:3}  {value}"), wrap=False)
    if not last:
        screen.print(Text())


def _grid(report: Report, screen: Screen) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", no_wrap=not screen.is_terminal)

    def add(label: str, text: Text) -> None:
        grid.add_row(Text(f"  {label}", "bold"), text)

    if isinstance(report.found, MailFromAttributes):
        add("MAIL FROM", Text(f"{report.found.mail_from_domain} ({report.found.behavior_on_mx_failure})"))
    if report.verification == VERIFIED:
        add("Identity", screen.marked(GOOD, "verified: SES sends its mail."))
    elif report.verification:
        refused = f"{report.verification}: SES refuses all mail from this identity until it has verified it."
        add("Identity", screen.marked(BAD, refused))
    if report.found:
        add("SES", Text.assemble(screen.status(report.found), f": {report.meaning}"))
    for topic in (DNS, MX, SPF, DMARC):
        if topic != DNS and (value := report.correct_value(topic)):
            add(topic, screen.marked(GOOD, value))
        for finding in report.about(topic):
            sentence = screen.marked(_BY_SEVERITY[finding.severity], finding_sentence(finding))
            add(topic, sentence.append(f" [{finding.code}]"))
            for label, text in _details(finding):
                add("", Text.assemble((f"{label} ", "dim"), text))
    return grid


def _details(finding: Finding) -> list[tuple[str, str]]:
    details = [("seen:     ", seen.removeprefix("; ")) for seen in finding.seen]
    # A record that is to be published is shown below the findings.
    return [*details, ("should be:", finding.expected)] if finding.expected and not finding.record else details
