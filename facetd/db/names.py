"""Names of files and folders, between Python (str with surrogates), SQLite (TEXT, or BLOB when not UTF-8) and people (percent-escaped)."""

from __future__ import annotations

import os
import re

Stored = str | bytes
NOT_UTF8 = re.compile("[\udc80-\udcff]")  # a byte that is not UTF-8, as Python's file functions show it


def to_stored(name: str) -> Stored:
    """How a name from the file system is kept in the database."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(name)
    return name


def from_stored(value: Stored) -> str:
    """The name as the file system functions of Python take it."""
    return os.fsdecode(value) if isinstance(value, bytes) else value


def shown(name: str) -> str:
    """The name as it is shown and addressed: each byte that is not UTF-8 as %XX."""
    return name if name.isascii() else NOT_UTF8.sub(lambda match: f"%{ord(match[0]) - 0xDC00:02X}", name)


def candidates(text: str) -> tuple[Stored, ...]:
    """The stored names that `text`, as shown, can stand for."""
    raw = re.sub(rb"%([89A-Fa-f][0-9A-Fa-f])", lambda match: bytes([int(match[1], 16)]), text.encode("utf-8", "surrogateescape"))
    plain = to_stored(text)
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return (plain, raw)
    return (plain,)
