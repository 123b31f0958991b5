"""The two front ends of the provider, each as a process that answers the engine."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType, SimpleNamespace
from typing import Any, Final, Protocol

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult
from pulumi.output import UNKNOWN, Unknown
from pulumi.runtime.proto.provider_pb2 import DiffResponse

from pulumi_ses_mail_from_provider.dynamic import MailFromDomainProvider, MailFromDomainVerificationProvider
from pulumi_ses_mail_from_provider.engine.lifecycle import Lifecycle
from pulumi_ses_mail_from_provider.plugin import servicer, values
from pulumi_ses_mail_from_provider.rules.errors import MailFromError

from .claims import SimulatedClaims
from .world import Process

DYNAMIC: Final = "pulumi-python:dynamic/ses:MailFromDomain"
DYNAMIC_VERIFICATION: Final = "pulumi-python:dynamic/ses:MailFromDomainVerification"
NATIVE: Final = "ses-mail-from:index:MailFromDomain"
NATIVE_VERIFICATION: Final = "ses-mail-from:index:MailFromDomainVerification"
MAIL_FROM_DOMAINS: Final = (DYNAMIC, NATIVE)


class FrontEnd(Protocol):
    """A front end in its process."""

    process: Process
    claims: SimulatedClaims

    def call(self, method: str, type_: str, urn: str, arguments: tuple[Any, ...], *, preview: bool) -> Any:
        """Answer the engine with a result as dynamic providers return it. Raises the provider's errors."""


class DynamicFrontEnd:
    """The process of the dynamic providers.

    Args:
        process: Its clock, credentials and calls.
        lines: Receives the lines for the user.
        claims: Its claims.
        passes_urns: Whether the provider can find the URN of a request.

    """

    def __init__(self, process: Process, lines: list[str], claims: SimulatedClaims, *, passes_urns: bool) -> None:
        self.process, self.claims, self._passes_urns = process, claims, passes_urns
        self._providers: dict[str, Any] = {
            DYNAMIC: MailFromDomainProvider(),
            DYNAMIC_VERIFICATION: MailFromDomainVerificationProvider(),
        }
        lifecycle = _without_dns(Lifecycle(process.connections(), lines.append, process.clock, claims=claims))
        for provider in self._providers.values():
            provider._configured = lifecycle

    def call(self, method: str, type_: str, urn: str, arguments: tuple[Any, ...], *, preview: bool) -> Any:
        """Call a provider as the SDK's server does."""
        return self._answer(SimpleNamespace(urn=urn if self._passes_urns else ""), method, type_, arguments)

    def _answer(self, request: SimpleNamespace, method: str, type_: str, arguments: tuple[Any, ...]) -> Any:
        return getattr(self._providers[type_], method)(*arguments)


class NativeFrontEnd:
    """The process of a native provider. The arguments are those of `DynamicFrontEnd`."""

    def __init__(self, process: Process, lines: list[str], claims: SimulatedClaims) -> None:
        self.process, self.claims = process, claims
        self._servicer = _SERVICER.Servicer()
        wording = self._servicer._wording
        lifecycle = Lifecycle(process.connections(), lines.append, process.clock, wording=wording, claims=claims)
        self._servicer._lifecycle = _without_dns(lifecycle)

    def call(self, method: str, type_: str, urn: str, arguments: tuple[Any, ...], *, preview: bool) -> Any:
        """Call the servicer as the engine does."""
        request = SimpleNamespace(urn=urn, preview=preview, timeout=0.0)
        try:
            result = getattr(self, f"_{method}")(request, *arguments)
        except _AbortedError as aborted:
            error = aborted.__context__
            if not isinstance(error, MailFromError):
                raise
            error.args = aborted.args
            raise error from None
        return result

    def _check(self, request: SimpleNamespace, olds: Any, news: Any) -> CheckResult:
        request.olds, request.news = _to_wire(olds), _to_wire(news)
        response = self._servicer.Check(request, _CONTEXT)
        failures = [CheckFailure(failure.property, failure.reason) for failure in response.failures]
        return CheckResult(_from_wire(response.inputs), failures)

    def _diff(self, request: SimpleNamespace, id_: str, olds: Any, news: Any) -> DiffResult:
        request.id, request.olds, request.news = id_, _to_wire(olds), _to_wire(news)
        response = self._servicer.Diff(request, _CONTEXT)
        return DiffResult(response.changes == _SOME, response.replaces, delete_before_replace=False)

    def _create(self, request: SimpleNamespace, props: Any) -> CreateResult:
        request.properties = _to_wire(props) if request.preview else props
        response = self._servicer.Create(request, _CONTEXT)
        return CreateResult(response.id, _from_wire(response.properties) if request.preview else response.properties)

    def _update(self, request: SimpleNamespace, id_: str, olds: Any, news: Any) -> UpdateResult:
        request.id, request.olds, request.news = id_, olds, _to_wire(news) if request.preview else news
        response = self._servicer.Update(request, _CONTEXT)
        return UpdateResult(_from_wire(response.properties) if request.preview else response.properties)

    def _read(self, request: SimpleNamespace, id_: str, props: Any, inputs: Any) -> ReadResult:
        request.id, request.properties, request.inputs = id_, props, inputs
        response = self._servicer.Read(request, _CONTEXT)
        return ReadResult(response.id, response.properties or {}, response.inputs)

    def _delete(self, request: SimpleNamespace, id_: str, props: Any) -> None:
        request.id, request.properties = id_, props
        self._servicer.Delete(request, _CONTEXT)


def _without_dns(lifecycle: Lifecycle) -> Lifecycle:
    lifecycle.__dict__["resolver"] = SimpleNamespace(diagnose=lambda _, __: ())
    return lifecycle


class _AbortedError(Exception):
    """What `abort` of gRPC's context raises."""


class _Context:
    @staticmethod
    def abort(_code: object, message: str) -> None:
        raise _AbortedError(message)


class _Message(SimpleNamespace):
    """A message of the engine's protocol. What is not set is empty."""

    id: str | None = None
    properties: Any = None
    inputs: Any = None


_CONTEXT: Final = _Context()
_SOME: Final = DiffResponse.DIFF_SOME
_UNKNOWN: Final = values._UNKNOWN


def _to_wire(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _to_wire(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_to_wire(part) for part in value]
    return _UNKNOWN if isinstance(value, Unknown) else value


def _from_wire(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _from_wire(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_from_wire(part) for part in value]
    return UNKNOWN if value == _UNKNOWN else value


def _servicer_without_protobuf() -> ModuleType:
    """Return a copy of the servicer's module that takes and returns dictionaries.

    Converting them to protobuf messages and back would take most of the time of the simulation.
    """
    name = f"{servicer.__name__}_without_protobuf"
    spec = importlib.util.spec_from_file_location(name, servicer.__file__)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    module.from_struct, module.to_struct = values.decoded, values.encoded
    kinds = ("CheckFailure", "CheckResponse", "CreateResponse", "PropertyDiff", "ReadResponse", "UpdateResponse")
    messages: dict[str, Any] = dict.fromkeys(kinds, _Message)
    difference = type("DiffResponse", (_Message,), {"DIFF_SOME": _SOME, "DIFF_NONE": None})
    module.provider_pb2 = SimpleNamespace(DiffResponse=difference, **messages)
    return module  # type: ignore[no-any-return]


_SERVICER: Final[Any] = _servicer_without_protobuf()
