"""The starter pack's face detector, an SSD on MobileNet: boxes and scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from facetd.infer.arrays import Floats, Pixels
from facetd.infer.boxes import suppress
from facetd.infer.faces.found import Found
from facetd.infer.pixels import batch_of, letterbox
from facetd.infer.runner import DETECTOR, Runner, run_checked
from facetd.infer.settings import LookSettings

SIDE = 512


class SsdFinder:
    """See FaceFinder."""

    side = SIDE
    second_side = 360  # 0.7 x: brings faces of 52..72 px, which no anchor fits, to sizes that are found

    def __init__(self, runner: Runner, settings: LookSettings) -> None:
        self._runner = runner
        self._settings = settings

    def seen(self, pictures: Sequence[Pixels], long_side: int) -> list[Found]:
        """See FaceFinder."""
        squares = [letterbox(picture, SIDE, long_side) for picture in pictures]
        boxes, scores = run_checked(self._runner, DETECTOR, batch_of([square.image for square in squares]))
        sizes = [(picture.shape[1], picture.shape[0]) for picture in pictures]
        return [decode(boxes[i], scores[i], squares[i].scale, size, self._settings) for i, size in enumerate(sizes)]


def decode(boxes: Floats, scores: Floats, scale: tuple[float, float], size: tuple[int, int], settings: LookSettings) -> Found:
    """The network's answer as boxes of the picture.

    `boxes` (A,4) are top, left, bottom, right as 0..1 of the square, `scores` (A,) 0..1; `scale` is that of the letterbox, `size` the
    picture's (width, height). Boxes are cut at the picture's borders; those in the black part disappear.
    """
    likely = np.flatnonzero(scores >= np.float32(settings.weak_score))
    to_picture = np.float32(SIDE) / np.array([scale[0], scale[1], scale[0], scale[1]], np.float32)
    found = boxes[likely][:, [1, 0, 3, 2]] * to_picture
    width, height = size
    found = np.clip(found, 0, np.array([width, height, width, height], np.float32))
    solid = (found[:, 2] - found[:, 0] >= 1) & (found[:, 3] - found[:, 1] >= 1)
    candidates = Found(found, scores[likely]).where(solid)
    return candidates.where(suppress(candidates.boxes, candidates.scores, settings.same_face))
