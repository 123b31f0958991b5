"""The resource class `MailFromDomain` under Pulumi's mocks."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from typing import Any, cast

import pulumi
import pulumi.runtime.settings
import pytest
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

from pulumi_ses_mail_from import (
    BehaviorOnMXFailure,
    DnsRecord,
    MailFromDomain,
    MailFromDomainArgs,
    mail_from_dns_records,
)
from support.mocked_engine import TidyMonitor
from support.sdk import needs_get

_program = cast("Callable[[Callable[..., Any]], Callable[..., None]]", pulumi.runtime.test)


class _Recorder(Mocks):
    def __init__(self) -> None:
        self.resources: list[MockResourceArgs] = []
        self.requests: list[Any] = []  # requests to register a resource

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.resources.append(args)
        computed = {
            "managed_mail_from_domain": "bounce.example.com",
            "mail_from_domain_status": "Pending",
            "dns_records": mail_from_dns_records("bounce.example.com", "us-east-1"),
        }
        return f"{args.name}-id", {**args.inputs, **computed}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], None]:
        raise AssertionError(args.token)


class _Monitor(TidyMonitor):
    def __init__(self, recorder: _Recorder) -> None:
        super().__init__(recorder)
        self._requests = recorder.requests

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - Pulumi's
        self._requests.append(request)
        return super().RegisterResource(request)


@pytest.fixture
def recorder() -> Iterator[_Recorder]:
    """Records what a program declares, without an engine."""
    recorder, loop = _Recorder(), asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    pulumi.runtime.set_mocks(recorder, preview=False, monitor=_Monitor(recorder))
    yield recorder
    pulumi.runtime.settings.reset_options()
    for task in asyncio.all_tasks(loop):  # left by a program that has raised
        task.cancel()
        loop.run_until_complete(asyncio.wait([task]))
    pulumi.runtime.settings.SETTINGS.outputs.clear()
    asyncio.set_event_loop(None)
    loop.close()


def _declared(recorder: _Recorder) -> dict[str, Any]:
    (resource,) = recorder.resources
    assert resource.typ == "pulumi-python:dynamic/ses:MailFromDomain"
    return {name: value for name, value in resource.inputs.items() if name != "__provider" and value is not None}


INPUTS: dict[str, Any] = {
    "identity": "example.com",
    "mail_from_domain": "bounce.example.com",
    "behavior_on_mx_failure": "RejectMessage",
    "region": "us-east-1",
    "overwrite": True,
}


@_program
def test_keyword_arguments(recorder: _Recorder) -> Any:
    """Inputs can be keyword arguments."""
    mail_from = MailFromDomain("bounce", **INPUTS)

    def check(_: Any) -> None:
        assert INPUTS == _declared(recorder)

    return mail_from.urn.apply(check)


@_program
def test_args_object(recorder: _Recorder) -> Any:
    """Inputs can be a MailFromDomainArgs, with options as the third argument."""
    args = MailFromDomainArgs(
        identity="example.com",
        mail_from_domain="bounce.example.com",
        behavior_on_mx_failure=BehaviorOnMXFailure.REJECT_MESSAGE,
        region=pulumi.Output.from_input("us-east-1"),
        overwrite=True,
    )
    mail_from = MailFromDomain("bounce", args, pulumi.ResourceOptions(protect=True))

    def check(_: Any) -> None:
        assert INPUTS == _declared(recorder)

    return mail_from.urn.apply(check)


@_program
def test_options_may_come_second(recorder: _Recorder) -> Any:
    """As in generated SDKs, options can be the second argument if inputs are keyword arguments."""
    options = pulumi.ResourceOptions(retain_on_delete=True)
    mail_from = MailFromDomain("bounce", options, **INPUTS)

    def check(_: Any) -> None:
        assert INPUTS == _declared(recorder)

    return mail_from.urn.apply(check)


@_program
def test_outputs(recorder: _Recorder) -> Any:
    """Every output is an attribute, the records are dictionaries, and numbers in them are integers."""
    mail_from = MailFromDomain("bounce", **INPUTS)

    def check(values: list[Any]) -> None:
        identity, managed, status, records, account = values
        assert (identity, managed, status, account) == ("example.com", "bounce.example.com", "Pending", None)
        expected = mail_from_dns_records("bounce.example.com", "us-east-1")
        assert expected == records
        mx, txt = records
        assert [int, int] == [type(mx["ttl"]), type(mx["priority"])]
        assert "priority" not in txt

    outputs = (
        mail_from.identity,
        mail_from.managed_mail_from_domain,
        mail_from.mail_from_domain_status,
        mail_from.dns_records,
        mail_from.account_id,
    )
    return pulumi.Output.all(*outputs).apply(check)


@_program
def test_records_have_attributes(recorder: _Recorder) -> Any:
    """The values of a record are also attributes."""
    mail_from = MailFromDomain("bounce", **INPUTS)

    def check(records: list[DnsRecord]) -> None:
        mx, txt = records
        assert list(mx.values()) == [mx.name, mx.type, mx.ttl, mx.priority, mx.value, mx.record]
        assert txt.priority is None

    return mail_from.dns_records.apply(check)


@needs_get
@_program
def test_get(recorder: _Recorder) -> Any:
    """`get` reads a resource by its id."""
    mail_from = MailFromDomain.get("theirs", "us-east-1/example.com")

    def check(_: Any) -> None:
        (resource,) = recorder.resources
        assert resource.resource_id == "us-east-1/example.com"

    return mail_from.urn.apply(check)


async def _later(value: Any) -> Any:
    return value


@needs_get
@pytest.mark.parametrize(
    ("form", "spelling"),
    [
        (str, "US-East-1/Example.com."),
        (str, "us-east-1/jane@EXAMPLE.com"),
        (str, "us-east-1/bücher.example"),
        (pulumi.Output.from_input, "us-east-1/EXAMPLE.com"),
        (_later, "us-east-1/EXAMPLE.com"),
    ],
)
@_program
def test_get_normalises_the_id(recorder: _Recorder, form: Callable[[str], pulumi.Input[str]], spelling: str) -> Any:
    """`get` normalises the id, because the engine compares ids as text."""
    mail_from = MailFromDomain.get("theirs", form(spelling))

    def check(_: Any) -> None:
        (resource,) = recorder.resources
        expected = {
            "us-east-1/jane@EXAMPLE.com": "us-east-1/jane@example.com",
            "us-east-1/bücher.example": "us-east-1/xn--bcher-kva.example",
        }
        assert expected.get(spelling, "us-east-1/example.com") == resource.resource_id

    return mail_from.urn.apply(check)


@needs_get
@pytest.mark.parametrize(
    ("resource_id", "reason"),
    [
        ("example.com", "give '<region>/<identity>', such as 'us-east-1/example.com'"),
        ("us-east-1a/example.com", "did you mean us-east-1?"),
        (None, "give '<region>/<identity>'"),
    ],
)
def test_get_with_an_invalid_id(recorder: _Recorder, resource_id: Any, reason: str) -> None:
    """`get` raises ValueError for an invalid id, and shows the right form."""
    with pytest.raises(ValueError, match="MailFromDomain 'theirs': ") as raised:
        MailFromDomain.get("theirs", resource_id)
    assert reason in str(raised.value)
    assert [] == recorder.resources


@pytest.mark.parametrize("version", ["3.216.0", "3.269.9"])
def test_get_with_an_old_sdk(recorder: _Recorder, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """An SDK that cannot serve `get` is refused in the program, with the version that is needed."""
    monkeypatch.setattr(metadata, "version", lambda _: version)
    reason = (
        rf"\.get\('theirs'\) needs the Pulumi SDK 3\.270 or newer, but {version} is installed: require pulumi>=3\.270"
    )
    with pytest.raises(RuntimeError, match=reason):
        MailFromDomain.get("theirs", "us-east-1/example.com")
    assert [] == recorder.resources


def _requested(recorder: _Recorder) -> tuple[Any, list[str]]:
    """Return the names of the secret inputs, and the additional secret outputs."""
    (request,) = (request for request in recorder.requests if request.name == "bounce")
    names = pulumi.runtime.rpc.deserialize_properties(request.object).get("secret_inputs")
    return names, sorted(request.additionalSecretOutputs)


DERIVED = ["dns_records", "managed_mail_from_domain"]


def _unknown_secret() -> pulumi.Output[Any]:
    return pulumi.Output(set(), _later(None), is_known=_later(value=False), is_secret=_later(value=True))


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        ({}, (None, [])),
        ({"region": _later}, (None, [])),
        ({"region": pulumi.Output.from_input}, (None, [])),
        ({"identity": pulumi.Output.secret}, (["identity"], DERIVED)),
        ({"mail_from_domain": pulumi.Output.secret}, (["mail_from_domain"], DERIVED)),
        ({"region": pulumi.Output.secret}, (["region"], DERIVED)),
        ({"overwrite": pulumi.Output.secret}, (["overwrite"], [])),
        (
            {"mail_from_domain": pulumi.Output.secret, "behavior_on_mx_failure": pulumi.Output.secret},
            (["behavior_on_mx_failure", "mail_from_domain"], DERIVED),
        ),
        ({"identity": lambda value: _later(pulumi.Output.secret(value))}, (["identity"], DERIVED)),
        ({"identity": lambda _: _unknown_secret()}, (["identity"], DERIVED)),
    ],
)
@_program
def test_secret_inputs(recorder: _Recorder, secret: Mapping[str, Callable[[Any], Any]], expected: Any) -> Any:
    """Outputs that contain a secret input are secret too, and the provider receives the names of the secret inputs."""
    inputs = {name: secret.get(name, lambda same: same)(value) for name, value in INPUTS.items()}
    mail_from = MailFromDomain("bounce", **inputs)

    def check(_: Any) -> None:
        assert expected == _requested(recorder)

    return mail_from.urn.apply(check)


@pytest.mark.parametrize(("identity", "derived"), [(pulumi.Output.secret, DERIVED), (str, [])])
@_program
def test_additional_secret_outputs_of_the_program(
    recorder: _Recorder, identity: Callable[[str], Any], derived: list[str]
) -> Any:
    """Outputs that the program makes secret stay secret, and its options are not modified."""
    options = pulumi.ResourceOptions(additional_secret_outputs=["dns_records", "account_id"])
    mail_from = MailFromDomain("bounce", options, **INPUTS | {"identity": identity("example.com")})

    def check(_: Any) -> None:
        _, outputs = _requested(recorder)
        assert sorted(["dns_records", "account_id", *derived]) == outputs
        assert ["dns_records", "account_id"] == options.additional_secret_outputs

    return mail_from.urn.apply(check)


@_program
def test_a_transformation_does_not_disclose_secrets(recorder: _Recorder) -> Any:
    """Outputs that contain a secret stay secret if a transformation copies the options."""

    def transformation(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
        more = pulumi.ResourceOptions(additional_secret_outputs=["account_id"])
        return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, more))

    options = pulumi.ResourceOptions(transformations=[transformation])
    mail_from = MailFromDomain("bounce", options, **INPUTS | {"identity": pulumi.Output.secret("example.com")})

    def check(_: Any) -> None:
        assert (["identity"], ["account_id", *DERIVED]) == _requested(recorder)

    return mail_from.urn.apply(check)


class _Provider(pulumi.ProviderResource):
    def __init__(self) -> None:
        super().__init__("aws", "west", {})


@pytest.mark.parametrize("form", ["provider", "providers", pytest.param("get", marks=needs_get)])
def test_a_provider_is_rejected(recorder: _Recorder, form: str) -> None:
    """A provider in the options is an error, because Pulumi would silently use other credentials."""
    provider = _Provider()
    options = (
        pulumi.ResourceOptions(providers=[provider])
        if form == "providers"
        else pulumi.ResourceOptions(provider=provider)
    )
    declare: Callable[[], MailFromDomain] = lambda: MailFromDomain("bounce", opts=options, **INPUTS)  # noqa: E731
    get: Callable[[], MailFromDomain] = lambda: MailFromDomain.get("bounce", "us-east-1/example.com", options)  # noqa: E731
    with pytest.raises(ValueError, match=r"'bounce' cannot use opts\.provider: .*\(aws:profile"):
        (get if form == "get" else declare)()
    assert not [resource for resource in recorder.resources if "MailFromDomain" in resource.typ]


def test_an_import_is_rejected(recorder: _Recorder) -> None:
    """import_ in the options is an error that names the alternative."""
    options = pulumi.ResourceOptions(import_="us-east-1/example.com")
    with pytest.raises(ValueError, match=r"cannot use opts\.import_: .* is adopted"):
        MailFromDomain("bounce", opts=options, **INPUTS)
    assert [] == recorder.resources


def test_invalid_arguments(recorder: _Recorder) -> None:
    """An unknown argument, or inputs given in both forms, is a TypeError in the program."""
    with pytest.raises(TypeError, match="has no argument 'domain', only identity, mail_from_domain"):
        MailFromDomain("bounce", **INPUTS, domain="x")  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="not both"):
        MailFromDomain("bounce", MailFromDomainArgs("a.example", "b.a.example"), region="us-east-1")  # type: ignore[call-overload]
    assert [] == recorder.resources


@pytest.mark.parametrize(
    "positional",
    [
        ("example.com", "bounce.example.com"),
        ("example.com",),
        ("example.com", "bounce.example.com", "RejectMessage", "us-east-1"),
        (None, None, "bounce.example.com"),
        (pulumi.ResourceOptions(), None, "bounce.example.com"),
        ({"identity": "example.com", "mail_from_domain": "bounce.example.com"},),
    ],
)
def test_inputs_by_position(recorder: _Recorder, positional: tuple[Any, ...]) -> None:
    """Inputs by position are a TypeError that shows what to write."""
    with pytest.raises(TypeError) as raised:
        MailFromDomain("bounce", *positional)
    assert (
        "MailFromDomain 'bounce' takes its inputs as keyword arguments: write MailFromDomain('bounce',"
        " identity='example.com', mail_from_domain='bounce.example.com'), or give them as one"
        " MailFromDomainArgs(identity=…, mail_from_domain=…)"
    ) == str(raised.value)
    assert [] == recorder.resources


@pytest.mark.parametrize(
    ("positional", "keywords", "reason"),
    [
        ((None, {"protect": True}), {}, "opts must be pulumi.ResourceOptions, not dict"),
        ((MailFromDomainArgs("a.example", "b.a.example"), "us-east-1"), {}, "opts must be pulumi.ResourceOptions, not"),
        ((), {"opts": "x"}, "opts must be pulumi.ResourceOptions, not str"),
        ((pulumi.ResourceOptions(),), {"opts": "x"}, "opts must be pulumi.ResourceOptions, not str"),
        ((None, None), {"opts": None}, "opts is given twice"),
        ((None,), {"args": None}, "args is given twice"),
    ],
)
def test_options_of_another_type(
    recorder: _Recorder, positional: tuple[Any, ...], keywords: dict[str, Any], reason: str
) -> None:
    """Options of another type, or given twice, are a TypeError that names the resource."""
    with pytest.raises(TypeError, match=f"MailFromDomain 'bounce': {reason}"):
        MailFromDomain("bounce", *positional, **keywords)
    assert [] == recorder.resources


def test_every_public_name_has_a_docstring() -> None:
    """Every public name has a docstring, which editors show."""
    import pulumi_ses_mail_from  # noqa: PLC0415

    for name in pulumi_ses_mail_from.__all__:
        assert inspect.getdoc(getattr(pulumi_ses_mail_from, name)), name
