"""Problems with the DNS of a MAIL FROM domain, derived from the answers of DNS by a pure function.

SES verifies the MX record only, and requires exactly one. Receivers evaluate SPF: without it, DMARC cannot pass by SPF.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pulumi_ses_mail_from_provider.rules.names import printable
from pulumi_ses_mail_from_provider.rules.records import feedback_host, records_of

from . import spf
from .authority import Difference, Servers, differences, unseen
from .dmarc import dmarc_questions, policy_of
from .findings import FINDINGS, SENTENCES, Finding, Severity
from .queries import (
    NEGATIVE,
    Answer,
    Answers,
    Outcome,
    Question,
    ancestors,
    answer_to,
    host_of,
    misplacements,
    missing_domain,
)
from .spf_tree import SpfTree
from .zone_file import answer_lines, record_line

__all__ = ["FINDINGS", "Finding", "Severity", "diagnose"]

_REGION: Final = r"[a-z0-9-]+"
_FEEDBACK: Final = re.compile(rf"feedback-smtp\.{_REGION}\.amazonses\.com")
_MX_HOSTS: Final = (
    ("mx-other-region", _FEEDBACK),
    ("mx-null", re.compile(r"\.?")),
    ("mx-wrong-suffix", re.compile(rf"feedback-smtp\.{_REGION}\.amazonaws\.com")),
    ("mx-smtp-endpoint", re.compile(rf"email-smtp(-fips)?\.{_REGION}\.amazon(aws|ses)\.com")),
    ("mx-inbound", re.compile(rf"inbound-smtp\.{_REGION}\.amazon(aws|ses)\.com")),
    ("mx-target-doubled", re.compile(rf"{_FEEDBACK.pattern}\..+")),
    ("mx-other-host", re.compile(r".*", re.DOTALL)),
)
"""The code for each wrong host of the MX record. The first pattern that matches counts."""

_LOOKUP_FAILURES: Final = {
    Outcome.FAILED: "lookup-failed",
    Outcome.REFUSED: "lookup-refused",
    Outcome.TIMEOUT: "lookup-timeout",
    Outcome.UNREACHABLE: "name-server-unreachable",
}
_CONCLUSIVE: Final = frozenset({"cname", "zone-missing"})
"""The codes that explain all further problems."""

_ORDER: Final = list(Severity)


def diagnose(
    mail_from_domain: str,
    region: str,
    answers: Answers,
    from_domain: str | None = None,
    servers: Servers | None = None,
) -> tuple[Finding, ...]:
    """Find all problems with the DNS of a MAIL FROM domain.

    Args:
        mail_from_domain: The full name.
        region: The AWS region of the identity.
        answers: The answers to `queries.first_questions` and `queries.further_questions`, and if DMARC is to be
            checked, to `dmarc.dmarc_questions`.
        from_domain: The domain of the From address. None: DMARC is not checked.
        servers: The answers of the zone's own name servers, if they were queried.

    Returns:
        The findings, errors first. Empty if DNS is correct.
    """
    servers = servers or {}
    before = _Diagnosis(mail_from_domain, region, answers)
    diagnosis = _Diagnosis(mail_from_domain, region, {**answers, **unseen(answers, servers)})
    findings = list(diagnosis.mx())
    findings += [before.difference(difference) for difference in differences(answers, servers)]
    if not any(finding.code in _CONCLUSIVE for finding in findings):
        lookup_failed = any(finding.severity is Severity.UNKNOWN for finding in findings)
        findings += diagnosis.spf(lookup_failed=lookup_failed)
        findings += diagnosis.addresses()
    if from_domain and not any(finding.code == "zone-missing" for finding in findings):
        lookup_failed = any(finding.severity is Severity.UNKNOWN for finding in findings)
        findings += diagnosis.dmarc(from_domain, lookup_failed=lookup_failed)
    return tuple(sorted(findings, key=lambda finding: _ORDER.index(finding.severity)))


@dataclass(frozen=True)
class _Diagnosis:
    """The problems of each record type."""

    name: str
    region: str
    answers: Answers

    def mx(self) -> Iterator[Finding]:
        mx, aliases = self._answer("MX"), self._answer("CNAME").values
        if mx.outcome in _LOOKUP_FAILURES:
            yield self._lookup_failure(mx, "MX")
        elif aliases or mx.outcome is Outcome.LOOP:
            is_expected = [host_of(value) for value in mx.values] == [feedback_host(self.region)]
            code, target = "cname-followed" if is_expected else "cname", aliases[0] if aliases else "itself"
            yield self._finding(code, "MX", (self.name, "CNAME"), (self.name, "MX"), target=target)
        elif domain := missing_domain(self.name, mx):
            yield self._finding("zone-missing", "MX", domain=domain)
        elif not mx.values:
            yield self._missing_mx(mx)
        elif len(mx.values) > 1:
            yield self._finding("mx-several", "MX", count=len(mx.values))
        elif (host := host_of(mx.values[0])) != feedback_host(self.region):
            code = next(code for code, pattern in _MX_HOSTS if pattern.fullmatch(host))
            yield self._finding(code, "MX", host=host)

    def spf(self, *, lookup_failed: bool) -> Iterator[Finding]:
        """Yield the problems of the SPF record.

        Args:
            lookup_failed: Whether a failed lookup was found before, so that another one is no news.
        """
        txt = self._answer("TXT")
        if txt.outcome in _LOOKUP_FAILURES:
            if not lookup_failed:
                yield self._lookup_failure(txt, "TXT")
            return
        records = [text for text in txt.values if spf.is_spf(text)]
        if len(records) > 1:
            yield self._finding("spf-several", "TXT", count=len(records))
        elif any(spf.is_quoted_spf(text) for text in records or txt.values):
            yield self._finding("spf-quoted", "TXT")
        elif not records:
            yield self._missing_spf()
        elif problem := spf.find_problem(records[0]):
            yield self._finding(problem.code, "TXT", detail=printable(problem.detail, 100))
        else:
            yield from self._spf_tree(lookup_failed=lookup_failed)

    def _spf_tree(self, *, lookup_failed: bool) -> Iterator[Finding]:
        tree = SpfTree(self.name, self.answers)
        if problem := tree.problem():
            code, place, detail = problem
            if FINDINGS[code] is not Severity.UNKNOWN or not lookup_failed:
                questions = dict.fromkeys([(self.name, "TXT"), (place, "TXT")])
                yield self._finding(code, "TXT", *questions, place=place, detail=printable(detail, 100))
        if place := tree.everything_passes():
            yield self._finding("spf-all-pass", "", (place, "TXT"), place=place)
        elif tree.is_neutral():
            yield self._finding("spf-all-neutral", "", (self.name, "TXT"))

    def difference(self, difference: Difference) -> Finding:
        """The finding for what the zone's name servers do not agree on."""
        return self._finding(
            difference.code, "", difference.question, kind=difference.question[1], detail=difference.detail
        )

    def addresses(self) -> Iterator[Finding]:
        kinds = [kind for kind in ("A", "AAAA") if self._answer(kind).values]
        # An alias has the addresses of its target.
        if kinds and not self._answer("CNAME").values:
            questions = [(self.name, kind) for kind in kinds]
            yield self._finding("address", "", *questions, host=self._answer(kinds[0]).values[0])

    def dmarc(self, from_domain: str, *, lookup_failed: bool) -> Iterator[Finding]:
        """Yield what keeps SPF from aligning with the From domain.

        Args:
            from_domain: The domain of the From address.
            lookup_failed: Whether a failed lookup was found before, so that another one is no news.
        """
        policy = policy_of(from_domain, self.answers)
        terms = {"place": policy.question[0], "from_domain": from_domain, "count": policy.count}
        if policy.failed:
            if not lookup_failed:
                yield self._finding("dmarc-lookup-failed", "", policy.question, **terms)
        elif not policy.count:
            yield self._finding("dmarc-missing", "", *dmarc_questions(from_domain), **terms)
        elif policy.count > 1:
            yield self._finding("dmarc-several", "", policy.question, **terms)
        elif policy.strict_spf:
            yield self._finding("dmarc-strict-spf", "", policy.question, **terms)

    def _missing_mx(self, mx: Answer) -> Finding:
        places = [
            (place, mistake)
            for place, mistake in misplacements(self.name).items()
            if any(_FEEDBACK.match(host_of(value)) for value in self._answer("MX", place).values)
        ]
        if places:
            place, mistake = places[0]
            questions = [(other, "MX") for other, _ in places]
            return self._finding(f"mx-{mistake}", "MX", (self.name, "MX"), *questions, place=place)
        if mx.outcome is Outcome.NO_NAME:
            where = f"the zone {mx.zone}" if mx.zone.strip(".") else "DNS"
            return self._finding("name-missing", "MX", where=where)
        return self._finding("mx-missing", "MX")

    def _missing_spf(self) -> Finding:
        for place, mistake in misplacements(self.name).items():
            if mistake != "label-missing" and any(spf.mentions_ses(text) for text in self._answer("TXT", place).values):
                return self._finding("spf-wrong-name", "TXT", (self.name, "TXT"), (place, "TXT"), place=place)
        return self._finding("spf-missing", "TXT")

    def _lookup_failure(self, answer: Answer, kind: str) -> Finding:
        if answer.outcome is Outcome.FAILED:
            # If a parent zone answers, the queried name server works, and the zone itself is at fault.
            for ancestor in ancestors(self.name):
                if self._answer("SOA", ancestor).outcome in NEGATIVE | {Outcome.RECORDS}:
                    return self._finding("zone-failing", kind, zone=ancestor)
        return self._finding(_LOOKUP_FAILURES[answer.outcome], kind)

    def _answer(self, kind: str, name: str | None = None) -> Answer:
        return answer_to((name or self.name, kind), self.answers)

    def _finding(self, code: str, record_type: str, /, *questions: Question, **terms: object) -> Finding:
        """Make a finding.

        Args:
            code: A code of `FINDINGS`.
            record_type: The type of the record to publish, "" if there is none.
            *questions: The questions whose answers to show. By default the one for this type at the name itself.
            **terms: The values for the placeholders of the sentence, besides the name and the region.
        """
        terms = {"name": self.name, "region": self.region} | terms
        severity, record = FINDINGS[code], None
        if severity is not Severity.UNKNOWN:
            record = next((one for one in records_of(self.name, self.region) if one["type"] == record_type), None)
        return Finding(
            code,
            severity,
            SENTENCES[code].format(**{key: printable(str(term)) for key, term in terms.items()}),
            tuple(
                line
                for question in questions or ((self.name, record_type),)
                for line in answer_lines(question, answer_to(question, self.answers))
            ),
            record_line(record) if record else "",
            record,
        )
