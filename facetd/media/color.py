"""Colours as sRGB: the embedded ICC profile applied, a broken one ignored."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_LARGEST_PROFILE = 8 << 20
_SPACE_OF_MODE = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}
_SAME_AS_SRGB = 2  # of 255: profiles that differ less on a grid of colours are sRGB under another name


def to_srgb(picture: Image.Image, icc: bytes | None) -> NDArray[np.uint8]:
    """RGB uint8 (H,W,3) in sRGB of a picture in mode L, RGB or CMYK with the profile `icc` (None for sRGB)."""
    if icc and 128 < len(icc) <= _LARGEST_PROFILE:
        transform = _transform(icc, picture.mode)
        if transform is not None:
            converted = ImageCms.applyTransform(picture, transform)
            if converted is not None:
                return np.asarray(converted)
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))


@lru_cache(maxsize=8)
def _transform(icc: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The way from the profile to sRGB; None where it is broken, of another colour space, or does nothing."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        if profile.profile.xcolor_space.strip() != _SPACE_OF_MODE[mode]:
            return None
        transform = ImageCms.buildTransform(
            profile,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        return None if mode == "RGB" and _changes_nothing(transform) else transform
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(27, 27, 3)
    converted = ImageCms.applyTransform(Image.fromarray(grid), transform)
    return converted is not None and int(np.abs(np.asarray(converted).astype(int) - grid).max()) <= _SAME_AS_SRGB
