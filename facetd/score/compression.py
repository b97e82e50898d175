"""What JPEG compression leaves behind in the pixels, whatever the file says now: steps in its coefficients, and borders of blocks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facetd.score.arrays import Float
from facetd.score.planes import Bytes

BLOCK = 8
SAMPLED = 26  # blocks along each side at most
# The frequencies looked at (down, across), with their steps in the luminance table of ITU-T T.81, Annex K (quality 50).
FREQUENCIES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (2, 2), (0, 3), (3, 0))
STANDARD = np.array([11, 12, 12, 10, 14, 14, 13, 16, 16, 14], np.float64)
STEPS = np.arange(3, 91)
BINS = 512  # of half a unit
EVIDENCE = 15  # coefficients that a step must explain
KNOWN = 3  # frequencies with that much evidence
CLEAR = (0.40, 0.60)  # how well multiples of a step must explain them: hardly, surely

BLOCK_COST = 0.7  # octaves
STEP_COST = 0.45  # octaves


@dataclass(frozen=True, slots=True)
class Traces:
    """`quantisation` as below; `blockiness` >= 0: how much stronger the second derivative is at the borders of 8x8 blocks than
    elsewhere, as a ratio minus 1; `cost` in octaves of sharpness, 0 for none.
    """

    blockiness: float
    quantisation: float
    cost: float


def _basis() -> Float:
    """(64, frequencies): the orthonormal cosines of an 8x8 block."""
    n = np.arange(BLOCK)
    waves = np.cos((2 * n[None, :] + 1) * n[:, None] * math.pi / 16) * np.where(n == 0, math.sqrt(1 / 8), 0.5)[:, None]
    return np.asarray(np.stack([np.outer(waves[u], waves[v]).ravel() for u, v in FREQUENCIES], axis=1), np.float32)


def _tables() -> tuple[Float, Float]:
    """(bins, steps): whether a size is taken as evidence for a step, and how well it lies on a multiple of it (1 on, -1 between)."""
    size = np.arange(BINS)[:, None] / 2.0
    # Below half a step nothing survives quantisation; with the half itself, twice the true step is contradicted by the step.
    counts = (size >= 0.45 * STEPS[None, :]).astype(np.float32)
    counts[-1] = 0.0  # all that is larger
    return counts, np.asarray(np.cos(2 * np.pi * size / STEPS[None, :]) * counts, np.float32)


_BASIS = _basis()
_COUNTS, _FITS = _tables()


def compression_traces(gray: Bytes, lap: NDArray[np.int16]) -> Traces:
    """What compression did to `gray` (H, W; 8 bit) with its Laplacian `lap`.

    The position of the blocks is found, so a mirrored or cropped JPEG reads the same; after scaling there is no trace. The cost: visible
    borders, and the detail that coarse steps took or made up (a step just above an earlier one enlarges what is left of it, so the
    energy of the detail does not tell).
    """
    size = np.abs(lap)
    columns, left = _periodic(np.asarray(cv2.reduce(size, 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F), np.float32).ravel())
    rows, top = _periodic(np.asarray(cv2.reduce(size, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F), np.float32).ravel())
    blocks = round(0.5 * (columns + rows), 4)
    steps = quantisation(gray, (top, left))
    cost = BLOCK_COST * blocks * blocks / (blocks + 0.15) + STEP_COST * math.log2(1.0 + steps * steps / (steps + 0.3) / 0.8)
    return Traces(blocks, steps, cost)


def _periodic(profile: Float) -> tuple[float, int]:
    """Strength of the block borders in a profile of the picture, and where the first whole block begins."""
    whole = len(profile) // BLOCK * BLOCK
    if whole < 8 * BLOCK:
        return 0.0, 0
    phases = profile[:whole].reshape(-1, BLOCK).mean(axis=0)
    pairs = 0.5 * (phases + np.roll(phases, -1))
    best = float(pairs.max())
    rest = (float(phases.sum()) - 2.0 * best) / 6.0
    return max(0.0, best / (rest + 0.25) - 1.0), (int(pairs.argmax()) + 1) % BLOCK


def quantisation(gray: Bytes, grid: tuple[int, int]) -> float:
    """How coarsely `gray` (H, W; 8 bit) was once quantised as a JPEG, in multiples of the standard luminance table; 0 for no trace.

    1 stands for the quality setting 50 of libjpeg, 0.4 for 80, 2.5 for 20. For ten low frequencies of the 8x8 blocks the largest step is
    found whose multiples most coefficients lie on (after Fan & de Queiroz, Identification of bitmap compression history, IEEE TIP 12,
    2003); the median counts. So it tells what a file went through, also when it was saved again in better quality, mirrored or cut.
    Scaling, noise and retouching wipe the trace out. `grid` is where block borders are suspected; the corners are tried as well.
    """
    height, width = gray.shape
    starts = {(0, 0), (height % BLOCK, 0), (0, width % BLOCK), (height % BLOCK, width % BLOCK), grid}
    return round(max(_scale(_sizes(gray, top, left)) for top, left in starts), 4)


def _spaced(count: int) -> NDArray[np.int64]:
    """At most some 2 x SAMPLED of `count` indices, the same from either end."""
    if count <= SAMPLED:
        return np.arange(count)
    half = np.linspace(0, (count - 1) / 2, SAMPLED // 2).astype(np.int64)
    return np.concatenate([half, count - 1 - half])


def _sizes(gray: Bytes, top: int, left: int) -> Float:
    """(frequencies, bins): how many coefficients of blocks beginning at `top`, `left` have which size."""
    rows, columns = (gray.shape[0] - top) // BLOCK, (gray.shape[1] - left) // BLOCK
    if min(rows, columns) < 3:
        return np.zeros((len(FREQUENCIES), BINS), np.float32)
    blocks = gray[top : top + BLOCK * rows, left : left + BLOCK * columns].reshape(rows, BLOCK, columns, BLOCK).transpose(0, 2, 1, 3)
    sample = blocks[_spaced(rows)[:, None], _spaced(columns)].reshape(-1, BLOCK * BLOCK).astype(np.float32)
    size = np.minimum(np.abs(sample @ _BASIS) * np.float32(2) + np.float32(0.5), BINS - 1).astype(np.int64)
    size += np.arange(len(FREQUENCIES)) * BINS
    return np.bincount(size.ravel(), minlength=len(FREQUENCIES) * BINS).reshape(-1, BINS).astype(np.float32)


def _scale(sizes: Float) -> float:
    counts = sizes @ _COUNTS
    fits = np.where(counts >= EVIDENCE, sizes @ _FITS / np.maximum(counts, 1), -1.0)
    known = counts[:, 0] >= EVIDENCE
    if np.count_nonzero(known) < KNOWN:
        return 0.0
    # Divisors of the step fit as well, and its neighbours nearly: the largest step that fits better than those beside it.
    beside = np.pad(fits, ((0, 0), (1, 1)), constant_values=-1.0)
    peaks = (fits >= beside[:, :-2]) & (fits >= beside[:, 2:]) & (fits >= sum(CLEAR) / 2)
    index = np.where(peaks.any(axis=1), len(STEPS) - 1 - peaks[:, ::-1].argmax(axis=1), fits.argmax(axis=1))
    clear = np.clip((fits[np.arange(len(index)), index] - CLEAR[0]) / (CLEAR[1] - CLEAR[0]), 0.0, 1.0)
    return float(np.median((STEPS[index] / STANDARD * clear)[known]))
