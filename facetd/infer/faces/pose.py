"""How a face lies in the picture: its roll is found by two networks that have to agree."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from facetd.infer.arrays import Floats, Pixels
from facetd.infer.faces import landmarks, mesh
from facetd.infer.faces.heads import Heads, of_boxes, of_meshes
from facetd.infer.faces.mesh import Meshes
from facetd.infer.runner import Runner

AGREED = 0.12
SURE = 0.9  # flag
TILTED = 15.0  # degrees that both networks do better without
TURNS = np.array([-135, -90, -45, 45, 90, 135, 180], np.float32)


class Posed(NamedTuple):
    """Per face: `landmarks` (N,68,2) and `meshes` in px of the frame, `rolls_deg` (N,), and `disagreements` (N,).

    A disagreement is the mean distance between eyes, nose and corners of the mouth as the two networks place them, in units of the
    face: at most 0.07 for a sharp face seen upright, 0.08..0.18 when it is 30 degrees off, above 0.2 when it is turned further, upside
    down (where the mesh alone is often fooled), in strict profile, blurred beyond recognition or none.
    """

    landmarks: Floats
    meshes: Meshes
    rolls_deg: Floats
    disagreements: Floats


def find_poses(runner: Runner, frame: Pixels, boxes: Floats) -> Posed:
    """Landmarks, mesh and roll of the face boxes (N,4) of `frame`. Raises BadOutput.

    Where the networks disagree or doubt that there is a face it is looked at in seven more directions, and one in which they agree is
    taken: a photo may lie on its side, a child may stand on its head.
    """
    heads = of_boxes(boxes)
    poses = _seen(runner, frame, heads, TILTED)
    for i in np.flatnonzero((poses.disagreements > AGREED) | (poses.meshes.flags < SURE)):
        turned = _seen(runner, frame, heads.where(np.full(len(TURNS), i)).turned(TURNS), 0.0)
        doubt = np.where(turned.meshes.flags >= SURE, turned.disagreements, np.inf)
        best = int(np.argmin(doubt))
        if doubt[best] <= AGREED:
            _put(poses, int(i), turned, best)
    return poses


def _seen(runner: Runner, frame: Pixels, heads: Heads, tilted_deg: float) -> Posed:
    """Both networks' answers for `heads`, turned by the roll that the mesh finds.

    Where that is more than `tilted_deg` the mesh looks again, at the place and size it has found: a box around a tilted head tells little.
    """
    meshes = mesh.find_meshes(runner, frame, heads)
    rolls = mesh.roll_of(meshes.points)
    straight = heads.turned(rolls)
    tilted = np.flatnonzero(np.abs((rolls - heads.rolls_deg + 180) % 360 - 180) > tilted_deg)
    if len(tilted):
        again = mesh.find_meshes(runner, frame, of_meshes(meshes.points[tilted], rolls[tilted]))
        better = again.flags >= np.minimum(meshes.flags[tilted], SURE)
        tilted, points, flags = tilted[better], again.points[better], again.flags[better]
        meshes.points[tilted], meshes.flags[tilted], rolls[tilted] = points, flags, mesh.roll_of(points)
        found = of_meshes(points, rolls[tilted])
        straight = Heads(heads.centres.copy(), heads.sizes.copy(), rolls)
        straight.centres[tilted], straight.sizes[tilted] = found.centres, found.sizes
    marks = landmarks.find_landmarks(runner, frame, straight)
    return Posed(marks, meshes, rolls, disagreement(marks, meshes.points))


def disagreement(marks: Floats, points: Floats) -> Floats:
    """How far apart landmarks (N,68,2) and mesh points (N,468,3) of the same faces are; see Posed."""
    return apart(landmarks.five(marks), mesh.five(points))


def apart(ours: Floats, theirs: Floats) -> Floats:
    """The mean distance between the same five points of the same faces (N,5,2), in units of the face as `ours` have it."""
    eyes = ours[:, :2].mean(axis=1)
    size = np.maximum(np.linalg.norm(ours[:, 1] - ours[:, 0], axis=1), np.linalg.norm(ours[:, 3:].mean(axis=1) - eyes, axis=1))
    return np.asarray(np.linalg.norm(ours - theirs, axis=2).mean(axis=1) / np.maximum(size, 1.0), np.float32)


def _put(into: Posed, i: int, other: Posed, j: int) -> None:
    """Replace face `i` by face `j` of `other`."""
    into.landmarks[i], into.rolls_deg[i], into.disagreements[i] = other.landmarks[j], other.rolls_deg[j], other.disagreements[j]
    into.meshes.points[i], into.meshes.flags[i] = other.meshes.points[j], other.meshes.flags[j]
