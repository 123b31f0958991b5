"""`make mutate`: mutation testing of the core with mutmut, and the score of each room.

mutmut expects the sources below `src`, so it works on a copy of the project in `build/mutation`. Its results stay
there: an interrupted run continues where it stopped. A mutant is tested again when its function has changed, or when it
survived and the tests have changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

ROOT: Final = Path(__file__).resolve().parents[1]
WORK: Final = ROOT / "build" / "mutation"
PROVIDER: Final = "pulumi_ses_mail_from_provider"
ROOMS: Final = ("rules", "operations")
DETECTED: Final = ("killed", "timeout")
TESTS: Final = ("tests/unit", "tests/functional")
PAGES: Final = ("docs", "README.md")  # tests compare the code with them
OTHER_TESTS: Final = (
    # About the documentation, the tools and the packages rather than the core. They need the whole repository.
    "unit/test_architecture.py",
    "unit/test_bench.py",
    "unit/test_dist.py",
    "unit/test_console*.py",
    "unit/test_examples.py",
    "unit/test_package*.py",
    "unit/test_docs*.py",
    "unit/test_tools.py",
    # Each of these takes long, or runs the code in processes of its own, which know nothing of mutants.
    "unit/test_simulation.py",
    "functional/test_console*.py",
    "functional/test_live.py",
    "functional/test_plugin.py",
    "functional/test_resolver.py",
    "functional/test_sdk_server.py",
    "functional/test_stand_in*.py",
)


def main() -> int:
    """Run mutmut and print the scores.

    Returns:
        The exit status of mutmut.
    """
    parser = argparse.ArgumentParser(prog="make mutate", description=__doc__)
    parser.add_argument("parts", nargs="*", default=ROOMS, help="rooms or modules, such as rules or rules/names")
    parser.add_argument("--tests", nargs="+", help="test files to run in place of the usual selection")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="mutants tested at a time")
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    options = parser.parse_args()
    if options.fresh:
        shutil.rmtree(WORK, ignore_errors=True)
    prepare(options.parts, options.tests)
    command: list[str | Path] = [Path(sys.executable).with_name("mutmut"), "run", "--max-children", str(options.jobs)]
    environment = {**os.environ, "HYPOTHESIS_EXAMPLES": os.environ.get("HYPOTHESIS_EXAMPLES", "50")}
    status = subprocess.run(command, cwd=WORK, env=environment, check=False).returncode
    report(options.parts)
    return status


def prepare(parts: list[str], tests: list[str] | None) -> None:
    """Copy the project into the folder where mutmut works.

    Args:
        parts: Rooms or modules to mutate.
        tests: Test files; None selects all that exercise the core.
    """
    for stale in ("src", "tests", "mutants/tests", "docs"):
        shutil.rmtree(WORK / stale, ignore_errors=True)
    # The copies are newer than the mutants, so mutmut generates those again. It knows the results by function.
    ignored = shutil.ignore_patterns("__pycache__")
    for package in (ROOT / "provider" / PROVIDER, ROOT / "sdk" / "pulumi_ses_mail_from"):
        shutil.copytree(package, WORK / "src" / package.name, ignore=ignored, copy_function=shutil.copyfile)
    for name in ("tests", "docs"):
        shutil.copytree(ROOT / name, WORK / name, ignore=ignored)
    shutil.copyfile(ROOT / "README.md", WORK / "README.md")
    settings = {
        "source_paths": ["src"],
        "use_git_change_detection": False,
        "only_mutate": [f"src/{PROVIDER}/{part}{'/*' if part in ROOMS else '.py'}" for part in parts],
        "also_copy": PAGES,
        # The defaults give a mutant that loops or hangs several minutes.
        "timeout_multiplier": 5.0,
        "timeout_constant": 5.0,
        "pytest_add_cli_args": ["--hypothesis-seed=0", "-p", "no:cacheprovider", "-p", "no:xdist"],
        "pytest_add_cli_args_test_selection": [
            *(tests or TESTS),
            *([] if tests else [f"--ignore-glob=*/{name}" for name in OTHER_TESTS]),
        ],
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    project = (ROOT / "pyproject.toml").read_text()
    (WORK / "pyproject.toml").write_text("\n".join([project, "[tool.mutmut]", *lines, ""]))
    # Which tests cover which function is measured again in each run.
    (WORK / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    stamp, now = WORK / "tests.sha256", fingerprint(tests or [])
    if not stamp.is_file() or stamp.read_text() != now:
        forget_survivors()
        stamp.write_text(now)


def fingerprint(selected: list[str]) -> str:
    """A hash of all tests and of which of them run."""
    sources = [path.read_bytes() for path in sorted((WORK / "tests").rglob("*.py"))]
    return hashlib.sha256(b"\0".join([repr(selected).encode(), *sources])).hexdigest()


def forget_survivors() -> None:
    """Have every mutant tested again that the tests have not detected."""
    for file, meta in results():
        codes = meta["exit_code_by_key"]
        codes.update({name: None for name, code in codes.items() if status_by_exit_code[code] not in DETECTED})
        file.write_text(json.dumps(meta))


def results() -> Iterator[tuple[Path, dict[str, Any]]]:
    """The result files of mutmut, and what they contain."""
    for file in sorted((WORK / "mutants" / "src" / PROVIDER).rglob("*.meta")):
        yield file, json.loads(file.read_text())


def report(parts: list[str]) -> None:
    """Print the score of each module and room; write the diffs of the survivors to a file."""
    scores: dict[str, Counter[str]] = {}
    diffs: list[str] = []
    os.chdir(WORK)
    for file, meta in results():
        module = file.relative_to(WORK / "mutants" / "src" / PROVIDER).as_posix().removesuffix(".py.meta")
        room = module.partition("/")[0]
        if module not in parts and room not in parts:
            continue
        for mutant, code in meta["exit_code_by_key"].items():
            status = status_by_exit_code[code]
            for row in (module, room):
                scores.setdefault(row, Counter())[status] += 1
            if status not in (*DETECTED, "not checked"):
                source = file.relative_to(WORK / "mutants").with_suffix("")
                diffs.append(f"# {mutant}: {status}\n{get_diff_for_mutant(mutant, path=source)}\n")
    survivors = WORK / "survivors.diff"
    survivors.write_text("\n".join(diffs))
    print(f"\n{'module or room':<24} {'killed':>7} {'total':>7} {'score':>7}")
    for row in sorted(scores, key=lambda row: (row.partition("/")[0], "/" not in row, row)):  # a room below its modules
        counts = scores[row]
        killed, total = sum(counts[status] for status in DETECTED), counts.total()
        unchecked = f"  {counts['not checked']} not tested yet" if counts["not checked"] else ""
        print(f"{row:<24} {killed:>7} {total:>7} {killed / total:>7.1%}{unchecked}")
    print(f"\n{len(diffs)} mutants survived: {survivors.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
