"""The findings of the diagnosis: each code with its severity and its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


class Severity(str, Enum):
    """How serious a finding is."""

    ERROR = "error"
    WARNING = "warning"
    UNKNOWN = "unknown"
    """The lookup failed, so there is no verdict."""

    NOTE = "note"
    """No problem, but worth knowing."""


@dataclass(frozen=True)
class Finding:
    """A problem and its remedy. All text is printable.

    Attributes:
        code: The name of the problem.
        severity: How serious it is.
        sentence: The problem, a colon, and the remedy.
        seen: The answers of DNS, as zone-file lines.
        expected: The record to publish, as a zone-file line. Empty if there is none.
        record: The record to publish, in the form of `rules.records.records_of`. None if there is none.
    """

    code: str
    severity: Severity
    sentence: str
    seen: tuple[str, ...] = ()
    expected: str = ""
    record: Mapping[str, Any] | None = None


_STATUS_UNAFFECTED: Final = "(this does not affect the status in SES)"

ERRORS: Final[Mapping[str, str]] = {
    "zone-servers-disagree": (
        "The name servers of the zone of {name} do not have the same records ({detail}): have your DNS provider bring"
        " them up to date, or correct the delegation (NS records) if one of them is out of use."
    ),
    "zone-missing": (
        "{domain}, a parent domain of {name}, does not exist in DNS: register it, or have it delegated (NS records) to"
        " the name servers where you publish records."
    ),
    "name-missing": (
        "{name} does not exist in {where}: publish the MX record, and if {name} has a zone of its own, delegate that"
        " zone to its name servers (NS records)."
    ),
    "mx-missing": "{name} has no MX record: publish the expected one.",
    "mx-name-doubled": (
        "The MX record was published at {place} instead of {name}: the DNS editor appends the zone to the name that you"
        " enter, so enter the name without the zone, or with a trailing dot."
    ),
    "mx-label-missing": (
        "The MX record was published at {place} instead of {name}: publish it under the full name, and remove it from"
        " {place} unless that is also a MAIL FROM domain."
    ),
    "mx-wrong-name": (
        "The MX record was published at {place} instead of {name}: publish it at {name}, and remove it from {place}"
        " unless that is also a MAIL FROM domain."
    ),
    "mx-several": (
        "{name} has {count} MX records, but SES accepts exactly one: keep or publish the expected one and remove all"
        " others, and if {name} receives mail through them, choose another MAIL FROM domain instead."
    ),
    "mx-null": (
        "{name} has a null MX record, which declares that it accepts no mail: replace it with the expected record."
    ),
    "mx-smtp-endpoint": (
        "The MX record of {name} points to {host}, the SMTP endpoint of SES: replace that host with the one that"
        " receives bounces, feedback-smtp.{region}.amazonses.com."
    ),
    "mx-inbound": (
        "The MX record of {name} points to {host}, so SES receives mail for {name}: choose another MAIL FROM domain,"
        " or, if {name} is not meant to receive mail, replace the record with the expected one."
    ),
    "mx-wrong-suffix": (
        "The MX record of {name} points to {host}, but the host of SES is in the domain amazonses.com: correct the end"
        " of the host name."
    ),
    "mx-target-doubled": (
        "The MX record of {name} points to {host}: the DNS editor appended the zone to the host, so enter the host with"
        " a trailing dot."
    ),
    "mx-other-host": (
        "The MX record of {name} points to {host}, which is not a host of SES: replace it with the expected record, or,"
        " if {name} receives mail there, choose another MAIL FROM domain."
    ),
    "cname": (
        "{name} is an alias (CNAME) of {target}, and DNS allows no other record beside an alias: remove the CNAME"
        " record, and publish the MX and TXT records in its place."
    ),
    "spf-missing": f"{{name}} has no SPF record, so SPF does not pass {_STATUS_UNAFFECTED}: publish the TXT record.",
    "spf-wrong-name": (
        f"The SPF record was published at {{place}} instead of {{name}}, so SPF does not pass {_STATUS_UNAFFECTED}:"
        " enter the name without the zone, or with a trailing dot."
    ),
    "spf-several": (
        f"{{name}} has {{count}} SPF records, which receivers treat as a permanent error {_STATUS_UNAFFECTED}: keep"
        " only one, and make sure that it contains include:amazonses.com."
    ),
    "spf-quoted": (
        f"The SPF record of {{name}} contains quotation marks, so SPF does not pass {_STATUS_UNAFFECTED}: enter the"
        " text without them, because the DNS editor adds its own."
    ),
    "spf-syntax": (
        "The SPF record of {name} contains an invalid term, {detail}, which receivers treat as a permanent error"
        f" {_STATUS_UNAFFECTED}: correct or remove that term."
    ),
    "spf-lookups": (
        "The SPF record of {name}, with the records that it refers to, requires {detail} DNS lookups, more than the"
        f" limit of 10, which receivers treat as a permanent error {_STATUS_UNAFFECTED}: remove the terms that SES does"
        " not need."
    ),
    "spf-void-lookups": (
        "{detail} lookups of the SPF record of {name} and of the records that it refers to find nothing, more than the"
        f" limit of 2, which receivers treat as a permanent error {_STATUS_UNAFFECTED}: remove the terms with names"
        " that do not exist."
    ),
    "spf-loop": (
        "The SPF record of {name} refers to itself ({detail}), which receivers treat as a permanent error"
        f" {_STATUS_UNAFFECTED}: remove one of these terms."
    ),
    "spf-include-missing": (
        "The SPF record of {name} refers to {place} ({detail}), which has no SPF record, which receivers treat as a"
        f" permanent error {_STATUS_UNAFFECTED}: remove or correct that term."
    ),
    "spf-include-invalid": (
        "The SPF record of {name} refers to {place}, whose SPF record is not valid ({detail}), which receivers treat as"
        f" a permanent error {_STATUS_UNAFFECTED}: remove that term, or have the owner of {{place}} correct the record."
    ),
    "spf-ses-refused": (
        "The SPF record of {name} contains include:amazonses.com, but a term before it refuses addresses of SES"
        f" ({{detail}}) {_STATUS_UNAFFECTED}: move the include to the beginning."
    ),
    "spf-no-include": (
        "The SPF record of {name} does not contain include:amazonses.com, so SPF does not pass"
        f" {_STATUS_UNAFFECTED}: add it before 'all'."
    ),
    "spf-include-after-all": (
        "The SPF record of {name} has include:amazonses.com after 'all', where receivers ignore it, so SPF does not"
        f" pass {_STATUS_UNAFFECTED}: move it before 'all'."
    ),
    "spf-qualifier": (
        f"The SPF record of {{name}} contains {{detail}}, so mail from SES does not pass SPF {_STATUS_UNAFFECTED}:"
        " remove the qualifier, the sign before 'include'."
    ),
}

WARNINGS: Final[Mapping[str, str]] = {
    "zone-not-seen": (
        "The {kind} record of {name} is published on the name servers of its zone, but not seen everywhere yet: wait,"
        " because resolvers remember for {detail} that there was none."
    ),
    "zone-server-failing": (
        "Not all name servers of the zone of {name} answer for it, such as {detail}: have your DNS provider repair"
        " them, or remove them from the delegation (NS records)."
    ),
    "mx-other-region": (
        "The MX record of {name} points to {host}, the host of another region, which works only if SES is available in"
        " that region: replace it with the host of {region}."
    ),
    "cname-followed": (
        "{name} is an alias (CNAME) of {target}, which has the expected MX record, but AWS does not document whether"
        " SES follows aliases: publish the MX and TXT records in place of the CNAME record."
    ),
    "spf-indirect": (
        f"The SPF record of {{name}} does not itself contain include:amazonses.com {_STATUS_UNAFFECTED}: add it, unless"
        " a record that it refers to contains it ({detail})."
    ),
    "spf-all-pass": (
        f"The SPF record of {{place}} contains +all, so that everybody may send as {{name}} {_STATUS_UNAFFECTED}:"
        " replace it with ~all or -all."
    ),
    "address": (
        "{name} also has an address record ({host}), so it seems to be used for something else, which a MAIL FROM"
        " domain should not be: if it is, choose another MAIL FROM domain."
    ),
    "dmarc-strict-spf": (
        "The DMARC record at {place} requires strict SPF alignment (aspf=s), which a subdomain such as {name} never"
        " has, so that DMARC passes by DKIM only: make sure that DKIM signs as {from_domain}, or remove aspf=s, as"
        " relaxed alignment accepts {name}."
    ),
    "dmarc-several": ("There are {count} DMARC records at {place}, so receivers ignore all of them: keep only one."),
}

UNKNOWNS: Final[Mapping[str, str]] = {
    "lookup-timeout": (
        "No name server answered a query for {name} in time, which may be temporary: try again in a few minutes."
    ),
    "lookup-failed": (
        "The name server could not look up {name} (SERVFAIL), which may be temporary: try again in a few minutes, or"
        " use another name server."
    ),
    "zone-failing": (
        "The name servers of {name} fail (SERVFAIL), while those of {zone} answer: try again in a few minutes, and if"
        " they still fail, correct the delegation (NS records) or DNSSEC (DS record)."
    ),
    "lookup-refused": (
        "The name server does not answer queries for {name}: use one that looks up all names, or one that is"
        " authoritative for the zone of {name}."
    ),
    "spf-include-lookup-failed": (
        "The SPF record of {name} refers to {place}, which could not be looked up ({detail}), so it is not known"
        f" whether it includes SES {_STATUS_UNAFFECTED}: try again in a few minutes, or use another name server."
    ),
    "dmarc-lookup-failed": (
        "The DMARC record at {place} could not be looked up, so it is not known whether {name} can align: try again in"
        " a few minutes."
    ),
    "name-server-unreachable": (
        "No name server could be reached to look up {name}: check the network, or use another name server."
    ),
}

NOTES: Final[Mapping[str, str]] = {
    "spf-all-neutral": (
        "The SPF record of {name} ends with ?all, so that receivers do not refuse mail of others that claims to come"
        f" from {{name}} {_STATUS_UNAFFECTED}: replace it with ~all or -all if only SES sends as {{name}}."
    ),
    "dmarc-missing": (
        "{from_domain} has no DMARC record, so receivers do not compare {name} with the From address: publish one at"
        " {place} if receivers are to refuse mail that only pretends to come from {from_domain}."
    ),
}

NAME_SERVER_CHOICE: Final = frozenset(
    {"spf-include-lookup-failed", "lookup-failed", "lookup-refused", "name-server-unreachable"}
)
"""The codes whose remedy is another name server. A front end adds how its users choose one."""

SENTENCES: Final[Mapping[str, str]] = {**ERRORS, **WARNINGS, **UNKNOWNS, **NOTES}

FINDINGS: Final[Mapping[str, Severity]] = {
    **dict.fromkeys(ERRORS, Severity.ERROR),
    **dict.fromkeys(WARNINGS, Severity.WARNING),
    **dict.fromkeys(UNKNOWNS, Severity.UNKNOWN),
    **dict.fromkeys(NOTES, Severity.NOTE),
}
"""All codes, with their severity."""
