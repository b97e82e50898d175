from __future__ import annotations

import pytest
from pydantic import ValidationError

from facetd.config.eyes import Inference


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"servers": ["gpu-box:8000"]}, r"servers\.0.*expected an address such as http://gpu-box:8000"),
        ({"servers": ["ftp://gpu-box"]}, "expected an address"),
        ({"servers": ["http://gpu-box:99999"]}, "expected an address"),
        ({"servers": ["http://gpu box"]}, "expected an address"),
        ({"servers": ["http://gpu-box/?x=1"]}, "expected an address"),
        ({"servers": ["http://me:secret@gpu-box"]}, "server_token_file"),
        ({"servers": ["http://gpu-box:8000/v2/"]}, "without /v2"),
        ({"servers": ["http://gpu-box:8000", "http://gpu-box:8000/"]}, "twice"),
        ({"servers": ["http://gpu-box:8000"], "precision": "int8"}, "expected precision auto or f32, found int8"),
        ({"servers": "http://gpu-box:8000"}, "servers"),
        ({"server_wait_s": -1}, "server_wait_s"),
    ],
)
def test_what_is_no_server_is_refused(settings: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=f"(?s){why}"):
        Inference.model_validate(settings)


def test_addresses_may_have_a_path() -> None:
    servers = ["https://gpu-box/triton/", "http://[fd00::7]:8000"]
    assert Inference.model_validate({"servers": servers}).servers == tuple(servers)
