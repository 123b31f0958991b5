"""`make dist`: build the packages into dist/, check them, and test the wheel as users install it.

The wheel is installed twice, outside of this checkout: with the newest and with the lowest dependencies that it allows.
The unit and functional tests and, with the real engine, a scenario of each provider run against both.
"""

# It runs with the interpreter that the environments will have, so it uses only the standard library.

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from environment import LOCK, pip_settings, require_venv_module, uv_environment
from pulumi_cli import cli_root
from steps import LOCKS, ROOT, StepError, helper, progress, run_and_read, run_step

DIST = ROOT / "dist"
PACKAGES = ("sdk/pulumi_ses_mail_from", "provider/pulumi_ses_mail_from_provider")
RESOLUTIONS = ("highest", "lowest-direct")  # of uv
TESTS = (
    ["tests/unit", "tests/functional", "-n", "auto", "--dist", "worksteal"],
    ["tests/acceptance/test_mail_from_domain.py::test_basic", "tests/acceptance/test_native.py::test_life"],
)


def main() -> int:
    """Run the command.

    Returns:
        The exit status.
    """
    try:
        require_venv_module()
        root = cli_root()
        with tempfile.TemporaryDirectory(prefix="ses-mail-from-dist-") as folder:
            packages = Packages(Path(folder))
            wheel = packages.build()
            failed = [test for resolution in RESOLUTIONS for test in packages.test(wheel, resolution, root)]
    except StepError as error:
        failed = [str(error)]
    if failed:
        progress("\n  ".join(["error:", *failed]))
        return 1
    progress(f"dist/ has been built and tested: {', '.join(sorted(path.name for path in DIST.glob('pulumi_*')))}")
    return 0


class Packages:
    """Builds and tests the packages.

    Args:
        folder: A temporary folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        uv = helper("uv")
        self._uv = uv / "bin/uv"
        self._env = uv_environment(pip_settings(uv / "bin/python"))

    def build(self) -> Path:
        """Build the sdist and from it the wheel, check both, and return the wheel."""
        python = self._venv("tools")
        lock: list[str | Path] = ["--require-hashes", "--no-build", LOCKS / "dist.txt"]
        self._run("Installing the locked build tools …", "pip", "sync", "--python", python, *lock)
        shutil.rmtree(DIST, ignore_errors=True)
        options: list[str | Path] = ["--no-build-isolation", "--python", python, "--out-dir", DIST]
        self._run("Building the sdist, and from it the wheel …", "build", *options, ROOT)
        (wheel,) = DIST.glob("*.whl")
        (sdist,) = DIST.glob("*.tar.gz")
        run_step("Checking them …", [python.parent / "twine", "check", "--strict", wheel, sdist])
        run_step("Checking the contents of the wheel …", [python.parent / "check-wheel-contents", wheel])
        return wheel

    def test(self, wheel: Path, resolution: str, cli: Path) -> list[str]:
        """Install the wheel and run the tests against it. Returns those that failed.

        Args:
            wheel: The wheel.
            resolution: Which dependencies it gets: a value of uv's option `--resolution`.
            cli: The folder of the Pulumi CLI.
        """
        python = self._venv(resolution)
        into: list[str | Path] = ["pip", "install", "--python", python, "--no-build"]
        solve: list[str | Path] = ["pip", "compile", "--python", python, "--no-annotate", "--no-header"]
        pins, tools = self._folder / f"{resolution}.txt", self._folder / f"{resolution}-tests.txt"
        lowest: list[str | Path] = ["--resolution", resolution, "--output-file", pins, "pyproject.toml"]
        self._run(f"Resolving the dependencies, --resolution {resolution} …", *solve, *lowest)
        self._run("Installing the wheel …", *into, "--constraint", pins, wheel)
        # The test tools must not change what the wheel has installed. Otherwise they are the locked ones if possible:
        # uv prefers the versions in an existing output file.
        shutil.copyfile(LOCK, tools)
        self._run("Resolving the test tools …", *solve, "--group", "test", "--constraint", pins, "--output-file", tools)
        self._run("Installing the test tools …", *into, "--requirement", tools)
        self._run("Checking that all packages fit together …", "pip", "check", "--python", python)

        checkout = self._checkout(python, resolution)
        direct = re.findall(r"^    \"([a-z0-9-]+)>=", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
        versions = [pin for pin in pins.read_text().split() if pin.split("==")[0] in direct]
        progress(f"Testing {wheel.name} with {' '.join(versions)}")
        pytest: list[str | Path] = [python.parent / "pytest", "-q", "-p", "no:cacheprovider"]
        if resolution != "highest":
            pytest += ["-W", "ignore::DeprecationWarning"]  # old dependencies use what is deprecated in a new Python
        env = {**os.environ, "PULUMI_CLI_ROOT": str(cli), "PYTHONDONTWRITEBYTECODE": "1"}
        return [
            f"{' '.join(tests)} failed against the wheel, --resolution {resolution}"
            for tests in TESTS
            if subprocess.run([*pytest, *tests], cwd=checkout, env=env, check=False).returncode
        ]

    def _checkout(self, python: Path, name: str) -> Path:
        """A copy of this checkout in which sdk/ and provider/ are what the wheel has installed."""
        copy = self._folder / f"{name}-checkout"
        ignore = shutil.ignore_patterns("sdk", "provider", "build", "dist", ".git", ".venv", ".*_cache", "__pycache__")
        shutil.copytree(ROOT, copy, ignore=ignore)
        for package in PACKAGES:
            code = f"import {Path(package).name} as package; print(package.__file__)"
            installed = Path(run_and_read([python, "-c", code], cwd=copy).strip()).parent
            if not installed.is_relative_to(python.parents[1]):
                raise StepError(f"tests would import {installed}, not what the wheel has installed")
            shutil.copytree(installed, copy / package)
        return copy

    def _venv(self, name: str) -> Path:
        """A new environment of this interpreter. Returns its interpreter."""
        self._run(f"Creating the environment {name} …", "venv", "--python", sys.executable, self._folder / name)
        return self._folder / name / "bin/python"

    def _run(self, announcement: str, *arguments: str | Path) -> None:
        run_step(announcement, [self._uv, *arguments], env=self._env)


if __name__ == "__main__":
    sys.exit(main())
