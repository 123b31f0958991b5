"""A round: a disturbed run of the engine, the following runs, and a check of all settings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from support.engine import REGION, Result
from support.processes import kill
from support.stand_in import SesStandIn

from . import programs, rules
from .plans import BEFORE_THE_RUN, BETWEEN, GET, INTERRUPT, SET, Plan, plan
from .prepared import Prepared
from .programs import FATES, STRANGER, Declared
from .rules import Record, Run
from .troubles import Troubles

__all__ = ["GET", "INTERRUPT", "SET", "Outcome", "Plan", "kill", "plan", "play"]

_TIMEOUT = 90.0
"""Seconds after which a run is considered to hang."""


@dataclass
class Outcome:
    """The outcome of a round.

    Attributes:
        plan: The plan of the round.
        hit: Whether the trouble occurred.
        wrong: Settings lost, taken or reset, and runs that did not end or converge.
    """

    plan: Plan
    hit: bool = False
    wrong: list[str] = field(default_factory=list)


def play(planned: Plan, prepared: Prepared) -> Outcome:
    """Carry out a plan against a new stand-in."""
    before = programs.before(planned.fates, planned.each)
    identities = [identity for fate in planned.fates for identity in programs.identities(fate, planned.each)]
    with SesStandIn(rate=None) as ses:
        ses.verify(REGION, *identities, STRANGER)
        ses.put(REGION, STRANGER, f"own.{STRANGER}")
        for one in before:
            ses.put(REGION, one.identity, one.domain)
        for fate in {"adopted"} & set(planned.fates):
            for identity in programs.identities(fate, planned.each):
                ses.put(REGION, identity, f"{FATES[fate].after}.{identity}")
        one_round = _Round(planned, prepared, ses)
        declared = one_round.play()
        wrong = [*rules.violations(one_round.record), *rules.final(one_round.record, declared, identities)]
        return Outcome(planned, one_round.troubles.hit, one_round.wrong + wrong)


class _Round:
    """The runs of a round."""

    def __init__(self, planned: Plan, prepared: Prepared, ses: SesStandIn) -> None:
        self.plan, self.ses, self._folder = planned, ses, prepared.folder
        self.record = Record(ses)
        self.troubles = Troubles(planned, ses, prepared)
        self.wrong: list[str] = []
        self._stack = prepared.stack(
            ses.url,
            programs.before(planned.fates, planned.each),
            status="Success" if planned.verified else "Pending",
            rate=planned.rate,
        )

    def play(self) -> list[Declared]:
        """Run the disturbed command and those after it; return the resources of the last program."""
        plan = self.plan
        self.ses.rate = plan.rate
        if plan.taken_when == BEFORE_THE_RUN:
            self.troubles.take_over()
        target = [] if plan.operation.startswith("destroy") else programs.after(plan.fates, plan.each)
        with self.troubles.in_force():
            troubled = self._run(plan.operation, target)
        troubled.strike = self.troubles.strike
        self.ses.rate = None
        if plan.kills:
            self._stack.cancel()  # also removes the lock of a killed engine
        if plan.taken_when == BETWEEN:
            self.troubles.take_over()
        if plan.then == "destroy":
            target = []
        # If the run succeeded despite the trouble, the check of the state is enough.
        deployed = troubled.result.ok and not troubled.strike and plan.operation != "refresh"
        if not deployed or plan.taken_when == BETWEEN:
            target = self._go_on(target)
        elif self.troubles.taken and target:
            target = self._settle(target)
        self._check_state(target, deployed=deployed)
        return target

    def _go_on(self, target: list[Declared]) -> list[Declared]:
        """Deploy as a user would: refresh and retry if it fails."""
        contested = bool(target) and ("moved" in self.plan.fates or bool(self.troubles.taken))
        again = self._deploy(target)
        if contested:
            return self._settle(target)
        if not again.ok:
            self._run("refresh", [], clear_pending_creates=True)
            again = self._deploy(target)
        self._must_converge(again)
        return target

    def _settle(self, target: list[Declared]) -> list[Declared]:
        """Let the user take back or give up what was refused; return the resources of the new program."""
        moved = {identity for identity in programs.identities("moved", self.plan.each) if "moved" in self.plan.fates}
        if self.plan.yields:
            target = [one for one in target if one.identity not in self.troubles.taken]
            settled = programs.overwriting(target, moved)
        else:
            # The refresh has shown changes of resources in state, so those need no overwrite.
            new = {one.identity for one in target if one.name not in self._stack.resources()}
            settled = programs.overwriting(target, moved | (self.troubles.taken & new))
        again = self._run("up --refresh", settled)
        if not again.result.ok:
            self._run("refresh", [], clear_pending_creates=True)
            again = self._run("up", settled)
        self._must_converge(again.result)
        return settled

    def _must_converge(self, result: Result) -> None:
        if not result.ok:
            runs = "\n".join(f"--- {run.command}:\n{run.result.text[-1500:]}" for run in self.record.runs)
            self.wrong.append(f"the following runs did not converge:\n{runs}")

    def _deploy(self, target: list[Declared]) -> Result:
        destroys = not target and self.plan.then == "destroy"
        return self._run("destroy" if destroys else "up", target).result

    def _check_state(self, target: list[Declared], *, deployed: bool) -> None:
        """Check with the engine that state, SES and program agree."""
        result = self._guarded(
            lambda: (
                self._stack.preview(programs.program(target), refresh=True, expect_no_changes=True)
                if deployed and target
                else self._stack.refresh(preview_only=True, expect_no_changes=True)
            )
        )
        if not result.ok:
            self.wrong.append(f"state differs from SES: {result.text[-1500:]}")

    def _run(self, command: str, target: Sequence[Declared], **options: Any) -> Run:
        stack, plan = self._stack, self.plan
        if command != "refresh":
            options |= {"continue_on_error": plan.continue_on_error or None, "refresh": "refresh" in command or None}
        options["parallel"] = plan.parallel
        program = programs.program(target)
        commands: dict[str, Callable[[], Result]] = {
            "up": lambda: stack.up(program, **options),
            "refresh": lambda: stack.refresh(**options),
            "destroy": lambda: stack.destroy(**options),
        }
        state = {name: resource["outputs"] for name, resource in stack.resources().items()}
        started = self.ses.now()
        result = self._guarded(commands[command.split(maxsplit=1)[0]])
        declared = {one.identity: one for one in target} if command.startswith("up") else {}
        run = Run(command, declared, state, started, result)
        self.record.runs.append(run)
        return run

    def _guarded(self, operation: Callable[[], Result]) -> Result:
        """Run an operation; kill the engine if it hangs."""
        hangs = threading.Event()

        def end() -> None:
            hangs.set()
            for role in ("engine", "provider"):
                kill(role, self._folder)

        watch = threading.Timer(_TIMEOUT, end)
        watch.start()
        try:
            return operation()
        finally:
            watch.cancel()
            if hangs.is_set():
                self.wrong.append(f"a run had not ended after {_TIMEOUT:.0f} s")
