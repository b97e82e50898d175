"""Which faces are the same person: average linkage on unit embeddings, exact, with pairs that must stay apart.

The distance of two groups is the mean of the squared distances of their faces. With the means a and b of unit vectors it is
2 - 2 a.b, so that only the mean of a group is kept. Average linkage is reducible: joining two groups brings neither closer to a third
than the nearer of them was. Hence groups that are each other's nearest may all be joined at once, a group whose nearest did not change
need not search again, and one without a neighbour below the limit is finished (Murtagh, A survey of recent advances in hierarchical
clustering algorithms, 1983). Pairs that must stay apart count as infinitely far, which keeps all that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]
LOOSE, KNOWN, FIXED = 0, 1, 2
ROWS, COLUMNS = 1024, 4096
WORTH_MOVING = 0.2  # share of finished rows from which on the matrix is made smaller


@dataclass(frozen=True, slots=True)
class Groups:
    """What is to be joined, n groups of faces.

    `means` (n, d): the mean of each group's unit vectors. `counts` (n,): its faces. `standing` (n,): LOOSE for a face without a person,
    KNOWN for a person, FIXED for one that a user decided about: two of these are never joined. `fresh` (n,): may have neighbours that
    were never looked at; no two groups that are not fresh are near each other. `apart` (k, 2): pairs that are never joined.
    """

    means: Floats
    counts: Numbers
    standing: Numbers
    fresh: Flags
    apart: Numbers


def join(groups: Groups, distance: float) -> Numbers:
    """For each group the index of the one it is joined to (its own where it stays), groups at most `distance` apart on average.

    `distance` is that of unit vectors, 0..2: the root of the mean square. Of joined groups the one with the highest standing
    represents all, then the largest, then the first. Takes the memory of `means` once more, at most twice.
    """
    linkage = _Linkage(groups, np.float32(1 - distance * distance / 2))
    while linkage.join_nearest():
        pass
    return linkage.labels()


def near_pairs(means: Floats, rows: Numbers, apart: Numbers, distance: float, *, most: int) -> Iterator[tuple[int, int, float]]:
    """Pairs (i, j, distance) with i in `rows` whose groups are at most `distance` apart on average; the `most` nearest of each row.

    Pairs in `apart` (k, 2) are left out.
    """
    least = np.float32(1 - distance * distance / 2)
    masks = _Masks(apart, np.zeros(len(means), np.int64))
    for start in range(0, len(rows), ROWS):
        some = rows[start : start + ROWS]
        alike = means[some] @ means.T
        alike[np.arange(len(some)), some] = -1
        masks.apply(alike, some, 0, len(means))
        for position, row in enumerate(alike):
            found = np.flatnonzero(row >= least)
            for other in found[np.argsort(-row[found], kind="stable")][:most]:
                yield int(some[position]), int(other), float(np.sqrt(max(0.0, 2 - 2 * float(row[other]))))


def apart_in_photos(group: Numbers, photo: Numbers) -> Numbers:
    """The pairs of groups (k, 2) that have a face in the same photo, from the group and photo of each face (m,)."""
    order = np.lexsort((group, photo))
    group, photo = group[order], photo[order]
    found = []
    for step in range(1, len(group)):
        same = np.flatnonzero(photo[step:] == photo[:-step])
        if not len(same):
            break
        found.append(np.stack([group[same], group[same + step]], axis=1))
    pairs = np.concatenate(found) if found else np.empty((0, 2), np.int64)
    return np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)


class _Masks:
    """Who may not be joined with whom; indices of rows."""

    def __init__(self, apart: Numbers, standing: Numbers) -> None:
        both = np.concatenate([apart, apart[:, ::-1]]) if len(apart) else np.empty((0, 2), np.int64)
        self.pairs = both[np.argsort(both[:, 0], kind="stable")]
        self.standing = standing

    def apply(self, alike: Floats, rows: Numbers, first: int, last: int) -> None:
        """Set what may not be joined to -1 in `alike`, whose rows are `rows` and whose columns are `first` to `last`."""
        fixed = np.flatnonzero(self.standing[rows] == FIXED)
        others = np.flatnonzero(self.standing[first:last] == FIXED)
        if len(fixed) and len(others):
            alike[np.ix_(fixed, others)] = -1
        if len(self.pairs):
            low, high = (np.searchsorted(self.pairs[:, 0], rows, side) for side in ("left", "right"))
            lengths = high - low
            where = np.repeat(np.arange(len(rows)), lengths)
            taken = np.arange(len(where)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + np.repeat(low, lengths)
            column = self.pairs[taken, 1]
            inside = (column >= first) & (column < last)
            alike[where[inside], column[inside] - first] = -1

    def moved(self, to: Numbers) -> _Masks:
        """The same after row i became row `to[i]`, or was dropped where that is -1. The standing is the caller's to set."""
        pairs = to[self.pairs]
        pairs = pairs[(pairs >= 0).all(axis=1) & (pairs[:, 0] != pairs[:, 1])]
        moved = _Masks(np.empty((0, 2), np.int64), self.standing)
        moved.pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
        return moved


class _Linkage:
    """The state between two rounds of joining. Rows are groups that may still be joined; `best` is the likeness (a.b) to `near`."""

    def __init__(self, groups: Groups, least: np.float32) -> None:
        self._least = least
        self._parent = np.arange(len(groups.means))
        order = np.argsort(~groups.fresh, kind="stable")  # fresh ones first
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        self._name = order
        self._means = np.ascontiguousarray(groups.means[order], np.float32)
        self._counts = groups.counts[order].astype(np.int64)
        self._masks = _Masks(place[groups.apart], groups.standing[order].astype(np.int64))
        self._best = np.full(len(order), -1, np.float32)
        self._near = np.full(len(order), -1, np.int64)
        self._first_look(int(groups.fresh.sum()))
        self._drop_finished()

    def labels(self) -> Numbers:
        """For each group of the beginning the one that represents it."""
        found = self._parent
        while not np.array_equal(found, above := found[found]):
            found = above
        return found

    def join_nearest(self) -> bool:
        """Join every two groups that are each other's nearest; whether there were any."""
        rows = np.flatnonzero(self._near >= 0)
        if not len(rows):
            return False
        mutual = rows[(self._near[self._near[rows]] == rows) & (rows < self._near[rows])]
        if not len(mutual):  # rounding made likeness one-sided; the most alike two are right in any case
            mutual = rows[[int(np.argmax(self._best[rows]))]]
        kept, lost = self._ranked(mutual, self._near[mutual])
        self._merge(kept, lost)
        gone = np.zeros(len(self._near), bool)
        gone[kept] = gone[lost] = True
        asking = (self._near >= 0) & gone[np.maximum(self._near, 0)]
        asking[kept], asking[lost] = True, False
        self._best[lost], self._near[lost] = -1, -1
        self._look_again(np.flatnonzero(asking))
        finished = self._near < 0
        self._means[finished] = 0
        if finished.mean() > WORTH_MOVING:
            self._drop_finished()
        return True

    def _ranked(self, one: Numbers, other: Numbers) -> tuple[Numbers, Numbers]:
        """Of each pair the one that represents both, and the one that goes."""
        rank = np.stack([np.stack([self._masks.standing[i], self._counts[i], -self._name[i]]) for i in (one, other)])
        first = (rank[0] > rank[1]).argmax(axis=0)  # the first criterion by which one is ahead, and by which the other is
        second = (rank[1] > rank[0]).argmax(axis=0)
        ahead = (rank[0] > rank[1]).any(axis=0) & (~(rank[1] > rank[0]).any(axis=0) | (first < second))
        return np.where(ahead, one, other), np.where(ahead, other, one)

    def _merge(self, kept: Numbers, lost: Numbers) -> None:
        a, b = self._counts[kept], self._counts[lost]
        share = (b / (a + b)).astype(np.float32)[:, None]
        self._means[kept] += (self._means[lost] - self._means[kept]) * share
        self._means[lost] = 0  # like nobody any more
        self._counts[kept] = a + b
        self._parent[self._name[lost]] = self._name[kept]
        to = np.arange(len(self._near))
        to[lost] = kept
        standing = self._masks.standing
        self._masks = self._masks.moved(to)
        self._masks.standing = standing

    def _first_look(self, fresh: int) -> None:
        """The nearest of everybody: pairs with at least one of the first `fresh` rows, each pair once."""
        total = len(self._means)
        for start in range(0, fresh, ROWS):
            rows = np.arange(start, min(start + ROWS, fresh))
            for first in range(start, total, COLUMNS):
                last = min(first + COLUMNS, total)
                alike = self._alike(rows, first, last)
                self._note(rows, alike.max(axis=1), alike, first)
                top = alike.max(axis=0)
                better = np.flatnonzero(top > np.maximum(self._best[first:last], self._least))
                if len(better):
                    columns = np.ascontiguousarray(alike[:, better].T)
                    self._best[first + better] = top[better]
                    self._near[first + better] = rows[columns.argmax(axis=1)]

    def _look_again(self, asking: Numbers) -> None:
        """The nearest of the rows `asking`, anew."""
        self._best[asking], self._near[asking] = -1, -1
        total = len(self._means)
        for start in range(0, len(asking), ROWS):
            rows = asking[start : start + ROWS]
            for first in range(0, total, COLUMNS):
                alike = self._alike(rows, first, min(first + COLUMNS, total))
                self._note(rows, alike.max(axis=1), alike, first)

    def _note(self, rows: Numbers, top: Floats, alike: Floats, first: int) -> None:
        better = np.flatnonzero(top > np.maximum(self._best[rows], self._least))
        if len(better):
            self._best[rows[better]] = top[better]
            self._near[rows[better]] = first + alike[better].argmax(axis=1)

    def _alike(self, rows: Numbers, first: int, last: int) -> Floats:
        """The likeness of `rows` to the rows `first` to `last`, -1 where they may not be joined."""
        alike: Floats = self._means[rows] @ self._means[first:last].T
        self._masks.apply(alike, rows, first, last)
        own = np.flatnonzero((rows >= first) & (rows < last))
        alike[own, rows[own] - first] = -1
        return alike

    def _drop_finished(self) -> None:
        """Keep only the rows that still have a neighbour: nobody else's nearest is among the others."""
        wanted = self._near >= 0
        wanted[self._near[wanted]] = True
        to = np.where(wanted, np.cumsum(wanted) - 1, -1)
        standing = self._masks.standing[wanted]
        self._masks = self._masks.moved(to)
        self._masks.standing = standing
        self._means, self._counts, self._name = self._means[wanted], self._counts[wanted], self._name[wanted]
        near = self._near[wanted]
        self._best, self._near = self._best[wanted], np.where(near >= 0, to[near], -1)
