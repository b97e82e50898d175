"""Animals are not people."""

from __future__ import annotations

import numpy as np
import pytest

from facetd.infer.faces.veto import vetoed
from facetd.infer.things.objects import Things

ANIMALS = np.arange(14, 24)
CENTRE = np.array([[0.5, 0.5]], np.float32)
AROUND, BESIDE = (0.3, 0.3, 0.7, 0.7), (0.6, 0.6, 0.9, 0.9)
PERSON, BIRD, DOG, GIRAFFE, BEAR_TOY = 0, 14, 16, 23, 77


def seen(*things: tuple[int, float, tuple[float, float, float, float]]) -> Things:
    return Things(
        np.array([number for number, *_ in things], np.intp),
        np.array([score for _, score, _ in things], np.float32),
        np.array([box for *_, box in things], np.float32).reshape(-1, 4),
    )


@pytest.mark.parametrize(
    ("things", "dropped"),
    [
        (seen(), False),
        (seen((DOG, 0.4, AROUND)), True),
        (seen((BIRD, 0.31, AROUND)), True),
        (seen((GIRAFFE, 0.31, AROUND)), True),
        (seen((BEAR_TOY, 0.9, AROUND)), False),
        (seen((DOG, 0.29, AROUND)), False),
        (seen((DOG, 0.9, BESIDE)), False),
        (seen((DOG, 0.4, AROUND), (PERSON, 0.5, AROUND)), False),
        (seen((DOG, 0.6, AROUND), (PERSON, 0.5, AROUND)), True),
        (seen((DOG, 0.4, AROUND), (PERSON, 0.9, BESIDE)), True),
    ],
)
def test_who_is_an_animal(things, dropped):
    assert vetoed(CENTRE, things, ANIMALS, PERSON, 0.3).tolist() == [dropped]


def test_each_face_is_judged_for_itself():
    centres = np.array([[0.5, 0.5], [0.1, 0.1]], np.float32)
    assert vetoed(centres, seen((DOG, 0.8, AROUND)), ANIMALS, PERSON, 0.3).tolist() == [True, False]
