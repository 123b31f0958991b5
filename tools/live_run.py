"""One run of `make live`: the plan, the questions, and putting back what was found."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from typing import Final

from botocore.exceptions import BotoCoreError
from live_calls import Calls
from live_questions import UNVERIFIED, Questions
from live_report import Report
from steps import progress

from pulumi_ses_mail_from_provider.dns.findings import Finding, Severity
from pulumi_ses_mail_from_provider.dns.zone_file import record_line
from pulumi_ses_mail_from_provider.rules.errors import CallFailed, InvalidInput, MailFromError
from pulumi_ses_mail_from_provider.rules.model import (
    Absent,
    BehaviorOnMXFailure,
    Declaration,
    Found,
    Key,
    MailFromAttributes,
    MailFromDomainStatus,
)
from pulumi_ses_mail_from_provider.rules.names import domain_of, normalise_mail_from_domain
from pulumi_ses_mail_from_provider.rules.records import records_of
from pulumi_ses_mail_from_provider.ses.calls import Ses
from pulumi_ses_mail_from_provider.ses.clock import Clock
from pulumi_ses_mail_from_provider.ses.connections import Connections

FAILED, NOT_STARTED, INTERRUPTED = 1, 2, 130

_SETTLING: Final = 2.0
"""Seconds after which a call that was interrupted has taken effect, or never will."""
_TRIES: Final = 3
_ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Diagnose = Callable[[str, str], Sequence[Finding]]


class Live:
    """One run for one identity.

    Args:
        key: The identity.
        connections: How to reach SES.
        diagnose: Finds the problems with the DNS of a MAIL FROM domain in a region.
        clock: The time.

    Attributes:
        found: What SES had at first.
        report: The report.
    """

    def __init__(self, key: Key, connections: Connections, diagnose: Diagnose, clock: Clock) -> None:
        self._key, self._connections, self._diagnose, self._clock = key, connections, diagnose, clock
        self._calls = Calls(connections, key, clock)
        self._ses = Ses(connections, clock)
        self.found: Found = Absent.IDENTITY
        self.report = Report(
            f"make live, version {version('pulumi-ses-mail-from')}, boto3 {version('boto3')},"
            f" {datetime.now(timezone.utc).date().isoformat()}, {key.region}"
        )

    def run(self, domain: str, wait: float, agreed: Callable[[], bool]) -> int:
        """Read, show the plan, ask all questions, and put back what was found.

        Args:
            domain: The MAIL FROM domain to set; empty for the one that is set, or else bounce.<domain>.
            wait: Seconds to wait for the status Success, if DNS has the records.
            agreed: Whether the user agrees to the plan.

        Returns:
            The exit status.
        """
        self.found = self._ses.read(self._key)
        declared = self._declared(domain)
        has_records = self._has_records(declared.mail_from_domain)
        progress(self._plan(declared, has_records=has_records))
        if not agreed():
            return NOT_STARTED
        questions = Questions(
            self._connections,
            declared,
            self.report,
            progress,
            clock=self._clock,
            put_back=self._put_back,
            wait=wait if has_records else 0.0,
        )
        status = 0
        try:
            questions.ask()
        except KeyboardInterrupt:
            status = INTERRUPTED
            self.report.end.append("The run was interrupted.")
        except (BotoCoreError, MailFromError) as error:
            status = FAILED
            self.report.end.append(f"The run failed: {type(error).__name__}: {error}.")
        finally:
            with _uninterrupted():
                is_back = self._end(questions)
        return status if is_back else FAILED

    def _end(self, questions: Questions) -> bool:
        """Put everything back, and return whether that succeeded. Nothing here may fail, not even a lost terminal."""
        _tell("putting back what was set; ^C is ignored meanwhile …")
        is_back = self._tried(self._put_back)
        is_clean = self._tried(questions.clean_up)
        outcome = "was put back" if is_back else "could NOT be put back"
        self.report.end.append(f"What was set before ({_shown(self.found)}) {outcome}.")
        if not (is_back and is_clean):
            _tell(f"error: not everything could be put back. Run:\n{self._undo()}")
        return is_back and is_clean

    def _declared(self, domain: str) -> Declaration:
        key = self._key
        if self.found is Absent.IDENTITY:
            raise InvalidInput(f"SES has no identity {key.identity} in {key.region}: give one of the account")
        if isinstance(self.found, MailFromAttributes):
            if domain not in ("", self.found.mail_from_domain):
                raise InvalidInput(f"{self.found.mail_from_domain} is set for {key.identity}: leave DOMAIN out")
            return Declaration(key, self.found.mail_from_domain, self.found.behavior_on_mx_failure)
        name = normalise_mail_from_domain(domain or f"bounce.{domain_of(key.identity)}", key.identity)
        return Declaration(key, name, BehaviorOnMXFailure.USE_DEFAULT_VALUE.value)

    def _has_records(self, domain: str) -> bool:
        if isinstance(self.found, MailFromAttributes) and self.found.status == MailFromDomainStatus.SUCCESS:
            return True
        findings = self._diagnose(domain, self._key.region)
        return all(finding.code.startswith("spf") or finding.severity is Severity.WARNING for finding in findings)

    def _plan(self, declared: Declaration, *, has_records: bool) -> str:
        key, account = self._key, self._connections.account(self._key.region)
        lines = [
            f"This changes the MAIL FROM domain of {key.identity} in {key.region}, account"
            f" {'unknown' if isinstance(account, CallFailed) else account}, about seven times.",
            "Meanwhile SES may reject mail from this identity (RejectMessage), or send it with its default MAIL FROM"
            " domain.",
            f"Use an identity that sends no mail. {UNVERIFIED} is created as an identity, and deleted.",
            "",
            f"Set now:  {_shown(self.found)}",
            f"Will set: {declared.mail_from_domain}",
        ]
        if isinstance(self.found, MailFromAttributes):
            lines.append("After that, SES may have to verify the domain again, which usually takes minutes.")
        if not has_records:
            lines += [
                "",
                "DNS does not have the MX record of that domain, so that its status will not become Success, and two",
                "questions will not be answered. To have them answered, publish these records first:",
                *(f"  {record_line(record)}" for record in records_of(declared.mail_from_domain, key.region)),
            ]
        return "\n".join(["", *lines, "", "If this process is killed, put everything back with:", self._undo()])

    def _undo(self) -> str:
        region, optional = self._key.region, ""
        if isinstance(self.found, MailFromAttributes):
            optional = (
                f" --mail-from-domain {self.found.mail_from_domain}"
                f" --behavior-on-mx-failure {self.found.behavior_on_mx_failure}"
            )
        return (
            f"  aws ses set-identity-mail-from-domain --region {region} --identity {self._key.identity}{optional}\n"
            f"  aws ses delete-identity --region {region} --identity {UNVERIFIED}"
        )

    def _tried(self, action: Callable[[], bool]) -> bool:
        for _ in range(_TRIES):
            try:
                if action():
                    return True
            except (BotoCoreError, MailFromError) as error:
                _tell(f"error: {error}")
            self._clock.sleep(_SETTLING)
        return False

    def _put_back(self) -> bool:
        """Set what was found at first, unless it is set. Return whether SES has it."""
        self._clock.sleep(_SETTLING)
        if self._is_as_found():
            return True
        if isinstance(self.found, MailFromAttributes):
            self._calls.set(self.found.mail_from_domain, self.found.behavior_on_mx_failure)
        else:
            self._calls.set(None)
        return self._is_as_found()

    def _is_as_found(self) -> bool:
        now = self._ses.read(self._key)
        if isinstance(now, MailFromAttributes) and isinstance(self.found, MailFromAttributes):
            return (now.mail_from_domain, now.behavior_on_mx_failure) == (
                self.found.mail_from_domain,
                self.found.behavior_on_mx_failure,
            )
        return now is self.found


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(line: str) -> None:
    with contextlib.suppress(OSError):
        progress(line)


def _shown(found: Found) -> str:
    if isinstance(found, Absent):
        return found.value
    return f"{found.mail_from_domain} ({found.behavior_on_mx_failure}), {found.status}"
