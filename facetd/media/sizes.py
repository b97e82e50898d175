"""Picture dimensions read straight from the bytes, for formats whose libraries decode or allocate when they open a file.

Sources: WebP container specification (RFC 9649), VP8 key frame header (RFC 6386 section 9.1), JPEG XL codestream
(ISO/IEC 18181-1, SizeHeader and ImageMetadata).
"""

from __future__ import annotations

from facetd.errors import MediaError
from facetd.i18n import _

_JXL_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}


def webp_size(head: bytes) -> tuple[int, int]:
    """Canvas width and height from the first 30 bytes of a WebP file."""
    if len(head) < 30:
        raise MediaError("truncated", _("The WebP file ends inside its header."))
    kind, data = head[12:16], head[20:30]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[4:7], "little"), 1 + int.from_bytes(data[7:10], "little")
    if kind == b"VP8L" and data[0] == 0x2F:
        bits = int.from_bytes(data[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and data[3:6] == b"\x9d\x01\x2a":
        return int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF
    raise MediaError("damaged", _("The WebP data is damaged and cannot be decoded."))


def jxl_size(head: bytes) -> tuple[int, int]:
    """Width and height of a JPEG XL picture as it is shown (after its own orientation), from its first bytes."""
    try:
        return _jxl_size(_Bits(_jxl_codestream(head)))
    except IndexError:
        raise MediaError("truncated", _("The JPEG XL file ends inside its header.")) from None


def _jxl_codestream(head: bytes) -> bytes:
    """The bytes after the codestream signature, bare or inside the first `jxlc` or `jxlp` box of a container."""
    if head[:2] == b"\xff\x0a":
        return head[2:]
    at = 0
    while at + 8 <= len(head):
        size, kind = int.from_bytes(head[at : at + 4], "big"), head[at + 4 : at + 8]
        start = at + (16 if size == 1 else 8)
        if kind in (b"jxlc", b"jxlp"):
            start += 4 if kind == b"jxlp" else 0
            if head[start : start + 2] != b"\xff\x0a":
                break
            return head[start + 2 :]
        if size == 1:
            size = int.from_bytes(head[at + 8 : at + 16], "big")
        if size < 8:
            break
        at += size
    raise MediaError("damaged", _("The JPEG XL file has no picture near its beginning."))


class _Bits:
    """Bits of a byte string, least significant first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def read(self, count: int) -> int:
        value = 0
        for place in range(count):
            value |= (self._data[self._at >> 3] >> (self._at & 7) & 1) << place
            self._at += 1
        return value

    def size(self) -> int:
        return 1 + self.read((9, 13, 18, 30)[self.read(2)])


def _jxl_size(bits: _Bits) -> tuple[int, int]:
    small = bits.read(1)
    height = 8 * (1 + bits.read(5)) if small else bits.size()
    ratio = _JXL_RATIOS.get(bits.read(3))
    own_width = 0 if ratio else 8 * (1 + bits.read(5)) if small else bits.size()
    width = height * ratio[0] // ratio[1] if ratio else own_width
    all_default = bits.read(1)
    if not all_default and bits.read(1) and bits.read(3) >= 4:  # orientation 5..8, stored less one
        return height, width
    return width, height
