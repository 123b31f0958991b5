"""One round: a run of the engine that suffers a fault or a kill, and what has become of every setting after it."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from acceptance.conftest import REGION, shell
from acceptance.engine import Program, Result, Stack
from pulumi_ses_mail_from import MailFromDomain
from stand_in import (
    DROP_AFTER,
    DROP_BEFORE,
    INTERNAL_FAILURE,
    THROTTLE,
    UNAVAILABLE,
    Effect,
    SesStandIn,
    entries,
    error,
    garbage,
    hang,
    run,
)

GET, SET = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain"
FAULTS = {
    "throttling": THROTTLE,
    "500": INTERNAL_FAILURE,
    "503": UNAVAILABLE,
    "dropped before": DROP_BEFORE,
    "dropped after": DROP_AFTER,
    "garbage": garbage(),
    "denied": error(403, "AccessDenied", "not authorized"),
    "expired": error(403, "ExpiredToken", "The security token included in the request is expired"),
    "silence": hang(),
    "silence after": hang(after=True),
    "a new status": entries({"MailFromDomainStatus": "Sleeping"}),
}
OPERATIONS = ("up", "refresh", "destroy")
KEPT, CHANGED, REMOVED, ADDED = "kept.example", "changed.example", "removed.example", "added.example"
THEIRS = "theirs.example"


@dataclass(frozen=True)
class Plan:
    """What a round does. The same seed and number give the same plan."""

    operation: str
    trouble: str
    """A fault, or whom a kill hits: engine or provider."""
    action: str
    skip: int
    """How many calls of the action go well before."""
    after: bool
    """Whether a killed call has taken effect."""

    @property
    def kills(self) -> bool:
        """Whether a process is killed."""
        return self.trouble in ("engine", "provider")

    def __str__(self) -> str:
        when = " after it took effect" if self.kills and self.after else ""
        return f"{self.operation}, {self.trouble} at call {self.skip + 1} of {self.action}{when}"


def plan(seed: int, number: int) -> Plan:
    """The plan of a round."""
    dice = random.Random(f"{seed}/{number}")  # noqa: S311 - to be repeated, not to be secret
    operation = dice.choice(OPERATIONS)
    trouble = dice.choice(["engine", "provider"]) if dice.random() < 0.5 else dice.choice(sorted(FAULTS))
    action = GET if operation == "refresh" else dice.choice([GET, SET])
    calls = 3 if action == SET else 2 if operation == "up" else 1  # of one run; a later call is never hit
    return Plan(operation, trouble, action, dice.randrange(calls), dice.random() < 0.5)


@dataclass
class Outcome:
    """What a round found."""

    plan: Plan
    hit: bool = False
    wrong: list[str] = field(default_factory=list)
    """Settings lost, stolen, orphaned or reset, and runs that did not converge."""


def before() -> None:
    """The program that the stack begins with."""
    _declare({KEPT: "bounce", CHANGED: "bounce", REMOVED: "bounce"})


def afterwards() -> None:
    """What is declared then: one more, one fewer, one with another domain, and one under another name."""
    _declare({KEPT: "bounce", CHANGED: "mail", ADDED: "bounce"}, renamed=KEPT)


def nothing() -> None:
    """A program without resources."""


def _declare(labels: dict[str, str], renamed: str | None = None) -> None:
    for identity, label in labels.items():
        name = f"{identity}-renamed" if identity == renamed else identity
        MailFromDomain(name, identity=identity, mail_from_domain=f"{label}.{identity}")


def play(planned: Plan, folder: Path) -> Outcome:
    """Carry a plan out in a new stack at a new server."""
    outcome = Outcome(planned)
    with SesStandIn(rate=None) as ses:
        ses.verify(REGION, KEPT, CHANGED, REMOVED, ADDED, THEIRS)
        ses.put(REGION, THEIRS, f"own.{THEIRS}", status="Success")
        stack = Stack(folder, shell(ses.url))
        stack.config("aws:maxRetries", "1")
        stack.up(before).done()
        for identity in (KEPT, CHANGED, REMOVED):
            ses.set_status(REGION, identity, "Success")
        sets = len(ses.history(REGION, KEPT))

        target = nothing if planned.operation == "destroy" else afterwards
        fault = ses.inject(
            _effect(planned, folder),
            action=planned.action,
            skip=planned.skip,
            count=2 if planned.trouble in FAULTS and "silence" not in planned.trouble else 1,  # a time-out takes 8 s
        )
        operations: dict[str, Callable[[], Result]] = {
            "up": lambda: stack.up(target),
            "refresh": stack.refresh,
            "destroy": stack.destroy,
        }
        troubled = operations[planned.operation]()
        outcome.hit = fault.hits > 0
        ses.heal()
        # An engine that is killed leaves its provider behind, at work, and its lock.
        kill("provider", folder)
        if planned.kills:
            stack.cancel()
        _recover(stack, target, outcome, troubled)
        _compare(ses, target, sets, outcome)
    return outcome


def _recover(stack: Stack, target: Program, outcome: Outcome, troubled: Result) -> None:
    """Run up again as a user would, after a refresh where the engine asks for one."""
    again = stack.up(target)
    if not again.ok:
        stack.refresh(clear_pending_creates=True)
        again = stack.up(target)
    if not again.ok:
        outcome.wrong.append(f"up did not converge: {again.text[-600:]} after {troubled.text[-600:]}")
    elif not stack.refresh(preview_only=True, expect_no_changes=True).ok:
        outcome.wrong.append("state says otherwise than SES")


def _compare(ses: SesStandIn, target: Program, sets: int, outcome: Outcome) -> None:
    declared = (
        {} if target is nothing else {KEPT: f"bounce.{KEPT}", CHANGED: f"mail.{CHANGED}", ADDED: f"bounce.{ADDED}"}
    )
    declared[THEIRS] = f"own.{THEIRS}"
    for identity in (KEPT, CHANGED, REMOVED, ADDED, THEIRS):
        found = ses.mail_from(REGION, identity)
        if (found.domain if found else None) != declared.get(identity):
            outcome.wrong.append(f"{identity}: SES has {found}, declared is {declared.get(identity)}")
    if KEPT in declared and (len(ses.history(REGION, KEPT)) != sets or not _is_verified(ses, KEPT)):
        outcome.wrong.append(f"{KEPT}: verified and unchanged, and set again")


def _is_verified(ses: SesStandIn, identity: str) -> bool:
    found = ses.mail_from(REGION, identity)
    return found is not None and found.status == "Success"


def _effect(planned: Plan, folder: Path) -> Effect:
    if not planned.kills:
        return FAULTS[planned.trouble]
    return run(lambda: kill(planned.trouble, folder), after=planned.after)


def kill(whom: str, folder: Path, by: signal.Signals = signal.SIGKILL) -> None:
    """A signal to the engine or the provider processes of the stack in `folder`. Linux only."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            ours = f"PULUMI_HOME={folder}/home" in (process / "environ").read_bytes().decode(errors="replace").split(
                "\0"
            )
            command = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            provides = any("pulumi.dynamic" in word or "pulumi-resource" in word for word in command)
            if ours and provides == (whom == "provider"):
                os.kill(int(process.name), by)
        except (FileNotFoundError, PermissionError, ProcessLookupError):  # noqa: PERF203 - any of them may be gone
            continue  # it ended meanwhile, or is somebody else's
