"""The questions of `make live`: calls of SES, and the operations of this package, with what came back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from live_calls import CREATE, DELETE, GET, LIST, Calls, Outcome
from live_report import Report

from pulumi_ses_mail_from_provider.console.wording import worded
from pulumi_ses_mail_from_provider.engine.lifecycle import Lifecycle
from pulumi_ses_mail_from_provider.rules.errors import MailFromError
from pulumi_ses_mail_from_provider.rules.model import (
    BehaviorOnMXFailure,
    Declaration,
    MailFromAttributes,
    MailFromDomainStatus,
)
from pulumi_ses_mail_from_provider.rules.names import domain_of
from pulumi_ses_mail_from_provider.rules.state import State
from pulumi_ses_mail_from_provider.ses.calls import Ses
from pulumi_ses_mail_from_provider.ses.clock import Clock
from pulumi_ses_mail_from_provider.ses.connections import Connections

UNVERIFIED: Final = "ses-mail-from-live.example"
"""An identity that is created and deleted. Nobody can verify it, because the top-level domain is reserved."""

UNKNOWN: Final = "ses-mail-from-unknown.example"
SAME_DOMAIN: Final = "Does a Set of the same domain put Success back to Pending?"
OTHER_BEHAVIOR: Final = "Does a Set of another behavior put Success back to Pending?"
AFTER_SET: Final = "What does a Get return right after a Set?"
UNVERIFIED_SET: Final = "Is a Set refused if the identity is not verified?"
UNKNOWN_SET: Final = "Is a Set refused if there is no such identity?"
EMPTY_CLEARS: Final = "Does a Set with an empty MailFromDomain clear it?"
REQUEST_RATE: Final = "How many Gets are answered without a pause?"

_REST: Final = 3.0
"""Seconds without a call before one that must not be throttled."""
_BURST: Final = 6
_WATCH: Final = 10.0
"""Seconds for which the status is read after a Set."""
_POLL: Final = 15.0


_Result = TypeVar("_Result")


class Questions:
    """Asks everything, and writes the answers into a report.

    Args:
        connections: How to reach SES.
        declared: The MAIL FROM domain for the life of a resource.
        report: Where the answers go.
        progress: Prints what is being done.
        clock: The time.
        put_back: Sets what was found at first.
        wait: Seconds to wait for the status Success; 0 if DNS does not have the records.
    """

    def __init__(
        self,
        connections: Connections,
        declared: Declaration,
        report: Report,
        progress: Callable[[str], object],
        *,
        clock: Clock,
        put_back: Callable[[], object],
        wait: float,
    ) -> None:
        self.calls = Calls(connections, declared.key, clock)
        self._declared, self._report, self._progress = declared, report, progress
        self._clock, self._put_back, self._wait = clock, put_back, wait
        self._is_created = False
        self._connections, self._ses = connections, Ses(connections, clock)

    def ask(self) -> None:
        """Ask all questions."""
        for title, question in (
            ("the request rate", self._ask_rate),
            ("requests that SES refuses", self._ask_refusals),
            ("an identity that is not verified", self._ask_unverified),
            ("the life of a MAIL FROM domain", self._live),
        ):
            self._progress(f"{title} …")
            question()

    def _ask_rate(self) -> None:
        self._clock.sleep(_REST)
        started, answered = self._clock.now(), 0
        for _ in range(_BURST):
            outcome = self.calls.once(GET, Identities=[self._declared.key.identity])
            if outcome.answer is None:
                break
            answered += 1
        took = f"{answered} in {self._clock.now() - started:.1f} s"
        if outcome.answer is not None:
            self._answer(REQUEST_RATE, f"{took}; no more were sent")
            return
        self._refused("Get without a pause", outcome)
        self._clock.sleep(1.0)
        later = self.calls.get(at_once=True)
        self._answer(REQUEST_RATE, f"{took}, the next one was {outcome.sentence}. One second later: {later}")

    def _ask_refusals(self) -> None:
        identity = self._declared.key.identity
        domain = domain_of(identity)
        outcome = self.calls.set(f"bounce.{UNKNOWN}", identity=UNKNOWN)
        self._refused("Set for an identity that does not exist", outcome)
        self._answer(UNKNOWN_SET, outcome.sentence)
        accepted = False
        for request, name, behavior in (
            ("Set of the identity's own domain", domain, ""),
            ("Set of a domain that is not a subdomain", f"bounce.{UNKNOWN}", ""),
            ("Set of an unknown behavior", self._declared.mail_from_domain, "Bounce"),
        ):
            outcome = self.calls.set(name, behavior)
            self._refused(request, outcome)
            accepted |= outcome.answer is not None
        if accepted:
            self._put_back()
        names = [f"{number}.{UNKNOWN}" for number in range(101)]
        self._refused("Get of 101 identities", self.calls.paced(GET, Identities=names))
        self._refused("ListIdentities with an invalid NextToken", self.calls.paced(LIST, NextToken="no-token"))

    def _ask_unverified(self) -> None:
        self._is_created = True  # also if this call is interrupted
        created = self.calls.paced(CREATE, Domain=UNVERIFIED)
        if created.answer is None:
            self._is_created = False
            self._refused("VerifyDomainIdentity of a new domain", created)
            for question in (UNVERIFIED_SET, EMPTY_CLEARS):
                self._answer(question, f"not answered: creating an identity was {created.sentence}")
            return
        self._read("VerifyDomainIdentity of a new domain", UNVERIFIED)
        outcome = self.calls.set(f"bounce.{UNVERIFIED}", identity=UNVERIFIED)
        self._refused("Set for an identity that is not verified", outcome)
        self._answer(UNVERIFIED_SET, outcome.sentence)
        outcome = self.calls.set("", identity=UNVERIFIED)
        self._refused("Set of an empty MailFromDomain", outcome)
        self._answer(EMPTY_CLEARS, f"{outcome.sentence}; then Get: {self.calls.get(UNVERIFIED)}")

    def clean_up(self) -> bool:
        """Delete the identity that was created, and return whether it is gone."""
        if not self._is_created:
            return True
        deleted = self.calls.paced(DELETE, Identity=UNVERIFIED)
        return deleted.answer is not None

    def _live(self) -> None:
        state = self._operation("create", lambda lifecycle: lifecycle.create(self._declared))
        state = self._ask_restarts(state)
        state = self._ask_drift(state)
        self._operation("delete", lambda lifecycle: lifecycle.delete(state))
        self._read("delete")

    def _ask_restarts(self, state: State) -> State:
        other = next(behavior for behavior in BehaviorOnMXFailure if behavior != self._declared.behavior_on_mx_failure)
        changed = Declaration(self._declared.key, self._declared.mail_from_domain, other.value)
        if self._becomes_success():
            outcome = self.calls.set(self._declared.mail_from_domain, self._declared.behavior_on_mx_failure)
            self._answer(SAME_DOMAIN, self._restarted("Set of the same domain", outcome.sentence))
        else:
            self._answer(SAME_DOMAIN, "not answered: the status did not become Success")
        verified = self._becomes_success()
        state = self._operation(f"update to {other.value}", lambda lifecycle: lifecycle.update(changed, state))
        answer = self._restarted("Set of another behavior", "accepted")
        self._answer(OTHER_BEHAVIOR, answer if verified else "not answered: the status did not become Success")
        return self._operation("update back", lambda lifecycle: lifecycle.update(self._declared, state))

    def _ask_drift(self, state: State) -> State:
        other = f"ses-mail-from-live.{domain_of(self._declared.key.identity)}"
        self._clock.sleep(_REST)  # or the Get would be throttled
        outcome = self.calls.set(other)
        entry = self.calls.get(at_once=True)
        self._report.readings.append(("Set of another domain", "0.0", entry))
        self._answer(AFTER_SET, f"the Set was {outcome.sentence}; then Get: {entry}")
        found = self._operation("read after a change by another client", lambda lifecycle: lifecycle.read(state))
        return self._operation(
            "update, to repair it", lambda lifecycle: lifecycle.update(self._declared, found or state)
        )

    def _operation(self, name: str, run: Callable[[Lifecycle], _Result]) -> _Result:
        self._progress(f"  {name}")
        notices: list[str] = []
        try:
            # Each command of Pulumi is a process of its own, which knows nothing of earlier readings.
            result = run(Lifecycle(self._connections, notices.append, self._clock))
        except MailFromError as error:
            self._report.life.append((name, f"failed: {worded(error)}"))
            raise
        shown = _shown(result.found) if isinstance(result, State) else "done"
        self._report.life.append((name, "; ".join((shown, *notices))))
        return result

    def _becomes_success(self) -> bool:
        """Wait for the status Success, and return whether it is reached."""
        deadline, key = self._clock.now() + self._wait, self._declared.key
        while True:
            found = self._ses.read(key)
            if isinstance(found, MailFromAttributes) and found.status == MailFromDomainStatus.SUCCESS:
                return True
            if self._clock.now() >= deadline:
                return False
            self._progress("  waiting for the status Success")
            self._clock.sleep(_POLL)

    def _restarted(self, action: str, outcome: str) -> str:
        """Read the status for a while after a Set, and say what became of Success."""
        started, entries = self._clock.now(), list[str]()
        while self._clock.now() - started < _WATCH:
            entries.append(self._read(action, since=started))
        statuses = [entry for entry in entries if "MailFromDomainStatus=" in entry]
        lost = [
            entry for entry in statuses if f"MailFromDomainStatus={MailFromDomainStatus.SUCCESS.value}" not in entry
        ]
        if not statuses:
            return f"not answered: {outcome}, then Get: {entries[0]}"
        if not lost:
            return f"no: {outcome}, and still Success after {_WATCH:.0f} s"
        return f"yes: {outcome}, then Get: {lost[0]}"

    def _read(self, action: str, identity: str = "", since: float | None = None) -> str:
        started = self._clock.now() if since is None else since
        entry = self.calls.get(identity)
        row = (action, f"{self._clock.now() - started:.1f}", entry)
        if not self._report.readings or (self._report.readings[-1][0], self._report.readings[-1][2]) != (action, entry):
            self._report.readings.append(row)
        return entry

    def _answer(self, question: str, answer: str) -> None:
        self._report.answers.append((question, answer))

    def _refused(self, request: str, outcome: Outcome) -> None:
        row = (request, "accepted", "", "") if outcome.answer is not None else None
        self._report.errors.append(row or (request, outcome.code, outcome.status, outcome.text))


def _shown(found: MailFromAttributes) -> str:
    return f"{found.mail_from_domain} ({found.behavior_on_mx_failure}), {found.status}"
