"""Which face here each face of the other program is: its boxes are pixels of a picture whose size and side up are not sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from facetd.db.facetvalues import ForeignFace
from facetd.db.sightings import match_faces, overlap
from facetd.records.sightings import Box

Size = tuple[int | None, int | None]
CLOSE = 0.5  # overlap of faces, on average, that leaves no doubt about the size of the picture
BEYOND = 0.05  # how far a box may reach over the edge, in shares of the picture


def place_faces(faces: Sequence[ForeignFace], sizes: Sequence[Size], ours: Mapping[int, Box]) -> tuple[list[Box], list[int | None]] | None:
    """The boxes of `faces` in fractions of the upright picture, and for each the face of `ours` that it is.

    `sizes` are those that the picture may have, most likely first; each is tried upright and on its side, and the one counts in which most
    faces are some of `ours`, and lie closest. None when the boxes fit into no picture.
    """
    best: tuple[list[Box], list[int | None]] | None = None
    best_score = (-1, 0.0)
    turned = [(height, width) for width, height in sizes]
    for width, height in dict.fromkeys([*sizes, *turned]):
        boxes = _boxes(faces, width, height) if width and height else None
        if boxes is None:
            continue
        matched = match_faces(ours, boxes)
        close = [overlap(box, ours[number]) for box, number in zip(boxes, matched, strict=True) if number is not None]
        if (len(close), sum(close)) > best_score:
            best, best_score = (boxes, matched), (len(close), sum(close))
        if len(close) == min(len(faces), len(ours)) and sum(close) >= CLOSE * len(close) > 0:
            break
    return best


def _boxes(faces: Sequence[ForeignFace], width: int, height: int) -> list[Box] | None:
    """The boxes within a picture of this size, None when one is none or lies beyond it."""
    found: list[Box] = []
    for face in faces:
        left, top, right, bottom = (edge / side for edge, side in zip(face.corners, (width, height, width, height), strict=True))
        if not (-BEYOND <= left < right <= 1 + BEYOND and -BEYOND <= top < bottom <= 1 + BEYOND):
            return None
        left, top, right, bottom = (min(1.0, max(0.0, edge)) for edge in (left, top, right, bottom))
        found.append(Box(left, top, right - left, bottom - top))
    return found
