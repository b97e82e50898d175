"""A face cut out of a thumbnail: square, with some room around it."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from facetd.media.scaling import shrink
from facetd.media.thumbs import save_jpeg
from facetd.records.sightings import Box

ROOM = 1.5  # side of the square in longer sides of the face's box


def square_around(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """The square (left, top, right, bottom in px of a picture of this size) around a face, within the picture.

    Near an edge it has less room around the face, so that the face stays in the middle; a face cut by the edge moves to the side.
    """
    x, y = (box.x + box.width / 2) * width, (box.y + box.height / 2) * height
    face = max(box.width * width, box.height * height)
    centred = 2 * min(x, y, width - x, height - y)
    side = max(1, min(width, height, round(min(ROOM * face, max(face, centred)))))
    left, top = round(x - side / 2), round(y - side / 2)
    left, top = min(max(left, 0), width - side), min(max(top, 0), height - side)
    return left, top, left + side, top + side


def write_face(thumbnail: Path, box: Box, target: Path, *, side: int, quality: int, scratch: Path) -> None:
    """Write the face in `box` of the picture at `thumbnail` to `target` as a square JPEG, at most `side` px. Raises OSError."""
    with Image.open(thumbnail) as picture:
        face = picture.convert("RGB").crop(square_around(box, *picture.size))
    save_jpeg(shrink(face, side), target, quality=quality, scratch=scratch)
