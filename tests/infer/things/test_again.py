"""What is seen weakly has to be seen again."""

from __future__ import annotations

import numpy as np
import pytest

from facetd.infer.things.again import GREY, SMALLER, without_doubtful
from facetd.infer.things.objects import SIDE, find_things
from tests.infer.networks import objects, runner

FLOOR, SURE = 0.30, 0.40
FRAME = np.full((300, 600, 3), 200, np.uint8)
LEFT, RIGHT = 32, 96  # cells of the grid; a thing on the left is on the right of the mirrored picture


def small(cell: int) -> int:
    """Where a cell of the picture lies in the second one, which is mirrored and smaller."""
    return round((127 - cell - 63.5) * SMALLER / SIDE + 63.5)


def looks(first, second):
    """A network that sees the peaks of `first`, then those of `second`."""
    turns = iter((objects(*first), objects(*second)))

    def answer(batch):
        return next(turns)(batch)

    return runner(objects=answer)


def found(first, second, floor=FLOOR):
    """(class, score) of what is left, and how often the network ran."""
    fake = looks(first, second)
    things = without_doubtful(fake, FRAME, find_things(fake, FRAME, 0.2), floor, SURE)
    return list(zip(things.classes.tolist(), things.scores.round(2).tolist(), strict=True)), len(fake.asked)


@pytest.mark.parametrize(
    ("score", "second", "stays"),
    [(0.34, 0.26, True), (0.34, 0.25, False), (0.39, 0.22, True), (0.31, 0.28, False), (0.31, 0.9, True)],
)
def test_a_weak_thing_stays_where_both_looks_together_are_strong_enough(score, second, stays):
    assert found([(16, score, LEFT, 40, 60.0)], [(16, second, small(LEFT), small(127 - 40), 50.0)]) == (
        [(16, pytest.approx(score))] if stays else [],
        2,
    )


def test_what_is_sure_takes_no_second_look():
    assert found([(16, 0.4, LEFT, 40, 60.0)], []) == ([(16, pytest.approx(0.4))], 1)


def test_persons_are_left_to_their_own_threshold():
    assert found([(0, 0.36, LEFT, 40, 60.0)], []) == ([(0, pytest.approx(0.36))], 1)


def test_what_is_below_the_floor_is_nobodys_business_here():
    assert found([(16, 0.25, LEFT, 40, 60.0)], []) == ([(16, pytest.approx(0.25))], 1)


def test_a_doubtful_thing_beside_a_sure_one_goes_alone():
    assert found([(16, 0.8, RIGHT, 90, 60.0), (2, 0.35, LEFT, 40, 60.0)], []) == ([(16, pytest.approx(0.8))], 2)


@pytest.mark.parametrize(
    "second",
    [
        pytest.param((17, 0.9, small(LEFT), small(127 - 40), 50.0), id="another class"),
        pytest.param((16, 0.9, small(RIGHT), small(127 - 40), 50.0), id="another place: not mirrored"),
        pytest.param((16, 0.9, small(LEFT), small(127 - 40), 12.0), id="a small part of it"),
    ],
)
def test_something_else_confirms_nothing(second):
    assert found([(16, 0.39, LEFT, 40, 60.0)], [second]) == ([], 2)


def test_the_second_picture_is_mirrored_smaller_and_framed_in_grey():
    frame = np.zeros((512, 512, 3), np.uint8)
    frame[:, :256] = 250
    fake = looks([(16, 0.35, LEFT, 40, 60.0)], [])
    without_doubtful(fake, frame, find_things(fake, frame, 0.2), FLOOR, SURE)
    picture = fake.asked[1][1][0].transpose(1, 2, 0)
    border = (SIDE - SMALLER) // 2
    assert (picture[:border] == GREY).all()
    assert (picture[:, -border:] == GREY).all()
    assert (picture[border:-border, border + 2 : 250] == 0).all()
    assert (picture[border:-border, 262 : -border - 2] == 250).all()


@pytest.mark.parametrize("floor", [0.01, 0.1])
def test_a_very_low_floor_stays_possible(floor):
    assert found([(16, 0.2, LEFT, 40, 60.0)], [], floor) == ([(16, pytest.approx(0.2))], 2)
