"""Defects that the provider once had. Reintroduced, they show that the simulation finds them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final

from pulumi_ses_mail_from_provider.engine.declarations import Declarations
from pulumi_ses_mail_from_provider.engine.lifecycle import Lifecycle
from pulumi_ses_mail_from_provider.operations import mail_from_domain, waiter
from pulumi_ses_mail_from_provider.plugin import values
from pulumi_ses_mail_from_provider.rules import decisions, verification
from pulumi_ses_mail_from_provider.rules.decisions import Action
from pulumi_ses_mail_from_provider.rules.errors import CallFailed
from pulumi_ses_mail_from_provider.rules.model import Absent, Key, MailFromAttributes
from pulumi_ses_mail_from_provider.rules.state import State
from pulumi_ses_mail_from_provider.ses import batch_reader
from pulumi_ses_mail_from_provider.ses import calls as ses
from pulumi_ses_mail_from_provider.ses.batch_reader import BatchReader
from pulumi_ses_mail_from_provider.ses.connections import Connections

from . import front_ends
from .claims import SimulatedClaims
from .threads import SimulatedClock


def _patch(target: Any, /, **members: Any) -> None:
    for name, value in members.items():
        setattr(target, name, value)


def _refresh_takes_over() -> None:
    """After a refresh, destroy clears what another stack has set."""
    original = State.from_outputs

    def from_outputs(key: Any, outputs: Any) -> State:
        return original(key, {**outputs, "managed_mail_from_domain": outputs.get("mail_from_domain")})

    _patch(State, from_outputs=from_outputs)


def _update_overwrites() -> None:
    """An update overwrites a MAIL FROM domain that this stack did not set and no refresh has shown."""
    original = decisions.is_anothers
    _patch(decisions, is_anothers=lambda declared, found, ours: not ours and original(declared, found, ours))


def _rename_with_change_clears() -> None:
    """If a resource gets a new name and a new domain at once, the delete of the old one clears."""
    original = Lifecycle.check

    def check(self: Lifecycle, olds: Any, news: Any, urn: str | None = None) -> Any:
        _patch(self, domains={*getattr(self, "domains", ()), news.get("mail_from_domain")})
        return original(self, olds, news, urn)

    def on_delete(managed: str, found: Any, *, is_declared: bool) -> Action:
        if isinstance(found, Absent):
            return Action.NOTHING
        if found.mail_from_domain != managed:
            return Action.LEAVE_TO_OTHERS
        return Action.LEAVE_TO_DECLARATION if is_declared and managed in domains() else Action.CLEAR

    def domains() -> set[str]:
        return getattr(_current[0], "domains", set()) if _current else set()

    _current: list[Lifecycle] = []
    original_delete = Lifecycle.delete

    def delete(self: Lifecycle, state: State) -> None:
        _current[:] = [self]
        original_delete(self, state)

    _patch(Lifecycle, check=check, delete=delete)
    _patch(decisions, on_delete=on_delete)


def _get_not_declared() -> None:
    """A resource that becomes a `.get` whose id is written differently is cleared."""
    _patch(Declarations, read=lambda _, __: None)


def _account_error_shared() -> None:
    """An error of STS in one region is used for all regions."""
    original = Connections.account

    def account(self: Connections, region: str) -> str | CallFailed:
        errors = list(self._account_errors.values())
        return errors[0] if errors else original(self, region)

    _patch(Connections, account=account)


def _verification_does_not_wait() -> None:
    """A verification does not wait for what this run has set again."""
    wait_for = verification.to_wait_for
    for module in (verification, waiter):
        _patch(module, to_wait_for=lambda known, wanted, _: wait_for(known, wanted, lambda _: False))
    original = verification.awaited

    def awaited(inputs: Any) -> Any:
        return [dataclasses.replace(one, behavior_on_mx_failure=None) for one in original(inputs)]

    _patch(verification, awaited=awaited)


def _stale_read_before_set() -> None:
    """A Set is sent although the read before it is too old."""
    _patch(ses, WRITE_AGE=1000.0)


def _read_kept_after_throttling() -> None:
    """After throttling, a Set is sent without another read."""
    _patch(BatchReader, drop=lambda _, __: None)


def _get_for_each_set() -> None:
    """An up of N resources makes N Gets."""
    _patch(BatchReader, expect_write=lambda _, __: None)
    _patch(decisions, is_restarted=lambda _, __: False)


def _second_check_is_another_resource() -> None:
    """The second check of a resource that is replaced counts as another resource."""
    _patch(Declarations, owner=lambda *_, **__: object())


def _region_by_inputs() -> None:
    """A new resource takes the region of another one with the same inputs."""
    original = Lifecycle.check

    def check(self: Lifecycle, olds: Any, news: Any, urn: str | None = None) -> Any:
        given = str(sorted((name, value) for name, value in news.items() if name != "region"))
        memory: dict[str, str] = self.__dict__.setdefault("regions", {})
        if olds.get("region"):
            memory[given] = olds["region"]
        _patch(self._declarations, region_of=lambda _: memory.get(given))
        return original(self, olds, news, urn)

    _patch(Lifecycle, check=check)


def _rejected_together() -> None:
    """If SES rejects one identity of a shared Get, all of them fail."""
    _patch(batch_reader, concerns_one_identity=lambda _: False)


def _outdated_get_after_set() -> None:
    """A Get after a Set that still returns the attributes from before it is stored in state."""
    original = mail_from_domain._read_after_set

    def read_after_set(context: Any, declared: Any, replaced: Any) -> MailFromAttributes:
        found = context.ses.read(declared.key)
        same = isinstance(found, MailFromAttributes) and found.mail_from_domain == declared.mail_from_domain
        return found if same and isinstance(found, MailFromAttributes) else original(context, declared, replaced)

    _patch(mail_from_domain, _read_after_set=read_after_set)


def _cancel_ignored() -> None:
    """^C does not end waits."""
    _patch(SimulatedClock, cancel=lambda _: None)


def _status_only_with_refresh() -> None:
    """An up without --refresh leaves an outdated status in state."""
    _patch(Declarations, is_declared=lambda _, __: False)

    def is_used(self: Declarations, key: Key) -> bool:
        return bool(self._by_key.get(key)) or key in self._read or self._claims.elsewhere(key, self._account)

    _patch(Declarations, is_used=is_used)


def _set_again() -> None:
    """A Set is sent although SES already has what is declared."""
    _patch(decisions, is_as_declared=lambda _, __: False)


def _no_read_before_delete() -> None:
    """Delete clears whatever is set."""
    _patch(decisions, on_delete=lambda _, found, **__: Action.NOTHING if isinstance(found, Absent) else Action.CLEAR)


def _claims_not_shared() -> None:
    """A process does not look at what the other processes of the run declare."""
    _patch(SimulatedClaims, elsewhere=lambda *_: False)


def _accounts_not_compared() -> None:
    """What a process declares in one account keeps another from clearing it in another account."""
    _patch(SimulatedClaims, is_same_account=lambda *_: True)


def _account_not_published() -> None:
    """A process does not say in which account it declares."""
    _patch(SimulatedClaims, set_account=lambda *_: None)


def _claim_not_taken_back() -> None:
    """A key that a resource no longer declares stays claimed."""
    _patch(SimulatedClaims, remove=lambda *_: None)


def _old_claims_count() -> None:
    """The claims that the processes of an earlier run have left behind count."""
    _patch(SimulatedClaims, counts=lambda *_: True)


def _claims_end_with_the_process() -> None:
    """The claims of a process that dies during the run do not count any more."""
    _patch(SimulatedClaims, withdraw=lambda self: self._keys.clear())


def _get_not_claimed() -> None:
    """What a program reads is not claimed: another process clears it."""

    def read(self: Declarations, key: Key) -> None:
        self._read.add(key)

    _patch(Declarations, read=read)


def _outputs_keep_their_names() -> None:
    """A resource that moves to the other front end keeps the outputs of the one before."""
    original = values.decoded
    _patch(front_ends._SERVICER, from_struct=lambda wire: dataclasses.replace(original(wire), is_foreign=False))


DEFECTS: Final[dict[str, Callable[[], None]]] = {
    function.__name__.strip("_").replace("_", "-"): function
    for function in (
        _refresh_takes_over,
        _update_overwrites,
        _rename_with_change_clears,
        _get_not_declared,
        _account_error_shared,
        _verification_does_not_wait,
        _stale_read_before_set,
        _read_kept_after_throttling,
        _get_for_each_set,
        _second_check_is_another_resource,
        _region_by_inputs,
        _rejected_together,
        _outdated_get_after_set,
        _cancel_ignored,
        _status_only_with_refresh,
        _set_again,
        _no_read_before_delete,
        _claims_not_shared,
        _accounts_not_compared,
        _account_not_published,
        _claim_not_taken_back,
        _old_claims_count,
        _claims_end_with_the_process,
        _get_not_claimed,
        _outputs_keep_their_names,
    )
}
