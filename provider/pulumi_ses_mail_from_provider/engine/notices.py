"""Lines for the user: the engine shows what the processes of its providers print."""

from __future__ import annotations

import contextlib
import sys


def show(line: str) -> None:
    """Print a line. An operation does not fail because its line cannot be shown."""
    text, out = f"ses-mail-from: {line}\n", sys.stdout
    if out is None:  # it was closed before this process started
        return
    encoding = getattr(out, "encoding", None) or "utf-8"
    with contextlib.suppress(OSError, ValueError, LookupError):
        out.write(text.encode(encoding, "backslashreplace").decode(encoding))
        out.flush()
