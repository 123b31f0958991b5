"""`make live` against the stand-in, which can answer either way."""

from __future__ import annotations

import io
import re
import signal

import live
import live_run
import pytest
from live_questions import (
    AFTER_SET,
    EMPTY_CLEARS,
    OTHER_BEHAVIOR,
    REQUEST_RATE,
    SAME_DOMAIN,
    UNKNOWN_SET,
    UNVERIFIED,
    UNVERIFIED_SET,
)
from live_report import masker
from live_run import FAILED, INTERRUPTED, NOT_STARTED, Live

from pulumi_ses_mail_from_provider.dns.findings import Finding, Severity
from pulumi_ses_mail_from_provider.dns.resolver import Resolver
from pulumi_ses_mail_from_provider.rules.errors import InvalidInput
from pulumi_ses_mail_from_provider.ses.connections import Connections
from support.stand_in import DROP_BEFORE, MailFrom, SesStandIn, error

from .conftest import KEY, REGION, Time, settings

SET, GET = "SetIdentityMailFromDomain", "GetIdentityMailFromDomainAttributes"
DOMAIN = "bounce.example.com"
MISSING = (Finding("mx-missing", Severity.ERROR, "no MX record"),)


class Runs:
    """Runs against the stand-in, as SES limits it."""

    def __init__(self, ses: SesStandIn, time: Time) -> None:
        self.ses, self.time, self.findings = ses, time, ()
        self.ses.rate = 1.0
        self.live = Live(KEY, Connections(settings(ses)), lambda *_: self.findings, time)

    findings: tuple[Finding, ...]

    def run(self, domain: str = "", *, agreed: bool = True) -> int:
        """Run, and return the exit status."""
        return self.live.run(domain, 900.0, lambda: agreed)

    @property
    def answers(self) -> dict[str, str]:
        """The answers by question."""
        return {question: answer for question, answer in self.live.report.answers}  # noqa: C416 - rows have any length

    @property
    def errors(self) -> dict[str, str]:
        """The codes of the errors by request."""
        return {request: code for request, code, *_ in self.live.report.errors}

    def set_now(self) -> MailFrom | None:
        """What SES has."""
        return self.ses.mail_from(REGION, "example.com")


@pytest.fixture
def runs(ses: SesStandIn, fake_time: Time) -> Runs:
    """A run against SES with its rate limit."""
    ses.rules.success_after = 60.0
    return Runs(ses, fake_time)


def test_an_identity_without_a_mail_from_domain(runs: Runs) -> None:
    """All questions are answered, and nothing is left behind."""
    assert 0 == runs.run()
    assert runs.answers[REQUEST_RATE].startswith("1 in 0.0 s, the next one was refused: Throttling:")
    assert runs.answers[UNKNOWN_SET] == (
        "refused: InvalidParameterValue: Identity <ses-mail-from-unknown.example> does not exist."
    )
    assert "accepted" == runs.answers[UNVERIFIED_SET]
    assert "accepted; then Get: BehaviorOnMXFailure=UseDefaultValue" == runs.answers[EMPTY_CLEARS]
    assert runs.answers[SAME_DOMAIN].startswith("yes: accepted, then Get: BehaviorOnMXFailure=UseDefaultValue, ")
    assert runs.answers[OTHER_BEHAVIOR].startswith("yes: accepted, then Get: BehaviorOnMXFailure=RejectMessage, ")
    assert runs.answers[AFTER_SET].startswith("the Set was accepted; then Get: BehaviorOnMXFailure=")
    assert "MailFromDomain=ses-mail-from-live.example.com" in runs.answers[AFTER_SET]
    assert {
        "Get without a pause": "Throttling",
        "Set for an identity that does not exist": "InvalidParameterValue",
        "Set of the identity's own domain": "InvalidParameterValue",
        "Set of a domain that is not a subdomain": "InvalidParameterValue",
        "Set of an unknown behavior": "ValidationError",
        "Get of 101 identities": "InvalidParameterValue",
        "ListIdentities with an invalid NextToken": "InvalidParameterValue",
        "Set for an identity that is not verified": "accepted",
        "Set of an empty MailFromDomain": "accepted",
    } == runs.errors
    assert [
        ("create", f"{DOMAIN} (UseDefaultValue), Pending"),
        ("update to RejectMessage", f"{DOMAIN} (RejectMessage), Pending"),
        ("update back", f"{DOMAIN} (UseDefaultValue), Pending"),
        ("read after a change by another client", "ses-mail-from-live.example.com (UseDefaultValue), Pending"),
        ("update, to repair it", f"{DOMAIN} (UseDefaultValue), Pending"),
        ("delete", "done"),
    ] == [(operation, result.partition(";")[0]) for operation, result in runs.live.report.life]
    assert runs.set_now() is None
    assert ["example.com"] == runs.ses.identities(REGION)


def test_an_identity_with_a_mail_from_domain(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    """It is adopted, and put back with its behavior."""
    runs.ses.rules.same_domain_restarts = False
    runs.ses.put(REGION, "example.com", "mail.example.com", behavior="RejectMessage")
    assert 0 == runs.run()
    assert "no: accepted, and still Success after 10 s" == runs.answers[SAME_DOMAIN] == runs.answers[OTHER_BEHAVIOR]
    operation, result = runs.live.report.life[0]
    assert ("create", True) == (operation, "adopted" in result)
    found = runs.set_now()
    assert found is not None
    assert ("mail.example.com", "RejectMessage") == (found.domain, found.behavior)
    assert runs.live.report.end[-1] == ("What was set before (mail.example.com (RejectMessage), Success) was put back.")
    plan = capsys.readouterr().err
    assert "account 123456789012" in plan
    assert (
        "  aws ses set-identity-mail-from-domain --region us-east-1 --identity example.com"
        " --mail-from-domain mail.example.com --behavior-on-mx-failure RejectMessage\n"
    ) in plan


def test_without_dns_records(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    """The plan shows the records; nothing waits for a Success that cannot come, and the answers say so."""
    runs.findings, runs.ses.rules.success_after = MISSING, None
    assert 0 == runs.run("mail.example.com")
    assert (
        "not answered: the status did not become Success" == runs.answers[SAME_DOMAIN] == runs.answers[OTHER_BEHAVIOR]
    )
    assert runs.time.seconds < 120
    assert "  mail.example.com. 300 IN MX 10 feedback-smtp.us-east-1.amazonses.com.\n" in capsys.readouterr().err


def test_ses_may_answer_otherwise(runs: Runs) -> None:
    """An identity that is not verified may be refused, an empty domain may be, and a fast client may not be."""
    refusal = "bounce.x or its parents are not verified for identity x"
    runs.ses.inject(error(400, "InvalidParameterValue", refusal), action=SET, identity=UNVERIFIED, count=1)
    runs.ses.rules.empty_clears, runs.ses.rate = False, None
    assert 0 == runs.run()
    assert f"refused: InvalidParameterValue: {refusal}" == runs.answers[UNVERIFIED_SET]
    assert runs.answers[EMPTY_CLEARS].startswith("refused: ValidationError: ")
    assert "6 in 0.0 s; no more were sent" == runs.answers[REQUEST_RATE]


def test_without_the_permission_to_create_identities(runs: Runs) -> None:
    """The questions about an identity that is not verified are left out; the others are answered."""
    for action in ("VerifyDomainIdentity", "DeleteIdentity"):
        runs.ses.deny(action)
    assert 0 == runs.run()
    assert runs.answers[UNVERIFIED_SET].startswith("not answered: creating an identity was refused: AccessDenied: ")
    assert runs.answers[SAME_DOMAIN].startswith("yes: ")


@pytest.mark.parametrize("moment", range(5, 130, 5))
def test_an_interruption_puts_everything_back(runs: Runs, moment: int) -> None:
    """^C at any moment: what was found is set again, and the temporary identity is gone."""
    runs.ses.put(REGION, "example.com", "mail.example.com", status="Pending")

    def interrupt(seconds: float) -> None:
        runs.ses.advance(seconds)
        if runs.time.seconds >= moment:
            runs.time.on_sleep = runs.ses.advance
            raise KeyboardInterrupt

    runs.time.on_sleep = interrupt
    before = signal.getsignal(signal.SIGINT)
    assert INTERRUPTED == runs.run()
    found = runs.set_now()
    assert found is not None
    assert ("mail.example.com", "UseDefaultValue") == (found.domain, found.behavior)
    assert ["example.com"] == runs.ses.identities(REGION)
    assert runs.live.report.end[0] == "The run was interrupted."
    assert before is signal.getsignal(signal.SIGINT)


def test_an_error_puts_everything_back(runs: Runs) -> None:
    """An operation that fails ends the run; the report has its error."""
    runs.ses.inject(error(403, "AccessDenied", "not for you"), action=SET, identity="example.com", skip=5, count=1)
    assert FAILED == runs.run()
    assert any("not for you" in result for _, result in runs.live.report.life)
    assert runs.set_now() is None


def test_faults_while_putting_back(runs: Runs) -> None:
    """It tries again."""
    interrupted: list[bool] = []

    def interrupt(seconds: float) -> None:
        runs.ses.advance(seconds)
        if runs.set_now() and not interrupted:
            interrupted.append(True)
            runs.ses.inject(DROP_BEFORE, action=SET, count=1)
            raise KeyboardInterrupt

    runs.time.on_sleep = interrupt
    assert INTERRUPTED == runs.run()
    assert runs.set_now() is None


def test_what_cannot_be_put_back(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    """The commands that put it back are printed, and the exit status is 1."""
    set_by_run: list[bool] = []

    def forbid(seconds: float) -> None:
        runs.ses.advance(seconds)
        if runs.set_now() and not set_by_run:
            set_by_run.append(True)
            runs.ses.deny(SET)

    runs.time.on_sleep = forbid
    assert FAILED == runs.run()
    assert "could NOT be put back" in runs.live.report.end[-1]
    shown = capsys.readouterr().err.rpartition("error: not everything could be put back. Run:\n")[2]
    assert "  aws ses set-identity-mail-from-domain --region us-east-1 --identity example.com\n" in shown


def test_nothing_is_done_without_consent(runs: Runs) -> None:
    """Without consent there is no write."""
    assert NOT_STARTED == runs.run(agreed=False)
    assert {GET, "GetCallerIdentity"} == {call.action for call in runs.ses.journal.calls()}


def test_refused_arguments(runs: Runs) -> None:
    """Another domain than the one that is set, and an unknown identity, are refused before anything is asked."""
    runs.ses.put(REGION, "example.com", "mail.example.com")
    with pytest.raises(InvalidInput, match=r"mail\.example\.com is set for example\.com: leave DOMAIN out"):
        runs.run(DOMAIN)
    runs.ses.delete_identity(REGION, "example.com")
    with pytest.raises(InvalidInput, match=r"SES has no identity example\.com in us-east-1"):
        runs.run()


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stdin", "yes", "expected"),
    [
        (io.StringIO("example.com\n"), False, False),  # no terminal
        (_Terminal("example.com\n"), False, True),
        (_Terminal("y\n"), False, False),
        (_Terminal(""), False, False),
        (io.StringIO(), True, True),
    ],
)
def test_consent(stdin: io.StringIO, yes: bool, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    """The user types the identity in a terminal, or gives YES=1."""
    monkeypatch.setattr("sys.stdin", stdin)
    assert expected == live.agrees("example.com", yes=yes)


def test_the_command(
    ses: SesStandIn,
    fake_time: Time,
    shell: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It prints the report, without account ID, credentials, request IDs and the user's names."""
    ses.verify(REGION, "jane@secret-customer.test")
    monkeypatch.setattr(live, "Clock", lambda: fake_time)
    monkeypatch.setattr(Resolver, "diagnose", lambda *_: MISSING)
    given = ["--identity", "jane@secret-customer.test", "--region", REGION, "--yes"]
    ses.deny("VerifyDomainIdentity")  # its text has the ARN of the user
    assert 0 == live.main(given)
    report = capsys.readouterr().out
    assert re.match(r"# make live, version \S+, boto3 \S+, \d{4}-\d\d-\d\d, us-east-1\n", report)
    for heading in ("Answers", "Errors", "What Get returns", "Life of a MailFromDomain"):
        assert f"## {heading}\n" in report
    assert "bounce.example.com" in report
    for secret in ("secret-customer", "jane", "123456789012", "AKIDEXAMPLE", "hush-hush"):
        assert secret not in report
    for wrong, message in (
        (["--identity", "x y", "--region", REGION], "error: 'x y' contains white space: remove it\n"),
        (["--identity", "", "--region", REGION], "error: give both of them: make live IDENTITY="),
        (["--identity", "other.example", "--region", REGION], "error: SES has no identity other.example in us-east-1"),
    ):
        capsys.readouterr()
        assert NOT_STARTED == live.main(wrong)
        assert message in capsys.readouterr().err


def test_masks() -> None:
    """Account IDs, ARNs, request IDs, access keys and names are masked, but nothing that only looks similar."""
    mask = masker("jane@corp.test", ["hush-hush"])
    text = (
        "User: arn:aws:iam::123456789012:user/jane is not authorized; 123456789012; AKIAIOSFODNN7EXAMPLE; hush-hush;"
        " request id 1b2c3d4e-0000-4000-8000-0123456789ab; Jane@Corp.test; bounce.CORP.test; notcorp.test;"
        " 1234567890123"
    )
    assert mask(text) == (
        "User: arn:*** is not authorized; <account>; <access key>; ***;"
        " request id <request id>; user@example.com; bounce.example.com; notcorp.test; 1234567890123"
    )


def test_a_lost_terminal_does_not_keep_it_from_putting_back(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a hangup nothing can be printed."""
    runs.ses.put(REGION, "example.com", "mail.example.com", status="Pending")

    def lose(seconds: float) -> None:
        runs.ses.advance(seconds)
        if runs.time.seconds > 40:

            def fail(_: str) -> None:
                raise OSError(5, "Input/output error")

            monkeypatch.setattr(live_run, "progress", fail)
            runs.time.on_sleep = runs.ses.advance
            raise KeyboardInterrupt

    runs.time.on_sleep = lose
    assert INTERRUPTED == runs.run()
    found = runs.set_now()
    assert found is not None
    assert "mail.example.com" == found.domain
