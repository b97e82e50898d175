"""Seasons, favorites, this week in earlier years."""

from __future__ import annotations

from datetime import date

import pytest

from facetd.config.capsules import AtLeast, Favorites, ThisWeek
from facetd.score.capsules.seasons import favorites, season_codes, season_key, seasonal, this_week
from tests.score.capsules.made import days, photos, shown


@pytest.mark.parametrize(
    ("day", "north", "south"),
    [
        ("2023-12-01", (2024, "winter"), (2024, "summer")), ("2024-02-29", (2024, "winter"), (2024, "summer")),
        ("2024-03-01", (2024, "spring"), (2024, "autumn")), ("2024-08-31", (2024, "summer"), (2024, "winter")),
        ("2024-11-30", (2024, "autumn"), (2024, "spring")), ("2024-12-31", (2025, "winter"), (2025, "summer")),
    ],
)  # fmt: skip
def test_december_counts_to_the_next_winter(day: str, north: tuple[int, str], south: tuple[int, str]) -> None:
    made = photos(1, taken=f"{day}T12:00:00")
    assert season_key(int(season_codes(made, south=False)[0])) == north
    assert season_key(int(season_codes(made, south=True)[0])) == south


def test_a_season_has_its_most_pleasing_photos() -> None:
    taken = [
        *days("2023-12-20T10:00:00", 6),
        *days("2024-01-10T10:00:00", 6),
        *days("2024-07-01T10:00:00", 9),
        None,
        *days("2023-07-01", 10),
    ]
    made = photos(32, taken=taken, aesthetic=[*range(12), *[5] * 20], aggregate=[*[7] * 22, *[5] * 10])
    found = list(seasonal(made, AtLeast(), south=False))
    assert shown(found) == {"seasonal:2024-winter": list(range(11, -1, -1))}, "nine, or bad ones, are too few"
    assert found[0].params == {"season": "winter", "year": 2024}
    assert list(shown(seasonal(made, AtLeast(min_photos=9), south=False))) == ["seasonal:2024-summer", "seasonal:2024-winter"]


def test_favorites_count_whatever_their_score() -> None:
    taken = [*days("2024-07-01T10:00:00", 5), *days("2024-10-01T10:00:00", 4), *days("2023-07-01T10:00:00", 9)]
    made = photos(18, taken=taken, favorite=[*[True] * 9, *[False] * 9], aggregate=3.0)
    found = shown(favorites(made, Favorites(), south=False))
    assert {name: sorted(rows) for name, rows in found.items()} == {
        "favorites:2024": list(range(9)),
        "favorites:2024-summer": list(range(5)),
    }


def test_this_week_is_three_days_around_today_in_each_past_year() -> None:
    taken = [
        *days("2024-06-12T00:00:00", 3, 72),  # 12, 15, 18 June
        "2024-06-11T23:59:59", "2024-06-19T00:00:00",
        *days("2023-06-15T00:00:00", 2),  # too few
        *days("2025-06-15T00:00:00", 3),
        *days("2026-06-15T00:00:00", 5),  # today
        *days("2027-06-15T00:00:00", 5),
    ]  # fmt: skip
    made = photos(len(taken), taken=taken)
    found = list(this_week(made, ThisWeek(), date(2026, 6, 15)))
    assert shown(found) == {"this_week:2025": [7, 8, 9], "this_week:2024": [0, 1, 2]}
    assert [(draft.title, draft.params["years"]) for draft in found] == [("this_week_last", 1), ("this_week", 2)]


def test_weeks_reach_over_the_turn_of_the_year_and_leap_days() -> None:
    turn = photos(3, taken=["2023-12-30T10:00:00", "2024-01-01T10:00:00", "2024-01-04T10:00:00"])
    assert shown(this_week(turn, ThisWeek(), date(2026, 1, 2))) == {"this_week:2024": [0, 1, 2]}
    before = photos(3, taken=days("2023-12-30T10:00:00", 3))
    assert shown(this_week(before, ThisWeek(), date(2026, 1, 1))) == {"this_week:2024": [0, 1, 2]}, "no photo is of 2024"
    after = photos(3, taken=days("2024-01-01T10:00:00", 3))
    assert shown(this_week(after, ThisWeek(), date(2026, 12, 31))) == {"this_week:2023": [0, 1, 2]}
    leap = photos(3, taken=["2025-02-25T10:00:00", "2025-02-28T10:00:00", "2025-03-03T10:00:00"])
    assert shown(this_week(leap, ThisWeek(), date(2028, 2, 29))) == {"this_week:2025": [0, 1, 2]}
