"""Which photos look alike: bursts, duplicates, and what is similar, kept up to date as photos come and change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from facetd.config.model import BurstDetection, DuplicateDetection
from facetd.db import likeness as db_likeness
from facetd.db.connection import Database
from facetd.ingest.workers import Workers

if TYPE_CHECKING:
    from pathlib import Path

    from facetd.ingest.findings import FoundPairs, FoundSeries, FoundSets

VERSION = 1  # of the way of comparing; another one looks at everybody again
BATCH = 4000  # photos compared in one go
TIMEOUT_S = 3600.0


class Likeness:
    """Comparing photos as a follow-up of new and changed ones. `changed` is told of photos that are hidden or shown now."""

    name = "similar photos"

    def __init__(
        self,
        db: Database,
        workers: Workers,
        thumbs: Path,
        bursts: BurstDetection,
        duplicates: DuplicateDetection,
        changed: Callable[[Sequence[int]], None] = lambda _ids: None,
    ) -> None:
        self._db = db
        self._workers = workers
        self._thumbs = thumbs
        self._bursts = bursts
        self._like = duplicates.similarity_percent / 100
        self._changed = changed
        self._recipe = f"{VERSION} {bursts.window_s:g} {bursts.rapid_s:g} {bursts.similarity_percent:g} {self._like:g}"

    async def due(self) -> bool:
        """Photos came or changed, or what counts as alike did."""
        return await db_likeness.waiting(self._db, self._recipe) is not None

    async def run(self, tell: Callable[[str], None] = lambda _phase: None) -> int:
        """Compare what is new, in steps that are stored one by one; returns how many photos were. Raises Unavailable."""
        compared = 0
        while (since := await db_likeness.waiting(self._db, self._recipe)) is not None:
            tell("comparing")
            pairs = await self._workers.compute(_pairs, self._db.path, self._thumbs, since, BATCH, self._like, timeout_s=TIMEOUT_S)
            alike = zip(pairs.alike[::2], pairs.alike[1::2], pairs.similarity, strict=True)
            await db_likeness.save_pairs(self._db, pairs.fresh, pairs.same, alike)
            sets = await self._workers.compute(_sets, self._db.path, list(pairs.fresh), timeout_s=TIMEOUT_S)
            changed = await db_likeness.save_sets(self._db, sets.concerned, sets.sets)
            fresh = sorted({*pairs.fresh, *changed})
            series = await self._workers.compute(_series, self._db.path, self._thumbs, fresh, self._bursts, timeout_s=TIMEOUT_S)
            changed += await db_likeness.save_series(self._db, series.concerned, series.series)
            await db_likeness.note_done(self._db, pairs.upto, self._recipe)
            compared += len(pairs.fresh)
            if changed:
                self._changed(sorted(set(changed)))
        return compared


# What follows runs in a worker; the imports stay out of the daemon.


def _pairs(path: Path, thumbs: Path, since: int, limit: int, like: float) -> FoundPairs:
    from facetd.ingest.likening import find_pairs  # noqa: PLC0415

    return find_pairs(path, thumbs, since, limit, like)


def _sets(path: Path, fresh: Sequence[int]) -> FoundSets:
    from facetd.ingest.likening import find_sets  # noqa: PLC0415

    return find_sets(path, fresh)


def _series(path: Path, thumbs: Path, fresh: Sequence[int], bursts: BurstDetection) -> FoundSeries:
    from facetd.ingest.likening import find_bursts  # noqa: PLC0415
    from facetd.score.bursts import BITS, BurstRule  # noqa: PLC0415

    most = int(BITS * (1 - bursts.similarity_percent / 100) + 1e-6)
    return find_bursts(path, thumbs, fresh, BurstRule(bursts.window_s, bursts.rapid_s, most))
