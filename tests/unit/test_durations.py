from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_ses_mail_from_provider import durations
from pulumi_ses_mail_from_provider.names import InvalidName


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
    ],
)
def test_seconds(text: str, expected: float) -> None:
    """Go's durations are understood."""
    assert durations.seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "30", "m", "-30m", "+30m", "30 m", "30min", "1d", "half an hour", "30m ", "٣m"])
def test_what_is_no_duration(text: str) -> None:
    """Anything else is refused, with what would be right."""
    with pytest.raises(InvalidName, match="is not a duration: give one such as '30m', '1h30m' or '90s'"):
        durations.seconds(text)


@pytest.mark.parametrize(
    ("length", "expected"), [(0, "0s"), (59.6, "1m"), (90, "1m30s"), (3600, "1h"), (3661, "1h1m1s")]
)
def test_words(length: float, expected: str) -> None:
    """A length is said in the same form, to the second."""
    assert expected == durations.words(length)


@given(st.integers(0, 10**7))
def test_words_are_durations(length: int) -> None:
    """What is said could be given."""
    assert length == durations.seconds(durations.words(length))


@given(st.text())
def test_any_text(text: str) -> None:
    """Any text is a duration or an InvalidName."""
    with contextlib.suppress(InvalidName):
        assert durations.seconds(text) >= 0
