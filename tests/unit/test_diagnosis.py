from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_ses_mail_from_provider.dns.diagnosis import FINDINGS, Finding, Severity, diagnose
from pulumi_ses_mail_from_provider.dns.queries import (
    Answer,
    Answers,
    Outcome,
    Question,
    first_questions,
    further_questions,
)
from pulumi_ses_mail_from_provider.rules.records import SPF, records_of

NAME, REGION = "bounce.example.com", "us-east-1"
HOST = "feedback-smtp.us-east-1.amazonses.com"
MX, TXT = records_of(NAME, REGION)

NO_RECORDS = Answer(Outcome.NO_RECORDS, zone="example.com")
NO_NAME = Answer(Outcome.NO_NAME, zone="example.com")


def _found(*values: str) -> Answer:
    return Answer(Outcome.RECORDS, values)


RIGHT: dict[str, Answer] = {
    "MX": _found(f"10 {HOST}"),
    "TXT": _found(SPF),
    "CNAME": NO_RECORDS,
    "A": NO_RECORDS,
    "AAAA": NO_RECORDS,
}


def _answers(answers: Mapping[str, Answer], elsewhere: Answers | None = None) -> dict[Question, Answer]:
    return {(NAME, kind): found for kind, found in (RIGHT | dict(answers)).items()} | dict(elsewhere or {})


def _codes(answers: Mapping[str, Answer], elsewhere: Answers | None = None) -> list[str]:
    return [finding.code for finding in diagnose(NAME, REGION, _answers(answers, elsewhere))]


def _everywhere(found: Answer) -> dict[str, Answer]:
    return dict.fromkeys(RIGHT, found)


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"MX": _found(f"0 {HOST}")},
        {"MX": _found(f"65535 {HOST.upper()}")},
        {"TXT": _found("google-site-verification=x", "V=SPF1 include:amazonses.com -all", f'"{SPF}"'[:5])},
        {"A": Answer(Outcome.TIMEOUT), "AAAA": Answer(Outcome.FAILED), "CNAME": Answer(Outcome.REFUSED)},
    ],
)
def test_correct_dns(answers: dict[str, Answer]) -> None:
    """One MX record to the host of the region, with any preference, and an SPF record that passes: no finding."""
    assert [] == _codes(answers)
    assert [] == further_questions(NAME, _answers(answers))


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("feedback-smtp.eu-west-1.amazonses.com", "mx-other-region"),
        ("feedback-smtp.us-east-1.amazonaws.com", "mx-wrong-suffix"),
        ("email-smtp.us-east-1.amazonaws.com", "mx-smtp-endpoint"),
        ("email-smtp-fips.us-east-1.amazonaws.com", "mx-smtp-endpoint"),
        ("inbound-smtp.us-east-1.amazonaws.com", "mx-inbound"),
        (f"{HOST}.example.com", "mx-target-doubled"),
        (f"{HOST}.bounce.example.com", "mx-target-doubled"),
        ("aspmx.l.google.com", "mx-other-host"),
        ("amazonses.com", "mx-other-host"),
        (f"x{HOST}", "mx-other-host"),
        ("10 feedback-smtp", "mx-other-host"),
        (".", "mx-null"),
    ],
)
def test_mx_hosts(host: str, code: str) -> None:
    """Each kind of wrong MX host has its own code."""
    assert [code] == _codes({"MX": _found(f"10 {host}")})


@pytest.mark.parametrize(
    ("answers", "codes"),
    [
        ({"MX": NO_RECORDS}, ["mx-missing"]),
        ({"MX": NO_NAME}, ["name-missing"]),
        ({"MX": Answer(Outcome.NO_NAME)}, ["name-missing"]),
        (_everywhere(NO_NAME), ["name-missing", "spf-missing"]),
        (_everywhere(Answer(Outcome.NO_NAME, zone="com")), ["zone-missing"]),
        (_everywhere(Answer(Outcome.NO_NAME, zone=".")), ["zone-missing"]),
        ({"MX": _found(f"10 {HOST}", "20 mail.example.com")}, ["mx-several"]),
        ({"MX": _found(f"10 {HOST}", "10 feedback-smtp.eu-west-1.amazonses.com")}, ["mx-several"]),
        ({"CNAME": _found("mail.example.com"), "MX": NO_RECORDS, "TXT": NO_RECORDS}, ["cname"]),
        ({"CNAME": _found("mail.example.com"), "MX": NO_NAME}, ["cname"]),
        ({"CNAME": _found("mail.example.com"), "MX": _found("10 mx.example.com")}, ["cname"]),
        ({"CNAME": _found("x.example.com"), "MX": Answer(Outcome.LOOP)}, ["cname"]),
        ({"CNAME": Answer(Outcome.LOOP), "MX": Answer(Outcome.LOOP)}, ["cname"]),
        ({"CNAME": _found("x.example.com"), "A": _found("192.0.2.1")}, ["cname-followed"]),
        ({"CNAME": _found("x.example.com"), "MX": Answer(Outcome.TIMEOUT)}, ["lookup-timeout"]),
        ({"TXT": NO_RECORDS}, ["spf-missing"]),
        ({"TXT": _found("v=spf1include:amazonses.com")}, ["spf-missing"]),
        ({"TXT": _found(SPF, "v=spf1 -all")}, ["spf-several"]),
        ({"TXT": _found(f'"{SPF}"')}, ["spf-quoted"]),
        ({"TXT": _found("v=spf1 include: amazonses.com ~all")}, ["spf-syntax"]),
        ({"TXT": _found("v=spf1 -all")}, ["spf-no-include"]),
        ({"TXT": _found("v=spf1 include:_spf.example.com -all")}, ["spf-include-lookup-failed"]),
        ({"A": _found("192.0.2.1")}, ["address"]),
        ({"A": _found("192.0.2.1"), "AAAA": _found("2001:db8::1"), "MX": NO_RECORDS}, ["mx-missing", "address"]),
        (_everywhere(Answer(Outcome.TIMEOUT)), ["lookup-timeout"]),
        (_everywhere(Answer(Outcome.REFUSED)), ["lookup-refused"]),
        (_everywhere(Answer(Outcome.FAILED)), ["lookup-failed"]),
        (_everywhere(Answer(Outcome.UNREACHABLE)), ["name-server-unreachable"]),
        ({"MX": Answer(Outcome.TIMEOUT), "TXT": NO_RECORDS}, ["spf-missing", "lookup-timeout"]),
        ({"TXT": Answer(Outcome.TIMEOUT)}, ["lookup-timeout"]),
        ({"MX": NO_RECORDS, "TXT": Answer(Outcome.FAILED)}, ["mx-missing", "lookup-failed"]),
    ],
)  # fmt: skip
def test_findings(answers: dict[str, Answer], codes: list[str]) -> None:
    """The answers at the name give these findings, errors first, without redundant ones."""
    assert codes == _codes(answers)


@pytest.mark.parametrize(
    ("name", "zone", "code"),
    [
        ("bounce.example.co.uk", "co.uk", "zone-missing"),
        ("bounce.example.co.uk", "uk", "zone-missing"),
        ("bounce.example.co.uk", "example.co.uk", "name-missing"),
        ("bounce.me.uk", "me.uk", "name-missing"),
        ("bounce.example.uk", "example.uk", "name-missing"),
        ("bounce.mail.example.com", "example.com", "name-missing"),
        ("example.com", "com", "name-missing"),
    ],
)
def test_missing_zones(name: str, zone: str, code: str) -> None:
    """If the negative answer comes from a registry, there is no zone in which to publish."""
    answers = dict.fromkeys(first_questions(name), Answer(Outcome.NO_NAME, zone=zone))
    assert code == diagnose(name, REGION, answers)[0].code


def test_the_missing_zone_is_named() -> None:
    """The sentence names the domain to register or delegate."""
    answers = dict.fromkeys(first_questions("bounce.example.co.uk"), Answer(Outcome.NO_NAME, zone="uk"))
    (finding,) = diagnose("bounce.example.co.uk", REGION, answers)
    assert finding.sentence.startswith("co.uk, a parent domain of bounce.example.co.uk, does not exist in DNS: ")


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("bounce.example.com.example.com", "mx-name-doubled"),
        ("bounce.example.com.bounce.example.com", "mx-name-doubled"),
        ("example.com", "mx-label-missing"),
        ("bounce.bounce.example.com", "mx-wrong-name"),
    ],
)
def test_misplaced_mx(place: str, code: str) -> None:
    """An MX record at the wrong name is found, and the sentence has both names."""
    answers = _answers({"MX": NO_NAME}, {(place, "MX"): _found(f"10 {HOST}")})
    assert (place, "MX") in further_questions(NAME, answers)
    (finding,) = diagnose(NAME, REGION, answers)
    assert code == finding.code
    assert place in finding.sentence
    assert NAME in finding.sentence
    assert f"{place}. IN MX 10 {HOST}." in finding.seen


def test_misplaced_in_the_zone_above() -> None:
    """A record for a subdomain that was published in the zone of the domain is found."""
    name, place = "bounce.mail.example.com", "bounce.example.com"
    answers = {(name, "MX"): NO_NAME, (name, "TXT"): _found(SPF), (place, "MX"): _found(f"10 {HOST}")}
    assert ["mx-wrong-name"] == [finding.code for finding in diagnose(name, REGION, answers)]


def test_parents_with_their_own_mail() -> None:
    """The MX and SPF records of the parent are not misplaced records."""
    elsewhere = {("example.com", "MX"): _found("10 mail.example.com"), ("example.com", "TXT"): _found(SPF)}
    assert ["name-missing", "spf-missing"] == _codes(_everywhere(NO_NAME), elsewhere)


def test_misplaced_spf() -> None:
    """An SPF record under a doubled name is found."""
    place = ("bounce.example.com.example.com", "TXT")
    assert place in further_questions(NAME, _answers({"TXT": NO_RECORDS}))
    assert ["spf-wrong-name"] == _codes({"TXT": NO_RECORDS}, {place: _found(SPF)})


@pytest.mark.parametrize(
    ("above", "code"),
    [
        ({"example.com": Answer(Outcome.FAILED), "com": _found("a.gtld-servers.net")}, "zone-failing"),
        ({"example.com": NO_RECORDS}, "zone-failing"),
        ({"example.com": Answer(Outcome.FAILED), "com": Answer(Outcome.FAILED)}, "lookup-failed"),
        ({}, "lookup-failed"),
    ],
)
def test_failing_zones(above: dict[str, Answer], code: str) -> None:
    """SERVFAIL is attributed to the zone only if a parent zone answers."""
    failing = _everywhere(Answer(Outcome.FAILED))
    assert [("example.com", "SOA"), ("com", "SOA")] == further_questions(NAME, _answers(failing))
    assert [code] == _codes(failing, {(name, "SOA"): found for name, found in above.items()})


def test_the_parts_of_a_finding() -> None:
    """A finding has what was seen and what is expected as zone-file lines, and the record to publish."""
    expected = (
        Finding(
            "mx-other-host",
            Severity.ERROR,
            "The MX record of bounce.example.com points to mail.example.com, which is not a host of SES: replace it"
            " with the expected record, or, if bounce.example.com receives mail there, choose another MAIL FROM"
            " domain.",
            ("bounce.example.com. IN MX 5 mail.example.com.",),
            "bounce.example.com. 300 IN MX 10 feedback-smtp.us-east-1.amazonses.com.",
            MX,
        ),
        Finding(
            "spf-no-include",
            Severity.ERROR,
            "The SPF record of bounce.example.com does not contain include:amazonses.com, so SPF does not pass (this"
            " does not affect the status in SES): add it before 'all'.",
            (r'bounce.example.com. IN TXT "a \" b \\"', 'bounce.example.com. IN TXT "v=spf1 -all"'),
            'bounce.example.com. 300 IN TXT "v=spf1 include:amazonses.com ~all"',
            TXT,
        ),
    )
    answers = _answers({"MX": _found("5 mail.example.com"), "TXT": _found('a " b \\', "v=spf1 -all")})
    assert expected == diagnose(NAME, REGION, answers)


def test_nothing_to_publish() -> None:
    """Without a verdict, or for a redundant record, there is no record to publish."""
    for finding in (*diagnose(NAME, REGION, {}), *diagnose(NAME, REGION, _answers({"A": _found("192.0.2.1")}))):
        assert ("", None) == (finding.expected, finding.record)


def test_hostile_answers() -> None:
    """Answers can neither send control characters to a terminal nor flood it."""
    nasty = "\x1b[2J\u202e\n" + "x" * 70_000
    hosts = _found(*[f"10 {nasty}{number}" for number in range(1000)])
    answers = _answers({"MX": hosts, "TXT": _found(f"v=spf1 {nasty}")})
    for finding in diagnose(NAME, REGION, answers):
        text = "".join([finding.sentence, *finding.seen])
        assert text.isprintable()
        assert len(text) < 5000


OUTCOMES = st.sampled_from(Outcome)
VALUES = st.text() | st.sampled_from(
    [f"10 {HOST}", "0 .", "10 mail.example.com", SPF, f'"{SPF}"', "v=spf1 ~all", "example.com", "192.0.2.1", "10"]
)
ANSWERS = st.builds(
    Answer,
    OUTCOMES,
    st.lists(VALUES, max_size=3).map(tuple),
    st.sampled_from(["", ".", "com", "example.com"]),
    st.text(),
)
NAMES = st.sampled_from([NAME, "bounce.mail.example.co.uk", "example.com", "com", ""]) | st.text()


@given(NAMES, st.text() | st.just(REGION), st.data())
def test_any_answers(name: str, region: str, data: st.DataObject) -> None:
    """Any answers give known findings, each printable, in order of severity."""
    answers: dict[Question, Answer] = {}
    for question in first_questions(name):
        answers[question] = data.draw(ANSWERS)
    for question in further_questions(name, answers):
        answers[question] = data.draw(ANSWERS)
    findings = diagnose(name, region, answers)
    for finding in findings:
        assert FINDINGS[finding.code] is finding.severity
        assert all(text.isprintable() for text in (finding.sentence, finding.expected, *finding.seen))
        assert finding.seen
    order = [list(Severity).index(finding.severity) for finding in findings]
    assert sorted(order) == order
