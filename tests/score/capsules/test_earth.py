"""Home, journeys and places."""

from __future__ import annotations

import numpy as np
import pytest

from facetd.config.capsules import Journey, Location
from facetd.score.capsules.earth import Point, distance_km, homes, is_south, journeys, locations, place_name
from tests.score.capsules.made import NAN, days, photos, shown

ZURICH, ROME, OSTIA, SYDNEY = (47.37, 8.54), (41.89, 12.49), (41.73, 12.28), (-33.87, 151.21)
ROMA = ("Rome", "Lazio", "Italy")
PLACES = (
    ROMA, ("Ostia", "Lazio", "Italy"), ("Milan", "Lombardy", "Italy"), ("Paris", "Ile-de-France", "France"),
    ("Tivoli", "Lazio", "Italy"), ("Nettuno", "Lazio", "Italy"), ("Turin", "Piedmont", "Italy"), ("Berne", "Berne", "Switzerland"),
    ("Vienna", "Vienna", "Austria"),
)  # fmt: skip


def trip(*stays: tuple[tuple[float, float], list[str], float], **columns: object) -> object:
    """Photos of places at moments with a score."""
    taken = [moment for _, moments, _ in stays for moment in moments]
    where = [place for place, moments, _ in stays for _ in moments]
    aggregate = [score for _, moments, score in stays for _ in moments]
    return photos(len(taken), taken=taken, latitude=[w[0] for w in where], longitude=[w[1] for w in where], aggregate=aggregate, **columns)


def test_distances_are_those_of_the_globe() -> None:
    latitude, longitude = np.array([ROME[0], SYDNEY[0], NAN], np.float32), np.array([ROME[1], SYDNEY[1], NAN], np.float32)
    found = distance_km(latitude, longitude, Point(*ZURICH))
    assert found[:2] == pytest.approx([686, 16_570], rel=0.01)
    assert np.isnan(found[2])
    over = distance_km(np.array([0.0], np.float32), np.array([179.9], np.float32), Point(0, -179.9))
    assert over[0] == pytest.approx(22.2, rel=0.01), "across the date line"


def test_a_journey_is_far_from_home_and_without_long_gaps() -> None:
    made = trip(
        (ZURICH, days("2024-01-01T10:00:00", 40, 24), 7),
        (ROME, days("2024-03-10T09:00:00", 10, 5), 7),
        (OSTIA, days("2024-03-12T20:00:00", 4, 1), 7),  # within 24 hours of the last one in Rome
        (ROME, days("2024-04-10T09:00:00", 8, 1), 7),  # another journey
        (ROME, days("2024-05-10T09:00:00", 7, 1), 7),  # too few
        (ROME, days("2024-06-10T09:00:00", 9, 1), 5),  # not good enough
        ((47.5, 8.9), days("2024-07-10T09:00:00", 20, 1), 7),  # 30 km from home
        place=[0 if latitude == ROME[0] else -1 for latitude in [*[0] * 40, *[ROME[0]] * 10, *[0] * 4, *[ROME[0]] * 24, *[0] * 20]],
        places=PLACES,
    )
    found = {draft.id: draft for draft in journeys(made, Journey())}
    assert list(found) == ["journey:2024-04-10", "journey:2024-03-10"], "the latest first"
    assert sorted(found["journey:2024-03-10"].rows.tolist()) == list(range(40, 54))
    assert found["journey:2024-03-10"].params == {"place": "Rome, Italy", "month": "2024-03"}
    assert found["journey:2024-03-10"].title == "journey"
    assert found["journey:2024-03-10"].by_time


def test_a_journey_begins_50_km_from_home_and_ends_with_a_gap_of_more_than_24_hours() -> None:
    north = 50 / 111.195  # degrees that are 50 km
    made = trip(
        (ZURICH, days("2024-01-01T10:00:00", 40, 24), 7),
        ((ZURICH[0] + north + 0.01, ZURICH[1]), days("2024-07-10T09:00:00", 8, 24), 7),
        ((ZURICH[0] + north - 0.01, ZURICH[1]), days("2024-08-10T09:00:00", 8, 24), 7),
        (ROME, days("2024-09-10T09:00:00", 8, 24.01), 7),
    )
    assert shown(journeys(made, Journey())) == {"journey:2024-07-10": list(range(40, 48))}


def test_a_journey_without_names_has_its_month() -> None:
    made = trip((ZURICH, days("2024-01-01T10:00:00", 20, 24), 7), (ROME, days("2024-03-10T09:00:00", 10, 5), 7))
    assert [(draft.title, draft.params) for draft in journeys(made, Journey())] == [("journey_unplaced", {"month": "2024-03"})]


def test_nothing_is_a_journey_without_coordinates() -> None:
    assert homes(photos(30, taken="2024-01-01T00:00:00"), 60) == []
    assert list(journeys(photos(30, taken="2024-01-01T00:00:00"), Journey())) == []


def test_who_moved_was_not_on_a_journey_before() -> None:
    made = trip(
        (ROME, days("2019-01-01T10:00:00", 100, 20), 7),
        (ZURICH, days("2020-01-01T10:00:00", 200, 24), 7),
        (SYDNEY, days("2020-12-01T10:00:00", 30, 12), 7),
    )
    assert {round(home.latitude) for home in homes(made, 60)} == {42, 47}
    assert list(shown(journeys(made, Journey()))) == ["journey:2020-12-01"]
    assert len(shown(journeys(made, Journey(home_days=101)))) > 1


def test_the_south_is_where_most_photos_are() -> None:
    assert is_south(photos(3, latitude=[-33, -34, 47], longitude=[1, 1, 1]))
    assert not is_south(photos(3, latitude=[-33, 46, 47], longitude=[1, 1, 1]))
    assert not is_south(photos(3))


def test_places_with_many_photos() -> None:
    made = trip(
        (ROME, days("2024-03-10T09:00:00", 10), 7), (OSTIA, days("2024-03-10T09:00:00", 9), 7),
        (SYDNEY, days("2024-05-10T09:00:00", 12), 7),
        (ZURICH, days("2024-06-10T09:00:00", 12), 5), place=[*[0] * 10, *[-1] * 33], places=PLACES,
    )  # fmt: skip
    found = {draft.id: draft for draft in locations(made, Location())}
    assert {name: len(draft.rows) for name, draft in found.items()} == {"location:-34_151": 12, "location:41.5_12": 19}
    assert found["location:41.5_12"].params == {"place": "Rome, Italy"}
    assert found["location:-34_151"].params == {"place": "33.9° S, 151.2° E"}
    assert list(shown(locations(made, Location(max_places=1)))) == ["location:41.5_12"], "most photos first"
    assert set(shown(locations(made, Location(min_photos=20)))) == set()


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([0, 0, 1], "Rome, Italy"), ([0, 1, 2, 2], "Milan, Italy"), ([0, 1, 4, 5], "Lazio, Italy"), ([0, 1, 4, 2, 6, 3, 3], "Italy"),
        ([0, 3, 7, 8], "Rome, Italy"), ([-1, -1, 3], "Paris, France"), ([-1], ""), ([], ""),
    ],
)  # fmt: skip
def test_a_name_for_many_places(codes: list[int], expected: str) -> None:
    made = photos(len(codes), place=codes, places=PLACES)
    assert place_name(made, np.arange(len(codes))) == expected


def test_two_places_have_two_names() -> None:
    made = photos(30, latitude=[41.9] * 16 + [41.4] * 14, longitude=12.4, place=[0] * 16 + [0] * 9 + [1] * 5, places=PLACES)
    assert [draft.params["place"] for draft in locations(made, Location())] == ["Rome, Italy", "Ostia, Italy"]
