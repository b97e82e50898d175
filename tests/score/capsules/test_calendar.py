"""Getting better, and the colors of months."""

from __future__ import annotations

from datetime import date

from facetd.config.capsules import ColorPalette, Progress
from facetd.score.capsules.calendar import palettes, progress
from tests.score.capsules.made import days, photos, shown

TODAY = date(2026, 6, 15)


def quarters(*means: tuple[str, float, int]) -> object:
    taken = [moment for first, _, count in means for moment in days(f"{first}T10:00:00", count)]
    return photos(len(taken), taken=taken, aggregate=[mean for _, mean, count in means for _ in range(count)])


def test_the_last_quarter_is_better_than_the_one_before() -> None:
    made = quarters(("2025-11-01", 6.0, 10), ("2026-02-01", 6.3, 10), ("2026-05-01", 9.0, 10))
    found = list(progress(made, Progress(), TODAY))
    assert shown(found) == {"progress:2026-01": list(range(10, 20))}, "the quarter that goes on does not count yet"
    assert found[0].params == {"month": "2026-01", "percent": 5}


def test_hardly_better_is_no_progress() -> None:
    assert shown(progress(quarters(("2025-11-01", 6.0, 10), ("2026-02-01", 6.29, 10)), Progress(), TODAY)) == {}
    assert shown(progress(quarters(("2025-11-01", 6.0, 9), ("2026-02-01", 9.0, 10)), Progress(), TODAY)) == {}, "too few"
    assert shown(progress(quarters(("2025-08-01", 6.0, 10), ("2026-02-01", 9.0, 10)), Progress(), TODAY)) == {}, "a quarter between"
    assert shown(progress(photos(3), Progress(), TODAY)) == {}


def test_bad_photos_count_for_the_mean_and_are_not_shown() -> None:
    made = quarters(("2025-11-01", 3.0, 10), ("2026-02-01", 3.0, 10), ("2026-03-01", 7.0, 4))
    assert shown(progress(made, Progress(), TODAY)) == {"progress:2026-01": [20, 21, 22, 23]}


def test_months_in_one_mood_of_color() -> None:
    taken = [
        *days("2026-05-01T10:00:00", 9), *days("2026-04-01T10:00:00", 9), *days("2026-03-01T10:00:00", 9), *days("2026-02-01T10:00:00", 9),
        *days("2024-06-01T10:00:00", 9), *days("2026-01-01T10:00:00", 7),
    ]  # fmt: skip
    saturation = [*[0.6] * 8, 0.1, *[0.1] * 9, *[0.0] * 9, *[0.35] * 9, *[0.7] * 16]
    made = photos(52, taken=taken, saturation=saturation, mono=[*[False] * 18, *[True] * 9, *[False] * 25])
    found = list(palettes(made, ColorPalette(), TODAY))
    assert {name: sorted(rows) for name, rows in shown(found).items()} == {
        "color_palette:2026-05-vivid": list(range(8)),
        "color_palette:2026-04-muted": list(range(9, 18)),
        "color_palette:2026-03-monochrome": list(range(18, 27)),
    }, "not the mixed month, the one of seven photos, the one two years ago"
    assert found[0].params == {"palette": "vivid", "month": "2026-05"}
