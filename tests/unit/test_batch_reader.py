from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_ses_mail_from_provider.rules.errors import Cancelled
from pulumi_ses_mail_from_provider.rules.model import Absent, Found, MailFromAttributes
from pulumi_ses_mail_from_provider.ses.batch_reader import BATCH, BatchReader
from pulumi_ses_mail_from_provider.ses.rate_limiter import TooSlow
from simulation.threads import SimulatedClock, Threads

PAGE = 1000


def _attributes(identity: str, version: int = 0) -> MailFromAttributes:
    return MailFromAttributes(f"bounce{version}.{identity}", "UseDefaultValue", "Success")


def _error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "Get")


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
        self.seconds = 0.0
        """How long a Get takes."""
        self.turn = 0.0
        """How long a Get waits for its turn."""
        self.patiences: list[float | None] = []
        self.before_answer: Callable[[], object] = lambda: None
        self.threads = Threads(1)
        self.clock = SimulatedClock(self.threads)
        self.reader = BatchReader(self.get, self.list_page, self.clock)

    def get(self, names: Callable[[], Sequence[str]], patience: float | None) -> dict[str, Found]:
        """Answer a Get."""
        self.patiences.append(patience)
        self.clock.sleep(self.turn)
        asked = list(names())
        self.gets.append(asked)
        assert len(asked) <= BATCH
        assert len(asked) == len(set(asked))
        answer: dict[str, Found] = {name: _attributes(name, self.version) for name in asked if name in self.names}
        self.clock.sleep(self.seconds)
        if self.error:
            raise self.error
        if self.bad_name in asked:
            raise _error("InvalidParameterValue")
        self.before_answer()
        return answer

    def list_page(self, token: str | None, patience: float | None) -> tuple[Sequence[str], str | None]:
        """Answer a ListIdentities."""
        assert patience is None or patience > 0
        self.lists += 1
        if self.list_error:
            raise self.list_error
        start = int(token or 0)
        more = start + PAGE < len(self.names)
        return self.names[start : start + PAGE], str(start + PAGE) if more else None

    @property
    def calls(self) -> int:
        """The number of all calls."""
        return len(self.gets) + self.lists

    def read(self, name: str, max_age: float = 60) -> Found:
        """Read one identity."""
        return self.reader.read(name, max_age).found

    def together(self, *works: Callable[[], None]) -> None:
        """Run these at the same time, each in a thread of its own, to the end."""
        for task in [self.threads.spawn(work) for work in works]:
            self.threads.wait([task])

    def read_together(self, *names: str, max_age: float = 0, patience: float | None = None) -> dict[str, Any]:
        """Read identities at the same time, each in a thread of its own. Returns what was found, or the errors."""
        answers: dict[str, Any] = {}
        more = {} if patience is None else {"patience": patience}

        def work(name: str) -> Callable[[], None]:
            def read() -> None:
                try:
                    answers[name] = self.reader.read(name, max_age, **more).found
                except (ClientError, TooSlow, Cancelled) as error:
                    answers[name] = error

            return read

        self.together(*map(work, names))
        return answers


@pytest.mark.parametrize(
    ("stack", "account", "at_most"), [(3, 5000, 3), (5, 5000, 8), (300, 300, 8), (1000, 1000, 15), (300, 5000, 60)]
)
def test_calls_of_a_refresh(stack: int, account: int, at_most: int) -> None:
    """The worst case, one read after the other, costs a call per hundred; a small stack in a large account little."""
    ses = Account(account)
    for name in ses.names[:: max(1, account // stack)][:stack]:
        assert _attributes(name) == ses.read(name)
    assert ses.calls <= at_most


@pytest.mark.parametrize("threads", [4, 16, 1000])
def test_calls_of_a_refresh_by_threads(threads: int) -> None:
    """Threads share calls, and each gets the answer for its own identity."""
    ses = Account(1000)
    ses.seconds = 0.1
    left, found = list(ses.names), dict[str, Found]()

    def work() -> None:
        while left:
            name = left.pop()
            found[name] = ses.read(name)

    ses.together(*[work] * threads)
    assert {name: _attributes(name) for name in ses.names} == found
    assert ses.calls <= 15


def test_reads_at_the_same_time_share_a_get() -> None:
    """Reads that arrive while a Get is in flight wait for the next one, which serves them all."""
    ses = Account(3)
    ses.seconds = 1.0
    answers: dict[str, Found] = {}

    def work(name: str, after: float) -> Callable[[], None]:
        def read() -> None:
            ses.clock.sleep(after)
            answers[name] = ses.read(name, 0)

        return read

    ses.together(work("0.example", 0), work("1.example", 0.3), work("2.example", 0.6))
    assert {name: _attributes(name) for name in ses.names} == answers
    assert [["0.example"], ["1.example", "2.example"]] == ses.gets


def test_more_reads_at_the_same_time_than_a_get_takes() -> None:
    """Reads that do not fit share the next Get."""
    ses = Account(250)
    ses.turn = 0.1
    assert {name: _attributes(name) for name in ses.names} == ses.read_together(*ses.names)
    assert [100, 100, 50] == [len(asked) for asked in ses.gets]


def test_few_reads_list_nothing() -> None:
    """Up to three reads cost a Get each, and no listing."""
    ses = Account(100)
    for name in ses.names[:3]:
        ses.read(name)
    assert [[name] for name in ses.names[:3]] == ses.gets
    assert 0 == ses.lists


@pytest.mark.parametrize(("max_age", "lists"), [(0.0, 0), (2.9, 0), (3.0, 1)])
def test_a_read_before_a_write_lists_nothing(max_age: float, lists: int) -> None:
    """A read that accepts no old reading precedes a write, which a listing would delay."""
    ses = Account(100)
    for name in ses.names[:10]:
        ses.read(name, max_age)
    assert lists == ses.lists


def test_the_following_identities_are_prefetched() -> None:
    """The free places of a Get are filled with the identities that follow in the listing, then with those before."""
    ses = Account(150)
    for name in ("0.example", "1.example", "2.example", "100.example"):
        ses.read(name)
    ahead = ses.gets[-1]
    assert [f"{number}.example" for number in range(100, 150)] == ahead[:50]
    assert [f"{number}.example" for number in range(3, 53)] == ahead[50:]


def test_waiting_writes_are_prefetched() -> None:
    """Each write needs a recent reading: identities that wait for one take precedence over listed ones."""
    ses = Account(150)
    for name in ses.names[-4:]:
        ses.read(name)
    ses.clock.sleep(100)
    for name in ses.names[50:70]:
        ses.reader.expect_write(name)
    ses.reader.end_write("60.example")
    ses.read("50.example", 0)
    writing = [name for name in ses.names[50:70] if name != "60.example"]
    assert writing == ses.gets[-1][:19]
    assert 100 == len(ses.gets[-1])
    assert [_attributes(name) for name in writing] == [ses.read(name, 5) for name in writing]
    assert 5 == len(ses.gets)


def _prefetched(size: int = 10) -> Account:
    """An account whose first four identities have been read, and all others prefetched."""
    ses = Account(size)
    for name in ses.names[:4]:
        ses.read(name)
    ses.gets.clear()
    return ses


def test_a_reading_serves_any_number_of_reads() -> None:
    """A reading serves every read that accepts its age, also the one that made the Get."""
    ses = _prefetched()
    ses.version = 1
    for name in ("5.example", "5.example", "3.example"):
        assert _attributes(name) == ses.read(name)
    assert [] == ses.gets


def test_a_reading_ages() -> None:
    """A reading that is older than the caller accepts is read again."""
    ses = _prefetched()
    ses.version = 1
    ses.clock.sleep(4)
    assert _attributes("5.example") == ses.read("5.example", 5)
    ses.clock.sleep(2)
    assert _attributes("6.example", 1) == ses.read("6.example", 5)


def test_the_age_counts_from_the_request() -> None:
    """The answer to a slow Get holds for the moment when the Get left."""
    ses = Account(1)
    ses.seconds = 3.0
    start = ses.clock.now()
    assert start == ses.reader.read("0.example", 60).read_at
    assert start + 3 == ses.clock.now()


def test_max_age_0_makes_a_get() -> None:
    """A read with a maximum age of 0 is served by a Get that leaves after it."""
    ses = _prefetched()
    ses.version = 1
    assert _attributes("5.example", 1) == ses.read("5.example", 0)
    assert "5.example" == ses.gets[0][0]


def test_max_age_0_does_not_join_a_get_in_flight() -> None:
    """A Get that left before such a read does not serve it, even if it is answered at the same moment."""
    ses = Account(2)
    ses.seconds = 1.0
    answers: list[Found] = []

    def write_and_read() -> None:
        ses.clock.sleep(0.5)
        ses.version = 1
        answers.append(ses.read("0.example", 0))

    ses.together(lambda: answers.append(ses.read("0.example", 0)), write_and_read)
    assert [_attributes("0.example"), _attributes("0.example", 1)] == answers


def test_a_write_drops_the_reading() -> None:
    """After a write, the next read makes a Get."""
    ses = _prefetched()
    ses.reader.drop("5.example")
    assert ses.reader.last("5.example") is None
    ses.version = 1
    assert _attributes("5.example", 1) == ses.read("5.example")
    reading = ses.reader.last("5.example")
    assert reading is not None
    assert _attributes("5.example", 1) == reading.found


def test_a_write_during_the_read() -> None:
    """An answer that was in flight when an identity was written is not kept for that identity."""
    ses = Account(10)

    def write() -> None:
        ses.reader.drop("5.example")
        ses.version = 1

    for name in ses.names[:3]:
        ses.read(name)
    ses.before_answer = write
    ses.read("3.example")
    ses.before_answer = lambda: None
    assert _attributes("5.example", 1) == ses.read("5.example")
    assert _attributes("6.example") == ses.read("6.example")


def test_a_write_during_the_read_of_the_same_identity() -> None:
    """A read of an identity that is written meanwhile returns what is set after the write."""
    ses = Account(1)

    def write() -> None:
        ses.before_answer = lambda: None
        ses.reader.drop("0.example")
        ses.version = 1

    ses.before_answer = write
    assert _attributes("0.example", 1) == ses.read("0.example", 0)
    assert 2 == len(ses.gets)


def test_a_listing_that_is_refused() -> None:
    """Without permission to list, reads work all the same, and the listing is tried once."""
    ses = Account(50)
    ses.list_error = _error("AccessDenied")
    for name in ses.names:
        assert _attributes(name) == ses.read(name)
    assert (50, 1) == (len(ses.gets), ses.lists)


def test_cancel_during_a_listing() -> None:
    """A cancellation is not taken for a listing that is refused."""
    ses = Account(50)
    for name in ses.names[:3]:
        ses.read(name)
    ses.list_error = Cancelled()
    with pytest.raises(Cancelled):
        ses.read("3.example")
    assert (3, 1) == (len(ses.gets), ses.lists)


def test_a_listing_that_takes_too_long() -> None:
    """A listing that exceeds the patience of one read is tried again by the next one."""
    ses = Account(50)
    ses.list_error = TooSlow()
    for name in ses.names[:5]:
        assert _attributes(name) == ses.read(name)
    ses.list_error = None
    for name in ses.names:
        assert _attributes(name) == ses.read(name)
    assert (6, 3) == (len(ses.gets), ses.lists)


def test_a_prefetched_identity_is_refused() -> None:
    """A Get that SES refuses is retried without prefetched identities, which are not prefetched again."""
    ses = Account(20)
    ses.bad_name = "15.example"
    for name in ses.names[:10]:
        assert _attributes(name) == ses.read(name)
    assert [1, 1, 1, 20 - 3, *[1] * 7] == [len(asked) for asked in ses.gets]


def test_an_identity_is_refused_among_prefetched_ones() -> None:
    """The read of a refused identity raises the refusal, after one Get with prefetched identities and one without."""
    ses = Account(20)
    ses.bad_name = "3.example"
    for name in ses.names[:3]:
        assert _attributes(name) == ses.read(name)
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        ses.read("3.example")
    assert [1, 1, 1, 17, 1] == [len(asked) for asked in ses.gets]
    assert _attributes("4.example") == ses.read("4.example")


def test_a_refused_identity_that_waits_for_a_write_is_not_prefetched_again() -> None:
    """Identities that wait for a write are no exception."""
    ses = Account(5)
    ses.bad_name = "4.example"
    for name in ses.names[3:]:
        ses.reader.expect_write(name)
    assert _attributes("0.example") == ses.read("0.example")
    assert _attributes("1.example") == ses.read("1.example")
    assert [["0.example", "3.example", "4.example"], ["0.example"], ["1.example"]] == ses.gets


@pytest.mark.parametrize("bad", [0, 7, 99])
def test_a_refused_identity_fails_alone(bad: int) -> None:
    """A Get that SES refuses for one identity is split until that one is alone; the others get their answers."""
    ses = Account(100)
    ses.bad_name, ses.turn = f"{bad}.example", 0.1
    answers = ses.read_together(*ses.names)
    error = answers.pop(ses.bad_name)
    assert isinstance(error, ClientError)
    assert {name: _attributes(name) for name in ses.names if name != ses.bad_name} == answers
    assert len(ses.gets) <= 2 + 2 * 7


def test_read_now_with_a_refused_identity() -> None:
    """The refusal of one identity is the answer for that identity; one that is missing in the answer does not exist."""
    ses = Account(99)
    ses.bad_name = "70.example"
    answers = ses.reader.read_now([*ses.names, "other.example"])
    assert isinstance(answers.pop(ses.bad_name), ClientError)
    assert Absent.IDENTITY is answers.pop("other.example")
    assert {name: _attributes(name) for name in ses.names if name != ses.bad_name} == answers


def test_read_now_that_fails() -> None:
    """An error that concerns all identities is raised."""
    ses = Account(5)
    ses.error = _error("AccessDenied")
    with pytest.raises(ClientError, match="AccessDenied"):
        ses.reader.read_now(ses.names)
    assert 1 == ses.calls


def test_an_error_reaches_all_reads_and_is_not_kept() -> None:
    """Every read that waits for a Get raises its error; the next read makes another Get."""
    ses = Account(5)
    ses.error, ses.turn = _error("AccessDenied"), 0.1
    for _ in range(2):
        answers = ses.read_together("0.example", "1.example")
        assert [ses.error] * 2 == list(answers.values())
    assert 2 == len(ses.gets)
    ses.error = None
    assert _attributes("0.example") == ses.read("0.example")


def test_an_identity_that_ses_does_not_know() -> None:
    """An identity that is missing in the answer does not exist."""
    assert Absent.IDENTITY is Account(1).read("other.example")


def test_a_read_lingers_for_others() -> None:
    """A read can wait for others to share its Get; one that arrives meanwhile and does not linger leads."""
    ses = Account(3)
    start, ended = ses.clock.now(), dict[str, float]()

    def work(name: str, after: float, linger: float) -> Callable[[], None]:
        def read() -> None:
            ses.clock.sleep(after)
            ses.reader.read(name, 0, linger=linger)
            ended[name] = ses.clock.now() - start

        return read

    ses.together(work("0.example", 0, 3.0), work("1.example", 1, 3.0), work("2.example", 2, 0.0))
    assert dict.fromkeys(ses.names, 2.0) == ended
    assert [ses.names] == ses.gets
    ses.together(work("0.example", 0, 3.0))
    assert 5.0 == ended["0.example"]


def test_patience() -> None:
    """A read with little patience gives up; its Get gets only the time that is left."""
    ses = Account(2)
    ses.seconds = 8.0
    answers: list[Exception | Found] = []

    def impatient() -> None:
        ses.clock.sleep(1)
        start = ses.clock.now()
        with pytest.raises(TooSlow):
            ses.reader.read("1.example", 0, patience=5)
        assert start + 5 == ses.clock.now()

    ses.together(lambda: answers.append(ses.read("0.example", 0)), impatient)
    assert [_attributes("0.example")] == answers
    ses.reader.read("1.example", 0, patience=9)
    assert 9 == ses.patiences[-1]


def test_reads_with_more_patience_go_on() -> None:
    """A read that gives up does not end the wait of the others."""
    ses = Account(2)
    ses.seconds = 1.0
    ses.error = TooSlow()
    answers: dict[str, Any] = {}

    def impatient() -> None:
        with pytest.raises(TooSlow):
            ses.reader.read("0.example", 0, patience=5)
        ses.error = None

    def patient() -> None:
        ses.clock.sleep(0)
        answers["1.example"] = ses.read("1.example", 0)

    ses.together(impatient, patient)
    assert {"1.example": _attributes("1.example")} == answers


def test_cancel_ends_the_wait_for_an_answer() -> None:
    """A cancellation ends every wait for a Get, also for one that has not left yet."""
    ses = Account(5)
    ses.seconds = 10.0
    start, ended = ses.clock.now(), list[float]()

    def work(name: str) -> Callable[[], None]:
        def read() -> None:
            with pytest.raises(Cancelled):
                ses.read(name, 0)
            ended.append(ses.clock.now() - start)

        return read

    def cancel() -> None:
        ses.clock.sleep(2)
        ses.clock.cancel()

    ses.together(*map(work, ses.names), cancel)
    assert [2.0] * 5 == ended
    assert 1 == len(ses.gets)
