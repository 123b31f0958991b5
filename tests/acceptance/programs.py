"""Programs that the acceptance tests deploy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pulumi

from pulumi_ses_mail_from import MailFromDomain
from support.engine import Program


def declare(*names: str, opts: pulumi.ResourceOptions | None = None, **changed: Any) -> Program:
    """Return a program that declares the MAIL FROM domain of example.com.

    Args:
        names: The logical names, one resource each; "bounce" if there are none.
        opts: The options of each resource.
        changed: Inputs that differ from the defaults.

    """

    def program() -> None:
        for name in names or ("bounce",):
            inputs = {"identity": "example.com", "mail_from_domain": "bounce.example.com", **changed}
            MailFromDomain(name, opts=opts, **inputs)

    return program


def declare_each(identities: Iterable[str]) -> Program:
    """Return a program with a resource for each of these identities, named like the identity."""
    named = list(identities)

    def program() -> None:
        for identity in named:
            MailFromDomain(identity, identity=identity, mail_from_domain=f"bounce.{identity}")

    return program


def together(*programs: Program) -> Program:
    """Return a program that declares the resources of all these programs."""

    def program() -> None:
        for one in programs:
            one()

    return program


def nothing() -> None:
    """Declare no resource."""
