"""What tests need of the Pulumi SDK: `make dist` also runs them with the oldest SDK that the package allows."""

from __future__ import annotations

import re
import sys
from importlib import metadata
from typing import Final

import pytest

SDK: Final = metadata.version("pulumi")

HAS_GET: Final = tuple(int(part) for part in re.findall(r"\d+", SDK)[:2]) >= (3, 270)
"""Whether `MailFromDomain.get` works."""

needs_get: Final = pytest.mark.skipif(not HAS_GET, reason=f"MailFromDomain.get needs the Pulumi SDK 3.270, not {SDK}")


def forget_lazy_modules() -> None:
    """Remove modules that the SDK has prepared but not loaded.

    Old SDKs load them, with their DeprecationWarnings, as soon as an attribute is read. Hypothesis reads `__file__` of
    all modules.
    """
    for name in [name for name, module in sys.modules.items() if type(module).__name__ == "_LazyModule"]:
        del sys.modules[name]
