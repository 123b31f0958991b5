"""Secret inputs: no line, error or check failure shows their values, and state keeps the names of the inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pulumi.dynamic import CheckFailure

from pulumi_ses_mail_from_provider.dynamic import MailFromDomainProvider, MailFromDomainVerificationProvider
from pulumi_ses_mail_from_provider.rules.errors import MailFromError
from support.stand_in import SesStandIn, error

from .conftest import REGION
from .test_lifecycle import GET, INPUTS, SET, STATE

DOMAIN = "hidden.example.com"
SECRET = {**INPUTS, "mail_from_domain": "Hidden.Example.com.", "secret_inputs": ["mail_from_domain"]}
DECLARED = {**SECRET, "mail_from_domain": DOMAIN}
STATED = {**STATE, **DECLARED, "managed_mail_from_domain": DOMAIN, "mail_from_domain_status": "Failed"}
ID = "us-east-1/example.com"


def _shown(failures: list[CheckFailure], news: dict[str, Any]) -> str:
    """Return what the engine prints for check failures: the value of the named property, and the reason."""
    return "\n".join(f"{news.get(failure.property)!r} {failure.property} {failure.reason}" for failure in failures)


def _assert_hidden(text: str, *parts: str) -> None:
    for part in parts or ("hidden",):
        assert part not in text.lower()


def test_names_in_state(provider: MailFromDomainProvider, ses: SesStandIn) -> None:
    """Every operation keeps the names of the secret inputs in state, and other names are a change."""
    checked = provider.check({}, SECRET)
    assert [] == checked.failures
    assert (DOMAIN, ["mail_from_domain"]) == (checked.inputs["mail_from_domain"], SECRET["secret_inputs"])
    created = provider.create({**checked.inputs, "secret_inputs": ["mail_from_domain"]})
    assert created.outs is not None
    assert (DOMAIN, ["mail_from_domain"]) == (created.outs["mail_from_domain"], created.outs["secret_inputs"])
    read = provider.read(ID, created.outs)
    assert (["mail_from_domain"], read.outs) == ((read.inputs or {})["secret_inputs"], created.outs)
    assert not provider.diff(ID, created.outs, DECLARED).changes
    plain = {name: value for name, value in DECLARED.items() if name != "secret_inputs"}
    assert provider.diff(ID, created.outs, plain).changes
    updated = provider.update(ID, created.outs, plain)
    assert "secret_inputs" not in (updated.outs or {})
    updated = provider.update(ID, updated.outs or {}, DECLARED)
    assert ["mail_from_domain"] == (updated.outs or {})["secret_inputs"]


def test_check_keeps_the_names(provider: MailFromDomainProvider) -> None:
    """Check returns the names of the secret inputs, because the other operations receive what it returns."""
    assert ["mail_from_domain"] == provider.check({}, SECRET).inputs.get("secret_inputs")


@pytest.mark.parametrize(
    "act",
    [
        lambda provider: provider.create(DECLARED),
        lambda provider: provider.update(ID, STATED, DECLARED),
        lambda provider: provider.read(ID, {**STATED, "mail_from_domain_status": "Success"}),
        lambda provider: provider.diff(ID, STATED, DECLARED),
        lambda provider: provider.diff(ID, STATED, {**DECLARED, "behavior_on_mx_failure": "RejectMessage"}),
        lambda provider: provider.delete(ID, {**STATED, "managed_mail_from_domain": "bounce.example.com"}),
    ],
    ids=["adopted", "update", "status", "failed", "rejection", "left in place"],
)
def test_lines(
    provider: MailFromDomainProvider,
    ses: SesStandIn,
    capsys: pytest.CaptureFixture[str],
    act: Callable[[MailFromDomainProvider], Any],
) -> None:
    """No line shows a secret input."""
    ses.put(REGION, "example.com", DOMAIN, status="Pending")
    provider.check(STATED, SECRET)
    act(provider)
    _assert_hidden(capsys.readouterr().out)


def test_masked_line(provider: MailFromDomainProvider, ses: SesStandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """A line shows [secret] instead of the value."""
    ses.put(REGION, "example.com", DOMAIN, status="Pending")
    provider.create(DECLARED)
    expected = (
        "ses-mail-from: us-east-1/example.com: adopted: [secret] is already its MAIL FROM domain (status Pending)\n"
    )
    assert expected == capsys.readouterr().out


def test_errors(provider: MailFromDomainProvider, ses: SesStandIn) -> None:
    """An error shows [secret] instead of a secret input, and everything else."""
    ses.put(REGION, "example.com", "theirs.example.com")
    with pytest.raises(MailFromError) as refused:
        provider.create(DECLARED)
    _assert_hidden(str(refused.value))
    assert "theirs.example.com" in str(refused.value)
    ses.clear(REGION, "example.com")
    for action, operation in (
        (SET, lambda: provider.create({**DECLARED, "overwrite": True})),
        (GET, lambda: provider.update(ID, STATED, DECLARED)),
    ):
        fault = ses.inject(error(400, "Odd", f"<{DOMAIN}> is odd"), action=action)
        with pytest.raises(MailFromError) as failed:
            operation()
        _assert_hidden(str(failed.value))
        assert "<[secret]> is odd" in str(failed.value)
        assert fault.hits > 0
        ses.heal()


INVALID = [
    "hidden",
    "hidden place.example.com",
    "hidden@example.com",
    "hidden.example.org",
    "hidden..example.com",
]
PARTLY_SHOWN = [
    pytest.param("-hidden.example.com", id="label"),
    pytest.param("\x1bhidden.example.com", id="escaped"),
    pytest.param("hid\u0434en.hidden\u2028.example.com", id="unicode"),
    pytest.param("hidden." * 40, id="long"),
    pytest.param("hidden'\"", id="quotes"),
]


@pytest.mark.parametrize("value", [*INVALID, *(pytest.param(*one.values, id=one.id) for one in PARTLY_SHOWN)])
def test_check_failures(provider: MailFromDomainProvider, value: str) -> None:
    """A failure of a secret input names the property, and shows no part of the value."""
    news = {**SECRET, "mail_from_domain": value}
    failures = provider.check({}, news).failures
    assert 1 == len(failures)
    text = _shown(failures, news)
    _assert_hidden(text, "hid")
    assert "mail_from_domain" in text


@pytest.mark.parametrize(
    "value",
    [
        "jane.hidden@example.com@x",
        pytest.param("arn:aws:ses:us-east-1:1:identity/hidden.example"),
        "hidden",
    ],
)
def test_check_failures_of_an_identity(provider: MailFromDomainProvider, value: str) -> None:
    """A failure of a secret identity shows no part of the value."""
    news = {**INPUTS, "identity": value, "secret_inputs": ["identity"]}
    failures = provider.check({}, news).failures
    assert 1 == len(failures)
    _assert_hidden(_shown(failures, news))


def test_the_domain_of_a_secret_identity(provider: MailFromDomainProvider) -> None:
    """A failure of the MAIL FROM domain does not show the domain of a secret identity."""
    news = {**INPUTS, "identity": "jane@hidden.example", "secret_inputs": ["identity"]}
    failures = provider.check({}, news).failures
    assert 1 == len(failures)
    _assert_hidden(_shown(failures, news))


def test_contradictions(provider: MailFromDomainProvider) -> None:
    """The failure of a contradicting declaration does not show the secret value of the other one."""
    assert [] == provider.check({}, SECRET).failures
    failures = provider.check({}, {**INPUTS, "mail_from_domain": "open.example.com"}).failures
    assert 1 == len(failures)
    _assert_hidden(_shown(failures, INPUTS))


def test_verification(provider: MailFromDomainProvider, ses: SesStandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """A wait for secret members names none of them, and keeps the names of the secret inputs."""
    waits = MailFromDomainVerificationProvider()
    waits._configured = provider._core
    member = {"region": REGION, "identity": "hidden.example", "mail_from_domain": "bounce.hidden.example"}
    news = {
        "mail_from_domains": [{**member, "behavior_on_mx_failure": "UseDefaultValue"}],
        "timeout": "0s",
        "secret_inputs": ["mail_from_domains"],
    }
    checked = waits.check({}, news)
    assert [] == checked.failures
    ses.verify(REGION, "hidden.example")
    ses.put(REGION, "hidden.example", "bounce.hidden.example", status="Pending")
    with pytest.raises(MailFromError) as failed:
        waits.create(checked.inputs)
    _assert_hidden(str(failed.value) + capsys.readouterr().out)
    ses.set_status(REGION, "hidden.example", "Success")
    outs = waits.create(checked.inputs).outs or {}
    assert ["mail_from_domains"] == outs["secret_inputs"]
    read = waits.read("id", outs)
    assert ["mail_from_domains"] == (read.inputs or {})["secret_inputs"]


def test_a_verification_that_becomes_secret(provider: MailFromDomainProvider) -> None:
    """A new list of secret inputs is a change, so that state gets it."""
    waits = MailFromDomainVerificationProvider()
    waits._configured = provider._core
    news = {"mail_from_domains": [], "timeout": "0s"}
    olds = waits.create(news).outs or {}
    assert not waits.diff("id", olds, news).changes
    assert waits.diff("id", olds, {**news, "secret_inputs": ["timeout"]}).changes


def test_a_secret_boolean(provider: MailFromDomainProvider) -> None:
    """A secret boolean is not masked, because its value discloses nothing."""
    assert [] == provider.check({}, {**INPUTS, "secret_inputs": ["overwrite"]}).failures
    assert "True" == provider._core.secrets.mask("True")


@pytest.mark.parametrize(
    ("old", "new", "changes"), [(None, ["identity"], True), (["identity"], None, True), (None, [], False)]
)
def test_changed_secret_inputs(
    provider: MailFromDomainProvider, old: list[str] | None, new: list[str] | None, *, changes: bool
) -> None:
    """Another list of secret inputs is a change; no list and an empty one are equal."""
    diff = provider.diff("us-east-1/example.com", {**STATE, "secret_inputs": old}, {**INPUTS, "secret_inputs": new})
    assert changes == diff.changes


def test_check_failures_of_a_verification(provider: MailFromDomainProvider) -> None:
    """A failure of a secret timeout or a secret list does not show the value."""
    waits = MailFromDomainVerificationProvider()
    waits._configured = provider._core
    news = {"mail_from_domains": ["hidden"], "timeout": "hidden", "secret_inputs": ["mail_from_domains", "timeout"]}
    failures = waits.check({}, news).failures
    assert 2 == len(failures)
    _assert_hidden(_shown(failures, news))
