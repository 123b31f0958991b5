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


def _setting(identity: str, version: int = 0) -> MailFromAttributes:
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
        """How long a Get waits until it is its turn to be sent."""
        self.patiences: list[float] = []
        self.before_answer: Callable[[], object] = lambda: None
        self.threads = Threads(1)
        self.clock = SimulatedClock(self.threads)
        self.reader = BatchReader(self.get, self.list_page, self.clock)

    def get(self, names: Callable[[], Sequence[str]], patience: float) -> dict[str, Found]:
        """Answer a Get."""
        self.patiences.append(patience)
        self.clock.sleep(self.turn)
        asked = list(names())
        self.gets.append(asked)
        assert len(asked) <= BATCH
        assert len(asked) == len(set(asked))
        answer: dict[str, Found] = {name: _setting(name, self.version) for name in asked if name in self.names}
        self.clock.sleep(self.seconds)
        if self.error:
            raise self.error
        if self.bad_name in asked:
            raise _error("InvalidParameterValue")
        self.before_answer()
        return answer

    def list_page(self, token: str | None, patience: float) -> tuple[Sequence[str], str | None]:
        """Answer a ListIdentities."""
        assert patience > 0
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

    def read(self, name: str, max_age: float = 60) -> Found:
        """What the reader says."""
        return self.reader.read(name, max_age).found

    def together(self, *works: Callable[[], None]) -> None:
        """Do these at the same time, each in a thread of its own, to the end."""
        for task in [self.threads.spawn(work) for work in works]:
            self.threads.wait([task])

    def read_together(self, *names: str, max_age: float = 0, patience: float | None = None) -> dict[str, Any]:
        """What the reader says to threads that come at the same time."""
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
    """One after the other, the worst case, is about one call a hundred; a small stack does not pay for the account."""
    ses = Account(account)
    for name in ses.names[:: max(1, account // stack)][:stack]:
        assert _setting(name) == ses.read(name)
    assert ses.calls <= at_most


@pytest.mark.parametrize("threads", [4, 16, 1000])
def test_calls_of_a_refresh_by_threads(threads: int) -> None:
    """Threads share calls, and each gets its own answer."""
    ses = Account(1000)
    ses.seconds = 0.1
    left, found = list(ses.names), dict[str, Found]()

    def work() -> None:
        while left:
            name = left.pop()
            found[name] = ses.read(name)

    ses.together(*[work] * threads)
    assert {name: _setting(name) for name in ses.names} == found
    assert ses.calls <= 15


def test_reads_at_the_same_time_go_together() -> None:
    """Those that come while a Get is under way wait for the next, which serves them all."""
    ses = Account(3)
    ses.seconds = 1.0
    answers: dict[str, Found] = {}

    def work(name: str, after: float) -> Callable[[], None]:
        def read() -> None:
            ses.clock.sleep(after)
            answers[name] = ses.read(name, 0)

        return read

    ses.together(work("0.example", 0), work("1.example", 0.3), work("2.example", 0.6))
    assert {name: _setting(name) for name in ses.names} == answers
    assert [["0.example"], ["1.example", "2.example"]] == ses.gets


def test_more_at_the_same_time_than_a_get_takes() -> None:
    """What does not fit goes with the next Get."""
    ses = Account(250)
    ses.turn = 0.1
    assert {name: _setting(name) for name in ses.names} == ses.read_together(*ses.names)
    assert [100, 100, 50] == [len(asked) for asked in ses.gets]


def test_few_reads_list_nothing() -> None:
    """Up to three reads cost a Get each, and no list."""
    ses = Account(100)
    for name in ses.names[:3]:
        ses.read(name)
    assert [[name] for name in ses.names[:3]] == ses.gets
    assert 0 == ses.lists


@pytest.mark.parametrize(("max_age", "lists"), [(0.0, 0), (2.9, 0), (3.0, 1)])
def test_a_read_before_a_write_lists_nothing(max_age: float, lists: int) -> None:
    """Who bears no old answer is about to write, and a listing would delay that."""
    ses = Account(100)
    for name in ses.names[:10]:
        ses.read(name, max_age)
    assert lists == ses.lists


def test_what_comes_next_is_prefetched() -> None:
    """The places of a Get are filled with those behind the one that is asked for, then with those before it."""
    ses = Account(150)
    for name in ("0.example", "1.example", "2.example", "100.example"):
        ses.read(name)
    ahead = ses.gets[-1]
    assert [f"{number}.example" for number in range(100, 150)] == ahead[:50]
    assert [f"{number}.example" for number in range(3, 53)] == ahead[50:]


def test_what_waits_to_be_written_is_prefetched() -> None:
    """Each write needs a recent read: those that wait share one, before anything else that could be read."""
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
    assert [_setting(name) for name in writing] == [ses.read(name, 5) for name in writing]
    assert 5 == len(ses.gets)


def _prefetched(size: int = 10) -> Account:
    """An account all of whose identities have been prefetched but for the first four, which were asked for."""
    ses = Account(size)
    for name in ses.names[:4]:
        ses.read(name)
    ses.gets.clear()
    return ses


def test_it_serves_any_number_of_reads() -> None:
    """An answer serves all who ask while it is recent enough for them, also the one whose call brought it."""
    ses = _prefetched()
    ses.version = 1
    for name in ("5.example", "5.example", "3.example"):
        assert _setting(name) == ses.read(name)
    assert [] == ses.gets


def test_it_ages() -> None:
    """What was read longer ago than the caller bears is read again."""
    ses = _prefetched()
    ses.version = 1
    ses.clock.sleep(4)
    assert _setting("5.example") == ses.read("5.example", 5)
    ses.clock.sleep(2)
    assert _setting("6.example", 1) == ses.read("6.example", 5)


def test_the_age_of_an_answer_is_that_of_its_question() -> None:
    """A Get that is slow to answer says what was so when it was sent."""
    ses = Account(1)
    ses.seconds = 3.0
    start = ses.clock.now()
    assert start == ses.reader.read("0.example", 60).read_at
    assert start + 3 == ses.clock.now()


def test_max_age_0_asks() -> None:
    """Who bears no age gets the answer of a call that was sent after he asked."""
    ses = _prefetched()
    ses.version = 1
    assert _setting("5.example", 1) == ses.read("5.example", 0)
    assert "5.example" == ses.gets[0][0]


def test_max_age_0_does_not_join_what_is_under_way() -> None:
    """A Get that was sent before he asked does not do, even if it answers at the same moment."""
    ses = Account(2)
    ses.seconds = 1.0
    answers: list[Found] = []

    def write_and_read() -> None:
        ses.clock.sleep(0.5)
        ses.version = 1
        answers.append(ses.read("0.example", 0))

    ses.together(lambda: answers.append(ses.read("0.example", 0)), write_and_read)
    assert [_setting("0.example"), _setting("0.example", 1)] == answers


def test_a_write_drops_what_was_read() -> None:
    """After a write the next read asks."""
    ses = _prefetched()
    ses.reader.drop("5.example")
    assert ses.reader.last("5.example") is None
    ses.version = 1
    assert _setting("5.example", 1) == ses.read("5.example")
    look = ses.reader.last("5.example")
    assert look is not None
    assert _setting("5.example", 1) == look.found


def test_a_write_during_the_read() -> None:
    """An answer that was under way when an identity was written is not kept for it."""
    ses = Account(10)

    def write() -> None:
        ses.reader.drop("5.example")
        ses.version = 1

    for name in ses.names[:3]:
        ses.read(name)
    ses.before_answer = write
    ses.read("3.example")
    ses.before_answer = lambda: None
    assert _setting("5.example", 1) == ses.read("5.example")
    assert _setting("6.example") == ses.read("6.example")


def test_a_write_during_ones_own_read() -> None:
    """Who asks for an identity that is written meanwhile gets what it is after that."""
    ses = Account(1)

    def write() -> None:
        ses.before_answer = lambda: None
        ses.reader.drop("0.example")
        ses.version = 1

    ses.before_answer = write
    assert _setting("0.example", 1) == ses.read("0.example", 0)
    assert 2 == len(ses.gets)


def test_without_a_list() -> None:
    """Where listing is not allowed it works without, and is tried once."""
    ses = Account(50)
    ses.list_error = _error("AccessDenied")
    for name in ses.names:
        assert _setting(name) == ses.read(name)
    assert (50, 1) == (len(ses.gets), ses.lists)


def test_a_list_that_comes_too_late() -> None:
    """A listing for which a caller has no time is made by the next one."""
    ses = Account(50)
    ses.list_error = TooSlow()
    for name in ses.names[:5]:
        assert _setting(name) == ses.read(name)
    ses.list_error = None
    for name in ses.names:
        assert _setting(name) == ses.read(name)
    assert (6, 3) == (len(ses.gets), ses.lists)


def test_a_name_that_nobody_asked_for_is_refused() -> None:
    """If a Get is refused for a name that was prefetched, it is sent without those, and they are not tried again."""
    ses = Account(20)
    ses.bad_name = "15.example"
    for name in ses.names[:10]:
        assert _setting(name) == ses.read(name)
    assert [1, 1, 1, 20 - 3, *[1] * 7] == [len(asked) for asked in ses.gets]


def test_what_is_asked_for_is_refused_among_prefetched_ones() -> None:
    """Who asks for it gets the refusal; it is sent once with the others, and once alone."""
    ses = Account(20)
    ses.bad_name = "3.example"
    for name in ses.names[:3]:
        assert _setting(name) == ses.read(name)
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        ses.read("3.example")
    assert [1, 1, 1, 17, 1] == [len(asked) for asked in ses.gets]
    assert _setting("4.example") == ses.read("4.example")


def test_a_write_that_is_refused_is_not_prefetched_again() -> None:
    """What waits to be written is no exception."""
    ses = Account(5)
    ses.bad_name = "4.example"
    for name in ses.names[3:]:
        ses.reader.expect_write(name)
    assert _setting("0.example") == ses.read("0.example")
    assert _setting("1.example") == ses.read("1.example")
    assert [["0.example", "3.example", "4.example"], ["0.example"], ["1.example"]] == ses.gets


@pytest.mark.parametrize("bad", [0, 7, 99])
def test_a_refused_identity_fails_alone(bad: int) -> None:
    """A Get that SES refuses for one of many is taken apart until it is alone; the others get their answers."""
    ses = Account(100)
    ses.bad_name, ses.turn = f"{bad}.example", 0.1
    answers = ses.read_together(*ses.names)
    error = answers.pop(ses.bad_name)
    assert isinstance(error, ClientError)
    assert {name: _setting(name) for name in ses.names if name != ses.bad_name} == answers
    assert len(ses.gets) <= 2 + 2 * 7


def test_read_all_with_a_refused_identity() -> None:
    """Of many that are asked for at once, it is the answer for one; what is missing is no identity."""
    ses = Account(150)
    ses.bad_name = "120.example"
    answers = ses.reader.read_all([*ses.names, "other.example"])
    assert isinstance(answers.pop(ses.bad_name), ClientError)
    assert Absent.IDENTITY is answers.pop("other.example")
    assert {name: _setting(name) for name in ses.names if name != ses.bad_name} == answers


def test_read_all_that_fails() -> None:
    """What concerns all of them is raised."""
    ses = Account(5)
    ses.error = _error("AccessDenied")
    with pytest.raises(ClientError, match="AccessDenied"):
        ses.reader.read_all(ses.names)
    assert 1 == ses.calls


def test_an_error_reaches_who_asked_and_is_not_kept() -> None:
    """Everybody who waits for a call gets its error; the next read asks again."""
    ses = Account(5)
    ses.error, ses.turn = _error("AccessDenied"), 0.1
    for _ in range(2):
        answers = ses.read_together("0.example", "1.example")
        assert [ses.error] * 2 == list(answers.values())
    assert 2 == len(ses.gets)
    ses.error = None
    assert _setting("0.example") == ses.read("0.example")


def test_what_is_missing_is_no_identity() -> None:
    """An identity that SES does not answer for is none."""
    assert Absent.IDENTITY is Account(1).read("other.example")


def test_a_read_lingers_for_others() -> None:
    """Who may wait for others to share a call with does so; one that comes meanwhile and does not wait leads."""
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
    """Who does not wait for long gives up; the call gets only as much time as is left."""
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
    assert [_setting("0.example")] == answers
    ses.reader.read("1.example", 0, patience=9)
    assert 9 == ses.patiences[-1]


def test_who_has_more_patience_goes_on() -> None:
    """That somebody else has given up on a Get ends nobody else's wait."""
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
    assert {"1.example": _setting("1.example")} == answers


def test_cancel_ends_the_wait_for_an_answer() -> None:
    """After ^C nobody waits for a Get that is still to be sent."""
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
