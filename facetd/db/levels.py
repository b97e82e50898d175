"""The photos of a search that finds many, by how well they fit: bytes for photos instead of rows that SQL would have to group and sort.

Photos fall into few levels, as a score depends only on which sources of a term have them. Gives what db/hits.py's `scored` gives.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from facetd.db.hits import SATURATION, WEIGHTS, Found, rarity
from facetd.db.ranked import Pair

if TYPE_CHECKING:
    from facetd.db.connection import Connection

MOST_LEVELS = 255  # of a byte; what fits worse is not told apart
MOST_HITS = 16  # of one photo and one term that count, each a bit


class Places:
    """All photos, best first, and the place of each in that order."""

    def __init__(self, ids: Sequence[int]) -> None:
        self.ids = array("q", ids)
        self._by_id = array("I", [len(self.ids)]) * (max(ids, default=0) + 1)
        for place, number in enumerate(self.ids):
            self._by_id[number] = place

    def __len__(self) -> int:
        return len(self.ids)

    def of(self, photos: Iterable[int]) -> Iterator[int]:
        """The places of `photos`, all `known`; `len()` for one that is not there."""
        return map(self._by_id.__getitem__, photos)

    def place(self, photo: int) -> int:
        """The place of any photo; `len()` for one that is not there."""
        return self._by_id[photo] if 0 <= photo < len(self._by_id) else len(self.ids)

    def known(self, photos: Sequence[int]) -> Sequence[int]:
        """Those of `photos` that are not newer than this order."""
        end = len(self._by_id)
        return photos if max(photos, default=0) < end else [number for number in photos if number < end]

    @property
    def end(self) -> int:
        """Above every id."""
        return len(self._by_id)


class Leveled:
    """Photos found, the best level first; within one in the order of `places`. A collection of photos, and Ranked."""

    def __init__(self, places: Places, levels: bytes, scores: Sequence[float], *, exact: bool = True) -> None:
        """`levels` has for each place 0, for a photo that was not found, or the number of its level: 1 has `scores[0]`, the highest.

        A last 0 is for photos without a place. `exact` unless there may be photos that came after `places` were read.
        """
        self.exact = exact
        self._places = places
        self._levels = levels
        self._scores = scores
        self._ends = list(accumulate(levels.count(number) for number in range(1, len(scores) + 1)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __contains__(self, photo: object) -> bool:
        return isinstance(photo, int) and self._levels[self._places.place(photo)] > 0

    def __iter__(self) -> Iterator[int]:
        return (number for number, _ in self.pairs())

    def pairs(self) -> Iterator[Pair]:
        """The photos with their scores."""
        return iter(self.part(0, len(self)))

    @property
    def size(self) -> int:
        """Bytes that it takes, without the places that all share."""
        return len(self._levels)

    def part(self, start: int, count: int) -> list[Pair]:
        """`count` photos from the one at `start` on."""
        found: list[Pair] = []
        first = 0
        for number, (score, end) in enumerate(zip(self._scores, self._ends, strict=True), start=1):
            if start < end and count > len(found):
                some = self._of_level(number, max(0, start - first), count - len(found))
                found += [(self._places.ids[place], score) for place in some]
            first = end
        return found

    def place_of(self, photo: int) -> int | None:
        """How many come before it; None where it was not found."""
        place = self._places.place(photo)
        level = self._levels[place]
        if not level:
            return None
        return (self._ends[level - 2] if level > 1 else 0) + self._levels.count(level, 0, place)

    def place_below(self, score: float) -> int:
        """How many have at least this score."""
        better = bisect_right([-each for each in self._scores], -score)
        return self._ends[better - 1] if better else 0

    def rescored(self, new: Callable[[float], float]) -> Leveled:
        """The same with other scores, in the same order."""
        return Leveled(self._places, self._levels, [new(score) for score in self._scores], exact=self.exact)

    def _of_level(self, number: int, skipped: int, count: int) -> Iterator[int]:
        """`count` places of a level, after the first `skipped`."""
        place, left = -1, skipped + count
        while left > 0 and (place := self._levels.find(number, place + 1)) >= 0:
            left -= 1
            if left < count:
                yield place


def leveled(
    connection: Connection,
    found: Sequence[Found],
    photos: int,
    places: Places,
    *,
    hidden: Sequence[int] = (),
    kept: Sequence[int] | None = None,
    exact: bool = True,
) -> Leveled:
    """The photos that all terms of `found` hold for, in a library of so many photos. At least one term is not negated.

    Those `hidden` are left out, and those that are not `kept` if given. `exact` where `places` has all photos.
    """
    wanted = sorted((each for each in found if not each.term.negated), key=lambda each: each.count)
    terms = [_Marks.of(connection, each, places) for each in wanted]
    candidates: Sequence[int] = terms[0].photos
    if kept is not None:
        candidates = list(filter(_flags(places, places.known(kept)).__getitem__, candidates))
    unwanted = [photos for each in found if each.term.negated for photos in _hits(connection, each, places)]
    if unwanted or hidden:
        flags = _flags(places, *unwanted, places.known(hidden))
        candidates = [number for number in candidates if not flags[number]]
    rare = [rarity(each.count, photos) for each in wanted]
    by_code: dict[tuple[int, ...], float] = {}
    codes = list(zip(*(map(each.marks.__getitem__, candidates) for each in terms), strict=True))
    for code in set(codes):
        if all(code):
            weights = [each.weight(mark) for each, mark in zip(terms, code, strict=True)]
            by_code[code] = sum(each * weight / (weight + SATURATION) for each, weight in zip(rare, weights, strict=True))
    scores = sorted(set(by_code.values()), reverse=True)[:MOST_LEVELS]
    numbers = {score: number for number, score in enumerate(scores, start=1)}
    levels = bytearray(len(places) + 1)
    level_of = {code: numbers.get(score, MOST_LEVELS) for code, score in by_code.items()}
    for place, code in zip(places.of(candidates), codes, strict=True):
        levels[place] = level_of.get(code, 0)
    levels[-1] = 0
    return Leveled(places, bytes(levels), scores, exact=exact)


class _Marks:
    """Where one term was found: a number of 16 bits for each id, with a bit for each hit; and what the bits weigh."""

    def __init__(self, places: Places) -> None:
        self.marks = array("H", [0]) * places.end
        self.photos: list[int] = []
        self._weights: list[float] = []

    @classmethod
    def of(cls, connection: Connection, found: Found, places: Places) -> _Marks:
        """The marks of a term."""
        marks = cls(places)
        for source, hits in zip(found.sources, _hits(connection, found, places), strict=True):
            left = hits
            while left and len(marks._weights) < MOST_HITS:
                left = marks._add(WEIGHTS[source.field], left)
        return marks

    def weight(self, mark: int) -> float:
        """What the hits of a mark count together."""
        return sum(weight for bit, weight in enumerate(self._weights) if mark >> bit & 1)

    def _add(self, weight: float, photos: Sequence[int]) -> list[int]:
        """Give each photo a bit; those that are there twice are left for the next one."""
        marks, bit, again = self.marks, 1 << len(self._weights), []
        self._weights.append(weight)
        new = self.photos.append
        for number in photos:
            mark = marks[number]
            if mark & bit:
                again.append(number)
                continue
            if not mark:
                new(number)
            marks[number] = mark | bit
        return again


def _flags(places: Places, *photos: Iterable[int]) -> bytearray:
    """A byte for each id: 1 for those of `photos`, none of them newer than the order."""
    flags = bytearray(places.end)
    for some in photos:
        for number in some:
            flags[number] = 1
    return flags


def _hits(connection: Connection, found: Found, places: Places) -> Iterator[Sequence[int]]:
    """The photos of each source. One text of all ids is read several times as fast as a row for each."""
    for source in found.sources:
        row = connection.execute(f"SELECT json_group_array(id) FROM ({source.sql})", source.parameters).fetchone()
        yield places.known(json.loads(row[0]))
