"""`make docs`: the tables in docs/ that come from the code.

They stand between `<!-- make docs writes: NAME -->` and `<!-- end -->`. The text around them is written by hand.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import click

from pulumi_ses_mail_from import (
    BehaviorOnMXFailure,
    MailFromDomain,
    MailFromDomainArgs,
    MailFromDomainStatus,
    MailFromDomainVerification,
    mail_from_dns_records,
)
from pulumi_ses_mail_from_provider.console.cli import cli
from pulumi_ses_mail_from_provider.console.identities import Row
from pulumi_ses_mail_from_provider.console.report import Report, Verdict
from pulumi_ses_mail_from_provider.dns.findings import Finding, Severity
from pulumi_ses_mail_from_provider.rules.model import Absent
from pulumi_ses_mail_from_provider.rules.schema import MAIL_FROM_DOMAIN, VERIFICATION, Property, Resource

ROOT: Final = Path(__file__).resolve().parents[1]
PAGES: Final = tuple(ROOT / "docs" / name for name in ("console.md", "reference.md"))
COMMANDS: Final = ("status", "doctor", "generate")
_PART: Final = re.compile(r"(<!-- make docs writes: (.*?) -->\n).*?(<!-- end -->)", re.DOTALL)
_WORDS: Final = (*(one.value for one in (*MailFromDomainStatus, *BehaviorOnMXFailure)), "MailFromDomainNotVerified")
_CODE: Final = re.compile(
    r"""`[^`]+`|"(?P<double>[^"]+)"|'(?P<single>[^' ]+)'|"""
    rf"""\b(?P<word>None|False|aws:\w+|AWS_\w+|{"|".join(_WORDS)})\b"""
)
"""What is code in a docstring or a help text: in backticks, in quotation marks, or a name."""

# What the code does not say about its JSON.
JSON_FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    "region": ("string", "The AWS region."),
    "identity": ("string or null", "The SES identity. Null with `--domain`."),
    "identity_exists": ("boolean or null", "Whether SES knows the identity in that region. Null: SES was not called."),
    "mail_from_domain": ("string or null", "Null: none is set."),
    "status": ("string or null", "See [Status](#status)."),
    "behavior_on_mx_failure": (
        "string or null",
        " or ".join(f"`{behavior.value}`" for behavior in BehaviorOnMXFailure) + ".",
    ),
    "verification": (
        "string or null",
        "The verification status of the identity itself; `Success` if it may send. Null: not known.",
    ),
    "verdict": (
        "string",
        f"`{Verdict.FINE.value}`, `{Verdict.PROBLEM.value}` or `{Verdict.UNKNOWN.value}`: no problem was found, but not"
        " everything could be looked up.",
    ),
    "findings": ("list", "What is wrong in DNS, errors first."),
}
FINDING_FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    "code": ("string", "A code that [Troubleshooting](troubleshooting.md) explains."),
    "severity": ("string", ", ".join(f"`{severity.value}`" for severity in Severity) + "."),
    "sentence": ("string", "The problem and its remedy."),
    "seen": ("list of strings", "The answers of DNS, as lines of a zone file."),
    "expected": ("string", "The record to publish, as a line of a zone file. Empty: there is none."),
    "record": ("object or null", "The same record, in the form of [DNS records](#dns-records)."),
}


def main() -> None:
    """Write the tables into the pages."""
    for page in PAGES:
        page.write_text(with_tables(page.read_text()))
        print(page)


def with_tables(text: str) -> str:
    """The page with its tables as the code has them.

    Raises:
        KeyError: The page has a mark for a table that does not exist.
    """
    return _PART.sub(lambda part: f"{part[1]}\n{_table(*TABLES[part[2]]())}\n\n{part[3]}", text)


def _marked_up(text: str) -> str:
    """A docstring or a help text as Markdown."""
    text = _CODE.sub(lambda code: f"`{code['double'] or code['single'] or code['word'] or code[0].strip('`')}`", text)
    return text.replace(". Such as ", ", such as ")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in (head, *rows))
    first, *others = lines
    return "\n".join((first, f"|{'---|' * len(head)}", *others))


Table = tuple[Sequence[str], Iterable[Sequence[str]]]


def _inputs(properties: Sequence[Property], texts: Mapping[str, str], types: Mapping[str, object]) -> Table:
    rows = []
    for one in properties:
        meaning, _, default = _marked_up(texts[one.name]).partition(" Default: ")
        change = "replaces" if one.replaces else "updates"
        rows.append((f"`{one.name}`", _type(types[one.name]), default.rstrip(".") or "required", change, meaning))
    return ("Input", "Type", "Default", "Change", "Meaning"), rows


def _outputs(class_: type, resource: Resource) -> Table:
    texts = attribute_docstrings(class_)
    *others, last = (f"`{name}`" for name in resource.sources)
    secret = f" Secret if {', '.join(others)} or {last} is." if others else f" Secret if {last} is."
    rows = [
        (f"`{name}`", _type(annotation), _marked_up(texts[name]) + (secret if name in resource.derived else ""))
        for name, annotation in class_.__annotations__.items()
    ]
    return ("Output", "Type", "Meaning"), rows


def _type(annotation: object) -> str:
    """An annotation of the SDK as readers write it: without what every input or output has."""
    text = str(annotation).replace("pulumi.", "")
    text = re.sub(r"^Optional\[(Input\[.*)\]$", r"\1", text)
    text = re.sub(r"^(Input|Output)\[(.*)\]$", r"\2", text)
    return " or ".join(f"`{part}`" for part in re.sub(r"^Optional\[(.*)\]$", r"\1 | None", text).split(" | "))


def attribute_docstrings(class_: type) -> dict[str, str]:
    """The docstrings of the attributes or enum members of a class, each on one line."""
    tree = ast.parse(Path(inspect.getfile(class_)).read_text())
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == class_.__name__)
    return dict(_docstrings(body))


def _docstrings(body: Sequence[ast.stmt]) -> Iterator[tuple[str, str]]:
    for one, after in itertools.pairwise(body):
        target = (
            one.target if isinstance(one, ast.AnnAssign) else one.targets[0] if isinstance(one, ast.Assign) else None
        )
        if isinstance(target, ast.Name) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            yield target.id, " ".join(str(after.value.value).split())


def _argument_docstrings(function: Callable[..., object]) -> dict[str, str]:
    """The descriptions in the section Args of a docstring."""
    text = (inspect.getdoc(function) or "").partition("Args:\n")[2].partition("\n\n")[0]
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", text, re.MULTILINE)
    return {name: " ".join(words.split()) for name, words in found}


def _behaviors() -> Table:
    texts = attribute_docstrings(BehaviorOnMXFailure)
    rows = [
        (f"`{one.value}`", f"`BehaviorOnMXFailure.{one.name}`", _marked_up(texts[one.name]))
        for one in BehaviorOnMXFailure
    ]
    return ("Value", "Enum", "What SES does with a message while the MAIL FROM domain is not verified"), rows


def _dns_records() -> Table:
    mx, txt = mail_from_dns_records("bounce.example.com", "us-east-1")
    rows = [(f"`{key}`", f"`{value}`", f"`{txt[key]}`" if key in txt else "absent") for key, value in mx.items()]
    return ("Key", "MX", "TXT (SPF)"), rows


def _commands() -> Table:
    rows = []
    for name in COMMANDS:
        command = cli.commands[name]
        arguments = "".join(f" {one.metavar}" for one in command.params if isinstance(one, click.Argument))
        rows.append((f"`{name}{arguments}`", "", command.get_short_help_str(200)))
        rows += [
            ("", _option(one), _marked_up(one.help or "")) for one in command.params if isinstance(one, click.Option)
        ]
    general = [
        one for one in cli.get_params(click.Context(cli, **cli.context_settings)) if isinstance(one, click.Option)
    ]
    help_ = next(one for one in general if "--help" in one.opts)
    rows.append(("all", _option(help_), "Show options, examples and exit statuses, and exit."))
    rows += [("`ses-mail-from`", _option(one), _marked_up(one.help or "")) for one in general if one is not help_]
    return ("Command", "Option", "Meaning"), rows


def _option(option: click.Option) -> str:
    value = "" if option.is_flag else f" {option.metavar or option.type.name.upper()}"
    return ", ".join(f"`{name}{value}`" for name in option.opts)


def _exit_statuses() -> Table:
    texts = [exit_statuses(cli.commands[name]) for name in COMMANDS]
    codes = sorted({code for text in texts for code in text})
    return ("Exit status", *(f"`{name}`" for name in COMMANDS)), [
        (code, *(_marked_up(text.get(code, "")) for text in texts)) for code in codes
    ]


def exit_statuses(command: click.Command) -> dict[str, str]:
    """The exit statuses in the help of a command, with their meanings."""
    section = inspect.cleandoc(command.epilog or "").partition("Exit status:\n")[2].partition("\n\n")[0]
    found = re.findall(r"^  (\d)  (.*(?:\n {5}.*)*)", section, re.MULTILINE)
    return {code: " ".join(words.split()) for code, words in found}


def _json() -> Table:
    row = Row("us-east-1", "example.com", Absent.IDENTITY).as_object()
    report = Report("us-east-1", "example.com", None, None).as_object()
    rows = [
        (f"`{name}`", JSON_FIELDS[name][0], "both" if name in row else "`doctor`", JSON_FIELDS[name][1])
        for name in report
    ]
    return ("Field", "Type", "In", "Meaning"), rows


def _findings() -> Table:
    finding = Finding("mx-missing", Severity.ERROR, "There is none.")
    (found,) = Report("us-east-1", None, None, "bounce.example.com", (finding,)).as_object()["findings"]
    return ("Field", "Type", "Meaning"), [(f"`{name}`", *FINDING_FIELDS[name]) for name in found]


_MAIL_FROM_DOMAIN: Final = MailFromDomain.__name__
_VERIFICATION: Final = MailFromDomainVerification.__name__

TABLES: Final[Mapping[str, Callable[[], Table]]] = {
    f"inputs of {_MAIL_FROM_DOMAIN}": lambda: _inputs(
        MAIL_FROM_DOMAIN.inputs, attribute_docstrings(MailFromDomainArgs), MailFromDomainArgs.__annotations__
    ),
    f"outputs of {_MAIL_FROM_DOMAIN}": lambda: _outputs(MailFromDomain, MAIL_FROM_DOMAIN),
    f"inputs of {_VERIFICATION}": lambda: _inputs(
        VERIFICATION.inputs,
        _argument_docstrings(MailFromDomainVerification.__init__),
        MailFromDomainVerification.__init__.__annotations__,
    ),
    f"outputs of {_VERIFICATION}": lambda: _outputs(MailFromDomainVerification, VERIFICATION),
    "behaviors": _behaviors,
    "DNS records": _dns_records,
    "commands": _commands,
    "exit statuses": _exit_statuses,
    "JSON": _json,
    "findings": _findings,
}

if __name__ == "__main__":
    main()
