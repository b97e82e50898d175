"""Where faces may be: the SSD detector, looked through at more than one scale where that is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facetd.infer.boxes import containments, suppress, suppress_contained
from facetd.infer.pixels import batch_of, letterbox
from facetd.infer.runner import DETECTOR, Floats, Pixels, Runner, run_checked
from facetd.infer.settings import LookSettings

SIDE = 512
SECOND_SIDE = 360  # 0.7 x: brings faces of 52..72 px, which no anchor fits, to sizes that are found
SAME_PART = 0.65  # of the smaller box: two passes rarely agree on the border
TILE_SHARE = 0.6  # of width and height, so neighbours share a fifth
TILE_BORDER = 0.01  # of the tile's long side: boxes so close to it are cut
TILES_FROM_PX = 640  # smaller pictures are seen whole at full size


class Found(NamedTuple):
    """Faces found: boxes (left, top, right, bottom) in px of the frame, and scores 0..1, best first."""

    boxes: Floats
    scores: Floats

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Found:
        """The faces of a mask or index array."""
        return Found(self.boxes[chosen], self.scores[chosen])


def detect(runner: Runner, frame: Pixels, settings: LookSettings) -> Found:
    """Faces of `frame` (H,W,3) that score at least settings.min_score.

    A box scoring less, down to settings.weak_score, where no better one is, announces a face lost between two anchor sizes: then the
    picture is looked at once more at 0.7 scale. With settings.tiles its four overlapping quarters are looked at as well, for faces below
    3.5 % of the long side. Raises BadOutput.
    """
    found = _passed(runner, [frame], SIDE, settings)[0]
    sure = found.scores >= np.float32(settings.min_score)
    passes = [found.where(sure)]
    if _announces(found, sure):
        passes.extend(_passed(runner, [frame], SECOND_SIDE, settings))
    if settings.tiles and max(frame.shape[:2]) >= TILES_FROM_PX:
        passes.extend(_tiled(runner, frame, settings))
    return merged([one.where(one.scores >= np.float32(settings.min_score)) for one in passes])


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


def merged(passes: Sequence[Found]) -> Found:
    """The faces of several looks at one picture, each once."""
    if len(passes) == 1:
        return passes[0]
    every = Found(np.concatenate([found.boxes for found in passes]), np.concatenate([found.scores for found in passes]))
    return every.where(suppress_contained(every.boxes, every.scores, SAME_PART))


def _passed(runner: Runner, pictures: Sequence[Pixels], long_side: int, settings: LookSettings) -> list[Found]:
    """What the network finds in each of `pictures`, seen with the long side at `long_side` px."""
    squares = [letterbox(picture, SIDE, long_side) for picture in pictures]
    boxes, scores = run_checked(runner, DETECTOR, batch_of([square.image for square in squares]))
    sizes = [(picture.shape[1], picture.shape[0]) for picture in pictures]
    return [decode(boxes[i], scores[i], squares[i].scale, size, settings) for i, size in enumerate(sizes)]


def _announces(found: Found, sure: NDArray[np.bool_]) -> bool:
    """Whether a weak box stands apart from every sure one."""
    covered = containments(found.boxes[~sure], found.boxes[sure]).max(axis=1, initial=0.0)
    return bool((covered < SAME_PART).any())


def _tiled(runner: Runner, frame: Pixels, settings: LookSettings) -> list[Found]:
    """Faces of the four overlapping quarters in px of the frame, without those that a border between quarters cuts."""
    height, width = frame.shape[:2]
    w, h = round(width * TILE_SHARE), round(height * TILE_SHARE)
    places = [(x, y) for y in (0, height - h) for x in (0, width - w)]
    tiles = [frame[y : y + h, x : x + w] for x, y in places]
    return [
        _whole(found, place, (w, h), (width, height)) for place, found in zip(places, _passed(runner, tiles, SIDE, settings), strict=True)
    ]


def _whole(found: Found, place: tuple[int, int], size: tuple[int, int], frame: tuple[int, int]) -> Found:
    """Boxes of a tile at `place` as boxes of the frame, without those that touch a border of the tile inside the frame."""
    shift = np.array([*place, *place], np.float32)
    boxes = found.boxes + shift
    low, high = np.array(place), np.array(place) + size
    slack = TILE_BORDER * max(size)
    cut = ((boxes[:, :2] < low + slack) & (low > 0)).any(axis=1) | ((boxes[:, 2:] > high - slack) & (high < frame)).any(axis=1)
    return Found(boxes[~cut], found.scores[~cut])
