"""Makes the description and the URLs of the package, each time that hatchling builds or installs it.

A package index shows the README away from its files, so relative links become absolute ones. While pyproject.toml does
not give the address of the repository, they become plain text.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

# Code is matched first, so that nothing in it counts as a link. The text of a link may contain images.
_PARTS = re.compile(
    r"""(?P<code>```.*?```|`[^`\n]+`)
    |(?P<mark>!?)\[(?P<text>(?:[^\[\]]|!?\[[^\[\]]*\](?:\([^()]*\))?)*)\]\((?P<target>[^()\s]+)(?P<title>\s+"[^"]*")?\)
    """,
    re.DOTALL | re.VERBOSE,
)
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


class CustomMetadataHook(MetadataHookInterface):
    """Called by hatchling, which looks for a subclass in this file."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the fields `readme` and `urls`.

        Args:
            metadata: The table `project` of pyproject.toml.
        """
        repository = self.config["repository"].rstrip("/")
        readme = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        text = description(readme, repository, f"v{metadata['version']}")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
        metadata["urls"] = urls(repository)


def urls(repository: str) -> dict[str, str]:
    """Return the URLs of the package; none while the repository has no address."""
    if not repository:
        return {}
    return {
        "Changelog": f"{repository}/blob/HEAD/CHANGELOG.md",
        "Documentation": f"{repository}/blob/HEAD/docs/_index.md",
        "Issues": f"{repository}/issues",
        "Source": repository,
    }


def description(readme: str, repository: str, tag: str) -> str:
    """Return the README without relative links.

    Args:
        readme: The README, in Markdown with inline links only.
        repository: The address of the repository on GitHub, or "".
        tag: The tag of the version, to which the links lead.
    """

    def absolute(part: re.Match[str]) -> str:
        mark, target = part["mark"], part["target"]
        if part["code"]:
            return part[0]
        text = _PARTS.sub(absolute, part["text"])
        if not _ABSOLUTE.match(target):
            if not repository:
                return "" if mark else text
            target = f"{repository}/{'raw' if mark else 'blob'}/{tag}/" + (
                f"README.md{target}" if target.startswith("#") else target
            )
        return f"{mark}[{text}]({target}{part['title'] or ''})"

    return re.sub(r"\n{3,}", "\n\n", _PARTS.sub(absolute, readme))
