"""The figures, tables and plot of `make bench`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import __main__ as command
from bench.measure import GET, SET, Measured, floor, names
from bench.plot import plot
from bench.report import (
    MARKS,
    as_json,
    from_json,
    in_page,
    markdown_table,
    merged,
    note,
    outcome,
    page_with_table,
    table,
    target_table,
)
from bench.targets import Target, against_plain, of_refresh, of_size, of_writes

ROOT = Path(__file__).parents[2]


def _measured(  # noqa: PLR0913, PLR0917 - the parts of a measurement
    provider: str = "ours",
    operation: str = "create",
    number: int = 40,
    seconds: float = 44.0,
    done: int | None = None,
    rate: float | None = 1.0,
    date: str = "2026-01-31",
) -> Measured:
    return Measured(
        provider=provider,
        operation=operation,
        number=number,
        rate=rate,
        seconds=seconds,
        calls={GET: 10, SET: number},
        throttled=1,
        done=number if done is None else done,
        peak_memory=80_000_000,
        state_size=1900,
        date=date,
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
    lines = [line.split("  ") for line in table([_measured(), _measured("plain", done=4)]).splitlines()]
    head, ours, plain = ([cell.strip() for cell in line if cell] for line in lines)
    assert head == [
        *("N", "operation", "provider", "rate/s", "seconds", "floor", "ratio"),
        *("Get", "Set", "List", "throttled", "done", "measured"),
    ]
    assert ours == [
        *("40", "pulumi up", "this package", "1", "44.0", "40.0", "1.10"),
        *("10", "40", "0", "1", "all", "2026-01-31"),
    ]
    assert ["failed after 4", "2026-01-31"] == plain[-2:]


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
    """The JSON has all measurements and targets, and can be read again."""
    text = as_json([_measured()], [Target("speed", 1, 2)])
    figures = json.loads(text)
    assert {"create"} == {one["operation"] for one in figures["operations"]}
    assert [{"description": "speed", "value": 1, "limit": 2, "unit": "", "reached": True}] == figures["targets"]
    assert ([_measured()], [Target("speed", 1, 2)]) == from_json(text)


def test_stored_figures_are_kept_until_measured_again() -> None:
    """New figures replace those of the same number, operation and provider; the order does not depend on them."""
    stored = [_measured(number=1000, date="2025-12-31"), _measured("plain", number=10), _measured(number=10)]
    new = [_measured(number=10, seconds=11.0), _measured(operation="destroy", number=10)]
    assert [
        (10, "create", "ours", 11.0),
        (10, "create", "plain", 44.0),
        (10, "destroy", "ours", 44.0),
        (1000, "create", "ours", 44.0),
    ] == [(one.number, one.operation, one.provider, one.seconds) for one in merged(stored, new)]


def test_markdown_table() -> None:
    """The table has all providers in each row, and its dates below."""
    measured = [_measured(), _measured("plain", done=4), _measured(operation="no-change up")]
    measured += [_measured("plain", operation="no-change up"), _measured(operation="refresh", number=1000)]
    measured += [_measured("plain", operation="refresh", number=1000, done=0)]
    head, rule, create, unchanged, refresh, empty, when = markdown_table(measured).splitlines()
    assert "| N | operation | floor | this package | calls (throttled) | plain | calls (throttled) |" == head
    assert 7 == rule.count("---")
    assert "| 40 | pulumi up | 40 s | 44.0 s | 50 (1) | failed after 4 | 50 (1) |" == create
    assert "| 40 | pulumi up, no changes |  | 44.0 s | 50 (1) | 44.0 s | 50 (1) |" == unchanged
    assert "| 1,000 | pulumi refresh | 10 s | 44.0 s | 1010 (1) | failed | 1010 (1) |" == refresh
    assert ("", note(measured)) == (empty, when)


def test_a_further_provider_has_columns_of_its_own() -> None:
    """The native provider is shown once it is measured; a cell without a measurement is empty."""
    measured = merged([], [_measured("native"), _measured(), _measured(operation="refresh")])
    head, _, create, refresh, *_ = markdown_table(measured).splitlines()
    assert "| N | operation | floor | this package | calls (throttled) | native | calls (throttled) |" == head
    assert create.endswith("| 44.0 s | 50 (1) | 44.0 s | 50 (1) |")
    assert refresh.endswith("| 44.0 s | 50 (1) |  |  |")


def test_note() -> None:
    """Each number of resources has its date, and its rate if that is not the one of SES."""
    measured = [_measured(), _measured(number=1000, rate=5.0, date="2025-12-31"), _measured(number=10)]
    assert "Measured with N = 10, 40 on 2026-01-31; N = 1,000 on 2025-12-31 at 5 requests per second." == note(measured)


def test_the_page_shows_what_was_measured() -> None:
    """The page has the figures in docs/bench between its marks."""
    measured, _ = from_json((ROOT / "docs/bench/bench.json").read_text())
    page = page_with_table(ROOT).read_text()
    assert in_page(page, markdown_table(measured)) == page
    begin, end = MARKS
    assert f"a {begin}\n\nnew\n\n{end} z" == in_page(f"a {begin}old{end} z", "new")


def test_the_plot_shows_what_was_measured() -> None:
    """The committed plot names all failures in docs/bench, and the days of the measurements."""
    measured, _ = from_json((ROOT / "docs/bench/bench.json").read_text())
    text = (ROOT / "docs/bench/seconds.svg").read_text()
    assert note([one for one in measured if one.rate]) in text
    failures = [one for one in measured if one.operation != "no-change up" and not one.succeeded]
    assert len(failures) == text.count(">failed<")
    for one in failures:
        assert f">{outcome(one).removeprefix('failed ')}<" in text


def test_plot(tmp_path: Path) -> None:
    """A failed operation is no point of a line: it is named, with the number of resources that succeeded."""
    measured = [_measured("ours", "create", number, seconds=number * 1.1) for number in (10, 100)]
    measured += [_measured("plain", "create", 10), _measured("plain", "create", 100, done=7)]
    measured += [_measured(operation=operation) for operation in ("refresh", "destroy")]
    for name in ("a", "b"):
        plot(measured, tmp_path / f"{name}.svg")
    text = (tmp_path / "a.svg").read_text()
    assert (tmp_path / "b.svg").read_text() == text
    for label in ("this package", "plain", "floor", "pulumi up", "seconds", "after 7", note(measured)):
        assert f">{label}<" in text
    plot([*measured, _measured(number=1000, rate=5.0)], tmp_path / "a.svg")
    assert "Other rates are scaled to 1 request per second." in (tmp_path / "a.svg").read_text()


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It stores each number once it is measured, keeps the rest, and writes plot and table."""
    page, file = tmp_path / "page.md", tmp_path / "bench.json"
    page.write_text(" ".join(MARKS))
    file.write_text(as_json([_measured(number=1000, date="2025-12-31")], [Target("speed", 3, 2)]))
    for name in ("PULUMI_HOME", "PULUMI_SKIP_UPDATE_CHECK", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(command, "promises", lambda: [Target("speed", 1, 2)])

    def side_by_side(number: int) -> list[Measured]:
        if number == 100:
            raise KeyboardInterrupt
        return [_measured(provider, number=number) for provider in ("ours", "plain")]

    monkeypatch.setattr(command, "side_by_side", side_by_side)
    here = ["--output", str(tmp_path), "--page", str(page)]
    with pytest.raises(KeyboardInterrupt):
        command.main([*here])
    assert [10, 10, 1000] == [one.number for one in from_json(file.read_text())[0]]
    assert 1 == command.main([*here, "--draw"])  # the stored target is missed
    assert 0 == command.main([*here, "--numbers", "20"])
    measured, targets = from_json(file.read_text())
    assert [10, 10, 20, 20, 1000] == [one.number for one in measured]
    assert ["speed", "peak memory of the provider process, 1000 resources"] == [one.description for one in targets][:2]
    assert markdown_table(measured) in page.read_text()
    assert (tmp_path / "seconds.svg").exists()
    assert "this package" in capsys.readouterr().out
