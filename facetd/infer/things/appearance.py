"""What a photo looks like, as a direction: photos of alike things in a like way have near ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facetd.errors import Unavailable
from facetd.i18n import _
from facetd.infer.arrays import Floats, unit
from facetd.infer.catalogue import Appearance


class Projection:
    """The matrix and shift that make a vector of a network's features; see the catalogue's `appearance`."""

    def __init__(self, matrix: Floats, shift: Floats) -> None:
        self.matrix = matrix
        self.shift = shift

    @classmethod
    def load(cls, path: Path, entry: Appearance, features: int) -> Projection:
        """Raises Unavailable for a file that is not the one of the catalogue."""
        try:
            stored = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise Unavailable(_("{path} cannot be read: {error}").format(path=path, error=error)) from error
        if stored.shape != (entry.dimension, features + 1) or stored.dtype != np.float16 or not np.isfinite(stored).all():
            raise Unavailable(_("{path} does not fit the model").format(path=path))
        whole = stored.astype(np.float32)
        return cls(np.ascontiguousarray(whole[:, :-1]), np.ascontiguousarray(whole[:, -1]))

    def vector(self, features: Floats) -> Floats | None:
        """The unit vector (dimension,) for `features` (features,); None where there is no direction."""
        return unit(self.matrix @ features + self.shift)
