"""Photos that browsers cannot show, as JPEG files in full resolution."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from facetd.media.decode import decode_for_showing
from facetd.media.thumbs import save_jpeg
from facetd.records.files import PictureHeader

_LARGEST_JPEG_SIDE = 65500


def render_jpeg(path: str, header: PictureHeader, orientation: int, quality: int, target: Path, *, scratch: Path) -> None:
    """Write the photo at `path` to `target` as an upright sRGB JPEG in full resolution; raw files by the camera's preview.

    `scratch` is a folder for the unfinished file; `target` is complete or absent at any moment. Raises MediaError for the
    photo and OSError for the target.
    """
    pixels = decode_for_showing(path, header, long_side=_LARGEST_JPEG_SIDE, orientation=orientation)
    save_jpeg(Image.fromarray(pixels), target, quality=quality, scratch=scratch)
