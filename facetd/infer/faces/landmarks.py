"""The 68 landmarks of a face (order of the iBUG 300-W set), for alignment."""

from __future__ import annotations

import numpy as np

from facetd.infer.arrays import Floats, Pixels
from facetd.infer.faces.heads import Heads
from facetd.infer.pixels import batch_of, moved, sample, turned_square
from facetd.infer.runner import LANDMARKS, Runner, run_checked

SIDE = 112
POINTS = 68
LEFT_EYE, RIGHT_EYE = slice(36, 42), slice(42, 48)  # left and right in the picture
MOST_AT_ONCE = 8  # faces in one call


def find_landmarks(runner: Runner, frame: Pixels, heads: Heads) -> Floats:
    """Landmarks (N,68,2) in px of `frame`. Raises BadOutput.

    The network sees the head in the middle of a square, black beside it, as it was trained. It follows 30 degrees of roll left over.
    """
    found = np.empty((len(heads.centres), POINTS, 2), np.float32)
    for start in range(0, len(found), MOST_AT_ONCE):
        chips, matrices = [], []
        for centre, size, roll in zip(*(part[start : start + MOST_AT_ONCE] for part in heads), strict=True):
            side = float(size.max())
            matrices.append(turned_square(centre, side, float(roll), SIDE))
            chips.append(_barred(sample(frame, matrices[-1], SIDE), *(size / side)))
        (points,) = run_checked(runner, LANDMARKS, batch_of(chips))
        for i, (matrix, row) in enumerate(zip(matrices, points, strict=True), start):
            found[i] = moved(matrix, row.reshape(POINTS, 2) * np.float32(SIDE) - np.float32(0.5))
    return found


def _barred(chip: Pixels, width: float, height: float) -> Pixels:
    """`chip` with its sides blackened, so that a share `width` x `height` in the middle stays."""
    across, down = round(SIDE * (1 - width) / 2), round(SIDE * (1 - height) / 2)
    if across:
        chip[:, :across] = chip[:, SIDE - across :] = 0
    if down:
        chip[:down] = chip[SIDE - down :] = 0
    return chip


def five(landmarks: Floats) -> Floats:
    """Both eyes, the tip of the nose and the corners of the mouth of faces (N,68,2), as (N,5,2)."""
    eyes = (landmarks[:, LEFT_EYE].mean(axis=1), landmarks[:, RIGHT_EYE].mean(axis=1))
    return np.stack([*eyes, landmarks[:, 30], landmarks[:, 48], landmarks[:, 54]], axis=1)
