"""A program with a unit test. `python -m pytest` in this folder runs it, without AWS and without the Pulumi CLI."""

import infra
import pulumi

pulumi.export("dns_records", infra.mail_from.dns_records)
