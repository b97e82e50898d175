"""Reading the directories of a TIFF structure: that of TIFF and most raw files, and of EXIF inside every other format.

Only the tags that are asked for are read; counts, sizes and offsets are bounded, and no directory is read twice, so that
damaged or hostile files cost little. Sources: TIFF 6.0, EXIF 2.32, BigTIFF.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Literal

Number = int | float
Value = str | bytes | tuple[Number, ...]

_MOST_ENTRIES = 1024
_LARGEST_VALUE = 1 << 22  # an XMP packet; everything else is tiny
_CLASSIC = {42, 0x55, 0x4F52, 0x5352}  # TIFF, Panasonic RW2, Olympus ORF (two variants)
_BIG = 43
# type: size of one, struct code; None for bytes
_TYPES: dict[int, tuple[int, str | None]] = {
    1: (1, "B"),
    2: (1, None),
    3: (2, "H"),
    4: (4, "I"),
    5: (8, "I"),
    6: (1, "b"),
    7: (1, None),
    8: (2, "h"),
    9: (4, "i"),
    10: (8, "i"),
    11: (4, "f"),
    12: (8, "d"),
    13: (4, "I"),
    16: (8, "Q"),
    17: (8, "q"),
    18: (8, "Q"),
}
_ASCII, _UNDEFINED, _RATIONALS = 2, 7, (5, 10)


@dataclass(frozen=True, slots=True)
class Rational:
    """A fraction as it stands in the file; the denominator may be 0."""

    numerator: int
    denominator: int

    def value(self) -> float | None:
        """The quotient, None when the denominator is 0."""
        return self.numerator / self.denominator if self.denominator else None


class TiffTags:
    """The directories of one TIFF structure that begins at `base` of `file`. Raises ValueError when it is none."""

    def __init__(self, file: BinaryIO, base: int = 0) -> None:
        self._file = file
        self._base = base
        self._seen: set[int] = set()
        head = self._read(0, 16)
        order: dict[bytes, Literal["<", ">"]] = {b"II": "<", b"MM": ">"}
        if head[:2] not in order or len(head) < 8:
            raise ValueError("no TIFF structure")
        self._order = order[head[:2]]
        magic = self._unpack("H", head[2:4])[0]
        if magic not in (*_CLASSIC, _BIG):
            raise ValueError("no TIFF structure")
        self._big = magic == _BIG
        self.first = int(self._unpack("Q", head[8:16])[0]) if self._big and len(head) == 16 else int(self._unpack("I", head[4:8])[0])

    def directory(self, offset: int, wanted: Collection[int]) -> dict[int, Value | tuple[Rational, ...]]:
        """The `wanted` tags of the directory at `offset`; empty when it lies outside the file or was read before."""
        if offset in self._seen or offset <= 0:
            return {}
        self._seen.add(offset)
        width, counter = (20, "Q") if self._big else (12, "H")
        start = self._read(offset, struct.calcsize(counter))
        if len(start) < struct.calcsize(counter):
            return {}
        count = min(int(self._unpack(counter, start)[0]), _MOST_ENTRIES)
        table = self._read(offset + len(start), count * width)
        found: dict[int, Value | tuple[Rational, ...]] = {}
        for at in range(0, len(table) - width + 1, width):
            tag = int(self._unpack("H", table[at : at + 2])[0])
            if tag in wanted and tag not in found:
                value = self._value(table[at + 2 : at + width])
                if value is not None:
                    found[tag] = value
        return found

    def _value(self, entry: bytes) -> Value | tuple[Rational, ...] | None:
        kind = int(self._unpack("H", entry[:2])[0])
        inline = entry[10:] if self._big else entry[6:]
        count = int(self._unpack("Q" if self._big else "I", entry[2 : 10 if self._big else 6])[0])
        if kind not in _TYPES:
            return None
        size, code = _TYPES[kind]
        length = min(count * size, _LARGEST_VALUE)
        far = length > len(inline)
        data = self._read(int(self._unpack("Q" if self._big else "I", inline)[0]), length) if far else inline[:length]
        if code is None:
            return _text(data) if kind == _ASCII else data
        numbers = self._unpack(f"{len(data) // struct.calcsize(code)}{code}", data)
        if kind in _RATIONALS:
            return tuple(Rational(int(top), int(bottom)) for top, bottom in zip(numbers[::2], numbers[1::2], strict=False))
        return numbers

    def _read(self, offset: int, length: int) -> bytes:
        if offset > 1 << 60:
            return b""
        self._file.seek(self._base + offset)
        return self._file.read(length)

    def _unpack(self, code: str, data: bytes) -> tuple[Number, ...]:
        form = self._order + code
        return struct.unpack_from(form, data)


def _text(data: bytes) -> str:
    """EXIF says ASCII; phones write UTF-8, old programs Latin-1."""
    data = data.split(b"\0", 1)[0]
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


Directory = Mapping[int, Value | tuple[Rational, ...]]
