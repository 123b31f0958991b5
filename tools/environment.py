"""`make venv`: install the packages of tools/lock/dev.txt and this project, editable, into .venv.

With the argument `lock` it resolves the locks again. It runs with the interpreter that .venv will have, so it uses only
the standard library.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from steps import LOCKS, ROOT, StepError, helper, only_one, progress, run_and_read, run_step

VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
STAMP = VENV / ".made-from"
LOCK = LOCKS / "dev.txt"


def main(arguments: list[str]) -> int:
    """Run the command.

    Args:
        arguments: The command line: nothing, or `lock` and options of `uv pip compile`.

    Returns:
        The exit status.
    """
    try:
        require_venv_module()
        if arguments[:1] == ["lock"]:
            make_locks(arguments[1:])
        elif not is_current():
            with only_one(ROOT, "setting up .venv"):
                if not is_current():
                    make()
    except StepError as error:
        progress(f"error: {error}")
        return 1
    return 0


def require_venv_module() -> None:
    """Fail unless Python can make environments. On Debian and Ubuntu that needs another package."""
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        raise StepError(
            f"{sys.executable} lacks the modules venv and ensurepip: install them (Debian, Ubuntu: "
            f"apt install {package}), or use another Python: make PYTHON=/path/to/python …"
        )


def is_current() -> bool:
    """Whether .venv is up to date."""
    return PYTHON.exists() and STAMP.is_file() and STAMP.read_text() == origin()


def origin() -> str:
    """Return a stamp of everything that .venv depends on. The interpreter is readable: only it requires a new .venv."""
    # Includes the project's folder, because a copied .venv still refers to the original one.
    parts = [os.fsencode(ROOT), (ROOT / "pyproject.toml").read_bytes(), LOCK.read_bytes()]
    return f"{interpreter()}\n{hashlib.sha256(b'|'.join(parts)).hexdigest()}\n"


def interpreter() -> str:
    """Return path and version of this interpreter; in an activated .venv, of its base interpreter."""
    return f"{os.path.realpath(sys.executable)} {sys.version.split()[0]}"


def make() -> None:
    """Bring .venv up to date."""
    same_python = STAMP.is_file() and STAMP.read_text().startswith(interpreter() + "\n")
    # Written again at the end, so that an interrupted run does not count as complete.
    STAMP.unlink(missing_ok=True)
    try:
        install, env = sync_with_uv(keep=same_python)
    except StepError as reason:
        progress(
            f"uv failed, so pip installs the packages; that takes minutes rather than seconds. Reason:\n    {reason}"
        )
        install, env = sync_with_pip()
    # hatchling is in the lock, so this downloads nothing.
    editable: list[str | Path] = ["--no-index", "--no-deps", "--no-build-isolation", "--editable", ROOT]
    run_step("Installing this project into .venv, editable …", [*install, *editable], env=env)
    STAMP.write_text(origin())


def sync_with_uv(*, keep: bool) -> tuple[list[str | Path], Mapping[str, str]]:
    """Install the locked packages with uv.

    Args:
        keep: Whether to keep an existing .venv.

    Returns:
        The command that installs more packages, and its environment variables.
    """
    folder = helper("uv")
    uv = folder / "bin/uv"
    env = uv_environment(pip_settings(folder / "bin/python"))
    if not (keep and PYTHON.exists()):
        make_venv("--without-pip")
    sync: list[str | Path] = [uv, "pip", "sync", "--require-hashes", "--no-build", "--python", PYTHON, LOCK]
    run_step("Installing the locked packages into .venv (seconds; a minute if none is cached) …", sync, env=env)
    return [uv, "pip", "install", "--python", PYTHON], env


def make_venv(*options: str) -> None:
    """Create .venv with the base interpreter, because this one may be that of the old .venv."""
    run_step("Creating .venv …", [os.path.realpath(sys.executable), "-m", "venv", "--clear", *options, VENV])


def sync_with_pip() -> tuple[list[str | Path], Mapping[str, str]]:
    """Install the locked packages with pip. Returns the same as `sync_with_uv`."""
    # pip does not remove other packages, so it needs a new .venv.
    make_venv()
    install: list[str | Path] = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install"]
    sync: list[str | Path] = [*install, "--require-hashes", "--only-binary", ":all:", "--requirement", LOCK]
    run_step("Installing the locked packages into .venv with pip (1 to 3 minutes) …", sync)
    return install, os.environ


def pip_settings(python: Path) -> dict[str, str]:
    """Return the settings of pip from its configuration files and the environment."""
    return parse_pip_config(run_and_read([python, "-m", "pip", "config", "list"]))


def parse_pip_config(listing: str) -> dict[str, str]:
    """Parse the output of `pip config list`. The environment overrides [install], which overrides [global]."""
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for section, option, value in re.findall(r"^(global|install|:env:)\.([\w-]+)='(.*)'$", listing, re.MULTILINE):
        # The configuration file has one value per line.
        sections[section][option] = " ".join(value.replace("\\n", " ").split())
    return {**sections["global"], **sections["install"], **sections[":env:"]}


def uv_environment(pip: Mapping[str, str]) -> dict[str, str]:
    """Return environment variables that give uv the settings of pip, unless uv has its own.

    Behind a mirror often only pip is configured.
    """
    settings = {
        "UV_SYSTEM_CERTS": "1",
        "UV_DEFAULT_INDEX": pip.get("index-url"),
        "UV_INDEX": pip.get("extra-index-url"),
        "UV_INSECURE_HOST": pip.get("trusted-host"),
        "SSL_CERT_FILE": pip.get("cert"),
    }
    return {**{name: value for name, value in settings.items() if value}, **os.environ}


def make_locks(options: list[str]) -> None:
    """Resolve the dependency groups of pyproject.toml for all versions of Python and all systems.

    Args:
        options: Options of `uv pip compile`, such as `--upgrade`.
    """
    folder = helper("uv")
    env = uv_environment(pip_settings(folder / "bin/python"))
    # Locks have no URLs, so that they work with any mirror.
    how = "--universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-annotate --no-header"
    for group in ("dev", "dist", "uv", "go"):
        ours = ["pyproject.toml"] if group == "dev" else []
        output: list[str | Path] = ["--output-file", LOCKS / f"{group}.txt"]
        command: list[str | Path] = [
            folder / "bin/uv",
            "pip",
            "compile",
            *ours,
            "--group",
            group,
            *how.split(),
            *options,
            *output,
        ]
        run_step(f"Resolving tools/lock/{group}.txt …", command, env=env)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
