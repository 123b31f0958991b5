"""Make .venv what tools/lock/dev.txt says, with this project in it, editable. With `lock`: make the locks anew.

Run by the interpreter that .venv is to have, so it needs nothing but the standard library.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from steps import LOCKS, ROOT, StepError, helper, only_one, run_and_read, run_step, say

VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
STAMP = VENV / ".made-from"
LOCK = LOCKS / "dev.txt"


def main(arguments: list[str]) -> int:
    """Do what the command line says."""
    try:
        require_venv_module()
        if arguments[:1] == ["lock"]:
            make_locks(arguments[1:])
        elif not is_current():
            with only_one(ROOT, "setting up .venv"):
                if not is_current():
                    make()
    except StepError as error:
        say(f"error: {error}")
        return 1
    return 0


def require_venv_module() -> None:
    """Debian and Ubuntu ship Python without the part that makes environments."""
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        raise StepError(
            f"{sys.executable} has no venv and ensurepip: install them (Debian, Ubuntu: apt install {package}), "
            "or name another Python: make PYTHON=/path/to/python …"
        )


def is_current() -> bool:
    """Tell whether .venv was made from what it would be made from now."""
    return PYTHON.exists() and STAMP.is_file() and STAMP.read_text() == origin()


def origin() -> str:
    """Everything that .venv depends on; the interpreter in clear, because only that calls for a new one."""
    # The project's place too: a copied .venv still points at the tree that it was copied from.
    parts = [os.fsencode(ROOT), (ROOT / "pyproject.toml").read_bytes(), LOCK.read_bytes()]
    return f"{interpreter()}\n{hashlib.sha256(b'|'.join(parts)).hexdigest()}\n"


def interpreter() -> str:
    """Name this interpreter; in an activated .venv, the one below it."""
    return f"{os.path.realpath(sys.executable)} {sys.version.split()[0]}"


def make() -> None:
    """Bring .venv up to date."""
    same_python = STAMP.is_file() and STAMP.read_text().startswith(interpreter() + "\n")
    # Gone until the end, so that a run cut short is not taken for a whole one.
    STAMP.unlink(missing_ok=True)
    try:
        install, env = sync_with_uv(keep=same_python)
    except StepError as reason:
        say(f"uv did not do it, so pip does, in minutes rather than seconds. Why uv did not:\n    {reason}")
        install, env = sync_with_pip()
    # hatchling comes from the lock, so nothing is fetched for this.
    editable: list[str | Path] = ["--no-index", "--no-deps", "--no-build-isolation", "--editable", ROOT]
    run_step("Installing this project into .venv, editable …", [*install, *editable], env=env)
    STAMP.write_text(origin())


def sync_with_uv(*, keep: bool) -> tuple[list[str | Path], Mapping[str, str]]:
    """Let uv do it; return how it installs more, and the environment variables for that."""
    folder = helper("uv")
    uv = folder / "bin/uv"
    env = uv_environment(pip_settings(folder / "bin/python"))
    if not (keep and PYTHON.exists()):
        make_venv("--without-pip")
    sync: list[str | Path] = [uv, "pip", "sync", "--require-hashes", "--no-build", "--python", PYTHON, LOCK]
    run_step("Installing the locked packages into .venv (seconds; a minute if none is cached) …", sync, env=env)
    return [uv, "pip", "install", "--python", PYTHON], env


def make_venv(*options: str) -> None:
    """Make .venv anew, of the interpreter below the one that runs this, which may be that of .venv."""
    run_step("Making .venv …", [os.path.realpath(sys.executable), "-m", "venv", "--clear", *options, VENV])


def sync_with_pip() -> tuple[list[str | Path], Mapping[str, str]]:
    """Do as sync_with_uv, with what every Python has."""
    # pip removes nothing that is not listed, so it starts from nothing.
    make_venv()
    install: list[str | Path] = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install"]
    sync: list[str | Path] = [*install, "--require-hashes", "--only-binary", ":all:", "--requirement", LOCK]
    run_step("Installing the locked packages into .venv with pip (1 to 3 minutes) …", sync)
    return install, os.environ


def pip_settings(python: Path) -> dict[str, str]:
    """Return pip's own settings, of its configuration files and of the environment."""
    return parse_pip_config(run_and_read([python, "-m", "pip", "config", "list"]))


def parse_pip_config(listing: str) -> dict[str, str]:
    """Read the lines of `pip config list`, such as global.index-url='…'; nearer sections win."""
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for section, option, value in re.findall(r"^(global|install|:env:)\.([\w-]+)='(.*)'$", listing, re.MULTILINE):
        # Several values stand on several lines in the file.
        sections[section][option] = " ".join(value.replace("\\n", " ").split())
    return {**sections["global"], **sections["install"], **sections[":env:"]}


def uv_environment(pip: Mapping[str, str]) -> dict[str, str]:
    """Send uv where pip goes: a machine behind a mirror often has only pip configured. uv's own settings win."""
    settings = {
        "UV_SYSTEM_CERTS": "1",
        "UV_DEFAULT_INDEX": pip.get("index-url"),
        "UV_INDEX": pip.get("extra-index-url"),
        "UV_INSECURE_HOST": pip.get("trusted-host"),
        "SSL_CERT_FILE": pip.get("cert"),
    }
    return {**{name: value for name, value in settings.items() if value}, **os.environ}


def make_locks(options: list[str]) -> None:
    """Resolve the dependency groups of pyproject.toml for every Python and system; `--upgrade` moves the pins."""
    folder = helper("uv")
    env = uv_environment(pip_settings(folder / "bin/python"))
    # No URL in a lock, so that it serves behind any mirror.
    how = "--universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-annotate --no-header"
    for group in ("dev", "uv", "go"):
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
