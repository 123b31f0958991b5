"""`make live`: a run against a real AWS account, for the questions that only SES itself can answer.

It changes the MAIL FROM domain of one identity several times, and puts back what it found, also after an error or ^C.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError
from live_report import masker
from live_run import INTERRUPTED, NOT_STARTED, Live
from steps import progress

from pulumi_ses_mail_from_provider.console.wording import worded
from pulumi_ses_mail_from_provider.dns.resolver import Resolver
from pulumi_ses_mail_from_provider.rules.errors import MailFromError
from pulumi_ses_mail_from_provider.rules.model import Key
from pulumi_ses_mail_from_provider.rules.names import normalise_identity, normalise_region
from pulumi_ses_mail_from_provider.ses.clock import Clock
from pulumi_ses_mail_from_provider.ses.connections import Connections
from pulumi_ses_mail_from_provider.ses.settings import AwsSettings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit status: 1 if something failed, 2 if the run was not started.
    """
    options = _options(arguments)
    if not (options.identity and options.region):
        progress("error: give both of them: make live IDENTITY=example.com REGION=us-east-1")
        return NOT_STARTED
    try:
        key = Key(normalise_region(options.region), normalise_identity(options.identity))
        connections = Connections(AwsSettings(region=key.region))
        live = Live(key, connections, Resolver().diagnose, Clock())
        status = live.run(options.domain, options.wait, lambda: agrees(key.identity, yes=options.yes))
    except MailFromError as error:
        progress(f"error: {worded(error)}")
        return NOT_STARTED
    except BotoCoreError as error:
        progress(f"error: {error}")
        return NOT_STARTED
    except KeyboardInterrupt:
        return INTERRUPTED
    if status != NOT_STARTED:
        print(live.report.text(masker(key.identity, connections.secrets())), end="")
    return status


def agrees(identity: str, *, yes: bool) -> bool:
    """Whether the user agrees, by typing the identity.

    Args:
        identity: The identity.
        yes: Do not ask.
    """
    if yes:
        return True
    if not sys.stdin.isatty():
        progress("error: there is no terminal to ask for consent: give YES=1 to run without a question")
        return False
    print(f"\nType {identity} to continue: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() == identity:
        return True
    progress("Nothing was changed.")
    return False


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make live", description=__doc__)
    parser.add_argument("--identity", required=True, help="IDENTITY: an identity that sends no mail")
    parser.add_argument("--region", required=True, help="REGION: its AWS region")
    parser.add_argument("--domain", default="", help="DOMAIN: its MAIL FROM domain, if none is set; default: bounce.…")
    parser.add_argument(
        "--wait", type=float, default=900.0, help="WAIT: seconds to wait for the status Success (default: 900)"
    )
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for consent")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that a terminated run puts everything back
    signal.signal(signal.SIGHUP, signal.default_int_handler)
    sys.exit(main())
