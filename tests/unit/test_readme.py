from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from textwrap import dedent

import pytest

import pulumi_ses_mail_from
from pulumi_ses_mail_from import (
    MailFromDomain,
    MailFromDomainArgs,
    MailFromDomainStatus,
    MailFromDomainVerification,
    mail_from_dns_records,
)
from pulumi_ses_mail_from_provider.engine.config import AWS_KEYS, IGNORED_KEYS, OWN_KEYS, REFUSED_KEYS
from pulumi_ses_mail_from_provider.rules.model import BehaviorOnMXFailure
from pulumi_ses_mail_from_provider.ses import region
from support.mocked_engine import Run, run_program

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
POLICY = ROOT / "docs/iam-policy.json"
DOCUMENTS = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/troubleshooting.md")


def _section(title: str) -> str:
    """The text below a heading, down to the next one of its level."""
    _, _, rest = README.partition(f"\n## {title}\n")
    assert rest, title
    return rest.partition("\n## ")[0]


def _blocks(language: str, text: str = README) -> list[str]:
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", text, re.DOTALL | re.MULTILINE)
    return [dedent(block) for _, block in found]


def _first_cells(text: str) -> set[str]:
    """What stands as code in the first column of the tables of `text`."""
    rows = re.findall(r"^\|(.*?)\|", text, re.MULTILINE)
    return {code for row in rows for code in re.findall(r"`(.*?)`", row)}


def test_every_input_and_output_is_in_its_table() -> None:
    """The tables name all inputs and outputs, and nothing else."""
    inputs, outputs = _section("Inputs and outputs").split("| Output |")
    assert {field.name for field in fields(MailFromDomainArgs)} == _first_cells(inputs)
    assert set(MailFromDomain.__annotations__) == _first_cells(outputs)


def test_the_wait_is_in_its_tables() -> None:
    """The tables name all inputs and outputs of the wait, and nothing else."""
    inputs, outputs = _section("Waiting for verification").split("| Output |")
    parameters = list(inspect.signature(MailFromDomainVerification.__init__).parameters)
    assert ["self", "resource_name", *sorted(_first_cells(inputs)), "opts"] == parameters
    assert set(MailFromDomainVerification.__annotations__) == _first_cells(outputs)


def test_every_value_is_named() -> None:
    """The statuses are a table, the behaviours are named, and so is every public name of the package."""
    assert {status.value for status in MailFromDomainStatus} == _first_cells(_section("Status"))
    for name in (*pulumi_ses_mail_from.__all__, *(behavior.value for behavior in BehaviorOnMXFailure)):
        assert name in README, name


def test_every_setting_is_in_its_row() -> None:
    """Each aws: setting is said to be honoured, refused or without effect, as it is."""
    said = {
        (name, verdict)
        for row, verdict in re.findall(r"^\| (`aws:.*?) \| (\w+)", _section("Configuration"), re.MULTILINE)
        for name in re.findall("`aws:(.*?)`", row)
    }
    groups: dict[str, Iterable[str]] = {"Honoured": AWS_KEYS, "Refused": REFUSED_KEYS, "Without": IGNORED_KEYS}
    assert {(name, verdict) for verdict, names in groups.items() for name in names} == said
    assert all(f"| `ses-mail-from:{name}` | Of this package: " in README for name in OWN_KEYS)


def test_every_refused_setting_has_its_way_out() -> None:
    """What the error says to set in the environment, the table says too."""
    for instead in REFUSED_KEYS.values():
        for variable in re.findall(r"\b[A-Z][A-Z0-9_]{5,}\b", instead):
            assert f"`{variable}`" in README, variable


def test_the_records_table() -> None:
    """The table of DNS records has the keys and values of the function."""
    mx, txt = mail_from_dns_records("bounce.example.com", "us-east-1")
    for key, value in mx.items():
        other = f"`{txt[key]}`" if key in txt else "not there"
        assert f"| `{key}` | `{value}` | {other} |" in README, key


def test_the_policy_is_the_file() -> None:
    """The IAM policy is the file's, letter by letter, and has all actions that are called."""
    (block,) = _blocks("json")
    assert POLICY.read_text() == block
    (statement,) = json.loads(block)["Statement"]
    assert [f"ses:{action}" for action in (region.GET, region.LIST, region.SET)] == statement["Action"]


def test_every_error_is_in_the_sources() -> None:
    """The table of errors quotes what the code says."""
    texts = [
        node.value
        for package in ("sdk", "provider")
        for source in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    for quoted in _first_cells(_section("Errors and what to do")) - {"No module named 'pulumi_ses_mail_from_provider'"}:
        assert any(quoted in text for text in texts), quoted


def test_every_python_block_compiles() -> None:
    """No code block has a syntax error."""
    blocks = _blocks("python")
    assert README.count("```python") == len(blocks)
    for block in blocks:
        compile(block, "README.md", "exec")


@pytest.mark.parametrize("block", _blocks("python"), ids=lambda _: "block")
def test_every_python_block_runs(block: str, tmp_path: Path) -> None:
    """Each code block is a whole program, which declares what it is about."""
    run = _run(block, tmp_path)
    assert run.resources


def _run(block: str, folder: Path) -> Run:
    program = folder / "__main__.py"
    program.write_text(block)
    return run_program(program, {"aws:region": "us-east-1"})


def test_moving_keeps_the_setting(tmp_path: Path) -> None:
    """Theirs is retained before ours takes its place, with the same values."""
    before, retained, after = (_run(block, tmp_path) for block in _blocks("python", _section("Moving from pulumi-aws")))
    (theirs,), (kept,) = before.of_type("aws:ses/mailFrom:MailFrom"), retained.of_type("aws:ses/mailFrom:MailFrom")
    assert theirs.inputs == kept.inputs
    assert (False, True) == (theirs.retain_on_delete, kept.retain_on_delete)
    (ours,) = after.mail_from_domains()
    assert not after.of_type("aws:ses/mailFrom:MailFrom")
    assert {"identity": kept.inputs["domain"], "mail_from_domain": kept.inputs["mailFromDomain"]} == ours.inputs


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_link_is_dead(document: str) -> None:
    """Relative links lead to files that exist, and links within a page to its headings."""
    text = (ROOT / document).read_text()
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for target in re.findall(r"\]\((?!https?:)(.*?)\)", text):
        path, _, anchor = target.partition("#")
        assert (anchor in anchors) if not path else (ROOT / path).is_file(), target


def test_every_section_is_in_the_contents() -> None:
    """The list of contents is that of the sections."""
    contents = re.findall(r"\[(.*?)\]\(#", README.partition("**Contents:**")[2].partition("\n\n")[0])
    assert [*contents, "Licence"] == re.findall(r"^## (.*)$", README, re.MULTILINE)


def test_every_example_is_listed() -> None:
    """The table of examples has every folder of them."""
    folders = {program.parent.name for program in (ROOT / "examples").glob("*/__main__.py")}
    assert folders == set(re.findall(r"^\| \[(\w+)\]\(examples/", _section("Examples"), re.MULTILINE))


def test_every_command_of_make_exists() -> None:
    """The Makefile has the targets that the README names."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make (\w+)", README)) <= targets
