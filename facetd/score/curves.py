"""Smooth curves and weighted statistics that all metrics share: no score may jump when a picture changes a little."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]


def hill(x: float, middle: float, steepness: float) -> float:
    """Rise from 0 at x = 0 through 0.5 at `middle` towards 1: x^s / (x^s + middle^s) (Hill 1910). Negative x counts as 0."""
    if x <= 0:
        return 0.0
    return float(1.0 / (1.0 + (middle / x) ** steepness))


def logistic(x: float, middle: float, width: float) -> float:
    """Rise from 0 to 1, 0.5 at `middle`; a negative `width` falls."""
    return 0.5 * (1.0 + math.tanh(0.5 * (x - middle) / width))


def bell(x: float, middle: float, width: float) -> float:
    """Gaussian of height 1."""
    return math.exp(-0.5 * ((x - middle) / width) ** 2)


def ramp(x: float, low: float, high: float) -> float:
    """0 up to `low`, 1 from `high`, a straight line between."""
    return min(1.0, max(0.0, (x - low) / (high - low)))


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


def score(share: float) -> float:
    """A share 0..1 as a score 0..10, rounded to 4 places so that equal pictures compare equal."""
    return round(10.0 * min(1.0, max(0.0, share)), 4)
