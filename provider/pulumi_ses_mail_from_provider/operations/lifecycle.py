"""The operations on MAIL FROM settings: read, decide, act, and tell what nobody else would."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from pulumi_ses_mail_from_provider.engine.declarations import Declarations
from pulumi_ses_mail_from_provider.operations import account_guard as accounts
from pulumi_ses_mail_from_provider.rules import decisions
from pulumi_ses_mail_from_provider.rules.decisions import STATUS, Action
from pulumi_ses_mail_from_provider.rules.errors import (
    AnotherMailFromDomain,
    CallFailed,
    Cancelled,
    IdentityNotFound,
    InvalidInput,
    MailFromDomainNotFound,
)
from pulumi_ses_mail_from_provider.rules.inputs import SECRET_INPUTS, Failure, RegionSource, check, declaration
from pulumi_ses_mail_from_provider.rules.model import (
    UNKNOWN,
    Absent,
    BehaviorOnMXFailure,
    Declaration,
    Found,
    Key,
    MailFromAttributes,
    MailFromDomainStatus,
)
from pulumi_ses_mail_from_provider.rules.names import shown
from pulumi_ses_mail_from_provider.rules.state import State, managed_in
from pulumi_ses_mail_from_provider.ses.calls import DECISION_AGE, Outdated, Ses
from pulumi_ses_mail_from_provider.ses.clock import Clock
from pulumi_ses_mail_from_provider.ses.connections import Connections
from pulumi_ses_mail_from_provider.ses.errors import how_to_verify

IDENTITY_WAIT: Final = 30.0
"""Seconds for which an identity that was created just now may still be unknown to SES."""

_READ_AGE: Final = 60.0
"""Seconds: how old an answer may be that only goes into state. Reading thousands of resources takes as long."""

_DIFF_PATIENCE: Final = 10.0
"""Seconds for which a preview waits for a status. It works without."""

_LONGEST_PAUSE: Final = 8.0


class Lifecycle:
    """The operations on settings. One for a process, shared by its threads.

    notify: takes one line for the user of Pulumi.
    """

    def __init__(self, connections: Connections, notify: Callable[[str], None], clock: Clock | None = None) -> None:
        self.connections = connections
        self.clock = clock or Clock()
        self.ses = Ses(connections, self.clock)
        self.declarations = Declarations()
        self._notify, self._notified = notify, set[str]()
        self._secrets: set[str] = set()
        self._unanswered: dict[str, float] = {}

    def notify(self, line: str, *, again: bool = False) -> None:
        """Tell the user, once unless `again`: the engine calls for some things twice in a run."""
        if again or line not in self._notified:
            self._notified.add(line)
            self._notify(self.without_secrets(line))

    def keep_secret(self, properties: Mapping[str, Any]) -> None:
        """Keep the values of the secret inputs out of all texts from now on."""
        for name in properties.get(SECRET_INPUTS) or ():
            self._secrets.update(_texts(properties.get(name)))

    def without_secrets(self, text: str) -> str:
        """`text` with secret values masked."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "[secret]")
        return text

    def check(
        self, olds: Mapping[str, Any], news: Mapping[str, Any], urn: str | None = None
    ) -> tuple[dict[str, Any], list[Failure]]:
        """The inputs of a declaration in their normal form, and all that is wrong with them.

        urn: of the resource, if it is known.
        """
        owner = self.declarations.owner(urn, has_state=bool(olds))
        inputs, failures = check(
            news,
            [
                RegionSource("the stack's config, aws:region", lambda: self.connections.settings.region),
                RegionSource("this stack's state", lambda: olds.get("region")),
                RegionSource("this stack's state", lambda: self.declarations.region_of(owner)),
                RegionSource("the AWS environment or profile", self._ambient_region),
            ],
        )
        if news.get(SECRET_INPUTS):
            inputs[SECRET_INPUTS] = news[SECRET_INPUTS]
        self.keep_secret(news)
        self.keep_secret(inputs)
        if olds.get("region"):
            self.declarations.remember_region(owner, str(olds["region"]))
        unusable = {failure.property for failure in failures} | {
            name for name, value in inputs.items() if value is UNKNOWN
        }
        if unusable.isdisjoint(decisions.REPLACING):
            key = Key(inputs["region"], inputs["identity"])
            # Even if the rest of it is invalid, the program has a resource for this identity.
            declared = None if unusable else declaration(inputs)
            other = self.declarations.declare(owner, key, declared)
            if declared and other:
                failures.append(_contradiction(declared, other))
        return inputs, failures

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
        """The properties that pulumi up would change; the status, where that alone asks for an update."""
        self.keep_secret(olds)
        key = Key(str(olds.get("region")), str(olds.get("identity")))
        self.guard(key, olds.get("account_id"))
        changed, status = decisions.changes(olds, news), olds.get(STATUS)
        if decisions.replaces(changed):
            self.declarations.announce_replacement()
            return changed
        if not changed and status != MailFromDomainStatus.SUCCESS and self.declarations.is_declared(key):
            found = self._read_for_diff(key)
            if found is not None and found is not Absent.IDENTITY:
                changed += self._moved(key, olds, found)
                status = found.status if isinstance(found, MailFromAttributes) else None
        if status == MailFromDomainStatus.FAILED:
            changed.append(STATUS)
            self.notify(
                f"{key}: status Failed: SES did not find the MX record of {olds.get('mail_from_domain')} and has"
                " stopped looking; pulumi up sets it again, which restarts the search"
            )
        if status in (None, MailFromDomainStatus.FAILED) or {"mail_from_domain", "behavior_on_mx_failure"} & {*changed}:
            self.declarations.unsettle(key)
        rejects = news.get("behavior_on_mx_failure") == BehaviorOnMXFailure.REJECT_MESSAGE
        unverified = status != MailFromDomainStatus.SUCCESS or "mail_from_domain" in changed
        if changed and rejects and unverified and news.get("mail_from_domain") is not UNKNOWN:
            self.notify(rejection(key, news.get("mail_from_domain")))
        return changed

    def _read_for_diff(self, key: Key) -> Found | None:
        """What SES has; None where it does not say so soon."""
        now = self.clock.now()
        if now < self._unanswered.get(key.region, now):
            return None
        try:
            return self.ses.read(key, _READ_AGE, patience=_DIFF_PATIENCE)
        except CallFailed:
            self._unanswered[key.region] = self.clock.now() + _READ_AGE
            return None

    def _moved(self, key: Key, olds: Mapping[str, Any], found: Found) -> list[str]:
        """What is not in SES as it is in state, in terms of state."""
        before, domain = olds.get(STATUS), olds.get("mail_from_domain")
        if not isinstance(found, MailFromAttributes):
            self.notify(f"{key}: {domain} is no longer set: pulumi up sets it again")
            return [STATUS]
        if found.mail_from_domain != domain:
            self.notify(f"{key}: SES has another MAIL FROM domain than state: {found.mail_from_domain}, not {domain}")
            return [STATUS]
        if found.behavior_on_mx_failure != olds.get("behavior_on_mx_failure"):
            self.notify(f"{key}: SES has another behavior than state: {found.behavior_on_mx_failure}")
            return [STATUS]
        if found.status != before:
            self.notify(f"{key}: status {before} -> {found.status}")
            return [STATUS]
        return []

    def _ambient_region(self) -> str | None:
        try:
            return self.connections.ambient_region()
        except CallFailed as problem:
            raise InvalidInput(str(problem)) from None

    def guard(self, key: Key, stated_account: object) -> str | None:
        """The account in use, or else the one in state. Raises WrongAccount if it must not be touched.

        stated_account: the account that state remembers for the setting, if any.
        """
        account = self.connections.account(key.region)
        guarded = accounts.guard(self.connections.settings, account, key, stated_account)
        if isinstance(account, CallFailed):
            self.notify(f"the account guard is off in {key.region}: {account}")
        return guarded

    def create(self, declared: Declaration, secret_inputs: Collection[str] = ()) -> State:
        """Set what is declared, or adopt it where it is already so."""
        account = self.guard(declared.key, None)
        setting, written = self._put(declared, ())
        if not written:
            self.notify(
                f"{declared.key}: adopted: {setting.mail_from_domain} is already its MAIL FROM domain"
                f" (status {setting.status})"
            )
        return self._state(declared, setting, account, secret_inputs)

    def update(self, declared: Declaration, stated: Mapping[str, Any], secret_inputs: Collection[str] = ()) -> State:
        """Set what is declared where SES has it otherwise."""
        self.keep_secret(stated)
        account = self.guard(declared.key, stated.get("account_id"))
        ours = {str(domain) for domain in (stated.get("mail_from_domain"), managed_in(stated)) if domain}
        setting, _ = self._put(declared, ours)
        return self._state(declared, setting, account, secret_inputs)

    def read(self, key: Key, stated: Mapping[str, Any]) -> State | None:
        """What SES has now; None if the setting or its identity is proven to be gone."""
        self.keep_secret(stated)
        account = self.guard(key, stated.get("account_id"))
        found = self.ses.read(key, _READ_AGE)
        if isinstance(found, Absent):
            return None
        before = stated.get(STATUS)
        if found.status != before and found.mail_from_domain == stated.get("mail_from_domain"):
            # Nothing that is declared has changed, so the engine calls the resource unchanged.
            self.notify(f"{key}: status {before} -> {found.status}")
        return State(
            key,
            found,
            account,
            managed_in(stated) or found.mail_from_domain,
            overwrite=bool(stated.get("overwrite")),
            secret_inputs=tuple(stated.get(SECRET_INPUTS) or ()),
        )

    def get(self, key: Key) -> State:
        """What SES has now, of a setting that no state knows. Raises MailFromDomainNotFound."""
        self.declarations.read(key)
        account, setting = self.guard(key, None), self.ses.read(key, _READ_AGE)
        if isinstance(setting, Absent):
            setting = self.ses.read(key)  # it may have been set in this run
        if isinstance(setting, Absent):
            raise MailFromDomainNotFound(
                f"{key}: there is nothing to get: {setting.value}. Declare a MailFromDomain to set one, or correct"
                " the id '<region>/<identity>' and the account."
            )
        return State(key, setting, account, setting.mail_from_domain)

    def delete(self, key: Key, stated: Mapping[str, Any]) -> None:
        """Set MailFromDomain to null, if it is still ours and the program has no resource for it any more."""
        self.keep_secret(stated)
        self.guard(key, stated.get("account_id"))
        managed, max_age = managed_in(stated) or "", DECISION_AGE

        def decide(found: Found) -> Action:
            return decisions.on_delete(managed, found, is_declared=self.declarations.is_used(key))

        faults = itertools.count()
        while True:
            found = self.ses.read(key, max_age)
            action, max_age = decide(found), 0.0
            if action is not Action.CLEAR:
                if isinstance(found, MailFromAttributes):
                    self.notify(f"{key}: left in place: {found.mail_from_domain}: {action.value}")
                return
            try:
                self.ses.clear(key, lambda found: decide(found) is Action.CLEAR)
            except Outdated:
                max_age = DECISION_AGE
            except IdentityNotFound:
                return  # gone in the meantime, and its setting with it
            except CallFailed as failure:
                self._wait_to_read_again(failure, next(faults))
            else:
                return

    def _put(self, declared: Declaration, ours: Collection[str]) -> tuple[MailFromAttributes, bool]:
        """The setting once it is as declared, and whether it took a Set.

        ours: the other MAIL FROM domains that it may replace.
        """
        faults, waits, max_age, deadline = 0, 0, DECISION_AGE, None

        def decide(found: Found) -> Action:
            return decisions.on_update(declared, found, ours)

        while True:
            found = self.ses.read(declared.key, max_age)
            action, max_age = decide(found), 0.0
            if action is Action.NOTHING and isinstance(found, MailFromAttributes):
                self._settle(declared.key, found, is_set=faults > 0)
                return found, faults > 0
            if action is Action.REFUSE and isinstance(found, MailFromAttributes):
                raise _refusal(declared, found, is_update=bool(ours))
            try:
                if action is Action.SET:
                    return self._set(declared, decide, ours), True
            except Outdated:
                max_age = DECISION_AGE
                continue
            except IdentityNotFound:
                pass  # SES lists an identity a little before it takes settings for it
            except CallFailed as failure:
                self._wait_to_read_again(failure, faults)
                faults += 1
                continue
            deadline = self.clock.now() + IDENTITY_WAIT if deadline is None else deadline
            self._wait_for_identity(declared, deadline, waits)
            waits += 1

    def _set(
        self, declared: Declaration, decide: Callable[[Found], Action], ours: Collection[str]
    ) -> MailFromAttributes:
        replaced = self.ses.set(declared, lambda found: decide(found) is Action.SET)
        if isinstance(replaced, MailFromAttributes) and decisions.is_anothers(declared, replaced, ours):
            self.notify(
                f"{declared.key}: overwrite: replaced {replaced.mail_from_domain} (status {replaced.status}), which"
                " this stack did not set"
            )
        setting = self._after_set(declared, replaced)
        self._settle(declared.key, setting, is_set=True)
        return setting

    def _settle(self, key: Key, setting: MailFromAttributes, *, is_set: bool) -> None:
        if is_set or setting.status == MailFromDomainStatus.PENDING:
            self.declarations.unsettle(key)
        else:
            self.declarations.settle(key)

    def _wait_to_read_again(self, failure: CallFailed, faults: int) -> None:
        """Pause, if a write may have taken effect although it failed; else raise its failure."""
        if not failure.outcome_unknown or faults >= self.connections.settings.max_retries:
            raise failure
        self.clock.sleep(min(_LONGEST_PAUSE, 2.0**faults))

    def _wait_for_identity(self, declared: Declaration, deadline: float, waits: int) -> None:
        """Pause, if SES may still come to know the identity; else raise IdentityNotFound."""
        key, left = declared.key, deadline - self.clock.now()
        if left <= 0:
            raise IdentityNotFound(
                f"setting {declared.mail_from_domain} as the MAIL FROM domain of {key.identity} in {key.region}: SES"
                f" does not know that identity, after {IDENTITY_WAIT:.0f} s. {how_to_verify(key.region)}"
            )
        if not waits:
            self.notify(f"{key}: SES does not know this identity yet: waiting for it, {IDENTITY_WAIT:.0f} s at most")
        self.clock.sleep(min(2.0**waits, left))

    def _after_set(self, declared: Declaration, replaced: Found) -> MailFromAttributes:
        """What SES says after it took a Set; what was set, where SES cannot be asked or has not caught up."""
        pending = MailFromAttributes(
            declared.mail_from_domain, declared.behavior_on_mx_failure, MailFromDomainStatus.PENDING.value
        )
        # While SES throttles, what is known anyway is not asked: others need the calls.
        if self.ses.throttles(declared.key.region) and decisions.is_restarted(declared, replaced):
            return pending
        try:
            found = self.ses.read(declared.key)
        except (CallFailed, Cancelled):  # it is set, so it must get into state
            return pending
        # Whatever else it says, it says of the time before the Set.
        return found if isinstance(found, MailFromAttributes) and decisions.is_as_declared(declared, found) else pending

    def _state(
        self, declared: Declaration, setting: MailFromAttributes, account: str | None, secret_inputs: Collection[str]
    ) -> State:
        rejects = setting.behavior_on_mx_failure == BehaviorOnMXFailure.REJECT_MESSAGE
        if rejects and setting.status != MailFromDomainStatus.SUCCESS:
            self.notify(rejection(declared.key, setting.mail_from_domain))
        return State(
            declared.key, setting, account, declared.mail_from_domain, declared.overwrite, tuple(secret_inputs)
        )


def rejection(key: object, mail_from_domain: object) -> str:
    """What to say of RejectMessage on a MAIL FROM domain that is not verified."""
    return (
        f"{key}: RejectMessage: SES refuses all mail from this identity until it has verified {mail_from_domain}"
        " (found its MX record)"
    )


def _refusal(declared: Declaration, found: MailFromAttributes, *, is_update: bool) -> AnotherMailFromDomain:
    remedy = (
        "Run pulumi refresh to see it in this stack; after that, pulumi up replaces it, and so does overwrite=True at"
        " once. If it is to stay,"
        if is_update
        else "If it is yours to replace, declare overwrite=True; if it is to stay,"
    )
    renamed = (
        ""
        if is_update
        else " If this resource was renamed in the program, keep its old name as an alias:"
        " opts=ResourceOptions(aliases=[Alias(name='<old name>')])."
    )
    return AnotherMailFromDomain(
        f"setting {declared.mail_from_domain} as the MAIL FROM domain of {declared.key.identity} in"
        f" {declared.key.region}: another one is set there: {found.mail_from_domain} (status {found.status})."
        f" This setting was not changed. {remedy} declare mail_from_domain='{found.mail_from_domain}'.{renamed}"
    )


def _texts(value: Any) -> set[str]:
    """The names that must not show, of a secret input: as it was given, and in its normal form."""
    if isinstance(value, str):
        return {value, value.lower().removesuffix("."), value.rpartition("@")[2].lower().removesuffix(".")} - {""}
    if isinstance(value, list):
        return {text for one in value for text in _texts(one)}
    if isinstance(value, Mapping):
        return _texts(value.get("identity")) | _texts(value.get("mail_from_domain"))
    return set()


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
