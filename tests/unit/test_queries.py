from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pulumi_ses_mail_from_provider.dns.queries import misplacements

NAMES = st.sampled_from(["bounce.example.com", "bounce.mail.example.co.uk", "example.com", "com", ""]) | st.text()


@given(NAMES)
def test_questions_are_few(name: str) -> None:
    """The number of queries is limited at any depth of a name, and each name fits into DNS."""
    places = misplacements(name)
    assert len(places) <= 13
    assert name not in places
    assert all(len(place) <= 253 for place in places)
