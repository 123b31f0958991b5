"""The programs of a round, and what changes for each identity between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pulumi_ses_mail_from import MailFromDomain
from support.engine import Program

DEFAULT_BEHAVIOR = "UseDefaultValue"


@dataclass(frozen=True)
class Declared:
    """One resource of a program."""

    name: str
    identity: str
    domain: str
    behavior: str = DEFAULT_BEHAVIOR
    overwrite: bool = False


@dataclass(frozen=True)
class Fate:
    """What a change of the program does to an identity.

    Attributes:
        before: The label of the MAIL FROM domain in the first program; None: not declared.
        after: The label in the second program; None: not declared.
        renamed: Whether the second program uses another resource name.
        behavior: The behavior in the second program.
    """

    before: str | None
    after: str | None
    renamed: bool = False
    behavior: str = DEFAULT_BEHAVIOR


FATES = {
    "kept": Fate("bounce", "bounce"),
    "renamed": Fate("bounce", "bounce", renamed=True),
    "changed": Fate("bounce", "mail"),
    "behaved": Fate("bounce", "bounce", behavior="RejectMessage"),
    "removed": Fate("bounce", None),
    "added": Fate(None, "bounce"),
    "adopted": Fate(None, "bounce"),  # SES already has what the second program declares
    "moved": Fate("bounce", "mail", renamed=True),  # create must refuse: nothing relates the two resources
}
IN_STATE = frozenset(name for name, fate in FATES.items() if fate.before)
WRITTEN = frozenset({"changed", "behaved", "removed", "added"})
"""The fates for which `pulumi up` calls Set."""

STRANGER = "stranger.example"
"""An identity that no program declares."""

_THEIRS = "theirs"


def identities(fate: str, each: int) -> list[str]:
    """Return the identities of a fate."""
    return [f"{fate}-{number}.example" for number in range(each)]


def theirs(identity: str) -> str:
    """Return the domain that somebody else sets for an identity."""
    return f"{_THEIRS}.{identity}"


def is_theirs(domain: object) -> bool:
    """Whether somebody else has set this domain."""
    return str(domain).startswith(f"{_THEIRS}.")


def before(fates: Iterable[str], each: int) -> list[Declared]:
    """Return the resources of the first program."""
    return [
        Declared(identity, identity, f"{FATES[fate].before}.{identity}")
        for fate in fates
        if FATES[fate].before
        for identity in identities(fate, each)
    ]


def after(fates: Iterable[str], each: int) -> list[Declared]:
    """Return the resources of the second program."""
    return [
        Declared(
            f"{identity}-renamed" if FATES[fate].renamed else identity,
            identity,
            f"{FATES[fate].after}.{identity}",
            FATES[fate].behavior,
        )
        for fate in fates
        if FATES[fate].after
        for identity in identities(fate, each)
    ]


def overwriting(declared: Iterable[Declared], which: set[str]) -> list[Declared]:
    """Return the same resources, with `overwrite` for some identities."""
    return [replace(one, overwrite=True) if one.identity in which else one for one in declared]


def program(declared: Iterable[Declared]) -> Program:
    """Return a program that declares these resources."""
    resources = list(declared)

    def declare() -> None:
        for one in resources:
            MailFromDomain(
                one.name,
                identity=one.identity,
                mail_from_domain=one.domain,
                behavior_on_mx_failure=one.behavior,
                overwrite=one.overwrite,
            )

    return declare
