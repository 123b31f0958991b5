"""What `check` of this process was given: the declarations of the run that is under way.

Only `check` hears of every resource that the program declares, before the engine changes or deletes any other.
`diff` and `read` are called on a refresh too, whose resources are about to be destroyed: they prove nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .model import Declaration, Key

_GIVEN = ("identity", "mail_from_domain", "behavior_on_mx_failure", "overwrite")


class Declarations:
    """The declarations of one run. Safe to share between threads: each method is one step on one dictionary."""

    def __init__(self) -> None:
        self._by_key: dict[Key, Declaration] = {}
        self._regions: dict[tuple[str, ...], str] = {}

    def add(self, declared: Declaration) -> Declaration | None:
        """Note a declaration; or give the one of the same identity and region that contradicts it."""
        noted = self._by_key.setdefault(declared.key, declared)
        same = (noted.mail_from_domain, noted.behavior_on_mx_failure) == (
            declared.mail_from_domain,
            declared.behavior_on_mx_failure,
        )
        return None if same else noted

    def has(self, key: Key, mail_from_domain: str) -> bool:
        """Whether the program declares this domain for this identity."""
        noted = self._by_key.get(key)
        return noted is not None and noted.mail_from_domain == mail_from_domain

    def remember_region(self, news: Mapping[str, Any], region: str) -> None:
        """Note the region of a resource that exists.

        To replace one, the engine calls `check` again as for a new resource, without its old state. Its region must
        not then come from the shell.
        """
        self._regions[_as_given(news)] = region

    def region_of(self, news: Mapping[str, Any]) -> str | None:
        """The region that was noted for a resource declared with just these inputs."""
        return self._regions.get(_as_given(news))


def _as_given(news: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(news.get(name)) for name in _GIVEN)
