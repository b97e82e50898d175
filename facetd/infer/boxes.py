"""Boxes as arrays: overlap and the choice among boxes of one thing. A box is (left, top, right, bottom), rows of an array (N,4)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facetd.infer.arrays import Floats
from facetd.records.sightings import Box


def areas(boxes: Floats) -> Floats:
    """The area of each box; 0 for boxes turned inside out."""
    return np.asarray(np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1), np.float32)


def intersections(a: Floats, b: Floats) -> Floats:
    """The common area of each box of `a` with each of `b`, (len(a), len(b))."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    return np.asarray(np.prod(np.clip(high - low, 0, None), axis=2), np.float32)


def overlaps(a: Floats, b: Floats) -> Floats:
    """Intersection over union of each box of `a` with each of `b`, 0..1, (len(a), len(b))."""
    common = intersections(a, b)
    union = areas(a)[:, None] + areas(b)[None, :] - common
    return np.asarray(common / np.maximum(union, 1e-12), np.float32)


def containments(a: Floats, b: Floats) -> Floats:
    """Common area over the smaller of the two, 0..1, (len(a), len(b))."""
    smaller = np.minimum(areas(a)[:, None], areas(b)[None, :])
    return np.asarray(intersections(a, b) / np.maximum(smaller, 1e-12), np.float32)


def suppress(boxes: Floats, scores: Floats, limit: float) -> NDArray[np.intp]:
    """Non-maximum suppression: the indices of the boxes kept, best first; none overlaps a better one by more than `limit` (IoU)."""
    return _keep_best(overlaps(boxes, boxes), scores, limit)


def suppress_contained(boxes: Floats, scores: Floats, limit: float) -> NDArray[np.intp]:
    """As `suppress`, by the share of the smaller box that is covered: for parts of a thing seen by another pass."""
    return _keep_best(containments(boxes, boxes), scores, limit)


def _keep_best(matrix: Floats, scores: Floats, limit: float) -> NDArray[np.intp]:
    order = np.argsort(-scores, kind="stable")
    alive = np.ones(len(scores), np.bool_)
    kept = []
    for i in order:
        if alive[i]:
            kept.append(i)
            alive &= matrix[i] <= limit
    return np.array(kept, np.intp)


def as_fractions(box: Floats, width: float, height: float) -> Box:
    """A box in pixels of a picture of that size as a Box, cut at the picture's borders."""
    left, right = (float(min(max(value / width, 0.0), 1.0)) for value in (box[0], box[2]))
    top, bottom = (float(min(max(value / height, 0.0), 1.0)) for value in (box[1], box[3]))
    return Box(left, top, max(0.0, right - left), max(0.0, bottom - top))
