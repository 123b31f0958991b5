"""Defects that the core once had, put back, to see whether the simulation finds them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final

from pulumi_ses_mail_from_provider.engine.declarations import Declarations
from pulumi_ses_mail_from_provider.engine.lifecycle import Lifecycle
from pulumi_ses_mail_from_provider.operations import mail_from_domain, waiter
from pulumi_ses_mail_from_provider.rules import decisions, verification
from pulumi_ses_mail_from_provider.rules.decisions import Action
from pulumi_ses_mail_from_provider.rules.errors import CallFailed
from pulumi_ses_mail_from_provider.rules.model import Absent, MailFromAttributes
from pulumi_ses_mail_from_provider.rules.state import State
from pulumi_ses_mail_from_provider.ses import batch_reader
from pulumi_ses_mail_from_provider.ses import calls as ses
from pulumi_ses_mail_from_provider.ses.batch_reader import BatchReader
from pulumi_ses_mail_from_provider.ses.connections import Connections

from .threads import SimulatedClock


def _put(where: Any, /, **members: Any) -> None:
    for name, value in members.items():
        setattr(where, name, value)


def _refresh_takes_over() -> None:
    """1: after a refresh, destroy clears what another stack has set."""
    original = State.from_outputs

    def from_outputs(key: Any, outputs: Any) -> State:
        return original(key, {**outputs, "managed_mail_from_domain": outputs.get("mail_from_domain")})

    _put(State, from_outputs=from_outputs)


def _update_takes() -> None:
    """2: an update overwrites what nobody has seen."""
    original = decisions.is_anothers
    _put(decisions, is_anothers=lambda declared, found, ours: not ours and original(declared, found, ours))


def _rename_with_change_clears() -> None:
    """3: after a rename together with a new domain, delete clears."""
    original = Lifecycle.check

    def check(self: Lifecycle, olds: Any, news: Any, urn: str | None = None) -> Any:
        _put(self, domains={*getattr(self, "domains", ()), news.get("mail_from_domain")})
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
    delete = Lifecycle.delete

    def deleting(self: Lifecycle, state: State) -> None:
        _current[:] = [self]
        delete(self, state)

    _put(Lifecycle, check=check, delete=deleting)
    _put(decisions, on_delete=on_delete)


def _get_declares_nothing() -> None:
    """4: a resource that becomes a `.get` with another spelling is cleared."""
    _put(Declarations, read=lambda _, __: None)


def _account_of_the_first_region() -> None:
    """5: an error of STS in one region is the answer for all."""
    original = Connections.account

    def account(self: Connections, region: str) -> str | CallFailed:
        errors = list(self._account_errors.values())
        return errors[0] if errors else original(self, region)

    _put(Connections, account=account)


def _verification_does_not_wait() -> None:
    """6: a verification does not wait for what this run has set again."""
    wait_for = verification.to_wait_for
    for module in (verification, waiter):
        _put(module, to_wait_for=lambda known, wanted, _: wait_for(known, wanted, lambda _: False))
    original = verification.awaited

    def awaited(inputs: Any) -> Any:
        return [dataclasses.replace(one, behavior_on_mx_failure=None) for one in original(inputs)]

    _put(verification, awaited=awaited)


def _old_reads() -> None:
    """7: a Set leaves although its read is old."""
    _put(ses, WRITE_AGE=1000.0)


def _reads_survive_writes() -> None:
    """7: after a refusal, a Set leaves without another read."""
    _put(BatchReader, drop=lambda _, __: None)


def _a_get_for_each_set() -> None:
    """7: an up of N takes N Gets."""
    _put(BatchReader, expect_write=lambda _, __: None)
    _put(decisions, is_restarted=lambda _, __: False)


def _second_check_is_another_resource() -> None:
    """8: the second check of a replacement is taken for another resource."""
    _put(Declarations, owner=lambda *_, **__: object())


def _region_by_inputs() -> None:
    """8: a new resource takes the region of another one with the same inputs."""
    original = Lifecycle.check

    def check(self: Lifecycle, olds: Any, news: Any, urn: str | None = None) -> Any:
        given = str(sorted((name, value) for name, value in news.items() if name != "region"))
        memory: dict[str, str] = self.__dict__.setdefault("regions", {})
        if olds.get("region"):
            memory[given] = olds["region"]
        _put(self._declarations, region_of=lambda _: memory.get(given))
        return original(self, olds, news, urn)

    _put(Lifecycle, check=check)


def _refused_together() -> None:
    """9: one identity that SES refuses in a Get fails the others with it."""
    _put(batch_reader, concerns_one_identity=lambda _: False)


def _get_behind_a_set() -> None:
    """10: what a Get says of the time before the Set lands in state."""
    original = mail_from_domain._read_after_set

    def read_after_set(context: Any, declared: Any, replaced: Any) -> MailFromAttributes:
        found = context.ses.read(declared.key)
        same = isinstance(found, MailFromAttributes) and found.mail_from_domain == declared.mail_from_domain
        return found if same and isinstance(found, MailFromAttributes) else original(context, declared, replaced)

    _put(mail_from_domain, _read_after_set=read_after_set)


def _deaf_to_cancel() -> None:
    """11: ^C ends nothing."""
    _put(SimulatedClock, cancel=lambda _: None)


def _status_only_with_refresh() -> None:
    """14: a plain up leaves an old status in state."""
    _put(Declarations, is_declared=lambda _, __: False)
    _put(Declarations, is_used=lambda self, key: bool(self._by_key.get(key)) or key in self._read)


def _set_again() -> None:
    """A Set of what is set already."""
    _put(decisions, is_as_declared=lambda _, __: False)


def _no_look_before_delete() -> None:
    """Delete clears without a decision."""
    _put(decisions, on_delete=lambda _, found, **__: Action.NOTHING if isinstance(found, Absent) else Action.CLEAR)


DEFECTS: Final[dict[str, Callable[[], None]]] = {
    function.__name__.strip("_").replace("_", "-"): function
    for function in (
        _refresh_takes_over,
        _update_takes,
        _rename_with_change_clears,
        _get_declares_nothing,
        _account_of_the_first_region,
        _verification_does_not_wait,
        _old_reads,
        _reads_survive_writes,
        _a_get_for_each_set,
        _second_check_is_another_resource,
        _region_by_inputs,
        _refused_together,
        _get_behind_a_set,
        _deaf_to_cancel,
        _status_only_with_refresh,
        _set_again,
        _no_look_before_delete,
    )
}
