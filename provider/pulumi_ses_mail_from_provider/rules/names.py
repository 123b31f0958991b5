"""Validates domains, identities, regions and name servers, and normalises them for comparison and storage.

Sources: RFC 1035 section 2.3.4 (lengths), RFC 5321 section 4.5.3.1 (addresses), UTS 46 (non-ASCII labels), and the SES
API (MAIL FROM domains). Underscores are allowed, because DNS names may contain them and SES accepts them.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final

import idna

from .errors import InvalidInput

_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LOCAL_PART: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_UNICODE_DOTS: Final = re.compile("[\u3002\uff0e\uff61]")  # UTS 46 maps each of them to a full stop
_IDENTITY_ARN: Final = re.compile(r"arn:[a-z-]+:ses:[a-z0-9-]*:\d*:identity/(.+)")
_DOMAIN_LIMIT: Final = 253
_ADDRESS_LIMIT: Final = 254
_PRINTABLE_LIMIT: Final = 320  # the length of the longest identity in SES
SHOWN_LIMIT: Final = 80

# The regions of the partitions whose MAIL FROM hosts AWS documents, as in botocore's partitions.json.
_REGION: Final = re.compile(r"((us|eu|ap|sa|ca|me|af|il|mx)|us-gov)-[a-z]+-\d+")
_AVAILABILITY_ZONE: Final = re.compile(rf"({_REGION.pattern})[a-z]")


def printable(text: str, limit: int = _PRINTABLE_LIMIT) -> str:
    """`text` on one line, cut at `limit` characters, with control characters replaced."""
    text = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return text if len(text) <= limit else f"{text[:limit]}…"


def shown(value: object) -> str:
    """`value` for a message: quoted, on one line, printable and of limited length."""
    text = str(value)
    return repr(text if len(text) <= SHOWN_LIMIT else f"{text[:SHOWN_LIMIT]}…")


def normalise_domain(text: str) -> str:
    """The domain in lower case, as A-labels, without a trailing dot.

    Raises:
        InvalidInput: The text is not a full domain name.
    """
    if not text:
        raise InvalidInput("empty: give a domain such as 'example.com'")
    _refuse_ip_address(text)
    name = _UNICODE_DOTS.sub(".", text)
    labels = [_normalise_label(label, text) for label in name.removesuffix(".").split(".")]
    domain = ".".join(labels)
    if len(domain) > _DOMAIN_LIMIT:
        raise InvalidInput(f"{shown(text)} has {len(domain)} characters: a domain has at most {_DOMAIN_LIMIT}")
    if len(labels) == 1:
        raise InvalidInput(f"{shown(text)} is a single label: give the full domain, such as 'example.com'")
    if labels[-1].isdigit():
        raise InvalidInput(f"{shown(text)} is not a domain: its last label is a number")
    return domain


def _refuse_ip_address(text: str) -> None:
    try:
        ipaddress.ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return
    raise InvalidInput(f"{shown(text)} is an IP address: give a domain such as 'example.com'")


def _normalise_label(label: str, text: str) -> str:
    if not label:
        raise InvalidInput(f"{shown(text)} has an empty label: remove the extra dot")
    if any(character.isspace() for character in label):
        raise InvalidInput(f"{shown(text)} contains white space: remove it")
    if label == "*":
        raise InvalidInput(f"{shown(text)} is a wildcard: SES requires the full name of one domain")
    ascii_label = label.lower() if label.isascii() else _a_label(label, text)
    if len(ascii_label) > 63:  # noqa: PLR2004 - RFC 1035
        raise InvalidInput(f"{shown(text)} has a label of {len(ascii_label)} characters: a label has at most 63")
    if not _LABEL.fullmatch(ascii_label):
        raise InvalidInput(
            f"{shown(text)} is not a domain: the label {shown(label)} may contain only letters, digits,"
            " hyphens and underscores, and may not start or end with a hyphen"
        )
    return ascii_label


def _a_label(label: str, text: str) -> str:
    # Only for non-ASCII labels, because idna rejects ASCII labels that are in use, such as "r3---sn".
    try:
        return idna.encode(label, uts46=True).decode("ascii")
    except UnicodeError as error:  # the base class of idna.IDNAError
        reason = str(error).encode("ascii", "backslashreplace").decode("ascii")
        raise InvalidInput(
            f"{shown(text)} is not a domain: {shown(label)} is not a valid internationalized label ({reason[:160]})"
        ) from None


def normalise_identity(text: str) -> str:
    """The normalised domain or e-mail address. The local part of an address keeps its case, which SES distinguishes.

    Raises:
        InvalidInput: The text is neither a domain nor an e-mail address.
    """
    if not text:
        raise InvalidInput("empty: give a domain ('example.com') or an e-mail address ('jane@example.com')")
    if arn := _IDENTITY_ARN.fullmatch(text):
        raise InvalidInput(f"{shown(text)} is an ARN: give the name of the identity, {shown(arn[1])}")
    if "@" not in text:
        return normalise_domain(text)
    local_part, *domains = text.split("@")
    if len(domains) != 1:
        raise InvalidInput(f"{shown(text)} has more than one @: give a domain, or one e-mail address")
    if not domains[0]:
        raise InvalidInput(f"{shown(text)} has no domain after the @")
    if not _LOCAL_PART.fullmatch(local_part):
        raise InvalidInput(
            f"{shown(text)} is not an e-mail address: the part before the @ must be 1 to 64 ASCII letters,"
            " digits and symbols, without spaces, quotation marks or a display name"
        )
    address = f"{local_part}@{normalise_domain(domains[0])}"
    if len(address) > _ADDRESS_LIMIT:
        raise InvalidInput(f"{shown(text)} has {len(address)} characters: an address has at most {_ADDRESS_LIMIT}")
    return address


def domain_of(identity: str) -> str:
    """The domain of an identity. Its MAIL FROM domain must be a subdomain of it."""
    return identity.rpartition("@")[2]


def normalise_mail_from_domain(text: str, identity: str | None) -> str:
    """The normalised MAIL FROM domain.

    Args:
        text: The full name.
        identity: The normalised identity. None if it is not known yet, so that only the form of the name is checked.

    Raises:
        InvalidInput: The text is not a domain, or not a subdomain of the domain of the identity.
    """
    parent = domain_of(identity) if identity else None
    example = shown(f"bounce.{parent or 'example.com'}")
    if not text:
        raise InvalidInput(f"empty: give a subdomain of the identity's domain, such as {example}")
    if "@" in text:
        raise InvalidInput(f"{shown(text)} is an e-mail address: give a domain, such as {example}")
    label = text.removesuffix(".")
    if parent and label and "." not in label and not _UNICODE_DOTS.search(label):
        suggestion = f"{_normalise_label(label, text)}.{parent}"
        raise InvalidInput(f"{shown(text)} is not a full domain name: did you mean {suggestion}?")
    domain = normalise_domain(text)
    if parent and domain == parent:
        raise InvalidInput(
            f"{shown(domain)} is the domain of the identity itself: SES requires a subdomain of it that neither"
            f" sends nor receives mail, such as {example}"
        )
    if parent and not domain.endswith(f".{parent}"):
        raise InvalidInput(
            f"{shown(domain)} is not a subdomain of {shown(parent)}, the domain of the identity: SES requires one,"
            f" such as {example}"
        )
    return domain


def normalise_region(text: str) -> str:
    """The AWS region in lower case.

    Raises:
        InvalidInput: The text is not a region of the partitions aws and aws-us-gov. AWS does not document the MAIL FROM
            hosts of other partitions.
    """
    if not text:
        raise InvalidInput("empty: give an AWS region such as 'us-east-1'")
    region = text.lower()
    if _REGION.fullmatch(region):
        return region
    if zone := _AVAILABILITY_ZONE.fullmatch(region):
        raise InvalidInput(f"{shown(text)} is an availability zone: did you mean {zone[1]}?")
    raise InvalidInput(
        f"{shown(text)} is not a region of the partitions aws and aws-us-gov: give one such as 'us-east-1'"
    )


def as_answered(name: str) -> str:
    """A name from a response of SES, normalised for comparison. It is not validated, because SES has accepted it."""
    local_part, at, domain = printable(name).rpartition("@")
    return f"{local_part}{at}{domain.lower().removesuffix('.')}"


def name_server(text: str) -> tuple[str, int]:
    """The host and the port of a name server.

    Args:
        text: "HOST[:PORT]", where HOST is an IP address or a host name. The default port is 53.

    Raises:
        InvalidInput: The text is in another form.
    """
    bracketed = re.fullmatch(r"\[([^\[\]]*)\](?::(.*))?", text)
    if bracketed:
        host, port, valid = bracketed[1], bracketed[2], _is_address(bracketed[1], 6)
    elif _is_address(text, 6):
        host, port, valid = text, None, True
    else:
        host, colon, after = text.partition(":")
        port, valid = (after if colon else None), _is_address(host, 4) or _is_host(host)
    if not valid or "/" in text:  # a URL: DNS over HTTPS is not supported
        raise InvalidInput(
            f"{shown(text)} is not a name server: give HOST or HOST:PORT, such as '192.0.2.53', '[2001:db8::53]:53'"
            " or 'ns1.example.com'"
        )
    if port is None:
        return host, 53
    if not re.fullmatch("[0-9]{1,5}", port) or not 0 < int(port) <= 65535:  # noqa: PLR2004 - 16 bits
        raise InvalidInput(f"{shown(text)} is not a name server: its port must be a number from 1 to 65535")
    return host, int(port)


def _is_address(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version
    except ValueError:
        return False


def _is_host(text: str) -> bool:
    labels = text.lower().removesuffix(".").split(".")
    return len(text) <= _DOMAIN_LIMIT and not labels[-1].isdigit() and all(_LABEL.fullmatch(label) for label in labels)
