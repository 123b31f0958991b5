from __future__ import annotations

import re
from pathlib import Path

import botocore.loaders
import pytest

from pulumi_ses_mail_from_provider.rules.errors import InvalidInput
from pulumi_ses_mail_from_provider.rules.names import normalise_region
from pulumi_ses_mail_from_provider.rules.records import mail_from_dns_records


def test_the_two_records() -> None:
    """MX then TXT, as in the Amazon SES Developer Guide."""
    assert [
        {
            "name": "bounce.example.com",
            "type": "MX",
            "ttl": 300,
            "priority": 10,
            "value": "feedback-smtp.eu-west-1.amazonses.com",
            "record": "10 feedback-smtp.eu-west-1.amazonses.com",
        },
        {
            "name": "bounce.example.com",
            "type": "TXT",
            "ttl": 300,
            "value": "v=spf1 include:amazonses.com ~all",
            "record": "v=spf1 include:amazonses.com ~all",
        },
    ] == mail_from_dns_records("Bounce.example.com.", "EU-WEST-1")


@pytest.mark.parametrize(("domain", "region"), [("bounce", "us-east-1"), ("b.example.com", "cn-north-1")])
def test_no_guess_is_made(domain: str, region: str) -> None:
    """An invalid domain, or a region of another partition, raises ValueError."""
    with pytest.raises(ValueError, match="is"):
        mail_from_dns_records(domain, region)


def test_the_regions_are_those_of_botocore() -> None:
    """Every region that botocore has for the two partitions is accepted, and none of another partition."""
    partitions = botocore.loaders.Loader().load_data("partitions")["partitions"]
    for partition in partitions:
        for region in partition["regions"]:
            if region.endswith("-global"):
                continue
            if partition["id"] in ("aws", "aws-us-gov"):
                assert region == normalise_region(region)
            else:
                with pytest.raises(InvalidInput):
                    normalise_region(region)


def test_every_region_has_its_own_host() -> None:
    """The host depends on the region, in GovCloud too."""
    mx, _ = mail_from_dns_records("bounce.example.com", "us-gov-west-1")
    assert mx["value"] == "feedback-smtp.us-gov-west-1.amazonses.com"


def test_no_host_is_written_out_in_the_sources() -> None:
    """No region is hard-coded in a host: every host is derived from the region."""
    for package in ("sdk", "provider"):
        for source in (Path(__file__).parents[2] / package).rglob("*.py"):
            assert not re.search(r"feedback-smtp\.[a-z]{2}-", source.read_text()), source
