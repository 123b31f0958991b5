"""The figures, tables and plot of `make bench`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.measure import GET, SET, Measured, floor, names
from bench.report import PAGE_MARKS, as_json, from_json, in_page, page_table, plot, table, target_table
from bench.targets import Target, against_plain, of_refresh, of_size, of_writes


def _measured(
    provider: str = "ours", operation: str = "create", number: int = 40, seconds: float = 44.0, done: int | None = None
) -> Measured:
    return Measured(
        provider=provider,
        operation=operation,
        number=number,
        rate=1.0,
        seconds=seconds,
        calls={GET: 10, SET: number},
        throttled=1,
        done=number if done is None else done,
        peak_memory=80_000_000,
        state_size=1900,
    )


@pytest.mark.parametrize(
    ("operation", "number", "rate", "expected"),
    [
        ("create", 40, 1.0, 40),
        ("destroy", 1000, 20.0, 50),
        ("refresh", 300, 1.0, 3),
        ("refresh", 301, 1.0, 4),
        ("no-change up", 40, 1.0, None),
        ("create", 40, None, None),
    ],
)
def test_floor(operation: str, number: int, rate: float | None, expected: float | None) -> None:
    """The floor is one Set per resource or one Get per 100; without a rate limit or changes there is none."""
    assert expected == floor(operation, number, rate)


def test_ratio() -> None:
    """The ratio to the floor exists only for operations that succeeded."""
    assert pytest.approx(1.1) == _measured().ratio
    assert _measured(done=4).ratio is None


def test_names_are_different() -> None:
    """The identities are distinct."""
    assert 5000 == len(set(names(5000)))


def test_table() -> None:
    """The table has a row per measurement; a failed one shows how many resources succeeded."""
    lines = table([_measured(), _measured("plain", done=4)]).splitlines()
    assert "N   operation  provider  rate/s  seconds  floor  ratio  Get  Set  List  throttled  done" == lines[0]
    assert "40  create     ours      1       44.0     40.0   1.10   10   40   0    1          all" == lines[1].replace(
        "0     1", "0    1"
    )
    assert lines[2].endswith("failed: 4 of 40")


def test_targets() -> None:
    """A target is reached if the value is within the limit."""
    found = [
        *of_writes(_measured(), 1.1, 14),
        *of_refresh(_measured(operation="refresh"), 5000, 15, 8),
        against_plain(_measured(seconds=13), _measured("plain", seconds=10), 1.3),
        *of_size(_measured()),
    ]
    assert [1.1, 10, 1, 44, 50, 1.3, 80, 1900] == [target.value for target in found]
    assert [True, True, True, False, False, True, True, True] == [target.reached for target in found]
    assert 2 == target_table(found).count("NOT reached")


def test_json() -> None:
    """The JSON has all measurements and targets."""
    figures = json.loads(as_json([_measured()], [Target("speed", 1, 2)]))
    assert {"create"} == {one["operation"] for one in figures["operations"]}
    assert [{"description": "speed", "value": 1, "limit": 2, "unit": "", "reached": True}] == figures["targets"]


ROOT = Path(__file__).parents[2]


def test_page_table() -> None:
    """The table has both providers in each row and replaces the text between the markers."""
    measured = [_measured(), _measured("plain", done=4), _measured(operation="no-change up")]
    measured.append(_measured("plain", operation="no-change up"))
    head, rule, create, unchanged = page_table(measured).splitlines()
    assert 8 == head.count(" | ") + 1 == rule.count("---")
    assert "| 40 | create | 1/s | 40 s | 44.0 s | 50 (1) | failed: 4 of 40 | 50 (1) |" == create
    assert "| 40 | no-change up |  |  | 44.0 s | 50 (1) | 44.0 s | 50 (1) |" == unchanged
    begin, end = PAGE_MARKS
    assert f"a {begin}\n\nnew\n\n{end} z" == in_page(f"a {begin}old{end} z", "new")


def test_the_page_shows_what_was_measured() -> None:
    """The page shows the figures in docs/bench."""
    page, figures = (ROOT / "docs/many-identities.md").read_text(), (ROOT / "docs/bench/bench.json").read_text()
    assert in_page(page, page_table(from_json(figures))) == page


def test_plot(tmp_path: Path) -> None:
    """The plot is reproducible."""
    measured = [
        _measured(provider, operation, number)
        for provider in ("ours", "plain")
        for operation in ("create", "refresh", "destroy")
        for number in (10, 100)
    ]
    for name in ("a", "b"):
        plot(measured, tmp_path / f"{name}.svg")
    assert (tmp_path / "a.svg").read_text() == (tmp_path / "b.svg").read_text()
