"""What runs in a process of its own to find what is similar to one photo. Keeps what it compares, and brings it up to date by itself.

Needs NumPy. 100,000 photos take about 40 MB and a second to read.
"""

from __future__ import annotations

import logging
from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facetd.db import looks
from facetd.db.vectors import reading
from facetd.errors import Unavailable
from facetd.ingest.findings import FoundSimilar
from facetd.ingest.nearest import estimates, nearest
from facetd.score.hamming import distances
from facetd.score.similar import BINS, CHANNELS, CHANNELS_STORED, colour, colour_bins, visual

if TYPE_CHECKING:
    from facetd.db.connection import Connection

logger = logging.getLogger(__name__)
COMPARED = 700  # photos most alike by estimate whose embeddings are read; a list shows fewer
BY_VECTOR_ALONE = 1000  # photos nearest by their embedding, for one that has no hash
MOST = 3000  # results given back; a list shows fewer
FACES = 50_000  # compared at most
BLANK = bytes(2 * CHANNELS_STORED)


@dataclass(slots=True)
class Index:
    """One library as it was at `seq`: a row for each photo."""

    seq: int = 0
    row_of: dict[int, int] = field(default_factory=dict)
    ids: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    roots: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    hide: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    hashed: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    hashes: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    colored: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    mono: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    saturation: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    luminance: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    bins: NDArray[np.uint16] = field(default_factory=lambda: np.empty((0, CHANNELS * BINS), np.uint16))

    def refresh(self, connection: Connection) -> None:
        """Read what came or changed."""
        for rows in looks.read_colors(connection, self.seq):
            new = [row[1] for row in rows if row[1] not in self.row_of]
            self._grow(new)
            where = np.array([self.row_of[row[1]] for row in rows])
            self.ids[where], self.roots[where] = [row[1] for row in rows], [row[2] for row in rows]
            self.hide[where] = [row[3] for row in rows]
            self.hashed[where] = [row[4] is not None for row in rows]
            self.hashes[where] = np.array([int(row[4] or "0", 16) for row in rows], np.uint64)
            self.colored[where] = [len(row[8] or b"") == len(BLANK) for row in rows]
            self.mono[where] = [bool(row[5]) for row in rows]
            self.saturation[where], self.luminance[where] = [row[6] or 0.0 for row in rows], [row[7] or 0.0 for row in rows]
            whole = [row[8] or b"" for row in rows]
            stored = b"".join(one if len(one) == len(BLANK) else BLANK for one in whole)
            self.bins[where] = colour_bins(np.frombuffer(stored, "<u2").reshape(len(rows), CHANNELS_STORED))
            self.seq = rows[-1][0]

    def _grow(self, new: Sequence[int]) -> None:
        """Room for more photos, doubled when it is used up."""
        for photo in new:
            self.row_of.setdefault(photo, len(self.row_of))
        if len(self.row_of) <= len(self.ids):
            return
        room = max(1024, len(self.row_of) * 5 // 4)
        for name in ("ids", "roots", "hide", "hashed", "hashes", "colored", "mono", "saturation", "luminance", "bins"):
            old = getattr(self, name)
            grown = np.zeros((room, *old.shape[1:]), old.dtype)
            grown[: len(old)] = old
            setattr(self, name, grown)
        self.hide[len(self.row_of) :] = looks.LEFT_OUT

    def rows_of(self, photos: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """The rows of those of `photos` that are known, and which of them these are."""
        ids = self.ids[: len(self.row_of)]
        order = np.argsort(ids, kind="stable")
        places = order[np.minimum(np.searchsorted(ids, photos, sorter=order), len(ids) - 1)]
        known = ids[places] == photos
        return places[known], np.asarray(known, np.bool_)

    def visible(self, roots: Collection[int]) -> NDArray[np.bool_]:
        """The rows that somebody who sees `roots` may be shown."""
        return np.asarray(np.isin(self.roots, list(roots)) & (self.hide & looks.LEFT_OUT == 0), np.bool_)


_indexes: dict[Path, Index] = {}


def similar_by_looks(path: Path, folder: Path, roots: Collection[int], photo: int, least: float) -> FoundSimilar:
    """What looks like `photo`, most similar first, and by what it was compared. `folder` has the files of vectors.

    All are compared by hash and by an estimate of the cosine, which the best are then compared by as it is; those without an embedding in
    the space of `photo` by their hash alone.
    """
    with reading(path) as connection:
        index = _fresh(path, connection)
        row = index.row_of.get(photo)
        if row is None:
            return FoundSimilar()
        allowed = index.visible(roots) & (index.ids != photo)
        if not index.hashed[row]:
            return _by_vectors(path, folder, index, photo, allowed, least)
        bits = distances(index.hashes[row], index.hashes).astype(np.uint8)
        bits[~(allowed & index.hashed)] = 255
        about = _estimates(path, folder, index, photo)
        scores = np.where(bits <= 64, visual(np.minimum(bits, 64), about), -1.0)
        near = np.argpartition(-scores, min(COMPARED, len(scores) - 1))[:COMPARED]
        near = near[bits[near] <= 64]
        known = looks.read_vectors(connection, [photo, *index.ids[near].tolist()])
        cosines = looks.cosines(known, [(photo, int(other)) for other in index.ids[near]])
        scores[near] = visual(bits[near], cosines)
        basis = "hash" if np.isnan(cosines).all() else "hash+embedding"
    return _best(index.ids, scores, least, basis)


def _by_vectors(path: Path, folder: Path, index: Index, photo: int, allowed: NDArray[np.bool_], least: float) -> FoundSimilar:
    try:
        found = nearest(path, folder, None, photo, BY_VECTOR_ALONE)
    except Unavailable as error:
        logger.warning("%s", error)
        found = None
    if found is None:
        return FoundSimilar(message="no_hash")
    rows, known = index.rows_of(np.array(found.ids, np.int64))
    cosines = np.array(found.cosines, np.float32)[known]
    return _best(index.ids[rows], np.where(allowed[rows], cosines, -1.0), least, "embedding")


def _estimates(path: Path, folder: Path, index: Index, photo: int) -> NDArray[np.float32]:
    """About the cosine of each row; NaN where there is nothing to compare."""
    about = np.full(len(index.ids), np.nan, np.float32)
    try:
        found = estimates(path, folder, photo)
    except Unavailable as error:
        logger.warning("%s", error)
        found = None
    if found is not None:
        rows, known = index.rows_of(found[0])
        about[rows] = found[1][known]
    return about


def similar_by_colour(path: Path, roots: Collection[int], photo: int, least: float) -> FoundSimilar:
    """What has the colours of `photo`, most similar first."""
    with reading(path) as connection:
        index = _fresh(path, connection)
    row = index.row_of.get(photo)
    if row is None or not index.colored[row]:
        return FoundSimilar(message="no_histogram")
    allowed = index.visible(roots) & index.colored & (index.ids != photo)
    scores = colour(index.bins, row, index.saturation, index.luminance, index.mono)
    return _best(index.ids, np.where(allowed, scores, -1.0), least, "histogram")


def similar_by_face(path: Path, photo: int, least: float) -> FoundSimilar:
    """The photos with a face like one of those in `photo` that are nobody's, most similar first."""
    with reading(path) as connection:
        own, others, vectors = looks.read_faces(connection, photo, FACES)
    if not len(own):
        return FoundSimilar(message="no_faces")
    if not len(others):
        return FoundSimilar(basis="face")
    best = (vectors @ own.T).max(axis=1)
    order = np.argsort(-best, kind="stable")
    _, first = np.unique(others[order], return_index=True)
    chosen = order[np.sort(first)]
    return _best(others[chosen], best[chosen], least, "face")


def _fresh(path: Path, connection: Connection) -> Index:
    index = _indexes.setdefault(path, Index())
    if looks.newest(connection) < index.seq:  # another library took the place of the one that was read
        index = _indexes[path] = Index()
    index.refresh(connection)
    return index


def _best(ids: NDArray[np.int64], scores: NDArray[np.floating], least: float, basis: str) -> FoundSimilar:
    enough = np.flatnonzero((scores >= least) & (scores >= 0))
    if len(enough) > MOST:
        enough = enough[np.argpartition(-scores[enough], MOST)[:MOST]]
    order = enough[np.lexsort((ids[enough], -scores[enough]))]
    return FoundSimilar(array("q", ids[order].tolist()), array("f", scores[order].tolist()), basis)
