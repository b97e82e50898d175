"""Camera raw files: a neutral demosaic for measuring, the camera's own preview for showing. LibRaw by rawpy."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facetd.errors import MediaError
from facetd.media.color import to_srgb
from facetd.media.failures import decoder_errors
from facetd.media.formats import RAW
from facetd.media.orientation import exif_orientation_of_flip, turn_upright, valid_orientation
from facetd.media.profiles import profile_of
from facetd.media.scaling import fit, flatten, shrink
from facetd.records.files import PictureHeader

if TYPE_CHECKING:
    import rawpy

_LEAST_PREVIEW = 0.5  # a preview smaller than this share of what the demosaic gives is only good for a camera's screen


@contextmanager
def _opened(path: str) -> Iterator[rawpy.RawPy]:
    # rawpy costs 0.1 s and 17 MB: only processes that meet a raw file pay for it.
    import rawpy  # noqa: PLC0415

    with decoder_errors(RAW), rawpy.imread(path) as raw:
        yield raw


def raw_header(path: str) -> PictureHeader:
    """Sensor width and height without the masked border, as stored, with the orientation that LibRaw found."""
    with _opened(path) as raw:
        sizes = raw.sizes
        # 16 bit sensor data, LibRaw's working copy (four 16 bit values per quad) and the 8 bit half-size picture
        decode_bytes = sizes.raw_width * sizes.raw_height * 5 + 4_000_000
        return PictureHeader(RAW, sizes.width, sizes.height, decode_bytes, orientation=exif_orientation_of_flip(sizes.flip))


def decode_raw_neutral(path: str, long_side: int, *, orientation: int = 1) -> NDArray[np.uint8]:
    """RGB uint8 (H,W,3) in sRGB, upright, long side at most `long_side` and half of the sensor's.

    Camera white balance, fixed brightness and no lens or tone correction, so that exposure and noise can be measured
    and compared. A quad of sensor pixels becomes one pixel. Raises MediaError.
    """
    with _opened(path) as raw:
        return turn_upright(_shrunk(_demosaic(raw, half_size=True), long_side), orientation)


def decode_raw_both(path: str, long_side: int, *, orientation: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The neutral picture for measuring and the preview for showing, from one look at the file."""
    with _opened(path) as raw:
        preview = _preview(raw, long_side, orientation)  # first: a demosaic changes the orientation that LibRaw gives the preview
        neutral = turn_upright(_shrunk(_demosaic(raw, half_size=True), long_side), orientation)
    if preview is None or max(preview.shape[:2]) < _LEAST_PREVIEW * max(neutral.shape[:2]):
        return neutral, neutral
    return neutral, preview


def embedded_preview(path: str, *, long_side: int = 65535, orientation: int = 1) -> NDArray[np.uint8]:
    """What the camera shows: its JPEG preview, upright sRGB; the full demosaic where there is no preview of use."""
    with _opened(path) as raw:
        preview = _preview(raw, long_side, orientation)
        sensor_side = min(long_side, max(raw.sizes.width, raw.sizes.height))
        if preview is not None and max(preview.shape[:2]) >= _LEAST_PREVIEW * sensor_side:
            return preview
        half_size = sensor_side * 2 <= max(raw.sizes.width, raw.sizes.height)
        return turn_upright(_shrunk(_demosaic(raw, half_size=half_size), long_side), orientation)


def raw_exposure(path: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """Exposure facts that LibRaw finds in places of the makers' own; opened only when `known` lacks one of them."""
    keys = ("iso", "f_stop", "exposure_time", "focal_length")
    if all(key in known for key in keys):
        return {}
    try:
        with _opened(path) as raw:
            values = (raw.other.iso_speed, raw.other.aperture, raw.other.shutter_speed, raw.other.focal_length)
            return {key: round(value) if key == "iso" else value for key, value in zip(keys, values, strict=True) if 1e-7 < value < 1e6}
    except MediaError:
        return {}


def _demosaic(raw: rawpy.RawPy, *, half_size: bool) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = raw.postprocess(half_size=half_size, use_camera_wb=True, no_auto_bright=True, output_bps=8, user_flip=0)
    return pixels


def _shrunk(pixels: NDArray[np.uint8], long_side: int) -> NDArray[np.uint8]:
    return np.asarray(shrink(Image.fromarray(pixels), long_side))


def _preview(raw: rawpy.RawPy, long_side: int, orientation: int) -> NDArray[np.uint8] | None:
    """The camera's JPEG preview, None where there is none or it is damaged: the demosaic can stand in for it."""
    import rawpy  # noqa: PLC0415

    try:
        thumb: Any = raw.extract_thumb()
        if thumb.format != rawpy.ThumbFormat.JPEG:
            return None
        picture = Image.open(io.BytesIO(thumb.data), formats=["JPEG"])
        turn = _preview_orientation(picture, raw.sizes.width >= raw.sizes.height, orientation)
        picture.draft(picture.mode, fit(*picture.size, long_side))
        pixels = to_srgb(shrink(flatten(picture), long_side), profile_of(picture))
    except (rawpy.LibRawError, rawpy.NotSupportedError, OSError, ValueError, SyntaxError, TypeError):
        return None
    return turn_upright(pixels, turn)


def _preview_orientation(picture: Image.Image, stored_is_wide: bool, orientation: int) -> int:
    """How to turn the preview: by its own EXIF, else like the sensor unless its shape says that it is upright already.

    LibRaw puts an EXIF header of its own, signed dcraw, in front of previews that have none.
    """
    exif = picture.getexif()
    if 0x0112 in exif and not str(exif.get(0x0131, "")).startswith("dcraw"):
        return valid_orientation(exif[0x0112])
    is_wide = picture.width >= picture.height
    return orientation if orientation < 5 or is_wide == stored_is_wide else 1
