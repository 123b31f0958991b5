"""The pages of the documentation, taken apart for tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Page:
    """A page in Markdown, as GitHub renders it.

    Attributes:
        path: Relative to the root of the repository.
        text: Its text.
    """

    path: str
    text: str

    @classmethod
    def read(cls, path: str) -> Page:
        """Read a page.

        Args:
            path: Relative to the root of the repository.
        """
        return cls(path, (ROOT / path).read_text())

    def __str__(self) -> str:
        return self.path

    def section(self, title: str) -> str:
        """The text below a heading, down to the next one of the same or a higher level."""
        heading = re.search(rf"^(#+) {re.escape(title)}\n", self.text, re.MULTILINE)
        assert heading, f"{self.path} has no section {title}"
        rest = self.text[heading.end() :]
        end = re.search(rf"^#{{1,{len(heading[1])}}} ", rest, re.MULTILINE)
        return rest[: end.start()] if end else rest

    @property
    def prose(self) -> str:
        """The text without its code blocks."""
        return re.sub(r"^( *)```.*?^\1```$", "", self.text, flags=re.DOTALL | re.MULTILINE)

    def headings(self, level: int) -> list[str]:
        """The headings of one level, in order."""
        return re.findall(rf"^{'#' * level} (.*)$", self.prose, re.MULTILINE)

    @property
    def anchors(self) -> set[str]:
        """The anchors of its headings."""
        headings = re.findall(r"^#+ (.*)$", self.prose, re.MULTILINE)
        return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    def links(self) -> Iterator[tuple[str, str]]:
        """The path and the anchor of each link within the repository. Either may be empty."""
        for target in re.findall(r"\]\((?!https?:)(.*?)\)", self.prose):
            path, _, anchor = target.partition("#")
            yield path, anchor

    def blocks(self, language: str) -> list[str]:
        """The code blocks in a language."""
        return blocks(self.text, language)

    def commands(self, name: str) -> list[str]:
        """The command lines of a program, in blocks and in the text."""
        lines = [line for block in self.blocks("sh") for line in block.replace("\\\n", " ").splitlines()]
        lines += re.findall(r"`([^`\n]+)`", self.prose)
        return [line.strip() for line in lines if re.match(rf"\s*{re.escape(name)}(\s|$)", line)]


def blocks(text: str, language: str) -> list[str]:
    """The code blocks of a text in a language, without their indentation."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", text, re.DOTALL | re.MULTILINE)
    return [dedent(block) for _, block in found]


def first_cells(text: str) -> set[str]:
    """The code in the first column of the tables of a text."""
    rows = re.findall(r"^\|(.*?)\|", text, re.MULTILINE)
    return {code for row in rows for code in re.findall(r"`(.*?)`", row)}


PAGES = tuple(
    Page.read(str(path.relative_to(ROOT)))
    for path in (
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        ROOT / "CONTRIBUTING.md",
        *sorted((ROOT / "docs").glob("*.md")),
    )
)
"""All pages."""

BY_PATH = {page.path: page for page in PAGES}

ON_EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=str)
"""Runs a test with every page."""
