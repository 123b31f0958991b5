"""What the provider processes of a run tell each other."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pulumi_ses_mail_from_provider.engine.claims import NoClaims, SharedClaims, shared_claims
from pulumi_ses_mail_from_provider.engine.declarations import Declarations
from pulumi_ses_mail_from_provider.rules.model import Declaration, Key

KEY, OTHER = Key("us-east-1", "example.com"), Key("us-east-1", "example.org")
ENGINE = "127.0.0.1:4711"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield
    monkeypatch.setattr(tempfile, "tempdir", None)


def test_a_claim_of_another_process() -> None:
    """It counts until it is taken back, or all of the process are withdrawn. One's own claims do not count."""
    mine, theirs = SharedClaims(ENGINE), SharedClaims(ENGINE)
    theirs.add(KEY)
    assert (True, False, False) == (
        mine.elsewhere(KEY, None),
        mine.elsewhere(OTHER, None),
        theirs.elsewhere(KEY, None),
    )
    theirs.remove(KEY)
    assert not mine.elsewhere(KEY, None)
    theirs.add(KEY)
    theirs.close()
    assert not mine.elsewhere(KEY, None)


@pytest.mark.parametrize(
    ("mine", "theirs", "same"), [("1", "1", True), ("1", "2", False), (None, "2", True), ("1", None, True)]
)
def test_accounts(mine: str | None, theirs: str | None, *, same: bool) -> None:
    """Another account has another MAIL FROM domain. An account that is not known is any."""
    looking, claiming = SharedClaims(ENGINE), SharedClaims(ENGINE)
    claiming.add(KEY)
    if theirs:
        claiming.set_account(theirs)
    assert same == looking.elsewhere(KEY, mine)


def test_another_run() -> None:
    """Two runs at a time do not see each other's claims."""
    mine, theirs = SharedClaims(ENGINE), SharedClaims("127.0.0.1:4712")
    theirs.add(KEY)
    assert not mine.elsewhere(KEY, None)


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[Callable[[], None]]:
    """A process that claims KEY; call it to kill the process."""
    code = (
        f"import tempfile; tempfile.tempdir = {str(tmp_path)!r}\n"
        "from pulumi_ses_mail_from_provider.engine.claims import SharedClaims\n"
        "from pulumi_ses_mail_from_provider.rules.model import Key\n"
        f"claims = SharedClaims({ENGINE!r}); claims.add(Key('us-east-1', 'example.com'))\n"
        "print('ready', flush=True); input()\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout
        assert "ready\n" == process.stdout.readline()

        def kill() -> None:
            process.kill()
            process.wait(10)

        yield kill
        process.kill()


def test_a_process_that_was_killed(killed: Callable[[], None]) -> None:
    """Its claims count in the run: the engine goes on with the others, which must not clear what it has adopted."""
    mine = SharedClaims(ENGINE)
    assert mine.elsewhere(KEY, None)
    killed()
    assert mine.elsewhere(KEY, None)
    assert SharedClaims(ENGINE).elsewhere(KEY, None)


def test_the_last_process_was_killed(killed: Callable[[], None]) -> None:
    """A process that the engine starts after that, for the deletes, still knows its claims."""
    killed()
    assert SharedClaims(ENGINE).elsewhere(KEY, None)


def test_what_an_earlier_run_has_left(killed: Callable[[], None], tmp_path: Path) -> None:
    """It does not count, and is removed. As long as a process lives, its run is under way."""
    (path,) = tmp_path.rglob("*.jsonl")
    os.utime(path, (1, 1))
    alive = SharedClaims(ENGINE)
    assert alive.elsewhere(KEY, None)
    for one in tmp_path.rglob("*.jsonl"):
        os.utime(one, (1, 1))
    killed()
    alive.close()
    mine = SharedClaims(ENGINE)
    assert not mine.elsewhere(KEY, None)
    assert [mine._path] == list(tmp_path.rglob("*.jsonl"))


def test_a_line_that_is_being_written(tmp_path: Path) -> None:
    """It is read once it is whole."""
    mine, theirs = SharedClaims(ENGINE), SharedClaims(ENGINE)
    with theirs._path.open("a") as file:
        file.write('{"add": "us-east-1/exam')
    assert not mine.elsewhere(KEY, None)
    with theirs._path.open("a") as file:
        file.write('ple.com"}\n')
    assert mine.elsewhere(KEY, None)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Everything else works, and one line says what does not."""
    lines: list[str] = []
    (tmp_path / "file").write_text("")
    tempfile.tempdir = str(tmp_path / "file")
    claims = shared_claims(ENGINE, lines.append)
    assert isinstance(claims, NoClaims)
    (line,) = lines
    assert "do not move resources between providers" in line
    assert isinstance(shared_claims("", lines.append), NoClaims)
    assert not claims.elsewhere(KEY, None)


def test_declarations_publish_their_keys() -> None:
    """What a process declares or reads is visible to the others, and what it declares no longer is not."""
    mine, others = Declarations(SharedClaims(ENGINE)), Declarations(SharedClaims(ENGINE))
    others.declare("urn:a", KEY, Declaration(KEY, "bounce.example.com", "UseDefaultValue"))
    assert (True, False) == (mine.is_used(KEY), mine.is_declared(KEY))
    others.declare("urn:a", OTHER, None)
    assert (False, True) == (mine.is_used(KEY), mine.is_used(OTHER))
    others.read(KEY)
    assert mine.is_used(KEY)
    others.set_account("1")
    mine.set_account("2")
    assert not mine.is_used(KEY)


def test_the_folder_is_private(tmp_path: Path) -> None:
    """Other users of the machine can write no claims."""
    SharedClaims(ENGINE)
    (folder,) = tmp_path.iterdir()
    assert os.name != "posix" or folder.stat().st_mode & 0o077 == 0
