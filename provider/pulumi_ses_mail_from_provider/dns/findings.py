"""The findings of the diagnosis: every code, how bad it is, and its one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


class Severity(str, Enum):
    """What a finding means."""

    ERROR = "error"
    WARNING = "warning"
    UNKNOWN = "unknown"
    """It could not be looked up: no verdict."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and what to do about it. All text is printable."""

    code: str
    severity: Severity
    sentence: str
    seen: tuple[str, ...] = ()
    """What DNS answered, as the text of a zone file."""
    expected: str = ""
    """The record that should be there, as such text."""
    record: Mapping[str, Any] | None = None
    """The same, as `records.records_of` gives it; None where none is to be published."""


_SES_LOOKS_AT_MX_ONLY: Final = "(SES's status does not depend on it)"

ERRORS: Final[Mapping[str, str]] = {
    "zone-missing": (
        "{domain}, the domain above {name}, does not exist in DNS: register it, or have it delegated (NS records) to"
        " the name servers on which you publish."
    ),
    "name-missing": (
        "{name} does not exist in {where}: publish the MX record there, and if it stands in a zone of its own, have"
        " that zone delegated (NS records)."
    ),
    "mx-missing": "{name} has no MX record: publish it.",
    "mx-name-doubled": (
        "The MX record was published at {place} and not at {name}: the zone editor appends the zone to what is typed,"
        " so enter the name without the zone, or with a dot at its end."
    ),
    "mx-label-missing": (
        "The MX record was published at {place} and not at {name}: publish it under the full name, and remove it from"
        " {place} unless that is a MAIL FROM domain too."
    ),
    "mx-wrong-name": (
        "The MX record was published at {place} and not at {name}: publish it there, and remove it from {place} unless"
        " that is a MAIL FROM domain too."
    ),
    "mx-several": (
        "{name} has {count} MX records, and SES accepts exactly one: keep or publish the expected one, remove all"
        " others, and if {name} receives mail through them, choose another MAIL FROM domain."
    ),
    "mx-null": "{name} has a null MX record, which says that it takes no mail: replace it by the expected one.",
    "mx-smtp-endpoint": (
        "The MX record of {name} names {host}, where programs hand in mail to SES: replace it by the host that takes"
        " bounces, feedback-smtp."
    ),
    "mx-inbound": (
        "The MX record of {name} names {host}, so that SES receives mail there: choose another MAIL FROM domain, or, if"
        " no mail is to be received, replace the record by the expected one."
    ),
    "mx-wrong-suffix": (
        "The MX record of {name} names {host}, but the host's domain is amazonses.com: correct its ending."
    ),
    "mx-target-doubled": (
        "The MX record of {name} names {host}: the zone was appended to the host, so enter the host with a dot at its"
        " end."
    ),
    "mx-other-host": (
        "The MX record of {name} names {host}, which is not SES: replace it by the expected one, or, if {name} receives"
        " mail there, choose another MAIL FROM domain."
    ),
    "cname": (
        "{name} is an alias (CNAME) of {target}, and DNS has no other record beside an alias: remove it, and publish"
        " the MX and the TXT record in its place."
    ),
    "spf-missing": f"{{name}} has no SPF record, so SPF does not pass {_SES_LOOKS_AT_MX_ONLY}: publish the TXT record.",
    "spf-wrong-name": (
        "The SPF record was published at {place} and not at {name}, so SPF does not pass"
        f" {_SES_LOOKS_AT_MX_ONLY}: enter the name without the zone, or with a dot at its end."
    ),
    "spf-several": (
        f"{{name}} has {{count}} SPF records, which receivers call a permanent error {_SES_LOOKS_AT_MX_ONLY}: keep one,"
        " with include:amazonses.com in it."
    ),
    "spf-quoted": (
        f"The SPF record of {{name}} has quotes in its text, so SPF does not pass {_SES_LOOKS_AT_MX_ONLY}: enter the"
        " text without quotes, since the zone editor adds its own."
    ),
    "spf-syntax": (
        f"The SPF record of {{name}} has a part that is not valid, {{detail}}, which receivers call a permanent error"
        f" {_SES_LOOKS_AT_MX_ONLY}: correct or remove it."
    ),
    "spf-lookups": (
        "The SPF record of {name} takes {detail} look-ups of at most 10, which receivers call a permanent error"
        f" {_SES_LOOKS_AT_MX_ONLY}: remove what SES does not need."
    ),
    "spf-no-include": (
        f"The SPF record of {{name}} does not have include:amazonses.com, so SPF does not pass {_SES_LOOKS_AT_MX_ONLY}:"
        " add it in front of 'all'."
    ),
    "spf-include-after-all": (
        "The SPF record of {name} has include:amazonses.com after 'all', where nobody reads on, so SPF does not pass"
        f" {_SES_LOOKS_AT_MX_ONLY}: move it in front of 'all'."
    ),
    "spf-qualifier": (
        f"The SPF record of {{name}} has {{detail}}, so that SES's mail does not pass {_SES_LOOKS_AT_MX_ONLY}: remove"
        " the sign in front of include."
    ),
}

WARNINGS: Final[Mapping[str, str]] = {
    "mx-other-region": (
        "The MX record of {name} names {host}, the host of another region: it works if SES has that region, but the one"
        " of {region} is right, so replace it."
    ),
    "cname-followed": (
        "{name} is an alias (CNAME) of {target}, where the right MX record is: SES does not say that it follows"
        " aliases, so better publish the MX and the TXT record in its place."
    ),
    "spf-indirect": (
        f"The SPF record of {{name}} has no include:amazonses.com of its own {_SES_LOOKS_AT_MX_ONLY}: add it, unless a"
        " record that it refers to has it ({detail})."
    ),
    "address": (
        "{name} also has an address ({host}), so it seems to serve something else: a MAIL FROM domain should be used"
        " for nothing else, so choose another if it is."
    ),
}

UNKNOWNS: Final[Mapping[str, str]] = {
    "lookup-timeout": "No name server answered about {name} in time, which may pass: try again in a while.",
    "lookup-failed": (
        "The name server could not look up {name} (SERVFAIL), which may pass: try again in a while, or ask another name"
        " server."
    ),
    "zone-failing": (
        "The name servers of {name} fail (SERVFAIL) while those of {zone} answer: if that does not pass in a while,"
        " correct the delegation (NS records) or DNSSEC (DS record)."
    ),
    "lookup-refused": (
        "The name server that was asked does not answer for {name}: ask one that looks up all names, or one of its"
        " zone."
    ),
    "name-server-unreachable": (
        "No name server could be reached to look up {name}: check the network, or name one (--nameserver, or the config"
        " ses-mail-from:nameservers)."
    ),
}

SENTENCES: Final[Mapping[str, str]] = {**ERRORS, **WARNINGS, **UNKNOWNS}

FINDINGS: Final[Mapping[str, Severity]] = {
    **dict.fromkeys(ERRORS, Severity.ERROR),
    **dict.fromkeys(WARNINGS, Severity.WARNING),
    **dict.fromkeys(UNKNOWNS, Severity.UNKNOWN),
}
"""Every code that there is, with its severity."""
