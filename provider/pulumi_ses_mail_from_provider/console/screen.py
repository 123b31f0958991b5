"""What the terminal shows: marks that read without colour, tables, a sign of life.

Whatever SES or DNS answered goes through `Text`, never through rich's markup. In a pipe nothing is coloured, wrapped
or cut.
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
NOTHING: Final = ("-", "-", "dim")
Mark = tuple[str, str, str]
"""A mark, one for terminals that have ASCII only, and its style."""

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
_ENDLESS: Final = 100_000  # columns of a pipe


class Screen:
    """Standard output."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False, emoji=False)
        self.wraps = self._console.is_terminal
        if not self.wraps:
            self._console.width = _ENDLESS

    @property
    def width(self) -> int:
        """Columns."""
        return self._console.width

    def marked(self, mark: Mark, words: str, *, loudly: bool = False) -> Text:
        """Words after their mark. loudly: both in the mark's colour."""
        sign, ascii_sign, style = mark
        try:
            sign.encode(self._console.encoding)
        except UnicodeEncodeError:
            sign = ascii_sign
        return Text(f"{sign} {words}", style) if loudly else Text.assemble((sign, style), f" {words}")

    def status(self, found: Found) -> Text:
        """The status of a setting, or why there is none."""
        if isinstance(found, MailFromAttributes):
            return self.marked(_STATUS.get(found.status, UNSURE), found.status, loudly=True)
        return self.marked(*_ABSENT[found], loudly=True)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[Text | str]]) -> None:
        """Print a table without lines. Only the columns of names may be broken."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for column in columns:
            fixed = column not in NAMES or not self.wraps
            table.add_column(column, overflow="fold", no_wrap=fixed, min_width=len(column))
        for row in rows:
            table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
        self.show(table)

    def show(self, *renderables: Table | Text | str, whole_lines: bool = False) -> None:
        """Print them. whole_lines: never broken by us, so that they can be copied."""
        with self._console.capture() as captured:
            for renderable in renderables:
                self._console.print(renderable, soft_wrap=whole_lines)
        lines = captured.get().splitlines()
        # Not by the console: what it does when a pipe is cut differs from version to version.
        sys.stdout.write("".join(f"{line.rstrip()}\n" for line in lines))


@contextlib.contextmanager
def progress() -> Iterator[Progress]:
    """A function that shows what is being done, on stderr, if that is a terminal."""
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    if not console.is_terminal or not sys.stderr.isatty():
        yield lambda _: None
        return
    with console.status("") as status:
        yield lambda words: status.update(Text(f"{words} …"))
