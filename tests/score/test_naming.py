"""Names that other programs gave to areas, brought onto faces."""

from __future__ import annotations

from facetd.records.sightings import Box
from facetd.score.naming import NamedArea, name_faces

FACE = Box(0.4, 0.3, 0.1, 0.15)


def named(*areas: NamedArea, faces: dict[int, Box] | None = None) -> tuple[dict[int, str], list[str]]:
    found, left = name_faces(areas, {7: FACE} if faces is None else faces)
    return found, [area.name for area in left]


def around(box: Box, scale: float, dx: float = 0.0) -> Box:
    width, height = box.width * scale, box.height * scale
    return Box(box.x + box.width / 2 - width / 2 + dx, box.y + box.height / 2 - height / 2, width, height)


def test_programs_draw_faces_tighter_or_wider() -> None:
    for scale in (0.5, 0.8, 1.0, 1.5, 2.5):
        assert named(NamedArea("Anna", around(FACE, scale))) == ({7: "Anna"}, [])


def test_an_area_elsewhere_or_of_another_size_means_nobody() -> None:
    for box in (around(FACE, 1, dx=0.06), around(FACE, 4), around(FACE, 0.2), Box(0.4, 0.3, 0, 0.1)):
        assert named(NamedArea("Anna", box)) == ({}, ["Anna"])


def test_the_best_overlap_wins() -> None:
    neighbour = Box(0.47, 0.3, 0.1, 0.15)
    areas = (NamedArea("Bea", around(neighbour, 1.2)), NamedArea("Anna", around(FACE, 1.2)))
    assert named(*areas, faces={7: FACE, 8: neighbour}) == ({7: "Anna", 8: "Bea"}, [])
    assert named(*areas) == ({7: "Anna"}, ["Bea"])


def test_a_name_counts_once_in_a_photo() -> None:
    far = Box(0.1, 0.1, 0.1, 0.1)
    assert named(NamedArea("Anna", FACE), NamedArea("anna", far)) == ({7: "Anna"}, [])
    assert named(NamedArea("Zoe", far), NamedArea("ZOE", Box(0.7, 0.1, 0.1, 0.1))) == ({}, ["Zoe"])


def test_nothing_named() -> None:
    assert named() == ({}, [])
    assert named(NamedArea("Anna", FACE), faces={}) == ({}, ["Anna"])
