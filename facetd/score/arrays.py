"""Weighted statistics and soft steps of arrays that metrics share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]


def soft_positive(x: Float, softness: float) -> Float:
    """max(x, 0) without the corner: (x + sqrt(x^2 + softness^2)) / 2."""
    return np.asarray(0.5 * (x + np.sqrt(x * x + np.float32(softness * softness))), np.float32)


def weighted_quantile(values: Float, weights: Float, q: float) -> float:
    """The value below which the share `q` of the weight lies, interpolated between neighbours; 0 without any weight."""
    v, w = values.ravel(), weights.ravel()
    total = float(w.sum())
    if total <= 0:
        return 0.0
    order = np.argsort(v, kind="stable")
    v, w = v[order], w[order]
    middle = (np.cumsum(w, dtype=np.float64) - 0.5 * w) / total
    return float(np.interp(q, middle, v))


def weighted_mean(values: Float, weights: Float) -> float:
    """Mean of `values`; 0 without any weight."""
    total = float(weights.sum(dtype=np.float64))
    return float((values * weights).sum(dtype=np.float64) / total) if total > 0 else 0.0
