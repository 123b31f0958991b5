from __future__ import annotations

import contextlib
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_ses_mail_from_provider.rules import durations
from pulumi_ses_mail_from_provider.rules.errors import InvalidInput
from pulumi_ses_mail_from_provider.rules.names import shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30m", 1800),
        ("1h30m", 5400),
        ("90s", 90),
        ("1.5h", 5400),
        (".5s", 0.5),
        ("1.s", 1),
        ("1500ms", 1.5),
        ("0s", 0),
        ("1h1m1s1ms1us1µs1ns", 3661.001002001),
        ("2562047h47m16.854775807s", 9223372036.854775807),
    ],
)
def test_seconds(text: str, expected: float) -> None:
    """Durations of Go are accepted."""
    assert durations.seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "30", "m", "-30m", "+30m", "30 m", "30min", "1d", "half an hour", "30m ", "٣m"])
def test_invalid_durations(text: str) -> None:
    """Anything else is refused with examples of valid durations."""
    with pytest.raises(InvalidInput, match="is not a duration: give one such as '30m', '1h30m' or '90s'"):
        durations.seconds(text)


@pytest.mark.parametrize("text", ["9" * 400 + "h", "2562047h47m17s", "2562048h", "9" * 5000 + "ns", "1" * 11 + "s"])
def test_too_long_durations(text: str) -> None:
    """A duration that Go could not store is refused with the longest possible one."""
    with pytest.raises(
        InvalidInput, match="is too long: a duration is at most 2562047h47m16s, about 292 years"
    ) as refused:
        durations.seconds(text)
    assert str(refused.value).startswith(f"{shown(text)} is too long")
    assert len(str(refused.value)) < 200


def test_a_long_text_is_refused_quickly() -> None:
    """Parsing time does not grow with the square of the length."""
    started = time.process_time()
    with pytest.raises(InvalidInput, match="is not a duration"):
        durations.seconds("9" * 40_000)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (0, "0s"),
        (59.6, "1m"),
        (90, "1m30s"),
        (3600, "1h"),
        (3661, "1h1m1s"),
        (-90, "0s"),
        (math.nan, "0s"),
        (-math.inf, "0s"),
        (math.inf, "2562047h47m16s"),
        (9223372036.854775807, "2562047h47m16s"),
        (10**400, "2562047h47m16s"),
    ],
)
def test_words(length: float, expected: str) -> None:
    """Seconds become a duration, rounded to the second."""
    assert expected == durations.words(length)


@given(st.integers(0, 10**7))
def test_words_are_durations(length: int) -> None:
    """The result parses to the same number."""
    assert length == durations.seconds(durations.words(length))


@given(st.floats() | st.integers())
def test_words_of_any_number(length: float) -> None:
    """Any number becomes a duration that parses."""
    assert durations.seconds(durations.words(length)) >= 0


@given(st.text())
def test_any_text(text: str) -> None:
    """Any text is a duration or an InvalidInput."""
    with contextlib.suppress(InvalidInput):
        assert durations.seconds(text) >= 0
