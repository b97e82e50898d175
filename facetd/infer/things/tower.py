"""What a photo shows, as a direction that text can be compared with: the picture tower of an installed pack."""

from __future__ import annotations

import numpy as np

from facetd.infer.catalogue import ImageEmbedding
from facetd.infer.fit import batch_for
from facetd.infer.runner import Floats, Pixels, Runner, run_checked


def photo_vector(runner: Runner, frame: Pixels, tower: ImageEmbedding) -> Floats | None:
    """The unit vector (dimension,) of `frame`, RGB uint8 (H,W,3); None where it has no direction. Raises BadOutput."""
    outputs = run_checked(runner, tower.id, batch_for(frame, tower.input))
    return unit(outputs[0][0].ravel())


def unit(vector: Floats) -> Floats | None:
    """`vector` at unit length; None where it has no direction."""
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length < 1e-6:
        return None
    return np.asarray(vector / np.float32(length), np.float32)
