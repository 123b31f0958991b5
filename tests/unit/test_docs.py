"""The form of the documentation: links, contents, limits, tables from the code, commands and code blocks."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import reference

from support.mocked_engine import Run, run_program
from support.pages import BY_PATH, ON_EVERY_PAGE, PAGES, ROOT, Page, blocks
from support.sdk import HAS_GET, SDK

README = BY_PATH["README.md"]
INSTALLATION = BY_PATH["docs/installation-configuration.md"]
OVERVIEW = BY_PATH["docs/_index.md"]

FOR_DEVELOPERS = ("CONTRIBUTING.md", "docs/architecture.md", "docs/stand-in.md")
"""The pages whose blocks are no programs for Pulumi. Their own tests run them."""

PRIVATE_WORDS = re.compile(
    r"""
    \bdoors?\b | \bwhom\b | told\ otherwise | no\ consequence | in\ force\b | \bin\ vain\b | how\ far\ (it|they)\b
    | a\ dot\ too\ many | no\ answer\ of\ AWS | no\ such\ behavior | hand(ed)?\ (in|over)\b
    | ridden\ out | teaches | no\ whole\ | \bslip\b | \bforetold\b | \bletter\ by\ letter\b | \bhereafter\b
    | (?<![\w.-])/(tmp|work)\b
    """,
    re.VERBOSE,
)
"""Phrases that a reader would have to decode, and paths of a developer's machine."""


def test_the_readme_is_short() -> None:
    """The README has at most 150 lines, its picture is on the first screen, and `pulumi up` comes soon."""
    lines = README.text.splitlines()
    assert 150 >= len(lines)
    assert 40 >= next(number for number, line in enumerate(lines, start=1) if "](docs/console.svg)" in line)
    before, _, _ = re.split(r"^( *pulumi up)$", README.text, maxsplit=1, flags=re.MULTILINE)
    assert 300 >= len(before.split())


def test_every_page_is_linked_from_the_readme() -> None:
    """The README leads to every page for users; the tables of the others are on the pages that link them."""
    linked = {path for path, _ in README.links()}
    assert {page.path for page in PAGES if page.path not in {*FOR_DEVELOPERS, README.path}} <= linked
    everywhere = {
        str((ROOT / page.path).parent.joinpath(path).resolve().relative_to(ROOT))
        for page in PAGES
        for path, _ in page.links()
        if path
    }
    assert {page.path for page in PAGES} - {README.path} <= everywhere


@ON_EVERY_PAGE
def test_no_link_is_dead(page: Page) -> None:
    """Relative links lead to files that exist, and anchors to the headings of their page."""
    for path, anchor in page.links():
        target = (ROOT / page.path).parent.joinpath(path).resolve() if path else ROOT / page.path
        assert target.is_file(), path
        if anchor:
            assert anchor in Page.read(str(target.relative_to(ROOT))).anchors, f"{path}#{anchor}"


@ON_EVERY_PAGE
def test_every_section_is_in_the_contents(page: Page) -> None:
    """The list of contents, where a page has one, is that of its sections. Every long page has one."""
    _, has_contents, rest = page.text.partition("**Contents:**")
    if has_contents:
        assert page.headings(2) == re.findall(r"\[(.*?)\]\(#", rest.partition("\n\n")[0])
    long = page.path.startswith("docs/") and len(page.headings(2)) > 4
    assert bool(has_contents) or not long


@pytest.mark.parametrize("page", [OVERVIEW, INSTALLATION], ids=str)
def test_pages_of_the_registry(page: Page) -> None:
    """They have the front matter that the Pulumi Registry expects of a package."""
    matter = re.match(r"---\n(.*?)\n---\n", page.text, re.DOTALL)
    assert matter
    keys = dict(line.split(": ", 1) for line in matter[1].splitlines())
    assert ["title", "meta_desc", "layout"] == list(keys)
    assert "package" == keys["layout"]


@ON_EVERY_PAGE
def test_no_page_has_to_be_decoded(page: Page) -> None:
    """No page has a private phrase, or a path of a developer's machine."""
    assert [] == [found[0] for found in PRIVATE_WORDS.finditer(page.text)]


@pytest.mark.parametrize("path", reference.PAGES, ids=lambda path: path.name)
def test_tables_from_the_code(path: Path) -> None:
    """The tables are those that the code gives. If not, run `make docs`."""
    assert reference.with_tables(path.read_text()) == path.read_text()


def test_every_table_from_the_code_is_on_a_page() -> None:
    """Each table is on one page, and no page has another mark."""
    marks = [mark for page in PAGES for mark in re.findall(r"<!-- make docs writes: (.*?) -->", page.text)]
    assert sorted(reference.TABLES) == sorted(marks)


# Commands


@ON_EVERY_PAGE
def test_shell_blocks_are_valid(page: Page) -> None:
    """Bash can parse each block."""
    assert page.text.count("```sh\n") == len(page.blocks("sh"))
    for block in page.blocks("sh"):
        ran = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)  # noqa: S607
        assert (0, "") == (ran.returncode, ran.stderr), block


def _targets() -> set[str]:
    return set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)) - {"python"}


def _named_targets(page: Page) -> set[str]:
    return {found[1] for command in page.commands("make") if (found := re.match(r"make (\w+)", command))}


@ON_EVERY_PAGE
def test_every_command_of_make_exists(page: Page) -> None:
    """The Makefile has the targets that the page names."""
    assert _named_targets(page) <= _targets()


def test_every_target_of_make_is_documented() -> None:
    """Each is in the table of CONTRIBUTING.md, or on another page."""
    assert set() == _targets() - {target for page in PAGES for target in _named_targets(page)}


# Code


@ON_EVERY_PAGE
def test_every_python_block_compiles(page: Page) -> None:
    """No code block has a syntax error."""
    assert page.text.count("```python") == len(page.blocks("python"))
    for block in page.blocks("python"):
        compile(block, page.path, "exec")


PROGRAMS = [block for page in PAGES if page.path not in FOR_DEVELOPERS for block in page.blocks("python")]
EXAMPLES = [path.read_text() for path in (ROOT / "examples").rglob("*.py")]


@pytest.mark.parametrize("block", PROGRAMS, ids=lambda _: "block")
def test_every_python_block_runs(block: str, tmp_path: Path) -> None:
    """Each code block is a program that declares resources, or a part of an example, which has its own tests."""
    if ".get(" in block and not HAS_GET:
        pytest.skip(f"MailFromDomain.get needs the Pulumi SDK 3.270, not {SDK}")
    if not any(block in example for example in EXAMPLES):
        assert _run(block, tmp_path).resources


def _run(block: str, folder: Path) -> Run:
    program = folder / "__main__.py"
    program.write_text(block)
    return run_program(program, {"aws:region": "us-east-1"})


def test_moving_keeps_the_setting(tmp_path: Path) -> None:
    """Theirs is retained before ours takes its place, with the same values."""
    programs = blocks(BY_PATH["docs/migrating.md"].section("From pulumi-aws"), "python")
    before, retained, after = (_run(block, tmp_path) for block in programs)
    (theirs,), (kept,) = before.of_type("aws:ses/mailFrom:MailFrom"), retained.of_type("aws:ses/mailFrom:MailFrom")
    assert theirs.inputs == kept.inputs
    assert (False, True) == (theirs.retain_on_delete, kept.retain_on_delete)
    (ours,) = after.mail_from_domains()
    assert not after.of_type("aws:ses/mailFrom:MailFrom")
    assert {"identity": kept.inputs["domain"], "mail_from_domain": kept.inputs["mailFromDomain"]} == ours.inputs


def test_every_example_is_listed() -> None:
    """The table of examples has every folder of them."""
    folders = {program.parent.name for program in (ROOT / "examples").glob("*/__main__.py")}
    assert folders == set(re.findall(r"^\| \[(\w+)\]\(\.\./examples/", OVERVIEW.section("Examples"), re.MULTILINE))
