"""The claims of the provider processes of a run, in memory."""

from __future__ import annotations

from pulumi_ses_mail_from_provider.rules.model import Key


class SimulatedClaims:
    """The claims of one process. They mean the same as those of `SharedClaims`, which are in files.

    Args:
        folder: The claims of all processes with the same engine address, those of earlier runs among them.
        run: Identifies the run.

    Attributes:
        account: The account of its credentials, if it is known.

    """

    def __init__(self, folder: list[SimulatedClaims], run: object) -> None:
        self._folder, self._run, self._keys = folder, run, set[Key]()
        self.account: str | None = None
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
        """Return whether another process of this run declares or reads a key in an account. An unknown one is any."""
        others = (other for other in self._folder if other is not self and self.counts(other))
        return any(other.has(key, account) for other in others)

    def counts(self, other: SimulatedClaims) -> bool:
        """Return whether the claims of another process count: those of this run, even if that process has died."""
        return other._run is self._run

    def has(self, key: Key, account: str | None) -> bool:
        """Return whether this process claims a key in an account."""
        return self.is_same_account(account) and key in self._keys

    def is_same_account(self, account: str | None) -> bool:
        """Return whether an account may be that of this process."""
        return None in (account, self.account) or account == self.account

    def withdraw(self) -> None:
        """Do nothing: what a process has claimed counts after its death. A defect replaces this."""
