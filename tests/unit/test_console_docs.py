"""README documents all of the console tool. sqlite-utils has such tests."""

from __future__ import annotations

import re
from pathlib import Path

import click

from pulumi_ses_mail_from_provider.console.cli import cli
from pulumi_ses_mail_from_provider.console.identities import Row
from pulumi_ses_mail_from_provider.console.program import Entry, program
from pulumi_ses_mail_from_provider.console.report import Report, Verdict
from pulumi_ses_mail_from_provider.dns.findings import Finding, Severity
from pulumi_ses_mail_from_provider.rules.model import Key, MailFromAttributes

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "README.md").read_text().partition("\n## Console tool\n")[2].partition("\n## ")[0]
PICTURE = (ROOT / "docs/console.svg").read_text()


def test_every_command_and_option() -> None:
    """The table has exactly the commands and options of the tool."""
    options = {
        option
        for command in cli.commands.values()
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
    }
    rows = [row.split("|")[1:3] for row in SECTION.splitlines() if row.startswith("| ") and "`" in row]
    documented = {code for _, option in rows for code in re.findall(r"^ `(--\w+)` $", option)}
    assert options | {"--help"} == documented
    assert set(cli.commands) <= {code.split()[0] for command, _ in rows for code in re.findall("`(.*?)`", command)}
    assert "`ses-mail-from --version`" in SECTION


def test_every_field_of_json() -> None:
    """The table has the fields of both lists in their order, and the fields and values of findings."""
    finding = Finding("mx-missing", Severity.ERROR, "There is none.")
    report = Report("us-east-1", "example.com", None, "bounce.example.com", (finding,)).as_object()
    table = dict(re.findall(r"^\| `(\w+)` \| [\w ]+ \| (.*?) \|", SECTION, re.MULTILINE))
    assert list(report) == list(table)
    row = Row("us-east-1", "example.com", MailFromAttributes("bounce.example.com", "RejectMessage", "Success"))
    assert list(row.as_object()) == [name for name, where in table.items() if where == "both"]
    words = [*report["findings"][0], *(verdict.value for verdict in Verdict), *(one.value for one in Severity)]
    assert [] == [word for word in words if f"`{word}`" not in SECTION]


def test_every_exit_status() -> None:
    """The table has the exit statuses in the help of each command."""
    rows = {
        code: [cell.strip() for cell in cells.split("|")[:3]]
        for code, cells in re.findall(r"^\| (\d) \| (.*)$", SECTION, re.MULTILINE)
    }
    for column, command in enumerate(("status", "doctor", "generate")):
        given = re.findall(r"^      (\d)  ", cli.commands[command].epilog or "", re.MULTILINE)
        assert given == [code for code, cells in rows.items() if cells[column]], command


def test_the_generated_program() -> None:
    """The example is the output of generate, without its docstring."""
    settings = [
        ("example.com", "bounce.example.com", "RejectMessage", "Success"),
        ("shop.example", "bounce.shop.example", "UseDefaultValue", "Failed"),
        ("jane@example.org", "bounce.example.org", "UseDefaultValue", "Pending"),
    ]
    generated = program(Entry(Key("us-east-1", identity), MailFromAttributes(*rest)) for identity, *rest in settings)
    assert generated.partition('"""\n\n')[2] in SECTION


def test_the_picture() -> None:
    """The picture loads nothing from other hosts, and shows the current output. If not, run `make picture`."""
    assert ["http://www.w3.org/2000/svg"] == re.findall(r'(?:href|url|src|xmlns)[=(]"?(https?:[^")]*)', PICTURE)
    shown = re.sub(r"<[^>]*>", "", PICTURE).replace("&#160;", " ")
    for words in ("$ ses-mail-from status", "IDENTITY", "✓ Success", "✗ Failed", "Records to publish:", "[mx-"):
        assert words in shown, words
