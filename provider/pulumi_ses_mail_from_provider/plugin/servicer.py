"""The engine's protocol (Pulumi, proto/pulumi/provider.proto), as far as this provider supports it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from pulumi_ses_mail_from_provider.engine.values import PROVIDER_KEY, camel_case
from pulumi_ses_mail_from_provider.engine.wording import NATIVE, Wording
from pulumi_ses_mail_from_provider.rules.errors import InvalidInput, MailFromError
from pulumi_ses_mail_from_provider.rules.inputs import Failure
from pulumi_ses_mail_from_provider.rules.records import mail_from_dns_records
from pulumi_ses_mail_from_provider.rules.schema import names

from . import configuration, version
from .answers import operation
from .engine import EngineLog
from .package_schema import GET_DNS_RECORDS, package_schema
from .resources import TYPES, ResourceType, secret_properties
from .values import Properties, from_struct, to_struct

if TYPE_CHECKING:
    from pulumi_ses_mail_from_provider.engine.lifecycle import Lifecycle

    from .clock import DeadlineClock

_UPDATE: Final = provider_pb2.PropertyDiff.UPDATE
_REPLACE: Final = provider_pb2.PropertyDiff.UPDATE_REPLACE


class Servicer(ResourceProviderServicer):
    """One provider: the default one, or an explicit one with a config of its own.

    Args:
        engine_address: The address of the engine, "HOST:PORT"; empty until it attaches.
    """

    def __init__(self, engine_address: str = "") -> None:
        self.log = EngineLog()
        self._wording = Wording(NATIVE)
        self._engine_address = ""
        self._lifecycle: Lifecycle | None = None
        self._connect(engine_address)

    def message(self, error: MailFromError) -> str:
        """The whole message of an error, without secrets."""
        text = self._wording.error(error)
        return self._lifecycle.secrets.mask(text) if self._lifecycle else text

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Begin a run. A process that was attached may have served, and cancelled, an earlier one."""
        self._connect(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Connect to an engine that did not start this process."""
        self._connect(request.address)
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """The version."""
        return plugin_pb2.PluginInfo(version=version())

    def GetSchema(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """The package schema."""
        return provider_pb2.GetSchemaResponse(schema=package_schema(version()))

    def Parameterize(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Refuse."""
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "ses-mail-from takes no parameters")

    @operation
    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Validate the config of the provider."""
        failures = configuration.problems(from_struct(request.news).values)
        return provider_pb2.CheckResponse(
            inputs=request.news,
            failures=[provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in failures],
        )

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Report whether the config changes. That never replaces the provider, and with it all resources."""
        changed = request.olds != request.news
        return provider_pb2.DiffResponse(changes=_changes(changed=changed))

    @operation
    def Configure(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Take the config of the provider."""
        config = from_struct(request.args)
        self._lifecycle = configuration.lifecycle(config.values, self.log.show, self._wording, self._engine_address)
        self._lifecycle.secrets.add_values(value for name, value in config.values.items() if name in config.secrets)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @operation
    def Check(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Validate and normalise the inputs of a resource."""
        type_, olds, news = self._type(request), from_struct(request.olds), from_struct(request.news)
        core = self._core_with(olds, news)
        checked, failures = type_.check(core, olds.values, news.values, request.urn)
        core.secrets.add_values(checked.get(name) for name in news.secrets)
        return provider_pb2.CheckResponse(
            inputs=to_struct({name: value for name, value in checked.items() if value is not None}, news.secrets),
            failures=[self._failure(type_, failure, news) for failure in failures],
        )

    @operation
    def Diff(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Report what an update would change."""
        type_, olds, news = self._type(request), from_struct(request.olds), from_struct(request.news)
        changed, replacing = type_.diff(self._core_with(olds, news), request.id, olds.values, news.values)
        inputs = names(type_.schema.inputs)
        details = {
            camel_case(name): provider_pb2.PropertyDiff(
                kind=_REPLACE if name in replacing else _UPDATE, inputDiff=name in inputs
            )
            for name in changed
        }
        if olds.is_foreign:  # state of a dynamic resource: an update gives its outputs their native names
            details[PROVIDER_KEY] = provider_pb2.PropertyDiff(kind=_UPDATE)
        return provider_pb2.DiffResponse(
            changes=_changes(changed=bool(details)),
            replaces=[camel_case(name) for name in replacing],
            diffs=list(details),
            detailedDiff=details,
            hasDetailedDiff=True,
        )

    @operation
    def Create(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Create a resource, or show in a preview what it will be."""
        type_, news = self._type(request), from_struct(request.properties)
        core, secrets = self._core_with(news), secret_properties(type_.schema, news)
        if request.preview:
            return provider_pb2.CreateResponse(properties=to_struct(type_.planned(news.values, {}), secrets))
        with _clock(core).deadline(request.timeout):
            id_, outputs = type_.create(core, self._checked(type_, news, request.urn))
        return provider_pb2.CreateResponse(id=id_, properties=to_struct(outputs, secrets))

    @operation
    def Read(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Read a resource: for a refresh, an import, or a `get`."""
        type_, state, inputs = self._type(request), from_struct(request.properties), from_struct(request.inputs)
        core, secrets = self._core_with(state, inputs), secret_properties(type_.schema, state, inputs)
        is_in_state = any(name in state.values for name in names(type_.schema.outputs))
        found = type_.read(core, request.id, state.values if is_in_state else {})
        if found is None:
            return provider_pb2.ReadResponse()
        outputs, read_inputs = (to_struct(values, secrets) for values in found)
        return provider_pb2.ReadResponse(id=request.id, properties=outputs, inputs=read_inputs)

    @operation
    def Update(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Update a resource, or show in a preview what it will be."""
        type_, olds, news = self._type(request), from_struct(request.olds), from_struct(request.news)
        core, secrets = self._core_with(olds, news), secret_properties(type_.schema, news)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=to_struct(type_.planned(news.values, olds.values), secrets))
        with _clock(core).deadline(request.timeout):
            outputs = type_.update(core, request.id, olds.values, news.values)
        return provider_pb2.UpdateResponse(properties=to_struct(outputs, secrets))

    @operation
    def Delete(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Delete a resource."""
        type_, olds = self._type(request), from_struct(request.properties)
        core = self._core_with(olds)
        with _clock(core).deadline(request.timeout):
            type_.delete(core, request.id, olds.values)
        return empty_pb2.Empty()

    @operation
    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Call a function of the package."""
        if request.tok != GET_DNS_RECORDS:
            raise MailFromError(f"ses-mail-from has no function {request.tok}, only {GET_DNS_RECORDS}")
        arguments = from_struct(request.args)
        domain, region = (str(arguments.values.get(name) or "") for name in ("mail_from_domain", "region"))
        return provider_pb2.InvokeResponse(**{"return": to_struct({"records": mail_from_dns_records(domain, region)})})

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """End all waits, and start no further write."""
        self.cancel()
        return empty_pb2.Empty()

    def cancel(self) -> None:
        """End all waits, and start no further write."""
        if self._lifecycle:
            self._lifecycle.clock.cancel()

    def _connect(self, engine_address: str) -> None:
        if engine_address:
            self._engine_address = engine_address
            self.log.connect(engine_address)
        self._lifecycle = None

    def _core_with(self, *sources: Properties) -> Lifecycle:
        """The lifecycle, which masks the secrets of a request from now on."""
        if self._lifecycle is None:
            raise MailFromError("the provider is not configured")
        for source in sources:
            self._lifecycle.secrets.add_values(source.values.get(name) for name in source.secrets)
        return self._lifecycle

    def _checked(self, type_: ResourceType, news: Properties, urn: str) -> dict[str, Any]:
        # The engine does not check what is outside the targets of a run, but creates some of it.
        if all(news.values.get(one.name) is not None for one in type_.schema.inputs if one.required or one.default):
            return news.values
        checked, failures = type_.check(self._core_with(news), {}, news.values, urn)
        if failures:
            problems = (f"{camel_case(one.property)}: {self.message(one.problem)}" for one in failures)
            raise InvalidInput("; ".join(problems))
        return checked

    def _failure(self, type_: ResourceType, failure: Failure, news: Properties) -> provider_pb2.CheckFailure:
        reason = self.message(failure.problem)
        if failure.property in news.secrets:  # the reason may contain part of a secret
            expected = type_.schema.input(failure.property).expected
            reason = f"not valid. It is not shown, because it is secret: give {expected}"
        return provider_pb2.CheckFailure(property=camel_case(failure.property), reason=reason)

    @staticmethod
    def _type(request: Any) -> ResourceType:
        token = request.urn.split("::")[2].rpartition("$")[2]
        if token not in TYPES:
            raise MailFromError(f"ses-mail-from has no resource type {token}, only {', '.join(TYPES)}")
        return TYPES[token]


def _clock(core: Lifecycle) -> DeadlineClock:
    return cast("DeadlineClock", core.clock)


def _changes(*, changed: bool) -> Any:
    return provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
