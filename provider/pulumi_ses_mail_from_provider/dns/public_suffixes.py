"""Which domains can be registered, and by whom, from the public suffix list (https://publicsuffix.org/)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


def is_public_suffix(domain: str) -> bool:
    """Whether anybody can register domains directly below this one, as below "com" and "co.uk"."""
    return _suffixes().publicsuffix(domain) == domain


def organisational_domain(domain: str) -> str:
    """The domain that its owner has registered: "example.co.uk" for "mail.example.co.uk" (RFC 7489 section 3.2)."""
    return _suffixes().privatesuffix(domain) or domain


@functools.cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - takes 0.1 s to read

    return PublicSuffixList()
