"""Lives: random sequences of steps on two stacks in one account, as a Hypothesis state machine.

The provider is real; the Pulumi engine and SES are simulated. Each step edits a program, changes something in the AWS
console, or runs a command of the CLI, which may meet faults, be interrupted or be killed. After each step, the
invariants must hold. At the end of each life, runs without faults must converge.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from pulumi_ses_mail_from_provider.rules.errors import (
    AnotherMailFromDomain,
    IdentityNotFound,
    MailFromDomainNotFound,
    NotVerified,
    WrongAccount,
)
from pulumi_ses_mail_from_provider.rules.model import Key
from support.stand_in.model import MailFrom

from .claims import SimulatedClaims
from .engine import Engine
from .invariants import Monitor
from .stacks import PROVIDERS, Host, Run, Slot, Stack, account_of, in_python
from .threads import Killed, Threads
from .world import ACCOUNT, ACCOUNTS, FAULTS, GET, OTHER_ACCOUNT, SET, Traffic, Trouble, World

REGIONS: Final = ("us-east-1", "eu-west-1")
KEYS: Final = (
    Key(REGIONS[0], "example.com"),
    Key(REGIONS[0], "example.org"),
    Key(REGIONS[0], "example.net"),
    Key(REGIONS[1], "example.com"),
    Key(REGIONS[1], "example.org"),
)
LABELS: Final = ("bounce", "mail", "theirs")
BEHAVIORS: Final = ("UseDefaultValue", "RejectMessage")
SPELLINGS: Final = (str, str.upper, lambda name: f"{name}.")
EDITS: Final = (
    "add", "remove", "rename", "rename and change", "alias", "change domain", "change all", "change behavior",
    "overwrite", "change identity", "ignore and replace", "respell", "get", "unget", "ignore", "duplicate", "region",
    "verify", "verify elsewhere", "move", "move", "move and rename", "move and rename", "move all",
    "move and rename all",    "replace ignoring the region",
)  # fmt: skip
COMMANDS: Final = ("up", "up", "up", "up --refresh", "refresh", "destroy", "destroy --refresh", "preview")
CONSOLE: Final = ("set", "set", "clear", "delete identity", "create identity", "fail", "verify")

stacks = st.sampled_from(["A", "A", "B"])
small = st.integers(0, 5)
keys = st.integers(0, len(KEYS) - 1)
labels = st.sampled_from(LABELS)
flags = st.booleans()
providers = st.sampled_from(["", "", *PROVIDERS])
slots = st.lists(st.tuples(keys, labels, st.sampled_from(BEHAVIORS), flags, providers), min_size=1, max_size=4)
edits = st.lists(st.tuples(st.sampled_from(EDITS), small, keys, labels), max_size=3)
troubles = st.lists(
    st.tuples(
        st.sampled_from([SET, SET, GET]),
        small,
        st.sampled_from(
            [*FAULTS, "kill", "kill", "cancel", "stale", "takeover", "takeover", "console", "provider", "provider"]
        ),
        st.sampled_from(["before", "inside", "after"]),
    ),
    max_size=2,
)
credentials = st.sampled_from(
    [
        *[(ACCOUNT, "")] * 8,
        *((account, region) for account in (ACCOUNT, OTHER_ACCOUNT) for region in REGIONS),
        (OTHER_ACCOUNT, ""),
    ]
)
"""The account of the credentials, and the region whose STS cannot be reached (empty for none)."""


class Lives(RuleBasedStateMachine):
    """The state machine of one life."""

    @initialize(
        rate=st.sampled_from([1.0, 0.3, None]),
        success_after=st.sampled_from([None, 20.0]),
        restarts=flags,
        seed=st.integers(0, 2**16),
        passes_urns=st.sampled_from([True, True, True, False]),
        first=slots,
        second=slots,
        verification=flags,
    )
    def begin(
        self,
        rate: float | None,
        success_after: float | None,
        restarts: bool,  # noqa: FBT001
        seed: int,
        passes_urns: bool,  # noqa: FBT001
        first: list[tuple[int, str, str, bool, str]],
        second: list[tuple[int, str, str, bool, str]],
        verification: bool,  # noqa: FBT001
    ) -> None:
        """Create an account with identities and two stacks, and deploy the first stack.

        Args:
            rate: Calls per second and action that SES accepts; None for any number.
            success_after: Seconds after which SES verifies a MAIL FROM domain; None for never.
            restarts: Whether a Set of the same domain resets the status to Pending.
            seed: Determines the order in which threads run.
            passes_urns: Whether the provider can find the URN of a request.
            first: The resources of the first stack.
            second: The resources of the second stack.
            verification: Whether the first stack waits for verification.

        """
        self.threads = Threads(seed)
        self.world = World(self.threads, rate=rate, success_after=success_after, restarts=restarts)
        for key in KEYS:
            self.world.verify(key)
        self.passes_urns, self.rate = passes_urns, rate
        self.names = 0
        self.violations: list[str] = []
        self.claims: list[SimulatedClaims] = []
        self.stacks = {"A": self._stack("A", first), "B": self._stack("B", second)}
        self.stacks["A"].verification = verification and success_after is not None
        self.command(self.stacks["A"], "up")

    def _stack(self, name: str, slots: list[tuple[int, str, str, bool, str]]) -> Stack:
        stack = Stack(name)
        for key, label, behavior, has_region, provider in slots:
            slot = Slot(self._name(), KEYS[key], label, behavior, has_region=has_region, provider=provider)
            stack.slots.append(slot)
        _make_consistent(stack)
        return stack

    def _apply(self, program: Stack, edit: str, which: int, key: int, label: str) -> None:
        if edit in ("verify", "verify elsewhere"):
            program.verification = edit == "verify elsewhere" or not program.verification
            program.verifier = PROVIDERS[which % len(PROVIDERS)] if edit == "verify elsewhere" else program.verifier
        elif edit == "add" and len(program.slots) < 5:
            program.slots.append(Slot(self._name(), KEYS[key], label))
        elif edit in ("change all", "move all", "move and rename all"):
            self._edit_all(program, edit, PROVIDERS[key % len(PROVIDERS)], label)
        elif edit == "replace ignoring the region":
            _replace_ignoring_the_region(program, which)
        elif program.slots:
            self._edit(program, program.slots[which % len(program.slots)], edit, key, label)
        _make_consistent(program)

    def _edit_all(self, program: Stack, edit: str, provider: str, label: str) -> None:
        for slot in program.slots:
            if edit == "change all":
                slot.label = label
                continue
            slot.provider = provider
            if edit == "move and rename all":
                slot.name, slot.alias = self._name(), ""

    def _edit(self, program: Stack, slot: Slot, edit: str, number: int, label: str) -> None:
        key = KEYS[number]
        edits: dict[str, Callable[[], Any]] = {
            "move": lambda: vars(slot).update(provider=_another(slot.provider, number)),
            "move and rename": lambda: vars(slot).update(
                name=self._name(), alias="", provider=_another(slot.provider, number)
            ),
            "remove": lambda: program.slots.remove(slot),
            "rename": lambda: vars(slot).update(name=self._name(), alias=""),
            "rename and change": lambda: vars(slot).update(name=self._name(), alias="", label=label),
            "alias": lambda: vars(slot).update(name=self._name(), alias=slot.name),
            "change domain": lambda: vars(slot).update(label=label),
            "change behavior": lambda: vars(slot).update(behavior=BEHAVIORS[slot.behavior == BEHAVIORS[0]]),
            "overwrite": lambda: vars(slot).update(overwrite=not slot.overwrite),
            "change identity": lambda: vars(slot).update(key=key),
            "ignore and replace": lambda: vars(slot).update(
                key=key, behavior=BEHAVIORS[slot.behavior == BEHAVIORS[0]], ignored=("behavior_on_mx_failure",)
            ),
            "respell": lambda: vars(slot).update(spelling=SPELLINGS[LABELS.index(label)]),
            "get": lambda: vars(slot).update(is_get=True),
            "unget": lambda: vars(slot).update(is_get=False),
            "ignore": lambda: vars(slot).update(ignored=() if slot.ignored else ("behavior_on_mx_failure",)),
            "duplicate": lambda: program.slots.append(dataclasses.replace(slot, name=self._name(), alias="")),
            "region": lambda: vars(slot).update(has_region=not slot.has_region),
        }
        if edit in edits:
            edits[edit]()

    def _name(self) -> str:
        self.names += 1
        return f"r{self.names}"

    @rule(what=st.sampled_from(CONSOLE), key=keys, label=labels)
    def console(self, what: str, key: int, label: str) -> None:
        """Change something in the AWS console."""
        self._console(what, KEYS[key], label)

    def _console(self, what: str, key: Key, label: str) -> None:
        found = self.world.mail_from(key)
        if what == "set":
            self.world.put("console", key, MailFrom(f"{label}.{key.identity}", BEHAVIORS[0], "Pending"))
        elif what == "clear":
            self.world.put("console", key, None)
        elif what == "delete identity":
            self.world.delete_identity(key)
        elif what == "create identity":
            self.world.verify(key)
        elif found:
            status = "Failed" if what == "fail" else "Success"
            self.world.put("console", key, dataclasses.replace(found, status=status))

    @rule(
        stack=stacks,
        edits=edits,
        seconds=st.sampled_from([0.0, 0.0, 10.0, 100.0]),
        command=st.sampled_from(COMMANDS),
        parallel=st.sampled_from([1, 4, 4]),
        previews=flags,
        continues=flags,
        targeted=st.sampled_from([False] * 7 + [True]),
        credentials=credentials,
        region=st.sampled_from(REGIONS),
        refused=st.sampled_from([*[""] * 6, "example.com", "example.org"]),
        troubles=troubles,
    )
    def run(
        self,
        stack: str,
        edits: list[tuple[str, int, int, str]],
        seconds: float,
        command: str,
        parallel: int,
        previews: bool,  # noqa: FBT001
        continues: bool,  # noqa: FBT001
        targeted: bool,  # noqa: FBT001
        credentials: tuple[str, str],
        region: str,
        refused: str,
        troubles: list[tuple[str, int, str, str]],
    ) -> None:
        """Edit the program, wait, and run a command of the CLI.

        Args:
            stack: The name of the stack.
            edits: Edits of its program.
            seconds: How long to wait.
            command: The command.
            parallel: The value of --parallel.
            previews: Whether an up has a preview.
            continues: Whether --continue-on-error is given.
            targeted: Whether an up targets only the first resource.
            credentials: The account, and the region whose STS cannot be reached.
            region: The region in the environment.
            refused: An identity that SES rejects in each Get.
            troubles: What happens to single calls.

        """
        one = self.stacks[stack]
        for edit in edits:
            self._apply(one, *edit)
        self.threads.now += seconds
        urns = [state.urn for state in one.resources()]
        targets = tuple(urns[:1]) if targeted and command.startswith("up") else ()
        if previews and command.startswith("up"):
            self.command(one, "preview", parallel, region=region, credentials=credentials)
        self.command(
            one,
            command,
            parallel,
            continues=continues,
            targets=targets,
            region=region,
            credentials=credentials,
            refused=refused,
            troubles=troubles,
        )

    def command(
        self,
        stack: Stack,
        command: str,
        parallel: int = 4,
        *,
        continues: bool = False,
        targets: tuple[str, ...] = (),
        region: str = REGIONS[0],
        credentials: tuple[str, str] = (ACCOUNT, ""),
        refused: str = "",
        troubles: list[tuple[str, int, str, str]] = [],  # noqa: B006 - never modified
        clear_pending_creates: bool = False,
    ) -> Run:
        """Run a command and check the invariants. The arguments are those of `run`, except for the stack itself."""
        monitor = Monitor(self.world, self.violations.append)
        traffic = Traffic(stack.name, region, refused, frozenset(credentials[1:]), on_write=monitor.on_write)
        traffic.settings = dataclasses.replace(traffic.settings, requests_per_second=self.rate or 1.0)
        traffic.troubles = [self._trouble(*trouble) for trouble in troubles]
        host = Host(
            self.world,
            traffic,
            credentials[0],
            self.claims,
            passes_urns=self.passes_urns,
            on_violation=self.violations.append,
        )
        engine = Engine(stack.snapshot, host, self.threads, parallel, cancelled=lambda: host.is_cancelled)
        run = Run(stack, command, host, engine, self.threads.now, targets=targets)
        run.is_quiet = not troubles and not refused
        run.is_prompt = not any(kind in ("silence", "lost") for _, _, kind, _ in troubles)

        def on_engine(what: str) -> None:
            if what == "kill":
                host.kill()
            elif run.cancelled_at is None:
                run.cancelled_at = self.threads.now
                host.cancel()

        traffic.on_engine = on_engine
        monitor.run = run
        before = {state.urn: state for state in stack.resources()}
        host.known = {state.urn for state in stack.snapshot.resources}
        program = stack.program()
        name, _, option = command.partition(" ")
        try:
            if name == "preview":
                run.result = engine.preview(program)
            elif name == "up":
                run.result = engine.up(program, refresh=bool(option), targets=targets, continue_on_error=continues)
            elif name == "refresh":
                run.result = engine.refresh(clear_pending_creates=clear_pending_creates)
            else:
                run.result = engine.destroy(refresh=bool(option), continue_on_error=continues)
        except Killed:
            self.threads.abandon()
        if name == "preview":
            if traffic.sets:
                self.violations.append(f"a preview has written: {traffic.sets}")
        else:
            stack.snapshot = engine.state.copy()
            monitor.after(run, before)
        # Calls in flight belong to processes that have ended.
        self.threads.abandon()
        self.threads.now += 2.0
        assert not self.violations, "\n".join([*self.violations, *host.lines, *map(str, host.raised)])
        return run

    def _trouble(self, action: str, number: int, kind: str, moment: str) -> Trouble:
        key = KEYS[number % len(KEYS)]
        trouble = Trouble(action, number, kind, moment)
        if kind == "takeover":
            trouble.act = lambda: self.world.put(
                "another stack", key, MailFrom(f"theirs.{key.identity}", BEHAVIORS[0], "Success")
            )
        elif kind == "console":
            trouble.act = lambda: self._console(("clear", "set", "delete identity")[number % 3], key, "mail")
        return trouble

    def converge(self, stack: str) -> None:
        """Check that an up without faults sets what is declared or fails for a known reason, and is then idempotent."""
        one = self.stacks[stack]
        had_other_account = _has_other_account(one)
        run = self.command(one, "up --refresh")
        if run.result and not run.result.ok:
            self.command(one, "refresh", clear_pending_creates=True)
            run = self.command(one, "up")
        assert run.result is not None
        if not run.result.ok:
            expected = (*_EXPECTED, WrongAccount) if had_other_account or _has_other_account(one) else _EXPECTED
            unexpected = [error for error in run.host.raised if not isinstance(error, expected)]
            contradicts = any("by another resource of this program" in text for _, text in run.result.errors)
            if contradicts and any(slot.ignored or not slot.has_region for slot in one.slots):
                return  # what these declare is only known during the run
            assert run.host.raised, run.result.errors
            assert not unexpected, unexpected
            for error in run.host.raised:
                self._check_refusal(error)
            return
        if run.host.contradicted():
            return
        for slot in one.slots:
            self._check_converged(one, slot)
        again = self.command(one, "up")
        assert again.result is not None
        assert again.result.ok, again.result.errors
        assert not again.host.traffic.sets, again.host.traffic.sets
        changed = [step for step in again.result.steps if step[0] not in ("same", "read")]
        for op, name in changed:
            has_new_status = any("status" in line for line in again.host.lines) or name == "verified"
            assert op == "update", (op, name)
            assert has_new_status, (op, name, again.host.lines)

    def _check_converged(self, stack: Stack, slot: Slot) -> None:
        state = stack.snapshot.live()[slot.name]
        outputs = in_python(state.outputs)
        found = self.world.mail_from(Key(outputs["region"], outputs["identity"]), account_of(slot.provider))
        assert found is not None, f"{slot} is not set"
        if not slot.is_get and not slot.ignored:
            assert (slot.domain, slot.behavior) == (found.domain, found.behavior), (slot, found)
        if not slot.is_get:
            assert outputs["mail_from_domain"] == found.domain, (outputs, found)

    def _check_refusal(self, error: Exception) -> None:
        if isinstance(error, AnotherMailFromDomain):
            named = [key for key in KEYS if str(key.identity) in str(error)]
            found = [self.world.mail_from(key, account) for key in named for account in ACCOUNTS]
            assert any(one and one.domain in str(error) for one in found), error
        if isinstance(error, IdentityNotFound):
            everywhere = {Key(region, key.identity) for region in REGIONS for key in KEYS}
            assert any(not self.world.exists(key) for key in everywhere), error

    def teardown(self) -> None:
        """Check at the end of a life that both stacks converge."""
        if hasattr(self, "stacks"):
            self.converge("A")
            self.converge("B")


_EXPECTED: Final = (AnotherMailFromDomain, IdentityNotFound, NotVerified, MailFromDomainNotFound)


def _has_other_account(stack: Stack) -> bool:
    """Whether a resource in state belongs to another account than that which would manage it in the final runs."""
    for state in stack.snapshot.resources:
        slots = [slot for slot in stack.slots if state.name in (slot.name, slot.alias)]
        providers = {state.provider, *([slot.provider for slot in slots] or [stack.verifier])}
        stated = in_python(state.outputs).get("account_id")
        if stated is not None and {stated} != {account_of(provider) for provider in providers}:
            return True
    return False


def _replace_ignoring_the_region(program: Stack, which: int) -> None:
    """Give a resource the identity of one that is removed, in the other region.

    The first check of the engine still has the old region, and so the key of the one that is removed.
    """
    removed = program.slots[which % len(program.slots)] if program.slots else None
    for slot in program.slots:
        if removed and slot.key.region == removed.key.region and slot.key != removed.key and not slot.is_get:
            other_region = REGIONS[slot.key.region == REGIONS[0]]
            slot.key, slot.ignored = Key(other_region, removed.key.identity), ("region",)
            program.slots.remove(removed)
            return


def _another(provider: str, number: int) -> str:
    """Return another provider."""
    others = [one for one in PROVIDERS if one != provider]
    return others[number % len(others)]


def _make_consistent(program: Stack) -> None:
    """Make all declarations of one identity equal, because differing ones fail every run."""
    seen: dict[Key, Slot] = {}
    for slot in program.slots:
        if not slot.is_get:
            other = seen.setdefault(slot.key, slot)
            slot.label, slot.behavior = other.label, other.behavior
