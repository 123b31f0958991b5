"""`ses-mail-from`: the console tool, a second door onto the core. Nothing here knows Pulumi's SDK.

A call for help should not wait for boto3, dnspython or rich: what needs them is imported where it is used.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from typing import Any

_INTERRUPTED = 130
_SHOW_CURSOR = b"\x1b[?25h"


def main() -> None:
    """Run the command line, and exit with its status."""
    signal.signal(signal.SIGINT, _stop)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # better a mark that cannot be shown than no output
    from .cli import cli  # noqa: PLC0415 - from here on ^C is plain

    cli()


def _stop(*_: Any) -> None:
    """^C: leave at once. An exception would have to find its way through imports and threads that ask DNS."""
    if os.isatty(2):
        os.write(2, _SHOW_CURSOR)  # the sign of life hides it
    os._exit(_INTERRUPTED)
