"""How much fine detail a photo holds, at several scales, without being fooled by noise, contrast or a blurred background."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from facetd.score.arrays import Float, soft_positive, weighted_quantile
from facetd.score.compression import Traces, compression_traces
from facetd.score.curves import logistic, score
from facetd.score.noise import Noise
from facetd.score.planes import Bytes, cells, halved, reduce

SHARPNESS_SIDE = 1200
LEVELS = 4  # octaves: 1, 1/2, 1/4, 1/8
LAPLACIAN_NOISE_GAIN = 20.0  # sum of the squares of the 4-neighbour Laplacian
FLOOR = 0.0125  # gradient energy of 8-bit rounding, levels^2
TEXTURE_SHARE = 0.6
NOISE_MARGIN = 1.25  # of the estimated energy: noise is often a little stronger than its flattest places show
SHARPEST = 0.92  # the sharpest 8 % of the structure decide


@dataclass(frozen=True, slots=True)
class Sharpness:
    """`laplacian` in levels^2 and `octaves` are raw values, `score` is 0..10, `traces` are those of JPEG compression.

    `local` is `octaves` per cell of the grid (rows, columns), `structure` how much there is to judge in each cell, `detail` the
    fine gradient energy per cell in levels^2.
    """

    laplacian: float
    octaves: float
    score: float
    traces: Traces
    local: Float
    structure: Float
    detail: Float


def measure_sharpness(gray: Bytes, noise: Noise, grid: tuple[int, int]) -> Sharpness:
    """Sharpness of `gray` (H, W; 8 bit) with its `noise`, at a long side of at most 1200 px.

    Gradient energies E0..E3 at full, 1/2, 1/4 and 1/8 size; log2(E0/E2) tells edge width (the re-blur ratio of Zhuo & Sim, Defocus map
    estimation from a single image, Pattern Recognition 44, 2011): 2 octaves for a clean step, 4 for fine texture, 0 for blur beyond
    4 px; contrast cancels. What log2(E2/E3) exceeds a step's 1 octave says that the subject is texture, which must be finer to be as
    sharp: 0.6 of it is taken off. The noise's share is taken from each energy first, and what lies below the noise at full size counts
    little (a gain of the Wiener kind): it cannot be told from noise. The sharpest 8 % of the structure decide, so a blurred background
    costs nothing; traces of JPEG compression cost, everywhere alike.
    """
    lap = np.asarray(cv2.Laplacian(gray, cv2.CV_16S), np.int16)
    _, deviation = cv2.meanStdDev(lap)
    grain = noise.sigma * noise.sigma
    excess = float(deviation[0, 0]) ** 2 - LAPLACIAN_NOISE_GAIN * grain
    laplacian = 0.5 * (excess + math.hypot(excess, 1.0 + 2.0 * grain))
    traces = compression_traces(gray, lap)
    reduced = reduce(gray, SHARPNESS_SIDE)
    gains = _noise_gains(round(1000 * max(gray.shape) / max(reduced.shape)))
    energies = _energies(reduced, noise.steady, gains, grid)
    hidden = np.float32(gains[0] * noise.steady**2)
    detail = energies[0]
    square = detail * detail
    energies[0] = detail * (square / (square + hidden * hidden + np.float32(1e-6))) ** 2
    logs = [np.log2(energy + np.float32(FLOOR)) for energy in energies]
    texture = soft_positive(logs[2] - logs[3] - np.float32(1.0), 0.3)
    local = np.asarray(logs[0] - logs[2] - np.float32(TEXTURE_SHARE) * texture - np.float32(traces.cost), np.float32)
    contrast = np.sqrt(energies[3])
    trust = energies[0] / (energies[0] + (hidden + np.float32(FLOOR)))
    usual = float(contrast.mean()) ** 2 + 0.5
    structure = np.asarray(energies[3] / (energies[3] + np.float32(usual)) * trust, np.float32)
    octaves = weighted_quantile(local, structure, SHARPEST)
    return Sharpness(round(laplacian, 4), round(octaves, 4), sharpness_score(octaves), traces, local, structure, detail)


def sharpness_score(octaves: float) -> float:
    """0..10 for `octaves`: 1.6 at 1.4 (blurred), 2.6 at 2.2 (clean steps only), 5 at 3.5, 6.9 at 4.5 (the median of good photos), 8.4 at
    5.6.
    """
    return score(logistic(octaves, 3.5, 1.25))


@lru_cache(maxsize=256)
def _noise_gains(permille: int) -> tuple[float, ...]:
    """Gradient energy that white noise of variance 1 leaves at each octave after a reduction by `permille` / 1000.

    Measured on a patch of noise, because reducing by a fraction makes neighbours alike.
    """
    side = round(512 * permille / 1000)
    patch = np.random.default_rng(0).normal(0.0, 1.0, (side, side)).astype(np.float32)
    gains = []
    for level in range(LEVELS):
        size = 512 >> level
        if patch.shape[0] != size:
            patch = np.asarray(cv2.resize(patch, (size, size), interpolation=cv2.INTER_AREA), np.float32)
        gx, gy = cv2.Sobel(patch, cv2.CV_32F, 1, 0), cv2.Sobel(patch, cv2.CV_32F, 0, 1)
        gains.append(float((gx * gx + gy * gy).mean(dtype=np.float64)) / 64.0)
    return tuple(gains)


def _energies(gray: Bytes, sigma: float, gains: tuple[float, ...], grid: tuple[int, int]) -> list[Float]:
    """Gradient energy (levels^2 per px^2 of the full size) per cell at each octave, without the noise's share."""
    energies = []
    picture = gray
    for level in range(LEVELS):
        if level:
            picture = halved(picture)
        gx, gy = cv2.Sobel(picture, cv2.CV_16S, 1, 0), cv2.Sobel(picture, cv2.CV_16S, 0, 1)
        energy = cv2.add(cv2.multiply(gx, gx, dtype=cv2.CV_32F), cv2.multiply(gy, gy, dtype=cv2.CV_32F))
        noise = gains[level] * sigma * sigma
        signal = cells(energy, grid) / np.float32(64) - np.float32(NOISE_MARGIN * noise)
        energies.append(soft_positive(signal, 0.15 * noise + 1e-3) / np.float32(4.0**level))
    return energies
