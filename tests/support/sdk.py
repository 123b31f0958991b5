"""What tests need of the Pulumi SDK: `make dist` also runs them with the oldest SDK that the package allows."""

from __future__ import annotations

import re
from importlib import metadata
from types import ModuleType
from typing import Any, Final

import pulumi._utils
import pytest

SDK: Final = metadata.version("pulumi")

HAS_GET: Final = tuple(int(part) for part in re.findall(r"\d+", SDK)[:2]) >= (3, 270)
"""Whether `MailFromDomain.get` works."""

needs_get: Final = pytest.mark.skipif(not HAS_GET, reason=f"MailFromDomain.get needs the Pulumi SDK 3.270, not {SDK}")


def backport_lazy_modules() -> None:
    """Have old SDKs not load a module for its `__file__`, which Hypothesis reads of all modules.

    Otherwise tests would run into the DeprecationWarnings of pulumi-aws. Newer SDKs do the same.
    """
    lazy: Any = pulumi._utils._LazyModule
    load = lazy.__getattribute__
    if not HAS_GET:
        lazy.__getattribute__ = lambda module, name: (
            ModuleType.__getattribute__(module, name) if name == "__file__" else load(module, name)
        )
