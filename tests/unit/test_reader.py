from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from pulumi_ses_mail_from_provider.model import Absent, Found, Setting
from pulumi_ses_mail_from_provider.reader import BATCH, Reader

PAGE = 1000


def _setting(identity: str, version: int = 0) -> Setting:
    return Setting(f"bounce{version}.{identity}", "UseDefaultValue", "Success")


class Account:
    """The identities of an account, and the calls that were made."""

    def __init__(self, size: int) -> None:
        self.names = [f"{number}.example" for number in range(size)]
        self.version = 0
        self.gets: list[list[str]] = []
        self.lists = 0
        self.list_error: Exception | None = None
        self.bad_name: str | None = None
        self.error: Exception | None = None
        self.before_answer: Callable[[], object] = lambda: None
        self.now = 0.0
        self.reader = Reader(self.get, self.list_page, lambda: self.now)

    def get(self, names: Callable[[], Sequence[str]]) -> dict[str, Found]:
        """Answer a Get."""
        asked = list(names())
        self.gets.append(asked)
        assert len(asked) <= BATCH
        assert len(asked) == len(set(asked))
        if self.error:
            raise self.error
        if self.bad_name in asked:
            raise ClientError({"Error": {"Code": "InvalidParameterValue"}}, "Get")
        answer: dict[str, Found] = {name: _setting(name, self.version) for name in asked if name in self.names}
        self.before_answer()
        return answer

    def list_page(self, token: str | None) -> tuple[Sequence[str], str | None]:
        """Answer a ListIdentities."""
        self.lists += 1
        if self.list_error:
            raise self.list_error
        start = int(token or 0)
        more = start + PAGE < len(self.names)
        return self.names[start : start + PAGE], str(start + PAGE) if more else None

    @property
    def calls(self) -> int:
        """All of them."""
        return len(self.gets) + self.lists


@pytest.mark.parametrize(
    ("stack", "account", "at_most"), [(3, 5000, 3), (5, 5000, 8), (300, 300, 8), (1000, 1000, 15), (300, 5000, 60)]
)
def test_calls_of_a_refresh(stack: int, account: int, at_most: int) -> None:
    """One after the other, the worst case, is about one call a hundred; a small stack does not pay for the account."""
    ses = Account(account)
    for name in ses.names[:: max(1, account // stack)][:stack]:
        assert _setting(name) == ses.reader.look(name, 60)
    assert ses.calls <= at_most


def test_calls_of_a_refresh_by_four_threads() -> None:
    """Threads share calls, and each gets its own answer."""
    ses = Account(1000)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda name: ses.reader.look(name, 60), ses.names))
    assert [_setting(name) for name in ses.names] == found
    assert ses.calls <= 15


def test_reads_at_the_same_time_go_together() -> None:
    """Those that come while a Get is under way wait for the next, which serves them all."""
    ses = Account(3)
    under_way, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        under_way.set()
        go_on.wait(10)

    ses.before_answer = hold
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(ses.reader.look, "0.example", 0)
        under_way.wait(10)
        others = [pool.submit(ses.reader.look, name, 0) for name in ("1.example", "2.example")]
        assert any(len(ses.reader._next.identities) == 2 for _ in range(10_000_000))
        go_on.set()
        assert [_setting(f"{number}.example") for number in range(3)] == [
            future.result(10) for future in (first, *others)
        ]
    assert [["0.example"], ["1.example", "2.example"]] == ses.gets


def test_few_reads_list_nothing() -> None:
    """Up to three reads cost a Get each, and no list."""
    ses = Account(100)
    for name in ses.names[:3]:
        ses.reader.look(name, 60)
    assert [[name] for name in ses.names[:3]] == ses.gets
    assert 0 == ses.lists


def test_what_comes_next_is_read_ahead() -> None:
    """The places of a Get are filled with those behind the one that is asked for, then with those before it."""
    ses = Account(150)
    for name in ("0.example", "1.example", "2.example", "100.example"):
        ses.reader.look(name, 60)
    ahead = ses.gets[-1]
    assert [f"{number}.example" for number in range(100, 150)] == ahead[:50]
    assert [f"{number}.example" for number in range(3, 53)] == ahead[50:]


def _read_ahead(size: int = 10) -> Account:
    """An account all of whose identities have been read ahead but for the first four, which were asked for."""
    ses = Account(size)
    for name in ses.names[:4]:
        ses.reader.look(name, 60)
    ses.gets.clear()
    return ses


def test_it_serves_one_read() -> None:
    """A second read of the same identity asks again."""
    ses = _read_ahead()
    ses.reader.look("5.example", 60)
    assert [] == ses.gets
    ses.version = 1
    assert _setting("5.example", 1) == ses.reader.look("5.example", 60)


def test_it_ages() -> None:
    """What was read ahead longer ago than the caller bears is read again."""
    ses = _read_ahead()
    ses.version, ses.now = 1, 4.0
    assert _setting("5.example") == ses.reader.look("5.example", 5)
    ses.now = 6.0
    assert _setting("6.example", 1) == ses.reader.look("6.example", 5)


def test_max_age_0_asks() -> None:
    """Who bears no age gets the answer of a call that was sent after he asked, of just what he asked for."""
    ses = _read_ahead()
    ses.version = 1
    assert _setting("5.example", 1) == ses.reader.look("5.example", 0)
    assert [["5.example"]] == ses.gets


def test_a_write_drops_what_was_read() -> None:
    """After a write the next read asks."""
    ses = _read_ahead()
    ses.reader.drop("5.example")
    ses.version = 1
    assert _setting("5.example", 1) == ses.reader.look("5.example", 60)


def test_a_write_during_the_read() -> None:
    """An answer that was under way when an identity was written is not kept for it."""
    ses = Account(10)

    def write() -> None:
        ses.reader.drop("5.example")
        ses.version = 1

    for name in ses.names[:3]:
        ses.reader.look(name, 60)
    ses.before_answer = write
    ses.reader.look("3.example", 60)
    ses.before_answer = lambda: None
    assert _setting("5.example", 1) == ses.reader.look("5.example", 60)
    assert _setting("6.example") == ses.reader.look("6.example", 60)


def test_without_a_list() -> None:
    """Where listing is not allowed it works without, and is tried once."""
    ses = Account(50)
    ses.list_error = ClientError({"Error": {"Code": "AccessDenied"}}, "ListIdentities")
    for name in ses.names:
        assert _setting(name) == ses.reader.look(name, 60)
    assert (50, 1) == (len(ses.gets), ses.lists)


def test_a_name_that_nobody_asked_for_is_refused() -> None:
    """If a Get is refused for a name that was foreseen, it is sent without those, and nothing is foreseen again."""
    ses = Account(20)
    ses.bad_name = "15.example"
    for name in ses.names[:10]:
        assert _setting(name) == ses.reader.look(name, 60)
    assert [1, 1, 1, 20 - 3, *[1] * 7] == [len(asked) for asked in ses.gets]


def test_an_error_reaches_who_asked_and_is_not_kept() -> None:
    """Everybody who waits for a call gets its error; the next read asks again."""
    ses = Account(5)
    ses.error = ClientError({"Error": {"Code": "AccessDenied"}}, "Get")
    for _ in range(2):
        with pytest.raises(ClientError, match="AccessDenied"):
            ses.reader.look("0.example", 60)
    ses.error = None
    assert _setting("0.example") == ses.reader.look("0.example", 60)


def test_what_is_missing_is_no_identity() -> None:
    """An identity that SES does not answer for is none."""
    assert Absent.IDENTITY is Account(1).reader.look("other.example", 60)
