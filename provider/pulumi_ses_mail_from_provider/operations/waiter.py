"""The wait until SES has verified MAIL FROM domains: one Get for every 100 of them, at growing intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any, Final

from pulumi_ses_mail_from_provider.dns.diagnosis import Finding
from pulumi_ses_mail_from_provider.operations.lifecycle import Lifecycle
from pulumi_ses_mail_from_provider.rules import durations, verification
from pulumi_ses_mail_from_provider.rules.errors import CallFailed, InvalidInput, MailFromError, NotVerified
from pulumi_ses_mail_from_provider.rules.model import Found, MailFromDomainStatus
from pulumi_ses_mail_from_provider.rules.verification import Awaited, described, failed, is_set, to_wait_for, verified

Diagnose = Callable[[str, str], Sequence[Finding]]
"""What DNS has wrong for a MAIL FROM domain, in a region. Raises InvalidInput where no name server can be asked."""

_FIRST_PAUSE: Final = 2.0
_LONGEST_PAUSE: Final = 60.0
_GROWTH: Final = 1.5
_PROGRESS: Final = 60.0  # seconds between two lines for the user
_SETTLING: Final = 30.0  # seconds until what was just set must show
_SUCCESS: Final = MailFromDomainStatus.SUCCESS.value
_EXPLAINED: Final = 10  # domains of which a message gives the diagnosis; the console tool gives the rest


class Verifications:
    """The operations of `MailFromDomainVerification`. One for a process, shared by its threads.

    lifecycle: what it shares with the settings: calls and their rate, the account guard, the clock.
    diagnose: may take seconds, and is called from several threads.
    now: the time of day.
    """

    def __init__(
        self,
        lifecycle: Lifecycle,
        diagnose: Diagnose,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._lifecycle, self._diagnose, self._now = lifecycle, diagnose, now

    def create(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs, once all are verified."""
        return self._verify(inputs, verification.awaited(inputs), {})

    def update(self, inputs: Mapping[str, Any], stated: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs, once those that are new or changed, or that this run has set, are verified."""
        wanted = verification.awaited(inputs)
        return self._verify(inputs, to_wait_for(stated, wanted, self._lifecycle.declarations.is_unsettled), stated)

    def read(self, stated: Mapping[str, Any]) -> dict[str, Any] | None:
        """The outputs as of now; None if one of them has Failed or is not set any more: to be waited for again."""
        domains = verification.awaited(stated)
        self._guard(domains, stated)
        found = self._look(domains)
        if not verification.still_verified(found):
            return None
        return {**stated, "statuses": verification.statuses(found)}

    def _verify(
        self, inputs: Mapping[str, Any], domains: Sequence[Awaited], stated: Mapping[str, Any]
    ) -> dict[str, Any]:
        everything = verification.awaited(inputs)
        account = self._guard(everything, stated)
        self._wait(domains, durations.seconds(str(inputs["timeout"])))
        waited = set(domains)
        status = verification.statuses(self._look([one for one in everything if one not in waited]))
        return {
            **inputs,
            "account_id": account,
            "verified_identities": [str(one.key) for one in everything],
            "verified_at": (not domains and stated.get("verified_at")) or self._now().isoformat(timespec="seconds"),
            # In the order of the program.
            "statuses": {str(one.key): status.get(str(one.key), _SUCCESS) for one in everything},
        }

    def _guard(self, domains: Sequence[Awaited], stated: Mapping[str, Any]) -> str | None:
        account = None
        for one in {one.key.region: one for one in domains}.values():  # all have the account of the credentials
            account = self._lifecycle.guard(one.key, stated.get("account_id"))
        return account

    def _look(self, domains: Sequence[Awaited]) -> dict[Awaited, Found]:
        """What SES says of each now."""
        found: dict[Awaited, Found] = {}
        for region in dict.fromkeys(one.key.region for one in domains):
            there = [one for one in domains if one.key.region == region]
            answers = self._lifecycle.ses.read_all(region, [one.key.identity for one in there])
            for one in there:
                answer = answers[one.key.identity]
                if isinstance(answer, MailFromError):
                    raise answer
                found[one] = answer
        return found

    def _wait(self, domains: Sequence[Awaited], timeout: float) -> None:
        """Return once SES reports Success for all.

        timeout: in seconds; 0 looks once.

        Raises NotVerified as soon as one has Failed or is not set (any more), and when the time is over; CallFailed
        where SES cannot be asked for another reason than a passing one.
        """
        clock, pause = self._lifecycle.clock.now, _FIRST_PAUSE
        start = clock()
        told = start - _PROGRESS
        left: dict[Awaited, Found | None] = dict.fromkeys(domains)
        while left:
            trouble: CallFailed | None = None
            try:
                looked = self._look(list(left))
            except CallFailed as failure:
                if not failure.transient:
                    raise
                trouble = failure
            else:
                left = {one: found for one, found in looked.items() if not verified(one, found)}
            waited = clock() - start
            lost = [] if trouble else [one for one, found in left.items() if self._is_lost(one, found, waited)]
            if lost or (left and waited >= timeout):
                raise NotVerified(self._report({**dict.fromkeys(lost), **left}, len(domains), waited, trouble))
            if left:
                if clock() - told >= _PROGRESS:
                    told = clock()
                    self._lifecycle.notify(_progress(left, len(domains), waited, timeout), again=True)
                self._lifecycle.clock.sleep(min(pause, timeout - waited))
                pause = min(_LONGEST_PAUSE, pause * _GROWTH)

    def _explain(self, one: Awaited) -> list[str]:
        try:
            return _explained(self._diagnose(one.mail_from_domain, one.key.region))
        except InvalidInput as problem:
            return [f"DNS was not checked: {problem}"]

    def _is_lost(self, one: Awaited, found: Found | None, waited: float) -> bool:
        """Whether it is no use to wait for it any longer. What was just set may take a while to show."""
        settling = waited < _SETTLING
        if failed(one, found):
            return not (settling and self._lifecycle.declarations.is_unsettled(one.key))
        return not is_set(one, found) and not settling

    def _report(
        self, left: Mapping[Awaited, Found | None], number: int, waited: float, trouble: CallFailed | None
    ) -> str:
        """Each domain that is not verified, with what SES and DNS say of it."""
        explained = list(left)[:_EXPLAINED]
        with ThreadPoolExecutor(len(explained)) as pool:
            findings = pool.map(self._explain, explained)
            lines = [
                f"waiting for SES to verify MAIL FROM domains: {len(left)} of {number} not verified after"
                f" {durations.words(waited)}:"
            ]
            for one, found in zip(explained, findings, strict=True):
                lines += [described(one, left[one]), *(f"  {line}" for line in found)]
        if len(left) > len(explained):
            lines.append(f"and {len(left) - len(explained)} more: `ses-mail-from doctor` explains each")
        if trouble:
            lines.append(f"SES could not be asked at the end: {trouble}")
        lines.append("Correct what is named, then run pulumi up again: it goes on waiting.")
        return "\n".join(lines)


def _explained(findings: Sequence[Finding]) -> list[str]:
    if not findings:
        return ["DNS is as it should be: SES looks again within minutes, as a rule"]
    lines = []
    for finding in findings:
        lines.append(f"{finding.code}: {finding.sentence}")
        lines += [f"  to publish: {finding.expected}"] if finding.record and finding.expected else []
    return lines


def _progress(left: Mapping[Awaited, Found | None], number: int, waited: float, timeout: float) -> str:
    one, found = next(iter(left.items()))
    more = f", and {len(left) - 1} more" if len(left) > 1 else ""
    return (
        f"waiting for SES to verify MAIL FROM domains, {durations.words(waited)} of {durations.words(timeout)}:"
        f" {number - len(left)} of {number} verified; not yet {described(one, found)}{more}"
    )
