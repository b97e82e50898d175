"""Named persons: the best of each, pairs, and pairs that are rarely together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from facetd.score.capsules.photos import Draft, Flags, Photos

if TYPE_CHECKING:
    from facetd.config.capsules import AtLeast, RarePair


def faces_of(photos: Photos, rule: AtLeast) -> Iterator[Draft]:
    """The best photos of each person, those with most photos first."""
    seen = photos.persons.among(photos.good)
    counts = np.bincount(seen.codes, minlength=len(seen.keys))
    for code in np.lexsort((np.arange(len(counts)), -counts)):
        if counts[code] >= rule.min_photos:
            person = int(seen.keys[code])
            yield Draft(
                "faces_of", f"{person}", photos.best_first(seen.having(int(code))), "faces_of", persons=(person,), least=rule.min_photos
            )


def pairs(photos: Photos, rule: AtLeast, alone: AtLeast, most: int) -> tuple[list[Draft], list[Draft]]:
    """Two persons in one photo, those with most photos together first: the pairs that leave enough for each of them `alone` if they are
    shown on `most` photos, and the others.
    """
    found = together(photos, photos.good)
    left = Counter(photos.persons.keys[code] for code in photos.persons.among(photos.good).codes)
    before: list[Draft] = []
    after: list[Draft] = []
    for pair, rows in sorted(found.items(), key=lambda entry: (-len(entry[1]), entry[0])):
        if len(rows) < rule.min_photos:
            continue
        taken = min(most, len(rows))
        enough = all(left[person] - taken >= alone.min_photos for person in pair)
        (before if enough else after).append(_pair(photos, "person_pair", pair, rows, rule.min_photos))
        if enough:
            left.subtract(dict.fromkeys(pair, taken))
    return before, after


def rare_pairs(photos: Photos, rule: RarePair, enough: int) -> Iterator[Draft]:
    """Two persons who share few photos, but good ones; not those with `enough` to be a usual pair. The best first."""
    usual = {pair for pair, rows in together(photos, photos.good).items() if len(rows) >= enough}
    found = together(photos, photos.aggregate >= rule.min_score)
    rare = [(pair, rows) for pair, rows in found.items() if pair not in usual and rule.min_photos <= len(rows) <= rule.max_shared_photos]
    for pair, rows in sorted(rare, key=lambda entry: (-float(photos.aggregate[entry[1]].mean()), entry[0])):
        yield _pair(photos, "rare_pair", pair, rows, rule.min_photos)


def together(photos: Photos, chosen: Flags) -> dict[tuple[int, int], list[int]]:
    """The `chosen` photos that each pair of persons (lower id first) shares."""
    seen = photos.persons.among(chosen)
    who: dict[int, list[int]] = defaultdict(list)
    for row, code in zip(seen.rows.tolist(), seen.codes.tolist(), strict=True):
        who[row].append(int(seen.keys[code]))
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row, persons in who.items():
        for first, second in combinations(sorted(persons), 2):
            found[first, second].append(row)
    return found


def _pair(photos: Photos, kind: str, pair: tuple[int, int], rows: list[int], least: int) -> Draft:
    return Draft(kind, f"{pair[0]}-{pair[1]}", photos.best_first(np.array(rows, np.int64)), kind, persons=pair, least=least)
