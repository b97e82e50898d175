"""Measured aesthetics: one number from sharpness, light, color and composition, for libraries without a model that learned taste."""

from __future__ import annotations

from facetd.score.curves import hill, logistic, score
from facetd.score.filters import Values, flag, numeric

# Shares of the mean. What a photo lacks (colors, of one in black and white) gives its share to the others.
WEIGHTS = {
    "comp_score": 30.0,
    "sharpness": 16.0,
    "exposure_score": 14.0,
    "contrast_score": 12.0,
    "color_score": 12.0,
    "color_harmony": 8.0,
    "subject_prominence": 8.0,
}
COLORS = ("color_score", "color_harmony")
NEEDED = ("comp_score", "sharpness", "exposure_score")
POWER = 0.5  # of the mean: between the arithmetic one (1) and the geometric one (0), so that a weak part costs more than a strong one gains
MIDDLE, WIDTH = 5.2, 1.6  # means crowd around their middle; this spreads them over the scale
NOISE_MIDDLE, NOISE_STEEPNESS, NOISE_SHARE = 14.0, 2.0, 0.35


def measured_aesthetic(values: Values) -> float | None:
    """The estimate, 0..10, for `values` by registry key; None without composition, exposure and sharpness.

    The power mean of the scores in WEIGHTS, spread by a logistic; strong noise takes up to a third of it. Never falls when one of the
    scores rises or the noise falls.
    """
    parts = _parts(values)
    if any(key not in parts for key in NEEDED):
        return None
    whole = sum(WEIGHTS[key] for key in parts)
    mean = (sum(WEIGHTS[key] * max(0.0, value) ** POWER for key, value in parts.items()) / whole) ** (1.0 / POWER)
    noise = numeric(values, "noise_sigma") or 0.0
    return score(logistic(mean, MIDDLE, WIDTH) * (1.0 - NOISE_SHARE * hill(noise, NOISE_MIDDLE, NOISE_STEEPNESS)))


def _parts(values: Values) -> dict[str, float]:
    """What there is of WEIGHTS. A photo is as sharp as the sharper of its subject and its sharpest places."""
    known = {key: numeric(values, key) for key in WEIGHTS}
    sharp = [value for key in ("tech_sharpness", "subject_sharpness") if (value := numeric(values, key)) is not None]
    known["sharpness"] = max(sharp, default=None)
    if flag(values, "is_monochrome"):
        known |= dict.fromkeys(COLORS)
    return {key: value for key, value in known.items() if value is not None}
