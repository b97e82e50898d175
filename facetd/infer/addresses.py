"""Which hosts are on this network: what goes to others over plain HTTP can be read on the way."""

from __future__ import annotations

import ipaddress

LOCAL_NAMES = (".local", ".lan", ".internal", ".home.arpa")


def is_local(host: str) -> bool:
    """Whether `host`, a name or an address, is this machine or another one of its network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.lower().endswith(LOCAL_NAMES)
    return address.is_private or address.is_loopback or address.is_link_local
