"""Duplicates: the same picture twice, also re-encoded, resized, cropped a little, recoloured, written on, turned or mirrored.

Hashes name the candidates; whether two pictures are the same is seen on their thumbnails, laid over each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Square = NDArray[np.float32]

CANDIDATE_BITS = 12  # of 64, up to which two perceptual hashes are worth a look at the pictures
SIDE = 192  # px of the square that pictures are pressed into, as their hash does
FLAT = 3.0  # standard deviation in levels, of 255, below which a picture shows nothing
SAME_PIXELS = 1.0  # mean difference in levels up to which pictures are of one shot, whatever their dates say
LIKE = 0.9  # share of what is to be seen that must agree; `duplicate_detection.similarity_percent`
_LIKE_IN_LITTLE = 0.97  # the same, where there is little to be seen: pages that differ in a word
_LITTLE = 0.2  # share of blocks with detail below which there is little to be seen
_BLOCK = 12  # px
_DETAIL = 4.0  # standard deviation in levels from which a block shows something
_AGREE = 0.6  # correlation from which two blocks show the same
_LEAST_COMMON = 0.6  # share of the picture that both show
_MOST_STRETCH = 0.3  # of the sides, when pictures are laid over each other
_STEPS = ((32, 40), (96, 20))  # side in px and iterations, coarse to fine


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two pictures agree. `share` 0..1 of what is to be seen, `detail` 0..1 of the blocks show something,
    `difference` the mean in levels before anything is moved.
    """

    share: float
    detail: float
    difference: float


def to_square(grey: NDArray[np.uint8]) -> Square:
    """A grey picture (H,W) pressed into SIDE x SIDE, levels 0..255."""
    return np.asarray(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)


def in_position(square: Square, position: int) -> Square:
    """The picture in one of hamming.POSITIONS."""
    return np.ascontiguousarray(np.rot90(square[:, ::-1] if position >= 4 else square, position % 4))


def is_flat(square: Square) -> bool:
    """Whether there is nothing to be seen, so that nothing can be recognised."""
    return float(square.std()) < FLAT


def agreement(one: Square, other: Square) -> Agreement:
    """Lay `other` over `one` (shift, scale, turn a little; brightness and contrast do not count) and compare block by block.

    What a block counts is the contrast in it. The alignment maximises the enhanced correlation coefficient (Evangelidis, Psarakis
    2008, as in OpenCV). About 2 ms.
    """
    difference = float(np.abs(one - other).mean())
    moved, common = _laid_over(one, other)
    first, second, inside = _blocks(one), _blocks(moved), _blocks(common).min(axis=1) > 0
    first -= first.mean(axis=1, keepdims=True)
    second -= second.mean(axis=1, keepdims=True)
    spread_one, spread_other = np.sqrt((first**2).mean(axis=1)), np.sqrt((second**2).mean(axis=1))
    shown = inside & (np.maximum(spread_one, spread_other) > _DETAIL)
    if inside.mean() < _LEAST_COMMON or not shown.any():
        return Agreement(0.0, 0.0, difference)
    alike = (first * second).mean(axis=1) / np.maximum(spread_one * spread_other, _DETAIL**2)
    weights = np.maximum(spread_one, spread_other)[shown]
    return Agreement(float(weights[alike[shown] > _AGREE].sum() / weights.sum()), float(shown.mean()), difference)


def is_same_picture(found: Agreement, *, other_shot: bool, like: float = LIKE) -> bool:
    """Whether pictures that agree like this are one; `other_shot` when they were taken at different moments."""
    if other_shot and found.difference > SAME_PIXELS:
        return False
    return found.share >= (like if found.detail >= _LITTLE else max(like, _LIKE_IN_LITTLE))


def _laid_over(one: Square, other: Square) -> tuple[Square, Square]:
    """`other` moved onto `one`, and where it covers it (1, else 0); unmoved when no good position is found."""
    move = np.eye(2, 3, dtype=np.float32)
    try:
        for side, rounds in _STEPS:
            small = [cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA) for picture in (one, other)]
            criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, rounds, 1e-3)
            everywhere = np.ones((side, side), np.uint8)
            scaled = move.copy()
            scaled[:, 2] *= side / SIDE
            found = cv2.findTransformECC(small[0], small[1], scaled, cv2.MOTION_AFFINE, criteria, everywhere, 5)[1]
            move = np.array(found, np.float32)
            move[:, 2] *= SIDE / side
    except cv2.error:  # it says so when the pictures have nothing in common
        return other, np.ones_like(other)
    if np.abs(move[:, :2] - np.eye(2)).max() > _MOST_STRETCH:
        return other, np.ones_like(other)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(other, move, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    covered = cv2.warpAffine(np.ones_like(other), move, (SIDE, SIDE), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    return np.asarray(moved, np.float32), np.asarray(covered, np.float32)


def _blocks(square: Square) -> Square:
    """The blocks of a square, (n, _BLOCK * _BLOCK)."""
    count = SIDE // _BLOCK
    return square.reshape(count, _BLOCK, count, _BLOCK).swapaxes(1, 2).reshape(-1, _BLOCK * _BLOCK)
