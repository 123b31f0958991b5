"""`ses-mail-from generate`: the generated program adopts an account, is protected, and passes the type checker."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from mypy import api

from pulumi_ses_mail_from_provider.console.cli import cli
from support.engine import REGION, Program, Stack, shell
from support.stand_in import SesStandIn

SET = "SetIdentityMailFromDomain"
OTHER = "eu-west-1"
DECLARED = {
    (REGION, "example.com"): ("bounce.example.com", "RejectMessage", "Success"),
    (REGION, "jane@example.com"): ("mail.example.com", "UseDefaultValue", "Pending"),
    (REGION, "o'brien@example.org"): ("bounce.example.org", "UseDefaultValue", "TemporaryFailure"),
    (OTHER, "example.com"): ("bounce.example.com", "UseDefaultValue", "Success"),
}


@pytest.fixture
def program(ses: SesStandIn, monkeypatch: pytest.MonkeyPatch) -> str:
    """The program that the console tool generates for an account with every status, in two regions."""
    ses.verify(REGION, "jane@example.com", "o'brien@example.org", "failed.example", "plain.example")
    ses.verify(OTHER, "example.com")
    for (region, identity), (domain, behavior, status) in DECLARED.items():
        ses.put(region, identity, domain, behavior=behavior, status=status)
    ses.put(REGION, "failed.example", "bounce.failed.example", status="Failed")
    for name, value in shell(ses.url).items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(cli, ["generate", "--region", REGION, "--region", OTHER])
    assert 0 == result.exit_code, result.stderr
    return result.stdout


def inline(text: str) -> Program:
    """Return a program that runs the source text."""
    return lambda: exec(compile(text, "__main__.py", "exec"), {"__name__": "__main__"})  # noqa: S102


def test_up_adopts_everything(stack: Stack, ses: SesStandIn, program: str) -> None:
    """The first up of the generated program adopts everything without a Set, and the next one changes nothing."""
    result = stack.up(inline(program)).done()
    assert 0 == ses.journal.count(SET)
    adopted = set(re.findall(r"ses-mail-from: (\S+)/(\S+): adopted", result.text))
    assert set(DECLARED) == adopted
    in_state = {
        (outputs["region"], outputs["identity"]): (
            outputs["mail_from_domain"],
            outputs["behavior_on_mx_failure"],
            outputs["mail_from_domain_status"],
        )
        for outputs in (stack.outputs(name) for name in stack.resources())
    }
    assert DECLARED == in_state
    assert {f"{region}/{identity}" for region, identity in DECLARED} == set(stack.resources())
    assert {"same": len(DECLARED) + 1} == stack.up(inline(program), expect_no_changes=True, refresh=True).done().changes
    assert 0 == ses.journal.count(SET)


def test_it_is_protected(stack: Stack, ses: SesStandIn, program: str) -> None:
    """A destroy fails because the resources are protected, and clears nothing."""
    stack.up(inline(program)).done()
    assert "protect" in stack.destroy().failed()
    assert 0 == ses.journal.count(SET)


def test_it_is_typed(program: str, tmp_path: Path) -> None:
    """The program passes mypy in strict mode."""
    path = tmp_path / "__main__.py"
    path.write_text(program)
    report, errors, code = api.run(["--strict", "--no-incremental", "--config-file=", str(path)])
    assert (0, "") == (code, errors), report
