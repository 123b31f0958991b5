"""Create, read, update and delete of the MAIL FROM domain of an identity."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from pulumi_ses_mail_from_provider.rules import decisions
from pulumi_ses_mail_from_provider.rules.decisions import Action
from pulumi_ses_mail_from_provider.rules.errors import (
    AnotherMailFromDomain,
    CallFailed,
    Cancelled,
    IdentityNotFound,
    MailFromDomainNotFound,
    Remedy,
)
from pulumi_ses_mail_from_provider.rules.model import (
    Absent,
    BehaviorOnMXFailure,
    Declaration,
    Found,
    Key,
    MailFromAttributes,
    MailFromDomainStatus,
)
from pulumi_ses_mail_from_provider.rules.notices import (
    Adopted,
    LeftToDeclaration,
    LeftToOthers,
    MailRejected,
    Overwrote,
    StatusChanged,
    WaitingForIdentity,
)
from pulumi_ses_mail_from_provider.rules.state import State
from pulumi_ses_mail_from_provider.ses.clock import pauses

from .context import Context
from .writes import Attempts, write

IDENTITY_WAIT: Final = 30.0
"""Seconds for which SES may not know an identity that was created just now."""

READ_AGE: Final = 60.0
"""Seconds: how old an answer may be that only goes into state. Reading thousands of resources takes that long."""


def create(context: Context, declared: Declaration) -> State:
    """Set what is declared, or adopt it if SES has it already.

    Args:
        context: What the operations share.
        declared: What the program declares.

    Raises:
        AnotherMailFromDomain: Another one is set, and the declaration does not say to overwrite it.
        IdentityNotFound: SES does not know the identity, even after `IDENTITY_WAIT`.
        WrongAccount: The account must not be used.
        CallFailed: SES refused, or could not be reached.
        Cancelled: The run was stopped.
    """
    account = context.guard.check(declared.key, None)
    found, is_written = _put(context, declared, ())
    if not is_written:
        context.notify(Adopted(declared.key, found))
    return _state(context, declared, found, account)


def update(context: Context, declared: Declaration, state: State) -> State:
    """Set what is declared if SES has something else. Raises the same as `create`.

    Args:
        context: What the operations share.
        declared: What the program declares.
        state: What the stack has of the resource.
    """
    account = context.guard.check(declared.key, state.account_id)
    ours = {domain for domain in (state.found.mail_from_domain, state.managed_mail_from_domain) if domain}
    found, _ = _put(context, declared, ours)
    return _state(context, declared, found, account)


def read(context: Context, state: State) -> State | None:
    """Return what SES has now. None if the MAIL FROM domain or its identity is proven to be gone.

    Raises:
        WrongAccount: The account must not be used.
        CallFailed: SES refused, or could not be reached.
    """
    account = context.guard.check(state.key, state.account_id)
    found = context.ses.read(state.key, READ_AGE)
    if isinstance(found, Absent):
        return None
    before = state.found.status
    if found.status != before and found.mail_from_domain == state.found.mail_from_domain:
        # No input has changed, so the engine reports the resource as unchanged.
        context.notify(StatusChanged(state.key, before, found.status))
    return State(state.key, found, account, state.managed_mail_from_domain or found.mail_from_domain, state.options)


def find(context: Context, key: Key) -> State:
    """Return what SES has now for an identity that no state knows.

    Raises:
        MailFromDomainNotFound: Nothing is set, or SES does not know the identity.
        WrongAccount: The account must not be used.
        CallFailed: SES refused, or could not be reached.
    """
    account, found = context.guard.check(key, None), context.ses.read(key, READ_AGE)
    if isinstance(found, Absent):
        found = context.ses.read(key)  # it may have been set in this run
    if isinstance(found, Absent):
        raise MailFromDomainNotFound(key, found.value)
    return State(key, found, account, found.mail_from_domain)


def delete(context: Context, state: State) -> None:
    """Set MailFromDomain to null, if this stack has set it and the program no longer declares the identity.

    Raises:
        WrongAccount: The account must not be used.
        CallFailed: SES refused, or could not be reached.
        Cancelled: The run was stopped.
    """
    key = state.key
    context.guard.check(key, state.account_id)

    def decide(found: Found) -> Action:
        return decisions.on_delete(state.managed_mail_from_domain, found, is_declared=context.is_declared(key))

    def clear() -> Found:
        return context.ses.clear(key, lambda found: decide(found) is Action.CLEAR)

    action, found = write(context, key, decide, clear, Attempts())
    if isinstance(found, MailFromAttributes) and action is Action.LEAVE_TO_DECLARATION:
        context.notify(LeftToDeclaration(key, found.mail_from_domain))
    elif isinstance(found, MailFromAttributes) and action is Action.LEAVE_TO_OTHERS:
        context.notify(LeftToOthers(key, found.mail_from_domain))


def _put(context: Context, declared: Declaration, ours: Collection[str]) -> tuple[MailFromAttributes, bool]:
    """Return what SES has once it is as declared, and whether that took a Set.

    Args:
        context: What the operations share.
        declared: What the program declares.
        ours: The other MAIL FROM domains that may be replaced.
    """
    attempts, waits, deadline = Attempts(), pauses(1.0), None

    def decide(found: Found) -> Action:
        return decisions.on_update(declared, found, ours)

    def send() -> Found:
        return context.ses.set(declared, lambda found: decide(found) is Action.SET)

    while True:
        action, found = write(context, declared.key, decide, send, attempts)
        if action is Action.SET:
            return _after_set(context, declared, found, ours), True
        if isinstance(found, MailFromAttributes):
            if action is Action.REFUSE:
                raise AnotherMailFromDomain(declared, found, is_update=bool(ours))
            is_written = attempts.faults > 0  # a Set that seemed to fail may have taken effect
            if is_written or found.status == MailFromDomainStatus.PENDING:
                context.unsettled.add(declared.key)
            else:
                context.unsettled.discard(declared.key)
            return found, is_written
        now = context.clock.now()
        if deadline is None:
            deadline = now + IDENTITY_WAIT
            context.notify(WaitingForIdentity(declared.key, IDENTITY_WAIT))
        elif now >= deadline:
            raise _identity_not_found(declared)
        context.clock.sleep(min(next(waits), deadline - now))


def _after_set(context: Context, declared: Declaration, replaced: Found, ours: Collection[str]) -> MailFromAttributes:
    """Return what SES has after it accepted a Set.

    Args:
        context: What the operations share.
        declared: What was set.
        replaced: What SES had before.
        ours: The other MAIL FROM domains that might be replaced.
    """
    if isinstance(replaced, MailFromAttributes) and decisions.is_anothers(declared, replaced, ours):
        context.notify(Overwrote(declared.key, replaced))
    context.unsettled.add(declared.key)
    return _read_after_set(context, declared, replaced)


def _read_after_set(context: Context, declared: Declaration, replaced: Found) -> MailFromAttributes:
    """What SES returns; what was set if SES cannot be reached or still returns the state before the Set."""
    pending = MailFromAttributes(
        declared.mail_from_domain, declared.behavior_on_mx_failure, MailFromDomainStatus.PENDING.value
    )
    # While SES throttles, save the Get if its answer is known: other operations need it.
    if context.ses.throttles(declared.key.region) and decisions.is_restarted(declared, replaced):
        return pending
    try:
        found = context.ses.read(declared.key)
    except (CallFailed, Cancelled):  # it is set, so it must get into state
        return pending
    return found if isinstance(found, MailFromAttributes) and decisions.is_as_declared(declared, found) else pending


def _state(context: Context, declared: Declaration, found: MailFromAttributes, account: str | None) -> State:
    rejects = found.behavior_on_mx_failure == BehaviorOnMXFailure.REJECT_MESSAGE
    if rejects and found.status != MailFromDomainStatus.SUCCESS:
        context.notify(MailRejected(declared.key, found.mail_from_domain))
    return State.of(declared, found, account)


def _identity_not_found(declared: Declaration) -> IdentityNotFound:
    key = declared.key
    return IdentityNotFound(
        f"setting {declared.mail_from_domain} as the MAIL FROM domain of {key.identity} in {key.region}",
        f"SES does not know that identity, after {IDENTITY_WAIT:.0f} s",
        Remedy.CREATE_IDENTITY,
        region=key.region,
    )
