"""How grainy a photo is: the standard deviation of its noise, where the picture itself is flat."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from facetd.score.arrays import weighted_quantile
from facetd.score.planes import Bytes, cells, halved

CELL_PX = 16
STEADY = 0.85
CELLS_ENOUGH = 150
FLAT_QUANTILE = 0.10  # the flattest tenth of the cells shows the noise alone
# Expectation of |response| to Gaussian noise: sigma x 6 x sqrt(2/pi); the lowest decile of its means over 16x16 px lies some 7 % below.
_PER_SIGMA = 6.0 * math.sqrt(2.0 / math.pi) * 0.93
_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


@dataclass(frozen=True, slots=True)
class Noise:
    """Standard deviations in levels: `sigma` is the measure, `steady` the one that compression hardly moves (equal in white noise)."""

    sigma: float
    steady: float


def measure_noise(gray: Bytes) -> Noise:
    """Noise of `gray` (H, W; 8 bit luma).

    Immerkaer's mask (Fast Noise Variance Estimation, CVIU 64, 1996), whose response to straight edges and slopes is zero, averaged
    per cell of 16x16 px; the flattest tenth of the cells counts, so that texture does not read as noise. Cells near black or white,
    where noise is cut off, hardly count. The result is the geometric mean of the estimates at full and at half size (there times 2):
    compression removes the finest grain first, but not what spans two pixels. In `steady` the half size has up to 0.85 of the say, when
    it has cells enough to find flat ones.
    """
    half = halved(gray)
    fine, coarse = _sigma(gray), 2.0 * _sigma(half)
    share = 0.5 + (STEADY - 0.5) * min(1.0, half.size / (CELLS_ENOUGH * CELL_PX * CELL_PX))
    return Noise(round(math.sqrt(fine * coarse), 4), fine ** (1.0 - share) * coarse**share)


def _sigma(gray: Bytes) -> float:
    response = cv2.filter2D(gray, cv2.CV_16S, _KERNEL)
    height, width = gray.shape
    grid = max(1, round(height / CELL_PX)), max(1, round(width / CELL_PX))
    strength = cells(np.abs(response), grid)
    level = cells(gray, grid)
    margin = np.minimum(level, 255.0 - level)
    sigma = 0.0
    for _ in range(3):
        inside = np.clip((margin - 4.0 - 1.5 * sigma) / 12.0, 1e-3, 1.0).astype(np.float32)
        sigma = weighted_quantile(strength, inside, FLAT_QUANTILE) / _PER_SIGMA
    return sigma
