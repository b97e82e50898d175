"""Faces cut out of thumbnails: square, and always within the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from facetd.media.facecrop import square_around, write_face
from facetd.records.sightings import Box


def test_a_square_with_room_around_the_face() -> None:
    assert square_around(Box(0.4, 0.4, 0.1, 0.2), 1000, 500) == (375, 175, 525, 325)


def test_near_the_edge_it_has_less_room() -> None:
    assert square_around(Box(0.01, 0.5, 0.1, 0.1), 1000, 1000) == (0, 490, 120, 610)


def test_a_face_at_the_edge_fills_the_square() -> None:
    assert square_around(Box(0.0, 0.9, 0.1, 0.1), 1000, 1000) == (0, 900, 100, 1000)


fraction = st.floats(0, 1)


@given(fraction, fraction, fraction, fraction, st.integers(1, 1600), st.integers(1, 1600))
def test_it_lies_in_the_picture(x: float, y: float, width: float, height: float, wide: int, high: int) -> None:
    left, top, right, bottom = square_around(Box(x, y, width, height), wide, high)
    assert right - left == bottom - top >= 1
    assert 0 <= left < right <= wide
    assert 0 <= top < bottom <= high


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_the_pixels_are_those_of_the_face(tmp_path: Path, mode: str) -> None:
    pixels = np.zeros((400, 600, 3), np.uint8)
    pixels[100:300, 200:400] = 255
    Image.fromarray(pixels).convert(mode).save(tmp_path / "thumb.jpg", quality=95)
    write_face(tmp_path / "thumb.jpg", Box(0.4, 0.35, 0.2, 0.3), tmp_path / "face.jpg", side=160, quality=85, scratch=tmp_path / "tmp")
    with Image.open(tmp_path / "face.jpg") as face:
        assert face.size == (160, 160)
        assert np.asarray(face.convert("L")).min() > 240
