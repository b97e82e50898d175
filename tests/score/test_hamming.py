"""Hashes: exact search, and the hash of a turned picture from that of the picture."""

from __future__ import annotations

import numpy as np
import pytest

from facetd.media.hashes import perceptual_hash
from facetd.score.hamming import POSITIONS, distances, near_pairs, parse_hashes, positions, tells_something
from tests.photos import scene


def hash_of(pixels: np.ndarray) -> int:
    return int(perceptual_hash(np.ascontiguousarray(pixels)), 16)


@pytest.mark.parametrize("position", range(POSITIONS))
def test_the_hash_of_a_turned_picture_is_near_that_of_its_pixels_turned(position: int) -> None:
    apart = []
    for seed in range(12):
        pixels = np.asarray(scene(seed))
        turned = np.rot90(pixels[:, ::-1] if position >= 4 else pixels, position % 4)
        reckoned = int(positions(np.array([hash_of(pixels)], np.uint64))[position, 0])
        apart.append((reckoned ^ hash_of(turned)).bit_count())
    assert np.median(apart) <= 4
    assert max(apart) <= 12


def test_positions_are_eight_different_ones_and_each_can_be_undone() -> None:
    hashes = np.random.default_rng(1).integers(0, 2**64, 50, dtype=np.uint64)
    turned = positions(hashes)
    assert turned.shape == (8, 50)
    assert len({tuple(row) for row in turned.tolist()}) == 8
    for position in range(8):
        back = position if position >= 4 else -position % 4
        assert (positions(turned[position])[back] == hashes).all()


def test_every_near_pair_is_found_and_no_other() -> None:
    random = np.random.default_rng(2)
    hashes = random.integers(0, 2**64, 9000, dtype=np.uint64)
    hashes[5000:5040] = hashes[:40] ^ (np.uint64(1) << np.arange(40, dtype=np.uint64))
    asked = hashes[:100]
    found = {
        (int(a), int(b)): int(d) for rows, others, bits in near_pairs(asked, hashes, 14) for a, b, d in zip(rows, others, bits, strict=True)
    }
    expected = {
        (a, b): (int(asked[a]) ^ int(hashes[b])).bit_count()
        for a in range(100)
        for b in np.flatnonzero(distances(asked[a], hashes) <= 14).tolist()
    }
    assert found == expected
    assert all(found[number, 5000 + number] == 1 for number in range(40))


def test_hashes_of_flat_pictures_tell_nothing() -> None:
    flat = np.full((40, 60, 3), 127, np.uint8)
    texts = [perceptual_hash(flat), perceptual_hash(np.asarray(scene(3)))]
    assert tells_something(parse_hashes(texts)).tolist() == [False, True]
