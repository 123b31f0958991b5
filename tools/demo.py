"""`make demo`: the life of a MAIL FROM domain, with the real Pulumi engine against a local SES and a local name server.

The program is examples/quickstart. SES is the stand-in of the tests, with SES's rate limit, and its status follows DNS.
"""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import boto3
import dns.exception
import dns.resolver
from dnslib import MX, TXT
from pulumi_cli import cli_root
from steps import ROOT, StepError

sys.path.insert(0, str(ROOT / "tests"))

from functional.terminal import COMMAND, zone
from support.engine import Result, Stack, shell
from support.name_server import ScriptedNameServer
from support.stand_in import SesStandIn

REGION: Final = "us-east-1"
IDENTITY, DOMAIN, OTHER = "example.com", "bounce.example.com", "other.example.com"
INTRODUCTION: Final = """\
This is the quickstart, run by the real Pulumi engine. SES and DNS are servers on this machine, so no AWS account is
needed. The output of Pulumi is cut down to what changes."""

SHOWN: Final = re.compile(
    r" [-+~]  \S+:MailFromDomain \w+ (created|updated|deleted)|    [-+~] \S+:MailFromDomain:|      ~ \w+ *: .* => "
    r"|\s*ses-mail-from: "
)
"""The lines of Pulumi's output that say what changes, and the lines of this package."""

COLORS: Final = {"+": "32", "~": "33", "-": "31"}


class DemoError(Exception):
    """A step did not have the expected result."""


class Demo:
    """The servers and the stack, and how the steps are shown.

    Args:
        folder: Folder for the stack.
        ses: The server in place of SES.
        name_server: The server that has the zone of the identity.
        records: The records of the zone by name, in the form of `functional.terminal.zone`.
    """

    def __init__(
        self, folder: Path, ses: SesStandIn, name_server: ScriptedNameServer, records: dict[str, list[Any]]
    ) -> None:
        self.ses, self._records, self._step = ses, records, 0
        self._nameserver = ("--nameserver", name_server.address)
        self._colors = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._stack = Stack(folder, shell(ses.url), "demo")
        self._stack.config("aws:region", REGION)
        self._stack.config("identity", IDENTITY)

    def play(self) -> None:
        """Run all steps.

        Raises:
            DemoError: If a step does not have the expected result.
        """
        self.show(INTRODUCTION)

        with self.step(
            f"Set {DOMAIN} as the MAIL FROM domain of {IDENTITY}",
            "SES does not use it yet: first it has to find an MX record in DNS.",
        ):
            self.pulumi("up", self.up)
            self.command("pulumi stack output mail_from_domain_status")
            self.show(str(self._stack.exported()["mail_from_domain_status"]))
            self.expect(DOMAIN, "Pending")

        with self.step(
            "Find out what is missing", "doctor compares DNS with what SES requires, and shows the records to publish."
        ):
            self.console("doctor", IDENTITY, *self._nameserver, status=1)

        with self.step(
            "Publish the records",
            "They are in the output dns_records. Usually the same program publishes them, for example with Route 53;\n"
            "here they go straight to the name server. SES finds the MX record and starts to use the domain.",
        ):
            self.publish()
            self.console("doctor", IDENTITY, *self._nameserver)
            self.pulumi("up", self.up)
            self.expect(DOMAIN, "Success")
            self.expect_state("mail_from_domain_status", "Success")

        with self.step(
            "Somebody changes the domain with another tool",
            "A refresh shows the drift. (The call of the AWS CLI is sent with boto3, so that no CLI is needed.)",
        ):
            self.command(f"aws ses set-identity-mail-from-domain --identity {IDENTITY} --mail-from-domain {OTHER}")
            client = boto3.client("ses", region_name=REGION)
            client.set_identity_mail_from_domain(Identity=IDENTITY, MailFromDomain=OTHER)
            self.pulumi("refresh --diff", self._stack.refresh)
            self.expect(OTHER, "Pending")
            self.expect_state("mail_from_domain", OTHER)

        with self.step("Repair it", "The program still declares the first domain. SES verifies it again."):
            self.pulumi("up --diff", self.up)
            self.console("status")
            self.expect(DOMAIN, "Success")

        with self.step("Clean up", "SES goes back to its default, a subdomain of amazonses.com."):
            self.pulumi("destroy", self._stack.destroy)
            self.console("status")
            self.expect(None, None)

    @contextmanager
    def step(self, title: str, why: str) -> Iterator[None]:
        """Print a heading, and name it if the step fails."""
        self._step += 1
        heading = f"{self._step}. {title}"
        self.show(f"\n{self.styled(heading, '1')}\n{why}")
        try:
            yield
        except DemoError as error:
            raise DemoError(f"step {heading}: {error}") from None

    def pulumi(self, command: str, operation: Callable[..., Result]) -> None:
        """Run an operation of the engine and show what it changes."""
        self.command(f"pulumi {command}")
        result = operation(diff="--diff" in command, suppress_outputs=True)
        if not result.ok:
            raise DemoError(f"pulumi {command} failed:\n{result.text}")
        for line in result.text.splitlines():
            if SHOWN.match(line):
                self.show(self.styled(line, COLORS.get(line.strip()[0], "36")))

    def up(self, **options: Any) -> Result:
        """Run `pulumi up` with the quickstart."""
        return self._stack.up(quickstart, **options)

    def console(self, *arguments: str, status: int = 0) -> None:
        """Run `ses-mail-from`, which prints to the same terminal.

        Args:
            arguments: Its command line.
            status: The expected exit status.
        """
        self.command(f"ses-mail-from {' '.join(arguments)}")
        ended = subprocess.run([COMMAND, *arguments], check=False).returncode
        if ended != status:
            raise DemoError(f"ses-mail-from {arguments[0]} exited with status {ended}, but {status} was expected")

    def publish(self) -> None:
        """Publish the DNS records in the stack's output."""
        data = {
            "MX": lambda record: MX(record["value"], int(record["priority"])),
            "TXT": lambda record: TXT(record["value"]),
        }
        for record in self._stack.exported()["dns_records"]:
            self._records.setdefault(record["name"], []).append(data[record["type"]](record))

    def expect(self, domain: str | None, status: str | None) -> None:
        """Compare what SES has with what the story says."""
        found = self.ses.mail_from(REGION, IDENTITY)
        has = (found.domain, found.status) if found else (None, None)
        if has != (domain, status):
            raise DemoError(f"SES has the MAIL FROM domain {has[0]} ({has[1]}), but {domain} ({status}) was expected")

    def expect_state(self, name: str, expected: str) -> None:
        """Compare an output of the resource in state with what the story says."""
        if (value := self._stack.outputs()[name]) != expected:
            raise DemoError(f"state has {name} = {value!r}, but {expected!r} was expected")

    def command(self, line: str) -> None:
        """Print a command as a user would type it."""
        self.show(f"\n{self.styled('$', '32')} {self.styled(line, '1')}")

    def show(self, text: str) -> None:
        """Print a text at once, because commands print to the same terminal."""
        print(text, flush=True)

    def styled(self, text: str, code: str) -> str:
        """Return a text in a style of ANSI terminals, if there is a terminal."""
        return f"\x1b[{code}m{text}\x1b[0m" if self._colors else text


def quickstart() -> None:
    """The program."""
    runpy.run_path(str(ROOT / "examples/quickstart/__main__.py"), run_name="__main__")


def has_mx(address: str, domain: str, region: str) -> bool:
    """Whether the name server at `address` (HOST:PORT) has the MX record that SES looks for."""
    resolver = dns.resolver.Resolver(configure=False)
    host, _, port = address.partition(":")
    resolver.nameservers, resolver.port = [host], int(port)
    try:
        found = [str(record) for record in resolver.resolve(domain, "MX", lifetime=5.0)]
    except dns.exception.DNSException:
        return False
    return found == [f"10 feedback-smtp.{region}.amazonses.com."]


def main() -> int:
    """Run the demo.

    Returns:
        The exit status: 1 if a step failed.
    """
    try:
        os.environ["PULUMI_CLI_ROOT"] = str(cli_root())
        for name in [name for name in os.environ if name.startswith(("AWS_", "PULUMI_")) and name != "PULUMI_CLI_ROOT"]:
            del os.environ[name]
        # The Automation API reads the version of the CLI in the environment of this process.
        os.environ["PULUMI_SKIP_UPDATE_CHECK"] = "true"
        records: dict[str, list[Any]] = {}
        with (
            tempfile.TemporaryDirectory() as folder,
            SesStandIn() as ses,
            ScriptedNameServer(zone(records)) as name_server,
        ):
            ses.verify(REGION, IDENTITY)
            ses.rules.mx_lookup = lambda domain, region: has_mx(name_server.address, domain, region)
            os.environ |= {**shell(ses.url), "PULUMI_HOME": folder}
            Demo(Path(folder), ses, name_server, records).play()
    except (DemoError, StepError) as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print("\nThat was the whole life of a MAIL FROM domain: every step had the expected result.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
