"""Who asks: told apart by session and by address, of which only keyed hashes are kept."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from dataclasses import dataclass

import gradio as gr

_KEY = secrets.token_bytes(32)  # of this process: what is hashed with it cannot be looked up later


@dataclass(frozen=True)
class Person:
    """Somebody who sends requests. session, address: hashes, 32 hexadecimal digits each."""

    session: str
    address: str

    def is_same(self, other: Person) -> bool:
        """A new tab is a new session, and a phone that leaves the Wi-Fi has a new address."""
        return self.session == other.session or self.address == other.address


def who(request: gr.Request | None) -> Person:
    """Who sent a request; somebody new where that cannot be known.

    Behind a proxy the address is the one that it passes on, if the server trusts that proxy
    (`FORWARDED_ALLOW_IPS`, of Uvicorn).
    """
    session = getattr(request, "session_hash", None) or secrets.token_hex(16)
    client = getattr(request, "client", None)
    return Person(_hash(session), _hash(_network(getattr(client, "host", None) or session)))


def _network(address: str) -> str:
    """Of an IPv6 address the part that names a household: the rest can be chosen at will."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 6 and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16, key=_KEY).hexdigest()
