"""The words of the stand-in: settings, requests, and the ways in which a request has no ordinary answer."""

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
"""Whether the MAIL FROM domain (first) has the MX record of the region (second)."""


class Map(dict[str, Value]):
    """A map in the sense of the query protocol: entries of key and value, where a dict is a structure."""


class Place(NamedTuple):
    """SES keeps everything per account and region."""

    account: str
    region: str


@dataclass(frozen=True)
class MailFrom:
    """A MAIL FROM setting, its domain in lower case."""

    domain: str
    behavior: str
    status: str


@dataclass(frozen=True)
class Change:
    """What the setting of an identity was from `time` on; None: cleared, or the identity deleted."""

    time: float
    value: MailFrom | None


@dataclass(frozen=True)
class Request:
    """One request, out of its HTTP clothes."""

    action: str
    parameters: Parameters
    access_key: str = "test"
    token: str = ""
    region: str = "us-east-1"
    service: str = "ses"

    @property
    def identities(self) -> tuple[str, ...]:
        """The identities it is about."""
        for name in ("Identity", "Identities", "Domain", "EmailAddress"):
            if value := self.parameters.get(name):
                return (value,) if isinstance(value, str) else tuple(value)
        return ()


@dataclass
class Rules:
    """What is open about the real service, or is for a test to decide. May be changed while it runs."""

    creation_lag: float = 0.0
    """Seconds for which Set and Get do not know an identity that was just created through the API."""

    success_after: float | None = None
    """Seconds until a Pending setting is a Success; None: it stays as it is."""

    mx_lookup: MxLookup | None = None
    """Lets DNS decide the status, whenever somebody looks; goes before `success_after`."""

    same_domain_restarts: bool = True
    """Whether a Set of the domain that is set already puts the status back to Pending."""

    empty_clears: bool = True
    """Whether an empty MailFromDomain clears, or is refused."""

    answer_case: Literal["lower", "upper", "as-given"] = "lower"
    """The case in which domains are answered. as-given: by whoever set, created or asked for them."""

    page_size: int = 1000
    """Identities in a page of ListIdentities, if MaxItems does not say less."""


class NoResult(Exception):
    """A request has no ordinary answer; `code` says it in the journal."""

    code: str


class ServiceError(NoResult):
    """An error answer."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status

    @property
    def type(self) -> str:
        """Whose fault it is, as the service puts it."""
        return "Sender" if self.status < 500 else "Receiver"


class Dropped(NoResult):
    """The connection is to be closed without an answer."""

    code = "dropped"


class Garbled(NoResult):
    """The answer is to be `body`, whatever it is."""

    code = "garbled"

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.body = body


def is_domain(text: str) -> bool:
    """Whether it has the form of one; names that are not ASCII must come as A-labels (SES developer guide)."""
    return bool(_DOMAIN.fullmatch(text))


def canonical(identity: str) -> str:
    """The one form of a name: domains are case-insensitive, the local part of an address is not."""
    local_part, at, domain = identity.rpartition("@")
    return f"{local_part}{at}{domain.lower()}"


def domain_of(identity: str) -> str:
    """The domain of a domain or an address, in lower case."""
    return identity.rpartition("@")[2].lower()
