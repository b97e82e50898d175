from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from facetd.media.orientation import exif_orientation_of_flip, turn_upright, upright_size, valid_orientation


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turning_agrees_with_pillow(orientation: int) -> None:
    stored = np.random.default_rng(orientation).integers(0, 256, (4, 6, 3), np.uint8)
    picture = Image.fromarray(stored)
    picture.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(picture))
    turned = turn_upright(stored, orientation)
    assert np.array_equal(turned, expected)
    assert turned.flags.c_contiguous
    assert upright_size(6, 4, orientation) == (turned.shape[1], turned.shape[0])


def flipped(pixels: np.ndarray, flip: int) -> np.ndarray:
    """What LibRaw does with its flip, pixel by pixel as its source says."""
    rows, columns = pixels.shape[::-1] if flip & 4 else pixels.shape
    out = np.empty((rows, columns), pixels.dtype)
    for row in range(rows):
        for column in range(columns):
            at_row, at_column = (column, row) if flip & 4 else (row, column)
            at_row = pixels.shape[0] - 1 - at_row if flip & 2 else at_row
            at_column = pixels.shape[1] - 1 - at_column if flip & 1 else at_column
            out[row, column] = pixels[at_row, at_column]
    return out


@pytest.mark.parametrize("flip", range(8))
def test_the_flip_of_libraw_is_the_same_turn(flip: int) -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert np.array_equal(turn_upright(pixels, exif_orientation_of_flip(flip)), flipped(pixels, flip))


@pytest.mark.parametrize(("flip", "orientation"), [(90, 6), (180, 3), (270, 8), (-1, 1), (1000, 1)])
def test_flips_in_degrees_and_unknown_ones(flip: int, orientation: int) -> None:
    assert exif_orientation_of_flip(flip) == orientation


@pytest.mark.parametrize("value", [0, 9, 77, -1, None, "6", 6.5])
def test_what_is_no_orientation_means_upright(value: object) -> None:
    assert valid_orientation(value) == 1
