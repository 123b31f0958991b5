"""Simulated stacks, their programs, and the provider process of each run, which contains the real provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Final

from pulumi_ses_mail_from_provider.dynamic import MailFromDomainProvider, MailFromDomainVerificationProvider
from pulumi_ses_mail_from_provider.engine.lifecycle import Lifecycle
from pulumi_ses_mail_from_provider.rules.errors import MailFromError
from pulumi_ses_mail_from_provider.rules.model import Key
from pulumi_ses_mail_from_provider.rules.verification import PARTS

from .engine import Declared, Engine, Output, Result, Snapshot, State
from .threads import Killed
from .world import SECRET, Process

TYPE: Final = "pulumi-python:dynamic/ses:MailFromDomain"
VERIFICATION: Final = "pulumi-python:dynamic/ses:MailFromDomainVerification"


@dataclass
class Slot:
    """A resource of a program.

    Attributes:
        name: The logical name.
        key: The region and the identity.
        label: The first label of the MAIL FROM domain.
        behavior: The behavior on MX failure.
        overwrite: The input.
        is_get: Whether it is a `MailFromDomain.get`.
        has_region: Whether the region is an argument. Otherwise it comes from the environment or from state.
        spelling: How the program writes names, such as in upper case.
        alias: A former name, if any.
        ignored: The properties in ignore_changes.

    """

    name: str
    key: Key
    label: str = "bounce"
    behavior: str = "UseDefaultValue"
    overwrite: bool = False
    is_get: bool = False
    has_region: bool = True
    spelling: Callable[[str], str] = str
    alias: str = ""
    ignored: tuple[str, ...] = ()

    @property
    def domain(self) -> str:
        """The MAIL FROM domain."""
        return f"{self.label}.{self.key.identity}"

    def declared(self) -> Declared:
        """Return the declaration for the engine."""
        if self.is_get:
            return Declared(self.name, TYPE, {}, get=f"{self.key.region}/{self.spelling(self.key.identity)}")
        inputs = {
            "identity": self.spelling(self.key.identity),
            "mail_from_domain": self.spelling(self.domain),
            "behavior_on_mx_failure": self.behavior,
            "region": self.key.region if self.has_region else None,
            "overwrite": self.overwrite or None,
        }
        return Declared(self.name, TYPE, inputs, (self.alias,) if self.alias else (), self.ignored)


@dataclass
class Stack:
    """A stack and its program.

    Attributes:
        name: The name.
        slots: The resources of the program.
        verification: Whether the program waits for verification.
        snapshot: The state.
        unguarded: The keys that were once set without STS, so that their account is uncertain.
        managed: By account and key, the MAIL FROM domain that the stack last set or adopted, as SES observed it.

    """

    name: str
    slots: list[Slot] = field(default_factory=list)
    verification: bool = False
    snapshot: Snapshot = field(default_factory=Snapshot)
    unguarded: set[Key] = field(default_factory=set)
    managed: dict[tuple[str, Key], str] = field(default_factory=dict)

    def program(self) -> list[Declared]:
        """Return the program for the engine."""
        declared = [slot.declared() for slot in self.slots]
        if self.verification:
            members = [{part: Output(slot.name, part) for part in PARTS} for slot in self.slots if not slot.is_get]
            declared.append(Declared("verified", VERIFICATION, {"mail_from_domains": members, "timeout": "5m"}))
        return declared

    def slot(self, name: str) -> Slot | None:
        """Return the resource with this name."""
        return next((slot for slot in self.slots if slot.name == name), None)

    def resources(self) -> Iterator[State]:
        """Yield the MAIL FROM domains in state."""
        return (state for state in self.snapshot.resources if state.type == TYPE and not state.delete)


@dataclass
class Operation:
    """An operation of the provider that runs in a thread."""

    method: str
    urn: str
    arguments: tuple[Any, ...]

    def identity(self) -> str | None:
        """Return the identity that it concerns, if any."""
        if self.method in ("create", "check"):
            return str(self.arguments[-1].get("identity"))
        return Key.parse(self.arguments[0]).identity if "/" in str(self.arguments[0]) else None


class Host:
    """The provider process of one run.

    Args:
        process: Its clock, credentials and calls.
        passes_urns: Whether the provider can find the URN of a request.
        on_violation: Receives a description of each violation of an invariant.

    Attributes:
        used: What the program declares or reads, by URN.
        known: The URNs in state.
        done: The operations that succeeded, with their results.
        failed: The operations that failed, with their errors.
        is_dead: Whether the process has died.

    """

    def __init__(self, process: Process, *, passes_urns: bool, on_violation: Callable[[str], None]) -> None:
        self.process, self._passes_urns, self._violated = process, passes_urns, on_violation
        self.lines: list[str] = []
        self.lifecycle = Lifecycle(process.connections(), self.lines.append, process.clock)
        self._providers: dict[str, Any] = {
            TYPE: MailFromDomainProvider(),
            VERIFICATION: MailFromDomainVerificationProvider(),
        }
        for provider in self._providers.values():
            provider._configured = self.lifecycle
        self.lifecycle.__dict__["resolver"] = SimpleNamespace(diagnose=lambda _, __: ())
        self.operations: dict[object, Operation] = {}
        self.used: dict[str, Key] = {}
        self.done: list[tuple[Operation, Any]] = []
        self.known: set[str] = set()
        self.raised: list[Exception] = []
        self.failed: list[tuple[Operation, Exception]] = []
        self.is_dead = False

    def call(self, method: str, type_: str, urn: str, *arguments: Any) -> Any:
        """Call the provider as the SDK's server does."""
        self.process.clock.threads.sleep(0)
        if self.process.clock.is_killed:
            raise Killed
        if self.is_dead:
            raise ConnectionError("the provider process has died")
        operation = Operation(method, urn, arguments)
        thread = self.process.clock.threads.current
        self.operations[thread] = operation
        if type_ == TYPE and method == "read" and "mail_from_domain_status" not in arguments[1]:
            self.used[urn] = Key.parse(arguments[0])
        try:
            result = self._call(SimpleNamespace(urn=urn if self._passes_urns else ""), method, type_, arguments)
        except Exception as error:
            self.raised.append(error)
            self.failed.append((operation, error))
            if not isinstance(error, MailFromError):
                self._violated(f"{method} of {urn} raised {error!r}")
            if SECRET in str(error):
                self._violated(f"credentials in an error: {error}")
            raise
        finally:
            del self.operations[thread]
        if type_ == TYPE:
            if method == "check" and not result.failures:
                self._note_check(urn, arguments, result.inputs)
            self.done.append((operation, result))
        return result

    def _note_check(self, urn: str, arguments: tuple[Any, ...], inputs: dict[str, Any]) -> None:
        region, identity = inputs.get("region"), inputs.get("identity")
        if isinstance(region, str) and isinstance(identity, str):
            self.used[urn] = Key(region, identity)
        if arguments[0]:
            self.known.add(urn)  # renamed with an alias
        is_new = not arguments[0] and urn not in self.known and "region" not in arguments[1]
        if is_new and region != self.process.shell_region:
            self._violated(f"a new resource has the region {region}, not that of the environment: {urn}")

    def _call(self, request: SimpleNamespace, method: str, type_: str, arguments: tuple[Any, ...]) -> Any:
        return getattr(self._providers[type_], method)(*arguments)

    def operation(self) -> Operation | None:
        """Return the operation of the current thread."""
        return self.operations.get(self.process.clock.threads.current)


@dataclass
class Run:
    """One command of the CLI.

    Attributes:
        stack: The stack.
        command: The command with its option.
        host: The provider process.
        engine: The engine.
        started: When it started.
        result: The outcome; None if the engine was killed.
        targets: The values of --target.
        is_quiet: Whether no fault was injected.
        cancelled_at: When ^C was pressed, if so.
        is_prompt: Whether no call times out.

    """

    stack: Stack
    command: str
    host: Host
    engine: Engine
    started: float
    result: Result | None = None
    targets: tuple[str, ...] = ()
    is_quiet: bool = True
    cancelled_at: float | None = None
    is_prompt: bool = True

    def declares(self, key: Key) -> bool:
        """Return whether the program of this run declares or reads the key."""
        return key in self.host.used.values()
