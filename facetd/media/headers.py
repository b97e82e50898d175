"""What a photo file says about itself before any pixel is decoded, and the limit that protects the decoder."""

from __future__ import annotations

import dataclasses
import os

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from facetd.errors import MediaError
from facetd.i18n import _
from facetd.media import formats
from facetd.media.failures import decoder_errors, unreadable
from facetd.media.jpegquality import jpeg_quality
from facetd.media.libraries import heif
from facetd.media.orientation import upright_size, valid_orientation
from facetd.media.raw import raw_header
from facetd.media.sizes import jxl_size, webp_size
from facetd.records.files import PictureHeader

# The limit is ours (check_limits, from the header); Pillow's own warning and error at 89 and 179 megapixels would come first.
Image.MAX_IMAGE_PIXELS = None

PILLOW_NAMES = {
    formats.JPEG: "JPEG",
    formats.PNG: "PNG",
    formats.WEBP: "WEBP",
    formats.TIFF: "TIFF",
    formats.BMP: "BMP",
    formats.GIF: "GIF",
    formats.AVIF: "AVIF",
    formats.JXL: "JXL",
}
_WORKING_SIDE = 1600
_ORIENTATION_TAG = 0x0112
# Bytes per pixel while decoding, measured at 12 and 24 megapixels: the library's own buffers, Pillow's four per pixel, one copy.
_BYTES_PER_PIXEL = {formats.HEIF: 10, formats.AVIF: 11, formats.JXL: 14, formats.WEBP: 17}
_BYTES_PER_PIXEL_OF_MODE = {"RGBA": 11, "LA": 11, "P": 11, "PA": 11, "I": 20, "F": 20}


def read_header(path: str) -> PictureHeader:
    """Format and dimensions of the photo at `path`, found by its content.

    Raises MediaError with the reasons `empty`, `not_a_photo`, `unreadable`, `truncated`, `damaged`, `unsupported`.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(formats.SNIFF_BYTES)
    except OSError as error:
        raise unreadable(error) from error
    if not head:
        raise MediaError("empty", _("The file is empty."))
    found = formats.sniff(head, os.path.basename(path))
    if found is None:
        raise MediaError("not_a_photo", _("The file does not contain a photo in a format that is supported."))
    header = _header(path, found, head)
    if header.width < 1 or header.height < 1:
        raise MediaError("damaged", _("The picture has no width or no height."))
    return dataclasses.replace(header, megapixels=round(header.width * header.height / 1e6, 4))


def check_limits(header: PictureHeader, *, max_megapixels: float) -> None:
    """Raise MediaError `too_large` if the picture has more than `max_megapixels` million pixels."""
    megapixels = header.width * header.height / 1e6
    if megapixels > max_megapixels:
        message = _("The picture is {width} x {height} pixels: {megapixels:.0f} megapixels are more than the limit of {limit:g}.")
        raise MediaError("too_large", message.format(width=header.width, height=header.height, megapixels=megapixels, limit=max_megapixels))


def _header(path: str, found: str, head: bytes) -> PictureHeader:
    if found == formats.RAW:
        return raw_header(path)
    if found == formats.HEIF:
        return _heif_header(path)
    if found in (formats.WEBP, formats.JXL):
        width, height = webp_size(head) if found == formats.WEBP else jxl_size(head)
        turned_by_itself = 1 if found == formats.JXL else None
        return PictureHeader(found, width, height, width * height * _BYTES_PER_PIXEL[found], orientation=turned_by_itself)
    with decoder_errors(found), Image.open(path, formats=[PILLOW_NAMES[found]]) as picture:
        return _pillow_header(picture, found)


def _heif_header(path: str) -> PictureHeader:
    with decoder_errors(formats.HEIF):
        width, height = heif().open_heif(path).size
    return PictureHeader(formats.HEIF, width, height, width * height * _BYTES_PER_PIXEL[formats.HEIF], orientation=1)


def _pillow_header(picture: Image.Image, found: str) -> PictureHeader:
    width, height = picture.size
    orientation = None
    if found == formats.AVIF:  # Pillow reports the container's own rotation as if it were EXIF
        width, height = upright_size(width, height, valid_orientation(picture.getexif().get(_ORIENTATION_TAG)))
        orientation = 1
    elif found == formats.TIFF:  # Pillow gives the size after the rotation that it is going to apply
        width, height = upright_size(width, height, valid_orientation(picture.getexif().get(_ORIENTATION_TAG)))
    quality = jpeg_quality(picture.quantization) if isinstance(picture, JpegImageFile) else None
    return PictureHeader(found, width, height, _decode_bytes(picture, found), orientation=orientation, jpeg_quality=quality)


def _decode_bytes(picture: Image.Image, found: str) -> int:
    pixels = picture.width * picture.height
    if not isinstance(picture, JpegImageFile):
        return pixels * _BYTES_PER_PIXEL.get(found, _BYTES_PER_PIXEL_OF_MODE.get(picture.mode, 6))
    scale = max(step for step in (1, 2, 4, 8) if step == 1 or max(picture.size) // step >= _WORKING_SIDE)
    decoded = pixels * 7 // scale**2
    if not picture.info.get("progressive"):
        return decoded
    # A progressive JPEG keeps all its coefficients, two bytes each, until the last scan; chroma may have fewer.
    blocks = [across * down for _, across, down, _ in picture.layer]
    return decoded + 2 * pixels * sum(blocks) // max(1, *blocks)
