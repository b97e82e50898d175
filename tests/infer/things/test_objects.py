"""Reading CenterNet's maps."""

from __future__ import annotations

import numpy as np
import pytest

from facetd.infer.runner import BadOutput
from facetd.infer.things.objects import decode, find_things, named
from facetd.records.sightings import Box
from tests.infer.networks import LABELS, objects, runner

FRAME = np.full((300, 600, 3), 128, np.uint8)


def maps(*peaks: tuple[int, float, int, int, float]) -> tuple[np.ndarray, np.ndarray]:
    heatmap, distances, _features = objects(*peaks)(np.zeros((1, 3, 512, 512), np.float32))
    return heatmap[0], distances[0]


def test_a_peak_becomes_a_box_around_its_cell():
    heatmap, distances = maps((16, 0.8, 64, 32, 0))
    distances[:, 32, 64] = 40, 20, 60, 80
    things = decode(heatmap, distances, 0.3)
    assert things.classes.tolist() == [16]
    assert things.boxes[0] * 512 == pytest.approx([256 - 40, 128 - 20, 256 + 60, 128 + 80])


def test_the_picture_is_stretched_and_keeps_its_range():
    fake = runner(objects=objects())
    find_things(fake, FRAME, 0.3)
    ((_, batch),) = fake.asked
    assert batch.shape == (1, 3, 512, 512)
    assert batch.min() == batch.max() == 128


def test_only_the_top_of_a_hill_counts():
    things = decode(*maps((5, 0.9, 50, 50, 30), (5, 0.7, 51, 50, 30), (5, 0.6, 51, 51, 30)), 0.3)
    assert things.scores.tolist() == [np.float32(0.9)]


def test_peaks_in_the_corners_are_seen_and_boxes_end_at_the_border():
    things = decode(*maps((1, 0.9, 0, 0, 30), (2, 0.8, 127, 127, 30)), 0.3)
    assert things.boxes * 512 == pytest.approx(np.array([[0, 0, 30, 30], [478, 478, 512, 512]]))


def test_two_names_for_one_thing_leave_the_better_one():
    things = decode(*maps((2, 0.7, 60, 60, 100), (7, 0.6, 62, 60, 100)), 0.3)
    assert things.classes.tolist() == [2]


def test_a_person_and_what_it_rides_are_both_kept():
    things = decode(*maps((0, 0.7, 60, 60, 100), (17, 0.6, 62, 60, 100)), 0.3)
    assert things.classes.tolist() == [0, 17]


def test_things_come_best_first_and_none_below_the_floor():
    things = decode(*maps((3, 0.31, 10, 10, 20), (4, 0.9, 60, 60, 20), (5, 0.29, 100, 100, 20)), 0.3)
    assert things.scores == pytest.approx([0.9, 0.31])


def test_a_box_without_area_is_no_thing():
    assert not len(decode(*maps((3, 0.9, 10, 10, 0)), 0.3).classes)


def test_noise_everywhere_stays_bounded():
    random = np.random.default_rng(1)
    things = decode(random.random((80, 128, 128), dtype=np.float32), random.random((4, 128, 128), dtype=np.float32) * 200, 0.3)
    assert 0 < len(things.classes) <= 100


def test_names_and_thresholds():
    things = decode(*maps((0, 0.34, 10, 10, 20), (0, 0.36, 60, 10, 20), (15, 0.31, 60, 60, 20)), 0.3)
    found = named(things, LABELS, 0.30, 0.35)
    assert [(thing.label, thing.score) for thing in found] == [("person", 0.36), ("thing 15", 0.31)]
    assert found[1].box == Box(pytest.approx(220 / 512), pytest.approx(220 / 512), pytest.approx(40 / 512), pytest.approx(40 / 512))


def test_a_map_with_nan_cannot_be_used():
    def broken(batch: np.ndarray) -> tuple[np.ndarray, ...]:
        heatmap, distances, _features = objects()(batch)
        heatmap[0, 3, 5, 5] = np.nan
        return heatmap, distances

    with pytest.raises(BadOutput, match="centernet"):
        find_things(runner(objects=broken), FRAME, 0.3)
