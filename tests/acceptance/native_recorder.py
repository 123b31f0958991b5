"""A native provider that records every call, as the dynamic one of `recorder` does. The engine runs it as a plugin."""

from __future__ import annotations

import sys
import threading
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.output import UNKNOWN, Unknown
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from .recorder import recorded

NATIVE = "recorded:index:Recorded"
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_CHANGES = {
    None: provider_pb2.DiffResponse.DIFF_UNKNOWN,
    True: provider_pb2.DiffResponse.DIFF_SOME,
    False: provider_pb2.DiffResponse.DIFF_NONE,
}


def install(folder: Path) -> None:
    """Write the executable of the plugin to a folder, which must be on PATH."""
    plugin = folder / "pulumi-resource-recorded"
    tests = Path(__file__).parents[1]
    lines = [
        f"#!{sys.executable}",
        "import sys",
        f"sys.path.insert(0, {str(tests)!r})",
        "from acceptance.native_recorder import serve",
        "serve()",
    ]
    plugin.write_text("\n".join(lines), encoding="utf-8")
    plugin.chmod(0o755)


def serve() -> None:
    """Serve until the engine ends this process."""
    server = grpc.server(futures.ThreadPoolExecutor(4))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(_Servicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # noqa: T201 - Pulumi's plugin protocol
    threading.Event().wait()


class _Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """One provider. Each record ends with its name, and whether the call belongs to a preview."""

    name = ""

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return plugin_pb2.PluginInfo(version="1.0.0")

    def CheckConfig(self, request: Any, _context: Any) -> Any:  # noqa: N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, _context: Any) -> Any:  # noqa: N802
        return provider_pb2.DiffResponse(changes=_CHANGES[request.olds != request.news])

    def Configure(self, request: Any, _context: Any) -> Any:  # noqa: N802
        self.name = "default" if request.name.startswith("default") else request.name
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Check(self, request: Any, _context: Any) -> Any:  # noqa: N802
        result = self._recorded("check", request, _from_struct(request.olds), _from_struct(request.news))
        failures = [provider_pb2.CheckFailure(property=one.property, reason=one.reason) for one in result.failures]
        return provider_pb2.CheckResponse(inputs=_to_struct(result.inputs), failures=failures)

    def Diff(self, request: Any, _context: Any) -> Any:  # noqa: N802
        olds, news = _from_struct(request.olds), _from_struct(request.news)
        result = self._recorded("diff", request, request.id, olds, news)
        return provider_pb2.DiffResponse(
            changes=_CHANGES[result.changes],
            replaces=result.replaces or [],
            deleteBeforeReplace=bool(result.delete_before_replace),
        )

    def Create(self, request: Any, _context: Any) -> Any:  # noqa: N802
        result = self._recorded("create", request, _from_struct(request.properties))
        return provider_pb2.CreateResponse(id=result.id, properties=_to_struct(result.outs))

    def Read(self, request: Any, _context: Any) -> Any:  # noqa: N802
        properties, inputs = _from_struct(request.properties), _from_struct(request.inputs)
        result = self._recorded("read", request, request.id, properties, inputs)
        read_inputs = None if result.inputs is None else _to_struct(result.inputs)
        return provider_pb2.ReadResponse(id=result.id, properties=_to_struct(result.outs), inputs=read_inputs)

    def Update(self, request: Any, _context: Any) -> Any:  # noqa: N802
        olds, news = _from_struct(request.olds), _from_struct(request.news)
        result = self._recorded("update", request, request.id, olds, news)
        return provider_pb2.UpdateResponse(properties=_to_struct(result.outs))

    def Delete(self, request: Any, _context: Any) -> Any:  # noqa: N802
        self._recorded("delete", request, request.id, _from_struct(request.properties))
        return empty_pb2.Empty()

    def Cancel(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return empty_pb2.Empty()

    def _recorded(self, method: str, request: Any, *arguments: Any) -> Any:
        return recorded(method, request.urn, arguments, (self.name, getattr(request, "preview", False)))


def _from_struct(struct: struct_pb2.Struct) -> dict[str, Any]:
    result: dict[str, Any] = _decoded(json_format.MessageToDict(struct))
    return result


def _to_struct(properties: dict[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(_encoded(properties), struct_pb2.Struct())


def _decoded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _decoded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_decoded(part) for part in value]
    return UNKNOWN if value == _UNKNOWN else value


def _encoded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _encoded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_encoded(part) for part in value]
    return _UNKNOWN if isinstance(value, Unknown) else value
