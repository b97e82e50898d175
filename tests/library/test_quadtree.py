"""Points in the order of a quadtree, compared with looking at each of them."""

from __future__ import annotations

from array import array
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facetd.library.quadtree import Box, Points, key_of

Place = tuple[float, float]
EDGES = (-180.0, -179.999999, -135.0, -90.0, -0.0, 0.0, 45.0, 89.99, 90.0, 179.999999, 180.0)
longitude = st.one_of(st.floats(-180, 180), st.sampled_from(EDGES), st.floats(8.5, 8.6))
latitude = st.one_of(st.floats(-90, 90), st.sampled_from([edge for edge in EDGES if -90 <= edge <= 90]), st.floats(47.3, 47.4))
places = st.lists(st.tuples(latitude, longitude), max_size=120)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    south, north = sorted((draw(latitude), draw(latitude)))
    return Box(south, draw(longitude), north, draw(longitude))


def points_of(where: list[Place]) -> Points:
    """Ids from 1 in the order given; the score of a point is its id modulo 7."""
    rows = sorted((key_of(*place), *place, float(number % 7), number) for number, place in enumerate(where, start=1))
    columns = zip(*rows, strict=True) if rows else [()] * 5
    return Points(*(array(code, column) for code, column in zip("qdddq", columns, strict=True)))  # type: ignore[arg-type]


def is_in(place: Place, box: Box) -> bool:
    if not box.south <= place[0] <= box.north:
        return False
    ways = {place[1]} | ({-place[1]} if abs(place[1]) == 180 else set())  # the same meridian
    if box.west <= box.east:
        return any(box.west <= way <= box.east for way in ways)
    return any(way >= box.west or way <= box.east for way in ways)


def cell_of(place: Place, zoom: int) -> tuple[int, int]:
    rows = 2**zoom
    return min(rows - 1, int((place[0] + 90) / 180 * rows)), min(2 * rows - 1, int((place[1] + 180) / 180 * rows))


@settings(deadline=None, max_examples=60)
@given(places, boxes(), st.integers(2, 22))
def test_clusters_have_what_is_in_the_box_by_cells(where: list[Place], box: Box, zoom: int) -> None:
    expected: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, place in enumerate(where, start=1):
        if is_in(place, box):
            expected[cell_of(place, zoom)].append(number)
    found = points_of(where).clusters(box, zoom, 1000)
    assert [cluster.count for cluster in found] == sorted(map(len, expected.values()), reverse=True)
    by_cell = {cell_of(where[cluster.best - 1], zoom): cluster for cluster in found}
    assert by_cell.keys() == expected.keys()
    for cell, numbers in expected.items():
        cluster = by_cell[cell]
        assert cluster.count == len(numbers)
        assert cluster.best % 7 == max(number % 7 for number in numbers)
        assert cluster.latitude == pytest.approx(sum(where[number - 1][0] for number in numbers) / len(numbers))
        assert cluster.longitude == pytest.approx(sum(where[number - 1][1] for number in numbers) / len(numbers))


@settings(deadline=None, max_examples=60)
@given(places, boxes(), st.integers(1, 20))
def test_the_best_of_a_box_come_first(where: list[Place], box: Box, limit: int) -> None:
    inside = [number for number, place in enumerate(where, start=1) if is_in(place, box)]
    assert points_of(where).best(box, limit) == sorted(inside, key=lambda number: (number % 7, number), reverse=True)[:limit]


def test_only_the_largest_clusters_are_given() -> None:
    where = [(47.0, 8.0)] * 40 + [(10.0, 10.0)] * 30 + [(-33.0, 151.0)]
    found = points_of(where).clusters(Box(-90, -180, 90, 180), 9, 2)
    assert [(cluster.count, cluster.latitude, cluster.longitude) for cluster in found] == [(40, 47.0, 8.0), (30, 10.0, 10.0)]


def test_a_dense_town_is_cut_exactly() -> None:
    """Thousands of photos around the edge of the box, in one cell of the grid."""
    where = [(47.0 + number % 100 / 10_000, 8.0 + number // 100 / 10_000) for number in range(5000)]
    box = Box(47.00205, 7.0, 48.0, 8.00255)
    [cluster] = points_of(where).clusters(box, 9, 10)
    assert cluster.count == sum(is_in(place, box) for place in where) == 79 * 26


def test_the_date_line_is_no_edge() -> None:
    fiji = [(-17.0, 179.9), (-17.0, -179.9), (-17.0, 180.0), (-17.0, -180.0)]
    found = points_of(fiji).clusters(Box(-20, 170, -10, -170), 4, 10)
    assert sorted((cluster.count, round(cluster.longitude, 2)) for cluster in found) == [(2, -179.95), (2, 179.95)]
    assert [cluster.count for cluster in points_of(fiji).clusters(Box(-20, 179, -10, 180), 4, 10)] == [2, 1]
    assert points_of(fiji).clusters(Box(-20, -170, -10, 170), 4, 10) == []


def test_an_empty_globe() -> None:
    empty = Points()
    assert empty.clusters(Box(-90, -180, 90, 180), 5, 10) == []
    assert empty.best(Box(-90, -180, 90, 180), 10) == []
