"""Isolation of all tests: no AWS or Pulumi settings from the environment, and connections only to loopback."""

from __future__ import annotations

import os
from collections.abc import Iterator

import hypothesis
import pytest
import pytest_socket

# No deadlines: tests may be slow on a busy machine, or while Hypothesis builds its Unicode tables.
hypothesis.settings.register_profile(
    "no-clock",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "100")),  # `make fuzz` sets a high number
)
hypothesis.settings.load_profile("no-clock")


@pytest.fixture(autouse=True)
def _no_settings_from_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("AWS_", "PULUMI_")) and name != "PULUMI_CLI_ROOT":
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(autouse=True)
def _loopback_only() -> Iterator[None]:
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
    yield
    pytest_socket._remove_restrictions()
