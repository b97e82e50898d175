"""Faces as unit vectors: two photos of one person lie close to each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from facetd.infer.pixels import batch_of
from facetd.infer.runner import EMBEDDING, BadOutput, Floats, Pixels, Runner, run_checked

MOST_AT_ONCE = 8


def embed(runner: Runner, chips: Sequence[Pixels]) -> Floats:
    """Unit vectors (N,D) of aligned chips. Raises BadOutput, also for a vector without length."""
    found = [
        run_checked(runner, EMBEDDING, batch_of(chips[start : start + MOST_AT_ONCE]))[0] for start in range(0, len(chips), MOST_AT_ONCE)
    ]
    vectors = np.concatenate(found).astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not (lengths > 0).all():
        raise BadOutput(EMBEDDING)
    return np.asarray(vectors / lengths, np.float32)


def packed(vector: Floats) -> bytes:
    """A vector as stored: little-endian float32."""
    return vector.astype("<f4").tobytes()


def unpacked(stored: bytes) -> Floats:
    """The vector that `packed` stored."""
    return np.frombuffer(stored, "<f4").astype(np.float32)
