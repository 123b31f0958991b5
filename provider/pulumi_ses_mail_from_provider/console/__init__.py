"""`ses-mail-from`: the console tool, a second door onto the core. Nothing here knows Pulumi's SDK.

A call for help should not wait for boto3, dnspython or rich: what needs them is imported where it is used.
"""

from __future__ import annotations

import io
import os
import sys


def main() -> None:
    """Run the command line, and exit with its status."""
    interrupted = 130
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # better a mark that cannot be shown than no output
    try:
        from .cli import cli  # noqa: PLC0415 - so that ^C is plain from the start

        cli()
    except KeyboardInterrupt:
        os._exit(interrupted)
    except SystemExit as end:
        if end.code == interrupted:
            os._exit(interrupted)  # without waiting for threads that still wait for a name server
        raise
