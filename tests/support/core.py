"""The lifecycle as a front end uses it: properties in and out, errors and notices worded for Python programs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from pulumi_ses_mail_from_provider.engine.lifecycle import Lifecycle
from pulumi_ses_mail_from_provider.operations import waiter
from pulumi_ses_mail_from_provider.rules import durations
from pulumi_ses_mail_from_provider.rules.errors import MailFromError
from pulumi_ses_mail_from_provider.rules.model import Declaration, Key
from pulumi_ses_mail_from_provider.rules.state import State
from pulumi_ses_mail_from_provider.rules.verification import VerificationState, awaited
from pulumi_ses_mail_from_provider.ses.clock import Clock
from pulumi_ses_mail_from_provider.ses.connections import Connections


@dataclass(frozen=True)
class Problem:
    """A problem of a property, as the user reads it."""

    property: str
    reason: str


class Core:
    """A lifecycle, with properties instead of types."""

    def __init__(self, connections: Connections, show: Callable[[str], object], clock: Clock | None = None) -> None:
        self.lifecycle = Lifecycle(connections, show, clock)
        self.connections, self.ses = connections, self.lifecycle.operations.ses

    @contextlib.contextmanager
    def worded(self) -> Iterator[None]:
        """Word the error that is raised within."""
        try:
            yield
        except MailFromError as error:
            error.args = (self.lifecycle.wording.error(error),)
            raise

    def check(
        self, olds: Mapping[str, Any], news: Mapping[str, Any], urn: str | None = None
    ) -> tuple[dict[str, Any], list[Problem]]:
        """The inputs, and all problems."""
        inputs, failures = self.lifecycle.check(olds, news, urn)
        word = self.lifecycle.wording.error
        return inputs, [Problem(failure.property, word(failure.problem)) for failure in failures]

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
        """The properties that differ."""
        with self.worded():
            return self.lifecycle.diff(State.from_outputs(Key(str(olds["region"]), str(olds["identity"])), olds), news)

    def create(self, declared: Declaration) -> State:
        """The new state."""
        with self.worded():
            return self.lifecycle.create(declared)

    def update(self, declared: Declaration, olds: Mapping[str, Any]) -> State:
        """The new state."""
        with self.worded():
            return self.lifecycle.update(declared, State.from_outputs(declared.key, olds))

    def read(self, key: Key, olds: Mapping[str, Any]) -> State | None:
        """The new state."""
        with self.worded():
            return self.lifecycle.read(State.from_outputs(key, olds))

    def get(self, key: Key) -> State:
        """The state of what no state knows."""
        with self.worded():
            return self.lifecycle.get(key)

    def delete(self, key: Key, olds: Mapping[str, Any]) -> None:
        """Delete it."""
        with self.worded():
            self.lifecycle.delete(State.from_outputs(key, olds))


class Verifications:
    """The operations of verifications, with properties instead of types."""

    def __init__(
        self,
        core: Core,
        diagnose: waiter.Diagnose,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._core = core
        self._verifications = waiter.Verifications(core.lifecycle.operations, diagnose, now)

    def create(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs."""
        with self._core.worded():
            state = self._verifications.create(awaited(inputs), durations.seconds(inputs["timeout"]))
        return {**inputs, **state.outputs()}

    def update(self, inputs: Mapping[str, Any], olds: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs."""
        before = VerificationState.from_outputs(olds)
        with self._core.worded():
            state = self._verifications.update(awaited(inputs), durations.seconds(inputs["timeout"]), before)
        return {**inputs, **state.outputs()}

    def read(self, olds: Mapping[str, Any]) -> dict[str, Any] | None:
        """The outputs."""
        with self._core.worded():
            state = self._verifications.read(VerificationState.from_outputs(olds))
        return {**olds, **state.outputs()} if state else None
