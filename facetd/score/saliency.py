"""Where the eye goes: a saliency map by classical methods, symmetric under mirroring and smooth in the pixels."""

from __future__ import annotations

import cv2
import numpy as np

from facetd.score.arrays import Float
from facetd.score.planes import Float as Plane
from facetd.score.planes import reduce, stretched

BARRIER_SIDE = 72
WEIGHTS = (0.36, 0.27, 0.17, 0.20)  # barrier, border, surround, focus


def saliency_map(lab: Plane, detail: Float) -> Float:
    """Saliency 0..1 (h, w) of `lab` (h, w, 3; CIE L*a*b*), with `detail` the fine gradient energy per cell.

    A weighted sum of four cues, each x / (x + 2 mean): minimum barrier distance to the border (Zhang et al., Minimum Barrier Salient Object
    Detection at 80 FPS, ICCV 2015), Mahalanobis colour distance to the four border strips (the same paper's backgroundness),
    centre-surround
    difference (Itti, Koch & Niebur, PAMI 20, 1998), and fine detail (what is in focus). A weak centre prior, then a Gaussian.
    """
    shape = lab.shape[:2]
    small = np.asarray(reduce(lab, BARRIER_SIDE), np.float32)
    cues = (
        stretched(barrier_distance(small), shape),
        border_contrast(lab),
        center_surround(lab),
        stretched(np.sqrt(detail), shape),
    )
    floors = (2.0, 0.5, 1.0, 1.0)
    total = np.zeros(shape, np.float32)
    for weight, cue, floor in zip(WEIGHTS, cues, floors, strict=True):
        total += np.float32(weight) * cue / (cue + np.float32(2.0 * float(cue.mean()) + floor))
    y = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None] if shape[0] > 1 else np.zeros((1, 1), np.float32)
    x = np.linspace(-1, 1, shape[1], dtype=np.float32)[None, :] if shape[1] > 1 else np.zeros((1, 1), np.float32)
    total *= np.float32(0.55) + np.float32(0.45) * np.exp(-0.5 * (x * x + y * y) / np.float32(0.55))
    return np.asarray(cv2.GaussianBlur(total, (0, 0), max(0.6, 0.022 * max(shape)), borderType=cv2.BORDER_REPLICATE), np.float32)


def barrier_distance(lab: Float) -> Float:
    """Minimum barrier distance of each pixel to the border: the smallest (max - min) along sweeping paths, summed over the channels."""
    height, width, _ = lab.shape
    high, low = lab.copy(), lab.copy()
    cost = np.full_like(lab, 1e3)
    cost[0], cost[-1], cost[:, 0], cost[:, -1] = 0, 0, 0, 0
    for _ in range(2):
        _sweep(lab, high, low, cost, range(1, height), -1)
        _sweep(lab, high, low, cost, range(height - 2, -1, -1), 1)
        # Left and right start from the same state, so that a mirrored picture gives the mirrored map.
        side = np.ascontiguousarray(lab.transpose(1, 0, 2))
        left = [np.ascontiguousarray(plane.transpose(1, 0, 2)) for plane in (high, low, cost)]
        right = [plane.copy() for plane in left]
        _sweep(side, left[0], left[1], left[2], range(1, width), -1)
        _sweep(side, right[0], right[1], right[2], range(width - 2, -1, -1), 1)
        take = right[2] < left[2]
        high, low, cost = (np.ascontiguousarray(np.where(take, b, a).transpose(1, 0, 2)) for a, b in zip(left, right, strict=True))
    return np.asarray(cost.sum(axis=2), np.float32)


def _sweep(lab: Float, high: Float, low: Float, cost: Float, rows: range, behind: int) -> None:
    for row in rows:
        top = np.maximum(high[row + behind], lab[row])
        bottom = np.minimum(low[row + behind], lab[row])
        barrier = top - bottom
        better = barrier < cost[row]
        np.copyto(high[row], top, where=better)
        np.copyto(low[row], bottom, where=better)
        np.copyto(cost[row], barrier, where=better)


def border_contrast(lab: Float) -> Float:
    """Mean of the three smallest Mahalanobis distances to the colours of the four border strips (a tenth of the picture each)."""
    height, width, _ = lab.shape
    band_y, band_x = max(1, height // 10), max(1, width // 10)
    strips = (lab[:band_y], lab[-band_y:], lab[:, :band_x], lab[:, -band_x:])
    flat = lab.reshape(-1, 3)
    distances = []
    for strip in strips:
        colors = strip.reshape(-1, 3)
        mean = colors.mean(axis=0)
        away = colors - mean
        spread = away.T @ away / np.float32(len(colors)) + np.diag(np.array([60.0, 20.0, 20.0], np.float32))
        offset = flat - mean
        distances.append(np.sqrt(np.maximum(((offset @ np.linalg.inv(spread)) * offset).sum(axis=1), 0.0)))
    stack = np.stack(distances)
    return np.asarray(((stack.sum(axis=0) - stack.max(axis=0)) / 3.0).reshape(height, width), np.float32)


def center_surround(lab: Float) -> Float:
    """|centre - surround| over three scales, lightness and colour."""
    side = max(lab.shape[:2])
    total = np.zeros(lab.shape[:2], np.float32)
    for center, around in ((0.01, 0.05), (0.02, 0.10), (0.04, 0.20)):
        inner = cv2.GaussianBlur(lab, (0, 0), max(0.5, center * side), borderType=cv2.BORDER_REPLICATE)
        outer = cv2.blur(lab, (_odd(around * side), _odd(around * side)), borderType=cv2.BORDER_REPLICATE)
        total += np.asarray(np.abs(inner - outer), np.float32) @ np.array([1.0, 1.3, 1.3], np.float32)
    return total


def _odd(size: float) -> int:
    return max(3, round(2.5 * size) | 1)
