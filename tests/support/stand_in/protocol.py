"""The AWS query protocol: requests are forms, responses are XML."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from .model import Map, Request, ServiceError, Value

_SCOPE: Final = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_MEMBER: Final = re.compile(r"(\w+)\.member\.(\d+)", re.ASCII)
_NOT_ALLOWED: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, "Char"
_NAMESPACES: Final = {
    "ses": "http://ses.amazonaws.com/doc/2010-12-01/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}


def parse(authorization: str, token: str, body: bytes) -> Request:
    """Parse a request. Without credentials its access key is empty.

    Args:
        authorization: The header Authorization.
        token: The header X-Amz-Security-Token.
        body: The form.
    """
    scope = _SCOPE.search(authorization)
    form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    parameters: dict[str, str | list[str]] = {}
    members: dict[str, dict[int, str]] = {}
    for name, value in form.items():
        if name in ("Action", "Version"):
            continue
        if member := _MEMBER.fullmatch(name):
            members.setdefault(member[1], {})[int(member[2])] = value
        else:
            parameters[name] = value
    for name, values in members.items():
        parameters[name] = [values[number] for number in sorted(values)]
    return Request(
        action=form.get("Action", ""),
        parameters=parameters,
        access_key=scope[1] if scope else "",
        token=token,
        region=scope[2] if scope else "us-east-1",
        service=scope[3] if scope else "ses",
    )


def result_xml(request: Request, result: Value, request_id: str) -> bytes:
    """Return the body of a response."""
    name = request.action
    return _document(
        request,
        f"{name}Response",
        f"<{name}Result>{_xml(result)}</{name}Result>"
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>",
    )


def error_xml(request: Request, error: ServiceError, request_id: str) -> bytes:
    """Return the body of an error response."""
    fault: Value = {"Type": error.type, "Code": error.code, "Message": error.message}
    return _document(request, "ErrorResponse", f"<Error>{_xml(fault)}</Error><RequestId>{request_id}</RequestId>")


def allowed_in_xml(text: str) -> bool:
    """Whether XML 1.0 allows all characters of a text."""
    return not _NOT_ALLOWED.search(text)


def _document(request: Request, root: str, content: str) -> bytes:
    namespace = _NAMESPACES.get(request.service, _NAMESPACES["ses"])
    return f'<{root} xmlns="{namespace}">{content}</{root}>'.encode()


def _xml(value: Value) -> str:
    if isinstance(value, str):
        # Error messages repeat input, which must not make the response invalid.
        return escape(_NOT_ALLOWED.sub("?", value), {"\r": "&#13;"})
    if isinstance(value, list):
        return "".join(f"<member>{_xml(item)}</member>" for item in value)
    if isinstance(value, Map):
        return "".join(
            f"<entry><key>{_xml(key)}</key><value>{_xml(item)}</value></entry>" for key, item in value.items()
        )
    return "".join(f"<{name}>{_xml(item)}</{name}>" for name, item in value.items())
