"""Which hosts are on this network."""

from __future__ import annotations

import pytest

from facetd.infer.addresses import is_local


@pytest.mark.parametrize(
    "host", ["localhost", "gpu-box", "NAS.local", "box.lan", "127.0.0.1", "192.168.1.9", "10.0.0.1", "fe80::1", "::1", "fd00::2"]
)
def test_machines_of_this_network(host: str) -> None:
    assert is_local(host)


@pytest.mark.parametrize("host", ["example.com", "local.example.com", "9.9.9.9", "2606:4700::1111", "llm.lan.org"])
def test_machines_elsewhere(host: str) -> None:
    assert not is_local(host)
