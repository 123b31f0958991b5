"""docs/architecture.md and its picture describe the rooms as they are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import architecture

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs/architecture.md").read_text()
PROVIDER: Final = ROOT / "provider/pulumi_ses_mail_from_provider"


def test_the_picture_is_current() -> None:
    """The committed picture is what `make picture` draws from the import contracts."""
    assert architecture.draw() == architecture.PICTURE.read_text()


def test_the_picture_needs_nothing_from_elsewhere() -> None:
    """The picture loads no fonts, images or scripts."""
    assert set(re.findall(r"\w+://[^\"\s]+", architecture.draw())) == {"http://www.w3.org/2000/svg"}


def test_every_room_is_described() -> None:
    """The table has all rooms of the provider and no others."""
    rooms = PAGE.partition("## Rooms")[2].partition("\n\nExcept")[0]
    there = {path.stem for path in PROVIDER.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert set(re.findall(r"^\| `(\w+)` \|", rooms, re.MULTILINE)) == there - {"__init__"}


def test_every_file_exists() -> None:
    """All files and folders that the page names exist."""
    names = set(re.findall(r"`([\w./-]+/[\w./-]*|[\w-]+\.(?:py|md|toml))`", PAGE))
    assert [name for name in sorted(names) if not (PROVIDER / name).exists() and not (ROOT / name).exists()] == []
    code = "".join(path.read_text() for path in (*PROVIDER.rglob("*.py"), *(ROOT / "sdk").rglob("*.py")))
    classes = set(re.findall(r"`([A-Z]\w+|[A-Z_]+|_[A-Z]+)(?:\.\w+)*`", PAGE)) - {"Success"}
    assert [name for name in sorted(classes) if not re.search(rf"\b{name}\b", code)] == []
