"""Reports an unexpected error: one line for the user, and a file with the traceback for the maintainers."""

from __future__ import annotations

import os
import platform
import tempfile
import traceback
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Final

from pulumi_ses_mail_from_provider.rules.names import printable

from .options import NAME

_PACKAGE: Final = "pulumi-ses-mail-from"
_CREDENTIALS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")


def defect_line(error: Exception) -> str:
    """Write the traceback to a file, and return the message that names it."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    what = printable(_masked(f"{type(error).__name__}: {error}"))
    try:
        attached = f" with {_write(error)}"
    except OSError:
        attached = ""  # the temporary directory is full or read-only
    where = f"{Path(place.filename).name}, line {place.lineno}"
    return f"this is a defect of {NAME}: {what} ({where}). Please report it{attached}"


def _write(error: Exception) -> str:
    """Write what a report needs to a new file that only this user can read. Return its path."""
    system = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    head = f"{NAME} {metadata.version(_PACKAGE)}, {system}\n{', '.join(_dependencies())}\n\n"
    # Without the values of variables, which may be credentials.
    text = _masked(head + "".join(traceback.format_exception(error)))
    descriptor, path = tempfile.mkstemp(prefix=f"{NAME}-", suffix=".txt")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return path


def _dependencies() -> Iterable[str]:
    for name in ("boto3", "click", "dnspython", "rich"):
        yield f"{name} {metadata.version(name)}"


def _masked(text: str) -> str:
    """The text without the credentials of the environment, which the text of an error may quote."""
    for secret in filter(None, map(os.environ.get, _CREDENTIALS)):
        text = text.replace(secret, "***")
    return text
