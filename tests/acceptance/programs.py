"""Programs that tests deploy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pulumi

from pulumi_ses_mail_from import MailFromDomain
from support.engine import Program


def declare(*names: str, opts: pulumi.ResourceOptions | None = None, **changed: Any) -> Program:
    """A program that declares the MAIL FROM domain of example.com under each of these names (default: "bounce")."""

    def program() -> None:
        for name in names or ("bounce",):
            inputs = {"identity": "example.com", "mail_from_domain": "bounce.example.com", **changed}
            MailFromDomain(name, opts=opts, **inputs)

    return program


def declare_each(identities: Iterable[str]) -> Program:
    """A program with a MAIL FROM domain for each of these identities, under the identity's name."""
    named = list(identities)

    def program() -> None:
        for identity in named:
            MailFromDomain(identity, identity=identity, mail_from_domain=f"bounce.{identity}")

    return program


def together(*programs: Program) -> Program:
    """A program that declares what each of these declares."""

    def program() -> None:
        for one in programs:
            one()

    return program


def nothing() -> None:
    """A program without any resource."""
