"""Animals are not people: faces inside the box of an animal are dropped."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facetd.infer.arrays import Floats
from facetd.infer.faces.pose import Posed
from facetd.infer.things.objects import Things

HUMAN_FLAG, HUMAN_DISAGREEMENT = 0.99, 0.09  # so sure of a face is the mesh of few animals, and the landmarks rarely agree


def vetoed(centres: Floats, things: Things, animals: NDArray[np.intp], person: int, min_score: float) -> NDArray[np.bool_]:
    """Which face centres (N,2; fractions 0..1) lie in an animal of at least `min_score` and in no person that scores higher.

    `animals` are label numbers, `person` is one.
    """
    animal = np.isin(things.classes, animals) & (things.scores >= np.float32(min_score))
    beast = _highest(centres, things.boxes[animal], things.scores[animal])
    human = _highest(centres, things.boxes[things.classes == person], things.scores[things.classes == person])
    return np.asarray((beast > 0) & (human <= beast), np.bool_)


def surely_human(poses: Posed) -> NDArray[np.bool_]:
    """Faces that no animal box can veto: somebody hugs a dog."""
    return np.asarray((poses.meshes.flags >= HUMAN_FLAG) & (poses.disagreements <= HUMAN_DISAGREEMENT), np.bool_)


def _highest(centres: Floats, boxes: Floats, scores: Floats) -> Floats:
    """The score of the best box around each centre, 0 where there is none."""
    x, y = centres[:, :1], centres[:, 1:]
    inside = (boxes[:, 0] <= x) & (x <= boxes[:, 2]) & (boxes[:, 1] <= y) & (y <= boxes[:, 3])
    return np.asarray(np.where(inside, scores, 0).max(axis=1, initial=0), np.float32)
