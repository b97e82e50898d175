"""Pictures as networks want them: shrunk without aliasing, turned, and laid out as batches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from facetd.infer.arrays import Floats, Pixels
from facetd.infer.catalogue import Input

Matrix = NDArray[np.float64]
ALIASING = 1.5  # source pixels per target pixel that bilinear sampling bears


class Letterbox(NamedTuple):
    """A picture inside a black square, at its top left; `scale` is square pixels per picture pixel, (x, y)."""

    image: Pixels
    scale: tuple[float, float]


def resized(picture: Pixels, width: int, height: int) -> Pixels:
    """`picture` (H,W,3) at exactly `width` x `height`: averaged where it shrinks, bilinear where it hardly does or grows.

    Large pictures are halved first, which is ten times as fast; an odd last row or column is left out there.
    """
    while picture.shape[1] >= 2 * width and picture.shape[0] >= 2 * height:
        w, h = picture.shape[1] // 2, picture.shape[0] // 2
        picture = np.asarray(cv2.resize(picture[: 2 * h, : 2 * w], (w, h), interpolation=cv2.INTER_AREA), np.uint8)
    if (picture.shape[1], picture.shape[0]) == (width, height):
        return picture
    ratio = max(picture.shape[1] / width, picture.shape[0] / height)
    return np.asarray(
        cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if ratio > ALIASING else cv2.INTER_LINEAR), np.uint8
    )


def letterbox(picture: Pixels, side: int, long_side: int) -> Letterbox:
    """`picture` with its long side at `long_side` px, in the top left of a black square of `side` px. Inverse: divide by `scale`."""
    height, width = picture.shape[:2]
    factor = long_side / max(width, height)
    w, h = max(1, round(width * factor)), max(1, round(height * factor))
    square = np.zeros((side, side, 3), np.uint8)
    square[:h, :w] = resized(picture, w, h)
    return Letterbox(square, (w / width, h / height))


def batch_of(images: Sequence[Pixels], scale: float = 1.0) -> Floats:
    """Squares (S,S,3) of 0..255 as float32 (N,3,S,S), each value times `scale`."""
    side = images[0].shape[0]
    batch = np.empty((len(images), 3, side, side), np.float32)
    for i, image in enumerate(images):
        for channel, plane in enumerate(cv2.split(image)):
            batch[i, channel] = plane
    if scale != 1.0:
        batch *= np.float32(scale)
    return batch


def tensor(images: Sequence[Pixels], entry: Input) -> Floats:
    """Squares (S,S,3) of 0..255 as the network of `entry` takes them, float32 (N,3,S,S): in its range, less mean, over deviation."""
    low, high = entry.range
    batch = batch_of(images, (high - low) / 255)
    if low or any(entry.mean) or entry.std != (1.0, 1.0, 1.0):
        batch += np.float32(low) - np.array(entry.mean, np.float32)[:, None, None]
        batch /= np.array(entry.std, np.float32)[:, None, None]
    return batch


def turned_square(centre: Sequence[float] | Floats, side: float, roll_deg: float, chip: int) -> Matrix:
    """The matrix (2,3) that maps the pixels of a chip of `chip` px to a square of `side` px around `centre`, turned by `roll_deg`.

    A head tilted clockwise by `roll_deg` in the picture stands upright in the chip.
    """
    scale = side / chip
    c, s = scale * math.cos(math.radians(roll_deg)), scale * math.sin(math.radians(roll_deg))
    half = (chip - 1) / 2
    return np.array([[c, -s, float(centre[0]) - half * c + half * s], [s, c, float(centre[1]) - half * s - half * c]])


def moved(matrix: Matrix, points: Floats) -> Floats:
    """`points` (...,2) through `matrix` (2,3)."""
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float32)


def sample(picture: Pixels, matrix: Matrix, side: int) -> Pixels:
    """The chip (side,side,3) whose pixel (x, y) shows the place `matrix` @ (x, y, 1) of `picture`; black outside of it.

    The region in question is shrunk to about the chip's scale first, so that the warp does not alias.
    """
    height, width = picture.shape[:2]
    corners = moved(matrix, np.array([[0, 0], [side, 0], [0, side], [side, side]], np.float32))
    scale = math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
    margin = 2 * scale + 2
    x0, y0 = np.clip(np.floor(corners.min(axis=0) - margin), 0, (width, height)).astype(int)
    x1, y1 = np.clip(np.ceil(corners.max(axis=0) + margin), 0, (width, height)).astype(int)
    if x1 <= x0 or y1 <= y0:
        return np.zeros((side, side, 3), np.uint8)
    region = picture[y0:y1, x0:x1]
    to_region = matrix.copy()
    to_region[:, 2] -= (x0, y0)
    factor = min(int(scale + 0.5), *region.shape[:2]) if scale > ALIASING else 1
    if factor > 1:  # by a whole number: three times as fast as by a fraction
        w, h = (x1 - x0) // factor, (y1 - y0) // factor
        region = np.asarray(cv2.resize(region[: h * factor, : w * factor], (w, h), interpolation=cv2.INTER_AREA), np.uint8)
        to_region[:, 2] += 0.5  # pixel centres stay where they are
        to_region /= factor
        to_region[:, 2] -= 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(region, to_region, (side, side), flags=flags, borderMode=cv2.BORDER_CONSTANT), np.uint8)
