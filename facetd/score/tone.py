"""How the tones of a photo lie: brightness, contrast, dynamic range, and how much of the scale is used."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facetd.score.curves import hill, score
from facetd.score.planes import Planes

BINS = 256
HISTOGRAM_BINS = 64
BLACK = 1 / 1024  # linear light below which nothing is told apart: 10 stops under white


@dataclass(frozen=True, slots=True)
class Tone:
    """Tones of one photo; `shares` is the cumulative share of pixels below each of the 257 level borders of the luma."""

    mean: float
    rms: float
    local_rms: float
    spread: float
    stops: float
    contrast_score: float
    shares: NDArray[np.float64]


def histogram(plane: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Share of the pixels at each of the 256 levels."""
    counts = cv2.calcHist([plane], [0], None, [BINS], [0, BINS]).ravel().astype(np.float64)
    return np.asarray(counts / max(1.0, float(counts.sum())), np.float64)


def packed_histogram(luma: NDArray[np.float64], channels: list[NDArray[np.float64]]) -> bytes:
    """Luma, red, green, blue in 64 bins each, the largest bin of each 65535, little-endian uint16."""
    packed = []
    for shares in (luma, *channels):
        bins = shares.reshape(HISTOGRAM_BINS, -1).sum(axis=1)
        packed.append(np.rint(bins / max(float(bins.max()), 1e-12) * 65535).astype("<u2"))
    return np.concatenate(packed).tobytes()


def quantile(shares: NDArray[np.float64], q: float) -> float:
    """The level 0..255 below which the share `q` lies, interpolated inside a level; `shares` as in Tone."""
    level = float(np.interp(q, shares, np.arange(BINS + 1))) - 0.5
    return min(255.0, max(0.0, level))


def linear(level: float) -> float:
    """sRGB level 0..255 to linear light 0..1 (IEC 61966-2-1)."""
    x = level / 255.0
    return x / 12.92 if x <= 0.04045 else float(((x + 0.055) / 1.055) ** 2.4)


def measure_tone(planes: Planes, luma: NDArray[np.float64]) -> Tone:
    """Tones from the luma histogram `luma` (256 shares) and, for local contrast, the reduced luma.

    Stops = log2 of linear light at the 99.5th over the 0.5th percentile, each raised by 1/1024, so 0..10. RMS contrast is the standard
    deviation of the luma / 255 (Peli, Contrast in complex images, JOSA A 7, 1990). The contrast score is a Hill curve of the geometric mean
    of global RMS, the RMS inside 1/12 of the long side, and the tonal range between the 0.5th and 99.5th percentile.
    """
    levels = np.arange(BINS)
    mean = float(luma @ levels)
    rms = math.sqrt(max(0.0, float(luma @ (levels - mean) ** 2))) / 255.0
    shares = np.concatenate([[0.0], np.cumsum(luma)])
    reach = (quantile(shares, 0.995) - quantile(shares, 0.005)) / 255.0
    local = _local_rms(planes)
    stops = math.log2((linear(quantile(shares, 0.995)) + BLACK) / (linear(quantile(shares, 0.005)) + BLACK))
    spread = (quantile(shares, 0.99) - quantile(shares, 0.01)) / 255.0
    strength = rms**0.5 * local**0.2 * (reach / 3.3) ** 0.3
    return Tone(mean / 255.0, rms, local, spread, stops, score(hill(strength, 0.186, 3.6)), shares)


def _local_rms(planes: Planes) -> float:
    picture = planes.luma
    size = max(3, round(max(picture.shape) / 12) | 1)
    mean = cv2.blur(picture, (size, size), borderType=cv2.BORDER_REFLECT_101 if min(picture.shape) > size else cv2.BORDER_REPLICATE)
    square = cv2.blur(
        picture * picture, (size, size), borderType=cv2.BORDER_REFLECT_101 if min(picture.shape) > size else cv2.BORDER_REPLICATE
    )
    return float(np.sqrt(np.maximum(square - mean * mean, 0.0)).mean()) / 255.0
