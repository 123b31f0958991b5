"""docs/stand-in.md describes the stand-in as it is."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path
from typing import Final

import pytest

from support import stand_in
from support.stand_in import Journal, Rules, SesStandIn
from support.stand_in.__main__ import options_parser
from support.stand_in.actions import ACTIONS

PAGE: Final = (Path(__file__).parents[2] / "docs/stand-in.md").read_text()
TYPES: Final = {"Call", "Change", "Effect", "Fault", "Journal", "Rules"}
"""Exported for annotations."""


def _section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def _first_cells(text: str) -> set[str]:
    """Return the code in the first column of the tables in `text`."""
    rows = re.findall(r"^\|(.*?)\|", text, re.MULTILINE)
    return {code for row in rows for code in re.findall(r"`(\w+|--[\w-]+)", row)}


def _public(class_: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(class_, inspect.isfunction) if not name.startswith("_")}


def test_the_options_are_in_the_table() -> None:
    """The table has all options of the command."""
    options = {text for action in options_parser()._actions for text in action.option_strings}
    assert options - {"-h", "--help"} == _first_cells(_section("Run it by hand"))


def test_arguments_and_methods_are_in_the_tables() -> None:
    """The tables have all arguments of the constructor and all methods."""
    arguments = set(inspect.signature(SesStandIn).parameters)
    assert arguments | _public(SesStandIn) == _first_cells(_section("Use it in a test"))


def test_rules_faults_and_actions_are_described() -> None:
    """The page has all rules, effects, actions and methods of the journal."""
    assert {field.name for field in fields(Rules)} == _first_cells(_section("Configurable behaviour"))
    code = set(re.findall(r"\w+", "".join(re.findall(r"`+[^`]+`+", PAGE))))
    documented = {*ACTIONS, *stand_in.__all__, *(_public(Journal) - {"begin", "end"})}
    assert documented - code - TYPES - {"DEFAULT_ACCOUNT"} == set()


def test_the_example_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python example runs."""
    monkeypatch.setattr("time.sleep", lambda _: None)  # botocore sleeps before its retry
    (example,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    exec(compile(example, "docs/stand-in.md", "exec"), {})  # noqa: S102 - our own page
