"""Cutting many photos down to few that are good and unlike each other: maximal marginal relevance.

Carbonell & Goldstein, The use of MMR, diversity-based reranking for reordering documents and producing summaries, 1998.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facetd.score.capsules.photos import Flags, Floats, Numbers

BITS = 64


def choose(relevance: Floats, likeness: Floats, count: int, weight: float) -> Numbers:
    """At most `count` of n photos, in the order they are chosen: the best one first, then whoever has the greatest
    weight x relevance - (1 - weight) x likeness to the most alike that is chosen already.

    `relevance` (n,) 0..1, `likeness` (n, n) up to 1, `weight` 0..1 (1: relevance alone). Of equal ones the first.
    """
    total = len(relevance)
    if not total or count < 1:
        return np.empty(0, np.int64)
    chosen = np.empty(min(count, total), np.int64)
    chosen[0] = int(np.argmax(relevance))
    nearest = likeness[chosen[0]].astype(np.float32)
    left = np.ones(total, np.bool_)
    for place in range(1, len(chosen)):
        left[chosen[place - 1]] = False
        gain = np.where(left, weight * relevance - (1 - weight) * nearest, -np.inf)
        chosen[place] = int(np.argmax(gain))
        nearest = np.maximum(nearest, likeness[chosen[place]])
    return chosen


def likeness_of(vectors: Floats, known: Flags, hashes: NDArray[np.uint64], hashed: Flags) -> Floats:
    """How alike n photos are, (n, n) 0..1: the cosine of their unit vectors (n, d) where both are `known`, else what their perceptual
    hashes have in common beyond chance where both are `hashed`, else nothing.
    """
    if known.all():
        return np.asarray(np.clip(vectors @ vectors.T, 0, 1), np.float32)
    bits = np.bitwise_count(hashes[:, None] ^ hashes[None, :]).astype(np.float32)
    found = np.where(hashed[:, None] & hashed[None, :], np.maximum(0, 1 - 2 * bits / BITS), 0).astype(np.float32)
    if known.any():
        cosines = np.clip(vectors @ vectors.T, 0, 1)
        found = np.where(known[:, None] & known[None, :], cosines, found)
    return np.asarray(found, np.float32)
