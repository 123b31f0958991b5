"""What the pages say, against the code: inputs and outputs, settings, messages and figures, in both directions."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterable
from dataclasses import fields

import pulumi_cli
import pytest

import pulumi_ses_mail_from
from pulumi_ses_mail_from import (
    MailFromDomain,
    MailFromDomainArgs,
    MailFromDomainStatus,
    MailFromDomainVerification,
    mail_from_dns_records,
)
from pulumi_ses_mail_from_provider.dns.findings import FINDINGS
from pulumi_ses_mail_from_provider.engine import config_values, lifecycle, sdk_server
from pulumi_ses_mail_from_provider.engine.config import AWS_KEYS, IGNORED_KEYS, OWN_KEYS, REFUSED_KEYS
from pulumi_ses_mail_from_provider.engine.wording import _LINES, Wording
from pulumi_ses_mail_from_provider.operations import mail_from_domain, waiter
from pulumi_ses_mail_from_provider.rules import durations
from pulumi_ses_mail_from_provider.rules.errors import CallFailed
from pulumi_ses_mail_from_provider.rules.model import BehaviorOnMXFailure
from pulumi_ses_mail_from_provider.rules.notices import AccountGuardOff, Notice, WaitingForVerification
from pulumi_ses_mail_from_provider.rules.schema import VERIFICATION
from pulumi_ses_mail_from_provider.ses import batch_reader, calls, connections, rate_limiter, region
from pulumi_ses_mail_from_provider.ses.settings import AwsSettings
from support.pages import BY_PATH, ON_EVERY_PAGE, PAGES, ROOT, Page, first_cells

README = BY_PATH["README.md"]
BEHAVIOR = BY_PATH["docs/behaviour.md"]
INSTALLATION = BY_PATH["docs/installation-configuration.md"]
MANY = BY_PATH["docs/many-identities.md"]
REFERENCE = BY_PATH["docs/reference.md"]
TESTING = BY_PATH["docs/testing.md"]
TROUBLESHOOTING = BY_PATH["docs/troubleshooting.md"]


def test_every_input_and_output_is_in_its_table() -> None:
    """The tables name all inputs and outputs, and nothing else."""
    inputs = first_cells(REFERENCE.section("Inputs of MailFromDomain").partition("| Value |")[0])
    assert {field.name for field in fields(MailFromDomainArgs)} == inputs
    assert set(MailFromDomain.__annotations__) == first_cells(REFERENCE.section("Outputs of MailFromDomain"))


def test_the_wait_is_in_its_tables() -> None:
    """The tables name all inputs and outputs of the wait, and nothing else."""
    inputs = first_cells(REFERENCE.section("Inputs of MailFromDomainVerification"))
    parameters = list(inspect.signature(MailFromDomainVerification.__init__).parameters)
    assert ["self", "resource_name", *sorted(inputs), "opts"] == parameters
    outputs = first_cells(REFERENCE.section("Outputs of MailFromDomainVerification"))
    assert set(MailFromDomainVerification.__annotations__) == outputs


def test_every_value_is_named() -> None:
    """The statuses are a table, the behaviors are named, and so is every public name of the package."""
    assert {status.value for status in MailFromDomainStatus} == first_cells(REFERENCE.section("Status"))
    for name in (*pulumi_ses_mail_from.__all__, *(behavior.value for behavior in BehaviorOnMXFailure)):
        assert name in REFERENCE.text, name


def test_the_records_table() -> None:
    """The table of DNS records has the keys and values of the function."""
    mx, txt = mail_from_dns_records("bounce.example.com", "us-east-1")
    for key, value in mx.items():
        other = f"`{txt[key]}`" if key in txt else "absent"
        assert f"| `{key}` | `{value}` | {other} |" in REFERENCE.text, key


def test_the_mocks_name_every_output() -> None:
    """The page on tests names the outputs that a mock must add: those that are no required inputs."""
    required = {field.name for field in fields(MailFromDomainArgs) if field.default is not None}
    assert set(MailFromDomain.__annotations__) - required == first_cells(TESTING.text) - {
        "make demo",
        "make test",
    }


def test_every_code_of_dns_is_known() -> None:
    """Whatever looks like a code of a finding is one. The reverse is in `test_findings.py`."""
    prefixes = "|".join(sorted({code.partition("-")[0] for code in FINDINGS if "-" in code}))
    for page in PAGES:
        assert set(re.findall(rf"`((?:{prefixes})-[a-z-]+)`", page.text)) <= set(FINDINGS), page.path


# Settings


def test_every_setting_is_in_its_row() -> None:
    """Each aws: setting is documented as applied, refused or ignored, as it is."""
    documented = {
        (name, verdict)
        for row, verdict in re.findall(r"^\| (`aws:.*?) \| (\w+)", INSTALLATION.section("Settings"), re.MULTILINE)
        for name in re.findall("`aws:(.*?)`", row)
    }
    groups: dict[str, Iterable[str]] = {"Applied": AWS_KEYS, "Refused": REFUSED_KEYS, "Ignored": IGNORED_KEYS}
    assert {(name, verdict) for verdict, names in groups.items() for name in names} == documented
    assert all(f"| `ses-mail-from:{name}` | Of this package: " in INSTALLATION.text for name in OWN_KEYS)


def test_every_refused_setting_has_its_way_out() -> None:
    """What the error says to set in the environment, the table says too."""
    for instead in REFUSED_KEYS.values():
        for variable in re.findall(r"\b[A-Z][A-Z0-9_]{5,}\b", instead):
            assert f"`{variable}`" in INSTALLATION.text, variable


@ON_EVERY_PAGE
def test_every_key_of_the_config_exists(page: Page) -> None:
    """A key with a namespace is a setting, and one without is of an example."""
    known = {f"aws:{key}" for key in (*AWS_KEYS, *REFUSED_KEYS, *IGNORED_KEYS)}
    known |= {f"ses-mail-from:{key}" for key in (*OWN_KEYS, *AWS_KEYS)}
    tokens = {"ses-mail-from:index", "ses-mail-from:MailFromDomain"}  # of the native provider
    assert set(re.findall(r"(?<![\w:])(?:aws|ses-mail-from):[a-zA-Z]\w*", page.text)) - tokens <= known
    examples = "".join(path.read_text() for path in (ROOT / "examples").rglob("*.py"))
    for command in page.commands("pulumi config set"):
        for key in [word.strip("'").partition("[")[0] for word in command.split()[3:] if not word.startswith("-")][:1]:
            assert ":" in key or f'"{key}"' in examples, command


def test_the_policy_is_the_file() -> None:
    """The IAM policy is the file's, character by character, and has all actions that are called."""
    (block,) = INSTALLATION.blocks("json")
    assert (ROOT / "docs/iam-policy.json").read_text() == block
    (statement,) = json.loads(block)["Statement"]
    assert [f"ses:{action}" for action in (region.GET, region.LIST, region.SET)] == statement["Action"]


# Messages


def _texts_of_the_sources() -> list[str]:
    return [
        node.value
        for package in ("sdk", "provider")
        for source in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def test_every_error_is_in_the_sources() -> None:
    """The table of errors quotes messages of the code."""
    texts = _texts_of_the_sources()
    of_others = {"No module named 'pulumi_ses_mail_from_provider'"}
    for quoted in first_cells(TROUBLESHOOTING.section("Errors by their text")) - of_others:
        assert any(quoted in text for text in texts), quoted


def test_every_notice_is_in_its_table() -> None:
    """The table of lines has one for each notice, in the words of the engine's front ends."""
    lines = first_cells(BEHAVIOR.section("Lines in the output"))
    pending = "bounce.example.com (us-east-1/example.com): status Pending"
    # Wording has the templates of all others.
    of_parts = (AccountGuardOff("us-east-1", CallFailed("", "…")), WaitingForVerification(60, 1800, 2, 1, pending))
    found: dict[type[Notice], list[str]] = {type(notice): [Wording().notice(notice)] for notice in of_parts}
    for kind, template in _LINES.items():
        pattern = re.sub(r"\\\{.*?\\\}", ".+?", re.escape(template))
        found[kind] = [line for line in lines if re.fullmatch(pattern, line)]
    assert set(Notice.__subclasses__()) == set(found)
    assert [] == [kind.__name__ for kind, matching in found.items() if not matching]
    assert lines - {"<region>/<identity>", "ses-mail-from:"} == {
        line for matching in found.values() for line in matching
    }


# Figures


SETTINGS = AwsSettings()
(PYTHON,) = re.findall(r'^requires-python = ">=(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
FIGURES = (
    (BEHAVIOR, f"is waited for, for {mail_from_domain.IDENTITY_WAIT:.0f} s at most"),
    (BEHAVIOR, f"waiting for it, {mail_from_domain.IDENTITY_WAIT:.0f} s at most"),
    (BEHAVIOR, f"was read at most {calls.WRITE_AGE:.0f} s before a Set is sent"),
    (BEHAVIOR, f"an answer takes longer, {connections._READ_SECONDS} s at most"),
    (
        INSTALLATION,
        f"at most {connections._CONNECT_SECONDS} s for a connection and {connections._READ_SECONDS} s for an answer;"
        f" a call of STS for the account ID, {2 * connections._STS_SECONDS:.0f} s in all",
    ),
    (INSTALLATION, f"Default: {SETTINGS.max_retries}. How often to retry"),
    (INSTALLATION, f"from {config_values._LOWEST_RATE} to {config_values._HIGHEST_RATE}. Default: "),
    (INSTALLATION, f"Default: {SETTINGS.requests_per_second:.0f}. A lower rate"),
    (BY_PATH["CHANGELOG.md"], f"a number from {config_values._LOWEST_RATE} to {config_values._HIGHEST_RATE}"),
    (MANY, f"One Get returns up to {batch_reader.BATCH} identities"),
    (MANY, {3: "From the fourth read on"}[batch_reader._PREFETCH_AFTER]),
    (MANY, f"reused for {mail_from_domain.READ_AGE:.0f} s by a refresh or a preview and for less than 5 s by a write"),
    (MANY, f"for {rate_limiter.THROTTLING_BUDGET:.0f} s a call"),
    (MANY, f"handles at a time to {sdk_server._THREADS}"),
    (REFERENCE, f"in shared calls and for {lifecycle._DIFF_PATIENCE:.0f} s at most"),
    (REFERENCE, f"of {waiter._FIRST_PAUSE:.0f} seconds at first and of a minute at most"),
    (REFERENCE, f"with one Get for every {batch_reader.BATCH} domains"),
    (REFERENCE, f"gets {waiter._SETTLING:.0f} s until SES must return it"),
    (REFERENCE, f"for {waiter._DIAGNOSED} domains at most"),
    (REFERENCE, f"| `timeout` | `str` | `{VERIFICATION.input('timeout').default}` |"),
    *((page, f"Python ≥ {PYTHON}") for page in (README, INSTALLATION)),
    *((page, f"https://www.pulumi.com/docs/install/) ≥ {pulumi_cli.VERSION}") for page in (README, INSTALLATION)),
)


@pytest.mark.parametrize(("page", "words"), FIGURES, ids=lambda value: str(value)[:30])
def test_figures(page: Page, words: str) -> None:
    """The figures on the pages are those of the code."""
    assert words in " ".join(page.text.split())


def test_the_longest_pause_is_a_minute() -> None:
    """So the page says of the interval and of the progress of a wait."""
    assert "1m" == durations.words(waiter._LONGEST_PAUSE) == durations.words(waiter._PROGRESS)


def test_figures_of_the_bench() -> None:
    """The figures in the text are those that were measured. Those of the table are in `test_bench.py`."""
    targets = json.loads((ROOT / "docs/bench/bench.json").read_text())["targets"]
    value = {target["description"]: target["value"] for target in targets}
    create, destroy = ("create of 40 at 1 per second", "destroy of 40 at 1 per second")
    all_, some = (
        "refresh of 1000 at 1 per second (account of 1000)",
        "refresh of 300 at 1 per second (account of 5000)",
    )
    expected = (
        f"40 creates took {40 * value[f'{create}: ratio to the floor']:.0f} s with {value[f'{create}: Gets']} Gets and"
        f" {value[f'{create}: throttled calls']} refusals, and destroying them"
        f" {40 * value[f'{destroy}: ratio to the floor']:.0f} s with {value[f'{destroy}: Gets']} Gets.",
        f"A refresh of 1,000 took {value[all_]:.0f} s and {value[f'{all_}: calls']} calls.",
        f"A refresh of 300 in an account of 5,000, with `--parallel 64`, took {value[some]:.0f} s and"
        f" {value[f'{some}: calls']} calls.",
    )
    for words in expected:
        assert words in " ".join(MANY.text.split())
