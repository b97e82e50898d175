"""Where a request comes from: the network that failed sign-ins are counted for, and whether it came over HTTPS."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from aiohttp import web

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
IPV6_NETWORK_BITS = 64  # what one household gets
UNKNOWN = "unknown"


def network_of(request: web.Request, trusted_proxies: Sequence[str]) -> str:
    """The IPv4 address or the IPv6 /64 of the client. `X-Forwarded-For` counts only as far as trusted proxies wrote it."""
    return _network(_client(request, trusted_proxies))


def network_to_bound(text: str | None, trusted_proxies: Sequence[str]) -> str | None:
    """The network of a connection from this address; None for this machine, where a proxy may run, and for trusted proxies, which
    speak for many."""
    address = _parsed(text)
    if address is not None and (address.is_loopback or _trusted(address, trusted_proxies)):
        return None
    return _network(address)


def _network(address: Address | None) -> str:
    if address is None:
        return UNKNOWN
    if address.version == 6:
        return str(ipaddress.ip_network((address, IPV6_NETWORK_BITS), strict=False))
    return str(address)


def is_secure(request: web.Request, trusted_proxies: Sequence[str]) -> bool:
    """Whether the client speaks HTTPS, to us or to a trusted proxy."""
    if request.secure:
        return True
    peer = _parsed(request.remote)
    return peer is not None and _trusted(peer, trusted_proxies) and request.headers.get("X-Forwarded-Proto", "").strip().lower() == "https"


def _client(request: web.Request, trusted_proxies: Sequence[str]) -> Address | None:
    address = _parsed(request.remote)
    forwarded = [part.strip() for part in ",".join(request.headers.getall("X-Forwarded-For", [])).split(",") if part.strip()]
    while address is not None and forwarded and _trusted(address, trusted_proxies):
        named = _parsed(forwarded.pop())
        if named is None:
            break
        address = named
    return address


def _parsed(text: str | None) -> Address | None:
    """An address, also with a port or in brackets; IPv4 that was mapped into IPv6 is IPv4."""
    if not text:
        return None
    bare = text.partition("%")[0]
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, ipaddress.IPv6Address) else address


def _trusted(address: Address, proxies: Sequence[str]) -> bool:
    return any(address in ipaddress.ip_network(each, strict=False) for each in proxies)
