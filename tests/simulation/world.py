"""A simulated SES on virtual time, which records who set what, and connections to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from pulumi_ses_mail_from_provider.rules.model import Key
from pulumi_ses_mail_from_provider.ses.connections import Connections
from pulumi_ses_mail_from_provider.ses.settings import AwsSettings
from support.stand_in.actions import ACTIONS
from support.stand_in.gateway import RateLimit
from support.stand_in.model import MailFrom, Place, Rules, ServiceError
from support.stand_in.service import Service

from .threads import Died, Killed, SimulatedClock, Threads

GET, SET, LIST = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain", "ListIdentities"
ACCOUNTS = ACCOUNT, OTHER_ACCOUNT = "123456789012", "999999999999"
SECRET: Final = "simulated-secret-key"
_LATENCY: Final = 0.04
_TIME_OUT: Final = 8.0


@dataclass(frozen=True)
class LastChange:
    """The last change of a MAIL FROM domain: who made it, and when."""

    actor: str
    time: float


@dataclass
class Write:
    """A Set that has taken effect.

    Attributes:
        provider: The provider whose process has sent it.
        account: The account.
        key: The region and the identity.
        before: What was set before.
        last_change: The last change before.
        domain: The MAIL FROM domain that was set; None if it was cleared.
        behavior: The behavior that was set.
        time: When it took effect.
        left_at: When the process sent it.

    """

    provider: str
    account: str
    key: Key
    before: MailFrom | None
    last_change: LastChange | None
    domain: str | None
    behavior: str
    time: float
    left_at: float


@dataclass
class Trouble:
    """What happens to one call of a run.

    Attributes:
        action: The action of the call.
        number: Its number among the calls of this action, from 0.
        kind: What happens.
        moment: When it happens: "before" the call takes effect, "inside" SES after that, or "after" the response.
        act: What somebody else does at that moment, if anything.
        hit: Whether it has happened.

    """

    action: str
    number: int
    kind: str
    moment: str = "before"
    act: Callable[[], None] | None = None
    hit: bool = False


class World:
    """SES, for all accounts and regions.

    Args:
        threads: The virtual time.
        rate: Calls per second and action that SES accepts; None for any number.
        success_after: Seconds after which SES verifies a MAIL FROM domain; None for never.
        restarts: Whether a Set of the same domain resets the status to Pending.

    Attributes:
        last_changes: The last change of each MAIL FROM domain, by account and key.

    """

    def __init__(self, threads: Threads, *, rate: float | None, success_after: float | None, restarts: bool) -> None:
        self.threads = threads
        self.rules = Rules(success_after=success_after, same_domain_restarts=restarts)
        self.service = Service(self.rules, lambda: threads.now)
        self.limit = RateLimit(rate)
        self.last_changes: dict[tuple[str, Key], LastChange] = {}

    def mail_from(self, key: Key, account: str = ACCOUNT) -> MailFrom | None:
        """Return what is set."""
        found = self.service.settings(Place(account, key.region), [key.identity]).get(key.identity)
        return found.shown if found else None

    def exists(self, key: Key) -> bool:
        """Return whether SES has the identity."""
        return self.service.known(Place(ACCOUNT, key.region), key.identity) is not None

    def verify(self, key: Key, lag: float = 0.0) -> None:
        """Create the identity."""
        for account in ACCOUNTS:
            self.service.verify(Place(account, key.region), key.identity, verification="Success", lag=lag)

    def delete_identity(self, key: Key) -> None:
        """Delete the identity, and with it its MAIL FROM domain."""
        self.service.delete(Place(ACCOUNT, key.region), key.identity)
        self.record_change("console", key, ACCOUNT)

    def put(self, actor: str, key: Key, mail_from: MailFrom | None) -> None:
        """Set a MAIL FROM domain, or clear it with None, without the provider."""
        if self.exists(key):
            self.service.put(Place(ACCOUNT, key.region), key.identity, mail_from)
            self.record_change(actor, key, ACCOUNT)

    def record_change(self, actor: str, key: Key, account: str) -> None:
        """Record who changed a MAIL FROM domain."""
        self.last_changes[account, key] = LastChange(actor, self.threads.now)

    def history(self, key: Key, since: float, account: str = ACCOUNT) -> list[MailFrom | None]:
        """Return what was set at `since`, followed by all later values."""
        changes = self.service.history(Place(account, key.region), key.identity)
        earlier = [change.value for change in changes if change.time < since]
        return [earlier[-1] if earlier else None, *(change.value for change in changes if change.time >= since)]


@dataclass
class Traffic:
    """The calls of all provider processes of a run.

    Attributes:
        actor: The name of the stack.
        shell_region: The region in the environment.
        refused: An identity that SES rejects in each Get.
        no_sts: The regions whose STS cannot be reached.
        settings: The AWS settings.
        troubles: What happens to calls.
        on_write: Called after each Set that takes effect.
        on_engine: Called with "kill" or "cancel" when that happens to the engine.
        calls: The number of calls, by action.
        throttled: The number of calls that SES has throttled, by action.
        sets: The Sets that took effect.
        stale: The account and the key of each MAIL FROM domain of which a Get has returned outdated attributes.

    """

    actor: str
    shell_region: str | None = None
    refused: str = ""
    no_sts: frozenset[str] = frozenset()
    settings: AwsSettings = field(default_factory=lambda: AwsSettings(access_key="AKIDSIMULATED", secret_key=SECRET))
    troubles: list[Trouble] = field(default_factory=list)
    on_write: Callable[[Write], None] = lambda _: None
    on_engine: Callable[[str], None] = lambda _: None
    calls: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    throttled: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    sets: list[Write] = field(default_factory=list)
    stale: set[tuple[str, Key]] = field(default_factory=set)


@dataclass
class Process:
    """A provider process.

    Attributes:
        world: The simulated SES.
        clock: Its clock.
        traffic: The calls of the run.
        provider: The provider.
        account: The account of its credentials.

    """

    world: World
    clock: SimulatedClock
    traffic: Traffic
    provider: str = ""
    account: str = ACCOUNT

    def connections(self) -> Connections:
        """Return connections to the simulated SES."""
        return _Connections(self)

    def perform(self, action: str, region: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Perform a call, with the trouble that is planned for it."""
        traffic = self.traffic
        number, left_at = traffic.calls[action], self.world.threads.now
        traffic.calls[action] += 1
        self.clock.check()
        trouble = next((one for one in traffic.troubles if (one.action, one.number) == (action, number)), None)
        self.clock.threads.sleep(_LATENCY)
        self._inject(trouble, "before", action)
        as_of = None
        if trouble and trouble.kind == "stale" and action == GET:
            trouble.hit, as_of = True, self.world.threads.now - 3.0
        result = self._execute_call(action, region, parameters, left_at, as_of)
        self._inject(trouble, "inside", action)
        self.clock.threads.sleep(_LATENCY)
        self._inject(trouble, "after", action)
        self.clock.check_alive()
        return result

    def _inject(self, trouble: Trouble | None, moment: str, action: str) -> None:
        if trouble is None or trouble.moment != moment or trouble.kind == "stale":
            return
        trouble.hit = True
        if trouble.act:
            trouble.act()
        if trouble.kind in ("kill", "cancel"):
            self.traffic.on_engine(trouble.kind)
            if trouble.kind == "kill":
                raise Killed
        elif trouble.kind == "provider":
            self.clock.die()
            raise Died
        elif trouble.kind == "silence":
            self.clock.threads.sleep(_TIME_OUT)
            raise ReadTimeoutError(endpoint_url="http://ses")
        elif trouble.kind == "lost":
            url = "http://ses"
            raise (
                EndpointConnectionError(endpoint_url=url)
                if moment == "before"
                else ConnectionClosedError(endpoint_url=url)
            )
        elif trouble.kind in _ERRORS and (moment == "before" or trouble.kind == "unavailable"):
            raise _client_error(action, *_ERRORS[trouble.kind])

    def _execute_call(
        self, action: str, region: str, parameters: Mapping[str, Any], left_at: float, as_of: float | None
    ) -> dict[str, Any]:
        place = Place(self.account, region)
        if not self.world.limit.allows(place, action, self.world.threads.now):
            self.traffic.throttled[action] += 1
            raise _client_error(action, 400, "Throttling", "Rate exceeded")
        if action == GET and self.traffic.refused in parameters["Identities"]:
            raise _client_error(action, *_ERRORS["refused"])
        key = Key(region, str(parameters.get("Identity", "")))
        before = self.world.mail_from(key, self.account) if action == SET else None
        last_change = self.world.last_changes.get((self.account, key))
        given = {name: str(value) if name == "MaxItems" else value for name, value in parameters.items()}
        try:
            result: dict[str, Any] = dict(ACTIONS[action](self.world.service, place, given))
        except ServiceError as refused:
            raise _client_error(action, refused.status, refused.code, refused.message) from None
        if action == SET:
            domain = parameters.get("MailFromDomain")
            behavior = parameters.get("BehaviorOnMXFailure", "UseDefaultValue")
            now = self.world.threads.now
            write = Write(self.provider, self.account, key, before, last_change, domain, behavior, now, left_at)
            self.world.record_change(self.traffic.actor, key, self.account)
            self.traffic.sets.append(write)
            self.traffic.on_write(write)
        if action == GET and as_of is not None:
            self._age(result["MailFromDomainAttributes"], region, as_of)
        return result

    def _age(self, entries: dict[str, Any], region: str, as_of: float) -> None:
        for identity in entries:
            key = Key(region, identity)
            then, now = self.world.history(key, as_of, self.account)[0], self.world.mail_from(key, self.account)
            if then != now:
                self.traffic.stale.add((self.account, key))
                entries[identity] = {"BehaviorOnMXFailure": "UseDefaultValue"}
                if then:
                    entries[identity] = {
                        "MailFromDomain": then.domain,
                        "MailFromDomainStatus": then.status,
                        "BehaviorOnMXFailure": then.behavior,
                    }


_ERRORS: Final = {
    "throttled": (400, "Throttling", "Rate exceeded"),
    "unavailable": (503, "ServiceUnavailable", f"later, {SECRET}"),
    "denied": (403, "AccessDenied", f"not authorized, you sent {SECRET}"),
    "expired": (403, "ExpiredToken", "The security token included in the request is expired"),
    "refused": (400, "InvalidParameterValue", "Identity is invalid"),
}
FAULTS: Final = ("throttled", "unavailable", "denied", "expired", "lost", "silence")


def _client_error(action: str, status: int, code: str, message: str) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, action)


class _Connections(Connections):
    """Connections whose clients call the simulated SES."""

    def __init__(self, process: Process) -> None:
        super().__init__(process.traffic.settings)
        self._process = process

    def ambient_region(self) -> str | None:
        """Return the region in the environment."""
        return self._process.traffic.shell_region

    def ses_endpoint(self, region: str) -> str:
        """Return a name for the endpoint."""
        return f"SES in {region}"

    def secrets(self) -> list[str]:
        """Return the texts that must never be shown."""
        return [SECRET]

    def _client(self, service: str, region: str, connect: float, read: float) -> Any:
        return _Client(self._process, region)


class _Client:
    """The methods of boto3 clients that the provider uses."""

    def __init__(self, process: Process, region: str) -> None:
        self._process, self._region = process, region

    def get_identity_mail_from_domain_attributes(self, **parameters: Any) -> Any:
        """Read MAIL FROM domains."""
        return self._process.perform(GET, self._region, parameters)

    def set_identity_mail_from_domain(self, **parameters: Any) -> Any:
        """Set or clear a MAIL FROM domain."""
        return self._process.perform(SET, self._region, parameters)

    def list_identities(self, **parameters: Any) -> Any:
        """List identities."""
        return self._process.perform(LIST, self._region, parameters)

    def get_caller_identity(self) -> Any:
        """Return the account."""
        self._process.traffic.calls["GetCallerIdentity"] += 1
        if self._region in self._process.traffic.no_sts:
            raise EndpointConnectionError(endpoint_url=f"http://sts.{self._region}")
        return {"Account": self._process.account}
