"""Names that other programs gave to areas of a photo, brought onto the faces that were found in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from facetd.records.sightings import Box

LEAST_SHARE = 0.08  # intersection over union; programs draw a face anything from tight to the whole head with shoulders
LARGEST_RATIO = 8.0  # of the two areas


@dataclass(frozen=True, slots=True)
class NamedArea:
    """A named area of a photo."""

    name: str
    box: Box


def name_faces(areas: Sequence[NamedArea], faces: Mapping[int, Box]) -> tuple[dict[int, str], list[NamedArea]]:
    """The name of each face (by id) that an area means, and the areas that mean none of the faces.

    An area means a face when the centre of each lies in the other and neither is more than eight times as large. The best overlaps
    are taken first, each area and face once; a name is used once in a photo.
    """
    pairs = sorted(
        ((likeness, -index, -face) for index, area in enumerate(areas) for face, box in faces.items() if (likeness := _fit(area.box, box))),
        reverse=True,
    )
    named: dict[int, str] = {}
    used: set[int] = set()
    names: set[str] = set()
    for _, index, face in pairs:
        area, key = areas[-index], areas[-index].name.casefold()
        if -index not in used and -face not in named and key not in names:
            named[-face] = area.name
            used.add(-index)
            names.add(key)
    left = []
    for index, area in enumerate(areas):
        if index not in used and area.name.casefold() not in names:
            left.append(area)
            names.add(area.name.casefold())
    return named, left


def _fit(area: Box, face: Box) -> float:
    """How well an area means a face, 0 when it does not: intersection over union."""
    sizes = area.width * area.height, face.width * face.height
    if min(sizes) <= 0 or max(sizes) > LARGEST_RATIO * min(sizes) or not (_holds(area, face) and _holds(face, area)):
        return 0.0
    width = min(area.x + area.width, face.x + face.width) - max(area.x, face.x)
    height = min(area.y + area.height, face.y + face.height) - max(area.y, face.y)
    common = width * height
    share = common / (sum(sizes) - common)
    return share if share >= LEAST_SHARE else 0.0


def _holds(outer: Box, inner: Box) -> bool:
    """Whether the centre of `inner` lies in `outer`."""
    x, y = inner.x + inner.width / 2, inner.y + inner.height / 2
    return outer.x <= x <= outer.x + outer.width and outer.y <= y <= outer.y + outer.height
