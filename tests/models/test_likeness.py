"""Making the matrix that turns features into what a photo looks like."""

from __future__ import annotations

import numpy as np
import pytest

from facetd.infer.catalogue import Catalogue
from models.build.likeness import features, projection
from models.build.weights import WeightsError


def made(seed: int = 1) -> np.ndarray:
    """Forty features of 300 photos: three causes, on top of great means that say nothing."""
    random = np.random.default_rng(seed)
    causes = random.standard_normal((300, 3)) * [5, 2, 1]
    return causes @ random.standard_normal((3, 40)) + random.uniform(50, 100, 40) + 0.01 * random.standard_normal((300, 40))


def vectors(values: np.ndarray, stored: np.ndarray) -> np.ndarray:
    found = values @ stored[:, :-1].astype(np.float64).T + stored[:, -1].astype(np.float64)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def test_strangers_point_anywhere_and_versions_of_one_photo_the_same_way() -> None:
    values = made()
    stored = projection(values, 3)
    assert (stored.shape, stored.dtype) == ((3, 41), np.float16)
    found = vectors(values, stored)
    raw = values / np.linalg.norm(values, axis=1, keepdims=True)
    assert np.median(raw @ raw.T) > 0.9
    assert abs(np.median(found @ found.T)) < 0.1
    again = vectors(values + 0.05 * np.random.default_rng(2).standard_normal(values.shape), stored)
    assert np.median((found * again).sum(axis=1)) > 0.99


def test_the_same_photos_give_the_same_matrix() -> None:
    assert np.array_equal(projection(made(), 3), projection(made(), 3))
    turned = projection(made()[::-1], 3)
    assert np.allclose(projection(made(), 3).astype(float), turned.astype(float), rtol=0.01, atol=0.01)


def test_too_few_photos_are_refused() -> None:
    with pytest.raises(WeightsError, match="0 photos could be read, at least 64"):
        features(Catalogue.load(), [])
