"""Where each format keeps its EXIF and XMP: the blocks are found and handed on as they are.

Sources: EXIF 2.32 (JPEG APP1), XMP part 3, PNG third edition (eXIf, iTXt), RFC 9649 (WebP), ISO/IEC 18181-2 (JPEG XL boxes),
lclevy/canon_cr3 (CR3 boxes), Fujifilm RAF and Minolta MRW headers as LibRaw reads them.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from PIL import Image

from facetd.media import formats
from facetd.media.failures import decoder_errors
from facetd.media.libraries import heif

_LARGEST_BLOCK = 1 << 24
_MOST_BLOCKS = 4096
_XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_MORE_HEADER = b"http://ns.adobe.com/xmp/extension/\0"
_CANON_UUID = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


@dataclass(slots=True)
class Blocks:
    """What was found. `tiff` begins at `base` of `file`; CR3 has two more, holding the EXIF and the GPS directory alone."""

    tiff: BinaryIO | None = None
    base: int = 0
    exif_alone: bytes | None = None
    gps_alone: bytes | None = None
    xmp: list[bytes] = field(default_factory=list)


def find_blocks(file: BinaryIO, format_name: str, path: str) -> Blocks:
    """The metadata blocks of the photo open as `file`. Damaged structure ends the search, it does not raise."""
    blocks = Blocks()
    try:
        if format_name == formats.JPEG:
            _from_jpeg(file, 0, blocks)
        elif format_name == formats.PNG:
            _from_png(file, blocks)
        elif format_name == formats.WEBP:
            _from_webp(file, blocks)
        elif format_name == formats.TIFF:
            blocks.tiff = file
        elif format_name == formats.RAW:
            _from_raw(file, blocks)
        elif format_name == formats.JXL:
            _from_jxl(file, blocks)
        elif format_name in (formats.HEIF, formats.AVIF):
            _from_library(path, format_name, blocks)
    except (OSError, ValueError, IndexError, OverflowError, EOFError):
        pass  # what was found before the damage still counts
    return blocks


def _set_exif(blocks: Blocks, data: bytes) -> None:
    """Some writers keep the JPEG prefix in other containers."""
    if blocks.tiff is None:
        blocks.tiff = io.BytesIO(data[6:] if data[:6] == b"Exif\0\0" else data)


def _from_jpeg(file: BinaryIO, start: int, blocks: Blocks) -> None:
    extended: dict[bytes, list[tuple[int, bytes]]] = {}
    at = start + 2
    for _ in range(_MOST_BLOCKS):
        file.seek(at)
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF or head[1] == 0xDA:
            break
        if head[1] == 0xFF:  # fill byte
            at += 1
            continue
        size = int.from_bytes(head[2:4], "big")
        if head[1] == 0xE1:
            data = file.read(size - 2)
            if data[:6] == b"Exif\0\0" and blocks.tiff is None:
                blocks.tiff = io.BytesIO(data[6:])
            elif data.startswith(_XMP_HEADER):
                blocks.xmp.append(data[len(_XMP_HEADER) :])
            elif data.startswith(_XMP_MORE_HEADER):
                part = data[len(_XMP_MORE_HEADER) :]  # identifier 32, full length 4, offset 4
                extended.setdefault(part[:32], []).append((int.from_bytes(part[36:40], "big"), part[40:]))
        at += 2 + max(2, size)
    blocks.xmp.extend(b"".join(part for _, part in sorted(parts)) for parts in extended.values())


def _from_png(file: BinaryIO, blocks: Blocks) -> None:
    file.seek(8)
    for _ in range(_MOST_BLOCKS):
        head = file.read(8)
        size, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if len(head) < 8 or kind == b"IEND":
            break
        if kind in (b"eXIf", b"iTXt") and size <= _LARGEST_BLOCK:
            data = file.read(size)
            if kind == b"eXIf":
                _set_exif(blocks, data)
            elif data.startswith(b"XML:com.adobe.xmp\0"):
                compressed, rest = data[18], data[20:].split(b"\0", 2)[2]
                blocks.xmp.append(_inflate(rest) if compressed else rest)
            file.seek(4, io.SEEK_CUR)
        else:
            file.seek(size + 4, io.SEEK_CUR)


def _inflate(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _LARGEST_BLOCK)
    except zlib.error as error:
        raise ValueError(str(error)) from error


def _from_webp(file: BinaryIO, blocks: Blocks) -> None:
    file.seek(12)
    for _ in range(_MOST_BLOCKS):
        head = file.read(8)
        size, kind = int.from_bytes(head[4:8], "little"), head[:4]
        if len(head) < 8:
            break
        if kind in (b"EXIF", b"XMP ") and size <= _LARGEST_BLOCK:
            data = file.read(size)
            if kind == b"EXIF":
                _set_exif(blocks, data)
            else:
                blocks.xmp.append(data)
            file.seek(size & 1, io.SEEK_CUR)
        else:
            file.seek(size + (size & 1), io.SEEK_CUR)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, first and last byte of the content of each ISO media box between `start` and `end`."""
    at = start
    for _ in range(_MOST_BLOCKS):
        file.seek(at)
        head = file.read(16)
        if len(head) < 8 or at + 8 > end:
            return
        size, kind, inside = int.from_bytes(head[:4], "big"), head[4:8], at + 8
        if size == 1:
            size, inside = int.from_bytes(head[8:16], "big"), at + 16
        stop = end if size == 0 else min(at + size, end)
        if stop < inside:
            return
        yield kind, inside, stop
        at = stop


def _content(file: BinaryIO, start: int, stop: int) -> bytes:
    file.seek(start)
    return file.read(min(stop - start, _LARGEST_BLOCK))


def _from_jxl(file: BinaryIO, blocks: Blocks) -> None:
    for kind, start, stop in _boxes(file, 0, file.seek(0, io.SEEK_END)):
        if kind == b"Exif":
            data = _content(file, start, stop)
            # The box begins with the offset of the TIFF structure; some writers leave that out.
            bare = data[:4] in (b"II*\0", b"MM\0*")
            _set_exif(blocks, data if bare else data[4 + int.from_bytes(data[:4], "big") :])
        elif kind == b"xml ":
            blocks.xmp.append(_content(file, start, stop))


def _from_raw(file: BinaryIO, blocks: Blocks) -> None:
    head = file.read(4096)
    if head.startswith(b"FUJIFILMCCD-RAW"):
        _from_jpeg(file, int.from_bytes(head[84:88], "big"), blocks)
    elif head[4:8] == b"ftyp":
        _from_cr3(file, blocks)
    elif head.startswith(b"\0MRM"):
        at = head.find(b"\0TTW")
        if at >= 0:
            blocks.tiff, blocks.base = file, at + 8
    else:
        blocks.tiff = file


def _from_cr3(file: BinaryIO, blocks: Blocks) -> None:
    for kind, start, stop in _boxes(file, 0, file.seek(0, io.SEEK_END)):
        if kind == b"uuid" and _content(file, start, start + 16) == _XMP_UUID:
            blocks.xmp.append(_content(file, start + 16, stop))
        elif kind == b"moov":
            for inner, inner_start, inner_stop in _boxes(file, start, stop):
                if inner == b"uuid" and _content(file, inner_start, inner_start + 16) == _CANON_UUID:
                    parts = {box: _content(file, begin, end) for box, begin, end in _boxes(file, inner_start + 16, inner_stop)}
                    _set_exif(blocks, parts.get(b"CMT1", b""))
                    blocks.exif_alone, blocks.gps_alone = parts.get(b"CMT2"), parts.get(b"CMT4")


def _from_library(path: str, format_name: str, blocks: Blocks) -> None:
    """HEIF and AVIF keep their blocks as items that may be anywhere in the file: their libraries find them."""
    with decoder_errors(format_name):
        if format_name == formats.HEIF:
            info = heif().open_heif(path).info
        else:
            with Image.open(path, formats=["AVIF"]) as picture:
                info = dict(picture.info)
    if isinstance(info.get("exif"), bytes):
        _set_exif(blocks, info["exif"])
    if isinstance(info.get("xmp"), bytes):
        blocks.xmp.append(info["xmp"])
