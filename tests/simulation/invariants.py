"""The invariants: what must hold in every run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pulumi_ses_mail_from_provider.rules.model import Key
from support.stand_in.model import MailFrom

from .engine import PROVIDER_KEY, State
from .stacks import Operation, Run, in_python
from .world import ACCOUNTS, GET, LIST, SECRET, SET, World, Write

WINDOW: Final = 5.0
"""Seconds for which a change by another client may go unnoticed and be overwritten."""


class Monitor:
    """Checks the invariants during and after one run.

    Args:
        world: The simulated SES.
        on_violation: Receives a description of each violation.

    """

    def __init__(self, world: World, on_violation: Callable[[str], None]) -> None:
        self._world, self._violated = world, on_violation
        self.run: Run | None = None

    def on_write(self, write: Write) -> None:
        """Check a Set that has taken effect."""
        run = self.run
        assert run is not None
        operation, account = run.host.operation(), write.account
        if operation is None or operation.method not in ("create", "update", "delete"):
            self._violated(f"a Set in {run.command}, outside create, update and delete: {write}")
            return
        if run.cancelled_at is not None and write.left_at > run.cancelled_at:
            self._violated(f"a write was sent after ^C: {write}")
        stated = operation.olds.get("account_id")
        if stated not in (None, account) and write.key.region not in run.host.traffic.no_sts:
            self._violated(f"written with the credentials of another account: {write}")
        # Without STS, the account is not known and cannot be compared.
        guarded = operation.method == "create" or stated == account
        run.stack.contradicted |= run.host.contradicted()
        excused = not guarded or write.key in run.stack.unguarded or self._is_excused(run, write)
        if write.before and not excused:
            check = self._check_clear if operation.method == "delete" else self._check_set
            check(run, operation, write, write.before)
        if write.domain is not None:  # a cleared one is forgotten when its delete has succeeded
            run.stack.managed[account, write.key] = write.domain

    def _check_clear(self, run: Run, _: Operation, write: Write, before: MailFrom) -> None:
        """Only what the stack has set is cleared, and nothing that the program declares or reads."""
        if before.domain != run.stack.managed.get((write.account, write.key)):
            self._violated(f"taken: {run.command} has cleared what stack {run.stack.name} did not set: {write}")
        if run.declares(write.account, write.key) and not run.targets:
            self._violated(f"lost: {run.command} has cleared what its program declares or reads: {write}")

    def _check_set(self, run: Run, operation: Operation, write: Write, before: MailFrom) -> None:
        """Nothing is overwritten that was not shown to the user, and nothing is set that is already set."""
        known = set()
        if operation.method == "update":
            known = {operation.olds.get("mail_from_domain"), run.stack.managed.get((write.account, write.key))}
        overwrites = operation.news.get("overwrite")
        if before.domain != write.domain and not overwrites and before.domain not in known:
            self._violated(f"taken: {operation.method} has overwritten what was not shown to the user: {write}")
        if (before.domain, before.behavior) == (write.domain, write.behavior) and before.status != "Failed":
            self._violated(f"reset: {operation.method} has set what was already set: {write}")

    def _is_excused(self, run: Run, write: Write) -> bool:
        """Whether the process could not know: somebody else made a change just before, or a Get was stale."""
        place = (write.account, write.key)
        if place in run.host.traffic.stale | run.stack.contradicted:
            return True
        change = write.last_change
        # Two resources of one run may declare the same, and set it at the same time.
        set_twice = any((one.account, one.key) == place and one is not write for one in run.host.traffic.sets)
        by_others = change is not None and (set_twice or change.actor != run.stack.name)
        return change is not None and by_others and change.time > write.left_at - WINDOW

    def after(self, run: Run, before: dict[str, State]) -> None:
        """Check a run that has ended.

        Args:
            run: The run.
            before: The resources in state before it, by URN.

        """
        run.stack.contradicted |= run.host.contradicted()
        self._learn(run)
        self._check_refused(run)
        self._check_left(run)
        if run.result and run.result.ok and run.command.startswith("up") and not run.targets:
            self._check_verified(run)
            if run.is_quiet:
                self._check_statuses(run)
        # A call that times out takes eight seconds, and another eight if its outcome must be read.
        took = 0.0 if run.cancelled_at is None else self._world.threads.now - run.cancelled_at
        if took > (1.0 if run.is_prompt else 20.0):
            self._violated(f"^C took {took} s")
        for line in run.host.lines:
            if SECRET in line or not line.isprintable():
                self._violated(f"a line with credentials or control characters: {line!r}")
        for state in run.stack.resources():
            if all(state.outputs != old.outputs for old in before.values()):  # a rename keeps the outputs
                self._check_state(run, state)
        if run.is_quiet and run.result is not None and not run.host.traffic.stale:
            self._check_cost(run)

    def _learn(self, run: Run) -> None:
        """Record what the stack has set, adopted and cleared, according to the operations that succeeded."""
        stack = run.stack
        # A second resource of the stack for the same identity still manages it.
        left = [
            (state.outputs.get("account_id", state.outputs.get("accountId")), state.id) for state in stack.resources()
        ]
        cleared = {
            (write.account, write.key)
            for write in run.host.traffic.sets
            if write.domain is None and not {(write.account, str(write.key)), (None, str(write.key))} & {*left}
        }
        for operation in run.host.done:
            account = operation.account
            if operation.method == "delete" and (account, operation.key) in cleared:
                stack.managed.pop((account, operation.key), None)
            if operation.method in ("create", "update"):
                outs = operation.outs
                key = Key(outs["region"], outs["identity"])
                stack.managed[account, key] = outs["mail_from_domain"]
                if outs["account_id"] is None:
                    stack.unguarded.add(key)

    def _check_left(self, run: Run) -> None:
        """What the stack manages is cleared when its resource is deleted, unless the program declares or reads it."""
        traffic = run.host.traffic
        for operation in run.host.done:
            if operation.method != "delete":
                continue
            account, key = operation.account, operation.key
            change = self._world.last_changes.get((account, key))
            by_others = change is not None and change.actor != run.stack.name and change.time >= run.started
            # Without STS, the account of another process is not known, and may be the same.
            accounts = ACCOUNTS if key.region in traffic.no_sts else (account,)
            is_used = any(run.declares(one, key) for one in accounts)
            found, managed = self._world.mail_from(key, account), operation.olds.get("managed_mail_from_domain")
            excused = is_used or by_others or (account, key) in traffic.stale | run.stack.contradicted
            if found and found.domain == managed and not excused:
                self._violated(f"left: {run.command} has deleted {operation.target.urn}, but not cleared {found}")

    def _check_refused(self, run: Run) -> None:
        """If SES rejects an identity in a Get, only that identity fails."""
        for operation, error in run.host.failed:
            identity = operation.identity() if operation.is_mail_from_domain else None
            if "Identity is invalid" in str(error) and identity and identity != run.host.traffic.refused:
                self._violated(f"{operation.method} of {identity} failed because of another identity: {error}")

    def _check_verified(self, run: Run) -> None:
        """What this run has set is verified when the verification resource is created or updated.

        A process does not know what another one has set.
        """
        verifier = run.stack.verifier
        slots = [slot for slot in run.stack.slots if slot.provider == verifier]
        members = {slot.key for slot in slots if not slot.is_get and slot.has_region}
        for write in run.host.traffic.sets if run.stack.verification else ():
            if write.key in members and write.provider == verifier and write.domain is not None:
                since = self._world.history(write.key, write.time, write.account)
                if not any(one and one.status == "Success" for one in since):
                    self._violated(f"reported as verified, but is not: {write}")

    def _check_statuses(self, run: Run) -> None:
        """After an up, a status in state other than Success is current."""
        for state in run.stack.resources():
            outputs = in_python(state.outputs)
            key, status = Key(outputs["region"], outputs["identity"]), outputs["mail_from_domain_status"]
            account = run.host.account(state.provider)
            if (account, key) in run.stack.contradicted:
                continue
            history = self._world.history(key, run.started, account)
            if status != "Success" and history[-1] and status not in [one.status for one in history if one]:
                self._violated(f"up left the outdated status {status} in state; SES has {history[-1]}: {key}")

    def _check_state(self, run: Run, state: State) -> None:
        """State contains only what SES had during the run."""
        outputs = in_python(state.outputs)
        key, account = Key(outputs["region"], outputs["identity"]), run.host.account(state.provider)
        if (account, key) in run.stack.contradicted:
            return
        traffic, is_stale = run.host.traffic, (account, key) in run.host.traffic.stale
        history = self._world.history(key, run.started, account)
        claimed = (outputs["mail_from_domain"], outputs["behavior_on_mx_failure"])
        seen = [one.status for one in history if one and (one.domain, one.behavior) == claimed]
        written = [one.target.urn for one in run.host.done if one.method in ("create", "update")]
        has_set = [one for one in traffic.sets if (one.account, one.key) == (account, key) and one.domain == claimed[0]]
        if has_set and state.urn in written:
            since = self._world.history(key, has_set[-1].time, account)
            status = outputs["mail_from_domain_status"]
            failed = status == "Failed" and not any(one and one.status == "Failed" for one in since[1:])
            if failed or not any(one and (one.domain, one.behavior) == claimed for one in since[1:] or since):
                self._violated(f"state has attributes from before the Set: {outputs}; SES had {since}")
        if not seen:
            if not is_stale:
                self._violated(f"state has {claimed} for {key}; SES had {history}")
        elif outputs["mail_from_domain_status"] not in (*seen, "Pending" if has_set else None) and not is_stale:
            self._violated(f"state has {outputs['mail_from_domain_status']} for {key}; SES had {history}")
        managed = run.stack.managed.get((account, key)) if state.urn in written else None
        if managed not in (None, outputs["managed_mail_from_domain"]):
            self._violated(
                f"managed_mail_from_domain is {outputs['managed_mail_from_domain']}, but the stack last set or adopted"
                f" {managed}: {key}"
            )
        wrong_names = {"mail_from_domain", PROVIDER_KEY} if state.provider else {"mailFromDomain"}
        if not wrong_names.isdisjoint(state.outputs):
            self._violated(f"the outputs have names of the other front end: {state.outputs}")

    def _check_cost(self, run: Run) -> None:
        """The number of calls stays within a bound."""
        host, calls, sets = run.host, dict(run.host.traffic.calls), run.host.traffic.sets
        if len(host.processes) > 1:  # they share the quota, and each learns of the others only by being throttled
            calls = {action: count - host.traffic.throttled[action] for action, count in calls.items()}
        operations = [*host.done, *(operation for operation, _ in host.failed)]
        refused = 3 * len({(write.account, write.key.region) for write in sets}) * len(host.processes) + 3
        if any("does not know this identity yet" in line for line in host.lines):
            return  # SES is read repeatedly until it knows the identity
        if calls.get(SET, 0) > len(sets) + refused:
            self._violated(f"{calls[SET]} Sets, of which {len(sets)} succeeded")
        reading = [one for one in operations if one.method in ("create", "read", "update", "delete")]
        diffs_that_read = [
            one
            for one in operations
            if one.is_mail_from_domain and one.method == "diff" and one.olds["mail_from_domain_status"] != "Success"
        ]
        # While SES throttles, a Set is followed by a Get only if the status may be unchanged.
        throttles = self._world.limit.rate is not None
        followed = [one for one in sets if not throttles or (one.before and one.before.domain == one.domain)]
        # A `.get` that finds nothing reads once more.
        again = [one for one, _ in host.failed if one.method == "read"]
        waits = len(again) + (60 if run.stack.verification else 0)
        limit = len(reading) + len(diffs_that_read) + len(followed) + 4 * len(host.processes) + waits
        if calls.get(GET, 0) > limit:
            self._violated(f"{calls[GET]} Gets, of which at most {limit} are needed")
        if calls.get(LIST, 0) > 2 * (len({key.region for _, key, _ in host.used.values()}) + 1) * len(host.processes):
            self._violated(f"{calls[LIST]} Lists")
