"""The operations on MAIL FROM settings: look, decide, act, and say what nobody else would."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from . import accounts, decisions
from .aws import Connections
from .decisions import Action
from .declarations import Declarations
from .errors import how_to_verify
from .failures import AnotherMailFromDomain, CallFailed, Cancelled, IdentityNotFound, SettingNotFound
from .inputs import Failure, RegionSource, check, declaration
from .model import (
    UNKNOWN,
    Absent,
    BehaviorOnMXFailure,
    Declaration,
    Found,
    Key,
    MailFromDomainStatus,
    Setting,
)
from .names import InvalidName, shown
from .ses import Ses
from .state import State

IDENTITY_WAIT: Final = 30.0
"""Seconds for which an identity that was created just now may still be unknown to SES."""

_READ_AGE: Final = 60.0
"""Seconds for which what was read ahead serves a refresh: one of thousands of resources takes that long itself."""

_WRITE_AGE: Final = 5.0
"""The same for the look before a write: what somebody else has set since must not be taken."""

_LONGEST_PAUSE: Final = 8.0


class Lifecycle:
    """The operations on settings. One for a process, shared by its threads.

    say: takes one line for the user of Pulumi.
    clock, sleep: in seconds, as those of `time`.
    """

    def __init__(
        self,
        connections: Connections,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.connections = connections
        self.ses = Ses(connections, clock, sleep)
        self.declarations = Declarations()
        self.tell, self._said = say, set[str]()
        self.clock, self.sleep = clock, sleep

    def say(self, line: str) -> None:
        """Tell the user, once: the engine asks some things twice in a run."""
        if line not in self._said:
            self._said.add(line)
            self.tell(line)

    def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[dict[str, Any], list[Failure]]:
        """The inputs of a declaration in their normal form, and all that is wrong with them."""
        inputs, failures = check(
            news,
            [
                RegionSource("the stack's config, aws:region", lambda: self.connections.settings.region),
                RegionSource("this stack's state", lambda: olds.get("region")),
                RegionSource("this stack's state", lambda: self.declarations.region_of(news)),
                RegionSource("the AWS environment or profile", self._ambient_region),
            ],
        )
        if olds.get("region") and inputs["region"] == olds["region"]:
            self.declarations.remember_region(news, olds["region"])
        if not failures and UNKNOWN not in inputs.values():
            declared = declaration(inputs)
            if other := self.declarations.add(declared):
                failures.append(_contradiction(declared, other))
        return inputs, failures

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
        """The properties that pulumi up would change; the status, where that alone asks for a Set."""
        key = Key(str(olds.get("region")), str(olds.get("identity")))
        self.guard(key, olds.get("account_id"))
        changed, status = decisions.changes(olds, news), olds.get("mail_from_domain_status")
        if decisions.replaces(changed):
            return changed
        if status == MailFromDomainStatus.FAILED:
            changed.append("mail_from_domain_status")
            self.say(
                f"{key}: status Failed: SES did not find the MX record of {olds.get('mail_from_domain')} and has"
                " stopped looking; pulumi up sets it again, which restarts the search"
            )
        rejects = news.get("behavior_on_mx_failure") == BehaviorOnMXFailure.REJECT_MESSAGE
        unverified = status != MailFromDomainStatus.SUCCESS or "mail_from_domain" in changed
        if changed and rejects and unverified and news.get("mail_from_domain") is not UNKNOWN:
            self.say(rejection(key, news.get("mail_from_domain")))
        return changed

    def _ambient_region(self) -> str | None:
        try:
            return self.connections.ambient_region()
        except CallFailed as problem:
            raise InvalidName(str(problem)) from None

    def guard(self, key: Key, stated_account: object) -> str | None:
        """The account in use, or else the one in state. Raises WrongAccount if it must not be touched.

        stated_account: the account that state remembers for the setting, if any.
        """
        account = self.connections.account(key.region)
        return accounts.guard(self.connections.settings, account, key, stated_account)

    def create(self, declared: Declaration) -> State:
        """Set what is declared, or adopt it where it is already so."""
        account = self.guard(declared.key, None)
        setting, written = self._put(declared, decisions.on_create)
        if not written:
            self.say(
                f"{declared.key}: adopted: {setting.mail_from_domain} is already its MAIL FROM domain"
                f" (status {setting.status})"
            )
        return self._state(declared, setting, account)

    def update(self, declared: Declaration, stated: Mapping[str, Any]) -> State:
        """Set what is declared where SES has it otherwise."""
        account = self.guard(declared.key, stated.get("account_id"))
        setting, _ = self._put(declared, decisions.on_update)
        return self._state(declared, setting, account)

    def read(self, key: Key, stated: Mapping[str, Any]) -> State | None:
        """What SES has now; None if the setting or its identity is proven to be gone."""
        account = self.guard(key, stated.get("account_id"))
        found = self.ses.look(key, _READ_AGE)
        if isinstance(found, Absent):
            return None
        before = stated.get("mail_from_domain_status")
        if found.status != before and found.mail_from_domain == stated.get("mail_from_domain"):
            # Nothing that is declared has changed, so the engine calls the resource unchanged.
            self.say(f"{key}: status {before} -> {found.status}")
        return State(key, found, account, overwrite=bool(stated.get("overwrite")))

    def get(self, key: Key) -> State:
        """What SES has now, of a setting that no state knows. Raises SettingNotFound."""
        account, setting = self.guard(key, None), self.ses.look(key, _READ_AGE)
        if isinstance(setting, Absent):
            raise SettingNotFound(
                f"{key}: there is nothing to get: {setting.value}. Declare a MailFromDomain to set one, or correct"
                " the id '<region>/<identity>' and the account."
            )
        return State(key, setting, account, overwrite=False)

    def delete(self, key: Key, stated: Mapping[str, Any]) -> None:
        """Set MailFromDomain to null, if it is still the one in state and no declaration of this run wants it."""
        self.guard(key, stated.get("account_id"))
        domain, max_age = str(stated.get("mail_from_domain")), _WRITE_AGE
        for faults in itertools.count():
            found = self.ses.look(key, max_age)
            action = decisions.on_delete(domain, found, declared_elsewhere=self.declarations.has(key, domain))
            if action is not Action.CLEAR:
                if isinstance(found, Setting):
                    self.say(f"{key}: left in place: {found.mail_from_domain}: {action.value}")
                return
            try:
                self.ses.clear(key)
            except IdentityNotFound:
                return  # gone since the look, and its setting with it
            except CallFailed as failure:
                self._look_again(failure, faults)
                max_age = 0.0
            else:
                return

    def _put(self, declared: Declaration, decide: Callable[[Declaration, Found], Action]) -> tuple[Setting, bool]:
        """The setting once it is as declared, and whether it took a Set."""
        faults, waits, max_age = 0, 0, _WRITE_AGE
        deadline = self.clock() + IDENTITY_WAIT
        while True:
            found = self.ses.look(declared.key, max_age)
            action, max_age = decide(declared, found), 0.0
            if action is Action.NOTHING and isinstance(found, Setting):
                return found, faults > 0
            if action is Action.REFUSE and isinstance(found, Setting):
                raise _refusal(declared, found)
            if action is Action.SET:
                try:
                    self.ses.set(declared)
                except IdentityNotFound:
                    pass  # SES lists an identity a little before it takes settings for it
                except CallFailed as failure:
                    self._look_again(failure, faults)
                    faults += 1
                    continue
                else:
                    return self._after_set(declared), True
            self._wait_for_identity(declared, deadline, waits)
            waits += 1

    def _look_again(self, failure: CallFailed, faults: int) -> None:
        """Pause, if a write may have taken effect although it failed; else raise its failure."""
        if not failure.outcome_unknown or faults >= self.connections.settings.max_retries:
            raise failure
        self.sleep(min(_LONGEST_PAUSE, 2.0**faults))

    def _wait_for_identity(self, declared: Declaration, deadline: float, waits: int) -> None:
        """Pause, if SES may still come to know the identity; else raise IdentityNotFound."""
        key, left = declared.key, deadline - self.clock()
        if left <= 0:
            raise IdentityNotFound(
                f"setting {declared.mail_from_domain} as the MAIL FROM domain of {key.identity} in {key.region}: SES"
                f" does not know that identity, after {IDENTITY_WAIT:.0f} s. {how_to_verify(key.region)}"
            )
        if not waits:
            self.say(f"{key}: SES does not know this identity yet: waiting for it, {IDENTITY_WAIT:.0f} s at most")
        self.sleep(min(2.0**waits, left))

    def _after_set(self, declared: Declaration) -> Setting:
        """What SES says after it took a Set; what was set, where SES cannot be asked or has not caught up."""
        try:
            found = self.ses.look(declared.key)
        except (CallFailed, Cancelled):  # it is set, so it must get into state
            found = Absent.SETTING
        if isinstance(found, Setting) and found.mail_from_domain == declared.mail_from_domain:
            return found
        return Setting(declared.mail_from_domain, declared.behavior_on_mx_failure, MailFromDomainStatus.PENDING.value)

    def _state(self, declared: Declaration, setting: Setting, account: str | None) -> State:
        rejects = setting.behavior_on_mx_failure == BehaviorOnMXFailure.REJECT_MESSAGE
        if rejects and setting.status != MailFromDomainStatus.SUCCESS:
            self.say(rejection(declared.key, setting.mail_from_domain))
        return State(declared.key, setting, account, declared.overwrite)


def rejection(key: object, mail_from_domain: object) -> str:
    """What to say of RejectMessage on a MAIL FROM domain that is not verified."""
    return (
        f"{key}: RejectMessage: SES refuses all mail from this identity until it has verified {mail_from_domain}"
        " (found its MX record)"
    )


def _refusal(declared: Declaration, found: Setting) -> AnotherMailFromDomain:
    return AnotherMailFromDomain(
        f"setting {declared.mail_from_domain} as the MAIL FROM domain of {declared.key.identity} in"
        f" {declared.key.region}: another one is set there: {found.mail_from_domain} (status {found.status})."
        " Nothing was changed. If it is yours to replace, declare overwrite=True; if it is to stay, declare"
        f" mail_from_domain='{found.mail_from_domain}'. If this resource was renamed in the program, keep its old"
        " name as an alias: opts=ResourceOptions(aliases=[Alias(name='<old name>')])."
    )


def _contradiction(declared: Declaration, other: Declaration) -> Failure:
    key, name = declared.key, "mail_from_domain"
    mine, theirs = declared.mail_from_domain, other.mail_from_domain
    if mine == theirs:
        name = "behavior_on_mx_failure"
        mine, theirs = declared.behavior_on_mx_failure, other.behavior_on_mx_failure
    return Failure(
        name,
        f"{shown(mine)} is declared here, and {shown(theirs)} by another resource of this program, for"
        f" {key.identity} in {key.region}: an identity has one MAIL FROM setting, so remove one of the two",
    )
