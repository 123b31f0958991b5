"""The lifecycle of MAIL FROM domains, as the Pulumi engine asks for it, and all that it is made of."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from pulumi_ses_mail_from_provider.operations import mail_from_domain
from pulumi_ses_mail_from_provider.operations.account_guard import AccountGuard
from pulumi_ses_mail_from_provider.operations.context import Context
from pulumi_ses_mail_from_provider.operations.mail_from_domain import READ_AGE
from pulumi_ses_mail_from_provider.operations.waiter import Verifications
from pulumi_ses_mail_from_provider.rules import decisions, inputs
from pulumi_ses_mail_from_provider.rules.errors import CallFailed, InvalidInput
from pulumi_ses_mail_from_provider.rules.inputs import Failure, RegionSource, declaration
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
from pulumi_ses_mail_from_provider.rules.notices import (
    BehaviorDiffers,
    MailFromDomainDiffers,
    MailFromDomainMissing,
    MailRejected,
    Notice,
    StatusChanged,
    StatusFailed,
    WaitingForVerification,
)
from pulumi_ses_mail_from_provider.rules.schema import MAIL_FROM_DOMAIN
from pulumi_ses_mail_from_provider.rules.state import State
from pulumi_ses_mail_from_provider.ses.calls import Ses
from pulumi_ses_mail_from_provider.ses.clock import Clock
from pulumi_ses_mail_from_provider.ses.connections import Connections

from .check_failures import contradiction
from .claims import Claims
from .declarations import Declarations
from .secrets import Secrets
from .wording import Wording

if TYPE_CHECKING:
    from pulumi_ses_mail_from_provider.dns.findings import Finding
    from pulumi_ses_mail_from_provider.dns.resolver import Resolver

STATUS: Final = "mail_from_domain_status"

_DIFF_PATIENCE: Final = 10.0
"""Seconds for which a preview waits for a status. It also works without."""


class Lifecycle:
    """The operations as the engine asks for them, and what they share. Made once for a process.

    Args:
        connections: How to reach SES.
        show: Shows one line to the user.
        clock: The time; the real one if it is left out.
        nameservers: The name servers to query, "HOST[:PORT]" each; those of the system if there are none.
        wording: The words of the program's language.
        claims: What other processes of the run declare.
    """

    def __init__(  # noqa: PLR0913 - the composition root
        self,
        connections: Connections,
        show: Callable[[str], object],
        clock: Clock | None = None,
        *,
        nameservers: Sequence[str] = (),
        wording: Wording | None = None,
        claims: Claims | None = None,
    ) -> None:
        self.clock, self.wording, self.secrets = clock or Clock(), wording or Wording(), Secrets()
        self.nameservers = nameservers
        self._connections, self._show, self._notified = connections, show, set[str]()
        self._declarations = Declarations(claims)
        self._unanswered: dict[str, float] = {}
        self.operations = Context(
            Ses(connections, self.clock),
            AccountGuard(connections, self.notify, self._declarations.set_account),
            self.clock,
            self.notify,
            self._declarations.is_used,
            connections.settings.max_retries,
        )
        self.verifications = Verifications(self.operations, self._diagnose)

    @functools.cached_property
    def resolver(self) -> Resolver:
        """Queries DNS. Raises InvalidInput if a name server of the config cannot be used."""
        from pulumi_ses_mail_from_provider.dns.resolver import Resolver  # noqa: PLC0415 - dnspython takes time to load

        return Resolver(self.nameservers)

    def _diagnose(self, domain: str, region: str) -> Sequence[Finding]:
        return self.resolver.diagnose(domain, region)

    def check_nameservers(self) -> None:
        """Notify the user if a name server of the config cannot be used. Only diagnoses need DNS."""
        try:
            if self.nameservers:
                self.resolver  # noqa: B018 - it is made here
        except InvalidInput as problem:
            self.notify(f"the stack's config ses-mail-from:nameservers: {problem}; DNS will not be checked")

    def notify(self, notice: Notice | str) -> None:
        """Show a notice to the user. Once, because the engine calls for some things twice in a run."""
        line = notice if isinstance(notice, str) else self.wording.notice(notice)
        if line not in self._notified or isinstance(notice, WaitingForVerification):
            self._notified.add(line)
            self._show(self.secrets.mask(line))

    def check(
        self, olds: Mapping[str, Any], news: Mapping[str, Any], urn: str | None = None
    ) -> tuple[dict[str, Any], list[Failure]]:
        """Normalise the inputs of a declaration, and report all problems.

        Args:
            olds: The inputs in state, by name; empty for a new resource.
            news: The inputs that the program gives, by name.
            urn: The URN of the resource, if it is known.
        """
        owner = self._declarations.owner(urn, has_state=bool(olds))
        checked, failures = inputs.check(
            news,
            [
                RegionSource(self.wording.region_config, lambda: self._connections.settings.region),
                RegionSource("this stack's state", lambda: olds.get("region")),
                RegionSource("this stack's state", lambda: self._declarations.region_of(owner)),
                RegionSource("the AWS environment or profile", self._ambient_region),
            ],
        )
        if olds.get("region"):
            self._declarations.remember_region(owner, str(olds["region"]))
        unusable = {failure.property for failure in failures} | {
            name for name, value in checked.items() if value is UNKNOWN
        }
        if unusable.isdisjoint(MAIL_FROM_DOMAIN.replacing):
            key = Key(checked["region"], checked["identity"])
            # Even if the other inputs are invalid, the program has a resource for this identity.
            declared = None if unusable else declaration(checked)
            other = self._declarations.declare(owner, key, declared)
            if declared and other:
                failures.append(contradiction(declared, other))
        return checked, failures

    def diff(self, state: State, news: Mapping[str, Any]) -> list[str]:
        """The properties that pulumi up would change; the status, if that alone requires an update.

        Args:
            state: What the stack has of the resource.
            news: The inputs as `check` returns them.
        """
        key, domain = state.key, state.found.mail_from_domain
        self.operations.guard.check(key, state.account_id)
        changed, status = decisions.changes(state.inputs(), news), state.found.status or None
        if decisions.replaces(changed):
            self._declarations.announce_replacement()
            return changed
        if not changed and status != MailFromDomainStatus.SUCCESS and self._declarations.is_declared(key):
            found = self._read_for_diff(key)
            if found is not None and found is not Absent.IDENTITY:
                if difference := _difference(state, found):
                    self.notify(difference)
                    changed.append(STATUS)
                status = found.status if isinstance(found, MailFromAttributes) else None
        if status == MailFromDomainStatus.FAILED:
            changed.append(STATUS)
            self.notify(StatusFailed(key, domain))
        if status in (None, MailFromDomainStatus.FAILED) or {"mail_from_domain", "behavior_on_mx_failure"} & {*changed}:
            self.operations.unsettled.add(key)
        rejects = news.get("behavior_on_mx_failure") == BehaviorOnMXFailure.REJECT_MESSAGE
        unverified = status != MailFromDomainStatus.SUCCESS or "mail_from_domain" in changed
        if changed and rejects and unverified and news.get("mail_from_domain") is not UNKNOWN:
            self.notify(MailRejected(key, str(news.get("mail_from_domain"))))
        return changed

    def create(self, declared: Declaration) -> State:
        """Set what is declared, or adopt it. See `operations.mail_from_domain.create`."""
        return mail_from_domain.create(self.operations, declared)

    def update(self, declared: Declaration, state: State) -> State:
        """Set what is declared if SES has something else. See `operations.mail_from_domain.update`."""
        return mail_from_domain.update(self.operations, declared, state)

    def read(self, state: State) -> State | None:
        """What SES has now. See `operations.mail_from_domain.read`."""
        return mail_from_domain.read(self.operations, state)

    def get(self, key: Key) -> State:
        """What SES has now, for a program that reads it. See `operations.mail_from_domain.find`."""
        self._declarations.read(key)
        return mail_from_domain.find(self.operations, key)

    def delete(self, state: State) -> None:
        """Set MailFromDomain to null if it is ours. See `operations.mail_from_domain.delete`."""
        mail_from_domain.delete(self.operations, state)

    def is_unsettled(self, key: Key) -> bool:
        """Whether SES may have to verify the MAIL FROM domain (again) because of this run."""
        return key in self.operations.unsettled

    def _read_for_diff(self, key: Key) -> Found | None:
        """What SES has; None if it does not answer soon."""
        now = self.clock.now()
        if now < self._unanswered.get(key.region, now):
            return None
        try:
            return self.operations.ses.read(key, READ_AGE, patience=_DIFF_PATIENCE)
        except CallFailed:
            self._unanswered[key.region] = self.clock.now() + READ_AGE
            return None

    def _ambient_region(self) -> str | None:
        try:
            return self._connections.ambient_region()
        except CallFailed as failure:
            raise InvalidInput(self.wording.error(failure)) from None


def _difference(state: State, found: Found) -> Notice | None:
    """How SES differs from state, if it does."""
    key, before = state.key, state.found
    if not isinstance(found, MailFromAttributes):
        return MailFromDomainMissing(key, before.mail_from_domain)
    if found.mail_from_domain != before.mail_from_domain:
        return MailFromDomainDiffers(key, found.mail_from_domain, before.mail_from_domain)
    if found.behavior_on_mx_failure != before.behavior_on_mx_failure:
        return BehaviorDiffers(key, found.behavior_on_mx_failure)
    return StatusChanged(key, before.status, found.status) if found.status != before.status else None
