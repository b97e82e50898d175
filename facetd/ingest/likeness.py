"""Which photos look alike: bursts, duplicates, and what is similar, kept up to date as photos come and change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from facetd.config.model import BurstDetection, DuplicateDetection
from facetd.db import leads, roots
from facetd.db import likeness as db_likeness
from facetd.db.connection import Database
from facetd.ingest import errands
from facetd.ingest.workers import Workers

if TYPE_CHECKING:
    from pathlib import Path


VERSION = 1  # of the way of comparing; another one looks at everybody again
BATCH = 4000  # photos compared in one go
TIMEOUT_S = 3600.0


class Likeness:
    """Comparing photos as a follow-up of new and changed ones. `changed` is told of photos that are hidden or shown now; `seen_by` says who
    sees the root at a path, and may look at the disk."""

    name = "similar photos"

    def __init__(
        self,
        db: Database,
        workers: Workers,
        thumbs: Path,
        bursts: BurstDetection,
        duplicates: DuplicateDetection,
        changed: Callable[[Sequence[int]], None] = lambda _ids: None,
        seen_by: Callable[[str], frozenset[str]] = lambda _root_path: frozenset(),
    ) -> None:
        self._db = db
        self._workers = workers
        self._thumbs = thumbs
        self._bursts = bursts
        self._like = duplicates.similarity_percent / 100
        self._changed = changed
        self._seen_by = seen_by
        self._recipe = f"{VERSION} {bursts.window_s:g} {bursts.rapid_s:g} {bursts.similarity_percent:g} {self._like:g}"

    async def due(self) -> bool:
        """Photos came or changed, or what counts as alike did, or who sees them."""
        if await db_likeness.waiting(self._db, self._recipe) is not None:
            return True
        return await leads.seen_otherwise(self._db, await self._audiences())

    async def run(self, tell: Callable[[str], None] = lambda _phase: None) -> int:
        """Compare what is new, in steps that are stored one by one; returns how many photos were. Raises Unavailable."""
        compared, audiences = 0, await self._audiences()
        if await leads.seen_otherwise(self._db, audiences) and (otherwise := await leads.choose_again(self._db, audiences)):
            self._changed(sorted(set(otherwise)))
        while (since := await db_likeness.waiting(self._db, self._recipe)) is not None:
            tell("comparing")
            pairs = await self._workers.compute(errands.pairs, self._db.path, self._thumbs, since, BATCH, self._like, timeout_s=TIMEOUT_S)
            alike = zip(pairs.alike[::2], pairs.alike[1::2], pairs.similarity, strict=True)
            await db_likeness.save_pairs(self._db, pairs.fresh, pairs.same, alike)
            sets = await self._workers.compute(errands.sets, self._db.path, list(pairs.fresh), timeout_s=TIMEOUT_S)
            changed = await db_likeness.save_sets(self._db, sets.concerned, sets.sets, audiences)
            fresh = sorted({*pairs.fresh, *changed})
            rule = self._bursts.window_s, self._bursts.rapid_s, self._bursts.similarity_percent / 100
            series = await self._workers.compute(errands.series, self._db.path, self._thumbs, fresh, *rule, timeout_s=TIMEOUT_S)
            changed += await db_likeness.save_series(self._db, series.concerned, series.series, audiences)
            await db_likeness.note_done(self._db, pairs.upto, self._recipe)
            compared += len(pairs.fresh)
            if changed:
                self._changed(sorted(set(changed)))
        return compared

    async def _audiences(self) -> Mapping[int, frozenset[str]]:
        """Who sees each root."""
        found = await roots.roots(self._db)
        return await asyncio.to_thread(lambda: {root.id: self._seen_by(root.path) for root in found})
