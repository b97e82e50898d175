"""Arrays as the tasks hand them round, and a vector's direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]


def unit(vector: Floats) -> Floats | None:
    """`vector` at unit length; None where it has no direction."""
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length < 1e-6:
        return None
    return np.asarray(vector / np.float32(length), np.float32)
