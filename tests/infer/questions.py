"""Questions that tests put to the inference process."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Mapping
from typing import Any


class Panic(BaseException):
    """What libraries in Rust raise when they give up: no Exception."""


def echo(_engine: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments; `fail` breaks, `panic` too, `hang` takes for ever, `crash` ends the process."""
    if "fail" in arguments:
        raise ValueError(arguments["fail"])
    if "panic" in arguments:
        raise Panic(arguments["panic"])
    if "hang" in arguments:
        time.sleep(600)
    if "crash" in arguments:
        ctypes.string_at(0)
    return dict(arguments)
