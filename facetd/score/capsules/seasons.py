"""Seasons and other spans of the calendar: the best of a season, favorites, this week in earlier years."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from facetd.score.capsules.photos import Draft, Numbers, Photos, Value

if TYPE_CHECKING:
    from facetd.config.capsules import AtLeast, Favorites, ThisWeek

SEASONS = ("winter", "spring", "summer", "autumn")


def season_codes(photos: Photos, *, south: bool) -> Numbers:
    """4 x year + season for each photo, meteorological seasons: December counts to the next year's first one.

    `south` of the equator the seasons are half a year off.
    """
    month = photos.month + 1  # December is the first month of the next season's year
    season = month % 12 // 3
    return (month // 12) * 4 + ((season + 2) % 4 if south else season)


def season_key(code: int) -> tuple[int, str]:
    """The year and the season of a code."""
    return code // 4, SEASONS[code % 4]


def seasonal(photos: Photos, rule: AtLeast, *, south: bool) -> Iterator[Draft]:
    """The most pleasing photos of each season of each year, newest season first."""
    values = photos.scores["aesthetic"]
    codes = season_codes(photos, south=south)
    for code, rows in _groups(codes, np.flatnonzero(photos.good & photos.dated), rule.min_photos):
        year, season = season_key(code)
        yield Draft(
            "seasonal",
            f"{year}-{season}",
            photos.best_first(rows, values),
            "seasonal",
            {"season": season, "year": year},
            values=values,
            least=rule.min_photos,
        )


def favorites(photos: Photos, rule: Favorites, *, south: bool) -> Iterator[Draft]:
    """The viewer's favorites by year and by season, newest first, whatever their score."""
    rows = np.flatnonzero(photos.favorite & photos.dated)
    found: list[tuple[int, Draft]] = []
    for year, some in _groups(photos.year, rows, rule.min_photos):
        found.append(
            (year * 4 + 4, Draft("favorites", f"{year}", photos.best_first(some), "favorites_year", {"year": year}, least=rule.min_photos))
        )
    for code, some in _groups(season_codes(photos, south=south), rows, rule.min_photos):
        year, season = season_key(code)
        params: dict[str, Value] = {"season": season, "year": year}
        found.append(
            (code, Draft("favorites", f"{year}-{season}", photos.best_first(some), "favorites_season", params, least=rule.min_photos))
        )
    yield from (draft for _, draft in sorted(found, key=lambda entry: -entry[0]))


def this_week(photos: Photos, rule: ThisWeek, today: date) -> Iterator[Draft]:
    """Photos of the days around today in each earlier year, the last year first. Around New Year these reach into the year beside it."""
    days = photos.taken.astype("M8[D]")
    usable = photos.good & photos.dated
    near = {int(year) + step for year in np.unique(photos.year[usable]) for step in (-1, 0, 1)}
    for year in sorted((year for year in near if 0 < year < today.year), reverse=True):
        middle = np.datetime64(_in_year(today, year), "D")
        apart = np.abs((days - middle).astype(np.int64))
        rows = np.flatnonzero(usable & (apart <= rule.days))
        if len(rows) >= rule.min_photos_per_year:
            ago = today.year - year
            title = "this_week_last" if ago == 1 else "this_week"
            yield Draft(
                "this_week",
                f"{year}",
                photos.best_first(rows),
                title,
                {"years": ago, "year": year},
                by_time=True,
                least=rule.min_photos_per_year,
            )


def _in_year(today: date, year: int) -> date:
    """The same day of another year; the 28th for a leap day where there is none."""
    try:
        return today.replace(year=year)
    except ValueError:
        return today.replace(year=year, day=28)


def _groups(codes: Numbers, rows: Numbers, least: int) -> Iterator[tuple[int, Numbers]]:
    """The rows of each code that has enough, greatest code first."""
    found, counts = np.unique(codes[rows], return_counts=True)
    for code in found[counts >= least][::-1]:
        yield int(code), rows[codes[rows] == code]
