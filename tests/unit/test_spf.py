from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_ses_mail_from_provider.dns.spf import SpfProblem, find_problem, is_quoted_spf, is_spf
from pulumi_ses_mail_from_provider.rules.records import SPF

TEN = " ".join(f"include:{letter}.example" for letter in "abcdefghij")
NO_INCLUDE = SpfProblem("spf-no-include", "include:amazonses.com")


@pytest.mark.parametrize(
    "text",
    [
        SPF,
        "V=SPF1 INCLUDE:AmazonSES.com ~ALL",
        "v=spf1 include:amazonses.com",
        "v=spf1 include:amazonses.com. -all",
        "v=spf1  +include:amazonses.com  ?all ",
        "v=spf1 redirect=amazonses.com",
        "v=spf1 a mx a:mail.example.com/24 mx/24//64 ptr include:amazonses.com -all",
        "v=spf1 ip4:192.0.2.1 ip4:192.0.2.0/24 ip6:2001:db8::/32 include:amazonses.com -all",
        "v=spf1 exists:%{ir}.%{v}._spf.%{d2} include:amazonses.com exp=explain.%{d} other=x%%y -all",
        "v=spf1 include:amazonses.com redirect=_spf.example.com",
        f"v=spf1 include:amazonses.com {TEN.partition(' ')[2]} -all",
        f"v=spf1 include:amazonses.com -all {TEN}",
    ],
)
def test_passes(text: str) -> None:
    """Each of these authorizes SES (RFC 7208 section 12 has the grammar)."""
    assert is_spf(text)
    assert find_problem(text) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("v=spf1", NO_INCLUDE),
        ("v=spf1 -all", NO_INCLUDE),
        ("v=spf1 include=amazonses.com -all", NO_INCLUDE),
        ("v=spf1 exists:amazonses.com -all", NO_INCLUDE),
        ("v=spf1 redirect=amazonses.com -all", NO_INCLUDE),
        ("v=spf1 -all redirect=_spf.example.com", NO_INCLUDE),
        ("v=spf1 ~all include:amazonses.com", SpfProblem("spf-include-after-all", "include:amazonses.com")),
        ("v=spf1 -include:amazonses.com ~all", SpfProblem("spf-qualifier", "-include:amazonses.com")),
        ("v=spf1 ?include:amazonses.com ~all", SpfProblem("spf-qualifier", "?include:amazonses.com")),
        ("v=spf1 redirect=a.example redirect=b.example", SpfProblem("spf-syntax", "redirect=")),
        ("v=spf1 exp=a.example exp=b.example", SpfProblem("spf-syntax", "exp=")),
    ],
)  # fmt: skip
def test_does_not_pass(text: str, problem: SpfProblem) -> None:
    """Each of these does not, and the problem names the reason."""
    assert problem == find_problem(text)


@pytest.mark.parametrize(
    "term",
    [
        "amazonses.com",
        "include:",
        "include",
        "include:amazonses",
        "include:amazonses.com~all",
        "include:amazonses.com,",
        "include:amazonses.com/24",
        "includes:amazonses.com",
        "ip4:192.0.2.300",
        "ip4:192.0.2.0/33",
        "ip4:192.0.2.0/",
        "ip4:2001:db8::1",
        "ip6:192.0.2.1",
        "ip4",
        "a/33",
        "mx:",
        "ptr:",
        "all:amazonses.com",
        "~~all",
        "~",
        "\tinclude:amazonses.com",
        "redirect=",
        "other=%x",
        "inclüde:amazonses.com",
        "v=spf1;",
    ],
)
def test_permanent_errors(term: str) -> None:
    """An invalid term makes the whole record invalid, even after "all"."""
    expected = None if term == "v=spf1;" else SpfProblem("spf-syntax", term)  # an unknown modifier, "v"
    assert expected == find_problem(f"v=spf1 include:amazonses.com ~all {term}")


@pytest.mark.parametrize(
    "text", ["v=spf10 -all", "v=spf1;", "spf1 -all", " v=spf1 -all", "v=spf2.0/pra -all", "", "v=DMARC1"]
)
def test_other_texts(text: str) -> None:
    """Other texts are not SPF records (RFC 7208 section 4.5)."""
    assert (False, False) == (is_spf(text), is_quoted_spf(text))


@pytest.mark.parametrize(
    "text", [f'"{SPF}"', f'"{SPF}', f'{SPF}"', f"'{SPF}'", f"\u201c{SPF}\u201d", f'\\"{SPF}\\"', 'v=spf1 a" "mx']
)
def test_quotes(text: str) -> None:
    """Quotation marks that belong in the zone file are distinguished from other mistakes."""
    assert is_quoted_spf(text)


@given(
    st.text()
    | st.lists(st.sampled_from(list("v=spf1 include:amazonses.com~-?+all/%{}redirect=.\t1")), max_size=60).map("".join)
)
def test_any_text(text: str) -> None:
    """No text of a record raises an exception."""
    is_quoted_spf(text)
    if is_spf(record := f"v=spf1 {text}"):
        find_problem(record)
