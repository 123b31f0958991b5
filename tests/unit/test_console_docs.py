"""docs/console.md and docs/reference.md document all of the console tool. sqlite-utils has such tests."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import reference

from pulumi_ses_mail_from_provider.console.cli import cli
from pulumi_ses_mail_from_provider.console.identities import Row
from pulumi_ses_mail_from_provider.console.program import Entry, program
from pulumi_ses_mail_from_provider.console.report import Report, Verdict
from pulumi_ses_mail_from_provider.dns.findings import Finding, Severity
from pulumi_ses_mail_from_provider.rules.model import Key, MailFromAttributes
from support.pages import BY_PATH, ON_EVERY_PAGE, Page

ROOT = Path(__file__).parents[2]
CONSOLE = BY_PATH["docs/console.md"]
JSON = BY_PATH["docs/reference.md"].section("JSON of the console tool")
PICTURE = (ROOT / "docs/console.svg").read_text()


def test_every_command_and_option() -> None:
    """The table has exactly the commands and options of the tool."""
    options = {
        (name, option)
        for name, command in cli.commands.items()
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
    }
    documented: set[tuple[str, str]] = set()
    commands: list[str] = []
    for command, option in re.findall(r"^\| ?(.*?) ?\| ?(.*?) ?\|", CONSOLE.section("Commands"), re.MULTILINE)[2:]:
        if command and not option:
            commands.append(command.strip("`").split()[0])
        elif found := re.match(r"`(--\w+)", option):
            documented.add((command.strip("`") or commands[-1], found[1]))
    assert options | {("ses-mail-from", "--version")} == documented
    assert sorted(cli.commands) == sorted(commands)
    assert "| all | `-h`, `--help` |" in CONSOLE.text


@ON_EVERY_PAGE
def test_every_command_line_is_valid(page: Page) -> None:
    """The command line of the tool on a page is one that the tool accepts."""
    for line in page.commands("ses-mail-from"):
        words = shlex.split(line.partition("|")[0].partition(">")[0], comments=True)[1:]
        if words and words[0] in cli.commands:
            cli.commands[words[0]].make_context(words[0], words[1:])
        elif words:
            with pytest.raises(click.exceptions.Exit):  # --version and --help
                cli.make_context("ses-mail-from", words)


def test_every_field_of_json() -> None:
    """The table has the fields of both lists in their order, and the fields and values of findings."""
    finding = Finding("mx-missing", Severity.ERROR, "There is none.")
    report = Report("us-east-1", "example.com", None, "bounce.example.com", (finding,)).as_object()
    table = dict(re.findall(r"^\| `(\w+)` \| [\w ]+ \| (.*?) \| .* \|", JSON, re.MULTILINE))
    assert list(report) == list(table)
    row = Row("us-east-1", "example.com", MailFromAttributes("bounce.example.com", "RejectMessage", "Success"))
    assert list(row.as_object()) == [name for name, where in table.items() if where == "both"]
    words = [*report["findings"][0], *(verdict.value for verdict in Verdict), *(one.value for one in Severity)]
    assert [] == [word for word in words if f"`{word}`" not in JSON]


def test_every_text_on_json_is_of_a_field() -> None:
    """No field is described that the tool does not print."""
    finding = Finding("mx-missing", Severity.ERROR, "There is none.")
    report = Report("us-east-1", "example.com", None, "bounce.example.com", (finding,)).as_object()
    assert set(reference.JSON_FIELDS) == set(report)
    assert set(reference.FINDING_FIELDS) == set(report["findings"][0])


def test_every_exit_status() -> None:
    """The table has the exit statuses in the help of each command."""
    rows = {
        code: [cell.strip() for cell in cells.split("|")[:3]]
        for code, cells in re.findall(r"^\| (\d) \| (.*)$", CONSOLE.section("Exit statuses"), re.MULTILINE)
    }
    for column, command in enumerate(("status", "doctor", "generate")):
        given = re.findall(r"^      (\d)  ", cli.commands[command].epilog or "", re.MULTILINE)
        assert given == [code for code, cells in rows.items() if cells[column]], command
        assert list(reference.exit_statuses(cli.commands[command]).values()) == [
            cells[column].replace("`", "") for cells in rows.values() if cells[column]
        ]


def test_the_generated_program() -> None:
    """The example is the output of generate, without its docstring."""
    settings = [
        ("example.com", "bounce.example.com", "RejectMessage", "Success"),
        ("shop.example", "bounce.shop.example", "UseDefaultValue", "Failed"),
        ("jane@example.org", "bounce.example.org", "UseDefaultValue", "Pending"),
    ]
    generated = program(Entry(Key("us-east-1", identity), MailFromAttributes(*rest)) for identity, *rest in settings)
    assert generated.partition('"""\n\n')[2] in CONSOLE.text


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion(shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The line for each shell makes the tool print a script that completes its commands."""
    variable = "_SES_MAIL_FROM_COMPLETE"
    assert f"{variable}={shell}_source ses-mail-from" in CONSOLE.section("Shell completion")
    monkeypatch.setenv(variable, f"{shell}_source")
    monkeypatch.setattr("click.shell_completion.BashComplete._check_version", lambda *_: None)  # it would run bash
    with pytest.raises(SystemExit) as exit_:
        cli.main([])
    assert 0 == exit_.value.code
    assert f"{variable}={shell}_complete" in capsys.readouterr().out


def test_the_picture() -> None:
    """The picture loads nothing from other hosts, and shows the current output. If not, run `make picture`."""
    assert ["http://www.w3.org/2000/svg"] == re.findall(r'(?:href|url|src|xmlns)[=(]"?(https?:[^")]*)', PICTURE)
    shown = re.sub(r"<[^>]*>", "", PICTURE).replace("&#160;", " ")
    for words in ("$ ses-mail-from status", "IDENTITY", "✓ Success", "✗ Failed", "Records to publish:", "[mx-"):
        assert words in shown, words
