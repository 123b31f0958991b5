"""The plan of a round, drawn at random from its seed and number."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from .faults import FAULTS
from .programs import FATES, IN_STATE, WRITTEN

GET, SET = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain"

KILLS = ("engine", "provider")
INTERRUPT, TAKEOVER = "^C", "takeover"
LOST, BEFORE, WITHIN, RESPONDED = "lost", "before it takes effect", "before the response", "after the response"
MOMENTS = (LOST, BEFORE, WITHIN, RESPONDED)
"""When an event hits a call: it never reaches SES, SES has received it, SES has performed it, or SES has responded."""

BEFORE_THE_RUN, BETWEEN, LATE = (
    "before the run",
    "before the next run",
    "at the first Set, with all others that have no Set yet",
)
BEFORE_GET, AFTER_GET, BEFORE_SET, AFTER_SET = "before its Get", "after its Get", "before its Set", "after its Set"
OPERATIONS = {"up": 4, "up --refresh": 3, "refresh": 2, "destroy": 3, "destroy --refresh": 2}
"""The commands of the disturbed run, with their weights."""


@dataclass(frozen=True)
class Plan:
    """The plan of a round. The same seed and number give the same plan.

    Attributes:
        operation: The command of the disturbed run.
        trouble: A fault, the process to kill, ^C or takeover.
        action: The action of the call at which the trouble starts.
        skip: How many calls of the action succeed before that.
        moment: When a kill or ^C hits the call.
        fates: What the change of the program does to identities.
        each: Number of identities of each fate.
        continue_on_error: The option of the command.
        parallel: The option of the command.
        rate: Requests per second and action that SES allows; None: no limit.
        verified: Whether the status in state is Success.
        then: The next command of the user: up or destroy.
        taken: The fate whose first identity somebody else takes over.
        taken_when: When that happens.
        taken_by_stack: Whether another stack takes it over rather than somebody with the AWS console.
        yields: Whether the user gives up what was taken over instead of taking it back.
    """

    operation: str
    trouble: str
    action: str = SET
    skip: int = 0
    moment: str = WITHIN
    fates: tuple[str, ...] = ("renamed", "changed", "removed", "added")
    each: int = 1
    continue_on_error: bool = False
    parallel: int = 4
    rate: float | None = None
    verified: bool = True
    then: str = "up"
    taken: str = ""
    taken_when: str = ""
    taken_by_stack: bool = False
    yields: bool = False

    @property
    def kills(self) -> bool:
        """Whether the trouble is that a process is killed."""
        return self.trouble in KILLS

    @property
    def kind(self) -> str:
        """The kind of trouble in the summary."""
        names = {"engine": "engine killed", "provider": "provider killed", INTERRUPT: INTERRUPT, TAKEOVER: "taken over"}
        return names.get(self.trouble, "faults")

    def __str__(self) -> str:
        words = [self.operation, *(["--continue-on-error"] if self.continue_on_error else [])]
        words += [f"--parallel {self.parallel}, {self.each} each of {', '.join(self.fates)}"]
        words += [f"at {self.rate:g}/s"] if self.rate else []
        words += [] if self.verified else ["(not verified in state)"]
        parts = [" ".join(words)]
        if self.trouble != TAKEOVER:
            when = f" {self.moment}" if self.kills or self.trouble == INTERRUPT else ""
            parts.append(f"{self.trouble} at call {self.skip + 1} of {self.action}{when}")
        if self.taken:
            by = "another stack" if self.taken_by_stack else "the AWS console"
            decision = ", and the user gives it up" if self.yields else ""
            parts.append(f"{by} takes over one {self.taken} {self.taken_when}{decision}")
        if self.then == "destroy":
            parts.append("then destroy")
        return "; ".join(parts)


def plan(seed: int, number: int) -> Plan:
    """Draw the plan of a round."""
    dice = random.Random(f"{seed}/{number}")  # noqa: S311 - repeatable rather than secret
    trouble = dice.choices(["fault", *KILLS, INTERRUPT, TAKEOVER], [20, 25, 12, 15, 28])[0]
    operation = dice.choices(list(OPERATIONS), list(OPERATIONS.values()))[0]
    changes: dict[str, Any] = {
        "operation": operation,
        "continue_on_error": operation != "refresh" and dice.random() < 0.4,
        "parallel": dice.choice([4, 64]),
        "rate": 20.0 if dice.random() < 0.3 else None,
        "verified": dice.random() < 0.7,
    }
    if trouble == TAKEOVER:
        return _takeover(dice, changes)
    fates = _fates(dice, may_move=operation.startswith("up"))
    crowd = trouble == INTERRUPT or dice.random() < 0.15
    each = 6 if crowd else dice.choice([1, 2])
    if trouble == "fault":
        trouble = dice.choice(sorted(FAULTS))
    reads = operation == "refresh" or trouble == "a new status"
    action = GET if reads else dice.choices([GET, SET], [1, 3 if crowd else 2])[0]
    if trouble == INTERRUPT and action == SET:
        changes["rate"] = 5.0  # so that most calls still wait at ^C
    # A refused move removes the identity from state, so a destroy cannot clear it.
    if trouble in KILLS and operation.startswith("up") and "moved" not in fates and dice.random() < 0.2:
        changes["then"] = "destroy"
    if trouble not in FAULTS and dice.random() < 0.2:
        taken = dice.choice(sorted(set(fates) & IN_STATE))
        changes |= {"taken": taken, "taken_when": BETWEEN, "yields": dice.random() < 0.3}
    return Plan(
        trouble=trouble,
        action=action,
        skip=dice.randrange(_calls(operation, action, fates, each)),
        moment=dice.choice(MOMENTS if trouble in KILLS else MOMENTS[1:3]),
        fates=fates,
        each=each,
        **changes,
    )


def _fates(dice: random.Random, *, may_move: bool) -> tuple[str, ...]:
    first = dice.choice(["changed", "behaved"])  # in state and written, so that any trouble has a call to hit
    others = sorted(set(FATES) - {first, "moved"})
    drawn = {first, *dice.sample(others, dice.randint(2, 4))}
    if may_move and dice.random() < 0.2:
        drawn.add("moved")
    return tuple(fate for fate in FATES if fate in drawn)


def _calls(operation: str, action: str, fates: tuple[str, ...], each: int) -> int:
    """Return how many calls of the action the run makes at least, so that the trouble hits one of them."""
    if operation == "refresh":
        return 1
    if operation.startswith("destroy"):
        return min(6, each * len(IN_STATE & set(fates))) if action == SET else 1
    if "moved" in fates:  # its refusal may end the run first
        return 1
    return min(6, each * len(WRITTEN & set(fates))) if action == SET else 2


def _takeover(dice: random.Random, changes: dict[str, Any]) -> Plan:
    operation: str = changes["operation"]
    fates = _fates(dice, may_move=False)
    whens = [BEFORE_THE_RUN, BEFORE_GET, AFTER_GET, BEFORE_SET, AFTER_SET]
    if operation.startswith("up"):
        when = dice.choice([*whens, LATE])
        victims = {"changed", "behaved", "added"} if when == LATE else WRITTEN if when in whens[3:] else set(FATES)
        if when in (BEFORE_GET, AFTER_GET):
            victims = victims - {"kept"}  # the run does not read these
    else:
        when = dice.choice(whens[:2] if operation == "refresh" else whens)
        victims = set(IN_STATE)
    taken = dice.choice(sorted(victims & set(fates)))
    if when == LATE:
        changes |= {"rate": 1.5, "parallel": 64, "continue_on_error": True}
    by_stack = when in (BEFORE_THE_RUN, BEFORE_GET, BEFORE_SET) and dice.random() < 0.3
    if by_stack:
        changes["rate"] = None
    return Plan(
        trouble=TAKEOVER,
        fates=(taken,) if when == LATE else fates,
        each=12 if when == LATE else dice.choice([1, 2]),
        taken=taken,
        taken_when=when,
        taken_by_stack=by_stack,
        yields=dice.random() < 0.3,
        **changes,
    )
