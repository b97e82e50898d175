"""One scan: walk, plan, visit, store, judge; then what vanished."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facetd.db import folders as db_folders
from facetd.db import ledger, store
from facetd.db import roots as db_roots
from facetd.db.connection import Database
from facetd.db.names import shown
from facetd.errors import Asleep, Unavailable
from facetd.ingest import errands
from facetd.ingest.discover import Listing, Territory
from facetd.ingest.frames import Frames, drop
from facetd.ingest.judging import Judging, refresh_snapshot
from facetd.ingest.listening import Listener
from facetd.ingest.models import Models
from facetd.ingest.moves import Moves
from facetd.ingest.parts import Part
from facetd.ingest.plan import FolderPlan, Outdated, Planner, find_outdated
from facetd.ingest.presence import check_presence
from facetd.ingest.progress import PhotosChange, Progress
from facetd.ingest.sink import Job, Sink, Stored
from facetd.ingest.tagging import tag_photos
from facetd.ingest.tasks import OBJECTS, SALIENCY, SIGHT_KINDS, TAGS, TECHNICAL, VISIT_KINDS, VisitResult, VisitSettings, VisitTask
from facetd.ingest.vanished import settle_vanished
from facetd.ingest.workers import Workers
from facetd.records.files import Root
from facetd.records.sightings import Failure, Sighting

logger = logging.getLogger(__name__)
AHEAD = 20_000  # jobs planned before they are worked on: enough to know the total of most libraries
HEAVY_BYTES = 150 * 1024 * 1024
EARLY = 24  # photos that are shown while models are being tried; they are visited again for the models
ATTEMPTS = 5  # visits to a file that is being written; afterwards the next scan finds it


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """`confirm_missing`: believe that many photos are gone. `retry_failed`: try unreadable files again.

    `settle_s`: leave files alone until they have not been written for so long, unless they are known to be settled.
    `check_ledger`: also look for analyses that are outdated; off for the changes that the watcher reports.
    `only`: nothing but these analyses, of files that are known and unchanged; `again`: also where they are up to date.
    """

    confirm_missing: bool = False
    retry_failed: bool = False
    settle_s: float = 0.0
    check_ledger: bool = True
    only: frozenset[str] = frozenset()
    again: bool = False


class Scan:
    """A single run over some parts of the library."""

    def __init__(
        self, db: Database, workers: Workers, judging: Judging, thumbs: Path, territory: Callable[[Root], Territory],
        options: ScanOptions, progress: Progress, on_change: Callable[[Mapping[int, PhotosChange]], None],
        models: Models | None, frames: Frames, on_vectors: Callable[[Sequence[int]], Awaitable[None]],
        listener: Listener,
    ) -> None:  # fmt: skip
        self._db = db
        self._workers = workers
        self._judging = judging
        self._territory = territory
        self._options = options
        self._progress = progress
        self._on_change = on_change
        self._models = models
        self._frames = frames
        self._listener = listener
        self._expecting = asyncio.Event()
        self._expecting.set()
        self._early = EARLY
        self._moves = Moves(judging.config)
        self._planner = Planner(db, thumbs, judging.recipes.of_files, self._moves)
        pair_raw = judging.config.scanning.raw_jpeg == "pair"
        self._sink = Sink(
            db, judging, self._moves, pair_raw=pair_raw, on_stored=self._stored, on_seen=self._seen, on_vectors=on_vectors,
            on_judged=listener.photos_scored,
        )  # fmt: skip
        scanning = judging.config.scanning
        self._settings = VisitSettings(thumbs, judging.config.thumbnails.quality, scanning.max_megapixels, HEAVY_BYTES, judging.measure)
        self._vanished: dict[int, list[int]] = {}
        self._stored_ids: set[int] = set()
        self.unseen: dict[int, int] = {}  # how many photos of each root could not be looked at because no inference server answered

    def expect_models(self) -> None:
        """Models will join, or not: a few photos are visited before, so that there is something to see, and the others then."""
        self._expecting.clear()

    def join(self, models: Models | None, judging: Judging) -> None:
        """Look at new and changed photos with these models from now on; those already visited are left for another scan."""
        self._models = models
        self._expecting.set()
        self._judging = self._sink.judging = judging

    async def run(self, parts: Sequence[Part]) -> Judging:
        """Do it all; returns the judging in force afterwards (a first snapshot may have been made)."""
        online = [part for part in parts if await self._present(part.root)]
        try:
            async with self._visiting() as jobs:
                for part in online:
                    await self._plan_part(part, jobs)
                self._progress.phase = "analysing"
        finally:
            await _to_its_end(self._sink.close())  # a cancelled scan keeps what is done
        await self._settle(online)
        return await self._judge(online)

    async def _present(self, root: Root) -> bool:
        if await check_presence(self._db, root):
            return True
        self._progress.note_offline(root.id, root.name)
        return False

    async def _plan_part(self, part: Part, jobs: asyncio.Queue[Job]) -> None:
        outdated = Outdated()
        if self._options.only and self._options.again:
            await ledger.forget_all(self._db, part.root.id, self._options.only)
        if self._options.check_ledger:
            outdated = await find_outdated(self._db, self._judging.recipes, part.root.id, retry_failed=self._options.retry_failed)
        seen_folders: set[str] = set()
        async for listing in self._listings(part):
            if not listing.gone:
                seen_folders.add(listing.path)
            if listing.error is not None:
                self._progress.count(part.root.id, unreadable_folders=1)
                continue
            plan = await self._planner.plan(part.root, listing, outdated, part.picks if part.single else None)
            if self._options.only:
                plan = plan.narrowed(self._options.only)
            await self._take(part.root, plan, jobs)
            self._progress.count(part.root.id, ignored_videos=listing.videos)
        if not part.single and not self._options.only:
            await self._note_gone_folders(part, seen_folders)

    async def _listings(self, part: Part) -> AsyncIterator[Listing]:
        territory = self._territory(part.root)
        if part.single:
            yield await asyncio.to_thread(territory.list_folder, part.folder)
            return
        visited: set[str] = set()

        def seen(path: str) -> bool:
            known = path in visited
            visited.add(path)
            return known

        walk: Iterator[Listing] = territory.walk(part.folder, seen)
        while (listing := await asyncio.to_thread(next, walk, None)) is not None:
            yield listing

    async def _take(self, root: Root, plan: FolderPlan, jobs: asyncio.Queue[Job]) -> None:
        self._progress.count(root.id, unchanged=plan.unchanged, total=len(plan.jobs))
        self._vanished.setdefault(root.id, []).extend(plan.vanished)
        if plan.back:
            await self._bring_back(root, plan.back)
        if plan.jobs:
            self._workers.start()
            if self._models is not None and any(job.kinds & SIGHT_KINDS for job in plan.jobs):
                self._models.start()
        for job in plan.jobs:
            await jobs.put(job)

    async def _bring_back(self, root: Root, ids: Sequence[int]) -> None:
        await store.set_missing(self._db, ids, missing=False, pair_raw=self._pair_raw)
        self._tell(root, len(ids))

    async def _note_gone_folders(self, part: Part, seen: Collection[str]) -> None:
        """Photos of folders that the walk did not come across any more have vanished."""
        for path in await db_folders.folders_below(self._db, part.root.id, part.folder):
            if path not in seen:
                known = await db_folders.known_files(self._db, part.root.id, path)
                self._vanished.setdefault(part.root.id, []).extend(file.photo_id for file in known if not file.missing)

    @asynccontextmanager
    async def _visiting(self) -> AsyncIterator[asyncio.Queue[Job]]:
        """Workers at work on the jobs that are put into the queue; all are done at the end."""
        jobs: asyncio.Queue[Job] = asyncio.Queue(AHEAD)
        async with asyncio.TaskGroup() as group:
            visitors = [group.create_task(self._visitor(jobs)) for _ in range(self._at_once)]
            try:
                yield jobs
                await jobs.join()
            finally:
                for visitor in visitors:
                    visitor.cancel()

    @property
    def _at_once(self) -> int:
        """Photos on their way at once: enough that workers and models never wait, few enough that frames take little room."""
        if self._models is None:
            return self._workers.count + 1
        return self._workers.count + 1 + max(self._workers.count + 1, self._models.at_once)

    async def _visitor(self, jobs: asyncio.Queue[Job]) -> None:
        while True:
            job = await jobs.get()
            try:
                await self._models_expected()
                await self._visit(job)
            finally:
                jobs.task_done()

    async def _models_expected(self) -> None:
        if not self._expecting.is_set():
            self._early -= 1
            if self._early < 0:
                await self._expecting.wait()

    async def _visit(self, job: Job) -> None:
        if job.kinds >= VISIT_KINDS:  # everything of a new or changed file, which may be more than when it was planned
            job = dataclasses.replace(job, kinds=self._judging.recipes.of_files)
        if self._models is None or not job.kinds & SIGHT_KINDS:
            await self._visit_file(job, None)
            return
        if self._models.asleep:
            self._note_unseen(job)
            if job.kinds - SIGHT_KINDS or job.photo_id is None:
                await self._visit_file(job, None)
            else:
                self._progress.step(job.root.id, shown(job.relative))
            return
        frame = self._frames.new()
        try:
            await self._visit_file(job, frame)
        finally:
            drop(frame)

    async def _visit_file(self, job: Job, frame: Path | None) -> None:
        for _attempt in range(ATTEMPTS):
            await self._settled(job)
            result = await self._workers.visit(
                VisitTask(
                    job.path, job.found.sidecars, job.kinds, self._settings, content_hash=job.content_hash, reuse=job.reuse,
                    frame=frame, frame_px=self._judging.config.faces.frame_px,
                )
            )  # fmt: skip
            if not result.changed:
                break
            facts = dataclasses.replace(job.found, size=result.size, mtime_ns=time.time_ns())
            job = dataclasses.replace(job, found=facts, content_hash=None)
        if not result.gone and not result.changed:
            if job.kinds & VISIT_KINDS or job.photo_id is None:
                await self._sink.put(job, result)
            if frame is not None and not result.reused and (sighting := await self._look(job, result, frame)) is not None:
                await self._sink.put_sighting(job, result.content_hash, sighting)
        self._progress.step(job.root.id, shown(job.relative), failed=bool(result.failures))

    async def _look(self, job: Job, result: VisitResult, frame: Path) -> Sighting | None:
        """What the models see in a frame; where the file gave none, the reason. None when there are no models to ask now."""
        kinds = job.kinds & SIGHT_KINDS
        failures = {kind: result.failures[kind] for kind in kinds if kind in result.failures}
        if failures:
            return Sighting(failures=failures)
        models = self._models
        if models is None:
            return None
        try:
            return await self._measured(frame, await models.look(frame, kinds, self._workers.slots))
        except Asleep:
            self._note_unseen(job)
            return None
        except Unavailable as error:
            if self._models is not None:
                logger.warning("the models are left out of this scan: %s", error)
                self._models = None
            return None

    async def _measured(self, frame: Path, sighting: Sighting) -> Sighting:
        """With what depends on where the subject is, where a model tells that."""
        if sighting.saliency is None:
            return sighting
        try:
            subject = await self._workers.compute(
                errands.subject, frame, sighting.saliency, self._settings.measure, timeout_s=self._judging.config.scanning.timeout_s
            )
        except Unavailable as error:
            return dataclasses.replace(sighting, failures={**sighting.failures, SALIENCY: Failure("measure", str(error))})
        return dataclasses.replace(sighting, subject=subject)

    async def _settled(self, job: Job) -> None:
        """Wait until the file has not been written for a while; it may be half a copy."""
        age = time.time() - job.found.mtime_ns / 1e9
        if not job.settled and 0 <= age < self._options.settle_s:
            await asyncio.sleep(self._options.settle_s - age)

    def _note_unseen(self, job: Job) -> None:
        self.unseen[job.root.id] = self.unseen.get(job.root.id, 0) + 1

    def _stored(self, stored: Sequence[Stored]) -> None:
        self._stored_ids.update(item.photo_id for item in stored)
        changes: dict[int, PhotosChange] = {}
        for item in stored:
            root_id = item.job.root.id
            change = changes.setdefault(root_id, PhotosChange())
            change.added += item.new
            change.changed += not item.new
            change.ids.append(item.photo_id)
            kind = "added" if item.new else "moved" if item.moved else "changed"
            self._progress.count(root_id, **{kind: 1})
        self._on_change(changes)
        self._listener.photos_added([item.photo_id for item in stored if item.new])

    def _seen(self, by_root: Mapping[int, int]) -> None:
        self._on_change({root_id: PhotosChange(changed=count) for root_id, count in by_root.items()})

    def _tell(self, root: Root, changed: int) -> None:
        """So many photos of a root changed."""
        self._on_change({root.id: PhotosChange(changed=changed)})

    async def _settle(self, parts: Sequence[Part]) -> None:
        for root in {part.root.id: part.root for part in parts}.values():
            candidates = [number for number in self._vanished.get(root.id, []) if number not in self._stored_ids]
            outcome = await settle_vanished(
                self._db,
                root,
                candidates,
                self._judging.config.scanning,
                confirmed=self._options.confirm_missing,
                fresh=self._stored_ids,
                moves=self._moves,
            )
            self._progress.count(root.id, missing=outcome.missing, moved=outcome.moved, added=-outcome.moved)
            if outcome.unconfirmed:
                self._progress.ask(root.id, root.name, missing=outcome.unconfirmed, photos=outcome.photos)
            if outcome.missing or outcome.moved:
                self._tell(root, outcome.missing + outcome.moved)
        for part in parts:
            if part.whole:
                await db_roots.finish_scan(self._db, part.root.id)

    async def _judge(self, parts: Sequence[Part]) -> Judging:
        """Judge what is outdated, also by the snapshot that this scan may have made possible."""
        if not self._options.check_ledger:
            return self._judging
        self._progress.phase = "judging"
        judging = await refresh_snapshot(self._db, self._judging)
        for root in {part.root.id: part.root for part in parts}.values():
            outdated = await find_outdated(self._db, judging.recipes, root.id, retry_failed=False)
            if untagged := outdated.by_kind.get(TAGS, frozenset()) - outdated.by_kind.get(OBJECTS, frozenset()):
                await tag_photos(self._db, judging, untagged)
                outdated = await find_outdated(self._db, judging.recipes, root.id, retry_failed=False)
            unmeasured = outdated.by_kind[TECHNICAL] | await ledger.failed(self._db, root.id, TECHNICAL)
            judged = await judging.judge_photos(self._db, outdated.to_judge - unmeasured)
            if judged:
                self._tell(root, judged)
        return judging

    @property
    def _pair_raw(self) -> bool:
        return self._judging.config.scanning.raw_jpeg == "pair"


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Do `work` whole before a cancellation goes on: what it uses is still open then."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
