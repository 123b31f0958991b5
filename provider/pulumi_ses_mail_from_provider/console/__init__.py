"""`ses-mail-from`: the console tool, a front end that does not depend on Pulumi's SDK.

boto3, dnspython and rich are imported in the functions that use them, so that help is printed without delay.
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
            stream.reconfigure(errors="replace")  # print a replacement for what the encoding does not have
    from .cli import cli  # noqa: PLC0415 - ^C during this import must not show a traceback

    cli()


def _stop(*_: Any) -> None:
    """Exit at once on ^C: KeyboardInterrupt would wait for the threads that query DNS."""
    if os.isatty(2):
        os.write(2, _SHOW_CURSOR)  # the progress line hides it
    os._exit(_INTERRUPTED)
