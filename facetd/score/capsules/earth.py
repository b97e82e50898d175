"""Where photos were taken: home, journeys away from it, and places with many photos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facetd.score.capsules.photos import Draft, Flags, Floats, Numbers, Photos, Value, moment_month

if TYPE_CHECKING:
    from facetd.config.capsules import Journey, Location

EARTH_KM = 6371.0088  # mean radius
HOME_CELLS = 10  # in a degree
OFTEN, MOSTLY = 0.3, 0.5  # shares of the photos with names from which on a town, and a region or country, stand for all


@dataclass(frozen=True, slots=True)
class Point:
    """Degrees; south and west are negative."""

    latitude: float
    longitude: float


def distance_km(latitude: Floats, longitude: Floats, point: Point) -> NDArray[np.float64]:
    """How far places (n,) are from a point along the surface (haversine); NaN for unknown ones."""
    north, east = np.radians(latitude.astype(np.float64)), np.radians(longitude.astype(np.float64))
    north0, east0 = np.radians(point.latitude), np.radians(point.longitude)
    half = np.sin((north - north0) / 2) ** 2 + np.cos(north) * np.cos(north0) * np.sin((east - east0) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1))))


def homes(photos: Photos, home_days: int) -> list[Point]:
    """Where the viewer lives or lived: the cell of a tenth of a degree with most photos, and the one with most of a year's where there
    are photos from on `home_days` days of that year. Empty without coordinates.
    """
    rows = np.flatnonzero(photos.placed)
    if not len(rows):
        return []
    cells = _cells(photos, rows, HOME_CELLS)
    found = [_middle(photos, rows, cells, _most(cells))]
    dated = photos.dated[rows]
    years, days = photos.year[rows], photos.taken[rows].astype("M8[D]")
    for year in np.unique(years[dated]):
        of_year = dated & (years == year)
        cell = _most(cells[of_year])
        if len(np.unique(days[of_year & (cells == cell)])) >= home_days:
            found.append(_middle(photos, rows, cells, cell))
    return list(dict.fromkeys(found))


def is_south(photos: Photos) -> bool:
    """Whether most photos with coordinates were taken south of the equator."""
    latitude = photos.latitude[photos.placed]
    return len(latitude) > 0 and float((latitude < 0).mean()) > 0.5


def journeys(photos: Photos, rule: Journey) -> Iterator[Draft]:
    """Stretches of time far from every home, the latest first."""
    known = homes(photos, rule.home_days)
    if not known:
        return
    away = photos.placed & photos.dated & photos.good
    for home in known:
        away &= distance_km(photos.latitude, photos.longitude, home) >= rule.min_distance_km
    rows = np.flatnonzero(away)
    rows = rows[np.argsort(photos.taken[rows], kind="stable")]
    gaps = np.diff(photos.taken[rows]).astype(np.int64) > rule.time_gap_hours * 3600
    for some in reversed(np.split(rows, np.flatnonzero(gaps) + 1)):
        if len(some) < rule.min_photos:
            continue
        first = photos.taken[some[0]]
        place = place_name(photos, some)
        params: dict[str, Value] = {"month": moment_month(first), **({"place": place} if place else {})}
        title = "journey" if place else "journey_unplaced"
        yield Draft("journey", str(first.astype("M8[D]")), photos.best_first(some), title, params, by_time=True, least=rule.min_photos)


def locations(photos: Photos, rule: Location) -> Iterator[Draft]:
    """Cells with enough photos, those with most first."""
    rows = np.flatnonzero(photos.placed & photos.good)
    per_degree = 1 / rule.cell_degrees
    cells = _cells(photos, rows, per_degree)
    found, counts = np.unique(cells, return_counts=True)
    order = np.lexsort((found, -counts))
    used: set[str] = set()
    for index in [index for index in order if counts[index] >= rule.min_photos][: rule.max_places]:
        some = rows[cells == found[index]]
        middle = _middle(photos, rows, cells, int(found[index]))
        south = np.floor(middle.latitude * per_degree) * rule.cell_degrees
        west = np.floor(middle.longitude * per_degree) * rule.cell_degrees
        place = _unused(photos, some, used) or place_name(photos, some) or _degrees(middle)
        used.add(place)
        yield Draft("location", f"{south:g}_{west:g}", photos.best_first(some), "location", {"place": place}, least=rule.min_photos)


def place_name(photos: Photos, rows: Numbers) -> str:
    """What the place of these photos is called: the town that most were taken near, else the region or the country; '' if unknown.

    A town stands for all if it has three in ten (a large one has names for its parts), a region or a country if it has half; else the most
    frequent town does.
    """
    names = [photos.places[int(code)] for code in photos.place[rows] if code >= 0]
    if not names:
        return ""
    town, most = Counter(names).most_common(1)[0]
    region, of_region = Counter(name[1:] for name in names).most_common(1)[0]
    country, of_country = Counter(name[2] for name in names).most_common(1)[0]
    enough = MOSTLY * len(names)
    spread = most < OFTEN * len(names)
    if spread and region[0] and of_region >= enough:
        return _joined(*region)
    if spread and country and of_country >= enough:
        return country
    return _joined(town[0], town[2])


def _unused(photos: Photos, rows: Numbers, used: set[str]) -> str:
    """The same, or the most frequent town that no other place is called; '' without any."""
    place = place_name(photos, rows)
    if place not in used:
        return place
    towns = Counter(photos.places[int(code)] for code in photos.place[rows] if code >= 0)
    return next((name for town, _ in towns.most_common() if (name := _joined(town[0], town[2])) not in used), "")


def _joined(*parts: str) -> str:
    return ", ".join(dict.fromkeys(part for part in parts if part))


def _degrees(point: Point) -> str:
    north, east = ("N" if point.latitude >= 0 else "S"), ("E" if point.longitude >= 0 else "W")
    return f"{abs(point.latitude):.1f}° {north}, {abs(point.longitude):.1f}° {east}"


def _cells(photos: Photos, rows: Numbers, per_degree: float) -> Numbers:
    """A number for the cell of each row. Rounded first: single precision must not move what lies on a cell's edge."""
    south = np.floor(np.round((photos.latitude[rows].astype(np.float64) + 90) * per_degree, 4)).astype(np.int64)
    west = np.floor(np.round((photos.longitude[rows].astype(np.float64) + 180) * per_degree, 4)).astype(np.int64)
    return south * (int(360 * per_degree) + 2) + west


def _most(cells: Numbers) -> int:
    found, counts = np.unique(cells, return_counts=True)
    return int(found[np.argmax(counts)])


def _middle(photos: Photos, rows: Numbers, cells: Numbers, cell: int) -> Point:
    """The middle of the photos of a cell."""
    inside: Flags = cells == cell
    return Point(
        float(photos.latitude[rows[inside]].astype(np.float64).mean()), float(photos.longitude[rows[inside]].astype(np.float64).mean())
    )
