"""What a worker finds out about people, on its way to the daemon. Light to import: no NumPy."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field


def _numbers() -> array[int]:
    return array("q")


@dataclass(slots=True)
class Found:
    """Who is whom in one space.

    `merged`: persons (source, target). `joined`: loose faces and the persons they belong to. `faces` and `group`: loose faces of new
    persons, and the number of each one's group, ascending. `alone`: faces that were compared and stay loose.
    """

    merged: list[tuple[int, int]] = field(default_factory=list)
    joined: list[tuple[int, int]] = field(default_factory=list)
    faces: array[int] = field(default_factory=_numbers)
    group: array[int] = field(default_factory=_numbers)
    alone: array[int] = field(default_factory=_numbers)


@dataclass(slots=True)
class Middles:
    """Middles to be stored (person, changes, faces, mean), and whom these persons are like (first, second, distance)."""

    centres: list[tuple[int, int, int, bytes]] = field(default_factory=list)
    likenesses: list[tuple[int, int, float]] = field(default_factory=list)


@dataclass(slots=True)
class FoundPairs:
    """What was found of the photos `fresh`: pairs that are the same picture with their difference, and pairs that look alike (two ids
    each) with how much.

    `upto` is how far the photos were compared.
    """

    upto: int
    fresh: array[int]
    same: list[tuple[int, int, float]]
    alike: array[int]
    similarity: array[float]


@dataclass(slots=True)
class FoundSets:
    """Sets of duplicates (number or 0, photos with the best first); whoever of `concerned` is in none is no duplicate."""

    concerned: array[int]
    sets: list[tuple[int, list[int]]] = field(default_factory=list)


@dataclass(slots=True)
class FoundSeries:
    """Series of shots (number or 0, kind, photos with the best first); whoever of `concerned` is in none is a single photo."""

    concerned: array[int] = field(default_factory=lambda: array("q"))
    series: list[tuple[int, str, list[int]]] = field(default_factory=list)


@dataclass(slots=True)
class FoundSimilar:
    """Photos with how similar they are to one, most similar first. `basis` says by what they were compared, `message` what lacked."""

    ids: array[int] = field(default_factory=_numbers)
    similarity: array[float] = field(default_factory=lambda: array("f"))
    basis: str = ""
    message: str | None = None


@dataclass(slots=True)
class FoundNear:
    """Photos and the cosines of their vectors with what was asked for, in one space."""

    space: str
    ids: array[int] = field(default_factory=_numbers)
    cosines: array[float] = field(default_factory=lambda: array("f"))
