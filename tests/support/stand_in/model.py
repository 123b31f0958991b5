"""The types of the stand-in: settings, requests, rules, and what a request raises that has no ordinary result."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

DEFAULT_ACCOUNT: Final = "123456789012"
DEFAULT_BEHAVIOR: Final = "UseDefaultValue"
BEHAVIORS: Final = ("RejectMessage", "UseDefaultValue")
_DOMAIN: Final = re.compile(
    r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
    re.ASCII | re.IGNORECASE,
)

Value: TypeAlias = "str | list[Value] | dict[str, Value]"
Result: TypeAlias = "dict[str, Value]"
Parameters: TypeAlias = Mapping[str, "str | list[str]"]
MxLookup: TypeAlias = Callable[[str, str], bool]
"""Takes a MAIL FROM domain and a region; returns whether the domain has the MX record of the region."""


class Map(dict[str, Value]):
    """A map of the query protocol, written as key and value entries. A plain dict is a structure."""


class Place(NamedTuple):
    """An account and a region: SES keeps all data separately for each."""

    account: str
    region: str


@dataclass(frozen=True)
class MailFrom:
    """A MAIL FROM setting, with the domain in lower case."""

    domain: str
    behavior: str
    status: str


@dataclass(frozen=True)
class Change:
    """A change of an identity's setting. `value` is None if it was cleared or the identity was deleted."""

    time: float
    value: MailFrom | None


@dataclass(frozen=True)
class Request:
    """A request, independent of HTTP."""

    action: str
    parameters: Parameters
    access_key: str = "test"
    token: str = ""
    region: str = "us-east-1"
    service: str = "ses"

    @property
    def identities(self) -> tuple[str, ...]:
        """The identities in the parameters."""
        for name in ("Identity", "Identities", "Domain", "EmailAddress"):
            if value := self.parameters.get(name):
                return (value,) if isinstance(value, str) else tuple(value)
        return ()


@dataclass
class Rules:
    """Behaviour that tests can choose, or that AWS does not document. Can be changed at any time."""

    creation_lag: float = 0.0
    """Seconds during which Set and Get do not know an identity that was created through the API."""

    success_after: float | None = None
    """Seconds until a Pending setting becomes Success; None: never."""

    mx_lookup: MxLookup | None = None
    """Determines the status by DNS on each read; takes precedence over `success_after`."""

    same_domain_restarts: bool = True
    """Whether a Set of the current domain resets the status to Pending."""

    empty_clears: bool = True
    """Whether an empty MailFromDomain clears the setting or is refused."""

    answer_case: Literal["lower", "upper", "as-given"] = "lower"
    """The case of domains in responses; "as-given": as in the request that set, created or named them."""

    page_size: int = 1000
    """Largest number of identities in a page of ListIdentities. MaxItems can only lower it."""


class NoResult(Exception):
    """A request has no ordinary result. `code` is what the journal records."""

    code: str


class ServiceError(NoResult):
    """An error response."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status

    @property
    def type(self) -> str:
        """The error type in the response."""
        return "Sender" if self.status < 500 else "Receiver"


class Dropped(NoResult):
    """The connection is closed without a response."""

    code = "dropped"


class Garbled(NoResult):
    """The response has `body` instead of the result."""

    code = "garbled"

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.body = body


def is_domain(text: str) -> bool:
    """Whether a text has the form of a domain. SES requires A-labels for names with non-ASCII characters."""
    return bool(_DOMAIN.fullmatch(text))


def canonical(identity: str) -> str:
    """Return the canonical form: domains are case-insensitive, the local part of an address is not."""
    local_part, at, domain = identity.rpartition("@")
    return f"{local_part}{at}{domain.lower()}"


def domain_of(identity: str) -> str:
    """Return the domain of a domain or e-mail address, in lower case."""
    return identity.rpartition("@")[2].lower()
