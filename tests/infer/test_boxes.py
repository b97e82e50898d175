"""Boxes: overlap and choice."""

from __future__ import annotations

import numpy as np
import pytest

from facetd.infer.boxes import as_fractions, containments, overlaps, suppress, suppress_contained
from facetd.records.sightings import Box


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def test_overlap_is_common_over_joint_area():
    assert overlaps(boxes((0, 0, 10, 10)), boxes((0, 5, 10, 15), (20, 20, 30, 30), (0, 0, 10, 10))) == pytest.approx(
        np.array([[1 / 3, 0, 1]])
    )


def test_containment_is_of_the_smaller_box():
    assert containments(boxes((0, 0, 10, 10)), boxes((2, 2, 4, 4), (8, 0, 18, 10))) == pytest.approx(np.array([[1, 0.2]]))


def test_boxes_without_area_overlap_nothing():
    assert overlaps(boxes((5, 5, 5, 5)), boxes((0, 0, 10, 10), (5, 5, 5, 5))).tolist() == [[0, 0]]


def test_the_best_of_overlapping_boxes_stays():
    rows = boxes((0, 0, 10, 10), (1, 0, 11, 10), (30, 0, 40, 10))
    assert suppress(rows, np.array([0.6, 0.9, 0.7], np.float32), 0.45).tolist() == [1, 2]


def test_a_box_is_only_dropped_by_one_that_stays():
    chain = boxes((0, 0, 10, 10), (4, 0, 14, 10), (8, 0, 18, 10))
    assert suppress(chain, np.array([0.9, 0.8, 0.7], np.float32), 0.4).tolist() == [0, 2]


def test_a_part_of_a_thing_goes_even_when_the_overlap_is_small():
    rows = boxes((0, 0, 100, 100), (10, 10, 40, 40))
    scores = np.array([0.9, 0.8], np.float32)
    assert suppress(rows, scores, 0.45).tolist() == [0, 1]
    assert suppress_contained(rows, scores, 0.65).tolist() == [0]


def test_nothing_in_nothing_out():
    none = np.empty(0, np.float32)
    assert suppress(boxes(), none, 0.4).tolist() == []
    assert containments(boxes(), boxes((0, 0, 1, 1))).shape == (0, 1)


def test_fractions_are_cut_at_the_border():
    assert as_fractions(np.array([-10, 50, 100, 220], np.float32), 200, 200) == Box(0, 0.25, 0.5, 0.75)
