"""Two clients for the tests of the stand-in itself: one calls it in process, one uses boto3 over HTTP."""

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


class Client(Protocol):
    """Calls an action and returns its result. Raises ServiceError for an error response."""

    def __call__(
        self, action: str, *, region: str = ..., key: str = ..., service: str = ..., **parameters: Any
    ) -> dict[str, Any]:
        """Call `action` with `parameters`, named as in boto3."""


def boto3_client(ses: SesStandIn, service: str = "ses", **settings: Any) -> Any:
    """Return a boto3 client of the stand-in that makes one attempt per call."""
    return _SESSION.client(service, **{"endpoint_url": ses.url, "config": _CONFIG, **settings})


def in_process(ses: SesStandIn) -> Client:
    """Return a client that bypasses HTTP."""

    def call(
        action: str, *, region: str = "us-east-1", key: str = "test", service: str = "ses", **parameters: Any
    ) -> dict[str, Any]:
        texts = {name: str(value) if isinstance(value, int) else value for name, value in parameters.items()}
        return dict(ses.gateway.handle(Request(action, texts, key, region=region, service=service)))

    return call


def over_http(ses: SesStandIn) -> Client:
    """Return a client that calls boto3."""
    clients: dict[tuple[str, str, str], Any] = {}

    def call(
        action: str, *, region: str = "us-east-1", key: str = "test", service: str = "ses", **parameters: Any
    ) -> dict[str, Any]:
        who = (service, region, key)
        if who not in clients:
            clients[who] = boto3_client(
                ses, service, region_name=region, aws_access_key_id=key, aws_secret_access_key="x"
            )
        try:
            result: dict[str, Any] = getattr(clients[who], xform_name(action))(**parameters)
        except ClientError as error:
            response = error.response
            code, message = response["Error"]["Code"], response["Error"]["Message"]
            raise ServiceError(code, message, response["ResponseMetadata"]["HTTPStatusCode"]) from None
        assert result.pop("ResponseMetadata")["RequestId"]
        return result

    return call
