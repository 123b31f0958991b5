"""What one run knows of the program: which settings it declares or reads, and which of them it sets.

A setting is declared by `check`, or read by a `.get`. Only these are called for what the program has, before the engine
deletes what it no longer has. `diff` and the `read` of a refresh are also called for resources that are about to be
destroyed: a call to them does not mean that the program declares anything.
"""

from __future__ import annotations

import threading

from pulumi_ses_mail_from_provider.rules.model import Declaration, Key


class Declarations:
    """The declarations of one run. Safe to share between threads.

    A resource is known by its URN. Where that is not known, the order of the engine's calls stands for it: the check of
    a resource, its diff, and, if that says replace, another check of the same resource without its state.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[object, Key] = {}
        self._by_key: dict[Key, dict[object, Declaration | None]] = {}
        self._regions: dict[object, str] = {}
        self._read: set[Key] = set()
        self._unsettled: set[Key] = set()
        self._checked: object = None
        self._replaced: object = None

    def owner(self, urn: str | None, *, has_state: bool) -> object:
        """Who is being checked: the URN, or what stands for it."""
        with self._lock:
            replaced, self._replaced = self._replaced, None
            if urn is None and not has_state and replaced is not None:
                return replaced
            self._checked = object() if urn is None else urn
            return self._checked

    def announce_replacement(self) -> None:
        """The resource that was checked last is to be replaced, so it is about to be checked again."""
        with self._lock:
            self._replaced = self._checked

    def declare(self, owner: object, key: Key, declared: Declaration | None) -> Declaration | None:
        """Note a declaration, instead of an earlier one of the same resource.

        declared: None if some of its values are invalid.

        Returns the one of another resource that contradicts it, if there is one.
        """
        with self._lock:
            if (before := self._keys.get(owner)) and before != key:
                del self._by_key[before][owner]
            self._keys[owner] = key
            declarations = self._by_key.setdefault(key, {})
            declarations[owner] = declared
            others = [other for other in declarations.values() if declared and other]
        return next((other for other in others if declared and _values(other) != _values(declared)), None)

    def read(self, key: Key) -> None:
        """Note that the program reads a setting (`.get`)."""
        with self._lock:
            self._read.add(key)

    def is_declared(self, key: Key) -> bool:
        """Whether the program declares the setting."""
        with self._lock:
            return bool(self._by_key.get(key))

    def is_used(self, key: Key) -> bool:
        """Whether the program declares or reads the setting."""
        return self.is_declared(key) or key in self._read

    def remember_region(self, owner: object, region: str) -> None:
        """Note the region of a resource that exists.

        To replace one, the engine calls `check` again as for a new resource, without its old state. Its region must
        not then come from the shell.
        """
        self._regions[owner] = region

    def region_of(self, owner: object) -> str | None:
        """The region that was noted for a resource."""
        return self._regions.get(owner)

    def unsettle(self, key: Key) -> None:
        """Note that this run sets the setting, or has found it not verified yet."""
        with self._lock:
            self._unsettled.add(key)

    def settle(self, key: Key) -> None:
        """Undo `unsettle`: there was no need to set it."""
        with self._lock:
            self._unsettled.discard(key)

    def is_unsettled(self, key: Key) -> bool:
        """Whether SES may have to verify the setting (again) because of this run."""
        return key in self._unsettled


def _values(declared: Declaration) -> tuple[str, str]:
    return declared.mail_from_domain, declared.behavior_on_mx_failure
