"""`make picture`: docs/console.svg, from the output of `ses-mail-from` in a terminal.

The commands run against the SES stand-in and a scripted name server.
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import Final

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT: Final = Path(__file__).parents[1]
PICTURE: Final = ROOT / "docs" / "console.svg"
COLUMNS: Final = 100
REGION: Final = "us-east-1"
COMMANDS: Final = (
    ("status",),
    ("doctor", "example.com", "shop.example"),
)

sys.path.insert(0, str(ROOT / "tests"))

from functional.terminal import in_terminal, published, zone  # noqa: E402
from support.name_server import ScriptedNameServer  # noqa: E402
from support.stand_in import SesStandIn  # noqa: E402


def main() -> None:
    """Write the picture."""
    PICTURE.write_text(drawn(output()))
    print(PICTURE)


def output() -> list[tuple[str, str]]:
    """Return the command lines and their output in a terminal with colours."""
    records = {
        **published("bounce.example.com"),
        # A common mistake in DNS editors: the zone is appended twice.
        "bounce.shop.example.shop.example": published("")[""][:1],
        "bounce.shop.example": published("")[""][1:],
        "_dmarc.shop.example": published("")["_dmarc."],
    }
    with SesStandIn(rate=None) as ses, ScriptedNameServer(zone(records)) as name_server:
        ses.verify(REGION, "example.com", "jane@example.org", "news.example", "plain.example", "shop.example")
        ses.put(REGION, "example.com", "bounce.example.com", behavior="RejectMessage")
        ses.put(REGION, "jane@example.org", "bounce.example.org", status="Pending")
        ses.put(REGION, "news.example", "bounce.news.example", status="TemporaryFailure")
        ses.put(REGION, "shop.example", "bounce.shop.example", status="Failed")
        variables = {
            "AWS_ENDPOINT_URL": ses.url,
            "AWS_ACCESS_KEY_ID": "AKIDPICTURE",
            "AWS_SECRET_ACCESS_KEY": "of-the-stand-in",
            "AWS_REGION": REGION,
        }
        shown = []
        for command in COMMANDS:
            nameserver = ["--nameserver", name_server.address] if command[0] == "doctor" else []
            ran = in_terminal(*command, *nameserver, columns=COLUMNS, variables=variables)
            # The command erases its progress line: what follows the last erasure remains.
            shown.append((f"ses-mail-from {' '.join(command)}", ran.out.rpartition("\x1b[2K")[2]))
    return shown


def drawn(shown: list[tuple[str, str]]) -> str:
    """Return the SVG of a terminal, which needs nothing from elsewhere."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for command, text in shown:
        console.print(Text.assemble(("$ ", "green"), (command, "bold")))
        console.print(Text.from_ansi(text.rstrip("\n")))
        if command is not shown[-1][0]:
            console.print()
    template = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    template = template.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace")
    template = template.replace("<svg ", '<svg xml:space="preserve" ', 1)  # some renderers collapse spaces otherwise
    return console.export_svg(title="ses-mail-from", code_format=template, theme=MONOKAI, unique_id="terminal")


if __name__ == "__main__":
    main()
