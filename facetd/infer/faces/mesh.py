"""The face mesh: is it a face at all, which way does it look, and are its eyes open (Kartynnik et al., 2019)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from facetd.infer.arrays import Floats, Pixels
from facetd.infer.faces.heads import Heads
from facetd.infer.pixels import batch_of, moved, sample, turned_square
from facetd.infer.runner import MESH, Runner, run_checked

SIDE = 192
POINTS = 468
CROP = 1.4  # times the longer side of the box
MOST_AT_ONCE = 8

# Corners, then the upper and lower lid: (outer/inner, lid, lid, inner/outer, lid, lid); left and right in the picture.
LEFT_EYE = (33, 160, 158, 133, 153, 144)
RIGHT_EYE = (362, 385, 387, 263, 373, 380)
LEFT_CHEEK, RIGHT_CHEEK, FOREHEAD, CHIN = 234, 454, 10, 152


class Meshes(NamedTuple):
    """Per face: `points` (N,468,3), x and y in px of the frame and z in the same unit, smaller towards the camera; `flags` (N,) 0..1."""

    points: Floats
    flags: Floats


def find_meshes(runner: Runner, frame: Pixels, heads: Heads) -> Meshes:
    """The meshes of `heads`, each in a square crop turned upright. The network follows 45 degrees of roll left over. Raises BadOutput."""
    points, flags = np.empty((len(heads.centres), POINTS, 3), np.float32), np.empty(len(heads.centres), np.float32)
    for start in range(0, len(flags), MOST_AT_ONCE):
        some = zip(*(part[start : start + MOST_AT_ONCE] for part in heads), strict=True)
        matrices = [turned_square(centre, CROP * float(size.max()), float(roll), SIDE) for centre, size, roll in some]
        answer = run_checked(runner, MESH, batch_of([sample(frame, matrix, SIDE) for matrix in matrices], 1 / 255))
        for i, (matrix, row, flag) in enumerate(zip(matrices, answer[0], answer[1], strict=True), start):
            mesh = row.reshape(POINTS, 3)
            points[i, :, :2] = moved(matrix, mesh[:, :2])
            points[i, :, 2] = mesh[:, 2] * np.hypot(matrix[0, 0], matrix[1, 0])
            flags[i] = flag[0]
    return Meshes(points, flags)


def roll_of(points: Floats) -> Floats:
    """How far each face is tilted clockwise in the picture, degrees in -180..180, by the outer corners of its eyes."""
    line = points[:, RIGHT_EYE[3], :2] - points[:, LEFT_EYE[0], :2]
    return np.asarray(np.degrees(np.arctan2(line[:, 1], line[:, 0])), np.float32)


def yaw_of(points: Floats) -> Floats:
    """How far each head is turned to the right of the picture, degrees: 0 looks at the camera, 90 is a profile."""
    across = points[:, RIGHT_CHEEK] - points[:, LEFT_CHEEK]
    return np.asarray(np.degrees(np.arctan2(across[:, 2], np.hypot(across[:, 0], across[:, 1]))), np.float32)


def openness_of(points: Floats) -> Floats:
    """The eye aspect ratio of both eyes (N,2): height over width (Soukupova and Cech, 2016). 0.25 is usual, below 0.15 shut."""
    return np.stack([_aspect(points[:, LEFT_EYE]), _aspect(points[:, RIGHT_EYE])], axis=1)


def _aspect(eye: Floats) -> Floats:
    flat = eye[:, :, :2]
    lids = np.linalg.norm(flat[:, 1] - flat[:, 5], axis=1) + np.linalg.norm(flat[:, 2] - flat[:, 4], axis=1)
    width = np.linalg.norm(flat[:, 0] - flat[:, 3], axis=1)
    return np.asarray(lids / np.maximum(2 * width, 1e-6), np.float32)


def five(points: Floats) -> Floats:
    """Both eyes, the tip of the nose and the corners of the mouth of meshes (N,468,3), as (N,5,2) of x and y."""
    flat = points[:, :, :2]
    eyes = (flat[:, LEFT_EYE].mean(axis=1), flat[:, RIGHT_EYE].mean(axis=1))
    return np.stack([*eyes, flat[:, 1], flat[:, 61], flat[:, 291]], axis=1)
