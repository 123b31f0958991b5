"""A program with unit tests: `python -m pytest` in this folder runs test_infra.py, without AWS or the Pulumi CLI."""

import infra
import pulumi

pulumi.export("dns_records", infra.mail_from.dns_records)
