"""Which files are photos: candidates by name, the format by content from an allow-list."""

from __future__ import annotations

from typing import Literal

JPEG, PNG, WEBP, TIFF, BMP, GIF, HEIF, AVIF, JXL, RAW = "jpeg", "png", "webp", "tiff", "bmp", "gif", "heif", "avif", "jxl", "raw"

# Suffixes of the cameras whose files LibRaw reads.
RAW_SUFFIXES: frozenset[str] = frozenset({
    ".3fr", ".arw", ".bay", ".cap", ".cr2", ".cr3", ".crw", ".cs1", ".dc2", ".dcr", ".dng", ".drf", ".erf", ".fff", ".gpr", ".iiq",
    ".k25", ".kc2", ".kdc", ".mdc", ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".ptx", ".pxn", ".qtk", ".raf", ".raw",
    ".rw2", ".rwl", ".rwz", ".sr2", ".srf", ".srw", ".sti", ".x3f",
})  # fmt: skip
PICTURE_SUFFIXES: frozenset[str] = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".heic", ".heif", ".hif", ".heics", ".avif", ".png", ".webp", ".tif", ".tiff", ".bmp",
    ".dib", ".gif", ".jxl",
})  # fmt: skip
PHOTO_SUFFIXES: frozenset[str] = PICTURE_SUFFIXES | RAW_SUFFIXES
VIDEO_SUFFIXES: frozenset[str] = frozenset({
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mts", ".m2ts", ".mpg", ".mpeg", ".3gp", ".3g2", ".wmv", ".flv", ".ogv", ".vob",
    ".insv", ".lrv",
})  # fmt: skip

# Sent as they are: browsers decode these and apply EXIF orientation and ICC profiles themselves.
CONTENT_TYPES: dict[str, str] = {
    JPEG: "image/jpeg",
    PNG: "image/png",
    WEBP: "image/webp",
    GIF: "image/gif",
    AVIF: "image/avif",
    BMP: "image/bmp",
}

SNIFF_BYTES = 4096  # enough for the first TIFF directory of every DNG seen

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"heif", b"mif1", b"msf1", b"mif2"}
_AVIF_BRANDS = {b"avif", b"avis"}
_BMP_HEADER_SIZES = {12, 16, 40, 52, 56, 64, 108, 124}
_DNG_VERSION_TAG = 0xC612
_RAW_MAGIC = (
    (0, b"FUJIFILMCCD-RAW"),  # Fujifilm RAF
    (0, b"IIU\x00"),  # Panasonic RW2
    (0, b"IIRO"),  # Olympus ORF, three variants
    (0, b"IIRS"),
    (0, b"MMOR"),
    (0, b"FOVb"),  # Sigma X3F
    (0, b"\x00MRM"),  # Minolta MRW
    (6, b"HEAPCCDR"),  # Canon CRW
)


def suffix_of(name: str) -> str:
    """The suffix in lower case with its dot, `""` where there is none; a leading dot is not a suffix."""
    stem, dot, suffix = name.rpartition("/")[2].rpartition(".")
    return dot + suffix.lower() if stem else ""


def is_photo_name(name: str) -> bool:
    """Whether a file of this name is opened at all."""
    return suffix_of(name) in PHOTO_SUFFIXES


def is_raw_name(name: str) -> bool:
    """Whether the name says camera raw data."""
    return suffix_of(name) in RAW_SUFFIXES


def is_video_name(name: str) -> bool:
    """Whether the name says video; these are counted, not indexed."""
    return suffix_of(name) in VIDEO_SUFFIXES


def sniff(head: bytes, name: str) -> str | None:
    """The format by content, None when it is not one of the allow-list.

    `head` holds the first `SNIFF_BYTES` bytes (fewer at the end of a file). The name only decides between TIFF and the
    raw formats that are TIFF inside, and lets LibRaw try raw formats that begin with nothing to recognise them by.
    """
    if head[:3] == b"\xff\xd8\xff":
        return JPEG
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return PNG
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return GIF
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[:2] == b"\xff\x0a" or head[:12] == b"\x00\x00\x00\x0cJXL \r\n\x87\n":
        return JXL
    if head[4:8] == b"ftyp":
        return _sniff_iso_media(head)
    if any(head[at : at + len(magic)] == magic for at, magic in _RAW_MAGIC):
        return RAW
    if head[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
        return RAW if head[8:10] == b"CR" or is_raw_name(name) or _has_dng_version(head) else TIFF
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return BMP
    return RAW if is_raw_name(name) and not _looks_like_something_else(head) else None


def _sniff_iso_media(head: bytes) -> str | None:
    """HEIF, AVIF and Canon CR3 share their box structure with video; the brands tell them apart."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))]
    if brands[0] == b"crx ":
        return RAW
    if _AVIF_BRANDS & set(brands) and not {b"heic", b"heix"} & set(brands):
        return AVIF
    # A video may list mif1 as compatible: the major brand has to be one of a picture.
    return HEIF if brands[0] in _HEIF_BRANDS else None


def _has_dng_version(head: bytes) -> bool:
    """Whether the first directory of a classic TIFF holds the DNGVersion tag."""
    order: Literal["little", "big"] = "little" if head[:1] == b"I" else "big"
    start = int.from_bytes(head[4:8], order)
    count = int.from_bytes(head[start : start + 2], order)
    end = min(start + 2 + 12 * count, len(head) - 1)
    return any(int.from_bytes(head[at : at + 2], order) == _DNG_VERSION_TAG for at in range(start + 2, end, 12))


def _looks_like_something_else(head: bytes) -> bool:
    """Documents, archives and text, which LibRaw should not be asked about."""
    known = (b"%PDF", b"%!PS", b"PK\x03\x04", b"8BPS", b"<?xml", b"<svg", b"\xc5\xd0\xd3\xc6", b"\x7fELF", b"SQLite format")
    return not head or head.startswith(known) or all(32 <= byte < 127 or byte in b"\t\r\n" for byte in head[:512])
