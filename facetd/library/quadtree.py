"""Points of the globe in the order of a quadtree: what lies in a cell of the grid of any zoom is one run of the list.

The grid of zoom z has cells of 180/2^z degrees, counted from the south pole and the date line. Plain arrays and bisection, because the
daemon loads no NumPy: counts, sums and maxima of a run are single calls of C code.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from itertools import accumulate, chain, compress, repeat
from operator import rshift

DEPTH = 24  # levels: the finest cells are a metre wide
ROUNDING = 1e-9  # degrees, more than a point may lie outside of the cell that it is counted to
FEW = 16  # points that are looked at one by one
_SIDE = 1 << DEPTH
_SPREAD = tuple(sum((number >> bit & 1) << 2 * bit for bit in range(12)) for number in range(4096))  # 0b111 -> 0b10101

Run = tuple[int, int]  # points [start, end)


@dataclass(frozen=True, slots=True)
class Box:
    """Degrees from south to north and from west to east; it goes across the date line where `west` > `east`."""

    south: float
    west: float
    north: float
    east: float

    def parts(self) -> list[tuple[float, float, float, float]]:
        """South, west, north, east of rectangles that do not overlap and do not cross the date line; 180 and -180 are the same meridian."""
        spans = [(self.west, self.east)] if self.west <= self.east else [(self.west, 180.0), (-180.0, self.east)]
        ends = {end for span in spans for end in span}
        if ends & {-180.0, 180.0} and not {-180.0, 180.0} <= ends:
            spans.append((180.0, 180.0) if -180.0 in ends else (-180.0, -180.0))
        return [(self.south, west, self.north, east) for west, east in spans]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Points of one cell: how many, their mean position, and the best of them."""

    count: int
    latitude: float
    longitude: float
    best: int


def key_of(latitude: float, longitude: float) -> int:
    """Where a point comes in the order: the bits of its row and column at the finest level, in turns; the hemisphere before them."""
    row = min(_SIDE - 1, int((latitude + 90) / 180 * _SIDE))
    column = min(2 * _SIDE - 1, int((longitude + 180) / 180 * _SIDE))
    low = column & _SIDE - 1
    rows = _SPREAD[row & 4095] | _SPREAD[row >> 12] << 24
    columns = _SPREAD[low & 4095] | _SPREAD[low >> 12] << 24
    return column >> DEPTH << 2 * DEPTH | rows << 1 | columns


@dataclass
class Points:
    """Points in the order of `keys`, each with an id and a score: the higher the better."""

    keys: array[int] = field(default_factory=lambda: array("q"))
    latitudes: array[float] = field(default_factory=lambda: array("d"))
    longitudes: array[float] = field(default_factory=lambda: array("d"))
    scores: array[float] = field(default_factory=lambda: array("d"))
    ids: array[int] = field(default_factory=lambda: array("q"))

    def __post_init__(self) -> None:
        self._grids: dict[int, tuple[array[int], array[int]]] = {}

    def __len__(self) -> int:
        return len(self.keys)

    def chosen(self, wanted: Sequence[bool]) -> Points:
        """Those that are wanted, one truth for each."""
        columns = (self.keys, self.latitudes, self.longitudes, self.scores, self.ids)
        return Points(*(array(column.typecode, compress(column, wanted)) for column in columns))  # type: ignore[arg-type]

    def within(self, box: Box) -> Iterator[Run]:
        """Runs of all points in the box."""
        whole, pieces = self._cut(box, 0)
        yield from whole
        for runs in pieces.values():
            yield from runs

    def best(self, box: Box, limit: int) -> list[int]:
        """Ids of points in the box, those with the highest score first."""
        pairs = (pair for start, end in self.within(box) for pair in zip(self.scores[start:end], self.ids[start:end], strict=True))
        return [number for _, number in nlargest(limit, pairs)]

    def clusters(self, box: Box, zoom: int, limit: int) -> list[Cluster]:
        """The points in the box by cells of the grid of this zoom, the largest first. A cell at the edge has only what is in the box."""
        whole, pieces = self._cut(box, zoom)
        starts, counts = self._cells(zoom) if whole else (array("i"), array("i"))
        found: list[Iterable[tuple[int, int, Sequence[Run]]]] = []  # how many points, where the first one is, and of which runs
        for start, end in whole:
            cells = slice(bisect_left(starts, start), bisect_left(starts, end))
            found.append(zip(counts[cells], starts[cells], repeat(())))
        found.append((sum(b - a for a, b in runs), runs[0][0], runs) for runs in pieces.values())
        return [self._cluster(count, runs or ((start, start + count),)) for count, start, runs in nlargest(limit, chain(*found))]

    def _cluster(self, count: int, runs: Sequence[Run]) -> Cluster:
        latitude = sum(sum(self.latitudes[a:b]) for a, b in runs) / count
        longitude = sum(sum(self.longitudes[a:b]) for a, b in runs) / count
        score, start, end = max((max(self.scores[a:b]), -a, b) for a, b in runs)
        return Cluster(count, latitude, longitude, self.ids[self.scores.index(score, -start, end)])

    def _cells(self, zoom: int) -> tuple[array[int], array[int]]:
        """Where each cell that has points begins, and how many it has."""
        if zoom not in self._grids:
            sizes = Counter(map(rshift, self.keys, repeat(2 * (DEPTH - zoom))))  # in the order of the keys
            counts = array("i", sizes.values())
            self._grids[zoom] = array("i", accumulate(counts[:-1], initial=0)) if counts else array("i"), counts
        return self._grids[zoom]

    def _cut(self, box: Box, zoom: int) -> tuple[list[Run], dict[int, list[Run]]]:
        """Runs of whole cells of this zoom in the box, and the runs of each cell that is in it by a part."""
        cut = _Cut(self, zoom)
        for part in box.parts():
            for hemisphere in (0, 1):
                cut.visit(part, hemisphere, 0, hemisphere, 0, 0, len(self.keys))
        return cut.whole, cut.pieces


class _Cut:
    """Goes down the tree along the edge of a rectangle only."""

    def __init__(self, points: Points, zoom: int) -> None:
        self._points = points
        self._zoom = zoom
        self.whole: list[Run] = []
        self.pieces: dict[int, list[Run]] = {}

    def visit(self, part: tuple[float, float, float, float], code: int, level: int, column: int, row: int, low: int, high: int) -> None:
        """The node of this level with the first bits `code`, at this column and row, whose points are among [low, high)."""
        keys, shift = self._points.keys, 2 * (DEPTH - level)
        start = bisect_left(keys, code << shift, low, high)
        end = bisect_left(keys, (code + 1) << shift, start, high)
        if start == end:
            return
        south, west, north, east = part
        size = 180 / (1 << level)
        left, bottom = column * size - 180, row * size - 90
        right, top = min(180.0, left + size + ROUNDING), min(90.0, bottom + size + ROUNDING)
        left, bottom = max(-180.0, left - ROUNDING), max(-90.0, bottom - ROUNDING)
        if left > east or right < west or bottom > north or top < south:
            return
        if left >= west and right <= east and bottom >= south and top <= north:
            if level <= self._zoom:
                self.whole.append((start, end))
            else:
                self.pieces.setdefault(code >> 2 * (level - self._zoom), []).append((start, end))
        elif level == DEPTH or end - start <= FEW:
            self._one_by_one(part, range(start, end))
        else:
            for child in range(4):
                self.visit(part, code << 2 | child, level + 1, column << 1 | child & 1, row << 1 | child >> 1, start, end)

    def _one_by_one(self, part: tuple[float, float, float, float], places: Iterable[int]) -> None:
        south, west, north, east = part
        points = self._points
        for place in places:
            if south <= points.latitudes[place] <= north and west <= points.longitudes[place] <= east:
                cell = points.keys[place] >> 2 * (DEPTH - self._zoom)
                self.pieces.setdefault(cell, []).append((place, place + 1))
