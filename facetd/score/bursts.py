"""Bursts: photos taken in quick succession that look alike; exposure brackets and panoramas among them are told apart, and kept whole."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

BITS = 64  # of a perceptual hash
EVEN_EV = 0.21  # by how much the steps of a bracket may differ
LEAST_STEP_EV = 0.3
LEAST_SPREAD_EV = 0.9
BRACKET_GAP_S = 5.0  # longest gap between neighbours of a bracket, on top of the exposure
PANORAMA_GAP_S = 15.0
LEAST_FRAMES = 3


class Kind(StrEnum):
    """What a series of photos is. Only a burst has frames that may go."""

    BURST = "burst"
    BRACKET = "bracket"
    PANORAMA = "panorama"


@dataclass(frozen=True, slots=True)
class BurstRule:
    """What counts as one burst; the section `burst_detection` of the configuration."""

    window_s: float = 48.0  # longest gap between neighbours
    rapid_s: float = 0.4  # below this gap looks are not compared
    max_bits: int = 19  # of 64, in which neighbours may differ; 70 % alike


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo as bursts see it. `time_s` in seconds on any scale; scores 0..10, face and eyes as PhotoVisit has them; None: unknown."""

    id: int
    time_s: float
    camera: str = ""
    phash: int | None = None
    size: tuple[int, int] = (0, 0)
    exposure_bias: float | None = None
    exposure_time: float | None = None
    f_number: float | None = None
    iso: float | None = None
    focal_length: float | None = None
    aggregate: float | None = None
    aesthetic: float | None = None
    sharpness: float | None = None
    subject_sharpness: float | None = None
    face_sharpness: float | None = None
    eye_sharpness: float | None = None
    blink: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """Shots that belong together, by time; in a bracket or panorama the first frame leads and all of them stay."""

    kind: Kind
    shots: list[Shot] = field(default_factory=list)


def runs(shots: Sequence[Shot], window_s: float) -> Iterator[list[Shot]]:
    """Split `shots` into what each camera took without a pause longer than `window_s`; each run by time."""
    ordered = sorted(shots, key=lambda shot: (shot.camera, shot.time_s, shot.id))
    run: list[Shot] = []
    for shot in ordered:
        if run and (shot.camera != run[-1].camera or shot.time_s - run[-1].time_s > window_s):
            yield run
            run = []
        run.append(shot)
    if run:
        yield run


def group_bursts(shots: Sequence[Shot], rule: BurstRule) -> list[list[Shot]]:
    """Split `shots` of one camera, sorted by time, into bursts of two or more.

    A gap up to `rapid_s` always joins (not one of zero: dates in whole seconds, or one for many); up to `window_s` it joins when the
    perceptual hashes differ in at most `max_bits` bits. O(n).
    """
    bursts: list[list[Shot]] = []
    for shot in shots:
        if bursts and _joins(bursts[-1][-1], shot, rule):
            bursts[-1].append(shot)
        else:
            bursts.append([shot])
    return [burst for burst in bursts if len(burst) > 1]


def _joins(before: Shot, after: Shot, rule: BurstRule) -> bool:
    gap = after.time_s - before.time_s
    if 0 < gap <= rule.rapid_s:  # no gap at all tells nothing: scans of a whole film have one date
        return True
    if gap > rule.window_s or before.phash is None or after.phash is None:
        return False
    return (before.phash ^ after.phash).bit_count() <= rule.max_bits


def find_series(run: Sequence[Shot], rule: BurstRule, moved: Callable[[Shot, Shot], float | None]) -> list[Series]:
    """All series in a run of one camera. `moved` tells by how much of its width the camera turned between two shots, to the right or
    down positive; None when they do not overlap by a shift.
    """
    found: list[Series] = []
    left: list[Shot] = []
    for piece, kind in _pieces(run, moved):
        if kind is Kind.BURST:
            left.extend(piece)
        else:
            found.append(Series(kind, piece))
            found += [Series(Kind.BURST, burst) for burst in group_bursts(left, rule)]
            left = []
    return found + [Series(Kind.BURST, burst) for burst in group_bursts(left, rule)]


def _pieces(run: Sequence[Shot], moved: Callable[[Shot, Shot], float | None]) -> Iterator[tuple[list[Shot], Kind]]:
    start = 0
    while start < len(run):
        length, kind = bracket_length(run, start), Kind.BRACKET
        if not length:
            length, kind = _panorama_length(run, start, moved), Kind.PANORAMA
        if not length:
            length, kind = 1, Kind.BURST
        yield list(run[start : start + length]), kind
        start += length


def bracket_length(run: Sequence[Shot], start: int) -> int:
    """How many shots from `start` on are an exposure bracket: 3, 5, 7 or 9 of one framing, every exposure different, in even steps.

    The steps are those of the exposure bias, or of the exposure (APEX: log2(N^2 / t * 100 / ISO)) where that is constant. The longest
    counts. 0: none.
    """
    for count in (9, 7, 5, 3):
        some = run[start : start + count]
        if len(some) == count and _is_bracket(some):
            return count
    return 0


def _is_bracket(shots: Sequence[Shot]) -> bool:
    for one, next_one in pairwise(shots):
        if next_one.time_s - one.time_s > BRACKET_GAP_S + (one.exposure_time or 0) + (next_one.exposure_time or 0):
            return False
        if next_one.size != one.size or next_one.focal_length != one.focal_length or next_one.f_number != one.f_number:
            return False
    biases, values = [shot.exposure_bias for shot in shots], [exposure_value(shot) for shot in shots]
    return _even(values) and (len(set(biases)) in (1, len(biases)))


def _even(values: Sequence[float | None]) -> bool:
    known = sorted(value for value in values if value is not None)
    if len(known) < len(values) or known[-1] - known[0] < LEAST_SPREAD_EV:
        return False
    steps = [after - before for before, after in pairwise(known)]
    return min(steps) >= LEAST_STEP_EV and max(steps) - min(steps) <= max(EVEN_EV, 0.2 * max(steps))


def exposure_value(shot: Shot) -> float | None:
    """How much light the exposure lets count, in EV at ISO 100; None when something is unknown. The f-number may be unknown (a lens
    without contacts): it does not change in a bracket.
    """
    if not shot.exposure_time or not shot.iso or shot.exposure_time <= 0 or shot.iso <= 0:
        return None
    return math.log2((shot.f_number or 1.0) ** 2 / shot.exposure_time * 100 / shot.iso)


def _panorama_length(run: Sequence[Shot], start: int, moved: Callable[[Shot, Shot], float | None]) -> int:
    """How many shots from `start` on are one panorama: three or more, each turned further than the one before. 0: none."""
    shift: float | None = None
    end = start
    while end + 1 < len(run) and _may_overlap(run[end], run[end + 1]):
        turned = moved(run[end], run[end + 1])
        if turned is None or (shift is not None and (turned > 0) != (shift > 0)):
            break
        shift, end = turned, end + 1
    return end - start + 1 if end - start + 1 >= LEAST_FRAMES else 0


def _may_overlap(one: Shot, other: Shot) -> bool:
    if other.time_s - one.time_s > PANORAMA_GAP_S or one.size != other.size or one.focal_length != other.focal_length:
        return False
    values = exposure_value(one), exposure_value(other)
    return values[0] is None or values[1] is None or abs(values[0] - values[1]) < 1.0


def burst_score(shot: Shot) -> float:
    """How good a frame is among its like, 0..10: 0.4 aggregate + 0.25 aesthetic + 0.2 sharpness + 0.15 x (10 unless somebody blinks).

    What is unknown leaves its weight to the rest. Source: the formula of the product whose API this is.
    """
    parts = [(0.4, shot.aggregate), (0.25, shot.aesthetic), (0.2, shot.sharpness), (0.15, 0.0 if shot.blink else 10.0)]
    known = [(weight, value) for weight, value in parts if value is not None]
    return sum(weight * value for weight, value in known) / sum(weight for weight, _ in known)


def ranked(shots: Sequence[Shot]) -> list[Shot]:
    """The frames of a burst, best first: what is meant to be sharp decides by as much as it differs within the burst.

    Frames of a burst show the same, so that the sharpness of subject, face and eyes tells more than anywhere else: each is set in
    relation to the best of the burst (0..10), and their mean counts for half beside `burst_score`.
    """
    best = {name: max((getattr(shot, name) or 0.0 for shot in shots), default=0.0) for name in _SHARP}

    def worth(shot: Shot) -> float:
        relative = [10 * (getattr(shot, name) or 0.0) / best[name] for name in _SHARP if best[name] > 0]
        sharp = sum(relative) / len(relative) if relative else 0.0
        return 0.5 * burst_score(shot) + 0.5 * sharp

    return sorted(shots, key=lambda shot: (-worth(shot), shot.time_s, shot.id))


_SHARP = ("subject_sharpness", "sharpness", "face_sharpness", "eye_sharpness")
