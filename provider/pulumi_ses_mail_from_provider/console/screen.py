"""The output of the commands: status marks, tables, and a progress line.

Text from SES and DNS is passed to rich as `Text`, so that it is never read as markup. Output to a pipe has no
colors, and is neither wrapped nor truncated.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pulumi_ses_mail_from_provider.rules.model import Absent, Found, MailFromAttributes, MailFromDomainStatus

from .options import Progress

GOOD: Final = ("✓", "+", "green")
BAD: Final = ("✗", "x", "bold red")
WARNING: Final = ("!", "!", "yellow")
UNSURE: Final = ("?", "?", "magenta")
WAITING: Final = ("…", "~", "cyan")
REFUSED: Final = ("⊘", "#", "bold red")
NOTHING: Final = ("-", "-", "dim")
Mark = tuple[str, str, str]
"""A mark, its replacement where the encoding does not have it, and its style."""

_STATUS: Final[dict[str, Mark]] = {
    MailFromDomainStatus.SUCCESS.value: GOOD,
    MailFromDomainStatus.PENDING.value: WAITING,
    MailFromDomainStatus.TEMPORARY_FAILURE.value: WARNING,
    MailFromDomainStatus.FAILED.value: BAD,
}
_ABSENT: Final[dict[Absent, tuple[Mark, str]]] = {
    Absent.MAIL_FROM_DOMAIN: (NOTHING, "not set"),
    Absent.IDENTITY: (UNSURE, "not known to SES"),
}
NAMES: Final = ("IDENTITY", "MAIL FROM DOMAIN")
"""The columns whose values may be wrapped."""

_UNLIMITED_WIDTH: Final = 100_000


class Screen:
    """Standard output."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False, emoji=False)
        self.is_terminal = self._console.is_terminal
        if not self.is_terminal:
            self._console.width = _UNLIMITED_WIDTH

    @property
    def width(self) -> int:
        """The number of columns."""
        return self._console.width

    def marked(self, mark: Mark, text: str, *, styled: bool = False) -> Text:
        """A text after a mark.

        Args:
            mark: The mark.
            text: The text.
            styled: Whether the text has the style of the mark, too.
        """
        sign, replacement, style = mark
        try:
            sign.encode(self._console.encoding)
        except UnicodeEncodeError:
            sign = replacement
        return Text(f"{sign} {text}", style) if styled else Text.assemble((sign, style), f" {text}")

    def status(self, found: Found) -> Text:
        """The status of a MAIL FROM domain, or why there is none, with its mark."""
        if isinstance(found, MailFromAttributes):
            mark = REFUSED if found.rejects_mail else _STATUS.get(found.status, UNSURE)
            return self.marked(mark, found.status, styled=True)
        return self.marked(*_ABSENT[found], styled=True)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[Text | str]]) -> None:
        """Print a table without borders."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for column in columns:
            no_wrap = column not in NAMES or not self.is_terminal
            table.add_column(column, overflow="fold", no_wrap=no_wrap, min_width=len(column))
        for row in rows:
            table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
        self.print(table)

    def print(self, *renderables: Table | Text | str, wrap: bool = True) -> None:
        """Print each of them on lines of its own.

        Args:
            *renderables: What to print.
            wrap: Whether to wrap long lines. Lines that users copy should not be wrapped.
        """
        with self._console.capture() as captured:
            for renderable in renderables:
                self._console.print(renderable, soft_wrap=not wrap)
        lines = captured.get().splitlines()
        # Not written by rich, whose versions differ in how they treat a broken pipe.
        sys.stdout.write("".join(f"{line.rstrip()}\n" for line in lines))


@contextlib.contextmanager
def progress() -> Iterator[Progress]:
    """A function that shows on stderr what the command is doing, if that is a terminal."""
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    if not console.is_terminal or not sys.stderr.isatty():
        yield lambda _: None
        return
    with console.status("") as status:
        yield lambda text: status.update(Text(f"{text} …"))
