"""Quality, sharpness and closed eyes of a face."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest

from facetd.infer.faces.quality import eyes_closed, is_clusterable, quality_of
from facetd.infer.faces.sharpness import face_and_eyes, noise_of, octaves

GOOD = {"width_px": 200.0, "score": 0.99, "flag": 1.0, "roll_deg": 0.0, "yaw_deg": 0.0, "disagreement": 0.05, "sharpness": 85.0}


@pytest.mark.parametrize(
    "worse",
    [
        {"width_px": 60.0}, {"score": 0.6}, {"flag": 0.7}, {"roll_deg": 80.0}, {"yaw_deg": 35.0}, {"yaw_deg": -35.0},
        {"disagreement": 0.25}, {"sharpness": 20.0},
    ],
)  # fmt: skip
def test_everything_that_hides_a_face_costs(worse):
    assert quality_of(**{**GOOD, **worse}) < quality_of(**GOOD) - 0.5


def test_quality_runs_from_nothing_to_ten():
    assert 8.5 < quality_of(**GOOD) <= 10
    assert quality_of(**{**GOOD, "width_px": 12.0, "yaw_deg": 80.0}) < 0.3
    assert quality_of(**{**GOOD, "disagreement": 1.5}) == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [({}, True), ({"width_px": 29.9}, False), ({"flag": 0.89}, False), ({"yaw_deg": -70.0}, False), ({"disagreement": 0.2}, False)],
)
def test_people_are_told_by_good_faces_only(change, told):
    face = {"width_px": 30.0, "flag": 0.9, "yaw_deg": 20.0, "disagreement": 0.1, **change}
    assert is_clusterable(**face, min_width_px=30, min_flag=0.9) is told


@pytest.mark.parametrize(
    ("openness", "change", "hint"),
    [
        ((0.12, 0.14), {}, True),
        ((0.12, 0.16), {}, False),  # a wink
        ((0.12, 0.14), {"flag": 0.9}, False),
        ((0.12, 0.14), {"width_px": 40.0}, False),
        ((0.12, 0.14), {"yaw_deg": 50.0}, False),
    ],
)
def test_closed_eyes_are_hinted_when_everything_speaks_for_them(openness, change, hint):
    assert eyes_closed(openness, **{"flag": 0.95, "width_px": 100.0, "yaw_deg": 0.0, **change}, limit=0.15) is hint


def face(side: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """A face of edges and freckles, and its mesh."""
    picture = np.full((side, side, 3), 150, np.uint8)
    random = np.random.default_rng(5)
    for x, y in random.integers(0, side, (side, 2)):
        cv2.circle(picture, (int(x), int(y)), 2, (110, 90, 80), -1)
    points = np.full((468, 3), side / 2, np.float32)
    points[0, :2], points[9, :2] = (0.1 * side, 0.1 * side), (0.9 * side, 0.9 * side)
    for eye, x in (((33, 160, 158, 133, 153, 144), 0.35), ((362, 385, 387, 263, 373, 380), 0.65)):
        points[list(eye), :2] = np.array([x * side, 0.4 * side])
        points[eye[0], 0] -= 0.07 * side
        points[eye[3], 0] += 0.07 * side
        cv2.circle(picture, (round(x * side), round(0.4 * side)), side // 25, (20, 20, 20), -1)
    return picture, points


def test_blur_costs_sharpness_step_by_step():
    picture, points = face()
    results = [face_and_eyes(picture if not blur else cv2.GaussianBlur(picture, (0, 0), blur), points) for blur in (0, 1, 2, 4)]
    for sharper, softer in itertools.pairwise(results):
        assert sharper[0] > softer[0]
        assert sharper[1] > softer[1]
    assert results[0][0] > 60
    assert 0 <= results[3][0] < 30


def test_noise_is_not_sharpness():
    picture, points = face()
    soft = cv2.GaussianBlur(picture, (0, 0), 3)
    noisy = np.clip(soft + np.random.default_rng(0).normal(0, 12, soft.shape), 0, 255).astype(np.uint8)
    assert face_and_eyes(noisy, points)[0] == pytest.approx(face_and_eyes(soft, points)[0], abs=15)


def test_the_sharper_eye_counts():
    picture, points = face()
    half = picture.copy()
    half[:, 150:] = cv2.GaussianBlur(picture, (0, 0), 4)[:, 150:]
    assert face_and_eyes(half, points)[1] == pytest.approx(face_and_eyes(picture, points)[1], abs=0.7)


def test_faces_that_leave_the_picture_are_measured_as_far_as_they_are_seen():
    picture, points = face()
    points[:, :2] -= 200
    assert all(np.isfinite(face_and_eyes(picture, points)))
    points[:, :2] -= 2000
    assert face_and_eyes(picture, points) == (0.0, 0.0)


def test_noise_is_estimated_and_a_flat_patch_has_no_detail():
    noisy = np.random.default_rng(0).normal(128, 9, (200, 200)).astype(np.float32)
    assert noise_of(noisy) == pytest.approx(9, rel=0.05)
    assert octaves(np.full((64, 64), 90, np.float32), 0) == pytest.approx(0, abs=0.01)
    assert octaves(np.zeros((4, 4), np.float32), 0) == 0
    assert noise_of(np.zeros((2, 2), np.float32)) == 0
