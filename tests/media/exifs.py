"""TIFF structures built by hand, so that they can be wrong in every way."""

from __future__ import annotations

import struct
from collections.abc import Sequence

ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SIGNED = 2, 3, 4, 5, 7, 10
Entry = tuple[int, int, object]
EXIF, GPS = 0x8769, 0x8825


def tiff(main: Sequence[Entry], exif: Sequence[Entry] = (), gps: Sequence[Entry] = (), *, order: str = "<", magic: int = 42) -> bytes:
    """A TIFF structure with a main directory and the EXIF and GPS directories that it points to."""
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", magic, 8)
    pointers = [(tag, LONG, 0) for tag, entries in ((EXIF, exif), (GPS, gps)) if entries]
    size = len(_directory([*main, *pointers], 8, order))
    placed: list[Entry] = []
    body = b""
    for tag, entries in ((EXIF, exif), (GPS, gps)):
        if entries:
            at = 8 + size + len(body)
            placed.append((tag, LONG, at))
            body += _directory(entries, at, order)
    return head + _directory([*main, *placed], 8, order) + body


def _directory(entries: Sequence[Entry], at: int, order: str) -> bytes:
    table, values = struct.pack(f"{order}H", len(entries)), b""
    far = at + 2 + 12 * len(entries) + 4
    for tag, kind, value in sorted(entries, key=lambda entry: entry[0]):
        data, count = _value(kind, value, order)
        table += struct.pack(f"{order}HHI", tag, kind, count)
        if len(data) <= 4:
            table += data.ljust(4, b"\0")
        else:
            table += struct.pack(f"{order}I", far + len(values))
            values += data + b"\0" * (len(data) % 2)
    return table + bytes(4) + values


def _value(kind: int, value: object, order: str) -> tuple[bytes, int]:
    if isinstance(value, bytes):
        return value, len(value)
    if isinstance(value, str):
        data = value.encode() + b"\0"
        return data, len(data)
    numbers = list(value) if isinstance(value, (tuple, list)) else [value]
    code = {SHORT: "H", LONG: "I", RATIONAL: "I", SIGNED: "i"}[kind]
    return struct.pack(f"{order}{len(numbers)}{code}", *numbers), len(numbers) // (2 if kind in (RATIONAL, SIGNED) else 1)
