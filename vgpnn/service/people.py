"""Who sent a request: a person is recognised by session or by address, of which only keyed hashes
are kept."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import MutableMapping
from dataclasses import dataclass

import gradio as gr

# A random key of this process: its hashes cannot be compared with known addresses later.
_KEY = secrets.token_bytes(32)


@dataclass(frozen=True)
class Person:
    """Somebody who sends requests. session, address: hashes, 32 hexadecimal digits each."""

    session: str
    address: str

    def is_same(self, other: Person) -> bool:
        """Whether session or address are equal: a new tab is a new session, and a phone that
        leaves the Wi-Fi has a new address."""
        return self.session == other.session or self.address == other.address


def person_of(request: gr.Request | None) -> Person:
    """The person who sent a request; somebody new where neither session nor address are known.

    Behind a proxy the address is the one that the proxy passes on, if the server trusts that proxy
    (Uvicorn's `FORWARDED_ALLOW_IPS`).
    """
    session = getattr(request, "session_hash", None) or secrets.token_hex(16)
    client = getattr(request, "client", None)
    host = getattr(client, "host", None) or session
    return Person(_hash(session), household_of(host))


def address_of(scope: MutableMapping) -> str:
    """The `Person.address` of whoever sent a request, from its ASGI scope, which remembers it.

    Requests without an address are of one person."""
    if "vgpnn.address" not in scope:
        host, _ = scope.get("client") or ("", 0)
        scope["vgpnn.address"] = household_of(host)
    return scope["vgpnn.address"]


def household_of(host: str) -> str:
    """The `Person.address` of an IP address."""
    return _hash(_household(host))


def _household(address: str) -> str:
    """The part of an IP address that names a household: the first 64 bits of an IPv6 address,
    whose other bits anybody can choose freely; all of an IPv4 address. A port, which some proxies
    add and which is another one for each connection, does not count. Other text stays as it is.
    """
    ip = _ip(address) or _ip(address.rpartition(":")[0].strip("[]"))
    if ip is None:
        return address
    if ip.version == 4:
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, 64), strict=False))


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that a text is, or None."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16, key=_KEY).hexdigest()
