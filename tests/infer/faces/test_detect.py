"""Finding face boxes: decoding, the second look, tiles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facetd.infer.faces.detect import detect
from facetd.infer.faces.found import Found, merged
from facetd.infer.faces.ssd import decode
from facetd.infer.runner import DETECTOR, BadOutput
from tests.infer.networks import SETTINGS, detector, runner

FRAME = np.zeros((800, 1600, 3), np.uint8)
FACE = (0.25, 0.125, 0.375, 0.25)  # of the square; 400..600 x 200..400... of the frame, whose long side is the square's


def test_a_box_of_the_square_lands_on_its_place_in_the_picture():
    found = detect(runner(detector=detector([(FACE, 0.9)])), FRAME, SETTINGS)
    assert found.boxes[0] == pytest.approx([400, 200, 600, 400], abs=1)
    assert found.scores == pytest.approx([0.9])


def test_boxes_in_the_black_part_disappear_and_others_end_at_the_border():
    boxes = np.array([[0.6, 0.1, 0.8, 0.3], [-0.1, -0.2, 0.2, 0.2]], np.float32)
    found = decode(boxes, np.array([0.9, 0.8], np.float32), (0.32, 0.32), (1600, 800), SETTINGS)
    assert found.boxes == pytest.approx(np.array([[0, 0, 320, 320]]))


def test_one_face_boxed_twice_is_one():
    found = detect(runner(detector=detector([(FACE, 0.7), ((0.26, 0.13, 0.385, 0.26), 0.8)])), FRAME, SETTINGS)
    assert found.scores == pytest.approx([0.8])


@pytest.mark.parametrize(
    ("boxes", "looks"),
    [
        ([], 1),
        ([(FACE, 0.9)], 1),
        ([(FACE, 0.19)], 1),
        ([(FACE, 0.3)], 2),
        ([(FACE, 0.9), ((0.6, 0.1, 0.7, 0.2), 0.3)], 2),
        ([(FACE, 0.9), ((0.29, 0.15, 0.34, 0.24), 0.3)], 1),  # a part of a face that is found
    ],
)
def test_a_weak_box_that_stands_apart_asks_for_a_second_look(boxes, looks):
    fake = runner(detector=detector(boxes, []))
    detect(fake, FRAME, SETTINGS)
    assert fake.count(DETECTOR) == looks


def test_the_second_look_is_smaller_and_finds_the_face_at_its_place():
    fake = runner(detector=detector([(FACE, 0.3)], [(tuple(value * 360 / 512 for value in FACE), 0.8)]))
    white = np.full_like(FRAME, 255)
    found = detect(fake, white, SETTINGS)
    assert found.boxes[0] == pytest.approx([400, 200, 600, 400], abs=2)
    second = fake.asked[1][1][0, 0]
    assert second[:180, :360].min() == 255
    assert second[181:].max() == second[:, 361:].max() == 0


def test_both_looks_at_one_face_are_one_face():
    again = tuple(value * 360 / 512 for value in FACE)
    fake = runner(detector=detector([(FACE, 0.6), ((0.6, 0.1, 0.7, 0.2), 0.3)], [(again, 0.8)]))
    assert detect(fake, FRAME, SETTINGS).scores == pytest.approx([0.8])


def test_tiles_find_small_faces_once_and_never_half_ones():
    # The tiles are 960 x 480 px of the frame, 512 x 256 of the square; the face below lies in the overlap of the two upper ones.
    small = ((700 / 960) * 1.0, 100 / 960, 740 / 960, 140 / 960)
    same = (60 / 960, 100 / 960, 100 / 960, 140 / 960)
    cut = (0.0, 200 / 960, 40 / 960, 260 / 960)
    fake = runner(detector=detector([], [(small, 0.9)], [(same, 0.8), (cut, 0.9)], [], []))
    found = detect(fake, FRAME, replace(SETTINGS, tiles=True))
    assert found.boxes == pytest.approx(np.array([[700, 100, 740, 140]]), abs=1)


def test_small_pictures_are_not_cut_into_tiles():
    fake = runner(detector=detector([]))
    detect(fake, np.zeros((400, 600, 3), np.uint8), replace(SETTINGS, tiles=True))
    assert len(fake.asked) == 1


def test_a_higher_threshold_keeps_fewer():
    fake = runner(detector=detector([(FACE, 0.7)]))
    assert not len(detect(fake, FRAME, replace(SETTINGS, min_score=0.8)).scores)


def test_one_pass_is_left_as_it_is():
    nested = Found(np.array([[0, 0, 100, 100], [10, 10, 40, 40]], np.float32), np.array([0.9, 0.8], np.float32))
    assert len(merged([nested]).scores) == 2
    assert len(merged([nested, nested.where(np.array([], np.intp))]).scores) == 1


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_scores_that_are_no_numbers_cannot_be_used(value):
    with pytest.raises(BadOutput):
        detect(runner(detector=detector([(FACE, value)])), FRAME, SETTINGS)
