"""The decisions of the set-up tools."""

from __future__ import annotations

import sys
from pathlib import Path

import environment
import pulumi_cli
import pytest
import steps
from steps import StepError


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v3.259.0\n", (3, 259, 0)),
        ("3.270.0-alpha.1+dirty", (3, 270, 0)),
        ("go1.27", (1, 27, 0)),
        ("warning: new version\nv3.300.12", (3, 300, 12)),
    ],
)
def test_versions(text: str, version: tuple[int, int, int]) -> None:
    """The first version in the output of a tool is used."""
    assert version == pulumi_cli.parse_version(text)


def test_no_version() -> None:
    """Output without a version is an error."""
    with pytest.raises(StepError, match="found no version in 'what'"):
        pulumi_cli.parse_version("what\n")


def _cli(folder: Path, version: str, *, plugin: bool = True) -> Path:
    folder.mkdir(parents=True)
    for name in ["pulumi", *([pulumi_cli.PLUGIN] if plugin else [])]:
        (folder / name).write_text(f"#!/bin/sh\necho {version}\n")
        (folder / name).chmod(0o755)
    return folder / "pulumi"


def test_a_cli_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recent CLI in a folder called bin is used."""
    monkeypatch.setenv("PATH", f"{_cli(tmp_path / 'bin', 'v3.999.0').parent}:/usr/bin:/bin")
    assert tmp_path == pulumi_cli.on_path()


@pytest.mark.parametrize(
    ("folder", "version", "plugin", "why"),
    [
        ("bin", "v3.10.0", True, r"is 3\.10\.0, older than 3\."),
        ("bin", "v4.0.0", True, r"is 4\.0\.0; the locked Python SDK supports 3\.x only"),
        ("bin", "v3.999.0", False, "is neither beside it nor on PATH"),
        ("tools", "v3.999.0", True, "is not in a folder called bin"),
    ],
)
def test_a_cli_that_is_not_used(  # noqa: PLR0913, PLR0917 - four of them make the table
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    folder: str,
    version: str,
    plugin: bool,  # noqa: FBT001
    why: str,
) -> None:
    """The error says why the CLI on PATH cannot be used."""
    command = _cli(tmp_path / folder, version, plugin=plugin)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    with pytest.raises(StepError, match=why):
        pulumi_cli.usable(command)


def test_every_way_says_why_it_failed() -> None:
    """If no way works, the error has all reasons."""

    def fails(reason: str) -> Path:
        raise StepError(reason)

    told: list[str] = []
    ways: list[pulumi_cli.Way] = [("one", lambda: fails("no network")), ("two", lambda: fails("no Go"))]
    with pytest.raises(StepError, match=r"(?s)could not get a Pulumi CLI >= [\d.]+\n  one: no network\n  two: no Go"):
        pulumi_cli.first_that_works(ways, notify=told.append)
    assert ["  one: no network", "  two: no Go"] == told
    assert Path("x") == pulumi_cli.first_that_works([*ways, ("three", lambda: Path("x"))], notify=told.append)


def test_pip_settings() -> None:
    """More specific settings override others, and several values are joined."""
    listing = (
        "global.index-url='https://mirror.example/simple'\n"
        "global.extra-index-url='\\nhttps://a.example\\nhttps://b.example'\n"
        ":env:.index-url='https://env.example/simple'\n"
        "freeze.timeout='10'\n"
    )
    expected = {"index-url": "https://env.example/simple", "extra-index-url": "https://a.example https://b.example"}
    assert expected == environment.parse_pip_config(listing)


def test_uv_goes_where_pip_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of pip are passed to uv, unless uv has its own."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INSECURE_HOST", "SSL_CERT_FILE", "UV_SYSTEM_CERTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("UV_INDEX", "https://own.example")
    env = environment.uv_environment({"index-url": "https://mirror.example", "extra-index-url": "https://x.example"})
    assert ("https://mirror.example", "https://own.example", "1") == (
        env["UV_DEFAULT_INDEX"],
        env["UV_INDEX"],
        env["UV_SYSTEM_CERTS"],
    )
    assert "UV_INSECURE_HOST" not in env


def test_the_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """XDG_CACHE_HOME is used if it is absolute."""
    default = Path.home() / ".cache/pulumi-ses-mail-from"
    for value, expected in (("/c", Path("/c/pulumi-ses-mail-from")), ("c", default), ("", default)):
        monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert expected == steps.cache_dir()


def test_a_staged_folder_is_complete_or_missing(tmp_path: Path) -> None:
    """A failed step leaves nothing behind."""
    target = tmp_path / "target"

    def fail() -> None:
        with steps.staged(target) as folder:
            (folder / "half").touch()
            raise StepError("no")

    with pytest.raises(StepError):
        fail()
    assert [] == list(tmp_path.iterdir())
    with steps.staged(target) as folder:
        (folder / "whole").touch()
    assert [target / "whole"] == list(target.iterdir())


def test_a_step_that_fails_shows_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    """The error has the last lines of the output."""
    code = "import sys; print('\\n'.join('abcdef')); sys.exit(3)"
    with pytest.raises(StepError, match=r"^c\n    d\n    e\n    f$"):
        steps.run_step("Trying …", [sys.executable, "-c", code])
    assert "Trying …\n" == capsys.readouterr().err
    with pytest.raises(StepError, match="exit status 3"):
        steps.run_step("Trying …", [sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(StepError, match="No such file"):
        steps.run_step("Trying …", ["/no/such/command"])


def test_locks_hold_no_urls() -> None:
    """Locks work with any mirror."""
    for lock in steps.LOCKS.glob("*.txt"):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text
