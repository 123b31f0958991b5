"""The text of a Pulumi program that declares what is set. Nothing here asks anybody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pulumi_ses_mail_from_provider.rules.inputs import check
from pulumi_ses_mail_from_provider.rules.model import Key, MailFromAttributes, MailFromDomainStatus

_HEAD: Final = '''"""MAIL FROM domains of Amazon SES.

Written by `ses-mail-from generate` from what was set: the first `pulumi up` adopts it as
it is, without a write. From then on this program says what is set: keep and change it.
"""

import pulumi
from pulumi_ses_mail_from import MailFromDomain

# Region, identity, MAIL FROM domain, and what SES does with mail while that is not verified.
# One line each:
# fmt: off
MAIL_FROM_DOMAINS: list[tuple[str, str, str, str]] = [
'''
_TAIL: Final = """]
# fmt: on

for region, identity, mail_from_domain, behavior_on_mx_failure in MAIL_FROM_DOMAINS:
    MailFromDomain(
        f"{region}/{identity}",
        identity=identity,
        mail_from_domain=mail_from_domain,
        behavior_on_mx_failure=behavior_on_mx_failure,
        region=region,
        # As pulumi import does it: nothing here can be removed by mistake.
        opts=pulumi.ResourceOptions(protect=True),
    )
"""
_NOTHING: Final = '''"""MAIL FROM domains of Amazon SES: `ses-mail-from generate` found none to declare."""
'''
_FAILED: Final = "Failed: pulumi up would set it again, which restarts the search for its MX record."


@dataclass(frozen=True)
class Entry:
    """A setting of the account, as the program has it."""

    key: Key
    setting: MailFromAttributes

    @property
    def left_out(self) -> str | None:
        """Why the program has it as a comment only, if it does."""
        inputs = dict(zip(_INPUTS, self.values, strict=True))
        normal, failures = check(inputs, ())
        if failures:
            return f"{failures[0].property}: {failures[0].problem}"
        if inputs.items() - normal.items():
            return "SES has it under a name that is not in its normal form."
        return _FAILED if self.setting.status == MailFromDomainStatus.FAILED else None

    @property
    def values(self) -> tuple[str, str, str, str]:
        """The line of the program."""
        setting = self.setting
        return self.key.region, self.key.identity, setting.mail_from_domain, setting.behavior_on_mx_failure


_INPUTS: Final = ("region", "identity", "mail_from_domain", "behavior_on_mx_failure")


def program(entries: Iterable[Entry]) -> str:
    """The program; the same one for the same settings in any order."""
    lines = [line for entry in sorted(entries, key=lambda entry: entry.values) for line in _lines(entry)]
    return "".join([_HEAD, *(f"    {line}\n" for line in lines), _TAIL]) if lines else _NOTHING


def _lines(entry: Entry) -> list[str]:
    values = [_quoted(value) for value in entry.values]
    line = f"({', '.join(values)}),"
    if reason := entry.left_out:
        return [f"# {reason}", f"# {line}"]
    return [line]


def _quoted(text: str) -> str:
    """`text` as a Python string, quoted as formatters do."""
    quoted = repr(text)
    return quoted if '"' in text or "'" in text else f'"{quoted[1:-1]}"'


def left_out(entries: Sequence[Entry]) -> int:
    """How many the program has as comments only."""
    return sum(1 for entry in entries if entry.left_out)
