"""The description of the package, the checks before a release, and the workflows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import hatch_build
import pytest
import release
from steps import StepError

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://github.com/owner/name"
README = (ROOT / "README.md").read_text()
PYPROJECT = '[project]\nversion = "1.2.0"\n\n[tool.hatch.metadata.hooks.custom]\nrepository = "{}"\n'
CHANGELOG = "## [Unreleased]\n\n## [1.2.0] - 2026-01-31\n\n### Added\n\n- All.\n\n## [1.1.0] - 2026-01-01\n\n- More.\n"


@pytest.mark.parametrize(
    ("markdown", "with_address", "without"),
    [
        ("[a](docs/a.md#b)", f"[a]({REPOSITORY}/blob/v1/docs/a.md#b)", "a"),
        ("[`a`](#b) c", f"[`a`]({REPOSITORY}/blob/v1/README.md#b) c", "`a` c"),
        ("x\n\n![a b](docs/a.svg)\n\ny", f"x\n\n![a b]({REPOSITORY}/raw/v1/docs/a.svg)\n\ny", "x\n\ny"),
        ('[a](b "c")', f'[a]({REPOSITORY}/blob/v1/b "c")', "a"),
        ("[![a](b.svg)](c.md)", f"[![a]({REPOSITORY}/raw/v1/b.svg)]({REPOSITORY}/blob/v1/c.md)", ""),
        ("[a](https://example.com/b)", "[a](https://example.com/b)", "[a](https://example.com/b)"),
        ("`[a](b)` [c](d)", f"`[a](b)` [c]({REPOSITORY}/blob/v1/d)", "`[a](b)` c"),
        ("```\nx[0](y)\n```\n", "```\nx[0](y)\n```\n", "```\nx[0](y)\n```\n"),
    ],
)
def test_description(markdown: str, with_address: str, without: str) -> None:
    """Relative links become absolute; without an address of the repository, links become text and images disappear."""
    assert with_address == hatch_build.description(markdown, REPOSITORY, "v1")
    assert without == hatch_build.description(markdown, "", "v1")


@pytest.mark.parametrize("repository", [REPOSITORY, ""])
def test_description_of_this_package(repository: str) -> None:
    """The description has no relative link in any form, and otherwise the text of the README."""
    text = hatch_build.description(README, repository, "v1")
    targets = re.findall(r"""\]\(([^)\s]*)|(?:src|href)=["']?([^"'\s>]*)|^\[[^\]]+\]:\s*(\S+)""", text, re.MULTILINE)
    assert [] == [target for groups in targets for target in groups if target and not target.startswith("https://")]
    assert re.findall(r"^```.*?^```", README, re.MULTILINE | re.DOTALL) == re.findall(
        r"^```.*?^```", text, re.MULTILINE | re.DOTALL
    )
    assert re.findall("^#+ .*", README, re.MULTILINE) == re.findall("^#+ .*", text, re.MULTILINE)


@pytest.mark.parametrize("repository", [f"{REPOSITORY}/", ""])
def test_metadata(repository: str) -> None:
    """The fields that pyproject.toml declares as dynamic are set; without an address there are no URLs."""
    metadata: dict[str, Any] = {"version": "1.2.0"}
    hatch_build.CustomMetadataHook(str(ROOT), {"repository": repository}).update(metadata)
    readme, urls = metadata["readme"], metadata["urls"]
    assert ("# pulumi-ses-mail-from", "text/markdown") == (readme["text"].partition("\n")[0], readme["content-type"])
    assert (f"{REPOSITORY}/blob/v1.2.0/LICENSE" in readme["text"], bool(urls)) == (bool(repository),) * 2
    assert all(url.startswith(REPOSITORY) and "//" not in url[8:] for url in urls.values())


def test_changes() -> None:
    """The changes of the version that is released are those in its section."""
    assert "### Added\n\n- All." == release.changes("v1.2.0", REPOSITORY, PYPROJECT.format(REPOSITORY), CHANGELOG)


@pytest.mark.parametrize(
    ("tag", "repository", "changelog", "reason"),
    [
        ("1.2.0", REPOSITORY, CHANGELOG, "the tag is 1.2.0, but .* is 1.2.0: the tag must be v1.2.0$"),
        ("v1.3.0", REPOSITORY, CHANGELOG, "the tag is v1.3.0, but .* is 1.2.0"),
        ("v1.2.0", "", CHANGELOG, f'repository = "" .*, but this is {REPOSITORY}: set repository = "{REPOSITORY}"'),
        ("v1.2.0", "https://github.com/other/name", CHANGELOG, "https://github.com/other/name"),
        ("v1.2.0", REPOSITORY, CHANGELOG.replace("## [1.2.0]", "## [1.2.1]"), "has no section .* - YYYY-MM-DD"),
        ("v1.2.0", REPOSITORY, CHANGELOG.replace(" - 2026-01-31", ""), "has no section .* - YYYY-MM-DD"),
        ("v1.2.0", REPOSITORY, CHANGELOG.replace("### Added\n\n- All.\n\n", ""), "has no changes below 1.2.0"),
    ],
)
def test_not_released(tag: str, repository: str, changelog: str, reason: str) -> None:
    """A tag that differs from the version, another address, or a version without changes stops a release."""
    with pytest.raises(StepError, match=rf"^{re.escape(tag)} cannot be released:\n(.*\n)*  .*{reason}"):
        release.changes(tag, REPOSITORY, PYPROJECT.format(repository), changelog)


def test_all_reasons_are_given(capsys: pytest.CaptureFixture[str]) -> None:
    """The command checks this checkout, and prints all reasons."""
    assert 1 == release.main(["0.0.0", "https://github.com/owner/fork"])
    assert 3 <= capsys.readouterr().err.count("\n")


WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned(workflow: Path) -> None:
    """Each action is pinned by commit, with its version in a comment, which Dependabot updates too."""
    uses = re.findall(r"^.*\buses:.*$", workflow.read_text(), re.MULTILINE)
    assert uses
    assert [] == [line for line in uses if not re.search(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)]


def test_one_version_of_each_action() -> None:
    """All workflows use the same commit of an action."""
    pins = {tuple(pin) for path in WORKFLOWS for pin in re.findall(r"uses: (\S+)@(\S+)", path.read_text())}
    assert len(pins) == len({action for action, _ in pins})


def test_every_python_is_tested() -> None:
    """CI runs with each version of Python that the package names."""
    named = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text())
    (matrix,) = re.findall(r"python: (\[.*\]) # all", (ROOT / ".github/workflows/ci.yml").read_text())
    assert named == re.findall(r"3\.\d+", matrix)
