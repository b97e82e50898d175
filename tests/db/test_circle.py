"""Circles on the globe, compared with the distance of each photo by another formula."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facetd.db.conditions import EARTH_RADIUS_KM, conditions
from facetd.filters import PhotoFilter
from facetd.records.viewer import Viewer

VIEWER = Viewer(0, "superadmin", frozenset({1}))
latitudes = st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, -89.9999, -45.0, 0.0, 1e-9, 60.0, 89.9999, 90.0]))
longitudes = st.one_of(st.floats(-180, 180), st.sampled_from([-180.0, -179.9999, -90.0, 0.0, 90.0, 179.9999, 180.0]))
radii = st.one_of(st.floats(0.001, 20_100), st.sampled_from([0.01, 1.0, 500.0, 10_007.5, 20_015.0, 20_100.0]))
NEARLY = 1e-4  # km: what is that near to the edge may be on either side of it


@pytest.fixture(scope="module")
def photos() -> Iterator[sqlite3.Connection]:
    """A table with what the condition reads."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE photo (id INTEGER PRIMARY KEY, gps_latitude REAL, gps_longitude REAL)")
    yield connection
    connection.close()


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """By the angle between unit vectors, which is exact for near points and for opposite ones."""
    a, b = (vector(*place) for place in (one, other))
    cross = math.hypot(a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    return EARTH_RADIUS_KM * math.atan2(cross, sum(x * y for x, y in zip(a, b, strict=True)))


def vector(latitude: float, longitude: float) -> tuple[float, float, float]:
    p, q = math.radians(latitude), math.radians(longitude)
    return math.cos(p) * math.cos(q), math.cos(p) * math.sin(q), math.sin(p)


def found(photos: sqlite3.Connection, centre: tuple[float, float], radius: float) -> set[int]:
    narrowed = conditions(PhotoFilter(gps_lat=centre[0], gps_lng=centre[1], gps_radius_km=radius), VIEWER)
    return {row[0] for row in photos.execute(f"SELECT p.id FROM photo p WHERE 1{narrowed.sql}", narrowed.parameters)}


@settings(deadline=None, max_examples=150)
@given(st.tuples(latitudes, longitudes), radii, st.lists(st.tuples(latitudes, longitudes), max_size=40), st.floats(0, 360))
def test_a_circle_has_exactly_what_is_near_enough(
    photos: sqlite3.Connection, centre: tuple[float, float], radius: float, places: list[tuple[float, float]], bearing: float
) -> None:
    edge = [reached(centre, bearing, radius * share) for share in (0.5, 0.999, 1.001)]
    everything = dict(enumerate([*places, *edge], start=1))
    photos.execute("DELETE FROM photo")
    photos.executemany("INSERT INTO photo VALUES (?, ?, ?)", [(number, *place) for number, place in everything.items()])
    distances = {number: distance_km(centre, place) for number, place in everything.items()}
    seen = found(photos, centre, radius)
    assert {number for number, distance in distances.items() if distance < radius - NEARLY - radius * 1e-9} <= seen
    assert seen <= {number for number, distance in distances.items() if distance <= radius + NEARLY + radius * 1e-9}


def reached(centre: tuple[float, float], bearing: float, km: float) -> tuple[float, float]:
    """Where one comes to from here."""
    p, q, angle, way = math.radians(centre[0]), math.radians(centre[1]), km / EARTH_RADIUS_KM, math.radians(bearing)
    sine = math.sin(p) * math.cos(angle) + math.cos(p) * math.sin(angle) * math.cos(way)
    latitude = math.asin(max(-1.0, min(1.0, sine)))
    turn = math.atan2(math.sin(way) * math.sin(angle) * math.cos(p), math.cos(angle) - math.sin(p) * math.sin(latitude))
    return math.degrees(latitude), (math.degrees(q + turn) + 540) % 360 - 180


def test_photos_without_a_position_are_in_no_circle(photos: sqlite3.Connection) -> None:
    photos.execute("DELETE FROM photo")
    photos.execute("INSERT INTO photo VALUES (1, NULL, NULL), (2, 10, NULL), (3, 10, 20)")
    assert found(photos, (0.0, 0.0), 20_100) == {3}
