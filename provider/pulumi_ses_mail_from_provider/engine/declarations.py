"""What the program of a run declares or reads.

The engine calls `check` for what the program declares, and `read` without state for what it reads (`.get`). It calls
both before it deletes what the program no longer has. It calls `diff`, and `read` with state, also for resources that
are about to be destroyed: a call to them does not mean that the program declares the resource.
"""

from __future__ import annotations

import threading

from pulumi_ses_mail_from_provider.rules.model import Declaration, Key

from .claims import Claims, NoClaims


class Declarations:
    """The declarations of one run. Safe to share between threads.

    Args:
        claims: What other processes of the run declare.

    A resource is identified by its URN. If that is not known, the order of the engine's calls identifies it: the check
    of a resource, its diff and, if the diff replaces it, another check of the same resource without its state.
    """

    def __init__(self, claims: Claims | None = None) -> None:
        self._claims = claims or NoClaims()
        self._lock = threading.Lock()
        self._keys: dict[object, Key] = {}
        self._by_key: dict[Key, dict[object, Declaration | None]] = {}
        self._regions: dict[object, str] = {}
        self._read: set[Key] = set()
        self._checked: object = None
        self._replaced: object = None
        self._account: str | None = None

    def owner(self, urn: str | None, *, has_state: bool) -> object:
        """The resource that is being checked: its URN, or an object that stands for it.

        Args:
            urn: The URN, if it is known.
            has_state: Whether the resource exists.
        """
        with self._lock:
            replaced, self._replaced = self._replaced, None
            if urn is None and not has_state and replaced is not None:
                return replaced
            self._checked = object() if urn is None else urn
            return self._checked

    def announce_replacement(self) -> None:
        """Note that the resource that was checked last is replaced, so that it is checked once more."""
        with self._lock:
            self._replaced = self._checked

    def declare(self, owner: object, key: Key, declared: Declaration | None) -> Declaration | None:
        """Note a declaration. It replaces an earlier one of the same resource.

        Args:
            owner: The resource, as `owner` returns it.
            key: The identity that it declares.
            declared: What it declares; None if a value is invalid.

        Returns:
            The declaration of another resource that contradicts it, if there is one.
        """
        with self._lock:
            if (before := self._keys.get(owner)) and before != key:
                del self._by_key[before][owner]
                if not self._by_key[before] and before not in self._read:
                    self._claims.remove(before)
            self._keys[owner] = key
            declarations = self._by_key.setdefault(key, {})
            if not declarations:
                self._claims.add(key)
            declarations[owner] = declared
            others = [other for other in declarations.values() if declared and other]
        return next((other for other in others if declared and _values(other) != _values(declared)), None)

    def read(self, key: Key) -> None:
        """Note that the program reads a key (`.get`)."""
        with self._lock:
            self._read.add(key)
            self._claims.add(key)

    def is_declared(self, key: Key) -> bool:
        """Whether the program declares the key."""
        with self._lock:
            return bool(self._by_key.get(key))

    def is_used(self, key: Key) -> bool:
        """Whether the program declares or reads the key, in this process or in another one of the run."""
        return self.is_declared(key) or key in self._read or self._claims.elsewhere(key, self._account)

    def set_account(self, account: str) -> None:
        """Note the account of the credentials: what other accounts have is another MAIL FROM domain."""
        with self._lock:
            if account != self._account:
                self._account = account
                self._claims.set_account(account)

    def remember_region(self, owner: object, region: str) -> None:
        """Note the region of a resource that exists.

        When it is replaced, the engine calls `check` again without its state, as for a new resource. Its region must
        not come from the environment then.
        """
        self._regions[owner] = region

    def region_of(self, owner: object) -> str | None:
        """The region that was noted for a resource, if any."""
        return self._regions.get(owner)


def _values(declared: Declaration) -> tuple[str, str]:
    return declared.mail_from_domain, declared.behavior_on_mx_failure
