"""Measuring the ranges of the 8-bit variants."""

from __future__ import annotations

import json

import numpy as np
import pytest

from facetd.infer.catalogue import Catalogue, FaceEmbedding, FaceLandmarks
from facetd.infer.scene import Window, draw
from models.build.calibrate import RANGES, chip, find_faces, letterbox, measure


def test_measuring_a_picture_with_a_face_names_what_the_committed_ranges_name() -> None:
    measured = measure(Catalogue.load(), [draw(640, Window(-3.0, -2.5, 6.0))])
    committed = json.loads(RANGES.read_text())
    assert {model: list(ranges) for model, ranges in measured.items()} == {model: list(ranges) for model, ranges in committed.items()}
    for model, ranges in measured.items():
        # A drawing is no photo, but what it stirs is of the same size.
        widths = np.array([[high - low for low, high in ranges.values()], [high - low for low, high in committed[model].values()]])
        assert 0.3 < np.median(widths[0] / widths[1]) < 1.2, model


@pytest.mark.parametrize(("centre", "top"), [(False, 0), (True, 2)])
def test_a_letterbox_keeps_the_proportions(centre: bool, top: int) -> None:
    square = letterbox(np.full((20, 40, 3), 255, np.uint8), 8, centre)
    assert square[top : top + 4].min() == 255
    assert square.sum() == 8 * 4 * 3 * 255


def test_faces_that_touch_a_better_one_or_are_small_are_left_out() -> None:
    boxes = np.array(
        [[0.1, 0.1, 0.5, 0.5], [0.12, 0.1, 0.5, 0.5], [0.6, 0.6, 0.9, 0.9], [0.0, 0.9, 0.05, 0.95], [0.6, 0.0, 0.9, 0.3]], np.float32
    )
    scores = np.array([0.9, 0.95, 0.7, 0.8, 0.4], np.float32)
    photo = np.zeros((400, 400, 3), np.uint8)
    assert list(find_faces(boxes, scores, photo, 0.5)) == [(40, 48, 200, 200), (240, 240, 360, 360)]


def test_a_chip_brings_the_eyes_to_the_template() -> None:
    catalogue = Catalogue.load()
    landmarks, embedding = catalogue.first(FaceLandmarks), catalogue.first(FaceEmbedding)
    crop, points = np.zeros((100, 80, 3), np.uint8), np.zeros((68, 2), np.float32)
    # Level eyes 30 px apart in an 80 x 100 crop, whose square begins 10 px to the left; a red and a green spot where they are.
    eyes, mouth = {(25, 40): [36, 37, 38, 39, 40, 41], (55, 40): [42, 43, 44, 45, 46, 47]}, {(26.6, 72.0): 48, (53.4, 72.0): 54}
    for (x, y), indices in eyes.items():
        points[indices] = ((x + 10) / 100, y / 100)
    for (x, y), index in mouth.items():
        points[index] = ((x + 10) / 100, y / 100)
    crop[38:43, 23:28, 0] = crop[38:43, 53:58, 1] = 255
    out = chip(crop, points.ravel(), landmarks, embedding).astype(float)
    rows, columns = np.mgrid[:150, :150]
    for channel, target in enumerate((embedding.embedding.template.left_eye, embedding.embedding.template.right_eye)):
        weight = out[:, :, channel]
        assert (columns * weight).sum() / weight.sum() == pytest.approx(target[0], abs=1.0)
        assert (rows * weight).sum() / weight.sum() == pytest.approx(target[1], abs=1.0)
