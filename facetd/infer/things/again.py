"""A second look at what was seen weakly: where the network does not see it again, smaller and mirrored, it is mostly wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facetd.infer.arrays import Floats, Pixels
from facetd.infer.boxes import overlaps
from facetd.infer.pixels import batch_of, resized
from facetd.infer.runner import OBJECTS, Runner, run_checked
from facetd.infer.things.objects import SIDE, Things, decode

PERSON = 0
SMALLER = 416  # px of the network's square that the second picture fills
GREY = 114
SAME_PLACE = 0.3  # IoU; boxes of small things differ much


def without_doubtful(runner: Runner, frame: Pixels, things: Things, floor: float, sure: float) -> Things:
    """`things` of `frame` (H,W,3) without those, from `floor` on, that score below `sure` and are not confirmed.

    A thing is confirmed when its score and that of the same class at the same place in the second picture are `floor` or more in the
    mean. Persons, and what scores below `floor`, stay as they are. Costs one more run where something is doubtful. Raises BadOutput.
    """
    scores = things.scores
    doubtful = (things.classes != PERSON) & (scores >= np.float32(floor)) & (scores < np.float32(sure))
    if not doubtful.any():
        return things
    again = _second_look(runner, frame, max(2 * floor - sure, floor / 4))
    confirmed = scores + _seen(again, things) >= np.float32(2 * floor)
    kept = ~doubtful | confirmed
    return things._replace(classes=things.classes[kept], scores=scores[kept], boxes=things.boxes[kept])


def _second_look(runner: Runner, frame: Pixels, floor: float) -> Things:
    """What is seen from `floor` on in `frame` mirrored and smaller, its boxes as fractions of `frame` as it is."""
    begin, end = (SIDE - SMALLER) // 2, (SIDE + SMALLER) // 2
    picture = np.full((SIDE, SIDE, 3), GREY, np.uint8)
    picture[begin:end, begin:end] = resized(frame, SMALLER, SMALLER)[:, ::-1]
    heatmap, distances, *_features = run_checked(runner, OBJECTS, batch_of([picture]))
    things = decode(heatmap[0], distances[0], floor)
    boxes = np.clip((things.boxes * SIDE - begin) / SMALLER, 0, 1).astype(np.float32)
    boxes[:, [0, 2]] = 1 - boxes[:, [2, 0]]
    return things._replace(boxes=boxes)


def _seen(again: Things, things: Things) -> Floats:
    """For each of `things` the best score of its class at its place in `again`, 0 where there is none."""
    if not len(again.classes):
        return np.zeros(len(things.classes), np.float32)
    same: NDArray[np.bool_] = (things.classes[:, None] == again.classes) & (overlaps(things.boxes, again.boxes) >= SAME_PLACE)
    return np.asarray(np.where(same, again.scores, np.float32(0)).max(axis=1), np.float32)
