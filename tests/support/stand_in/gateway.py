"""The gateway in front of the service: credentials, permissions, rate limits, faults and the journal."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .actions import ACTIONS
from .credentials import Caller, Credentials
from .faults import Effect, Faults
from .journal import Call, Journal
from .model import Dropped, Garbled, NoResult, Place, Request, Result, ServiceError
from .service import Service


class RateLimit:
    """A token bucket with one token for each account, region and action."""

    def __init__(self, rate: float | None) -> None:
        self.rate = rate
        self._next: dict[tuple[Place, str], float] = {}
        self._lock = threading.Lock()

    def allows(self, place: Place, action: str, now: float) -> bool:
        """Whether one more call is allowed. Allowed calls take the token; refused calls do not."""
        if self.rate is None:
            return True
        with self._lock:
            if now < self._next.get((place, action), now):
                return False
            self._next[place, action] = now + 1 / self.rate
            return True


class Gateway:
    """Handles requests."""

    def __init__(
        self,
        service: Service,
        credentials: Credentials,
        limit: RateLimit,
        faults: Faults,
        stopped: Callable[[float], bool],
    ) -> None:
        """Make a gateway.

        Args:
            service: The identities and their settings.
            credentials: The access keys.
            limit: The rate limit of SES actions.
            faults: The active faults.
            stopped: Waits for a number of seconds and returns whether the stand-in was stopped meanwhile.
        """
        self.journal = Journal()
        self.denied: set[tuple[str, str | None]] = set()
        self._service = service
        self._credentials = credentials
        self._limit = limit
        self._faults = faults
        self._now = service.now
        self._stopped = stopped

    def handle(self, request: Request) -> Result:
        """Perform a request, with the fault that hits it, if any.

        Raises:
            NoResult: If the client gets no ordinary result.
        """
        account = self._credentials.account_of(request.access_key)
        number = self.journal.begin(
            Call(self._now(), account, request.region, request.action, request.identities, request.parameters)
        )
        code, took_effect = "broken", False
        try:
            effect = self._faults.match(request, self._now())
            if not effect.after:
                self._apply(effect)
            result = self._perform(request)
            took_effect = True
            self.journal.end(number, "", took_effect=True)
            if effect.after:
                self._apply(effect)
            code = "OK"
            return effect.rewrite(result)
        except NoResult as reason:
            code = reason.code
            raise
        finally:
            self.journal.end(number, code, took_effect=took_effect)

    def _apply(self, effect: Effect) -> None:
        if effect.hook:
            effect.hook()
        if effect.delay and self._stopped(effect.delay):
            raise Dropped
        if effect.drop:
            raise Dropped
        if effect.body is not None:
            raise Garbled(effect.body)
        if effect.error:
            status, code, message = effect.error
            raise ServiceError(code, message, status)

    def _perform(self, request: Request) -> Result:
        caller = self._credentials.caller(request)
        self._authorise(request, caller)
        if request.service == "sts" and request.action == "GetCallerIdentity":
            return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}
        if request.service == "sts" and request.action == "AssumeRole":
            return self._credentials.assume_role(request)
        if request.service != "ses" or request.action not in ACTIONS:
            version = "2011-06-15" if request.service == "sts" else "2010-12-01"
            raise ServiceError("InvalidAction", f"Could not find operation {request.action} for version {version}")
        place = Place(caller.account, request.region)
        if not self._limit.allows(place, request.action, self._now()):
            raise ServiceError("Throttling", "Rate exceeded")
        return ACTIONS[request.action](self._service, place, request.parameters)

    def _authorise(self, request: Request, caller: Caller) -> None:
        if self.denied.isdisjoint({(request.action, None), (request.action, caller.account)}):
            return
        resource = str(request.parameters.get("RoleArn", "*"))
        if len(request.identities) == 1:
            resource = f"arn:aws:ses:{request.region}:{caller.account}:identity/{request.identities[0]}"
        raise ServiceError(
            "AccessDenied",
            f"User: {caller.arn} is not authorized to perform: {request.service}:{request.action}"
            f" on resource: {resource}",
            403,
        )
