"""Bursts by time and looks; brackets and panoramas are told apart from them; the best frame."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetd.score.bursts import BurstRule, Kind, Shot, bracket_length, burst_score, find_series, group_bursts, ranked, runs

RULE = BurstRule()
ALIKE, DIFFERENT = 0x0F0F0F0F0F0F0F0F, 0xFFFF0000FFFF0000


def shots(*times: float, phash: int | None = ALIKE, **facts: object) -> list[Shot]:
    return [Shot(number, time, "EOS", phash, **facts) for number, time in enumerate(times, 1)]  # type: ignore[arg-type]  # by field


def still(_one: Shot, _other: Shot) -> float | None:
    return None


def ids(groups: list[list[Shot]]) -> list[list[int]]:
    return [[shot.id for shot in group] for group in groups]


def test_quick_and_alike_is_a_burst() -> None:
    assert ids(group_bursts(shots(0, 10, 58, 200, 300), RULE)) == [[1, 2, 3]]


def test_below_the_rapid_gap_looks_are_not_compared() -> None:
    first, second = shots(0, 0.3)
    assert ids(group_bursts([first, replace(second, phash=DIFFERENT)], RULE)) == [[1, 2]]
    assert ids(group_bursts([first, replace(second, phash=DIFFERENT, time_s=0.5)], RULE)) == []
    assert ids(group_bursts([first, replace(second, phash=None, time_s=5)], RULE)) == []


def test_one_date_for_a_whole_film_makes_no_burst() -> None:
    film = [replace(shot, phash=number * 0x9E3779B97F4A7C15 % 2**64) for number, shot in enumerate(shots(*[0.0] * 30))]
    assert all(len(burst) < 4 for burst in group_bursts(film, RULE))


@pytest.mark.parametrize(("bits", "joined"), [(19, True), (20, False)])
def test_how_alike_is_as_configured(bits: int, joined: bool) -> None:
    one, other = shots(0, 5)
    assert bool(group_bursts([one, replace(other, phash=ALIKE ^ (2**bits - 1))], RULE)) is joined


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30))
def test_a_shot_is_in_one_burst_at_most(gaps: list[float]) -> None:
    bursts = group_bursts(shots(*accumulate(gaps)), RULE)
    numbers = [shot.id for burst in bursts for shot in burst]
    assert len(numbers) == len(set(numbers))
    assert all(len(burst) > 1 for burst in bursts)
    assert all(after.time_s - before.time_s <= RULE.window_s for burst in bursts for before, after in pairwise(burst))


def test_cameras_are_kept_apart() -> None:
    mixed = [replace(shot, camera="AB"[shot.id % 2]) for shot in shots(0, 1, 2, 3, 100, 101)]
    assert ids(list(runs(mixed, 48))) == [[2, 4], [6], [1, 3], [5]]


def bracket(*biases: float, gap: float = 0.5) -> list[Shot]:
    exposures = [1 / 100 * 2**bias for bias in biases]
    return [
        Shot(n, gap * n, "EOS", ALIKE, (6000, 4000), bias, exposure, 8.0, 100, 24)
        for n, (bias, exposure) in enumerate(zip(biases, exposures, strict=True), 1)
    ]


@pytest.mark.parametrize("biases", [(0, -2, 2), (-1, 0, 1), (0, -0.7, 0.7), (0, -1, 1, -2, 2), (-3, -2, -1, 0, 1, 2, 3)])
def test_exposures_in_even_steps_are_a_bracket(biases: tuple[float, ...]) -> None:
    assert bracket_length(bracket(*biases), 0) == len(biases)
    manual = [replace(shot, exposure_bias=0.0) for shot in bracket(*biases)]
    assert bracket_length(manual, 0) == len(biases), "the exposure time alone tells"


@pytest.mark.parametrize("biases", [(0, 0, 0), (0, 0.1, 0.2), (0, -2, 3), (0, 1), (0, 0, 1), (0, 0.3, 0.3)])
def test_what_is_no_bracket(biases: tuple[float, ...]) -> None:
    assert bracket_length(bracket(*biases), 0) == 0


def test_a_bracket_is_of_one_framing_and_quick() -> None:
    shots_taken = bracket(0, -2, 2)
    assert bracket_length([shots_taken[0], replace(shots_taken[1], focal_length=35), shots_taken[2]], 0) == 0
    assert bracket_length([shots_taken[0], replace(shots_taken[1], f_number=4.0), shots_taken[2]], 0) == 0
    assert bracket_length(bracket(0, -2, 2, gap=20), 0) == 0
    assert bracket_length([replace(shot, iso=None) for shot in shots_taken], 0) == 0


def test_two_brackets_in_a_row_are_two_and_a_burst_beside_stays_one() -> None:
    series = find_series(bracket(0, -2, 2, 0, -2, 2, 0, 0, 0), RULE, still)
    assert [(entry.kind, [shot.id for shot in entry.shots]) for entry in series] == [
        (Kind.BRACKET, [1, 2, 3]),
        (Kind.BRACKET, [4, 5, 6]),
        (Kind.BURST, [7, 8, 9]),
    ]


def test_a_camera_that_turns_further_takes_a_panorama() -> None:
    series = find_series(shots(0, 3, 6, 9, 12), RULE, lambda one, other: 0.4 if other.id <= 4 else None)
    assert [(entry.kind, [shot.id for shot in entry.shots]) for entry in series] == [(Kind.PANORAMA, [1, 2, 3, 4])]


def test_to_and_fro_or_two_frames_are_no_panorama() -> None:
    to_and_fro = find_series(shots(0, 3, 6), RULE, lambda one, _: 0.4 if one.id % 2 else -0.4)
    assert [entry.kind for entry in to_and_fro] == [Kind.BURST]
    assert [entry.kind for entry in find_series(shots(0, 3), RULE, lambda *_: 0.4)] == [Kind.BURST]
    assert all(entry.kind is Kind.BURST for entry in find_series(shots(0, 20, 40), RULE, lambda *_: 0.4)), "too slow"


def test_the_score_follows_its_formula_and_shares_what_is_missing() -> None:
    shot = Shot(1, 0, aggregate=6, aesthetic=8, sharpness=4)
    assert burst_score(shot) == pytest.approx(0.4 * 6 + 0.25 * 8 + 0.2 * 4 + 1.5)
    assert burst_score(replace(shot, blink=True)) == pytest.approx(0.4 * 6 + 0.25 * 8 + 0.2 * 4)
    assert burst_score(replace(shot, aesthetic=None)) == pytest.approx((0.4 * 6 + 0.2 * 4 + 1.5) / 0.75)


def test_sharp_eyes_lead_and_a_blink_does_not() -> None:
    soft = Shot(1, 0, aggregate=7.0, sharpness=6, face_sharpness=30, eye_sharpness=3)
    sharp = Shot(2, 1, aggregate=6.8, sharpness=6, face_sharpness=60, eye_sharpness=7)
    blinking = replace(sharp, id=3, blink=True)
    assert [shot.id for shot in ranked([soft, blinking, sharp])] == [2, 3, 1]
