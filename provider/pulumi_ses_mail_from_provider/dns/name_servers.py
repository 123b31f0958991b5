"""The name servers to query: those of the system, or those that the user names."""

from __future__ import annotations

import socket
from collections.abc import Sequence

import dns.exception
import dns.nameserver
import dns.resolver

from pulumi_ses_mail_from_provider.rules.errors import InvalidInput
from pulumi_ses_mail_from_provider.rules.names import name_server, printable, shown


def configured(nameservers: Sequence[str]) -> tuple[dns.resolver.Resolver | None, str]:
    """A resolver, or the reason why there is none."""
    if nameservers:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = [server for text in nameservers for server in _servers(text)]
        return resolver, ""
    try:
        return dns.resolver.Resolver(), ""
    except (dns.exception.DNSException, OSError, ValueError) as problem:
        return None, f"no name server is configured on this system: {problem}"


def _servers(text: str) -> list[dns.nameserver.Nameserver]:
    host, port = name_server(text)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except OSError as problem:
        raise InvalidInput(
            f"{shown(text)} could not be resolved ({printable(str(problem))}): give the IP address of the name server"
        ) from None
    addresses = dict.fromkeys(str(address[0]) for *_, address in found)
    return [dns.nameserver.Do53Nameserver(address, port) for address in addresses]
