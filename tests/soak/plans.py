"""What a round does, drawn by seed and number."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from .faults import FAULTS
from .programs import FATES, IN_STATE, WRITTEN

GET, SET = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain"

KILLS = ("engine", "provider")
INTERRUPT, TAKEOVER = "^C", "takeover"
LOST, BEFORE, WITHIN, ANSWERED = "lost", "before it is carried out", "before it is answered", "once it is answered"
MOMENTS = (LOST, BEFORE, WITHIN, ANSWERED)
"""When a call is hit: it does not reach SES, SES holds it, SES holds the answer, or the answer has just left."""

BEFORE_THE_RUN, BETWEEN, LATE = (
    "before the run",
    "before the next run",
    "at the first Set, with all others that are not set yet",
)
BEFORE_GET, AFTER_GET, BEFORE_SET, AFTER_SET = "before its Get", "after its Get", "before its Set", "after its Set"
OPERATIONS = {"up": 4, "up --refresh": 3, "refresh": 2, "destroy": 3, "destroy --refresh": 2}
"""The commands that are disturbed, with how often each is drawn."""


@dataclass(frozen=True)
class Plan:
    """What a round does. The same seed and number give the same plan."""

    operation: str
    trouble: str
    """A fault, the process that is killed, ^C or takeover."""

    action: str = SET
    skip: int = 0
    """How many calls of the action go well before."""

    moment: str = WITHIN
    """When a kill or ^C hits the call."""

    fates: tuple[str, ...] = ("renamed", "changed", "removed", "added")
    each: int = 1
    """Identities of each fate."""

    continue_on_error: bool = False
    parallel: int = 4
    rate: float | None = None
    """What SES takes a second; None: no limit."""

    verified: bool = True
    """Whether state knows that SES has verified the settings."""

    then: str = "up"
    """What the user runs next: up or destroy."""

    taken: str = ""
    """The fate whose first identity somebody else takes over."""

    taken_when: str = ""
    taken_by_stack: bool = False
    """Whether a real stack does it, rather than the console of SES."""

    yields: bool = False
    """Whether the user gives up what was taken, rather than take it back."""

    @property
    def kills(self) -> bool:
        """Whether a process is killed."""
        return self.trouble in KILLS

    @property
    def kind(self) -> str:
        """The kind of trouble, for the summary."""
        names = {"engine": "engine killed", "provider": "provider killed", INTERRUPT: INTERRUPT, TAKEOVER: "taken over"}
        return names.get(self.trouble, "faults")

    def __str__(self) -> str:
        words = [self.operation, *(["--continue-on-error"] if self.continue_on_error else [])]
        words += [f"--parallel {self.parallel} of {self.each} each of {', '.join(self.fates)}"]
        words += [f"at {self.rate:g}/s"] if self.rate else []
        words += [] if self.verified else ["(unverified in state)"]
        parts = [" ".join(words)]
        if self.trouble != TAKEOVER:
            when = f" {self.moment}" if self.kills or self.trouble == INTERRUPT else ""
            parts.append(f"{self.trouble} at call {self.skip + 1} of {self.action}{when}")
        if self.taken:
            by = "a stack" if self.taken_by_stack else "the console"
            answer = ", which the user yields" if self.yields else ""
            parts.append(f"{by} takes one {self.taken} over {self.taken_when}{answer}")
        if self.then == "destroy":
            parts.append("then destroy")
        return "; ".join(parts)


def plan(seed: int, number: int) -> Plan:
    """The plan of a round."""
    dice = random.Random(f"{seed}/{number}")  # noqa: S311 - to be repeated, not to be secret
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
        changes["rate"] = 5.0  # so that most of it still waits when ^C comes
    # A destroy cannot clear what a refused move has taken out of state.
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
    first = dice.choice(["changed", "behaved"])  # in state, and a Set: so that each trouble finds a call to hit
    others = sorted(set(FATES) - {first, "moved"})
    drawn = {first, *dice.sample(others, dice.randint(2, 4))}
    if may_move and dice.random() < 0.2:
        drawn.add("moved")
    return tuple(fate for fate in FATES if fate in drawn)


def _calls(operation: str, action: str, fates: tuple[str, ...], each: int) -> int:
    """How many calls of the action the run makes for certain, so that the trouble hits one of them."""
    if operation == "refresh":
        return 1
    if operation.startswith("destroy"):
        return min(6, each * len(IN_STATE & set(fates))) if action == SET else 1
    if "moved" in fates:  # its refusal may come first and end the run
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
            victims = victims - {"kept"}  # which SES is not asked about
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
