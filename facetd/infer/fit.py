"""A photo as the square that a network was trained on: resampled as Pillow does it, because that is what trained it.

Pillow itself, as no filter of OpenCV averages with a bicubic kernel where it shrinks: 8.5 ms for a picture of 1600 x 1067 px.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PIL import Image

from facetd.infer.arrays import Floats, Pixels
from facetd.infer.catalogue import Input

FILTERS: Mapping[str, Image.Resampling] = {
    "area": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}
Part = tuple[float, float, float, float]


def square(picture: Pixels, entry: Input) -> Pixels:
    """`picture` (H,W,3) as (size,size,3): the middle of it or all of it, as `entry.fit` says. ValueError for other fits."""
    height, width = picture.shape[:2]
    if entry.fit == "crop_shortest":
        part = middle(width, height, entry.size)
    elif entry.fit == "stretch":
        part = (0.0, 0.0, float(width), float(height))
    else:
        raise ValueError(f"no whole photo is shown to a network as {entry.fit}")
    image = Image.fromarray(np.ascontiguousarray(picture))
    return np.asarray(image.resize((entry.size, entry.size), FILTERS[entry.interpolation], box=part), np.uint8)


def middle(width: int, height: int, size: int) -> Part:
    """The part (left, top, right, bottom) of a picture that is its middle once the short side has `size` px.

    As torchvision's Resize and CenterCrop cut it: the long side is rounded down, the margin to the nearest whole pixel.
    """
    scaled_width, scaled_height = (size * width // height, size) if width > height else (size, size * height // width)
    left, top = round((scaled_width - size) / 2), round((scaled_height - size) / 2)
    across, down = width / scaled_width, height / scaled_height
    return (left * across, top * down, min((left + size) * across, width), min((top + size) * down, height))


def batch_for(picture: Pixels, entry: Input) -> Floats:
    """What a network takes for one photo: float32 (1,3,size,size), scaled, minus mean, over deviation."""
    low, high = entry.range
    planes = square(picture, entry).astype(np.float32).transpose(2, 0, 1)
    scale, shift = np.float32((high - low) / 255) / _colour(entry.std), (np.float32(low) - _colour(entry.mean)) / _colour(entry.std)
    return np.ascontiguousarray((planes * scale + shift)[None])


def _colour(values: tuple[float, float, float]) -> Floats:
    return np.array(values, np.float32)[:, None, None]
