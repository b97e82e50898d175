"""Where faces may be: a detector, looked through at more than one scale where that is needed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facetd.infer.arrays import Pixels
from facetd.infer.boxes import containments
from facetd.infer.catalogue import ScrfdDetector
from facetd.infer.faces.found import SAME_PART, FaceFinder, Found, merged
from facetd.infer.faces.scrfd import ScrfdFinder
from facetd.infer.faces.ssd import SsdFinder
from facetd.infer.runner import Runner
from facetd.infer.settings import LookSettings

TILE_SHARE = 0.6  # of width and height, so neighbours share a fifth
TILE_BORDER = 0.01  # of the tile's long side: boxes so close to it are cut
TILES_FROM_PX = 640  # smaller pictures are seen whole at full size


def detect(runner: Runner, frame: Pixels, settings: LookSettings) -> Found:
    """Faces of `frame` (H,W,3) that score at least settings.min_score.

    A weak box where no better one is announces a face of a size that the detector does not know: then the picture is looked at once more,
    smaller. With settings.tiles its four overlapping quarters are looked at as well, for faces below 3.5 % of the long side. Raises
    BadOutput.
    """
    finder = finder_of(runner, settings)
    found = finder.seen([frame], finder.side)[0]
    sure = found.scores >= np.float32(settings.min_score)
    passes = [found.where(sure)]
    if _announces(found, sure):
        passes.extend(finder.seen([frame], finder.second_side))
    if settings.tiles and max(frame.shape[:2]) >= TILES_FROM_PX:
        passes.extend(_tiled(finder, frame))
    return merged([one.where(one.scores >= np.float32(settings.min_score)) for one in passes])


def finder_of(runner: Runner, settings: LookSettings) -> FaceFinder:
    """The detector of an installed pack, else that of the starter pack."""
    model = runner.installed(ScrfdDetector)
    return SsdFinder(runner, settings) if model is None else ScrfdFinder(runner, model, settings.min_score)


def _announces(found: Found, sure: NDArray[np.bool_]) -> bool:
    """Whether a weak box stands apart from every sure one."""
    covered = containments(found.boxes[~sure], found.boxes[sure]).max(axis=1, initial=0.0)
    return bool((covered < SAME_PART).any())


def _tiled(finder: FaceFinder, frame: Pixels) -> list[Found]:
    """Faces of the four overlapping quarters in px of the frame, without those that a border between quarters cuts."""
    height, width = frame.shape[:2]
    w, h = round(width * TILE_SHARE), round(height * TILE_SHARE)
    places = [(x, y) for y in (0, height - h) for x in (0, width - w)]
    tiles = [frame[y : y + h, x : x + w] for x, y in places]
    return [_whole(found, place, (w, h), (width, height)) for place, found in zip(places, finder.seen(tiles, finder.side), strict=True)]


def _whole(found: Found, place: tuple[int, int], size: tuple[int, int], frame: tuple[int, int]) -> Found:
    """The faces of a tile at `place` as faces of the frame, without those that touch a border of the tile inside the frame."""
    moved = found.moved(place)
    low, high = np.array(place), np.array(place) + size
    slack = TILE_BORDER * max(size)
    boxes = moved.boxes
    early = ((boxes[:, :2] < low + slack) & (low > 0)).any(axis=1)
    late = ((boxes[:, 2:] > high - slack) & (high < frame)).any(axis=1)
    return moved.where(np.flatnonzero(~(early | late)))
