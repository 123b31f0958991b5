from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from typing import Any, cast

import pulumi
import pulumi.runtime.settings
import pytest
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

from mocked_engine import TidyMonitor
from pulumi_ses_mail_from import (
    BehaviorOnMXFailure,
    DnsRecord,
    MailFromDomain,
    MailFromDomainArgs,
    mail_from_dns_records,
)

_program = cast("Callable[[Callable[[_Recorder], Any]], Callable[[_Recorder], None]]", pulumi.runtime.test)


class _Recorder(Mocks):
    def __init__(self) -> None:
        self.resources: list[MockResourceArgs] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.resources.append(args)
        computed = {
            "mail_from_domain_status": "Pending",
            "dns_records": mail_from_dns_records("bounce.example.com", "us-east-1"),
        }
        return f"{args.name}-id", {**args.inputs, **computed}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], None]:
        raise AssertionError(args.token)


@pytest.fixture
def recorder() -> Iterator[_Recorder]:
    """A program runs without an engine."""
    recorder, loop = _Recorder(), asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    pulumi.runtime.set_mocks(recorder, preview=False, monitor=TidyMonitor(recorder))
    yield recorder
    pulumi.runtime.settings.reset_options()
    for task in asyncio.all_tasks(loop):  # of a program that was refused half-way
        task.cancel()
        loop.run_until_complete(asyncio.wait([task]))
    pulumi.runtime.settings.SETTINGS.outputs.clear()
    asyncio.set_event_loop(None)
    loop.close()


def _declared(recorder: _Recorder) -> dict[str, Any]:
    (resource,) = recorder.resources
    assert resource.typ == "pulumi-python:dynamic/ses:MailFromDomain"
    return {name: value for name, value in resource.inputs.items() if name != "__provider" and value is not None}


EVERYTHING: dict[str, Any] = {
    "identity": "example.com",
    "mail_from_domain": "bounce.example.com",
    "behavior_on_mx_failure": "RejectMessage",
    "region": "us-east-1",
    "overwrite": True,
}


@_program
def test_keyword_arguments(recorder: _Recorder) -> Any:
    """Inputs may be keyword arguments."""
    mail_from = MailFromDomain("bounce", **EVERYTHING)

    def check(_: Any) -> None:
        assert EVERYTHING == _declared(recorder)

    return mail_from.urn.apply(check)


@_program
def test_args_object(recorder: _Recorder) -> Any:
    """Inputs may be a MailFromDomainArgs, and options come third."""
    args = MailFromDomainArgs(
        identity="example.com",
        mail_from_domain="bounce.example.com",
        behavior_on_mx_failure=BehaviorOnMXFailure.REJECT_MESSAGE,
        region=pulumi.Output.from_input("us-east-1"),
        overwrite=True,
    )
    mail_from = MailFromDomain("bounce", args, pulumi.ResourceOptions(protect=True))

    def check(_: Any) -> None:
        assert EVERYTHING == _declared(recorder)

    return mail_from.urn.apply(check)


@_program
def test_options_may_come_second(recorder: _Recorder) -> Any:
    """As with generated SDKs, options may be the second argument where inputs are keyword arguments."""
    options = pulumi.ResourceOptions(retain_on_delete=True)
    mail_from = MailFromDomain("bounce", options, **EVERYTHING)

    def check(_: Any) -> None:
        assert EVERYTHING == _declared(recorder)

    return mail_from.urn.apply(check)


@_program
def test_outputs(recorder: _Recorder) -> Any:
    """Every output is an attribute, the records are dictionaries, and their numbers are integers."""
    mail_from = MailFromDomain("bounce", **EVERYTHING)

    def check(values: list[Any]) -> None:
        identity, status, records, account = values
        assert (identity, status, account) == ("example.com", "Pending", None)
        expected = mail_from_dns_records("bounce.example.com", "us-east-1")
        assert expected == records
        mx, txt = records
        assert [int, int] == [type(mx["ttl"]), type(mx["priority"])]
        assert "priority" not in txt

    outputs = (mail_from.identity, mail_from.mail_from_domain_status, mail_from.dns_records, mail_from.account_id)
    return pulumi.Output.all(*outputs).apply(check)


@_program
def test_records_have_attributes(recorder: _Recorder) -> Any:
    """A record's values are attributes as well."""
    mail_from = MailFromDomain("bounce", **EVERYTHING)

    def check(records: list[DnsRecord]) -> None:
        mx, txt = records
        assert list(mx.values()) == [mx.name, mx.type, mx.ttl, mx.priority, mx.value, mx.record]
        assert txt.priority is None

    return mail_from.dns_records.apply(check)


@_program
def test_get(recorder: _Recorder) -> Any:
    """`get` reads by id."""
    mail_from = MailFromDomain.get("theirs", "us-east-1/example.com")

    def check(_: Any) -> None:
        (resource,) = recorder.resources
        assert resource.resource_id == "us-east-1/example.com"

    return mail_from.urn.apply(check)


class _Provider(pulumi.ProviderResource):
    def __init__(self) -> None:
        super().__init__("aws", "west", {})


@pytest.mark.parametrize("way", ["provider", "providers", "get"])
def test_a_provider_is_refused(recorder: _Recorder, way: str) -> None:
    """Pulumi drops the option in silence, and would write with other credentials."""
    provider = _Provider()
    options = (
        pulumi.ResourceOptions(providers=[provider])
        if way == "providers"
        else pulumi.ResourceOptions(provider=provider)
    )
    declare: Callable[[], MailFromDomain] = lambda: MailFromDomain("bounce", opts=options, **EVERYTHING)  # noqa: E731
    get: Callable[[], MailFromDomain] = lambda: MailFromDomain.get("bounce", "us-east-1/example.com", options)  # noqa: E731
    with pytest.raises(ValueError, match=r"'bounce' cannot use opts\.provider: .*\(aws:profile"):
        (get if way == "get" else declare)()
    assert not [resource for resource in recorder.resources if "MailFromDomain" in resource.typ]


def test_an_import_is_refused(recorder: _Recorder) -> None:
    """The engine's own error for it says nothing."""
    options = pulumi.ResourceOptions(import_="us-east-1/example.com")
    with pytest.raises(ValueError, match=r"cannot use opts\.import_: .* is adopted"):
        MailFromDomain("bounce", opts=options, **EVERYTHING)
    assert [] == recorder.resources


def test_arguments_that_do_not_fit_together(recorder: _Recorder) -> None:
    """A misspelt argument, or inputs given in both ways, is a TypeError in the program."""
    with pytest.raises(TypeError, match="has no argument 'domain', only identity, mail_from_domain"):
        MailFromDomain("bounce", **EVERYTHING, domain="x")  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="not both"):
        MailFromDomain("bounce", MailFromDomainArgs("a.example", "b.a.example"), region="us-east-1")  # type: ignore[call-overload]
    assert [] == recorder.resources


def test_every_public_name_has_a_docstring() -> None:
    """Editors show them."""
    import pulumi_ses_mail_from  # noqa: PLC0415

    for name in pulumi_ses_mail_from.__all__:
        assert inspect.getdoc(getattr(pulumi_ses_mail_from, name)), name
