"""Simulated stacks, their programs, and the provider processes of each run, which contain the real provider."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pulumi_ses_mail_from_provider.engine.values import SNAKE_CASE, camel_case
from pulumi_ses_mail_from_provider.rules.errors import MailFromError
from pulumi_ses_mail_from_provider.rules.model import Key
from pulumi_ses_mail_from_provider.rules.verification import PARTS

from .claims import SimulatedClaims
from .engine import Declared, Engine, Output, Result, Snapshot, State, make_urn
from .front_ends import (
    DYNAMIC,
    DYNAMIC_VERIFICATION,
    MAIL_FROM_DOMAINS,
    NATIVE,
    NATIVE_VERIFICATION,
    DynamicFrontEnd,
    FrontEnd,
    NativeFrontEnd,
)
from .steps import Target
from .threads import Died, SimulatedClock
from .world import ACCOUNT, OTHER_ACCOUNT, SECRET, Process, Traffic, World

EXPLICIT: Final = {"main": ACCOUNT, "other": OTHER_ACCOUNT}
"""The accounts of the explicit providers. The others take the credentials from the environment."""
PROVIDERS: Final = ("", "default", *EXPLICIT)
"""The dynamic provider, and the native ones."""


def account_of(provider: str, ambient: str = ACCOUNT) -> str:
    """Return the account of a provider, given that of the environment."""
    return EXPLICIT.get(provider, ambient)


def in_python(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return properties of either front end by their names in Python."""
    return {SNAKE_CASE.get(name, name): value for name, value in properties.items()}


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
        provider: The provider of a native resource; empty for a dynamic one.

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
    provider: str = ""

    @property
    def domain(self) -> str:
        """The MAIL FROM domain."""
        return f"{self.label}.{self.key.identity}"

    @property
    def type(self) -> str:
        """The type token."""
        return NATIVE if self.provider else DYNAMIC

    def property(self, name: str) -> str:
        """Return the name of a property in the front end."""
        return camel_case(name) if self.provider else name

    def declared(self) -> Declared:
        """Return the declaration for the engine."""
        if self.is_get:
            id_ = f"{self.key.region}/{self.spelling(self.key.identity)}"
            return Declared(self.name, self.type, {}, get=id_, provider=self.provider)
        inputs = {
            "identity": self.spelling(self.key.identity),
            "mail_from_domain": self.spelling(self.domain),
            "behavior_on_mx_failure": self.behavior,
            "region": self.key.region if self.has_region else None,
            "overwrite": self.overwrite or None,
        }
        return Declared(
            self.name,
            self.type,
            {self.property(name): value for name, value in inputs.items()},
            # The SDK adds the type of the other front end.
            (*([self.alias] if self.alias else []), make_urn(DYNAMIC if self.provider else NATIVE, self.name)),
            [self.property(name) for name in self.ignored],
            provider=self.provider,
        )


@dataclass
class Stack:
    """A stack and its program.

    Attributes:
        name: The name.
        slots: The resources of the program.
        verification: Whether the program waits for verification.
        verifier: The provider that waits: for its own resources.
        snapshot: The state.
        unguarded: The keys that were once set without STS, so that their account is uncertain.
        contradicted: The accounts and keys for which the processes of a run once had different declarations.
        managed: By account and key, the MAIL FROM domain that the stack last set or adopted, as SES observed it.

    """

    name: str
    slots: list[Slot] = field(default_factory=list)
    verification: bool = False
    verifier: str = ""
    snapshot: Snapshot = field(default_factory=Snapshot)
    unguarded: set[Key] = field(default_factory=set)
    contradicted: set[tuple[str, Key]] = field(default_factory=set)
    managed: dict[tuple[str, Key], str] = field(default_factory=dict)

    def program(self) -> list[Declared]:
        """Return the program for the engine."""
        declared = [slot.declared() for slot in self.slots]
        if not self.verification:
            return declared
        members = [
            {slot.property(part): Output(slot.name, slot.property(part)) for part in PARTS}
            for slot in self.slots
            if not slot.is_get and slot.provider == self.verifier
        ]
        types = (NATIVE_VERIFICATION, DYNAMIC_VERIFICATION)
        type_, other = types if self.verifier else types[::-1]
        name = "mailFromDomains" if self.verifier else "mail_from_domains"
        inputs = {name: members, "timeout": "5m"}
        aliases = [make_urn(other, "verified")]
        return [*declared, Declared("verified", type_, inputs, aliases, provider=self.verifier)]

    def slot(self, name: str) -> Slot | None:
        """Return the resource with this name."""
        return next((slot for slot in self.slots if slot.name == name), None)

    def resources(self) -> Iterator[State]:
        """Yield the MAIL FROM domains in state."""
        return (state for state in self.snapshot.resources if state.type in MAIL_FROM_DOMAINS and not state.delete)


@dataclass(eq=False)
class Operation:
    """An operation of a provider that runs in a thread.

    Attributes:
        method: The method.
        target: The resource.
        arguments: The arguments of the method.
        account: The account of the process.
        result: What it has returned.

    """

    method: str
    target: Target
    arguments: tuple[Any, ...]
    account: str
    result: Any = None

    @property
    def is_mail_from_domain(self) -> bool:
        """Whether the resource is a MAIL FROM domain."""
        return self.target.type in MAIL_FROM_DOMAINS

    @functools.cached_property
    def olds(self) -> dict[str, Any]:
        """The properties in state, by their names in Python."""
        if self.method == "create":
            return {}
        return in_python(self.arguments[0 if self.method == "check" else 1])

    @functools.cached_property
    def news(self) -> dict[str, Any]:
        """The properties that the program declares, by their names in Python."""
        return in_python(self.arguments[-1]) if self.method in ("check", "diff", "create", "update") else {}

    @functools.cached_property
    def outs(self) -> dict[str, Any]:
        """The outputs that it has returned, by their names in Python."""
        return in_python(self.result.outs)

    @property
    def key(self) -> Key:
        """The key in the ID."""
        return Key.parse(self.arguments[0])

    def identity(self) -> str | None:
        """Return the identity that it concerns, if any."""
        if self.method in ("create", "check"):
            return str(self.news.get("identity"))
        return self.key.identity if "/" in str(self.arguments[0]) else None


class Host:
    """The provider processes of one run: one for each provider.

    Args:
        world: The simulated SES.
        traffic: The calls of the run.
        ambient: The account of the credentials in the environment.
        folder: The claims of all processes with the engine's address.
        passes_urns: Whether a dynamic provider can find the URN of a request.
        on_violation: Receives a description of each violation of an invariant.

    Attributes:
        processes: The processes, by provider.
        lines: The lines for the user.
        used: What the program declares or reads, by URN: the account, the key and, if declared, the checked inputs.
        known: The URNs in state.
        done: The operations that succeeded.
        failed: The operations that failed, with their errors.

    """

    def __init__(
        self,
        world: World,
        traffic: Traffic,
        ambient: str,
        folder: list[SimulatedClaims],
        *,
        passes_urns: bool,
        on_violation: Callable[[str], None],
    ) -> None:
        self.traffic, self._world, self._ambient, self._folder = traffic, world, ambient, folder
        self._passes_urns, self._violated = passes_urns, on_violation
        self._threads = world.threads
        self.processes: dict[str, FrontEnd] = {}
        self.lines: list[str] = []
        self.operations: dict[object, Operation] = {}
        self.used: dict[str, tuple[str, Key, dict[str, Any]]] = {}
        self.done: list[Operation] = []
        self.known: set[str] = set()
        self.raised: list[Exception] = []
        self.failed: list[tuple[Operation, Exception]] = []
        self.is_cancelled = False

    def account(self, provider: str) -> str:
        """Return the account of a provider."""
        return account_of(provider, self._ambient)

    def call(self, method: str, target: Target, *arguments: Any, preview: bool = False) -> Any:
        """Call a provider, in its process."""
        self._threads.sleep(0)
        front_end = self.processes.get(target.provider) or self._start(target.provider)
        operation = Operation(method, target, arguments, front_end.process.account)
        thread = self._threads.current
        self.operations[thread] = operation
        if operation.is_mail_from_domain and method == "read" and "mail_from_domain_status" not in operation.olds:
            self.used[target.urn] = (operation.account, operation.key, {})
        try:
            front_end.process.clock.check_alive()
            result = front_end.call(method, target.type, target.urn, arguments, preview=preview)
        except Died:
            front_end.claims.withdraw()
            raise ConnectionError("the provider process has died") from None
        except Exception as error:
            self.raised.append(error)
            self.failed.append((operation, error))
            if not isinstance(error, MailFromError):
                self._violated(f"{method} of {target.urn} raised {error!r}")
            if SECRET in str(error):
                self._violated(f"credentials in an error: {error}")
            raise
        finally:
            del self.operations[thread]
        operation.result = result
        if operation.is_mail_from_domain and not preview:
            if method == "check" and not result.failures:
                self._note_check(operation, in_python(result.inputs))
            self.done.append(operation)
        return result

    def _start(self, provider: str) -> FrontEnd:
        clock = SimulatedClock(self._threads)
        clock.is_cancelled = self.is_cancelled
        process = Process(self._world, clock, self.traffic, provider, self.account(provider))
        claims = SimulatedClaims(self._folder, self)
        self.processes[provider] = (
            NativeFrontEnd(process, self.lines, claims)
            if provider
            else DynamicFrontEnd(process, self.lines, claims, passes_urns=self._passes_urns)
        )
        return self.processes[provider]

    def cancel(self) -> None:
        """Pass ^C on to all processes."""
        self.is_cancelled = True
        for front_end in self.processes.values():
            front_end.process.clock.cancel()

    def kill(self) -> None:
        """Kill all processes, with their engine."""
        for front_end in self.processes.values():
            front_end.process.clock.kill()

    def _note_check(self, operation: Operation, inputs: dict[str, Any]) -> None:
        region, identity, urn = inputs.get("region"), inputs.get("identity"), operation.target.urn
        if isinstance(region, str) and isinstance(identity, str):
            self.used[urn] = (operation.account, Key(region, identity), inputs)
        if operation.olds:
            self.known.add(urn)  # renamed with an alias
        is_new = not operation.olds and urn not in self.known and "region" not in operation.news
        if is_new and region != self.traffic.shell_region:
            self._violated(f"a new resource has the region {region}, not that of the environment: {urn}")

    def contradicted(self) -> set[tuple[str, Key]]:
        """Return the accounts and keys for which two processes have different declarations.

        The provider accepts them: when one process checks a resource, the account of the other is not known yet.
        """
        declared = defaultdict[tuple[str, Key], set[tuple[str, str]]](set)
        for account, key, inputs in self.used.values():
            if inputs:
                values = str(inputs.get("mail_from_domain")), str(inputs.get("behavior_on_mx_failure"))
                declared[account, key].add(values)
        return {place for place, values in declared.items() if len(values) > 1}

    def operation(self) -> Operation | None:
        """Return the operation of the current thread."""
        return self.operations.get(self._threads.current)


@dataclass
class Run:
    """One command of the CLI.

    Attributes:
        stack: The stack.
        command: The command with its option.
        host: The provider processes.
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

    def declares(self, account: str, key: Key) -> bool:
        """Return whether the program of this run declares or reads the key in that account."""
        return any(used[:2] == (account, key) for used in self.host.used.values())
