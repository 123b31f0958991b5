"""SES on virtual time, with a record of who has set what; and connections that lead there instead of to AWS."""

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

from .threads import Killed, SimulatedClock, Threads

GET, SET, LIST = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain", "ListIdentities"
ACCOUNT, OTHER_ACCOUNT = "123456789012", "999999999999"
SECRET: Final = "hush-hush-secret-key"
_LATENCY: Final = 0.04
_TIME_OUT: Final = 8.0


@dataclass(frozen=True)
class Touch:
    """Who has last set or changed a setting, and when."""

    name: str
    time: float


@dataclass
class Write:
    """A Set that has taken effect."""

    key: Key
    before: MailFrom | None
    touched: Touch | None
    """By whom, before that."""
    domain: str | None
    behavior: str
    time: float
    left_at: float
    """When the call left its process; it arrives a little later."""


@dataclass
class Trouble:
    """What happens to one call of a run: the one with this number (from 0) of the action."""

    action: str
    number: int
    kind: str
    moment: str = "before"
    """When, with regard to the call's effect: before, inside or after."""
    act: Callable[[], None] | None = None
    """What somebody else does just then."""
    hit: bool = False


class World:
    """SES, for all accounts and regions. `on_write` is told of each Set of a process that takes effect."""

    def __init__(self, threads: Threads, *, rate: float | None, success_after: float | None, restarts: bool) -> None:
        self.threads = threads
        self.rules = Rules(success_after=success_after, same_domain_restarts=restarts)
        self.service = Service(self.rules, lambda: threads.now)
        self.limit = RateLimit(rate)
        self.touched: dict[tuple[str, Key], Touch] = {}

    def setting(self, key: Key, account: str = ACCOUNT) -> MailFrom | None:
        """What is set."""
        found = self.service.settings(Place(account, key.region), [key.identity]).get(key.identity)
        return found.shown if found else None

    def exists(self, key: Key) -> bool:
        """Whether SES has the identity."""
        return self.service.known(Place(ACCOUNT, key.region), key.identity) is not None

    def verify(self, key: Key, lag: float = 0.0) -> None:
        """Have the identity."""
        for account in (ACCOUNT, OTHER_ACCOUNT):
            self.service.verify(Place(account, key.region), key.identity, verification="Success", lag=lag)

    def delete_identity(self, key: Key) -> None:
        """Delete the identity, and its setting with it."""
        self.service.delete(Place(ACCOUNT, key.region), key.identity)
        self.touch("console", key, ACCOUNT)

    def put(self, who: str, key: Key, setting: MailFrom | None) -> None:
        """Somebody sets this, in the AWS console."""
        if self.exists(key):
            self.service.put(Place(ACCOUNT, key.region), key.identity, setting)
            self.touch(who, key, ACCOUNT)

    def touch(self, who: str, key: Key, account: str) -> None:
        """Note who was there."""
        self.touched[account, key] = Touch(who, self.threads.now)

    def history(self, key: Key, since: float, account: str = ACCOUNT) -> list[MailFrom | None]:
        """What was set at any time since, beginning with what was set then."""
        changes = self.service.history(Place(account, key.region), key.identity)
        earlier = [change.value for change in changes if change.time < since]
        return [earlier[-1] if earlier else None, *(change.value for change in changes if change.time >= since)]


@dataclass
class Process:
    """A provider process: its clock, its credentials, what befalls its calls, and what it has done."""

    world: World
    clock: SimulatedClock
    who: str
    account: str = ACCOUNT
    troubles: list[Trouble] = field(default_factory=list)
    on_write: Callable[[Write], None] = lambda _: None
    on_engine: Callable[[str], None] = lambda _: None
    """What is done to the engine: "kill" or "cancel"."""
    no_sts: frozenset[str] = frozenset()
    """Regions whose STS is out of reach."""
    calls: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    sets: list[Write] = field(default_factory=list)
    stale: dict[Key, float] = field(default_factory=dict)
    """When a Get last said what had not been so any more."""
    settings: AwsSettings = field(default_factory=lambda: AwsSettings(access_key="AKIDSIMULATED", secret_key=SECRET))
    shell_region: str | None = None
    refused: str = ""
    """An identity that SES refuses in every Get."""

    def connections(self) -> Connections:
        """Connections to the world."""
        return _Connections(self)

    def perform(self, action: str, region: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out a call, with whatever befalls it."""
        number, left_at = self.calls[action], self.world.threads.now
        self.calls[action] += 1
        self.clock.check()
        trouble = next((one for one in self.troubles if (one.action, one.number) == (action, number)), None)
        self.clock.threads.sleep(_LATENCY)
        self._befall(trouble, "before", action)
        as_of = None
        if trouble and trouble.kind == "stale" and action == GET:
            trouble.hit, as_of = True, self.world.threads.now - 3.0
        result = self._carry_out(action, region, parameters, left_at, as_of)
        self._befall(trouble, "inside", action)
        self.clock.threads.sleep(_LATENCY)
        self._befall(trouble, "after", action)
        if self.clock.is_killed:
            raise Killed
        return result

    def _befall(self, trouble: Trouble | None, moment: str, action: str) -> None:
        if trouble is None or trouble.moment != moment or trouble.kind == "stale":
            return
        trouble.hit = True
        if trouble.act:
            trouble.act()
        if trouble.kind in ("kill", "cancel"):
            self.on_engine(trouble.kind)
            if trouble.kind == "kill":
                raise Killed
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
        elif trouble.kind in _ANSWERS and (moment == "before" or trouble.kind == "unavailable"):
            raise _client_error(action, *_ANSWERS[trouble.kind])

    def _carry_out(
        self, action: str, region: str, parameters: Mapping[str, Any], left_at: float, as_of: float | None
    ) -> dict[str, Any]:
        place = Place(self.account, region)
        if not self.world.limit.allows(place, action, self.world.threads.now):
            raise _client_error(action, 400, "Throttling", "Rate exceeded")
        if action == GET and self.refused in parameters["Identities"]:
            raise _client_error(action, *_ANSWERS["refused"])
        key = Key(region, str(parameters.get("Identity", "")))
        before = self.world.setting(key, self.account) if action == SET else None
        touched = self.world.touched.get((self.account, key))
        given = {name: str(value) if name == "MaxItems" else value for name, value in parameters.items()}
        try:
            result: dict[str, Any] = dict(ACTIONS[action](self.world.service, place, given))
        except ServiceError as refused:
            raise _client_error(action, refused.status, refused.code, refused.message) from None
        if action == SET:
            domain = parameters.get("MailFromDomain")
            behavior = parameters.get("BehaviorOnMXFailure", "UseDefaultValue")
            write = Write(key, before, touched, domain, behavior, self.world.threads.now, left_at)
            self.world.touch(self.who, key, self.account)
            self.sets.append(write)
            self.on_write(write)
        if action == GET and as_of is not None:
            self._age(result["MailFromDomainAttributes"], region, as_of)
        return result

    def _age(self, entries: dict[str, Any], region: str, as_of: float) -> None:
        for identity in entries:
            key = Key(region, identity)
            then, now = self.world.history(key, as_of, self.account)[0], self.world.setting(key, self.account)
            if then != now:
                self.stale[key] = self.world.threads.now
                entries[identity] = {"BehaviorOnMXFailure": "UseDefaultValue"}
                if then:
                    entries[identity] = {
                        "MailFromDomain": then.domain,
                        "MailFromDomainStatus": then.status,
                        "BehaviorOnMXFailure": then.behavior,
                    }


_ANSWERS: Final = {
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
    """The real ones, but for the clients."""

    def __init__(self, process: Process) -> None:
        super().__init__(process.settings)
        self._process = process

    def ambient_region(self) -> str | None:
        """The region of the shell."""
        return self._process.shell_region

    def ses_endpoint(self, region: str) -> str:
        """Where SES is."""
        return f"SES in {region}"

    def secrets(self) -> list[str]:
        """What must not show."""
        return [SECRET]

    def _client(self, service: str, region: str, connect: float, read: float) -> Any:
        return _Client(self._process, region)


class _Client:
    """What is used of boto3's clients."""

    def __init__(self, process: Process, region: str) -> None:
        self._process, self._region = process, region

    def get_identity_mail_from_domain_attributes(self, **parameters: Any) -> Any:
        """The Get."""
        return self._process.perform(GET, self._region, parameters)

    def set_identity_mail_from_domain(self, **parameters: Any) -> Any:
        """The Set."""
        return self._process.perform(SET, self._region, parameters)

    def list_identities(self, **parameters: Any) -> Any:
        """The List."""
        return self._process.perform(LIST, self._region, parameters)

    def get_caller_identity(self) -> Any:
        """The account."""
        self._process.calls["GetCallerIdentity"] += 1
        if self._region in self._process.no_sts:
            raise EndpointConnectionError(endpoint_url=f"http://sts.{self._region}")
        return {"Account": self._process.account}
