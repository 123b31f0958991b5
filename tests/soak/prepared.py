"""Stacks that are deployed once and reset for each round, which saves two runs of the engine per round."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

from support.engine import REGION, Stack, shell
from support.stand_in import SesStandIn

from . import programs
from .programs import FATES, Declared

_TYPE = "pulumi-python:dynamic/ses:MailFromDomain"


class Prepared:
    """A deployed stack that rounds start from, and an empty one that takes over settings.

    The current code deploys it, so its state is what this version writes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.primary = _stack(folder)
        everything = programs.before(FATES, 1)
        with SesStandIn(rate=None) as ses:
            ses.verify(REGION, *(one.identity for one in everything))
            self.primary.environment(**shell(ses.url))
            self.primary.up(programs.program(everything), parallel=64).done()
        self._config = _config(folder).read_text()
        self._checkpoint: dict[str, Any] = json.loads(_state(folder).read_text())
        self._second: Stack | None = None
        self._empty = ""

    def stack(self, url: str, declared: list[Declared], *, status: str, rate: float | None) -> Stack:
        """Reset the stack as if a program had just been deployed.

        Args:
            url: The endpoint URL of SES.
            declared: The resources of the program.
            status: The status of all resources in state.
            rate: Requests per second that SES allows, which the provider is configured with; None: no limit.
        """
        shutil.rmtree(self.folder / ".pulumi/locks", ignore_errors=True)
        checkpoint = copy.deepcopy(self._checkpoint)
        latest = checkpoint["checkpoint"]["latest"]
        deployed = {resource["urn"].rpartition("::")[2]: resource for resource in latest["resources"]}
        latest["resources"] = [resource for resource in latest["resources"] if resource["type"] != _TYPE]
        for one in declared:
            resource = _alike(deployed, one.identity)
            resource["outputs"]["mail_from_domain_status"] = status
            latest["resources"].append(resource)
        _state(self.folder).write_text(json.dumps(checkpoint))
        settings = {"aws:maxRetries": "1", **({"ses-mail-from:requestsPerSecond": str(rate)} if rate else {})}
        lines = [f'  {key}: "{value}"\n' for key, value in settings.items()]
        _config(self.folder).write_text("".join([self._config, "config:\n", *lines]))
        self.primary.environment(**shell(url))
        return self.primary

    def second(self, url: str) -> Stack:
        """Return another stack, without resources and in another backend."""
        folder = self.folder / "second"
        if self._second is None:
            folder.mkdir()
            self._second = _stack(folder)
            self._empty = _state(folder).read_text()
        _state(folder).write_text(self._empty)
        self._second.environment(**shell(url))
        return self._second


def _alike(deployed: dict[str, Any], identity: str) -> dict[str, Any]:
    """Return the state of an identity, copied from the first identity with the same fate."""
    (first,) = programs.identities(identity.partition("-")[0], 1)
    resource: dict[str, Any] = json.loads(json.dumps(deployed[first]).replace(first, identity))
    return resource


def _stack(folder: Path) -> Stack:
    return Stack(folder, {})


def _state(folder: Path) -> Path:
    return folder / ".pulumi/stacks/mail/test.json"


def _config(folder: Path) -> Path:
    return folder / "Pulumi.test.yaml"
