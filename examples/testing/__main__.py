"""A program with a unit test: `python -m pytest` in this folder runs test_infra.py, without AWS or Pulumi's CLI."""

import infra
import pulumi

pulumi.export("dns_records", infra.mail_from.dns_records)
