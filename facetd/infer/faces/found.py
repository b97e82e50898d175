"""Boxes of faces, of one look at a picture or of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from facetd.infer.arrays import Floats, Pixels
from facetd.infer.boxes import suppress_contained

SAME_PART = 0.65  # of the smaller box: two passes rarely agree on the border


class Found(NamedTuple):
    """Faces found: boxes (N,4) as left, top, right, bottom in px of the frame, and scores 0..1, best first.

    `five` (N,5,2) are both eyes, the tip of the nose and the corners of the mouth, left in the picture first, where the detector tells.
    """

    boxes: Floats
    scores: Floats
    five: Floats | None = None

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Found:
        """The faces of a mask or index array."""
        return Found(self.boxes[chosen], self.scores[chosen], None if self.five is None else self.five[chosen])

    def moved(self, shift: tuple[int, int]) -> Found:
        """The same faces in a picture of which this one is the part at `shift`, px."""
        x, y = shift
        five = None if self.five is None else self.five + np.array([x, y], np.float32)
        return Found(self.boxes + np.array([x, y, x, y], np.float32), self.scores, five)


class FaceFinder(Protocol):
    """A detector: a square of `side` px goes in. Where a box scores from `weak` up to what counts, `second_side` is looked at too."""

    side: int
    second_side: int

    def seen(self, pictures: Sequence[Pixels], long_side: int) -> list[Found]:
        """What is found in each of `pictures`, seen with the long side at `long_side` px, weak boxes too. Raises BadOutput."""
        ...


def merged(passes: Sequence[Found]) -> Found:
    """The faces of several looks at one picture, each once."""
    if len(passes) == 1:
        return passes[0]
    five = [found.five for found in passes if found.five is not None]
    every = Found(
        np.concatenate([found.boxes for found in passes]),
        np.concatenate([found.scores for found in passes]),
        np.concatenate(five) if len(five) == len(passes) else None,
    )
    return every.where(suppress_contained(every.boxes, every.scores, SAME_PART))
