"""The native plugin, spoken to over gRPC as the engine does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from pulumi_ses_mail_from_provider.plugin import server, version
from pulumi_ses_mail_from_provider.plugin.values import Properties, from_struct, to_struct
from pulumi_ses_mail_from_provider.rules.model import UNKNOWN
from pulumi_ses_mail_from_provider.rules.records import mail_from_dns_records
from support.stand_in import INTERNAL_FAILURE, MailFrom, SesStandIn

from .conftest import REGION

GET, SET = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain"
ID = "us-east-1/example.com"
URN = "urn:pulumi:test::mail::ses-mail-from:index:MailFromDomain::bounce"
WAIT_URN = "urn:pulumi:test::mail::ses-mail-from:index:MailFromDomainVerification::verified"
INPUTS = {
    "identity": "example.com",
    "mail_from_domain": "bounce.example.com",
    "behavior_on_mx_failure": "UseDefaultValue",
    "region": REGION,
    "overwrite": False,
}
STATE = {
    **INPUTS,
    "account_id": "123456789012",
    "mail_from_domain_status": "Pending",
    "dns_records": mail_from_dns_records("bounce.example.com", REGION),
    "managed_mail_from_domain": "bounce.example.com",
}


class Plugin:
    """The plugin as the engine sees it."""

    def __init__(self, stub: provider_pb2_grpc.ResourceProviderStub, ses: SesStandIn) -> None:
        self.stub, self._ses = stub, ses

    def configure(self, **config: Any) -> Any:
        """Configure it for the stand-in, as the engine encodes the config."""
        return self.stub.Configure(provider_pb2.ConfigureRequest(args=to_struct(self.config(**config))))

    def config(self, **more: Any) -> dict[str, Any]:
        """A config that leads to the stand-in."""
        endpoints = json.dumps({"ses": self._ses.url, "sts": self._ses.url})
        base = {"accessKey": "AKIDEXAMPLE", "secretKey": "hush-hush", "maxRetries": "0", "endpoints": endpoints}
        return {**base, "region": REGION, **more}

    def check(self, news: Mapping[str, Any], *secrets: str, olds: Mapping[str, Any] | None = None) -> Any:
        """Check a MAIL FROM domain."""
        request = provider_pb2.CheckRequest(urn=URN, olds=to_struct(olds or {}), news=to_struct(news, secrets))
        return self.stub.Check(request)

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Any:
        """Compare."""
        request = provider_pb2.DiffRequest(id=ID, urn=URN, olds=to_struct(olds), news=to_struct(news))
        return self.stub.Diff(request)

    def create(self, news: Mapping[str, Any], *secrets: str, **more: Any) -> Any:
        """Create."""
        request = provider_pb2.CreateRequest(urn=URN, properties=to_struct(news, secrets), **more)
        return self.stub.Create(request)

    def read(self, state: Mapping[str, Any], inputs: Mapping[str, Any], *secrets: str, id_: str = ID) -> Any:
        """Read."""
        properties = to_struct(state, secrets)
        return self.stub.Read(
            provider_pb2.ReadRequest(id=id_, urn=URN, properties=properties, inputs=to_struct(inputs, secrets))
        )

    def update(self, olds: Mapping[str, Any], news: Mapping[str, Any], **more: Any) -> Any:
        """Update."""
        request = provider_pb2.UpdateRequest(id=ID, urn=URN, olds=to_struct(olds), news=to_struct(news), **more)
        return self.stub.Update(request)

    def delete(self, state: Mapping[str, Any], **more: Any) -> Any:
        """Delete."""
        return self.stub.Delete(provider_pb2.DeleteRequest(id=ID, urn=URN, properties=to_struct(state), **more))


@pytest.fixture
def unconfigured(ses: SesStandIn) -> Iterator[Plugin]:
    """A plugin that the engine has just started."""
    grpc_server, _, port = server.start("")
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Plugin(provider_pb2_grpc.ResourceProviderStub(channel), ses)
    grpc_server.stop(None).wait()


@pytest.fixture
def plugin(unconfigured: Plugin) -> Plugin:
    """A plugin that is configured."""
    response = unconfigured.configure()
    assert (True, True) == (response.acceptSecrets, response.supportsPreview)
    return unconfigured


def _properties(struct: Any) -> Properties:
    return from_struct(struct)


def test_life(plugin: Plugin, ses: SesStandIn) -> None:
    """Check, create, read, update and delete; properties have their native names on the wire."""
    checked = plugin.check({"identity": "Example.COM", "mail_from_domain": "Bounce.Example.com."})
    assert [] == list(checked.failures)
    assert INPUTS == _properties(checked.inputs).values
    assert "mailFromDomain" in checked.inputs
    created = plugin.create(INPUTS)
    assert (ID, STATE) == (created.id, _properties(created.properties).values)
    assert MailFrom("bounce.example.com", "UseDefaultValue", "Pending") == ses.mail_from(REGION, "example.com")
    ses.set_status(REGION, "example.com", "Success")
    plugin.configure()  # another run, which has read nothing yet
    read = plugin.read(STATE, INPUTS)
    assert {**STATE, "mail_from_domain_status": "Success"} == _properties(read.properties).values
    assert (ID, INPUTS) == (read.id, _properties(read.inputs).values)
    updated = plugin.update(STATE, {**INPUTS, "behavior_on_mx_failure": "RejectMessage"})
    assert "RejectMessage" == _properties(updated.properties).values["behavior_on_mx_failure"]
    plugin.delete(_properties(updated.properties).values)
    assert ses.mail_from(REGION, "example.com") is None
    assert "" == plugin.read(STATE, INPUTS).id


def test_a_preview_writes_nothing(plugin: Plugin, ses: SesStandIn) -> None:
    """A preview of create and update shows what is known: the records, if the domain is."""
    planned = _properties(plugin.create(INPUTS, preview=True).properties).values
    assert STATE["dns_records"] == planned["dns_records"]
    assert (UNKNOWN, UNKNOWN) == (planned["account_id"], planned["mail_from_domain_status"])
    unknown = _properties(plugin.create({**INPUTS, "mail_from_domain": UNKNOWN}, preview=True).properties).values
    assert (UNKNOWN, UNKNOWN) == (unknown["dns_records"], unknown["managed_mail_from_domain"])
    same = _properties(plugin.update(STATE, {**INPUTS, "overwrite": True}, preview=True).properties).values
    assert {**STATE, "overwrite": True} == same
    assert 0 == ses.journal.count(SET)


def test_detailed_diff(plugin: Plugin) -> None:
    """Each changed property is named; identity and region replace the resource."""
    assert (
        provider_pb2.DiffResponse.DIFF_NONE
        == plugin.diff({**STATE, "mail_from_domain_status": "Success"}, INPUTS).changes
    )
    moved = plugin.diff(STATE, {**INPUTS, "region": "eu-west-1", "overwrite": True})
    assert ["region"] == list(moved.replaces)
    assert moved.hasDetailedDiff
    kinds = {name: (detail.kind, detail.inputDiff) for name, detail in moved.detailedDiff.items()}
    replace, update = provider_pb2.PropertyDiff.UPDATE_REPLACE, provider_pb2.PropertyDiff.UPDATE
    assert {"region": (replace, True), "overwrite": (update, True)} == kinds
    unknown = plugin.diff(STATE, {**INPUTS, "mail_from_domain": UNKNOWN})
    assert ["mailFromDomain"] == list(unknown.diffs)


def test_a_status_that_has_moved(plugin: Plugin, ses: SesStandIn) -> None:
    """The status alone is an update, which is no change of an input."""
    plugin.check(INPUTS)
    ses.put(REGION, "example.com", "bounce.example.com", status="Success")
    diff = plugin.diff(STATE, INPUTS)
    assert {"mailFromDomainStatus": False} == {name: one.inputDiff for name, one in diff.detailedDiff.items()}


def test_state_of_the_dynamic_resource(plugin: Plugin, ses: SesStandIn) -> None:
    """It is an update, without a Set, that gives the outputs their native names."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Success")
    dynamic = {**STATE, "mail_from_domain_status": "Success", "__provider": "pickled"}
    request = provider_pb2.DiffRequest(id=ID, urn=URN, news=to_struct(INPUTS))
    request.olds.update(dynamic)
    diff = plugin.stub.Diff(request)
    assert (["__provider"], []) == (list(diff.diffs), list(diff.replaces))
    update = provider_pb2.UpdateRequest(id=ID, urn=URN, news=to_struct(INPUTS))
    update.olds.update(dynamic)
    updated = plugin.stub.Update(update).properties
    assert {**STATE, "mail_from_domain_status": "Success"} == _properties(updated).values
    assert not [name for name in updated if "_" in name]
    assert 0 == ses.journal.count(SET)


@pytest.mark.parametrize("secret", ["identity", "mail_from_domain", "region"])
def test_secrets(plugin: Plugin, ses: SesStandIn, secret: str) -> None:
    """A secret input stays secret, with the outputs that contain it: in check, preview, create, update and refresh."""
    assert {secret} == _properties(plugin.check(INPUTS, secret).inputs).secrets
    derived = {"dns_records"} | ({"managed_mail_from_domain"} if secret != "region" else set())
    for preview in (True, False):
        assert {secret, *derived} == _properties(plugin.create(INPUTS, secret, preview=preview).properties).secrets
    read = plugin.read(STATE, INPUTS, secret)
    assert {secret, *derived} == _properties(read.properties).secrets
    assert {secret} <= _properties(read.inputs).secrets
    assert 1 == ses.journal.count(SET)


def test_a_secret_that_is_not_valid(plugin: Plugin) -> None:
    """Its value stands in no message."""
    (failure,) = plugin.check({**INPUTS, "mail_from_domain": "hidden"}, "mail_from_domain").failures
    assert "mailFromDomain" == failure.property
    assert "hidden" not in failure.reason
    assert "subdomain of the identity's domain" in failure.reason


def test_problems_of_inputs(plugin: Plugin) -> None:
    """Each names its property as the program writes it, and says what would be right."""
    failures = plugin.check({"identity": "example.com", "mail_from_domain": "bounce", "overwrite": "yes"}).failures
    reasons = {failure.property: failure.reason for failure in failures}
    assert "did you mean bounce.example.com?" in reasons["mailFromDomain"]
    assert "'yes' is not a boolean: give true or false" == reasons["overwrite"]


def test_errors(plugin: Plugin, ses: SesStandIn) -> None:
    """One line, with the remedy as programs of any language write it, and a status code that fits."""
    ses.put(REGION, "example.com", "theirs.example.com")
    with pytest.raises(grpc.RpcError) as refused:
        plugin.create(INPUTS)
    assert grpc.StatusCode.FAILED_PRECONDITION == refused.value.code()
    details = refused.value.details()
    assert "\n" not in details
    assert "declare overwrite: true; to keep it, declare mailFromDomain: theirs.example.com" in details
    ses.inject(INTERNAL_FAILURE, action=SET, count=1)
    with pytest.raises(grpc.RpcError) as failed:
        plugin.create({**INPUTS, "overwrite": True})
    assert grpc.StatusCode.UNKNOWN == failed.value.code()  # whether it took effect is not known


def test_a_get(plugin: Plugin, ses: SesStandIn) -> None:
    """A read without state is an import or a `get`: of what is not there, an error."""
    with pytest.raises(grpc.RpcError) as missing:
        plugin.read({}, {})
    assert "there is nothing to read: no MAIL FROM domain is set" in missing.value.details()
    ses.put(REGION, "example.com", "bounce.example.com")
    read = plugin.read({}, {}, id_="us-east-1/Example.com")
    assert STATE["dns_records"] == _properties(read.properties).values["dns_records"]
    assert INPUTS == _properties(read.inputs).values


def test_config(unconfigured: Plugin) -> None:
    """Wrong and unknown keys are one line each, which names the key and never the value."""
    config = unconfigured.config(requestsPerSecond="often", regoin="x", version="0.1.0")
    request = provider_pb2.CheckRequest(news=to_struct(config))
    reasons = {failure.property: failure.reason for failure in unconfigured.stub.CheckConfig(request).failures}
    assert {"regoin", "requestsPerSecond"} == set(reasons)
    assert "did you mean ses-mail-from:region?" in reasons["regoin"]
    assert "is not valid: a number from 0.01 to 1000 is needed" == reasons["requestsPerSecond"]
    unknown = unconfigured.config(region=UNKNOWN)
    assert [] == list(unconfigured.stub.CheckConfig(provider_pb2.CheckRequest(news=to_struct(unknown))).failures)


def test_config_that_changes(plugin: Plugin) -> None:
    """Other credentials never replace the provider, nor what it manages."""
    diff = plugin.stub.DiffConfig(
        provider_pb2.DiffRequest(olds=to_struct(plugin.config()), news=to_struct(plugin.config(region="eu-west-1")))
    )
    assert (provider_pb2.DiffResponse.DIFF_SOME, []) == (diff.changes, list(diff.replaces))


def test_not_configured(unconfigured: Plugin) -> None:
    """Without a config, an operation says so."""
    with pytest.raises(grpc.RpcError) as refused:
        unconfigured.create(INPUTS)
    assert "the provider is not configured" == refused.value.details()


def test_the_engine_attaches(unconfigured: Plugin) -> None:
    """A process that was started by hand takes the address of the engine, and forgets an earlier run's ^C."""
    unconfigured.configure()
    unconfigured.stub.Cancel(plugin_pb2.PluginAttach())
    with pytest.raises(grpc.RpcError) as cancelled:
        unconfigured.create(INPUTS)
    assert grpc.StatusCode.CANCELLED == cancelled.value.code()
    unconfigured.stub.Attach(plugin_pb2.PluginAttach(address="127.0.0.1:1"))
    handshake = unconfigured.stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
    assert handshake.accept_secrets
    unconfigured.configure()
    assert ID == unconfigured.create(INPUTS).id


def test_functions(plugin: Plugin) -> None:
    """`getDnsRecords` returns the records; another function does not exist."""
    arguments = to_struct({"mail_from_domain": "bounce.example.com", "region": REGION})
    request = provider_pb2.InvokeRequest(tok="ses-mail-from:index:getDnsRecords", args=arguments)
    returned = from_struct(getattr(plugin.stub.Invoke(request), "return")).values
    assert {"records": STATE["dns_records"]} == returned
    with pytest.raises(grpc.RpcError) as missing:
        plugin.stub.Invoke(provider_pb2.InvokeRequest(tok="ses-mail-from:index:getMore"))
    assert "has no function ses-mail-from:index:getMore" in missing.value.details()


def test_info(unconfigured: Plugin) -> None:
    """Version and schema are those of the package; parameters are refused."""
    assert version() == unconfigured.stub.GetPluginInfo(plugin_pb2.PluginAttach()).version
    schema = json.loads(unconfigured.stub.GetSchema(provider_pb2.GetSchemaRequest()).schema)
    assert version() == schema["version"]
    with pytest.raises(grpc.RpcError) as refused:
        unconfigured.stub.Parameterize(provider_pb2.ParameterizeRequest())
    assert grpc.StatusCode.UNIMPLEMENTED == refused.value.code()


def test_verification(plugin: Plugin, ses: SesStandIn) -> None:
    """Its members are maps with native names; it waits, and reports statuses by id."""
    ses.put(REGION, "example.com", "bounce.example.com", status="Success")
    member = {name: INPUTS[name] for name in ("region", "identity", "mail_from_domain", "behavior_on_mx_failure")}
    checked = plugin.stub.Check(
        provider_pb2.CheckRequest(urn=WAIT_URN, news=to_struct({"mail_from_domains": [member]}))
    )
    inputs = from_struct(checked.inputs).values
    assert {"mail_from_domains": [member], "timeout": "30m"} == inputs
    created = plugin.stub.Create(provider_pb2.CreateRequest(urn=WAIT_URN, properties=checked.inputs))
    outputs = from_struct(created.properties).values
    assert ({ID: "Success"}, [ID]) == (outputs["statuses"], outputs["verified_identities"])
    assert "mailFromDomain" in created.properties["mailFromDomains"][0]
    diff = plugin.stub.Diff(
        provider_pb2.DiffRequest(id="x", urn=WAIT_URN, olds=created.properties, news=checked.inputs)
    )
    assert provider_pb2.DiffResponse.DIFF_NONE == diff.changes
    ses.set_status(REGION, "example.com", "Failed")
    gone = plugin.stub.Read(provider_pb2.ReadRequest(id="x", urn=WAIT_URN, properties=created.properties))
    assert "" == gone.id
