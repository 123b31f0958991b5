"""Connections to AWS: a session for the process, a client for each region, and the account of the credentials."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import Any, Final, Protocol, cast

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from pulumi_ses_mail_from_provider.rules.errors import CallFailed, Remedy

from .errors import Call, explained
from .settings import AwsSettings

# With botocore's defaults (60 s and several tries), a silent endpoint costs the user minutes.
_CONNECT_SECONDS: Final = 3
_READ_SECONDS: Final = 8
_STS_SECONDS: Final = 1.5  # to connect, and again to read: 3 s in all
_CONNECTIONS: Final = 64  # kept open for further calls
_STS_REGION: Final = "us-east-1"  # enabled in every account


class SesClient(Protocol):
    """What this package uses of boto3's SES client."""

    @property
    def meta(self) -> Any: ...  # noqa: D102

    def get_identity_mail_from_domain_attributes(self, *, Identities: list[str]) -> dict[str, Any]: ...  # noqa: N803, D102

    def get_identity_verification_attributes(self, *, Identities: list[str]) -> dict[str, Any]: ...  # noqa: N803, D102

    def list_identities(self, **parameters: Any) -> dict[str, Any]: ...  # noqa: D102

    def set_identity_mail_from_domain(self, **parameters: str) -> dict[str, Any]: ...  # noqa: D102


class Connections:
    """Everything that depends on the AWS settings. Created once for a process; safe to share between threads."""

    def __init__(self, settings: AwsSettings) -> None:
        self.settings = settings
        self._lock = threading.RLock()  # boto3 cannot create sessions and clients in several threads at a time
        self._session: boto3.Session | None = None
        self._clients: dict[str, SesClient] = {}
        self._account_lock = threading.Lock()
        self._account: str | None = None
        self._account_errors: dict[str, CallFailed] = {}

    def ambient_region(self) -> str | None:
        """The region of the AWS environment or profile, if there is one.

        Raises:
            CallFailed: The profile cannot be read.
        """
        if region := os.environ.get("AWS_REGION"):
            return region
        with self._lock:
            try:
                return cast("str | None", self._botocore_session().get_config_variable("region"))
            except BotoCoreError as error:
                raise explained(error, Call("determining the AWS region", "", "", "")) from None

    def ses(self, region: str) -> SesClient:
        """The SES client for a region.

        Raises:
            BotoCoreError: The settings or credentials do not allow one.
        """
        with self._lock:
            if region not in self._clients:
                self._clients[region] = self._client("ses", region, _CONNECT_SECONDS, _READ_SECONDS)
            return self._clients[region]

    def ses_endpoint(self, region: str) -> str:
        """The URL that calls for a region go to, or words for it. For messages."""
        client = self._clients.get(region)
        return str(client.meta.endpoint_url) if client else f"the SES endpoint in {region}"

    def account(self, region: str) -> str | CallFailed:
        """The ID of the account that the credentials belong to, or why it could not be determined.

        Once the ID is known, STS is not called again. An error holds only for its region: STS may be unreachable in one
        region and not in another.

        Args:
            region: Where to call STS, unless the settings name a region for it.
        """
        region = self.settings.sts_region or region
        with self._account_lock:
            if self._account is None and region not in self._account_errors:
                answer = self._ask_account(region)
                if isinstance(answer, CallFailed):
                    self._account_errors[region] = answer
                else:
                    self._account = answer
            return self._account or self._account_errors[region]

    def secrets(self) -> Iterable[str]:
        """The parts of the credentials, which no message may show."""
        with self._lock:
            try:
                credentials = self._session.get_credentials() if self._session else None
                frozen = credentials.get_frozen_credentials() if credentials else None
            except (BotoCoreError, ClientError):  # incomplete, or not renewed: no call was signed with them
                frozen = None
        if frozen is None:
            return []
        return [text for text in (frozen.token, frozen.secret_key, frozen.access_key) if text]

    def _ask_account(self, region: str) -> str | CallFailed:
        if not self.settings.ask_account:
            return CallFailed("", "the settings disable the request for the account ID", Remedy.ASK_FOR_ACCOUNT)
        call = Call("determining the account ID of the credentials", "sts:GetCallerIdentity", region, "STS")
        try:
            client = self._client("sts", region, _STS_SECONDS, _STS_SECONDS)
            return str(client.get_caller_identity()["Account"])
        except Exception as error:  # noqa: BLE001 - only the account guard needs the answer
            return explained(error, call, self.secrets())

    def _client(self, service: str, region: str, connect: float, read: float) -> Any:
        settings = self.settings
        return self._boto3_session().client(
            service,
            region_name=region,
            endpoint_url=settings.endpoints.get(service),
            verify=self._verify,
            config=Config(
                connect_timeout=connect,
                read_timeout=read,
                max_pool_connections=_CONNECTIONS,
                retries={"mode": "standard", "total_max_attempts": 1},  # `rate_limiter` retries, at SES's rate
                use_fips_endpoint=settings.use_fips_endpoint or None,
                use_dualstack_endpoint=settings.use_dualstack_endpoint or None,
            ),
        )

    def _boto3_session(self) -> boto3.Session:
        if self._session is None:
            session = self._source_session()
            for role in self.settings.assume_roles:
                session = self._assuming(session, dict(role))
            self._session = boto3.Session(botocore_session=session)
        return self._session

    def _source_session(self) -> botocore.session.Session:
        """A session with the credentials of the settings, or else of the AWS environment or profile."""
        settings, session = self.settings, self._botocore_session()
        if settings.access_key:
            session.set_credentials(settings.access_key, settings.secret_key, settings.token)
        elif not settings.use_instance_metadata:
            session.get_component("credential_provider").remove("iam-role")
        return session

    def _botocore_session(self) -> botocore.session.Session:
        settings = self.settings
        session = botocore.session.Session(profile=settings.profile)
        for variable, path in (
            ("config_file", settings.config_file),
            ("credentials_file", settings.credentials_file),
        ):
            if path:
                session.set_config_variable(variable, os.path.expanduser(path))  # noqa: PTH111 - botocore takes text
        return session

    def _assuming(self, source: botocore.session.Session, role: dict[str, Any]) -> botocore.session.Session:
        """A session with the credentials of a role, which are renewed before they expire.

        Args:
            source: A session that may assume the role.
            role: The parameters of STS AssumeRole.
        """
        credentials = source.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        region = self.settings.sts_region or self.settings.region or self.ambient_region() or _STS_REGION

        def sts_client(service: str, **keys: Any) -> Any:
            return source.create_client(
                service,
                region_name=region,
                endpoint_url=self.settings.endpoints.get(service),
                verify=self._verify,
                config=Config(connect_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS),
                **keys,
            )

        fetcher = AssumeRoleCredentialFetcher(sts_client, credentials, role.pop("RoleArn"), role)
        session = self._botocore_session()
        session.register_component("credential_provider", CredentialResolver([_AssumedRole(fetcher)]))
        return session

    @property
    def _verify(self) -> bool | str | None:
        """None leaves the choice to botocore, which honours AWS_CA_BUNDLE."""
        return None if self.settings.verify is True else self.settings.verify


class _AssumedRole(CredentialProvider):  # type: ignore[misc, unused-ignore] # botocore ships no types
    METHOD = "assume-role"

    def __init__(self, fetcher: AssumeRoleCredentialFetcher) -> None:
        super().__init__()
        self._fetcher = fetcher

    def load(self) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(self._fetcher.fetch_credentials, self.METHOD)
