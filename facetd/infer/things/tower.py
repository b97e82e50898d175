"""What a photo shows, as a direction that text can be compared with: the picture tower of an installed pack."""

from __future__ import annotations

from facetd.infer.arrays import Floats, Pixels, unit
from facetd.infer.catalogue import ImageEmbedding
from facetd.infer.fit import batch_for
from facetd.infer.runner import Runner, run_checked


def photo_vector(runner: Runner, frame: Pixels, tower: ImageEmbedding) -> Floats | None:
    """The unit vector (dimension,) of `frame`, RGB uint8 (H,W,3); None where it has no direction. Raises BadOutput."""
    outputs = run_checked(runner, tower.id, batch_for(frame, tower.input))
    return unit(outputs[0][0].ravel())
