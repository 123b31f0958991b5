"""What SES keeps about identities, and its rules. No HTTP, no access control, no limits.

Sources are the API reference and texts that users reported; "assumed" marks what nobody has shown.
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
    """An identity of one place."""

    name: str
    """As it was given."""

    serial: int
    known_from: float
    verification: str
    setting: Setting | None = None


class Service:
    """The identities of all accounts and regions. Every method is safe to call from any thread."""

    def __init__(self, rules: Rules, now: Callable[[], float]) -> None:
        self.rules = rules
        self.now = now
        self._lock = threading.RLock()
        self._places: defaultdict[Place, dict[str, Identity]] = defaultdict(dict)
        self._history: defaultdict[tuple[Place, str], list[Change]] = defaultdict(list)
        self._serial = 0

    def verify(self, place: Place, name: str, *, verification: str, lag: float) -> None:
        """Make it an identity; one that is there can only become verified by it."""
        with self._lock:
            self._serial += 1
            new = Identity(name, self._serial, self.now() + lag, verification)
            identity = self._places[place].setdefault(canonical(name), new)
            if verification == "Success":
                identity.verification = verification

    def delete(self, place: Place, name: str) -> None:
        """Forget the identity and its MAIL FROM; deleting what is not there is fine, as with the service."""
        with self._lock:
            if identity := self._places[place].pop(canonical(name), None):
                self._note(place, identity, None)

    def listed(self, place: Place, after: int = 0) -> list[Identity]:
        """The identities that were made after the given serial number, oldest first."""
        with self._lock:
            return [identity for identity in self._places[place].values() if identity.serial > after]

    def known(self, place: Place, name: str) -> Identity | None:
        """The identity, unless it is too new to be known."""
        with self._lock:
            identity = self._places[place].get(canonical(name))
            return identity if identity and identity.known_from <= self.now() else None

    def set_mail_from(self, place: Place, name: str, domain: str, behavior: str) -> None:
        """Start the set-up of a MAIL FROM domain, or clear it if the domain is empty."""
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
        """Set it without the rules. The identity must be there."""
        with self._lock:
            stored = Setting(setting.domain, setting.behavior, setting.status, self.now()) if setting else None
            self._store(place, self._places[place][canonical(name)], stored)

    def settings(self, place: Place, names: Iterable[str]) -> dict[str, Setting | None]:
        """The setting of each of the identities that are known; the status is brought up to date first."""
        with self._lock:
            found = {name: identity for name in names if (identity := self.known(place, name))}
        lookup = self.rules.mx_lookup
        for identity in found.values():
            self._move_on(place, identity, lookup)
        with self._lock:
            return {name: identity.setting for name, identity in found.items()}

    def history(self, place: Place, name: str) -> list[Change]:
        """Every change of the setting of the identity, oldest first."""
        with self._lock:
            return list(self._history[place, canonical(name)])

    def _move_on(self, place: Place, identity: Identity, lookup: MxLookup | None) -> None:
        seen = identity.setting
        if seen is None:
            return
        if lookup:
            # Not under the lock: it may well be a real look into DNS.
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
    """The same for the same domain, account and region, as the service's are."""
    digest = hashlib.sha256("/".join((*place, domain.lower())).encode()).digest()
    return base64.b64encode(digest).decode()
