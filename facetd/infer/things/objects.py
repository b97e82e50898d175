"""Objects: what CenterNet's heatmap says is in the picture, and where (Zhou et al., Objects as Points, 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facetd.infer.arrays import Floats, Pixels
from facetd.infer.boxes import as_fractions, suppress
from facetd.infer.pixels import batch_of, resized
from facetd.infer.runner import OBJECTS, Runner, run_checked
from facetd.records.sightings import DetectedObject

SIDE = 512
TOP = 100  # peaks looked at
SAME_THING = 0.4  # IoU
PERSON = "person"


class Things(NamedTuple):
    """Objects found: labels by number, scores (0..1) and boxes (left, top, right, bottom; fractions 0..1), best first.

    `features` are what the network makes of the whole picture, empty where it does not tell.
    """

    classes: NDArray[np.intp]
    scores: Floats
    boxes: Floats
    features: Floats = np.zeros(0, np.float32)


def find_things(runner: Runner, frame: Pixels, floor: float) -> Things:
    """Everything scoring at least `floor` in `frame` (H,W,3), which is stretched to the network's square. Raises BadOutput."""
    heatmap, distances, *others = run_checked(runner, OBJECTS, batch_of([resized(frame, SIDE, SIDE)]))
    things = decode(heatmap[0], distances[0], floor)
    return things._replace(features=others[0][0]) if others else things


def decode(heatmap: Floats, distances: Floats, floor: float) -> Things:
    """Things of a heatmap (C,G,G; 0..1) and the distances (4,G,G) from each cell to its box's left, top, right and bottom, px of the input.

    A peak is a cell that no neighbour of its class exceeds. Of boxes that overlap only the best remains, whatever its class: the network
    often sees two classes in one thing (car and truck); a person is kept beside another thing that fills the same box.
    """
    grid = heatmap.shape[-1]
    cells = np.flatnonzero(heatmap.ravel() >= np.float32(floor))
    peaks = cells[_is_peak(heatmap, cells)]
    scores = heatmap.ravel()[peaks]
    best = np.argsort(-scores, kind="stable")[:TOP]
    peaks, scores = peaks[best], scores[best]
    classes, place = np.divmod(peaks, grid * grid)
    y, x = np.divmod(place, grid)
    step = np.float32(SIDE / grid)
    left, top, right, bottom = distances[:, y, x]
    boxes = np.stack([x * step - left, y * step - top, x * step + right, y * step + bottom], axis=1).astype(np.float32)
    boxes = np.clip(boxes / np.float32(SIDE), 0, 1)
    kept = _distinct(classes, scores, boxes)
    return Things(classes[kept], scores[kept], boxes[kept])


def _is_peak(heatmap: Floats, cells: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether each of `cells` (flat numbers) equals the maximum of its 3x3 neighbours."""
    grid = heatmap.shape[-1]
    classes, place = np.divmod(cells, grid * grid)
    y, x = np.divmod(place, grid)
    own = heatmap[classes, y, x]
    peak = np.ones(len(cells), np.bool_)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            peak &= own >= heatmap[classes, np.clip(y + dy, 0, grid - 1), np.clip(x + dx, 0, grid - 1)]
    return peak


def _distinct(classes: NDArray[np.intp], scores: Floats, boxes: Floats) -> NDArray[np.intp]:
    """The indices of boxes that no better box covers, best first; boxes without area are left out."""
    solid = np.flatnonzero((boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1]))
    shifted = boxes[solid] + np.where(classes[solid] == 0, np.float32(0), np.float32(2))[:, None]  # persons compete with persons only
    return np.asarray(solid[suppress(shifted, scores[solid], SAME_THING)], np.intp)


def named(things: Things, labels: Sequence[str], search_score: float, person_score: float) -> tuple[DetectedObject, ...]:
    """Things as records, best first: persons from `person_score` on, everything else from `search_score` on."""
    found = []
    for number, score, box in zip(things.classes, things.scores, things.boxes, strict=True):
        label = labels[int(number)]
        if score >= np.float32(person_score if label == PERSON else search_score):
            found.append(DetectedObject(label, round(float(score), 4), as_fractions(box, 1.0, 1.0)))
    return tuple(found)
