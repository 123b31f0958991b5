from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from support.mocked_engine import run_program
from support.stand_in import SesStandIn

from .conftest import REGION
from .terminal import Ran, run

GET, SET = "GetIdentityMailFromDomainAttributes", "SetIdentityMailFromDomain"
OTHER = "eu-west-1"

pytestmark = pytest.mark.usefixtures("shell")


@pytest.fixture
def account(ses: SesStandIn) -> None:
    """An account with MAIL FROM domains of every status, in two regions."""
    ses.verify(REGION, "jane@example.com", "o'brien@example.com", "failed.example", "plain.example")
    ses.verify(OTHER, "example.com")
    ses.put(REGION, "example.com", "bounce.example.com")
    ses.put(OTHER, "example.com", "bounce.example.com", status="Pending")
    ses.put(REGION, "jane@example.com", f"{'very.' * 12}long.example.com", behavior="RejectMessage")
    ses.put(REGION, "o'brien@example.com", "bounce.example.com", status="TemporaryFailure")
    ses.put(REGION, "failed.example", "bounce.failed.example", status="Failed")


def generate(*arguments: str) -> Ran:
    """The program for both regions."""
    return run("generate", "--region", REGION, "--region", OTHER, *arguments)


def declared(program: str, folder: Path) -> list[dict[str, object]]:
    """What a program declares under mocks."""
    path = folder / "__main__.py"
    path.write_text(program)
    return [
        {"name": resource.name, "protect": resource.protect, **resource.inputs}
        for resource in run_program(path, {}).mail_from_domains()
    ]


@pytest.mark.usefixtures("account")
def test_program(tmp_path: Path) -> None:
    """Every MAIL FROM domain is declared and protected, and named by its id. One with status Failed is a comment."""
    ran = generate()
    assert 0 == ran.code
    lines = [
        (OTHER, "example.com", "bounce.example.com", "UseDefaultValue"),
        (REGION, "example.com", "bounce.example.com", "UseDefaultValue"),
        (REGION, "jane@example.com", f"{'very.' * 12}long.example.com", "RejectMessage"),
        (REGION, "o'brien@example.com", "bounce.example.com", "UseDefaultValue"),
    ]
    expected = [
        {
            "name": f"{region}/{identity}",
            "protect": True,
            "region": region,
            "identity": identity,
            "mail_from_domain": domain,
            "behavior_on_mx_failure": behavior,
        }
        for region, identity, domain, behavior in lines
    ]
    assert expected == sorted(declared(ran.out, tmp_path), key=lambda inputs: str(inputs["name"]))
    assert '    # ("us-east-1", "failed.example", "bounce.failed.example", "UseDefaultValue"),' in ran.lines
    assert "ses-mail-from: 1 of 5 MAIL FROM domains are commented out in the program, with the reason\n" == ran.err


@pytest.mark.usefixtures("account")
def test_it_is_the_same_each_time(ses: SesStandIn) -> None:
    """The program does not depend on the order of the regions or of the identities in SES."""
    first = generate()
    assert first == run("generate", "--region", OTHER, "--region", REGION)
    ses.delete_identity(REGION, "example.com")
    ses.verify(REGION, "example.com")
    ses.put(REGION, "example.com", "bounce.example.com")
    assert first == generate()


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("*@EXAMPLE.com", {"jane@example.com", "o'brien@example.com"}),
        ("example.com", {"example.com"}),
        ("[!e]*.example", {"failed.example"}),
    ],
)
def test_matching(glob: str, expected: set[str]) -> None:
    """Only identities that match the pattern are declared. Case is ignored."""
    program = generate("--matching", glob).out
    names = {"example.com", "jane@example.com", "o'brien@example.com", "failed.example"}
    assert expected == {name for name in names if f'", "{name}", "' in program}


@pytest.mark.parametrize(
    ("arguments", "scope"),
    [((), ""), (("--matching", "nobody.*"), " for identities that match 'nobody.*'")],
)
def test_nothing_to_declare(arguments: tuple[str, ...], scope: str) -> None:
    """An empty program is printed, and a line on stderr that says where nothing is set."""
    ran = run("generate", *arguments)
    assert 0 == ran.code
    assert f"ses-mail-from: nothing to declare: no MAIL FROM domain is set{scope} in {REGION}\n" == ran.err
    assert isinstance(ast.parse(ran.out).body[0], ast.Expr)


@pytest.mark.usefixtures("account")
def test_region_that_fails(ses: SesStandIn) -> None:
    """If a region cannot be read, no program is printed."""
    ses.deny(GET)
    ran = generate()
    assert (2, "", 2) == (ran.code, ran.out, ran.err.count("\n"))


@pytest.mark.usefixtures("account")
def test_formatters_and_linters_agree(tmp_path: Path) -> None:
    """Ruff reports nothing, and has nothing to format at any line length."""
    program = tmp_path / "__main__.py"
    program.write_text(generate().out)
    ruff = [sys.executable, "-m", "ruff"]
    for command in (
        [*ruff, "format", "--isolated", "--diff", str(program)],
        [*ruff, "format", "--isolated", "--diff", "--line-length=120", str(program)],
        [*ruff, "check", "--isolated", "--select=E4,E7,E9,F,I", str(program)],
    ):
        ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        assert 0 == ran.returncode, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    "value",
    ['bounce.example.com"); import os; ("', "bounce.'x'.\"y\".example.com", "\\", "[red]", "\u202e", "x" * 400, "é"],
)
def test_hostile_values(ses: SesStandIn, tmp_path: Path, value: str) -> None:
    """Text from SES stays within its string. What pulumi up would refuse is a comment with the reason."""
    ses.put(REGION, "example.com", value, behavior=value)
    ran = run("generate")
    tree = ast.parse(ran.out)
    assert [] == declared(ran.out, tmp_path)
    assert ["pulumi", "pulumi_ses_mail_from"] == [
        node.names[0].name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    assert "    # mail_from_domain: " in ran.out
    assert 0 == ses.journal.count(SET)


def test_name_that_is_not_normalized(ses: SesStandIn) -> None:
    """A name that pulumi up would spell in another way is a comment."""
    ses.put(REGION, "example.com", "bücher.example.com")
    assert "    # SES has a name that is not normalized: " in run("generate").out
