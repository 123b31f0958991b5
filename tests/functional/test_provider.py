"""The dynamic provider: its methods as the engine calls them."""

from __future__ import annotations

import traceback
from types import SimpleNamespace
from typing import Any

import pytest
from pulumi.dynamic import CheckFailure, CheckResult, Config, ConfigureRequest
from pulumi.output import Unknown

from pulumi_ses_mail_from_provider.dynamic import MailFromDomainProvider
from pulumi_ses_mail_from_provider.rules.errors import MailFromDomainNotFound
from support.stand_in import MailFrom, SesStandIn

from .conftest import REGION, SECRET_KEY, new_process
from .test_lifecycle import SET, STATE

NEWS: dict[str, Any] = {"identity": "Example.com", "mail_from_domain": "Bounce.example.com.", "__provider": "x"}
INPUTS = {
    "identity": "example.com",
    "mail_from_domain": "bounce.example.com",
    "behavior_on_mx_failure": "UseDefaultValue",
    "region": REGION,
    "overwrite": False,
}


def _reasons(failures: list[CheckFailure]) -> list[tuple[str, str]]:
    return [(failure.property, failure.reason) for failure in failures]


def test_lifecycle(provider: MailFromDomainProvider, ses: SesStandIn) -> None:
    """Check, create, diff, update, read and delete work in the order in which the engine calls them."""
    checked = provider.check({}, NEWS)
    assert (INPUTS, []) == (checked.inputs, checked.failures)

    created = provider.create({**checked.inputs, "__provider": "x"})
    assert ("us-east-1/example.com", STATE) == (created.id, created.outs)

    same = provider.diff(created.id, {**STATE, "__provider": "x"}, {**INPUTS, "__provider": "x"})
    assert (False, []) == (same.changes, same.replaces)

    rejecting = {**INPUTS, "behavior_on_mx_failure": "RejectMessage", "__provider": "x"}
    changed = provider.diff(created.id, {**STATE, "__provider": "x"}, rejecting)
    assert (True, [], False) == (changed.changes, changed.replaces, changed.delete_before_replace)
    updated = provider.update(created.id, STATE, rejecting)
    assert {**STATE, "behavior_on_mx_failure": "RejectMessage"} == updated.outs

    read = provider.read(created.id, {**STATE, "__provider": "x"})
    assert (created.id, updated.outs) == (read.id, read.outs)
    assert {**INPUTS, "behavior_on_mx_failure": "RejectMessage"} == read.inputs

    destroying = _configured(_config(ses))  # a destroy has a new process and does not call check
    destroying.delete(created.id, STATE)
    assert ses.mail_from(REGION, "example.com") is None
    gone = destroying.read(created.id, STATE)
    assert (None, {}) == (gone.id, gone.outs)


def _config(ses: SesStandIn, **more: str) -> dict[str, str]:
    endpoints = f'[{{"ses":"{ses.url}","sts":"{ses.url}"}}]'
    keys = {"aws:accessKey": "AKIDEXAMPLE", "aws:secretKey": SECRET_KEY, "aws:maxRetries": "0"}
    return {**keys, "aws:endpoints": endpoints, **more}


def _configured(config: dict[str, str]) -> MailFromDomainProvider:
    new_process()
    provider = MailFromDomainProvider()
    provider.configure(ConfigureRequest(Config(config, "project")))
    return provider


def _check(
    provider: MailFromDomainProvider, urn: str | None, olds: dict[str, Any], news: dict[str, Any]
) -> CheckResult:
    """Call check as the SDK's server does, with the URN of the resource in the request."""

    def serve(request: object) -> CheckResult:
        return provider.check(olds, news)

    return serve(SimpleNamespace(urn=urn))


@pytest.mark.parametrize("name", ["identity", "mail_from_domain", "region"])
def test_unknown_values_pass(provider: MailFromDomainProvider, name: str) -> None:
    """Unknown values, as in a preview, are valid inputs and count as changed."""
    unknown = Unknown()  # type: ignore[no-untyped-call]
    checked = provider.check({}, {**NEWS, name: unknown})
    assert [] == checked.failures
    assert unknown is checked.inputs[name]
    diff = provider.diff("us-east-1/example.com", {**STATE, "__provider": "x"}, {**checked.inputs, "__provider": "x"})
    replaces = [] if name == "mail_from_domain" else [name]
    assert (True, replaces) == (diff.changes, diff.replaces)


def test_a_changed_provider_is_a_change(provider: MailFromDomainProvider) -> None:
    """A provider pickled by another version is an update, so that state gets the current one."""
    diff = provider.diff("us-east-1/example.com", {**STATE, "__provider": "old"}, {**INPUTS, "__provider": "x"})
    assert (True, []) == (diff.changes, diff.replaces)


def test_failed_is_a_change(provider: MailFromDomainProvider, capsys: pytest.CaptureFixture[str]) -> None:
    """The status Failed is an update, and one line gives the reason, which the engine cannot show."""
    state = {**STATE, "mail_from_domain_status": "Failed"}
    for _ in range(2):
        diff = provider.diff("us-east-1/example.com", state, INPUTS)
        assert (True, []) == (diff.changes, diff.replaces)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("ses-mail-from: us-east-1/example.com: status Failed: SES did not find the MX record")


@pytest.mark.parametrize(
    ("olds", "news", "warned"),
    [
        ({}, {"behavior_on_mx_failure": "RejectMessage"}, True),
        ({"mail_from_domain_status": "Success"}, {"behavior_on_mx_failure": "RejectMessage"}, False),
        (
            {"mail_from_domain_status": "Success", "behavior_on_mx_failure": "RejectMessage"},
            {"mail_from_domain": "new.example.com", "behavior_on_mx_failure": "RejectMessage"},
            True,
        ),
        ({"behavior_on_mx_failure": "RejectMessage"}, {"behavior_on_mx_failure": "RejectMessage"}, False),
    ],
)
def test_a_preview_warns_of_rejection(
    provider: MailFromDomainProvider,
    capsys: pytest.CaptureFixture[str],
    olds: dict[str, Any],
    news: dict[str, Any],
    warned: bool,  # noqa: FBT001
) -> None:
    """A preview warns of a change that makes SES reject mail."""
    provider.diff("us-east-1/example.com", {**STATE, **olds}, {**INPUTS, **news})
    assert warned == ("RejectMessage: SES rejects all mail" in capsys.readouterr().out)


def test_the_region_of_an_existing_resource_stays(
    ses: SesStandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """The region comes from argument, config, state and environment, in this order."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    ambient = _configured(_config(ses))
    assert "eu-west-1" == ambient.check({}, NEWS).inputs["region"]
    assert "us-east-1" == ambient.check(INPUTS, NEWS).inputs["region"]
    assert "us-west-2" == ambient.check(INPUTS, {**NEWS, "region": "us-west-2"}).inputs["region"]
    configured = _configured(_config(ses, **{"aws:region": "ap-south-1"}))
    assert "ap-south-1" == configured.check(INPUTS, NEWS).inputs["region"]

    monkeypatch.delenv("AWS_REGION")
    profile = tmp_path / "config"
    profile.write_text("[default]\nregion = ca-central-1\n[profile mail]\nregion = sa-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(profile))
    assert "ca-central-1" == _configured(_config(ses)).check({}, NEWS).inputs["region"]
    assert "sa-east-1" == _configured(_config(ses, **{"aws:profile": "mail"})).check({}, NEWS).inputs["region"]
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-gov-west-1")
    assert "us-gov-west-1" == _configured(_config(ses)).check({}, NEWS).inputs["region"]


def test_a_replacement_keeps_the_region(ses: SesStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second check of a replacement has no state, and still uses the region of the resource."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    news = {"identity": "example.org", "mail_from_domain": "bounce.example.org"}
    for urn in ("urn:a", None):
        provider = _configured(_config(ses))
        checked = _check(provider, urn, INPUTS, news).inputs
        assert "us-east-1" == checked["region"]
        assert ["identity"] == provider.diff("us-east-1/example.com", STATE, checked).replaces
        assert "us-east-1" == _check(provider, urn, {}, news).inputs["region"]


@pytest.mark.parametrize("urns", [True, False])
def test_region_of_a_new_resource(
    ses: SesStandIn,
    monkeypatch: pytest.MonkeyPatch,
    urns: bool,  # noqa: FBT001
) -> None:
    """A new resource uses the region of the environment, even if one with the same inputs has another region."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    provider = _configured(_config(ses))
    existing = _check(provider, "urn:a" if urns else None, INPUTS, NEWS)
    new = _check(provider, "urn:b" if urns else None, {}, NEWS)
    assert ("us-east-1", "eu-west-1") == (existing.inputs["region"], new.inputs["region"])
    assert [] == existing.failures + new.failures


@pytest.mark.parametrize("urns", [True, False])
def test_a_replacement_that_ignores_changes(
    provider: MailFromDomainProvider,
    urns: bool,  # noqa: FBT001
) -> None:
    """The second check of a replacement has no ignore_changes, and does not contradict the first check."""
    urn = "urn:a" if urns else None
    news = {**INPUTS, "identity": "example.org", "mail_from_domain": "old.example.org"}
    ignoring = _check(provider, urn, STATE, news)
    diff = provider.diff("us-east-1/example.com", STATE, ignoring.inputs)
    assert ["identity"] == diff.replaces
    again = _check(provider, urn, {}, {**news, "mail_from_domain": "new.example.org"})
    assert [] == ignoring.failures + again.failures
    assert "new.example.org" == again.inputs["mail_from_domain"]
    other = _check(provider, "urn:b" if urns else None, {}, {**news, "mail_from_domain": "old.example.org"})
    ((name, reason),) = _reasons(other.failures)
    assert ("mail_from_domain", True) == (name, "'new.example.org' by another resource" in reason)


def test_checks_of_several_resources_at_a_time(provider: MailFromDomainProvider) -> None:
    """With URNs, resources are distinguished in any order of calls."""
    moved = {**INPUTS, "identity": "example.org", "mail_from_domain": "bounce.example.org"}
    _check(provider, "urn:a", STATE, moved)
    _check(provider, "urn:b", {}, {**INPUTS, "region": "eu-west-1"})
    assert provider.diff("us-east-1/example.com", STATE, moved).replaces
    assert [] == _check(provider, "urn:c", {}, {**INPUTS, "region": "eu-west-2"}).failures
    assert [] == _check(provider, "urn:a", {}, {**moved, "behavior_on_mx_failure": "RejectMessage"}).failures


def test_a_missing_profile(ses: SesStandIn) -> None:
    """A missing profile is a problem of the region, if the region would come from it."""
    provider = _configured({"aws:profile": "nowhere"})
    ((name, reason),) = _reasons(provider.check({}, NEWS).failures)
    assert "region" == name
    assert "The config profile (nowhere) could not be found" in reason


def test_an_invalid_setting(ses: SesStandIn) -> None:
    """An invalid setting in the config is one failure of check, and an error of the other operations."""
    provider = _configured({"aws:httpsProxy": "http://proxy"})
    ((_, reason),) = _reasons(provider.check({}, NEWS).failures)
    assert "the stack's config aws:httpsProxy does not reach this resource" in reason
    with pytest.raises(ValueError, match="aws:httpsProxy"):
        provider.delete("us-east-1/example.com", STATE)


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\nb", "x" * 100_000, "\u202e", "nul\x00"])
def test_unprintable_values(provider: MailFromDomainProvider, text: str) -> None:
    """An unprintable or long value is not shown: the reason names the property, or the engine would print the value."""
    ((name, reason),) = _reasons(provider.check({}, {**NEWS, "mail_from_domain": text}).failures)
    assert ("", True) == (name, reason.startswith("mail_from_domain: "))
    assert reason.isprintable()
    assert len(reason) < 500


def test_contradicting_declarations(provider: MailFromDomainProvider) -> None:
    """Different declarations of one identity are rejected, with both values."""
    assert [] == provider.check({}, NEWS).failures
    assert [] == provider.check({}, NEWS).failures
    ((name, reason),) = _reasons(provider.check({}, {**NEWS, "mail_from_domain": "b.example.com"}).failures)
    assert "mail_from_domain" == name
    assert reason.startswith("'b.example.com' is declared here, and 'bounce.example.com' by another resource")
    ((name, reason),) = _reasons(provider.check({}, {**NEWS, "behavior_on_mx_failure": "RejectMessage"}).failures)
    assert "behavior_on_mx_failure" == name
    assert "'RejectMessage' is declared here, and 'UseDefaultValue'" in reason


def test_get(provider: MailFromDomainProvider, ses: SesStandIn) -> None:
    """`get` reads without state, and raises an error if nothing is set."""
    with pytest.raises(MailFromDomainNotFound, match="there is nothing to read"):
        provider.read("us-east-1/Example.com", {"__provider": "x"})
    provider = _configured(_config(ses))
    ses.put(REGION, "example.com", "bounce.example.com")
    read = provider.read("us-east-1/Example.com", {"__provider": "x"})
    assert ("us-east-1/example.com", {**STATE, "mail_from_domain_status": "Success"}) == (read.id, read.outs)


@pytest.mark.parametrize("id_", ["example.com", "us-east-1/", "mars/example.com", ""])
def test_an_invalid_id(provider: MailFromDomainProvider, id_: str) -> None:
    """An invalid id is an error that shows a valid one."""
    with pytest.raises(ValueError, match=r"such as|give a domain"):
        provider.read(id_, {"__provider": "x"})


def test_traceback(provider: MailFromDomainProvider, ses: SesStandIn) -> None:
    """The traceback of an error has one frame of this package, none of botocore, no cause, and the message last."""
    ses.deny(SET)
    try:
        provider.create(INPUTS)
    except Exception:  # noqa: BLE001
        text = traceback.format_exc()
    frames = [line for line in text.splitlines() if line.startswith("  File")]
    assert 1 == len([frame for frame in frames if "pulumi_ses_mail_from_provider" in frame])
    assert "botocore" not in text
    assert "During handling" not in text
    last = text.splitlines()[-1]
    assert "SES answered AccessDenied: User: arn:aws:iam::123456789012" in last
    assert last.endswith(
        'Allow these credentials the IAM action ses:SetIdentityMailFromDomain (actions of ses on Resource "*").'
    )


def test_without_configure(monkeypatch: pytest.MonkeyPatch, ses: SesStandIn) -> None:
    """A provider that was not configured uses the AWS environment."""
    for name, value in (
        ("AWS_ENDPOINT_URL", ses.url),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
    ):
        monkeypatch.setenv(name, value)
    assert STATE == MailFromDomainProvider().create(INPUTS).outs
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")


def test_create_without_check(provider: MailFromDomainProvider, ses: SesStandIn) -> None:
    """Create validates inputs that were not checked, as the engine may create resources outside of a target."""
    assert STATE == provider.create({"identity": "Example.com", "mail_from_domain": "Bounce.example.com."}).outs
    with pytest.raises(ValueError, match=r"mail_from_domain: 'example\.org' is not a subdomain"):
        provider.create({"identity": "Example.com", "mail_from_domain": "example.org"})
