from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pulumi_ses_mail_from_provider.rules.errors import InvalidInput
from pulumi_ses_mail_from_provider.rules.model import Key
from pulumi_ses_mail_from_provider.rules.names import (
    SHOWN_LIMIT,
    as_answered,
    name_server,
    normalise_domain,
    normalise_identity,
    normalise_mail_from_domain,
    normalise_region,
    printable,
    shown,
)

LABEL_63 = "a" * 63
LABELS_191 = ".".join([LABEL_63] * 3)


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("example.com", "example.com"),
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.Example.", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("faß.example", "xn--fa-hia.example"),
        ("r3---sn.example.com", "r3---sn.example.com"),
        ("_dmarc.example.com", "_dmarc.example.com"),
        ("1.example.com", "1.example.com"),
        ("example.1.com", "example.1.com"),
        (f"{LABEL_63}.example.com", f"{LABEL_63}.example.com"),
        (f"{LABELS_191}.{'a' * 61}", f"{LABELS_191}.{'a' * 61}"),
    ],
)
def test_domains(text: str, domain: str) -> None:
    """Each domain has one form: lower case, A-labels, no trailing dot."""
    assert domain == normalise_domain(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (".", "has an empty label"),
        ("example..com", "has an empty label: remove the extra dot"),
        (".example.com", "has an empty label"),
        ("example.com..", "has an empty label"),
        ("com", "is a single label: give the full domain"),
        ("*.example.com", "is a wildcard"),
        ("exa mple.com", "contains white space: remove it"),
        (" example.com", "contains white space"),
        ("example.com\n", "contains white space"),
        ("exa\x00mple.com", "the label 'exa\\x00mple' may contain only letters"),
        ("-a.example.com", "the label '-a' may contain only"),
        ("-a.example.com", "may not start or end with a hyphen"),
        ("a-.example.com", "may not start or end with a hyphen"),
        ("https://example.com", "may contain only letters, digits, hyphens and underscores"),
        ("example.com/", "may contain only letters, digits, hyphens and underscores"),
        (f"a{LABEL_63}.example.com", "has a label of 64 characters: a label has at most 63"),
        (f"{LABELS_191}.{'a' * 62}", "has 254 characters: a domain has at most 253"),
        ("192.0.2.1", "is an IP address"),
        ("[192.0.2.1]", "is an IP address"),
        ("2001:db8::1", "is an IP address"),
        ("example.123", "its last label is a number"),
        ("a.example.123", "its last label is a number"),
        ("\u202eexample.com", "'\\u202eexample' is not a valid internationalized label"),
        ("\u202eexample.com", "U+202E"),
        ("ex\u200bample-.com", "is not a domain"),
        (f"ü{LABEL_63}.example.com", "is not a valid internationalized label"),
    ],
)
def test_invalid_domains(text: str, reason: str) -> None:
    """An invalid domain is refused with the text, the reason and a remedy."""
    with pytest.raises(InvalidInput) as refused:
        normalise_domain(text)
    assert str(refused.value).startswith(f"{shown(text)} ")
    assert reason in str(refused.value)


def test_an_empty_domain() -> None:
    """An empty text is refused with an example."""
    with pytest.raises(InvalidInput, match=r"^empty: give a domain such as 'example\.com'$"):
        normalise_domain("")


def test_a_long_reason_is_cut() -> None:
    """The reason of idna, which repeats the label, is cut after 160 characters."""
    with pytest.raises(InvalidInput) as refused:
        normalise_domain(f"{chr(0x202E) * 60}.com")
    assert 160 == len(str(refused.value).rpartition("(")[2].removesuffix(")"))


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("Example.com.", "example.com"),
        ("Jane.Doe+x@Example.com.", "Jane.Doe+x@example.com"),
        ("o'hara@bücher.example", "o'hara@xn--bcher-kva.example"),
        (f"jane@{LABELS_191}.{'a' * 57}", f"jane@{LABELS_191}.{'a' * 57}"),
    ],
)
def test_identities(text: str, identity: str) -> None:
    """The domain of an address is normalised. Its local part keeps its case, which SES distinguishes."""
    assert identity == normalise_identity(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty: give a domain ('example.com') or an e-mail address ('jane@example.com')"),
        ("jane@doe@example.com", "'jane@doe@example.com' has more than one @"),
        ("jane@", "'jane@' has no domain after the @"),
        ("@example.com", "'@example.com' is not an e-mail address: the part before the @"),
        (
            "Jane Doe <jane@example.com>",
            "'Jane Doe <jane@example.com>' is not an e-mail address: the part before the @ must be 1 to 64 ASCII"
            " letters, digits and symbols, without spaces, quotation marks or a display name",
        ),
        ('"jane"@example.com', "'\"jane\"@example.com' is not an e-mail address"),
        ("jäne@example.com", "'jäne@example.com' is not an e-mail address"),
        ("jane@192.0.2.1", "'192.0.2.1' is an IP address"),
        ("jane@localhost", "'localhost' is a single label"),
        (f"{'a' * 65}@example.com", f"'{'a' * 65}@example.com' is not an e-mail address"),
        (
            f"jane@{LABELS_191}.{'a' * 58}",
            f"'jane@{LABEL_63}.{'a' * 11}…' has 255 characters: an address has at most 254",
        ),
        (
            "arn:aws:ses:us-east-1:123456789012:identity/example.com",
            "'arn:aws:ses:us-east-1:123456789012:identity/example.com' is an ARN: give the name of the identity,"
            " 'example.com'",
        ),
    ],
)
def test_invalid_identities(text: str, reason: str) -> None:
    """A text that cannot be an SES identity is refused."""
    with pytest.raises(InvalidInput) as refused:
        normalise_identity(text)
    assert str(refused.value).startswith(reason)


@pytest.mark.parametrize(
    ("text", "identity", "domain"),
    [
        ("Bounce.Example.com.", "example.com", "bounce.example.com"),
        ("a.b.example.com", "example.com", "a.b.example.com"),
        ("bounce.example.com", "Jane@example.com", "bounce.example.com"),
        ("bounce.bücher.example", "xn--bcher-kva.example", "bounce.xn--bcher-kva.example"),
        ("bounce.example.org", None, "bounce.example.org"),
    ],
)
def test_mail_from_domains(text: str, identity: str | None, domain: str) -> None:
    """A MAIL FROM domain is a subdomain of its identity. Without an identity, only its form is checked."""
    assert domain == normalise_mail_from_domain(text, identity)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty: give a subdomain of the identity's domain, such as 'bounce.example.com'"),
        ("bounce", "'bounce' is not a full domain name: did you mean bounce.example.com?"),
        ("Bounce.", "'Bounce.' is not a full domain name: did you mean bounce.example.com?"),
        ("bo unce", "'bo unce' contains white space"),
        ("example.com", "'example.com' is the domain of the identity itself"),
        ("EXAMPLE.com.", "'example.com' is the domain of the identity itself"),
        ("notexample.com", "'notexample.com' is not a subdomain of 'example.com'"),
        ("bounce.example.org", "'bounce.example.org' is not a subdomain of 'example.com'"),
        ("com", "'com' is not a full domain name: did you mean com.example.com?"),
        (
            "bounce@example.com",
            "'bounce@example.com' is an e-mail address: give a domain, such as 'bounce.example.com'",
        ),
        ("*.example.com", "'*.example.com' is a wildcard"),
    ],
)
def test_invalid_mail_from_domains(text: str, reason: str) -> None:
    """A domain that SES would refuse, or that is probably a mistake, is refused before SES is called."""
    with pytest.raises(InvalidInput) as refused:
        normalise_mail_from_domain(text, "jane@example.com")
    assert str(refused.value).startswith(reason)


@pytest.mark.parametrize(
    ("identity", "example"), [("jane@example.org", "'bounce.example.org'"), (None, "'bounce.example.com'")]
)
def test_example_of_a_mail_from_domain(identity: str | None, example: str) -> None:
    """The example in a refusal is a subdomain of the identity, if that is known."""
    with pytest.raises(InvalidInput, match=f"such as {example}$"):
        normalise_mail_from_domain("", identity)


@pytest.mark.parametrize("text", ["us-east-1", "eu-central-2", "ap-southeast-5", "mx-central-1", "us-gov-west-1"])
def test_regions(text: str) -> None:
    """The regions of aws and aws-us-gov are accepted in upper and lower case."""
    assert text == normalise_region(text.upper())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty: give an AWS region such as 'us-east-1'"),
        ("us-east-1a", "'us-east-1a' is an availability zone: did you mean us-east-1?"),
        ("us-gov-west-1b", "'us-gov-west-1b' is an availability zone: did you mean us-gov-west-1?"),
        ("cn-north-1", "'cn-north-1' is not a region of the partitions aws and aws-us-gov"),
        ("us-iso-east-1", "'us-iso-east-1' is not a region of"),
        ("eusc-de-east-1", "'eusc-de-east-1' is not a region of"),
        ("Ireland", "'Ireland' is not a region of"),
        ("us-east-1.evil.example", "'us-east-1.evil.example' is not a region of"),
    ],
)
def test_invalid_regions(text: str, reason: str) -> None:
    """Regions of other partitions are refused, because AWS does not document their MAIL FROM hosts."""
    with pytest.raises(InvalidInput) as refused:
        normalise_region(text)
    assert str(refused.value).startswith(reason)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("us-east-1/example.com", Key("us-east-1", "example.com")),
        ("US-East-1/Example.com.", Key("us-east-1", "example.com")),
        ("us-east-1/and/or@example.com", Key("us-east-1", "and/or@example.com")),
    ],
)
def test_ids(text: str, key: Key) -> None:
    """An id is a region and an identity, both normalised. The local part of an address may contain a slash."""
    assert key == Key.parse(text)
    assert key == Key.parse(str(key))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "example.com",
            "'example.com' is not an id of a MailFromDomain: give '<region>/<identity>', such as"
            " 'us-east-1/example.com'",
        ),
        ("mars-1/example.com", "'mars-1' is not a region of"),
        ("us-east-1/example", "'example' is a single label"),
        ("us-east-1/", "empty: give a domain"),
    ],
)
def test_invalid_ids(text: str, reason: str) -> None:
    """An invalid id is refused with its form, or with what is wrong with its parts."""
    with pytest.raises(InvalidInput) as refused:
        Key.parse(text)
    assert str(refused.value).startswith(reason)


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("Example.COM.", "example.com"),
        ("Jane@Example.com", "Jane@example.com"),
        ("", ""),
        ("no domain at all!", "no domain at all!"),
    ],
)
def test_names_from_ses(name: str, normal: str) -> None:
    """A name from SES is normalised, and never refused."""
    assert normal == as_answered(name)


def test_shown_is_short_and_printable() -> None:
    """In a message, a value is on one line, without control characters, and cut if it is long."""
    assert "'a\\x1b[31m\\nb\\u202e'" == shown("a\x1b[31m\nb\u202e")
    assert f"'{'a' * SHOWN_LIMIT}'" == shown("a" * SHOWN_LIMIT)
    assert f"'{'a' * SHOWN_LIMIT}…'" == shown("a" * (SHOWN_LIMIT + 1))


def test_printable() -> None:
    """Text from outside loses its control characters, and what exceeds the limit."""
    assert "a\N{REPLACEMENT CHARACTER}b" == printable("a\x1bb")
    assert "abc" == printable("abc", 3)
    assert "abc…" == printable("abcd", 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]", ("2001:db8::53", 53)),
        ("[2001:db8::53]:65535", ("2001:db8::53", 65535)),
        ("localhost:1", ("localhost", 1)),
        ("NS1.example.com", ("NS1.example.com", 53)),
        ("ns1.example.com.:53", ("ns1.example.com.", 53)),
        (f"{LABELS_191}.{'a' * 61}", (f"{LABELS_191}.{'a' * 61}", 53)),
    ],
)
def test_name_servers(text: str, expected: tuple[str, int]) -> None:
    """A name server is an address or a host name, optionally with a port."""
    assert expected == name_server(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "",
            "is not a name server: give HOST or HOST:PORT, such as '192.0.2.53', '[2001:db8::53]:53' or"
            " 'ns1.example.com'",
        ),
        (":53", "give HOST or HOST:PORT"),
        ("192.0.2.300", "give HOST or HOST:PORT"),
        ("192.0.2", "give HOST or HOST:PORT"),
        ("192.0.2.53 ", "give HOST or HOST:PORT"),
        ("[192.0.2.53]:53", "give HOST or HOST:PORT"),
        ("[ns1.example.com]", "give HOST or HOST:PORT"),
        ("[2001:db8::53", "give HOST or HOST:PORT"),
        ("[2001:db8::53]53", "give HOST or HOST:PORT"),
        ("https://dns.example/dns-query", "give HOST or HOST:PORT"),
        ("n\u0455.example", "give HOST or HOST:PORT"),
        (f"{LABELS_191}.{'a' * 62}", "give HOST or HOST:PORT"),
        ("192.0.2.53:", "its port must be a number from 1 to 65535"),
        ("192.0.2.53:0", "its port must be a number from 1 to 65535"),
        ("192.0.2.53:65536", "its port must be a number from 1 to 65535"),
        ("192.0.2.53:\u0665\u0663", "its port must be a number from 1 to 65535"),
    ],
)
def test_invalid_name_servers(text: str, reason: str) -> None:
    """An invalid name server is refused with the valid form."""
    with pytest.raises(InvalidInput) as refused:
        name_server(text)
    assert str(refused.value).startswith(f"{shown(text)} is not a name server: ")
    assert reason in str(refused.value)


_ALMOST_NAMES = st.text(alphabet="aZ0-_.@*ü。ß\u202e\x00 \n'\"", max_size=80)
_ANY_TEXT = st.one_of(st.text(max_size=300), _ALMOST_NAMES)


@pytest.mark.parametrize(
    "normalise",
    [
        normalise_domain,
        normalise_identity,
        normalise_region,
        lambda text: normalise_mail_from_domain(text, None),
        lambda text: normalise_mail_from_domain(text, "example.com"),
    ],
)
@given(text=st.one_of(_ANY_TEXT, _ALMOST_NAMES.map(lambda text: f"{text}.example.com")))
@example(text="a\u2490.example.com")
@example(text="\u00ad.example.com")
@example(text="xn--.example.com")
def test_any_text(normalise: Callable[[str], str], text: str) -> None:
    """Any text is refused with a printable message, or normalised so that normalising again changes nothing."""
    refusal, normal = "", ""
    try:
        normal = normalise(text)
    except InvalidInput as refused:
        refusal = str(refused)
    assert refusal.isprintable()
    assert len(refusal) < 600
    if not refusal:
        assert normal == normalise(normal) == as_answered(normal)
        assert normal.isascii()
