"""The pictures that all metrics work on: made once per photo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Bytes = NDArray[np.uint8]

Picture = TypeVar("Picture", NDArray[np.float32], NDArray[np.uint8])

MIN_SIDE = 16  # smaller pictures are continued by their edge pixels
COLOR_SIDE = 320
LAB_SIDE = 128
LINE_SIDE = 256
GRID_SIDE = 48


@dataclass(frozen=True, slots=True)
class Planes:
    """One photo at several sizes.

    `rgb` (H, W, 3) and `gray` (H, W; luma of ITU-R BT.601) are 8 bit at full working size; `color` is `rgb` reduced to a long side
    of 320, `lab` CIE L*a*b* (float32, L 0..100) at 128, `lines` is RGB as float32 0..255 at 256, `luma` its luma. `grid` is (rows,
    columns) of
    the cells, 48 along the long side, on which local measures are kept.
    """

    rgb: Bytes
    gray: Bytes
    color: Bytes
    lab: Float
    lines: Float
    luma: Float
    grid: tuple[int, int]


def make_planes(rgb: Bytes) -> Planes:
    """Prepare `rgb` (H, W, 3), upright sRGB of any size from 1x1."""
    height, width = rgb.shape[:2]
    if min(height, width) < MIN_SIDE:
        rgb = np.asarray(cv2.copyMakeBorder(rgb, 0, max(0, MIN_SIDE - height), 0, max(0, MIN_SIDE - width), cv2.BORDER_REPLICATE), np.uint8)
    rgb = np.ascontiguousarray(rgb)
    gray = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    color = np.asarray(reduce(rgb, COLOR_SIDE), np.uint8)
    small = np.asarray(reduce(color, LAB_SIDE), np.float32) / np.float32(255)
    lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2Lab), np.float32)
    lines = np.asarray(reduce(color, LINE_SIDE), np.float32)
    luma = np.asarray(cv2.cvtColor(lines, cv2.COLOR_RGB2GRAY), np.float32)
    return Planes(rgb, gray, color, lab, lines, luma, fitted(gray.shape[0], gray.shape[1], GRID_SIDE))


def fitted(height: int, width: int, side: int) -> tuple[int, int]:
    """(rows, columns) with the picture's proportions and at most `side` along the long side; never more than there are pixels."""
    scale = min(1.0, side / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def reduce(picture: Picture, side: int) -> Picture:
    """`picture` with a long side of at most `side`, by averaging areas; smaller ones stay."""
    rows, columns = fitted(picture.shape[0], picture.shape[1], side)
    if (rows, columns) == picture.shape[:2]:
        return picture
    return cast(Picture, cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA))


def cells(values: NDArray[np.generic], grid: tuple[int, int]) -> Float:
    """Mean of `values` in each cell of `grid`."""
    whole = np.asarray(values, np.float32)
    # Halving even sides first gives the same means some ten times faster.
    while whole.shape[0] >= 4 * grid[0] and whole.shape[1] >= 4 * grid[1] and whole.shape[0] % 2 == whole.shape[1] % 2 == 0:
        whole = halved(whole)
    if whole.shape == grid:
        return np.asarray(whole, np.float32)
    return np.asarray(cv2.resize(whole, (grid[1], grid[0]), interpolation=cv2.INTER_AREA), np.float32)


def halved(picture: Picture) -> Picture:
    """`picture` (h, w) at half its size, rounded up, by averaging areas: the same for a mirrored picture."""
    size = (picture.shape[1] + 1) // 2, (picture.shape[0] + 1) // 2
    return cast(Picture, cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def stretched(values: Float, shape: tuple[int, int]) -> Float:
    """`values` enlarged or reduced to `shape` without steps."""
    if values.shape == shape:
        return values
    smaller = shape[0] < values.shape[0] and shape[1] < values.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, (shape[1], shape[0]), interpolation=how), np.float32)
