"""The RFC 7208 test suite of openspf.org, which comes with pyspf (license: data/rfc7208-tests.LICENSE)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pulumi_ses_mail_from_provider.dns.queries import Answer, Outcome, Question
from pulumi_ses_mail_from_provider.dns.spf_check import Sender, check_host

SUITE = Path(__file__).parent / "data/rfc7208-tests.yml"


def _cases() -> Iterator[Any]:
    for scenario in yaml.safe_load_all(SUITE.read_text()):
        zone = {name.lower(): records for name, records in scenario["zonedata"].items()}
        for name, case in scenario["tests"].items():
            yield pytest.param(zone, case, id=name)


def _lookup(zone: dict[str, list[Any]], question: Question) -> Answer:
    name, kind = question
    if name not in zone:
        return Answer(Outcome.NO_NAME)
    pairs = [next(iter(record.items())) for record in zone[name] if isinstance(record, dict)]
    aliases = [value for type_, value in pairs if type_ == "CNAME"]
    if aliases:
        return _lookup(zone, (aliases[0].lower(), kind))
    found = [value for type_, value in pairs if type_ == kind]
    # A timeout is for all types that have no record.
    if "TIMEOUT" in found or ("TIMEOUT" in zone[name] and set(found) <= {"NONE"}):
        return Answer(Outcome.TIMEOUT)
    if kind == "TXT" and not found:  # older than RFC 7208: a record of type SPF stands for both
        found = [value for type_, value in pairs if type_ == "SPF"]
    values = tuple(_text(kind, value) for value in found if value != "NONE")
    return Answer(Outcome.RECORDS if values else Outcome.NO_RECORDS, values)


def _text(kind: str, value: Any) -> str:
    if kind == "MX":
        return f"{value[0]} {value[1] or '.'}"
    return value if isinstance(value, str) else "".join(value)


@pytest.mark.parametrize(("zone", "case"), list(_cases()))
def test_suite(zone: dict[str, list[Any]], case: dict[str, Any]) -> None:
    """Each test has the result, or one of the results, that the suite allows."""
    mailbox = case["mailfrom"] or f"postmaster@{case['helo']}"
    sender = Sender(ipaddress.ip_address(case["host"]), mailbox, case["helo"])
    result = check_host(sender, mailbox.rpartition("@")[2], lambda question: _lookup(zone, question))
    allowed = case["result"] if isinstance(case["result"], list) else [case["result"]]
    assert result.value in allowed
