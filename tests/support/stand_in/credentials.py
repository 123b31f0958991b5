"""Access keys, the accounts they belong to, and AssumeRole of STS."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from .model import DEFAULT_ACCOUNT, Request, Result, ServiceError

_ROLE: Final = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/(?:.*/)?([\w+=,.@-]+)", re.ASCII)
_SESSION_SECONDS: Final = 3600


@dataclass(frozen=True)
class Caller:
    """The principal that an access key belongs to."""

    account: str
    arn: str
    user_id: str
    token: str = ""
    expires: float = float("inf")


class Credentials:
    """The access keys and their accounts. Signatures are not checked, so any secret key is accepted.

    Args:
        now: The clock of the stand-in, in seconds.
        default_account: The account of access keys that are not in `accounts`.
        strict: Whether to refuse access keys that are not in `accounts`.

    Attributes:
        accounts: Account by access key.
        expired: Access keys that are refused with ExpiredToken.
        invalid: Access keys that are refused with InvalidClientTokenId.
    """

    def __init__(
        self, now: Callable[[], float], default_account: str = DEFAULT_ACCOUNT, *, strict: bool = False
    ) -> None:
        self.accounts: dict[str, str] = {}
        self.expired: set[str] = set()
        self.invalid: set[str] = set()
        self._now = now
        self._default = default_account
        self._strict = strict
        self._sessions: dict[str, Caller] = {}
        self._lock = threading.Lock()

    def account_of(self, access_key: str) -> str:
        """Return the account of an access key, even if the key is expired or invalid."""
        session = self._sessions.get(access_key)
        return session.account if session else self.accounts.get(access_key, self._default)

    def caller(self, request: Request) -> Caller:
        """Authenticate a request.

        Raises:
            ServiceError: With the codes, texts and HTTP status that all AWS services use.
        """
        key = request.access_key
        if not key:
            raise ServiceError("MissingAuthenticationToken", "Missing Authentication Token", 403)
        session = self._sessions.get(key)
        if key in self.expired or (session and self._now() >= session.expires):
            raise ServiceError("ExpiredToken", "The security token included in the request is expired", 403)
        unknown = self._strict and not session and key not in self.accounts
        if key in self.invalid or unknown or (session and session.token != request.token):
            raise ServiceError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
        if session:
            return session
        partition = "aws-us-gov" if request.region.startswith("us-gov-") else "aws"
        account = self.account_of(key)
        return Caller(account, f"arn:{partition}:iam::{account}:user/test", "AIDATEST")

    def assume_role(self, request: Request) -> Result:
        """AssumeRole: return temporary credentials for the account of the role."""
        parameters = request.parameters
        arn, name = parameters.get("RoleArn"), parameters.get("RoleSessionName")
        role = _ROLE.fullmatch(arn) if isinstance(arn, str) else None
        if role is None or not isinstance(name, str):
            raise ServiceError("ValidationError", f"{arn} is invalid")
        seconds = int(str(parameters.get("DurationSeconds", _SESSION_SECONDS)))
        with self._lock:
            number = len(self._sessions)
            key = f"ASIA{number:016d}"
            session_arn = f"arn:{role[1]}:sts::{role[2]}:assumed-role/{role[3]}/{name}"
            self._sessions[key] = session = Caller(
                role[2], session_arn, f"AROATEST:{name}", f"token-{number}", self._now() + seconds
            )
        # botocore compares this with the real time rather than with our clock.
        expiration = datetime.now(timezone.utc) + timedelta(seconds=seconds)
        return {
            "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session_arn},
            "Credentials": {
                "AccessKeyId": key,
                "SecretAccessKey": f"secret-{number}",
                "SessionToken": session.token,
                "Expiration": expiration.strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
        }
