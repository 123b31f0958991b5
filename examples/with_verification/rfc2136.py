"""DNS records by dynamic update (RFC 2136), which BIND, Knot DNS, PowerDNS and others support."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Any

import dns.name
import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

_WHERE = ("server", "zone", "name", "type")


class RecordProvider(ResourceProvider):
    """Creates, updates and deletes a record."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Report which properties have changed."""
        changed = [key for key in (*_WHERE, "ttl", "value") if _olds.get(key) != _news.get(key)]
        replaced = [key for key in changed if key in _WHERE]
        return DiffResult(bool(changed), replaced, delete_before_replace=False)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Publish the record, in place of those of that name and type."""
        message = _message(props)
        message.replace(dns.name.from_text(props["name"]), int(props["ttl"]), props["type"], props["value"])
        _send(message, props)
        return CreateResult(f"{props['name']}/{props['type']}", props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Publish the record with its new value."""
        return UpdateResult(self.create(_news).outs)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete the record."""
        message = _message(_props)
        message.delete(dns.name.from_text(_props["name"]), _props["type"])
        _send(message, _props)


def _message(props: dict[str, Any]) -> dns.update.UpdateMessage:
    name, _, secret = os.environ.get("DNS_TSIG_KEY", "").partition(":")
    keyring = dns.tsigkeyring.from_text({name: secret}) if name else None
    return dns.update.UpdateMessage(props["zone"], keyring=keyring)


def _send(message: dns.update.UpdateMessage, props: dict[str, Any]) -> None:
    host, _, port = props["server"].partition(":")
    address = str(socket.getaddrinfo(host, port or 53, type=socket.SOCK_STREAM)[0][4][0])
    answer = dns.query.tcp(message, address, port=int(port or 53), timeout=10)
    if answer.rcode() != dns.rcode.NOERROR:
        raise RuntimeError(
            f"{props['server']} refused the update of {props['zone']}: {dns.rcode.to_text(answer.rcode())}"
        )


class Record(Resource, module="dns", name="Record"):
    """A DNS record in the form that `mail_from_dns_records` returns."""

    def __init__(self, resource_name: str, record: Mapping[str, Any], *, zone: str, server: str) -> None:
        """Declare the record.

        Args:
            resource_name: The name of the resource in the stack.
            record: A record in that form.
            zone: The zone that contains it.
            server: The primary name server of the zone, HOST or HOST:PORT.
        """
        # As in a zone file: text in quotation marks, and a dot after the host, which is relative to the zone otherwise.
        value = f'"{record["record"]}"' if record["type"] == "TXT" else f"{record['record']}."
        properties = {key: record[key] for key in ("name", "type", "ttl")} | {"value": value}
        super().__init__(RecordProvider(), resource_name, {**properties, "zone": zone, "server": server})
