"""The config of a provider: what is wrong with it, and the lifecycle that it makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from pulumi_ses_mail_from_provider.engine.claims import shared_claims
from pulumi_ses_mail_from_provider.engine.config import (
    AWS_KEYS,
    NAMESPACE,
    OWN_KEYS,
    REFUSED_KEYS,
    from_config,
    unknown_keys,
)
from pulumi_ses_mail_from_provider.rules.errors import InvalidConfig
from pulumi_ses_mail_from_provider.rules.model import UNKNOWN

if TYPE_CHECKING:
    from pulumi_ses_mail_from_provider.engine.lifecycle import Lifecycle
    from pulumi_ses_mail_from_provider.engine.wording import Wording

_ENGINE_KEYS: Final = frozenset({"version", "pluginDownloadURL", "pluginChecksums"})
"""Keys that the engine adds."""


def problems(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with a config.

    Args:
        config: The values by key, without a namespace; `UNKNOWN` where the engine does not know one yet.

    Returns:
        Keys, each with the reason.
    """
    found = []
    for name in sorted(config):
        if name not in {*AWS_KEYS, *OWN_KEYS, *REFUSED_KEYS, *_ENGINE_KEYS}:
            (line,) = unknown_keys([f"{NAMESPACE}:{name}"])
            found.append((name, line))
    try:
        from_config(_getter(config), NAMESPACE)
    except InvalidConfig as problem:
        found.append((problem.key.removeprefix(f"{NAMESPACE}:"), problem.reason))
    return found


def lifecycle(
    config: Mapping[str, Any], show: Callable[[str], object], wording: Wording, engine_address: str
) -> Lifecycle:
    """The lifecycle of the resources of a provider.

    Args:
        config: The values by key, without a namespace.
        show: Shows one line to the user.
        wording: The words of the program's language.
        engine_address: The address of the engine, which the processes of a run have in common.

    Raises:
        InvalidConfig: A setting cannot be used.
    """
    from pulumi_ses_mail_from_provider.engine.lifecycle import Lifecycle  # noqa: PLC0415 - boto3 takes time to load
    from pulumi_ses_mail_from_provider.ses.connections import Connections  # noqa: PLC0415

    from .clock import DeadlineClock  # noqa: PLC0415

    settings = from_config(_getter(config), NAMESPACE)
    return Lifecycle(
        Connections(settings.aws),
        show,
        DeadlineClock(),
        nameservers=settings.nameservers,
        wording=wording,
        claims=shared_claims(engine_address, show),
    )


def _getter(config: Mapping[str, Any]) -> Callable[[str], Any]:
    def get(key: str) -> Any:
        value = config.get(key.removeprefix(f"{NAMESPACE}:"))
        return None if value is UNKNOWN else value

    return get
