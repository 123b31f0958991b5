"""The front end for Pulumi's engine as a native provider plugin, for programs in every Pulumi language.

What needs boto3 is imported when the engine configures the provider.
"""

from __future__ import annotations

import functools
import sys
from importlib import metadata
from typing import Final

NAME: Final = "pulumi-resource-ses-mail-from"


@functools.cache
def version() -> str:
    """The version of the distribution, which is that of the plugin and of its schema."""
    return metadata.version("pulumi-ses-mail-from")


def main() -> None:
    """Serve the engine that starts this process, or print the schema or the version."""
    arguments = sys.argv[1:]
    if arguments == ["--schema"]:
        from .package_schema import package_schema  # noqa: PLC0415 - json is for this alone

        print(package_schema(version()), end="")  # noqa: T201 - what it is for
    elif arguments == ["--version"]:
        print(version())  # noqa: T201 - what it is for
    elif any(argument.startswith("-h") or argument == "--help" for argument in arguments):
        print(f"usage: {NAME} [ENGINE_ADDRESS | --schema | --version]\n\nPulumi's engine starts this plugin.")  # noqa: T201
    else:
        from .server import serve  # noqa: PLC0415 - grpc takes time to load

        serve(next((one for one in arguments if not one.startswith("-")), ""))
