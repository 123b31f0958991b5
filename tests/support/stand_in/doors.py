"""The two ways in, for the tests of the stand-in itself: straight to its core, and boto3 over HTTP."""

from __future__ import annotations

from typing import Any, Protocol

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from .model import Request, ServiceError
from .stand_in import SesStandIn

_SESSION = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
_CONFIG = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=5)


class Door(Protocol):
    """Calls an action. An error answer is raised as a ServiceError."""

    def __call__(
        self, action: str, *, region: str = ..., key: str = ..., service: str = ..., **parameters: Any
    ) -> dict[str, Any]:
        """Call it and return the result."""


def client(ses: SesStandIn, service: str = "ses", **settings: Any) -> Any:
    """A boto3 client of the stand-in that makes one attempt a call."""
    return _SESSION.client(service, **{"endpoint_url": ses.url, "config": _CONFIG, **settings})


def core(ses: SesStandIn) -> Door:
    """The door without HTTP."""

    def call(
        action: str, *, region: str = "us-east-1", key: str = "test", service: str = "ses", **parameters: Any
    ) -> dict[str, Any]:
        texts = {name: str(value) if isinstance(value, int) else value for name, value in parameters.items()}
        return dict(ses.front.answer(Request(action, texts, key, region=region, service=service)))

    return call


def http(ses: SesStandIn) -> Door:
    """The door that programs use."""
    clients: dict[tuple[str, str, str], Any] = {}

    def call(
        action: str, *, region: str = "us-east-1", key: str = "test", service: str = "ses", **parameters: Any
    ) -> dict[str, Any]:
        who = (service, region, key)
        if who not in clients:
            clients[who] = client(ses, service, region_name=region, aws_access_key_id=key, aws_secret_access_key="x")
        try:
            result: dict[str, Any] = getattr(clients[who], xform_name(action))(**parameters)
        except ClientError as error:
            answer = error.response
            code, message = answer["Error"]["Code"], answer["Error"]["Message"]
            raise ServiceError(code, message, answer["ResponseMetadata"]["HTTPStatusCode"]) from None
        assert result.pop("ResponseMetadata")["RequestId"]
        return result

    return call
