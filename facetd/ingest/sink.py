"""The end of the pipeline: results of visits are recognised, judged and stored in small transactions."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import math
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from facetd.db import matching, store
from facetd.db.connection import Database
from facetd.db.sightings import save_sightings
from facetd.ingest.discover import FoundFile
from facetd.ingest.judging import Judging
from facetd.ingest.moves import Moves
from facetd.ingest.seeing import compose_seen
from facetd.ingest.tasks import JUDGEMENT, METADATA, SIGHT_KINDS, TECHNICAL, VisitResult
from facetd.records.files import Root
from facetd.records.sightings import Sighting
from facetd.records.visit import Outcome, PhotoVisit

BATCH = 64
BATCH_WAIT_S = 0.2
EVERY_S = 1.0  # while photos come all the time: each transaction outdates what the lists have kept


@dataclass(frozen=True, slots=True)
class Job:
    """A file to be visited: where it is, what is known of it, and which analyses it needs.

    `settled` says that somebody has seen it closed; otherwise it may be half a copy.
    """

    root: Root
    folder: str
    found: FoundFile
    kinds: frozenset[str]
    photo_id: int | None = None
    content_hash: str | None = None
    reuse: frozenset[str] = frozenset()
    settled: bool = False

    @property
    def relative(self) -> str:
        """The path below the root."""
        return f"{self.folder}/{self.found.filename}" if self.folder else self.found.filename

    @property
    def path(self) -> str:
        """The absolute path."""
        return os.path.join(self.root.path, self.relative)


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a stored visit."""

    photo_id: int
    job: Job
    new: bool
    moved: bool
    failed: bool


class Sink:
    """Stores results in batches: a transaction for up to 64 photos. The first ones wait for 0.2 s, then there is one in a second."""

    def __init__(
        self,
        db: Database,
        judging: Judging,
        moves: Moves,
        *,
        pair_raw: bool,
        on_stored: Callable[[Sequence[Stored]], None],
        on_seen: Callable[[Mapping[int, int]], None],
        on_vectors: Callable[[Sequence[int]], Awaitable[None]],
        on_judged: Callable[[Collection[int]], None],
    ) -> None:
        self._db = db
        self.judging = judging
        self._moves = moves
        self._pair_raw = pair_raw
        self._on_stored = on_stored
        self._on_seen = on_seen
        self._on_vectors = on_vectors
        self._on_judged = on_judged
        self._waiting: list[tuple[Job, VisitResult]] = []
        self._sightings: list[tuple[Job, str, Sighting]] = []
        self._ids: dict[tuple[int, str], int] = {}  # of photos stored whose sightings are still to come
        self._storing = asyncio.Lock()
        self._timer: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._stored_at = -math.inf

    async def put(self, job: Job, result: VisitResult) -> None:
        """Take one result; it is stored soon."""
        self._waiting.append((job, result))
        await self._soon(len(self._waiting))

    async def put_sighting(self, job: Job, content_hash: str, sighting: Sighting) -> None:
        """Take what the models saw in a file whose visit was put before, or that is known; it is stored soon."""
        self._sightings.append((job, content_hash, sighting))
        await self._soon(len(self._sightings))

    async def _soon(self, waiting: int) -> None:
        if waiting >= BATCH:
            await self.flush()
        elif self._timer is None or self._timer.done():
            if self._timer is not None:
                self._timer.result()  # what was not stored is not passed over in silence
            self._timer = asyncio.create_task(self._flush_later())

    async def flush(self) -> None:
        """Store everything taken so far."""
        async with self._storing:
            waiting, self._waiting = self._waiting, []
            sightings, self._sightings = self._sightings, []
            if waiting:
                self._on_stored(await self._store(waiting))
            if sightings:
                self._on_seen(await self._store_sightings(sightings))
            self._stored_at = time.monotonic()

    async def close(self) -> None:
        """Store what is left, at once. Raises what a delayed store raised."""
        self._closing.set()
        if self._timer is not None:
            await self._timer
        await self.flush()

    async def _flush_later(self) -> None:
        wait_s = max(BATCH_WAIT_S, self._stored_at + EVERY_S - time.monotonic())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), wait_s)
        await self.flush()

    async def _store(self, waiting: Sequence[tuple[Job, VisitResult]]) -> list[Stored]:
        adopted = await self._find_moved(waiting)
        visits = await asyncio.to_thread(self._compose, waiting, adopted)
        ids = await store.save_visits(self._db, visits, pair_raw=self._pair_raw)
        self._ids |= {(job.root.id, job.relative): number for number, (job, _) in zip(ids, waiting, strict=True) if job.kinds & SIGHT_KINDS}
        partial = {
            number
            for number, visit in zip(ids, visits, strict=True)
            if visit.judgement is None and any(o.kind in (METADATA, TECHNICAL) and o.error is None for o in visit.outcomes)
            and not any(o.kind == TECHNICAL and o.error is not None for o in visit.outcomes)
        }  # fmt: skip
        if partial:
            await self.judging.judge_photos(self._db, partial)
        self._on_judged({number for number, visit in zip(ids, visits, strict=True) if visit.judgement is not None} | partial)
        return [
            Stored(number, job, new=job.photo_id is None and index not in adopted, moved=index in adopted, failed=bool(result.failures))
            for index, (number, (job, result)) in enumerate(zip(ids, waiting, strict=True))
        ]

    async def _store_sightings(self, sightings: Sequence[tuple[Job, str, Sighting]]) -> Mapping[int, int]:
        """Store them; how many photos of each root that were."""
        seen = []
        roots: dict[int, int] = {}
        for job, content_hash, sighting in sightings:
            number = self._ids.pop((job.root.id, job.relative), job.photo_id)
            if number is not None:
                seen.append(compose_seen(number, content_hash, job.kinds & SIGHT_KINDS, sighting, self.judging))
                roots[number] = job.root.id
        stored = await save_sightings(self._db, seen)
        if fresh := {photo.photo_id for photo in seen if photo.embedding is not None}.intersection(stored):
            await self._on_vectors(sorted(fresh))
        await self.judging.judge_photos(self._db, stored)
        self._on_judged(stored)
        return Counter(roots[number] for number in stored)

    async def _find_moved(self, waiting: Sequence[tuple[Job, VisitResult]]) -> dict[int, int]:
        """For files the library does not know: the photo of the same content whose old path is gone, by index in `waiting`."""
        unknown = {index: (job, result) for index, (job, result) in enumerate(waiting) if job.photo_id is None and result.content_hash}
        if not unknown:
            return {}
        places = await matching.places_of_content(self._db, {result.content_hash for _, result in unknown.values()})
        gone = await asyncio.to_thread(_gone, [place for place in places if place.root_online])
        roots = {job.root.id: job.root.path for job, _ in unknown.values()}
        fitting = await asyncio.to_thread(
            lambda: {(place.photo_id, number) for place in gone for number, path in roots.items() if self._moves.fits(place, path)}
        )
        taken: set[int] = set()
        adopted: dict[int, int] = {}
        known_paths = {place.path for place in places}
        for index, (job, result) in unknown.items():
            if job.path in known_paths:
                continue
            for place in gone:
                if place.content_hash == result.content_hash and place.photo_id not in taken and (place.photo_id, job.root.id) in fitting:
                    taken.add(place.photo_id)
                    adopted[index] = place.photo_id
                    break
        return adopted

    def _compose(self, waiting: Sequence[tuple[Job, VisitResult]], adopted: dict[int, int]) -> list[PhotoVisit]:
        visits = []
        for index, (job, result) in enumerate(waiting):
            visit = PhotoVisit(
                root_id=job.root.id,
                folder=job.folder,
                filename=job.found.filename,
                size=result.size,
                mtime_ns=result.mtime_ns,
                content_hash=result.content_hash,
                sidecar_stamp=job.found.sidecar_stamp,
                outcomes=self._outcomes(job, result),
                photo_id=job.photo_id if job.photo_id is not None else adopted.get(index),
                header=result.header,
                metadata=result.metadata,
                appearance=result.appearance,
                phash=result.phash,
                metrics=result.metrics,
            )
            # What is known of a photo already, faces and tags, counts as well: those are judged from what is stored.
            judgement = self.judging.judge_visit(visit) if visit.photo_id is None else None
            if judgement is not None:
                outcome = Outcome(JUDGEMENT, self._fingerprint(JUDGEMENT, job, result))
                visit = dataclasses.replace(visit, judgement=judgement, outcomes=(*visit.outcomes, outcome))
            visits.append(visit)
        return visits

    def _outcomes(self, job: Job, result: VisitResult) -> tuple[Outcome, ...]:
        if result.reused:
            return ()
        found = []
        for kind in sorted(job.kinds - SIGHT_KINDS | ({METADATA} if result.metadata is not None else set())):
            failure = result.failures.get(kind)
            reason, message = (failure.reason, failure.message) if failure else (None, None)
            found.append(Outcome(kind, self._fingerprint(kind, job, result), error=message, reason=reason))
        return tuple(found)

    def _fingerprint(self, kind: str, job: Job, result: VisitResult) -> str:
        return self.judging.recipes.fingerprint(kind, result.content_hash, job.found.sidecar_stamp)


def _gone(places: Sequence[matching.Place]) -> list[matching.Place]:
    """Those whose file is not there any more. Looks at the disk."""
    return [place for place in places if not os.path.lexists(place.path)]
