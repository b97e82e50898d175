"""How alike two photos are: by looks, by colour."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BITS = 64
HASH_WEIGHT, VECTOR_WEIGHT = 0.7, 0.3
BINS = 32  # of each of the four channels that colours are compared in
CHANNELS = 4
CHANNELS_STORED = CHANNELS * 64  # values of a stored histogram
ONE = 65535  # what the bins of a channel add up to
SATURATION_RANGE = 0.25  # of 0..1: photos whose mean saturation differs by more are not alike in colour
_SIDE = 96  # px, for finding shifts
_STRIP = 0.3  # of the width, that the next frame of a panorama must show again
_DETAIL_PX = 5.0
_LEAST_DETAIL = 2.0  # standard deviation in levels
_LEAST_MATCH = 0.65
_LEAST_SHIFT, _MOST_SHIFT = 0.12, 0.8  # of the side


def hash_similarity(bits: NDArray[np.uint8]) -> Floats:
    """1 for the same perceptual hash, 0.5 for unrelated ones, from the number of bits they differ in."""
    return (1.0 - bits.astype(np.float32) / BITS).astype(np.float32)


def visual(bits: NDArray[np.uint8], cosines: Floats) -> Floats:
    """0.7 x hash similarity + 0.3 x cosine of the embeddings, 0..1; hash similarity alone where the cosine is unknown (NaN)."""
    by_hash = hash_similarity(bits)
    both = HASH_WEIGHT * by_hash + VECTOR_WEIGHT * np.clip(cosines, 0.0, 1.0)
    return np.where(np.isnan(cosines), by_hash, both).astype(np.float32)


def most_bits(similarity: float) -> int:
    """In how many bits photos may differ that are at least `similarity` alike, whatever their embeddings are."""
    return int(BITS * (1.0 - max(0.0, (similarity - VECTOR_WEIGHT) / HASH_WEIGHT)) + 1e-6)


def colour_bins(histogram: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Histograms (n, 4 * 64), each channel on a scale of its own, as (n, 4 * BINS): each channel adds up to ONE."""
    channels = histogram.reshape(len(histogram), CHANNELS, BINS, -1).sum(axis=-1, dtype=np.float64)
    total = np.maximum(channels.sum(axis=-1, keepdims=True), 1.0)
    shares = np.floor(channels / total * ONE).reshape(len(histogram), CHANNELS * BINS)
    return np.asarray(shares, np.uint16)


def colour(bins: NDArray[np.uint16], row: int, saturation: Floats, luminance: Floats, mono: NDArray[np.bool_]) -> Floats:
    """How alike in colour the photos are to that in `row`, 0..1; 0 where only one is monochrome, or saturations are far apart.

    0.7 x histogram intersection + 0.1 x saturation + 0.1 x luminance, and 0.1 when both are monochrome; colour photos share that last
    weight among the rest, so that the same photo is 1 in both.
    """
    comparable = np.flatnonzero((mono == mono[row]) & (np.abs(saturation - saturation[row]) <= SATURATION_RANGE))
    common = np.zeros(len(comparable), np.float32)
    for start in range(0, len(comparable), 8192):  # what fits in the processor's cache
        some = comparable[start : start + 8192]
        common[start : start + 8192] = np.minimum(bins[some], bins[row]).sum(axis=1, dtype=np.uint32)
    own = max(1.0, float(bins[row].sum(dtype=np.uint32)))
    near = 1 - np.abs(saturation[comparable] - saturation[row]), 1 - np.abs(luminance[comparable] - luminance[row])
    score = 0.7 * np.minimum(common / own, 1.0) + 0.1 * near[0] + 0.1 * near[1]
    found = np.zeros(len(bins), np.float32)
    found[comparable] = score + 0.1 if mono[row] else score / 0.9
    return found


def camera_shift(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float | None:
    """By how much of the picture's side the camera turned from grey picture `one` to `other`: positive to the right or down.

    A strip at one edge of `one` is searched in `other` (normalised cross-correlation). None when they do not overlap by a plain shift
    of 12 to 80 % of the side.
    """
    small = [_detail(cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)) for picture in (one, other)]
    best: tuple[float, float] | None = None
    for turned in (False, True):
        first, second = (picture.T if turned else picture for picture in small)
        for strip, sign in ((first[:, -round(_SIDE * _STRIP) :], 1.0), (first[:, : round(_SIDE * _STRIP)], -1.0)):
            found = _search(np.ascontiguousarray(strip[8:-8]), np.ascontiguousarray(second), from_right=sign > 0)
            if found is not None and (best is None or found[0] > best[0]):
                best = found[0], sign * found[1]
    return None if best is None else best[1]


def _detail(picture: NDArray[Any]) -> Floats:
    """What is left without the light and the sky, which are alike everywhere."""
    levels = np.asarray(picture, np.float32)
    return levels - np.asarray(cv2.GaussianBlur(levels, (0, 0), _DETAIL_PX), np.float32)


def _search(strip: Floats, picture: Floats, *, from_right: bool) -> tuple[float, float] | None:
    """(match, shift) of the best place of `strip` in `picture`; None when it is not there, or not far enough."""
    if strip.std() < _LEAST_DETAIL:
        return None
    matches = cv2.matchTemplate(picture, strip, cv2.TM_CCOEFF_NORMED)
    _, match, _, (left, _) = cv2.minMaxLoc(matches)
    width = strip.shape[1]
    shift = ((_SIDE - width - left) if from_right else left) / _SIDE
    return (match, shift) if match >= _LEAST_MATCH and _LEAST_SHIFT <= shift <= _MOST_SHIFT else None
