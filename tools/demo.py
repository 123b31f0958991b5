"""`make demo`: the life of a MAIL FROM domain, with the real Pulumi engine against moto's server instead of SES.

The program is examples/quickstart with the settings of the root Pulumi.yaml, as `pulumi up` runs it against AWS.
"""

from __future__ import annotations

import logging
import os
import runpy
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import yaml
from moto.server import ThreadedMotoServer
from pulumi import automation
from pulumi_cli import cli_root

ROOT = Path(__file__).resolve().parents[1]
REGION, IDENTITY, DOMAIN = "us-east-1", "example.com", "bounce.example.com"


class DemoError(Exception):
    """A step had an unexpected result."""


def main() -> int:
    """Run the demo.

    Returns:
        The exit status: 1 if a step failed.
    """
    root = cli_root()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no log line per request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            host, port = server.get_host_and_port()
            play(root, Path(folder), f"http://{host}:{port}")
    except (DemoError, automation.CommandError) as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    finally:
        server.stop()
    print("\nThe demo is over: all steps had the expected result.")
    return 0


def play(root: Path, folder: Path, url: str) -> None:
    """Run the commands of a user, and check the server after each step.

    Args:
        root: Root folder of the Pulumi CLI.
        folder: Folder for the backend and PULUMI_HOME.
        url: Endpoint URL of the server.
    """
    (folder / "home").mkdir()
    environment = {
        "AWS_ACCESS_KEY_ID": "demo",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": url,
        "AWS_SECRET_ACCESS_KEY": "demo",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PULUMI_BACKEND_URL": folder.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "demo",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_PYTHON_CMD": sys.executable,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    for name in [name for name in os.environ if name.startswith(("AWS_", "PULUMI_"))]:
        del os.environ[name]
    os.environ.update(environment)  # the Automation API reads the CLI's version in the environment of this process
    ses = boto3.client("ses", region_name=REGION)
    ses.verify_domain_identity(Domain=IDENTITY)
    stack = quickstart(root, folder, environment)

    step("pulumi up: sets the MAIL FROM domain and shows the DNS records to publish", lambda: operate(stack.up))
    expect(found(ses), DOMAIN)
    step("pulumi up again: nothing to change", lambda: operate(stack.up, expect_no_changes=True))
    step("somebody else changes it to other.example.com", lambda: change(ses))
    step("pulumi refresh: shows the drift", lambda: operate(stack.refresh))
    resources = (stack.export_stack().deployment or {})["resources"]
    (declared,) = (resource for resource in resources if "MailFromDomain" in resource["type"])
    expect(declared["outputs"]["mail_from_domain"], f"other.{IDENTITY}")
    step("pulumi up: repairs it", lambda: operate(stack.up))
    expect(found(ses), DOMAIN)
    step("pulumi destroy: clears it", lambda: operate(stack.destroy))
    expect(found(ses), None)


def quickstart(root: Path, folder: Path, environment: dict[str, str]) -> automation.Stack:
    """Create a stack of the project in the root Pulumi.yaml."""
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())

    def program() -> None:
        runpy.run_path(str(ROOT / project["main"] / "__main__.py"), run_name="__main__")

    stack = automation.create_stack(
        "demo",
        project["name"],
        program=program,
        opts=automation.LocalWorkspaceOptions(
            work_dir=str(folder), env_vars=environment, pulumi_command=automation.PulumiCommand(root=str(root))
        ),
    )
    stack.set_config("aws:region", automation.ConfigValue(REGION))
    stack.set_config("identity", automation.ConfigValue(IDENTITY))
    return stack


def step(title: str, run: Callable[[], object]) -> None:
    """Announce a step and run it."""
    print(f"\n=== {title}", flush=True)
    run()


def operate(operation: Callable[..., Any], **options: Any) -> None:
    """Run an operation of the engine and show its output."""
    color = "always" if sys.stdout.isatty() else "never"
    operation(on_output=lambda line: print(line, flush=True), color=color, **options)


def change(ses: Any) -> None:
    """Set another MAIL FROM domain, as with the AWS console."""
    ses.set_identity_mail_from_domain(Identity=IDENTITY, MailFromDomain=f"other.{IDENTITY}")


def found(ses: Any) -> object:
    """Return the MAIL FROM domain that is set."""
    response = ses.get_identity_mail_from_domain_attributes(Identities=[IDENTITY])
    return response["MailFromDomainAttributes"][IDENTITY].get("MailFromDomain")


def expect(value: object, expected: object) -> None:
    """Stop the demo unless a value is as expected."""
    if value != expected:
        raise DemoError(f"the MAIL FROM domain is {value}, but {expected} was expected")


if __name__ == "__main__":
    sys.exit(main())
