"""The wait until SES has verified MAIL FROM domains: one Get for every 100 of them, at growing intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Final

from pulumi_ses_mail_from_provider.dns.findings import Finding
from pulumi_ses_mail_from_provider.rules import durations, verification
from pulumi_ses_mail_from_provider.rules.errors import CallFailed, InvalidInput, MailFromError, NotVerified
from pulumi_ses_mail_from_provider.rules.model import Found, MailFromDomainStatus
from pulumi_ses_mail_from_provider.rules.notices import WaitingForVerification
from pulumi_ses_mail_from_provider.rules.verification import (
    Awaited,
    VerificationState,
    described,
    failed,
    is_set,
    to_wait_for,
    verified,
)
from pulumi_ses_mail_from_provider.ses.clock import pauses

from .context import Context

Diagnose = Callable[[str, str], Sequence[Finding]]
"""What is wrong with the DNS of a MAIL FROM domain, in a region. Raises InvalidInput if DNS cannot be queried."""

_FIRST_PAUSE: Final = 2.0
_LONGEST_PAUSE: Final = 60.0
_GROWTH: Final = 1.5
_PROGRESS: Final = 60.0  # seconds between two progress notices
_SETTLING: Final = 30.0  # seconds until SES must return what was just set
_SUCCESS: Final = MailFromDomainStatus.SUCCESS.value
_DIAGNOSED: Final = 10  # domains that a message has a diagnosis for; `doctor` diagnoses the others


@dataclass(frozen=True)
class Unverified:
    """A MAIL FROM domain that was waited for in vain.

    Attributes:
        description: What SES has of it.
        findings: What is wrong in DNS; empty if nothing is.
        problem: Why DNS could not be queried, if so.
    """

    description: str
    findings: tuple[Finding, ...] = ()
    problem: InvalidInput | None = None


class Verifications:
    """The operations of `MailFromDomainVerification`.

    Args:
        context: What the operations share.
        diagnose: May take seconds, and is called from several threads.
        now: Returns the time of day.
    """

    def __init__(
        self,
        context: Context,
        diagnose: Diagnose,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._context, self._diagnose, self._now = context, diagnose, now

    def create(self, domains: Sequence[Awaited], timeout: float) -> VerificationState:
        """Wait until all are verified.

        Args:
            domains: The MAIL FROM domains, each once.
            timeout: How long to wait at most, in seconds. 0 reads once.

        Raises:
            NotVerified: SES has given up on one, one is not set (any more), or the time is over.
            CallFailed: SES refused, or could not be reached for another reason than a transient one.
            WrongAccount: The account must not be used.
            Cancelled: The run was stopped.
        """
        return self._verify(domains, domains, timeout, VerificationState())

    def update(self, domains: Sequence[Awaited], timeout: float, state: VerificationState) -> VerificationState:
        """Wait until those that are new or changed, or that this run has set, are verified. Otherwise as `create`."""
        waiting = to_wait_for(state.domains, domains, self._context.unsettled.__contains__)
        return self._verify(domains, waiting, timeout, state)

    def read(self, state: VerificationState) -> VerificationState | None:
        """Return the statuses as of now. None if one has Failed or is no longer set, so that it must be waited for."""
        account = state.account_id
        self._check_account(state.domains, state)
        found = self._find(state.domains)
        if not verification.still_verified(found):
            return None
        return VerificationState(state.domains, account, state.verified_at, verification.statuses(found))

    def _verify(
        self, domains: Sequence[Awaited], waiting: Sequence[Awaited], timeout: float, state: VerificationState
    ) -> VerificationState:
        account = self._check_account(domains, state)
        self._wait(waiting, timeout)
        awaited = set(waiting)
        status = verification.statuses(self._find([one for one in domains if one not in awaited]))
        return VerificationState(
            tuple(domains),
            account,
            (not waiting and state.verified_at) or self._now().isoformat(timespec="seconds"),
            # In the order of the program.
            {str(one.key): status.get(str(one.key), _SUCCESS) for one in domains},
        )

    def _check_account(self, domains: Sequence[Awaited], state: VerificationState) -> str | None:
        account = None
        for one in {one.key.region: one for one in domains}.values():  # all have the account of the credentials
            account = self._context.guard.check(one.key, state.account_id)
        return account

    def _find(self, domains: Sequence[Awaited]) -> dict[Awaited, Found]:
        """What SES has of each now."""
        found: dict[Awaited, Found] = {}
        for region in dict.fromkeys(one.key.region for one in domains):
            there = [one for one in domains if one.key.region == region]
            answers = self._context.ses.read_all(region, [one.key.identity for one in there])
            for one in there:
                answer = answers[one.key.identity]
                if isinstance(answer, MailFromError):
                    raise answer
                found[one] = answer
        return found

    def _wait(self, domains: Sequence[Awaited], timeout: float) -> None:
        """Return once SES reports Success for all. Raises as `create`."""
        clock, intervals = self._context.clock, pauses(_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH)
        start = clock.now()
        notified_at = start - _PROGRESS
        left: dict[Awaited, Found | None] = dict.fromkeys(domains)
        while left:
            failure: CallFailed | None = None
            try:
                found = self._find(list(left))
            except CallFailed as error:
                if not error.transient:
                    raise
                failure = error
            else:
                left = {one: answer for one, answer in found.items() if not verified(one, answer)}
            waited = clock.now() - start
            lost = [] if failure else [one for one, answer in left.items() if self._is_lost(one, answer, waited)]
            if lost or (left and waited >= timeout):
                raise self._not_verified({**dict.fromkeys(lost), **left}, len(domains), waited, failure)
            if left:
                if clock.now() - notified_at >= _PROGRESS:
                    notified_at = clock.now()
                    first = described(*next(iter(left.items())))
                    self._context.notify(WaitingForVerification(waited, timeout, len(domains), len(left), first))
                clock.sleep(min(next(intervals), timeout - waited))

    def _is_lost(self, one: Awaited, found: Found | None, waited: float) -> bool:
        """Whether waiting longer cannot help. What was just set may take a while until SES returns it."""
        settling = waited < _SETTLING
        if failed(one, found):
            return not (settling and one.key in self._context.unsettled)
        return not is_set(one, found) and not settling

    def _not_verified(
        self, left: Mapping[Awaited, Found | None], total: int, waited: float, failure: CallFailed | None
    ) -> NotVerified:
        diagnosed = list(left)[:_DIAGNOSED]
        with ThreadPoolExecutor(len(diagnosed)) as pool:
            details = tuple(pool.map(lambda one: self._unverified(one, left[one]), diagnosed))
        return NotVerified(
            f"waiting for SES to verify MAIL FROM domains: {len(left)} of {total} not verified after"
            f" {durations.words(waited)}",
            details,
            more=len(left) - len(diagnosed),
            failure=failure,
        )

    def _unverified(self, one: Awaited, found: Found | None) -> Unverified:
        try:
            findings = tuple(self._diagnose(one.mail_from_domain, one.key.region))
        except InvalidInput as problem:
            return Unverified(described(one, found), problem=problem)
        return Unverified(described(one, found), findings)
