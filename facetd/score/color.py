"""Colour: how much, how varied, how harmonious, or none at all."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facetd.score.arrays import Float
from facetd.score.curves import hill, score
from facetd.score.planes import Bytes

HUES = 72
ENTROPY_BINS = 64
# Cohen-Or et al., Color Harmonization, SIGGRAPH 2006: sectors (centre, width) in degrees of each template.
TEMPLATES: dict[str, tuple[tuple[float, float], ...]] = {
    "i": ((0.0, 18.0),),
    "V": ((0.0, 93.6),),
    "L": ((0.0, 18.0), (90.0, 79.2)),
    "J": ((0.0, 18.0), (270.0, 79.2)),
    "I": ((0.0, 18.0), (180.0, 18.0)),
    "T": ((0.0, 180.0),),
    "Y": ((0.0, 93.6), (180.0, 18.0)),
    "X": ((0.0, 93.6), (180.0, 93.6)),
}


@dataclass(frozen=True, slots=True)
class Color:
    """`saturation` 0..1, `colorfulness` >= 0 (Hasler), `entropy` in bits, `harmony` and `score` 0..10, `monochrome` and mean `warmth`
    (b* of CIE Lab).
    """

    saturation: float
    colorfulness: float
    entropy: float
    harmony: float
    score: float
    monochrome: bool
    warmth: float


def _distances() -> Float:
    """(templates x rotations, hues): degrees from each hue to the nearest sector of the rotated template, 0 inside."""
    hues = (np.arange(HUES) + 0.5) * 360.0 / HUES
    rows = []
    for sectors in TEMPLATES.values():
        for turn in np.arange(HUES) * 360.0 / HUES:
            away = [np.abs((hues - center - turn + 180.0) % 360.0 - 180.0) - width / 2 for center, width in sectors]
            rows.append(np.maximum(np.min(away, axis=0), 0.0))
    return np.asarray(rows, np.float32)


_DISTANCES = _distances()
_WIDTHS = np.repeat([sum(width for _, width in sectors) for sectors in TEMPLATES.values()], HUES).astype(np.float32)


def measure_color(rgb: Bytes, monochrome_saturation: float) -> Color:
    """Colour of `rgb` (H, W, 3; 8 bit, a reduced picture will do).

    Saturation is (max - min) / (max + 16) averaged, the 16 levels keep black from counting as vivid. Colorfulness is Hasler &
    Suesstrunk's M3 (Measuring
    Colourfulness in Natural Images, SPIE 5007, 2003). Harmony compares the chroma-weighted hues with the rotated templates of Cohen-Or
    et al. 2006; wide
    templates cost. The score is colorfulness (three quarters) and harmony (one quarter, in proportion to how much colour there is).
    """
    whole = rgb.astype(np.float32)
    high, low = whole.max(axis=2), whole.min(axis=2)
    saturation = float(((high - low) / (high + 16.0)).mean(dtype=np.float64))
    red, green, blue = whole[..., 0], whole[..., 1], whole[..., 2]
    rg, yb = red - green, 0.5 * (red + green) - blue
    colorfulness = math.hypot(float(rg.std()), float(yb.std())) + 0.3 * math.hypot(float(rg.mean()), float(yb.mean()))
    lab = np.asarray(cv2.cvtColor(whole / np.float32(255), cv2.COLOR_RGB2Lab), np.float32)
    a, b = lab[..., 1], lab[..., 2]
    chroma = np.hypot(a, b)
    hue = np.asarray(np.arctan2(b, a) % (2 * np.pi) / (2 * np.pi), np.float32)
    weight = np.asarray(chroma * chroma / (chroma + np.float32(8.0)), np.float32)
    presence = float(weight.mean(dtype=np.float64))
    presence /= presence + 2.0
    harmony = _harmony(_hue_shares(hue, weight, HUES))
    entropy = presence * _entropy(_hue_shares(hue, weight, ENTROPY_BINS))
    strength = hill(colorfulness, 30.0, 1.9)
    return Color(
        saturation=saturation,
        colorfulness=colorfulness,
        entropy=round(entropy, 4),
        harmony=score(harmony * presence + 0.5 * (1.0 - presence)),
        score=score(strength * (0.75 + 0.25 * harmony)),
        monochrome=is_monochrome(lab, saturation, monochrome_saturation),
        warmth=float(b.mean(dtype=np.float64)),
    )


def is_monochrome(lab: Float, saturation: float, limit: float) -> bool:
    """Whether the picture has no colour, or one tint laid over its tones as in sepia or cyanotype.

    No colour: mean saturation below `limit` and no coloured spot. Toned: a* and b* follow L* (least squares, cubic in L*), with little
    left over, and
    are weak enough not to be a picture of one coloured thing.
    """
    flat = lab.reshape(-1, 3)
    chroma = np.hypot(flat[:, 1], flat[:, 2])
    strong = float(np.quantile(chroma, 0.99))
    if saturation < limit and strong < 200.0 * limit:
        return True
    mean = float(chroma.mean())
    if mean > 26.0 or strong > 45.0:
        return False
    light = flat[:, 0] / np.float32(100)
    powers = np.stack([np.ones_like(light), light, light**2, light**3], axis=1)
    solution, *_ = np.linalg.lstsq(powers.T @ powers + 1e-3 * np.eye(4, dtype=np.float32), powers.T @ flat[:, 1:], rcond=None)
    rest = np.hypot(*(flat[:, 1:] - powers @ solution).T)
    spread = float(light.std()) * 100.0
    return bool(np.quantile(rest, 0.95) < 3.0 and spread > 8.0)


def _hue_shares(hue: Float, weight: Float, bins: int) -> NDArray[np.float64]:
    """Circular histogram of `hue` (0..1) with each vote split between the two nearest bins."""
    position = hue.ravel().astype(np.float64) * bins - 0.5
    left = np.floor(position)
    part = position - left
    index, mass = left.astype(np.int64) % bins, weight.ravel().astype(np.float64)
    counts = np.bincount(index, mass * (1 - part), bins) + np.bincount((index + 1) % bins, mass * part, bins)
    return np.asarray((counts + 1e-6) / float((counts + 1e-6).sum()), np.float64)


def _harmony(hues: NDArray[np.float64]) -> float:
    """0..1 from the mean distance in degrees to the best template, each wider template handicapped."""
    cost = _DISTANCES @ hues.astype(np.float32) + np.float32(0.06) * _WIDTHS
    return 1.0 - hill(float(cost.min()), 14.0, 2.2)


def _entropy(hues: NDArray[np.float64]) -> float:
    return float(-(hues * np.log2(hues)).sum())
