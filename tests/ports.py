"""Ports for servers that start later, or again."""

from __future__ import annotations

import socket
from pathlib import Path
from random import SystemRandom

EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_port() -> int:
    """A port of the loopback that nobody listens on now, below those that the kernel gives to whoever asks for any."""
    lowest = int(EPHEMERAL.read_text().split()[0])
    while True:
        port = SystemRandom().randrange(max(1024, lowest // 2), lowest)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
