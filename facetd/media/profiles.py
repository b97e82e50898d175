"""Colour profiles for pictures that name their colour space without embedding it.

Sources: DCF 2.0 (interoperability index R03 means Adobe RGB), ISO/IEC 23091-2 (nclx colour primaries 12 are Display P3),
ICC.1:2001-04 (matrix/TRC display profiles). Colorants are adapted to D50 as the specifications of the two spaces publish them.
"""

from __future__ import annotations

import io
import struct
from functools import cache

import numpy as np
from PIL import Image

from facetd.media.tifftags import TiffTags

_EXIF_POINTER, _COLOR_SPACE, _INTEROP_POINTER, _INTEROP_INDEX = 0x8769, 0xA001, 0xA005, 0x0001
_P3_PRIMARIES = 12
_D50 = (0.9642, 1.0, 0.8249)
_ADOBE_COLORANTS = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
_P3_COLORANTS = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))


def profile_of(picture: Image.Image) -> bytes | None:
    """The ICC profile that `picture` embeds, or that of the wide colour space it declares; None for sRGB."""
    embedded = picture.info.get("icc_profile")
    if isinstance(embedded, bytes) and embedded:
        return embedded
    exif, nclx = picture.info.get("exif"), picture.info.get("nclx_profile")
    if isinstance(nclx, dict) and nclx.get("color_primaries") == _P3_PRIMARIES:
        return display_p3()
    if picture.mode == "RGB" and isinstance(exif, bytes) and _declares_adobe_rgb(exif):
        return adobe_rgb()
    return None


def _declares_adobe_rgb(exif: bytes) -> bool:
    try:
        tags = TiffTags(io.BytesIO(exif.removeprefix(b"Exif\0\0")))
        pointer = tags.directory(tags.first, {_EXIF_POINTER}).get(_EXIF_POINTER)
        details = tags.directory(_offset(pointer), {_COLOR_SPACE, _INTEROP_POINTER})
        index = tags.directory(_offset(details.get(_INTEROP_POINTER)), {_INTEROP_INDEX}).get(_INTEROP_INDEX)
    except (ValueError, struct.error):
        return False
    # 2 is no value of the standard, but what some cameras write for Adobe RGB.
    return details.get(_COLOR_SPACE) == (2,) or (isinstance(index, str) and index.startswith("R03"))


def _offset(pointer: object) -> int:
    return pointer[0] if isinstance(pointer, tuple) and pointer and isinstance(pointer[0], int) else 0


@cache
def adobe_rgb() -> bytes:
    """Adobe RGB (1998): gamma 563/256."""
    return _matrix_profile(_ADOBE_COLORANTS, struct.pack(">4sIIHH", b"curv", 0, 1, 563, 0))


@cache
def display_p3() -> bytes:
    """Display P3: the primaries of digital cinema with the curve of sRGB."""
    signal = np.linspace(0, 1, 1024)
    linear = np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)
    return _matrix_profile(_P3_COLORANTS, struct.pack(">4sII", b"curv", 0, 1024) + np.round(linear * 65535).astype(">u2").tobytes())


def _matrix_profile(colorants: tuple[tuple[float, ...], ...], curve: bytes) -> bytes:
    text = b"desc" + struct.pack(">II", 0, 7) + b"facetd\0" + bytes(79)
    tags = {b"desc": text + bytes(-len(text) % 4), b"cprt": b"text" + bytes(4) + b"none\0\0\0\0", b"wtpt": _xyz(_D50)}
    tags |= {channel + b"XYZ": _xyz(colorant) for channel, colorant in zip((b"r", b"g", b"b"), colorants, strict=True)}
    tags |= {channel + b"TRC": curve for channel in (b"r", b"g", b"b")}
    table, body, at = b"", b"", 132 + 12 * len(tags)
    for name, data in tags.items():
        table += struct.pack(">4sII", name, at + len(body), len(data))
        body += data
    head = struct.pack(
        ">I4sI4s4s4s12s4s4sI", at + len(body), bytes(4), 0x02400000, b"mntr", b"RGB ", b"XYZ ", bytes(12), b"acsp", bytes(4), 0
    )
    head += bytes(20) + _xyz(_D50)[8:]
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))
