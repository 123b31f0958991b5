"""Asks DNS what the diagnosis needs to know. The only module that knows dnspython."""

from __future__ import annotations

from collections.abc import Sequence

from .diagnosis import Answers, Finding, diagnose


class Resolver:
    """Looks up MAIL FROM domains. Threads may share one.

    nameservers: "HOST[:PORT]"; none: those of the system.
    lifetime: seconds for one round of questions; a domain takes two rounds at most.

    Raises InvalidName for a name server that is none, or whose name is not known.
    """

    def __init__(self, nameservers: Sequence[str] = (), lifetime: float = 5.0) -> None:
        self._nameservers = tuple(nameservers)
        self._lifetime = lifetime

    def diagnose(self, mail_from_domain: str, region: str) -> tuple[Finding, ...]:
        """All that is wrong with the DNS of a MAIL FROM domain, errors first; nothing where it is as it should be."""
        answers: Answers = {}
        return diagnose(mail_from_domain, region, answers)
