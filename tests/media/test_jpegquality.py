"""The quality of a JPEG, told by its tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from facetd.media.headers import read_header
from facetd.media.jpegquality import jpeg_quality
from tests.photos import scene


@pytest.mark.parametrize("quality", [1, 10, 25, 40, 49, 50, 51, 60, 75, 85, 90, 95, 100])
def test_the_setting_is_found_again(tmp_path: Path, quality: int) -> None:
    scene(1).save(tmp_path / "a.jpg", quality=quality)
    found = read_header(str(tmp_path / "a.jpg")).jpeg_quality
    assert found is not None
    assert abs(found - quality) <= (2 if quality < 5 else 1)


def test_other_formats_have_none(tmp_path: Path) -> None:
    scene(1).save(tmp_path / "a.png")
    assert read_header(str(tmp_path / "a.png")).jpeg_quality is None


def test_strange_tables_give_a_value_in_range() -> None:
    assert jpeg_quality({}) is None
    assert jpeg_quality({0: []}) is None
    assert jpeg_quality({0: [65535] * 64}) == 1
    assert jpeg_quality({0: [1] * 64}) in range(97, 101)
