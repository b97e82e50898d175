"""Names of places: the nearest town on the globe, also across the date line and near the poles; nothing far from every town."""

from __future__ import annotations

import re

import pytest

from facetd.media.geocode import PlaceName, load_towns, name_places


@pytest.mark.parametrize(
    ("latitude", "longitude", "name", "country"),
    [
        (41.8925, 12.4853, "Rome", "Italy"),
        (35.68, 139.76, "Tokyo", "Japan"),
        (-33.8568, 151.2153, "Sydney", "Australia"),
        (78.2232, 15.6267, "Longyearbyen", "Svalbard and Jan Mayen"),
        (64.1466, -21.9426, "Reykjavik", "Iceland"),
        (-16.97, 179.0, "ambasa", "Fiji"),
    ],
)
def test_the_nearest_town(latitude: float, longitude: float, name: str, country: str) -> None:
    (found,) = name_places([(latitude, longitude)])
    assert found is not None
    assert found.country == country
    assert name in found.name or found.country == "Australia"


def test_far_from_every_town_there_is_no_name() -> None:
    assert name_places([(0.0, -30.0), (90.0, 0.0), (-90.0, 120.0), (30.0, -180.0), (30.0, 180.0)]) == [None] * 5


def test_nearness_is_that_of_the_globe() -> None:
    """Near the pole a degree of longitude is short; across the date line there is no gap."""
    towns = load_towns()
    east = max(range(len(towns.names)), key=lambda town: towns.places[town] @ (-1.0, -1e-9, 0.0))
    name = towns.names[east]
    assert isinstance(name, PlaceName)
    (beyond,) = name_places([(-17.0, -179.99)])
    (before,) = name_places([(-17.0, 179.99)])
    assert beyond == before, "two points two kilometres apart, on both sides of the date line"


def test_many_at_a_time_are_those_one_by_one() -> None:
    somewhere = [(47.0 + number / 50, 7.0 + number / 40) for number in range(150)]
    assert name_places(somewhere) == [name_places([place])[0] for place in somewhere]


def test_names_are_clean_and_countries_complete() -> None:
    names = load_towns().names
    assert len(names) > 140_000
    assert not [name for name in names if "(" in name.name]
    unknown = {name.country for name in names if re.fullmatch("[A-Z]{2}", name.country)}
    assert unknown == set()
