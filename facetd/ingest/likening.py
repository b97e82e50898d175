"""What runs in a worker to find out which photos look alike: reads the library and thumbnails, compares, and gives back what changes.

Needs NumPy and OpenCV.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from facetd.db import looks
from facetd.db.likeness import LEAST_SIMILARITY
from facetd.db.vectors import reading
from facetd.ingest.findings import FoundPairs, FoundSeries, FoundSets
from facetd.media.thumbnail_paths import SIZES, thumbnail_path
from facetd.score.bursts import BurstRule, Kind, Series, Shot, find_series, ranked, runs
from facetd.score.copies import Copy, are_other_shots, best_copy, sets_of_copies
from facetd.score.duplicates import CANDIDATE_BITS, Square, agreement, in_position, is_flat, is_same_picture, to_square
from facetd.score.hamming import Hashes, near_pairs, parse_hashes, positions, tells_something
from facetd.score.similar import camera_shift, visual

if TYPE_CHECKING:
    from facetd.db.connection import Connection

ALIKE_BITS = int(64 * (1 - LEAST_SIMILARITY))  # all that are 0.825 alike whatever their embeddings are, too
ALIKE_MOST = 12  # neighbours kept of each photo
CANDIDATES_MOST = 48  # pictures compared with each photo, the nearest ones
THUMBNAILS_KEPT = 600
cv2.setNumThreads(1)


def find_pairs(path: Path, thumbs: Path, since: int, limit: int, like: float) -> FoundPairs:
    """Which of the next `limit` photos after `since` are the same picture as another one, or look alike.

    Each is compared with all that came before it, so that every pair is seen once; whatever a photo was paired with before is void.
    """
    with reading(path) as connection:
        found = looks.read_looks(connection, since, limit)
        same = looks.same_content(connection, found.all_fresh)
        candidates, near = _near(found, parse_hashes(found.hashes))
        copies = _read_copies(connection, {number for pair in candidates for number in pair[:2]})
        vectors = looks.read_vectors(connection, sorted({number for pair in near for number in pair[:2]}))
    read = lru_cache(THUMBNAILS_KEPT)(lambda content: _read_square(thumbs, content))
    joined = dict.fromkeys(same, 0.0)
    for one, other, position in candidates:
        if (one, other) not in joined:
            difference = _difference(copies[one], copies[other], position, read, like)
            if difference is not None:
                joined[one, other] = difference
    pairs = [(one, other) for one, other, _ in near]
    similar = visual(np.array([bits for _, _, bits in near], np.uint8), looks.cosines(vectors, pairs))
    return FoundPairs(
        found.upto,
        array("q", found.all_fresh),
        [(*pair, difference) for pair, difference in sorted(joined.items())],
        array("q", [number for pair in pairs for number in pair]),
        array("f", similar.tolist()),
    )


def _near(found: looks.Looks, known: Hashes) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]:
    """Candidates (first, second, position of the second) for duplicates, nearest first, and the photos alike (first, second, bits)."""
    telling = tells_something(known)
    fresh = found.fresh[telling[found.fresh]]
    rows = np.flatnonzero(telling)
    hashes = known[rows]
    candidates: list[tuple[int, int, int, int]] = []
    alike: list[tuple[int, int, int]] = []
    for position, turned in enumerate(positions(known[fresh])):
        for asked, others, bits in near_pairs(turned, hashes, CANDIDATE_BITS if position else ALIKE_BITS):
            one, other = fresh[asked], rows[others]
            once = (other < one) | (~np.isin(other, fresh))  # a pair of fresh ones is met twice
            found_here = zip(found.ids[other[once]].tolist(), found.ids[one[once]].tolist(), bits[once].tolist(), strict=True)
            for second, first, distance in found_here:
                if second == first:
                    continue
                if position == 0:
                    alike.append((first, second, distance))
                if distance <= CANDIDATE_BITS:
                    candidates.append((distance, position, first, second))
    return _nearest_candidates(candidates), _nearest_alike(alike)


def _nearest_candidates(found: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int]]:
    """The nearest of each photo, each pair once in its nearest position: (lower id, higher id, position of the higher)."""
    counts: Counter[int] = Counter()
    chosen: dict[tuple[int, int], int] = {}
    for _, position, first, second in sorted(found):
        pair = min(first, second), max(first, second)
        if pair not in chosen and counts[first] < CANDIDATES_MOST:
            counts[first] += 1
            # the asked photo was turned; of the other one it is the inverse position
            chosen[pair] = position if first == pair[1] else _inverse(position)
    return [(*pair, position) for pair, position in chosen.items()]


def _inverse(position: int) -> int:
    """The position that undoes another: mirrored ones undo themselves."""
    return position if position >= 4 else -position % 4


def _nearest_alike(found: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    counts: Counter[int] = Counter()
    chosen: dict[tuple[int, int], int] = {}
    for distance, first, second in sorted((bits, first, second) for first, second, bits in found):
        pair = min(first, second), max(first, second)
        if pair not in chosen and counts[first] < ALIKE_MOST:
            counts[first] += 1
            chosen[pair] = distance
    return [(*pair, distance) for pair, distance in chosen.items()]


def _read_copies(connection: Connection, ids: Iterable[int]) -> dict[int, Copy]:
    return {row[0]: Copy(*row) for row in looks.read_copies(connection, ids)}


def _difference(one: Copy, other: Copy, position: int, read: Callable[[str], Square | None], like: float) -> float | None:
    """By how many levels the pictures differ; None when they are not the same."""
    first, second = read(one.content_hash), read(other.content_hash)
    if first is None or second is None or is_flat(first) or is_flat(second):
        return None
    seen = agreement(first, in_position(second, position))
    return seen.difference if is_same_picture(seen, other_shot=are_other_shots(one, other), like=like) else None


def _read_square(thumbs: Path, content: str) -> Square | None:
    grey = _read_grey(thumbs, content)
    return None if grey is None else to_square(grey)


def _read_grey(thumbs: Path, content: str) -> NDArray[np.uint8] | None:
    """The smallest thumbnail in grey; None when it is not there (the next scan makes it)."""
    try:
        data = np.fromfile(thumbnail_path(thumbs, content, SIZES[0]), np.uint8)
        grey = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) if len(data) else None
    except (OSError, cv2.error):
        return None
    return None if grey is None else np.asarray(grey, np.uint8)


def find_sets(path: Path, fresh: Sequence[int]) -> FoundSets:
    """The sets of duplicates around `fresh`, from the pairs that are stored: the best of each first."""
    with reading(path) as connection:
        concerned, pairs, known = looks.read_duplicates(connection, fresh)
        copies = _read_copies(connection, {number for pair in pairs for number in pair})
    found = FoundSets(array("q", concerned))
    taken: set[int] = set()
    for group in sets_of_copies(pairs, copies):
        lead = best_copy([copies[number] for number in group])
        ordered = [lead.id, *(number for number in group if number != lead.id)]
        found.sets.append((_keep_number([known.get(number) for number in group], taken), ordered))
    return found


def _keep_number(numbers: Sequence[int | None], taken: set[int]) -> int:
    """The number that most members of a group had, if no other group has it; 0: a new one."""
    for number, _ in Counter(number for number in numbers if number is not None).most_common():
        if number not in taken:
            taken.add(number)
            return number
    return 0


def find_bursts(path: Path, thumbs: Path, fresh: Sequence[int], rule: BurstRule) -> FoundSeries:
    """The series around `fresh` in time. A burst that a user has reviewed stays as it is while it has the same frames."""
    with reading(path) as connection:
        before = looks.series_of(connection, fresh)
        old = looks.members(connection, {entry[0] for entry in before.values()})
        rows = looks.read_runs(connection, {*fresh, *old}, rule.window_s)
        shots = [_shot(row) for row in rows]
        contents: dict[int, str] = {row[0]: row[-1] for row in rows}
        concerned = {*fresh, *old, *contents}
        known = looks.series_of(connection, concerned)
    read = lru_cache(THUMBNAILS_KEPT)(lambda content: _read_grey(thumbs, content))

    def moved(one: Shot, other: Shot) -> float | None:
        first, second = read(contents[one.id]), read(contents[other.id])
        return None if first is None or second is None else camera_shift(first, second)

    found = FoundSeries()
    taken: set[int] = set()
    for run in runs(shots, rule.window_s):
        for series in find_series(run, rule, moved) if len(run) > 1 else ():
            ids = [shot.id for shot in _ordered(series)]
            reviewed = {known.get(number) for number in ids}
            only = next(iter(reviewed)) if len(reviewed) == 1 else None
            if only and only[2] and sum(entry == only for entry in known.values()) == len(ids):
                concerned -= set(ids)
                continue
            number = _keep_number([known[i][0] for i in ids if i in known and known[i][1] == series.kind], taken)
            found.series.append((number, str(series.kind), ids))
    found.concerned = array("q", sorted(concerned))
    return found


def _ordered(series: Series) -> list[Shot]:
    """The frames of a burst, best first; of others by time."""
    return ranked(series.shots) if series.kind is Kind.BURST else series.shots


def _shot(row: looks.ShotRow) -> Shot:
    """A row of looks.SHOTS as bursts see it."""
    number, date, make, model, phash, width, height, *values, blink, _ = row
    camera = f"{make or ''} {model or ''}".strip()
    known = dict(zip(_SHOT_VALUES, values, strict=True))
    return Shot(
        number, looks.seconds(date), camera, int(phash, 16) if phash else None, (width or 0, height or 0), blink=bool(blink), **known
    )


_SHOT_VALUES = (
    "exposure_bias", "exposure_time", "f_number", "iso", "focal_length", "aggregate", "aesthetic", "sharpness", "subject_sharpness",
    "face_sharpness", "eye_sharpness",
)  # fmt: skip
