"""The claims of the provider processes of a run, in memory."""

from __future__ import annotations

from pulumi_ses_mail_from_provider.rules.model import Key


class SimulatedClaims:
    """The claims of one process. They mean the same as those of `SharedClaims`, which are in files.

    Args:
        folder: The claims of all processes with the same engine address, those of earlier runs among them.

    Attributes:
        account: The account of its credentials, if it is known.
        is_alive: Whether the process lives.

    """

    def __init__(self, folder: list[SimulatedClaims]) -> None:
        self._folder, self._keys = folder, set[Key]()
        self.account: str | None = None
        self.is_alive = True
        folder.append(self)

    def add(self, key: Key) -> None:
        """Publish that this process declares or reads a key."""
        self._keys.add(key)

    def remove(self, key: Key) -> None:
        """Take it back."""
        self._keys.discard(key)

    def set_account(self, account: str) -> None:
        """Publish the account of this process's credentials."""
        self.account = account

    def elsewhere(self, key: Key, account: str | None) -> bool:
        """Return whether another live process declares or reads a key in an account. An unknown account is any."""
        return any(other.has(key, account) for other in self._folder if other is not self and other.counts())

    def counts(self) -> bool:
        """Return whether the claims of this process count: whether it lives."""
        return self.is_alive

    def has(self, key: Key, account: str | None) -> bool:
        """Return whether this process claims a key in an account."""
        return self.is_same_account(account) and key in self._keys

    def is_same_account(self, account: str | None) -> bool:
        """Return whether an account may be that of this process."""
        return None in (account, self.account) or account == self.account
