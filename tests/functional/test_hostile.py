"""Arbitrary text in inputs, config and responses: clear errors, only printable output, and no injection into calls."""

from __future__ import annotations

import functools
import io
import json
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from typing import Any
from xml.sax.saxutils import quoteattr

import hypothesis
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pulumi.dynamic import Config, ConfigureRequest

from pulumi_ses_mail_from_provider.dynamic import MailFromDomainProvider
from pulumi_ses_mail_from_provider.engine.config import AWS_KEYS, OWN_KEYS, REFUSED_KEYS
from pulumi_ses_mail_from_provider.engine.lifecycle import Lifecycle
from pulumi_ses_mail_from_provider.rules.errors import InvalidConfig, InvalidInput, MailFromError
from pulumi_ses_mail_from_provider.rules.schema import MAIL_FROM_DOMAIN, names
from support.stand_in import SesStandIn, garbage

from .conftest import REGION, SECRET_KEY, Time, new_process
from .test_lifecycle import STATE

GET, SET = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain"

# Fewer examples, because each makes HTTP calls or a boto3 session.
FEWER = hypothesis.settings(max_examples=max(10, hypothesis.settings().max_examples // 4))

NASTY = st.sampled_from(
    [
        "\x00", "\x1b[2J\x1b[31m", "\x9b31m", "\r\nX-Injected: 1", "a\nb", "'\"`$(id)", "&Action=DeleteIdentity",
        "%26%00", "<!--", "]]>", "&lt;", "../../etc/passwd", "\u202egnp.exe", "\ud800", "\ufeff", "ex\u0430mple.com",
        "{}", "[]", "null", "1e999", "-0", '{"a":', "http://[::1",
    ]
) | st.sampled_from("x[9").map(lambda letter: letter * 100_000)  # fmt: skip
TEXT = st.one_of(NASTY, st.text(max_size=60), st.builds(lambda a, b: f"{a}.example.com{b}", NASTY, NASTY))


def _provider(config: dict[str, str]) -> MailFromDomainProvider:
    """Return a provider in a new process, configured as by the engine, with a fake clock."""
    new_process()
    provider = MailFromDomainProvider()
    provider.configure(ConfigureRequest(Config(config, "project")))
    if isinstance(provider._configured, Lifecycle):
        provider._configured = Lifecycle(provider._configured._connections, print, Time())
    return provider


def _assert_printable(lines: list[str], limit: int = 2_000) -> None:
    for line in lines:
        assert line.isprintable(), line[:200]
        assert len(line) < limit


def _texts(value: object) -> Iterator[str]:
    """Yield all strings in a value of state."""
    if isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, str):
        yield value


def _run(*operations: Callable[[], Any]) -> list[str]:
    """Run operations and return all text for the user and for state. They may only raise errors of this package."""
    shown: list[str] = []
    stdout = io.StringIO()
    with redirect_stdout(stdout):
        for operation in operations:
            try:
                result = operation()
            except (MailFromError, InvalidInput, InvalidConfig) as failure:
                shown.append(str(failure))
                continue
            shown += [failure.reason for failure in getattr(result, "failures", [])]
            if not hasattr(result, "failures"):
                shown += _texts(getattr(result, "outs", None))
    return shown + stdout.getvalue().splitlines()


@pytest.fixture(scope="module")
def server() -> Iterator[SesStandIn]:
    """A stand-in for all examples of all tests."""
    with SesStandIn(rate=None) as ses:
        ses.verify(REGION, "example.com")
        yield ses


def _config(ses: SesStandIn) -> dict[str, str]:
    return {
        "aws:accessKey": "AKIDEXAMPLE",
        "aws:secretKey": SECRET_KEY,
        "aws:maxRetries": "0",
        "aws:endpoints": json.dumps([{"ses": ses.url, "sts": ses.url}]),
        "aws:region": REGION,
    }


KEYS = sorted([*(f"aws:{key}" for key in (*AWS_KEYS, *REFUSED_KEYS)), *(f"ses-mail-from:{key}" for key in OWN_KEYS)])
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | TEXT,
    lambda part: (
        st.lists(part, max_size=3)
        | st.dictionaries(st.sampled_from(["roleArn", "tags", "duration", "policyArns", "ses"]), part)
    ),
    max_leaves=6,
)
VALUES = st.one_of(TEXT, JSON.map(json.dumps))


@FEWER
@given(config=st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1, max_size=3))
@example(config={"aws:assumeRole": '{"roleArn":"a","tags":["x"]}'})
@example(config={"aws:profile": "a\nb\x1b[31m"})
@example(config={"aws:sharedConfigFiles": "a\x00b", "aws:region": ""})
@example(config={"aws:stsRegion": "us-east-1\r\nX: y"})
@example(config={"aws:endpoints": '{"ses":"http://127.0.0.1:1/\\r\\nX: y"}'})
@example(config={"aws:customCaBundle": "a\x00b"})
@example(config={"ses-mail-from:requestsPerSecond": "1e-320"})
def test_any_config(server: SesStandIn, config: dict[str, str]) -> None:
    """With any config, the operations either succeed or fail with a printable error without credentials."""
    provider = _provider({**_config(server), **config})
    declared = {"identity": "example.com", "mail_from_domain": "bounce.example.com"}
    checked: dict[str, Any] = {}

    def check() -> Any:
        result = provider.check({}, declared)
        checked.update(result.inputs)
        return result

    inputs = {**declared, "behavior_on_mx_failure": "UseDefaultValue", "region": REGION, "overwrite": True}
    shown = _run(
        check,
        lambda: provider.diff("", STATE, inputs),
        lambda: provider.create(inputs),
        lambda: provider.read("us-east-1/example.com", STATE),
        lambda: provider.delete("us-east-1/example.com", STATE),
    )
    _assert_printable(shown)
    assert not [line for line in shown if SECRET_KEY in line]


@FEWER
@given(
    news=st.fixed_dictionaries({}, optional=dict.fromkeys(names(MAIL_FROM_DOMAIN.inputs), st.one_of(TEXT, JSON))),
    id_=TEXT,
)
def test_any_input(server: SesStandIn, news: dict[str, Any], id_: str) -> None:
    """Any input gives either printable failures or calls whose identities are printable ASCII."""
    server.journal.clear()
    provider = _provider(_config(server))
    checked = provider.check({}, news)
    operations = [lambda: checked, lambda: provider.read(id_, {"__provider": "x"})]
    if not checked.failures:
        operations.append(lambda: provider.create(checked.inputs))
    _assert_printable(_run(*operations))
    for call in server.journal.calls():
        assert call.action in {GET, SET, "GetCallerIdentity"}
        assert all(identity.isascii() and identity.isprintable() for identity in call.identities)


def _response(entries: list[tuple[str, dict[str, str]]]) -> bytes:
    def text(value: str) -> str:
        return quoteattr(value)[1:-1]

    listed = "".join(
        f"<entry><key>{text(key)}</key><value>"
        + "".join(f"<{name}>{text(value)}</{name}>" for name, value in entry.items())
        + "</value></entry>"
        for key, entry in entries
    )
    body = (
        '<GetIdentityMailFromDomainAttributesResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/">'
        f"<GetIdentityMailFromDomainAttributesResult><MailFromDomainAttributes>{listed}</MailFromDomainAttributes>"
        "</GetIdentityMailFromDomainAttributesResult></GetIdentityMailFromDomainAttributesResponse>"
    )
    return body.encode(errors="surrogatepass")


ENTRY = st.dictionaries(
    st.sampled_from(["MailFromDomain", "MailFromDomainStatus", "BehaviorOnMXFailure", "Odd"]),
    st.one_of(TEXT, st.sampled_from(["bounce.example.com", "Success", "UseDefaultValue"])),
)
RESPONSES = st.one_of(
    st.binary(max_size=200),
    TEXT.map(lambda text: text.encode(errors="surrogatepass")),
    st.lists(st.tuples(st.one_of(st.just("example.com"), TEXT), ENTRY), max_size=3).map(_response),
)


def _reads(provider: MailFromDomainProvider, number: int) -> Iterator[Callable[[], Any]]:
    """Yield reads of other identities."""
    for each in range(number):
        yield functools.partial(provider.read, f"us-east-1/customer-{each}.example", STATE)


@FEWER
@given(response=RESPONSES, action=st.sampled_from([GET, SET, "ListIdentities", "GetCallerIdentity"]))
def test_any_response(server: SesStandIn, response: bytes, action: str) -> None:
    """Any response of AWS results in an error of this package or in a state, with printable and short text."""
    server.put(REGION, "example.com", "bounce.example.com")
    fault = server.inject(garbage(response), action=action)
    provider = _provider(_config(server))
    inputs = {name: STATE[name] for name in names(MAIL_FROM_DOMAIN.inputs)}
    try:
        _assert_printable(
            _run(
                lambda: provider.read("us-east-1/example.com", STATE),
                lambda: provider.create(inputs),
                lambda: provider.update("", STATE, {**inputs, "behavior_on_mx_failure": "RejectMessage"}),
                lambda: provider.delete("us-east-1/example.com", STATE),
                *_reads(provider, 4 if action == "ListIdentities" else 0),  # enough to make a ListIdentities call
            )
        )
        assert fault.hits > 0
    finally:
        server.heal(fault)
