"""Smooth curves that all metrics share: no score may jump when a picture changes a little. The daemon judges with them, without NumPy."""

from __future__ import annotations

import math


def hill(x: float, middle: float, steepness: float) -> float:
    """Rise from 0 at x = 0 through 0.5 at `middle` towards 1: x^s / (x^s + middle^s) (Hill 1910). Negative x counts as 0."""
    if x <= 1e-12 * middle:  # also where the power would leave the range of numbers
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


def score(share: float) -> float:
    """A share 0..1 as a score 0..10, rounded to 4 places so that equal pictures compare equal."""
    return round(10.0 * min(1.0, max(0.0, share)), 4)
