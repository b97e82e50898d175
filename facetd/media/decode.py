"""Photo files to upright sRGB pixels, as large as needed and no larger."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facetd.media import formats
from facetd.media.color import to_srgb
from facetd.media.failures import decoder_errors
from facetd.media.headers import PILLOW_NAMES, check_limits, read_header
from facetd.media.libraries import heif, register_jxl
from facetd.media.orientation import turn_upright, upright_size, valid_orientation
from facetd.media.profiles import profile_of
from facetd.media.raw import decode_raw_both, decode_raw_neutral, embedded_preview
from facetd.media.scaling import fit, flatten, shrink
from facetd.records.files import PictureHeader

__all__ = [
    "Decoded",
    "check_limits",
    "decode",
    "decode_for_measuring",
    "decode_for_showing",
    "decode_photo",
    "decode_raw_neutral",
    "embedded_preview",
    "read_header",
    "upright_size",
]


@dataclass(frozen=True, slots=True)
class Decoded:
    """Both renderings, RGB uint8 (H,W,3) in sRGB, upright. `show is measure` except for camera raw files with a preview."""

    measure: NDArray[np.uint8]
    show: NDArray[np.uint8]


def decode_photo(path: str, header: PictureHeader, *, long_side: int, orientation: int) -> Decoded:
    """Decode once for measuring and for showing. Arguments and errors as for `decode`."""
    if header.format == formats.RAW:
        measure, show = decode_raw_both(path, long_side, orientation=orientation)
        return Decoded(measure, show)
    pixels = decode(path, header, long_side=long_side, orientation=orientation)
    return Decoded(pixels, pixels)


def decode_for_measuring(path: str, header: PictureHeader, *, long_side: int, orientation: int) -> NDArray[np.uint8]:
    """The picture as the sensor saw it: for raw files a neutral demosaic. Arguments and errors as for `decode`."""
    if header.format == formats.RAW:
        return decode_raw_neutral(path, long_side, orientation=orientation)
    return decode(path, header, long_side=long_side, orientation=orientation)


def decode_for_showing(path: str, header: PictureHeader, *, long_side: int, orientation: int) -> NDArray[np.uint8]:
    """The picture as the photographer knows it: for raw files the camera's preview. Arguments and errors as for `decode`."""
    if header.format == formats.RAW:
        return embedded_preview(path, long_side=long_side, orientation=orientation)
    return decode(path, header, long_side=long_side, orientation=orientation)


def decode(path: str, header: PictureHeader, *, long_side: int, orientation: int) -> NDArray[np.uint8]:
    """RGB uint8 (H,W,3) in sRGB, upright, long side at most `long_side` px and never enlarged.

    `header` comes from `read_header` and has passed `check_limits`. `orientation` is that of the photo's Metadata
    (1..8); formats that turn themselves ignore it. Alpha is laid on white, animations and multi-page files give their
    first picture. Bytes after the end of the picture do not matter; a picture cut short is an error.

    Raises MediaError with the reasons `truncated`, `damaged`, `unsupported`, `memory`, `unreadable`.
    """
    if header.format == formats.RAW:
        return decode_raw_neutral(path, long_side, orientation=orientation)
    with decoder_errors(header.format):
        if header.format == formats.HEIF:
            return _decode_heif(path, long_side)
        return _decode_pillow(path, header, long_side, orientation)


def _decode_heif(path: str, long_side: int) -> NDArray[np.uint8]:
    picture = heif().open_heif(path).to_pillow()
    return np.ascontiguousarray(to_srgb(shrink(flatten(picture), long_side), profile_of(picture)))


def _decode_pillow(path: str, header: PictureHeader, long_side: int, orientation: int) -> NDArray[np.uint8]:
    if header.format == formats.JXL:
        register_jxl()

    with Image.open(path, formats=[PILLOW_NAMES[header.format]]) as picture:
        turn = _turn_still_needed(picture, header.format, orientation)
        icc = profile_of(picture)
        if header.format == formats.JPEG:
            # Asked for in the photo's own shape: Pillow takes the smaller of the two ratios.
            picture.draft(picture.mode, fit(*picture.size, long_side))
        pixels = to_srgb(shrink(flatten(picture), long_side), icc)
    return turn_upright(pixels, turn)


def _turn_still_needed(picture: Image.Image, found: str, orientation: int) -> int:
    if found in (formats.TIFF, formats.JXL):  # turned by Pillow's TIFF reader and by libjxl
        return 1
    if found == formats.AVIF:  # not turned; Pillow reports the container's rotation as EXIF, whatever EXIF says
        return valid_orientation(picture.getexif().get(0x0112))
    return valid_orientation(orientation)
