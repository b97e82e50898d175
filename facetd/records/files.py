"""Photo shares, and the files in them."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Root:
    """One photo share. `path` is the absolute directory; `name` is unique, ignoring case, and never holds `/`."""

    id: int
    name: str
    path: str
    online: bool
    fs_id: str | None = None


@dataclass(frozen=True, slots=True)
class FilePlace:
    """Where a photo's file is and what it is, as far as the library knows."""

    root_path: str
    root_online: bool
    relative: str
    content_hash: str
    format: str | None
    orientation: int
    readable: bool
    size: int
    mtime_ns: int
    root_name: str = ""
    date_taken: str | None = None

    @property
    def path(self) -> str:
        """The absolute path."""
        return os.path.join(self.root_path, self.relative)

    @property
    def name(self) -> str:
        """The file's own name, as the file system functions take it."""
        return self.relative.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What the library remembers of a file; enough to see whether it changed."""

    photo_id: int
    filename: str
    size: int
    mtime_ns: int
    content_hash: str
    sidecar_stamp: str
    missing: bool
    readable: bool


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What the first bytes of a photo file say, before any pixel is decoded.

    `width` and `height` are pixels as stored (before EXIF orientation; for HEIF after the container's own rotation).
    `format` is a name of media.formats. `decode_bytes` estimates the memory that decoding to the working size takes.
    `jpeg_quality` (1..100) is that of JPEG files, `megapixels` width x height in millions, to four places.
    `orientation` (EXIF 1..8) is set where the decoder knows it better than EXIF: RAW, and 1 where the container rotates by itself.
    """

    format: str
    width: int
    height: int
    decode_bytes: int
    orientation: int | None = None
    jpeg_quality: int | None = None
    megapixels: float | None = None
