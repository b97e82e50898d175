"""Whether a photo is well exposed: clipping, brightness, silhouettes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facetd.score.arrays import Float, weighted_mean
from facetd.score.curves import bell, hill, logistic, ramp, score
from facetd.score.tone import Tone, quantile

Shares = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Exposure:
    """Clipped shares 0..1 (`channels`: per r, g, b the lost shadows and highlights) and the exposure score 0..10."""

    shadows: float
    highlights: float
    channels: tuple[tuple[float, float], ...]
    score: float


def measure_exposure(tone: Tone, channels: list[Shares], lab: Float, subject: Float, shadow_level: int, highlight_level: int) -> Exposure:
    """Exposure from the tones, the three channel histograms (256 shares each), `lab` (h, w, 3) and the mask of the subject (h, w).

    A channel is lost at or below `shadow_level` and from `highlight_level`. Shadows count where the least affected channel is lost too
    (black),
    highlights in the second most affected channel (a colour at the end of one channel is saturated, not lost). The score is a product of
    soft factors: brightness near the middle (a wide bell; half of it is the subject's own brightness, as in spot metering), lights that
    reach
    up, little lost at either end, and little of the subject burnt. A white or black background costs less than a burnt subject.
    """
    lost = [(float(h[: shadow_level + 1].sum()), float(h[highlight_level:].sum())) for h in channels]
    shadows, highlights = min(low for low, _ in lost), sorted(high for _, high in lost)[1]
    near_black = np.clip((shadow_level + 12.0 - np.arange(256)) / 12.0, 0.0, 1.0)
    dark = min(float(h @ near_black) for h in channels)
    bright = sorted(_piled(h, float(highlight_level)) for h in channels)
    burnt = 0.65 * bright[1] + 0.35 * bright[0]
    weight = np.asarray(subject + np.float32(1e-4), np.float32)
    light = lab[..., 0]
    brightness = 0.5 * tone.mean + 0.5 * weighted_mean(light, weight) / 100.0
    subject_burnt = weighted_mean(np.clip((light - np.float32(96.0)) / np.float32(3.0), 0.0, 1.0), weight)
    middle = bell(brightness, 0.50, 0.26) if brightness < 0.50 else bell(brightness, 0.50, 0.24)
    lights = quantile(tone.shares, 0.995) / 255.0
    share = middle * (0.20 + 0.80 * logistic(lights, 0.58, 0.10))
    share *= (1.0 - 0.65 * hill(burnt, 0.16, 1.2)) * (1.0 - 0.35 * hill(dark, 0.22, 1.5)) * (1.0 - 0.6 * hill(subject_burnt, 0.30, 1.5))
    return Exposure(shadows, highlights, tuple(lost), score(0.96 * share**0.9))


def _piled(shares: Shares, white: float) -> float:
    """Share of a channel within 3 levels of its upper end: burnt lights stay piled up when the picture is darkened afterwards."""
    top = min(white, float(np.interp(0.999, np.cumsum(shares), np.arange(256))))
    return float(shares @ np.clip((np.arange(256) - (top - 3.0)) / 3.0, 0.0, 1.0))


def silhouette_strength(lab: Float, tone: Tone, subject: Float, dark_share: float) -> float:
    """0..1: how much `lab` (h, w, 3) is a silhouette: dark shapes of which little can be seen before a bright ground.

    The dark part (L* below 18, softly) must reach `dark_share` of the picture, make up most of the `subject` (a mask, h x w), and be flat
    inside; the rest must be much brighter, and few tones may lie between.
    """
    light = lab[..., 0]
    dark = np.asarray(np.clip((22.0 - light) / 8.0, 0.0, 1.0), np.float32)
    share = float(dark.mean())
    if share < 0.02:
        return 0.0
    inside = weighted_mean(light, dark)
    flat = weighted_mean(np.abs(light - np.float32(inside)), dark)
    ground = weighted_mean(light, np.asarray(1.0 - dark, np.float32))
    between = float((np.clip((light - 16.0) / 6.0, 0.0, 1.0) * np.clip((42.0 - light) / 6.0, 0.0, 1.0)).mean())
    main = weighted_mean(dark, subject)
    bright = ramp(quantile(tone.shares, 0.90) / 255.0, 0.50, 0.70)
    amount = ramp(share, 0.7 * dark_share, 1.1 * dark_share) * ramp(0.90 - share, 0.0, 0.08)
    return (
        amount
        * ramp(main, 0.35, 0.55)
        * bright
        * ramp(ground - inside, 34.0, 46.0)
        * ramp(5.0 - flat, 0.0, 1.5)
        * ramp(0.22 - between, 0.0, 0.06)
    )
