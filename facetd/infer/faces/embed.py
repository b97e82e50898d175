"""Faces as unit vectors: two photos of one person lie close to each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facetd.infer.arrays import Floats, Pixels
from facetd.infer.catalogue import ArcFace
from facetd.infer.faces import mesh
from facetd.infer.faces.align import aligned_chip, alignment, five_alignment
from facetd.infer.faces.found import Found
from facetd.infer.faces.pose import AGREED, Posed, apart
from facetd.infer.pixels import batch_of, sample, tensor
from facetd.infer.runner import EMBEDDING, BadOutput, Runner, run_checked

MOST_AT_ONCE = 8


class Embedder(Protocol):
    """Moves faces onto its template and turns them into vectors. `model_id` is the network that does."""

    model_id: str

    def batch(self, frame: Pixels, found: Found, poses: Posed, faces: NDArray[np.intp]) -> Floats:
        """What goes into the network for `faces`, which are numbers of those found."""
        ...


class StarterEmbedder:
    """The starter pack's: chips of dlib's kind by many landmarks."""

    model_id = EMBEDDING

    def batch(self, frame: Pixels, found: Found, poses: Posed, faces: NDArray[np.intp]) -> Floats:
        """See Embedder."""
        turns = [alignment(poses.landmarks[i], poses.meshes.points[i], bool(poses.disagreements[i] <= AGREED)) for i in faces]
        return batch_of([aligned_chip(frame, turn) for turn in turns])


class ArcFaceEmbedder:
    """ArcFace's: chips by five points (Deng et al., ArcFace: Additive Angular Margin Loss for Deep Face Recognition, CVPR 2019)."""

    def __init__(self, model: ArcFace) -> None:
        self.model_id = model.id
        self._model = model
        place = model.embedding.template
        points = (place.left_eye, place.right_eye, place.nose_tip, place.mouth_left, place.mouth_right)
        self._template = np.array(points, np.float32)

    def batch(self, frame: Pixels, found: Found, poses: Posed, faces: NDArray[np.intp]) -> Floats:
        """See Embedder."""
        turns = [five_alignment(five_points(found, poses, int(i)), self._template) for i in faces]
        return tensor([sample(frame, turn, self._model.input.size) for turn in turns], self._model.input)


def five_points(found: Found, poses: Posed, i: int) -> Floats:
    """Both eyes, the tip of the nose and the corners of the mouth of face `i` (5,2), px of the frame.

    The detector's own, as recognition was trained with, unless the landmarks and the mesh agree that they lie elsewhere: detectors lose
    their way in heads on their side. The mesh's where the detector tells none.
    """
    by_mesh = mesh.five(poses.meshes.points[i : i + 1])
    if found.five is None:
        return np.asarray(by_mesh[0], np.float32)
    misled = poses.disagreements[i] <= AGREED and apart(found.five[i : i + 1], by_mesh)[0] > 2 * AGREED
    return np.asarray(by_mesh[0] if misled else found.five[i], np.float32)


def embedder_of(runner: Runner) -> Embedder:
    """That of an installed pack, else the starter pack's."""
    model = runner.installed(ArcFace)
    return StarterEmbedder() if model is None else ArcFaceEmbedder(model)


def embed(runner: Runner, model_id: str, batches: Iterable[Floats]) -> Floats:
    """Unit vectors (N,D) of what goes into the network. Raises BadOutput, also for a vector without length."""
    vectors = np.concatenate([run_checked(runner, model_id, batch)[0] for batch in batches]).astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (lengths > 0).all():
        raise BadOutput(model_id)
    return np.asarray(vectors / lengths, np.float32)


def packed(vector: Floats) -> bytes:
    """A vector as stored: little-endian float32."""
    return vector.astype("<f4").tobytes()


def unpacked(stored: bytes) -> Floats:
    """The vector that `packed` stored."""
    return np.frombuffer(stored, "<f4").astype(np.float32)
