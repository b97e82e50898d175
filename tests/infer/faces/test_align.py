"""The similarity that moves a face onto the mean face."""

from __future__ import annotations

import numpy as np
import pytest

from facetd.infer.faces.align import CHIP, FITTED, FIVE, TEMPLATE, aligned_chip, alignment, similarity
from facetd.infer.pixels import moved


def made(scale: float, degrees: float, shift: tuple[float, float]) -> np.ndarray:
    c, s = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    return np.array([[c, -s, shift[0]], [s, c, shift[1]]])


def landmarks_at(matrix: np.ndarray) -> np.ndarray:
    points = np.zeros((68, 2), np.float32)
    points[FITTED] = moved(matrix, TEMPLATE)
    return points


def mesh_at(matrix: np.ndarray) -> np.ndarray:
    mesh = np.zeros((468, 3), np.float32)
    five = moved(matrix, FIVE)
    mesh[[33, 160, 158, 133, 153, 144], :2], mesh[[362, 385, 387, 263, 373, 380], :2] = five[0], five[1]
    mesh[[1, 61, 291], :2] = five[2:]
    return mesh


@pytest.mark.parametrize(("scale", "degrees", "shift"), [(1, 0, (0, 0)), (0.3, 90, (5, -7)), (4, -135, (900, 300)), (2.5, 180, (1, 1))])
def test_a_similarity_is_found_exactly(scale, degrees, shift):
    matrix = made(scale, degrees, shift)
    assert similarity(TEMPLATE, moved(matrix, TEMPLATE)) == pytest.approx(matrix, abs=2e-3)


def test_noise_is_averaged_by_least_squares():
    random = np.random.default_rng(3)
    matrix = made(2, 20, (40, 50))
    noisy = moved(matrix, TEMPLATE) + random.normal(0, 1, TEMPLATE.shape).astype(np.float32)
    found = similarity(TEMPLATE, noisy)

    def error(candidate: np.ndarray) -> float:
        return float(np.square(moved(candidate, TEMPLATE) - noisy).sum())

    for nudge in (made(2.01, 20, (40, 50)), made(2, 20.5, (40, 50)), made(2, 20, (40.2, 50)), matrix):
        assert error(found) < error(nudge)


def test_a_mirrored_face_is_not_mirrored_back():
    found = similarity(TEMPLATE, TEMPLATE * np.array([-1, 1], np.float32))
    assert np.linalg.det(found[:, :2]) >= 0


def test_points_on_one_spot_are_only_shifted():
    assert similarity(np.ones((5, 2), np.float32), np.full((5, 2), 3, np.float32)) == pytest.approx(np.array([[1, 0, 2], [0, 1, 2]]))


def test_the_template_is_that_of_the_chips_the_network_knows():
    expected = np.array([(47.55, 46.60), (100.48, 46.60), (74.01, 76.56), (50.41, 103.02), (97.61, 103.02)])
    assert np.abs(FIVE - expected).max() < 0.01


def test_networks_that_agree_are_averaged_and_otherwise_the_mesh_decides():
    a, b = made(2, 10, (100, 100)), made(2.2, 20, (110, 90))
    assert alignment(landmarks_at(a), mesh_at(b), agreed=True) == pytest.approx((a + b) / 2, abs=1e-3)
    assert alignment(landmarks_at(a), mesh_at(b), agreed=False) == pytest.approx(b, abs=1e-3)


def test_the_chip_is_upright_with_the_eyes_in_their_places():
    matrix = made(3, 70, (600, 200))
    frame = np.zeros((1000, 1000, 3), np.uint8)
    for x, y in moved(matrix, FIVE[:2]):
        frame[round(float(y)) - 9 : round(float(y)) + 10, round(float(x)) - 9 : round(float(x)) + 10] = 255
    chip = aligned_chip(frame, matrix)
    assert chip.shape == (CHIP, CHIP, 3)
    for x, y in FIVE[:2]:
        assert chip[round(float(y)), round(float(x))].min() > 200
    assert chip[100:].max() == 0
