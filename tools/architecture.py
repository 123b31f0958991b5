"""`make picture`: docs/architecture.svg, from the import contracts in pyproject.toml."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

from importlinter.api import read_configuration

ROOT: Final = Path(__file__).resolve().parents[1]
PICTURE: Final = ROOT / "docs" / "architecture.svg"
DISTRIBUTIONS: Final = {"dns": "dnspython"}
WIDTH, MARGIN, GAP, HEIGHT, FONT = 640, 24, 32, 52, "ui-sans-serif, system-ui, Helvetica, Arial, sans-serif"


@dataclass(frozen=True)
class Room:
    """A box of the picture.

    Attributes:
        name: The package or room.
        libraries: The libraries that are reserved for it.
        skips: The rooms below that it must not import.
    """

    name: str
    libraries: tuple[str, ...] = ()
    skips: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Box:
    """A room and its place in the picture."""

    room: Room
    left: float
    right: float
    top: float

    @property
    def center(self) -> float:
        """The horizontal center."""
        return (self.left + self.right) / 2


def main() -> None:
    """Write the picture."""
    PICTURE.write_text(draw())
    print(PICTURE)


def draw() -> str:
    """Return the SVG, which needs nothing from elsewhere."""
    contracts = {
        contract["id"]: contract for contract in read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"]
    }
    sdk, provider = contracts["packages"]["layers"]
    levels = [[_room(name, provider, contracts) for name in _names(layer)] for layer in contracts["rooms"]["layers"]]
    top = Box(_room(sdk, "", contracts), MARGIN, WIDTH - MARGIN, MARGIN)
    rows = _rows(levels, top.top + HEIGHT + 2 * GAP + 8)
    bottom = rows[-1][0].top + HEIGHT + MARGIN
    container = (
        f'<rect class="package" x="{MARGIN}" y="{top.top + HEIGHT + GAP:g}" width="{WIDTH - 2 * MARGIN}" rx="8" '
    )
    parts = [
        f'{container}height="{bottom - top.top - HEIGHT - GAP:g}"/>',
        f'<text class="small" x="{MARGIN + 12}" y="{top.top + HEIGHT + GAP + 22:g}">{escape(provider)}</text>',
        _arrow(WIDTH / 2, top.top + HEIGHT, top.top + HEIGHT + GAP),
        *_arrows(rows),
        *(_drawn(box) for box in [top, *(box for row in rows for box in row)]),
        f'<text class="small" x="{MARGIN}" y="{bottom + 24:g}">A room may import all rooms below it.'
        " Small print: libraries reserved for the room.</text>",
    ]
    height = bottom + 40
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" role="img"'
            f' width="{WIDTH}" height="{height:g}" font-family="{FONT}">',
            "<title>Packages, rooms and the direction of imports</title>",
            "<style>",
            ".page { fill: #ffffff } .package { fill: #f6f8fa; stroke: #8c959f }",
            ".room { fill: #ffffff; stroke: #57606a; stroke-width: 1.5 } .name { font-size: 16px; font-weight: 600 }",
            ".small { font-size: 12px; fill: #57606a } .middle { text-anchor: middle }",
            ".arrow { stroke: #57606a; stroke-width: 1.5 } .head { fill: #57606a }",
            "</style>",
            f'<rect class="page" width="{WIDTH}" height="{height:g}" rx="8"/>',
            *parts,
            "</svg>",
            "",
        ]
    )


def _names(layer: str) -> list[str]:
    """Return the rooms of a layer. Optional ones, in parentheses, are left out until they exist."""
    package = ROOT / "provider" / "pulumi_ses_mail_from_provider"
    names = [name.strip() for name in re.split(r"[|:]", layer)]
    there = [name for name in names if not name.startswith("(")]
    optional = {name.strip("()") for name in names} - {*there}
    exist = {name for name in optional if (package / name).is_dir() or (package / f"{name}.py").is_file()}
    return [name.strip("()") for name in names if name.strip("()") in {*there, *exist}]


def _room(name: str, package: str, contracts: Mapping[str, Mapping[str, Any]]) -> Room:
    module = f"{package}.{name}".lstrip(".")
    libraries: list[str] = []
    skips: set[str] = set()
    for contract in contracts.values():
        exempt = {ignored.partition(" -> ")[0].removesuffix(".**") for ignored in contract.get("ignore_imports", ())}
        if module in exempt:
            libraries += [DISTRIBUTIONS.get(library, library) for library in contract["forbidden_modules"]]
        if [module] == contract.get("source_modules"):
            skips.update(forbidden.rpartition(".")[2] for forbidden in contract["forbidden_modules"])
    return Room(name, tuple(libraries), frozenset(skips))


def _rows(levels: Iterable[list[Room]], top: float) -> list[list[Box]]:
    """Place the rooms. One that the room above it skips makes way, so that the arrow can pass beside it."""
    rows: list[list[Box]] = []
    for level in levels:
        left, right = 2.0 * MARGIN, WIDTH - 2.0 * MARGIN
        above = rows[-1] if rows else []
        users = [box for box in above if box.room.skips.isdisjoint(room.name for room in level)]
        if len(users) < len(above):
            left, right = users[0].left, users[-1].right
        width = (right - left - MARGIN * (len(level) - 1)) / len(level)
        lefts = [left + number * (width + MARGIN) for number in range(len(level))]
        rows.append([Box(room, start, start + width, top) for room, start in zip(level, lefts, strict=True)])
        top += HEIGHT + GAP
    return rows


def _arrows(rows: list[list[Box]]) -> Iterable[str]:
    for number, row in enumerate(rows[:-1]):
        for box in row:
            below = next(
                lower for lower in rows[number + 1 :] if not box.room.skips & {other.room.name for other in lower}
            )
            centers = [box.center] if len(row) >= len(below) else [other.center for other in below]
            for center in centers:
                yield _arrow(center, box.top + HEIGHT, below[0].top)


def _arrow(center: float, start: float, end: float) -> str:
    return (
        f'<line class="arrow" x1="{center:g}" y1="{start:g}" x2="{center:g}" y2="{end - 8:g}"/>'
        f'<path class="head" d="M {center - 5:g} {end - 9:g} h 10 l -5 9 z"/>'
    )


def _drawn(box: Box) -> str:
    middle, width = box.top + HEIGHT / 2, box.right - box.left
    name_at = middle - 2 if box.room.libraries else middle + 6
    lines = [
        f'<rect class="room" x="{box.left:g}" y="{box.top:g}" width="{width:g}" height="{HEIGHT}" rx="6"/>',
        f'<text class="name middle" x="{box.center:g}" y="{name_at:g}">{escape(box.room.name)}</text>',
    ]
    if box.room.libraries:
        libraries = escape(", ".join(box.room.libraries))
        lines.append(f'<text class="small middle" x="{box.center:g}" y="{middle + 16:g}">{libraries}</text>')
    return "\n".join(lines)


if __name__ == "__main__":
    main()
