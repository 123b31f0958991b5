"""The identities of SES and the rules for them, without HTTP, access control and rate limits.

The rules follow the API reference and error messages that users have reported. "assumed" marks undocumented ones.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from .model import (
    Change,
    MailFrom,
    MxLookup,
    Place,
    Rules,
    ServiceError,
    canonical,
    domain_of,
    is_domain,
)
from .status import Setting, after_delay, after_lookup


@dataclass
class Identity:
    """An identity of one account and region.

    Attributes:
        name: The name as it was given.
        serial: A number that grows with each creation.
        known_from: The time from which Set and Get know it.
        verification: The verification status.
        setting: The MAIL FROM setting.
    """

    name: str
    serial: int
    known_from: float
    verification: str
    setting: Setting | None = None


class Service:
    """The identities of all accounts and regions. Thread-safe."""

    def __init__(self, rules: Rules, now: Callable[[], float]) -> None:
        self.rules = rules
        self.now = now
        self._lock = threading.RLock()
        self._places: defaultdict[Place, dict[str, Identity]] = defaultdict(dict)
        self._history: defaultdict[tuple[Place, str], list[Change]] = defaultdict(list)
        self._serial = 0

    def verify(self, place: Place, name: str, *, verification: str, lag: float) -> None:
        """Create an identity. An existing one changes only if it becomes verified.

        Args:
            place: The account and region.
            name: The domain or e-mail address.
            verification: The verification status.
            lag: Seconds until Set and Get know it.
        """
        with self._lock:
            self._serial += 1
            new = Identity(name, self._serial, self.now() + lag, verification)
            identity = self._places[place].setdefault(canonical(name), new)
            if verification == "Success":
                identity.verification = verification

    def delete(self, place: Place, name: str) -> None:
        """Delete an identity and its setting. Like the real service, it ignores unknown names."""
        with self._lock:
            if identity := self._places[place].pop(canonical(name), None):
                self._note(place, identity, None)

    def listed(self, place: Place, after: int = 0) -> list[Identity]:
        """Return the identities with a serial number above `after`, oldest first."""
        with self._lock:
            return [identity for identity in self._places[place].values() if identity.serial > after]

    def known(self, place: Place, name: str) -> Identity | None:
        """Return an identity, unless it does not exist or its creation lag has not passed."""
        with self._lock:
            identity = self._places[place].get(canonical(name))
            return identity if identity and identity.known_from <= self.now() else None

    def set_mail_from(self, place: Place, name: str, domain: str, behavior: str) -> None:
        """Set a MAIL FROM domain, which starts its set-up. An empty domain clears the setting."""
        with self._lock:
            identity = self.known(place, name)
            if identity is None:
                raise ServiceError("InvalidParameterValue", f"Identity <{name}> does not exist.")
            if not domain:
                self._store(place, identity, None)
                return
            parent = domain_of(identity.name)
            if not domain.lower().endswith(f".{parent}"):
                raise ServiceError(
                    "InvalidParameterValue",
                    f"Provided MAIL-FROM domain <{domain}> is not subdomain of the domain of the identity <{parent}>.",
                )
            if not is_domain(domain):
                raise ServiceError("InvalidParameterValue", f"Invalid domain name {domain}.")  # assumed
            new = Setting(domain, behavior, "Pending", self.now())
            was = identity.setting
            same = was is not None and was.domain.lower() == domain.lower() and was.status != "Failed"
            if was and same and not self.rules.same_domain_restarts:
                new = replace(was, domain=domain, behavior=behavior)
            self._store(place, identity, new)

    def put(self, place: Place, name: str, setting: MailFrom | None) -> None:
        """Set a MAIL FROM setting without any checks. The identity must exist."""
        with self._lock:
            stored = Setting(setting.domain, setting.behavior, setting.status, self.now()) if setting else None
            self._store(place, self._places[place][canonical(name)], stored)

    def settings(self, place: Place, names: Iterable[str]) -> dict[str, Setting | None]:
        """Update the status of the known ones among `names` and return their settings."""
        with self._lock:
            found = {name: identity for name in names if (identity := self.known(place, name))}
        lookup = self.rules.mx_lookup
        for identity in found.values():
            self._move_on(place, identity, lookup)
        with self._lock:
            return {name: identity.setting for name, identity in found.items()}

    def history(self, place: Place, name: str) -> list[Change]:
        """Return all changes of the setting of an identity, oldest first."""
        with self._lock:
            return list(self._history[place, canonical(name)])

    def _move_on(self, place: Place, identity: Identity, lookup: MxLookup | None) -> None:
        seen = identity.setting
        if seen is None:
            return
        if lookup:
            # Without the lock, because this may be a real DNS query.
            found = lookup(seen.domain.lower(), place.region)
            moved = after_lookup(seen, self.now(), found=found)
        elif self.rules.success_after is not None:
            moved = after_delay(seen, self.now(), self.rules.success_after)
        else:
            return
        with self._lock:
            there = self._places[place].get(canonical(identity.name)) is identity
            if there and identity.setting is seen and moved is not seen:
                self._store(place, identity, moved)

    def _store(self, place: Place, identity: Identity, setting: Setting | None) -> None:
        identity.setting = setting
        self._note(place, identity, setting.shown if setting else None)

    def _note(self, place: Place, identity: Identity, value: MailFrom | None) -> None:
        changes = self._history[place, canonical(identity.name)]
        if value != (changes[-1].value if changes else None):
            changes.append(Change(self.now(), value))


def verification_token(place: Place, domain: str) -> str:
    """Return the verification token, which is always the same for a domain, account and region."""
    digest = hashlib.sha256("/".join((*place, domain.lower())).encode()).digest()
    return base64.b64encode(digest).decode()
