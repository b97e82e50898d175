"""Heads: one linear layer on the vector of a photo (LAION's aesthetic predictors and the like)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facetd.errors import Unavailable
from facetd.i18n import _
from facetd.infer.catalogue import AestheticHead

if TYPE_CHECKING:
    from facetd.infer.arrays import Floats


def shares(vectors: Floats, head: AestheticHead, path: Path) -> list[float]:
    """Where each of `vectors` (n, dimension; unit length) stands between `head.low` (0) and `head.high` (1), by the weights in `path`.

    Raises Unavailable for weights that are not the head's.
    """
    try:
        weights = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise Unavailable(_("{path} cannot be read: {error}").format(path=path, error=error)) from error
    if weights.shape != (head.dimension + 1,) or weights.dtype != np.float32 or not np.isfinite(weights).all():
        raise Unavailable(_("{path} does not fit the model").format(path=path))
    if vectors.shape[1] != head.dimension:
        raise Unavailable(_("{model} reads vectors of {expected} numbers, not {found}.").format(
            model=head.id, expected=head.dimension, found=vectors.shape[1]))  # fmt: skip
    raw = vectors.astype(np.float64) @ weights[:-1].astype(np.float64) + float(weights[-1])
    return [float(value) for value in (raw - head.low) / (head.high - head.low)]
