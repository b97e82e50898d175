"""Writing TOML: tables of strings, numbers, booleans, lists and tables, as the catalogue has them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any


def document(models: Sequence[Mapping[str, Any]], comment: str) -> str:
    """A catalogue of `models`, headed by `comment`. Values that are None are left out."""
    lines = [f"# {line}" for line in comment.splitlines()]
    for model in models:
        lines += ["", "[[models]]"]
        lines += [f"{key} = {value(each)}" for key, each in model.items() if each is not None]
    return "\n".join(lines) + "\n"


def value(raw: Any) -> str:
    """One value on one line. TypeError for what TOML does not have."""
    if isinstance(raw, str):
        # JSON and TOML escape strings in the same way, but for the character DEL
        return json.dumps(raw, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, int | float):
        return repr(raw)
    if isinstance(raw, Mapping):
        return "{" + ", ".join(f"{value(str(key))} = {value(each)}" for key, each in raw.items() if each is not None) + "}"
    if isinstance(raw, list | tuple):
        return "[" + ", ".join(map(value, raw)) + "]"
    raise TypeError(f"TOML has no {type(raw).__name__}")
