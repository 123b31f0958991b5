"""Checks that a tag may be released, and prints the changes of its version. The release workflow runs it.

Usage: release.py TAG REPOSITORY, such as: release.py v1.0.0 https://github.com/owner/name
"""

from __future__ import annotations

import re
import sys

from steps import ROOT, StepError, progress


def main(arguments: list[str]) -> int:
    """Run the command.

    Args:
        arguments: The tag, and the address of the repository that the tag is in.

    Returns:
        The exit status.
    """
    tag, repository = arguments
    try:
        print(changes(tag, repository, (ROOT / "pyproject.toml").read_text(), (ROOT / "CHANGELOG.md").read_text()))
    except StepError as error:
        progress(f"error: {error}")
        return 1
    return 0


def changes(tag: str, repository: str, pyproject: str, changelog: str) -> str:
    """Return the changes of the version that is released.

    Args:
        tag: The tag.
        repository: The address of the repository that the tag is in.
        pyproject: The content of pyproject.toml.
        changelog: The content of CHANGELOG.md.

    Raises:
        StepError: If the tag may not be released, with all reasons.
    """
    version, declared = _value("version", pyproject), _value("repository", pyproject)
    section = re.search(
        rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    problems = []
    if tag != f"v{version}":
        problems.append(f"the tag is {tag}, but the version in pyproject.toml is {version}: the tag must be v{version}")
    if declared != repository:
        problems.append(
            f'pyproject.toml has repository = "{declared}" ([tool.hatch.metadata.hooks.custom]), but this is'
            f' {repository}: set repository = "{repository}", so that the links in the package work'
        )
    if section is None:
        problems.append(f'CHANGELOG.md has no section "## [{version}] - YYYY-MM-DD": rename "## [Unreleased]"')
    elif not section[1].strip():
        problems.append(f"CHANGELOG.md has no changes below {version}")
    if problems or section is None:
        raise StepError("\n  ".join([f"{tag} cannot be released:", *problems]))
    return section[1].strip()


def _value(key: str, pyproject: str) -> str:
    """The text of a key. Python 3.10 has no parser of TOML."""
    (value,) = re.findall(rf'^{key} = "(.*)"', pyproject, re.MULTILINE)
    return str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
