"""The rules that every round must keep.

They judge each write by what was set when it arrived, by the program of the run, and by the state before the run. The
journal of the stand-in shows all of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from support.engine import REGION, Result
from support.stand_in import Call, MailFrom, SesStandIn

from .plans import GET, INTERRUPT, SET
from .programs import STRANGER, Declared, is_theirs
from .troubles import OUTLIVES, Strike

BLIND = 5.5
"""A write may overwrite what somebody has set less than 5 s before; the call takes a moment to arrive."""

INTERRUPTED_WITHIN, WRITES_AFTER_INTERRUPT = 5.0, 2
WRITES_AFTER_KILL = 0.5
"""Seconds after which no write arrives from a process that was killed, or whose engine was killed."""

_BUGS = re.compile(r"\b(panic|KeyError|AttributeError|TypeError|NameError|AssertionError|UnboundLocalError)\b: .*")


@dataclass
class Run:
    """A command of the user and its result.

    Attributes:
        command: The command.
        declared: The resources of the program by identity; empty for refresh and destroy.
        state: The outputs in state before the run, by resource name.
        started: When it started, by the clock of the stand-in.
        result: The result.
        strike: The kill or ^C during the run.
    """

    command: str
    declared: dict[str, Declared]
    state: dict[str, dict[str, Any]]
    started: float
    result: Result
    strike: Strike | None = None

    @property
    def refreshes(self) -> bool:
        """Whether it reads all settings into state."""
        return "refresh" in self.command

    def managed(self, identity: str) -> set[str]:
        """Return the domains that the stack had set or adopted for an identity before this run."""
        return {
            str(outputs.get("managed_mail_from_domain") or outputs["mail_from_domain"])
            for outputs in self.state.values()
            if outputs["identity"] == identity
        }


@dataclass
class Record:
    """A round, as far as the rules need to know."""

    ses: SesStandIn
    runs: list[Run] = field(default_factory=list)

    def writes(self, run: Run) -> list[Call]:
        """The writes of the stack that arrived in a run."""
        return [
            call
            for call in self.ses.journal.calls(SET)
            if run.started <= call.time < self._next(run) and not is_theirs(call.parameters.get("MailFromDomain"))
        ]

    def value(self, identity: str, at: float) -> tuple[float, MailFrom | None]:
        """What was set at a time, and since when."""
        values = [change for change in self.ses.history(REGION, identity) if change.time < at]
        return (values[-1].time, values[-1].value) if values else (0.0, None)

    def has_read(self, run: Run, identity: str, since: float, until: float) -> bool:
        """Whether a run has read the setting of an identity in this interval."""
        return any(
            call.took_effect and identity in call.identities and max(since, run.started) < call.time < until
            for call in self.ses.journal.calls(GET)
        )

    def _next(self, run: Run) -> float:
        return min((other.started for other in self.runs if other.started > run.started), default=float("inf"))


def violations(record: Record) -> Iterator[str]:
    """Yield the violations of all runs."""
    for number, run in enumerate(record.runs, 1):
        found: list[str] = []
        for write in record.writes(run):
            if write.took_effect:
                problems = _write(record, run, write)
                found += [f"{write.identities[0]} at {write.time:.2f} s: {problem}" for problem in problems]
        found += _end(record, run)
        if bug := _BUGS.search(run.result.text):
            found.append(f"a bug in the package: {bug[0]}")
        yield from (f"run {number}, {run.command}: {problem}" for problem in found)


def _write(record: Record, run: Run, write: Call) -> Iterator[str]:
    if run.command == "refresh":
        yield "a refresh must not write"
    if write.parameters.get("MailFromDomain") is None:
        yield from _clear(record, run, write)
    else:
        yield from _set(record, run, write)


def _clear(record: Record, run: Run, write: Call) -> Iterator[str]:
    identity = write.identities[0]
    since, was = record.value(identity, write.time)
    if declared := run.declared.get(identity):
        yield f"lost: cleared, although {declared.domain} is declared"
    elif not run.managed(identity):
        yield "cleared, although it was not in state"
    if was and is_theirs(was.domain) and not _blind(record, run, write, since):
        yield f"taken: cleared {was.domain}, which somebody else has set {write.time - since:.1f} s before"


def _set(record: Record, run: Run, write: Call) -> Iterator[str]:
    since, was = record.value(write.identities[0], write.time)
    domain, behavior = (write.parameters.get(name) for name in ("MailFromDomain", "BehaviorOnMXFailure"))
    declared = run.declared.get(write.identities[0])
    if declared is None or (domain, behavior) != (declared.domain, declared.behavior):
        yield f"set to {domain} with {behavior}, but {declared} is declared"
    elif was is None:
        return
    elif (was.domain, was.behavior) == (domain, behavior) and was.status != "Failed":
        yield f"reset: it already had these values and status {was.status}"
    elif is_theirs(was.domain):
        allowed = declared.overwrite or _shown(record, run, write, since)
        if not allowed and not _blind(record, run, write, since):
            yield f"taken: {was.domain}, overwritten, which somebody else has set {write.time - since:.1f} s before"
    elif was.domain != domain and declared.name not in run.state and not declared.overwrite:
        yield f"lost: a create has replaced {was.domain}"


def _blind(record: Record, run: Run, write: Call, since: float) -> bool:
    """Whether the run could not know: somebody else set it just now, after the run had read it."""
    return write.time - since <= BLIND and record.has_read(run, write.identities[0], run.started, since)


def _shown(record: Record, run: Run, write: Call, since: float) -> bool:
    """Whether a refresh has written to state what an update replaces."""
    declared = run.declared[write.identities[0]]
    _, was = record.value(write.identities[0], write.time)
    if declared.name not in run.state or was is None:
        return False
    in_state = run.state[declared.name]["mail_from_domain"] == was.domain
    return in_state or (run.refreshes and record.has_read(run, write.identities[0], since, write.time))


def _end(record: Record, run: Run) -> Iterator[str]:
    """Yield violations after ^C, or after the engine or the provider was killed."""
    if not (strike := run.strike):
        return
    grace = 0.0 if strike.what == INTERRUPT else WRITES_AFTER_KILL
    late = [round(write.time - strike.at, 2) for write in record.writes(run) if write.time > strike.at + grace]
    if strike.what == INTERRUPT:
        if strike.ended - strike.at > INTERRUPTED_WITHIN:
            yield f"ended {strike.ended - strike.at:.1f} s after ^C: {run.result.text[-600:]}"
        if len(late) > WRITES_AFTER_INTERRUPT:
            yield f"{len(late)} writes after ^C, {late} s after it"
    else:
        if strike.outlived:
            yield f"the provider was still alive {OUTLIVES:g} s after its engine was killed"
        if late:
            yield f"writes {late} s after the {strike.what} was killed"


def final(record: Record, declared: Sequence[Declared], identities: Sequence[str]) -> Iterator[str]:
    """Yield the settings that are wrong at the end.

    Args:
        record: The runs and the stand-in.
        declared: The resources that the last run has deployed.
        identities: All identities of the round.
    """
    wanted = {one.identity: one for one in declared}
    for identity in identities:
        found = record.ses.mail_from(REGION, identity)
        if one := wanted.get(identity):
            if found is None or (found.domain, found.behavior) != (one.domain, one.behavior):
                yield f"lost: {identity}: SES has {found}, but {one} is declared"
        elif found and not is_theirs(found.domain) and (problem := _left(record, identity, found)):
            yield f"{identity}: SES still has {found}: {problem}"
    stranger = record.ses.history(REGION, STRANGER)
    if len(stranger) != 1:
        yield f"taken: {STRANGER}, which is somebody else's: {stranger}"


def _left(record: Record, identity: str, found: MailFrom) -> str | None:
    """Return why a setting must not exist that no program declares and nobody else has set; None if it may."""
    if any(found.domain in run.managed(identity) for run in record.runs):
        return "not cleared, although the stack had set it"
    written = [
        write
        for run in record.runs
        for write in record.writes(run)
        if write.took_effect and write.identities == (identity,)
    ]
    killed = any(run.strike and run.strike.what != INTERRUPT for run in record.runs)
    # A run killed after a Set could not record it in state, so later runs cannot know who has set it.
    return "set but not in state, although nothing was killed" if written and not killed else None
