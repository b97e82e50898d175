"""Copies: other shots by their data, and the one to keep."""

from __future__ import annotations

from dataclasses import replace

import pytest

from facetd.score.copies import Copy, are_other_shots, best_copy, sets_of_copies

ORIGINAL = Copy(1, "a", 1, "IMG_0001.jpg", "jpeg", 12_000_000, 95, 4_000_000, "2024-07-14T18:03:22", "EOS 6D")


def other(**facts: object) -> Copy:
    return replace(ORIGINAL, **{"id": 2, "content_hash": "b", **facts})  # type: ignore[arg-type]  # facts have the fields' types


@pytest.mark.parametrize(
    ("facts", "shots"),
    [
        ({"taken": "2024-07-14T18:03:23"}, True),
        ({"taken": "2024-07-14T18:03:22.5"}, False),  # the same as far as both tell
        ({"taken": None}, False),
        ({"taken": "2025-01-01T00:00:00", "camera": "Scanner"}, False),  # a scan of it
        ({"filename": "IMG_0002.jpg"}, True),  # the camera wrote no fractions, and counted on
        ({"filename": "IMG_0002.jpg", "folder": 2}, False),
        ({"filename": "IMG_0001 (1).jpg"}, False),
        ({"filename": "IMG_E0001.jpg"}, False),
        ({"taken": "2024-07-14T18:03:23", "content_hash": "a"}, False),
    ],
)
def test_which_photos_are_other_shots(facts: dict[str, object], shots: bool) -> None:
    assert are_other_shots(ORIGINAL, other(**facts)) is shots
    assert are_other_shots(other(**facts), ORIGINAL) is shots


@pytest.mark.parametrize(
    "worse",
    [
        {"pixels": 3_000_000, "jpeg_quality": 100, "size": 9_000_000},
        {"camera": None, "taken": None, "jpeg_quality": 100},
        {"filename": "IMG_0001 (1).jpg"},
        {"filename": "IMG_0001-edited.jpg", "size": 5_000_000},
        {"filename": "IMG-20240714-WA0001.jpg"},
        {"jpeg_quality": 60},
        {},  # came later
    ],
)
def test_the_original_leads(worse: dict[str, object]) -> None:
    assert best_copy([other(**worse), ORIGINAL]) == ORIGINAL


def test_more_pixels_or_a_raw_lead() -> None:
    larger, raw = other(pixels=24_000_000, filename="x copy.jpg"), other(format="raw", jpeg_quality=None, filename="IMG_0001.dng")
    assert best_copy([ORIGINAL, larger]) == larger
    assert best_copy([ORIGINAL, raw]) == raw


def test_a_copy_without_a_date_does_not_make_one_of_a_burst() -> None:
    frames = [other(id=number, content_hash=str(number), taken=f"2024-07-14T18:03:2{number}") for number in range(3)]
    chat = other(id=9, content_hash="9", taken=None, camera=None)
    copies = {copy.id: copy for copy in (*frames, chat)}
    assert sets_of_copies([(1, 9), (0, 9), (2, 9)], copies) == [[1, 9]], "the nearest pair comes first"
    assert sets_of_copies([(1, 9), (0, 1)], copies) == [[0, 1, 9]], "other dates, and yet the same pixels"
    assert sets_of_copies([], {}) == []
