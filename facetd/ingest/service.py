"""The ingest service: one whole scan at a time, changes from the watcher beside it, and everybody told about it."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import dataclasses
import functools
import logging
import os
import shutil
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from facetd.config import Config
from facetd.db import folders as db_folders
from facetd.db import roots as db_roots
from facetd.db import store
from facetd.db.capsules import ListKey
from facetd.db.connection import Database
from facetd.db.photos import roots_of
from facetd.db.subjects import forget_subjects
from facetd.db.tags import save_synonyms
from facetd.errors import Conflict, FacetdError
from facetd.i18n import _
from facetd.ingest.capsules import CapsuleMaking
from facetd.ingest.discover import Territory
from facetd.ingest.followups import Followups
from facetd.ingest.frames import Frames
from facetd.ingest.globecare import GlobeCare
from facetd.ingest.judging import Judging
from facetd.ingest.likeness import Likeness
from facetd.ingest.listening import Listener, Nobody
from facetd.ingest.meaning import Meaning
from facetd.ingest.models import Models
from facetd.ingest.moves import Moves
from facetd.ingest.opinions import Opinions
from facetd.ingest.parts import Part, inside, parts_of_change, parts_of_directories
from facetd.ingest.people import PeopleGrouping
from facetd.ingest.places import Places
from facetd.ingest.progress import Broadcast, PhotosChange, Progress, changes_of
from facetd.ingest.scan import Scan, ScanOptions
from facetd.ingest.seeing import Eyes
from facetd.ingest.sidecars import Sidecars
from facetd.ingest.tasks import METADATA, SALIENCY, SIGHT_KINDS
from facetd.ingest.vanished import forget_missing
from facetd.ingest.vectorcare import VectorCare
from facetd.ingest.workers import Workers
from facetd.library.vectors import Vectors
from facetd.media.thumbnail_paths import SCRATCH
from facetd.records.files import Root
from facetd.records.judgement import Judgement
from facetd.watch.change import Change
from facetd.watch.exclude import Excludes

logger = logging.getLogger(__name__)
PUBLISH_EVERY_S = 0.5
LOOKUP_S, LOOKUP_IDLE_S = 60.0, 300.0  # longest lookup, and how long its process waits for another
PATIENCE_S = 1.0  # for models whose choice is known; a first trial takes longer


class Ingest:
    """Keeps the library in step with the photo folders."""

    def __init__(
        self, db: Database, data: Path, config: Config, workers: Workers, eyes: Eyes | None = None, lookups: Workers | None = None
    ) -> None:
        """`eyes` are the models; without them nothing is recognised. `lookups` replaces the process that answers questions."""
        self._db = db
        self._data = data
        self._config = config
        self._workers = workers
        # of its own: a question does not wait behind photos that are being read
        self.lookups = lookups or Workers(1, memory_mb=config.scanning.worker_memory_mb, timeout_s=LOOKUP_S, idle_s=LOOKUP_IDLE_S)
        self.models = Models(eyes)
        self._frames = Frames(data)
        self._judging: Judging | None = None
        self._scan: asyncio.Task[None] | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._looking: set[str] = set()
        self._catching_up: asyncio.Task[None] | None = None
        self.progress = Progress()
        self.events = Broadcast()
        self.listener: Listener = Nobody()
        self.people = PeopleGrouping(db, workers, config.people, self._people_changed)
        self.likeness = Likeness(
            db, workers, self.thumbs, config.burst_detection, config.duplicate_detection, self._likeness_changed, Moves(config).seen_by
        )
        self.places = Places(db, self.lookups)
        self.meaning = Meaning(self.models, Vectors(db, data, self.lookups))
        self.vectors = VectorCare(db, data, self.lookups)
        self.opinions = Opinions(db, self.models, lambda: self.judging, self._likeness_changed)
        self.sidecars = Sidecars(db, data, config, self.apply, self._read_metadata, self.territory)
        self.capsules = CapsuleMaking(db, workers, config.capsules, self._capsules_made)
        self.followups = Followups(
            [self.opinions, self.people, self.likeness], [self.places, self.vectors, GlobeCare(db)], last=self.capsules
        )  # by the processes that they compute in

    @property
    def thumbs(self) -> Path:
        """The folder of thumbnails."""
        return self._data / "thumbs"

    @property
    def renditions_folder(self) -> Path:
        """The folder of JPEGs made for browsers."""
        return self._data / "cache" / "images"

    @property
    def workers(self) -> Workers:
        """The decode workers, also for renditions."""
        return self._workers

    @property
    def scanning(self) -> bool:
        """Whether a whole scan runs."""
        return self._scan is not None and not self._scan.done()

    async def start(self) -> None:
        """Load what judges, and clear what a kill left. Raises ConfigError when the categories do not make sense."""
        self._judging = await Judging.load(self._db, self._config, self.models.names)
        await save_synonyms(self._db, self._judging.synonyms)
        await asyncio.to_thread(self._frames.clear)
        for folder in (self.thumbs, self.renditions_folder):
            await asyncio.to_thread(shutil.rmtree, folder / SCRATCH, ignore_errors=True)  # what a kill left half-written

    async def stop(self) -> None:
        """Cancel what runs and end the workers; what is done is stored."""
        await self.sidecars.stop()
        await self.cancel()
        background = set(self._background)
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await self.followups.stop()
        await self.capsules.stop()
        await self.meaning.stop()
        await asyncio.gather(self._workers.stop(), self.lookups.stop(), self.models.stop())

    def judge(self, values: Mapping[str, Any]) -> Judgement:
        """Judge these values with what is in force now."""
        return self.judging.judge(values)

    @property
    def judging(self) -> Judging:
        """What is in force; there once started."""
        if self._judging is None:
            raise RuntimeError("the ingest service is not started")
        return self._judging

    def start_scan(self, parts: Sequence[Part], options: ScanOptions) -> asyncio.Task[None]:
        """Begin a scan in the background. Raises Conflict while one runs."""
        if self.scanning:
            raise Conflict(_("a scan is running already"), hint=_("Wait for it, or cancel it first."))
        self.progress = Progress()
        self.progress.start(store.now(), {part.root.id for part in parts})
        self._scan = asyncio.create_task(self._run(parts, options), name="scan")
        return self._scan

    async def cancel(self) -> bool:
        """Stop the scan that runs; returns whether one did. What is done stays done, and the next scan goes on there."""
        if not self.scanning or self._scan is None:
            return False
        self.progress.cancelled = True
        self._scan.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._scan
        return True

    async def parts_for(self, directories: Sequence[str]) -> list[Part]:
        """The parts of the library that these absolute directories are; all roots when there are none.

        Raises InvalidInput for a directory outside every root.
        """
        return parts_of_directories(await db_roots.roots(self._db), directories)

    async def _run(self, parts: Sequence[Part], options: ScanOptions) -> None:
        progress = self.progress
        publisher = asyncio.create_task(self._publish_progress())
        seen = asyncio.Event()
        self._in_background(self.followups.run_until(seen))
        try:
            await self._scan_with_models(parts, options, progress)
            seen.set()
            await self.followups.run(functools.partial(setattr, progress, "phase"))
            await forget_missing(self._db, self.thumbs, self._config.scanning.keep_missing_days)
        except asyncio.CancelledError:
            progress.cancelled = True
            raise
        except Exception as error:
            # A full disk or a damaged database ends the scan; the daemon goes on serving, and the next scan goes on there.
            cause = _innermost(error)
            progress.error = str(cause) or type(cause).__name__
            if isinstance(cause, FacetdError):
                logger.error("the scan ended early: %s", cause)
            else:
                logger.exception("the scan ended early")
        finally:
            seen.set()
            progress.finish(store.now())
            publisher.cancel()
            give_memory_back()
            self.events.publish("scan", progress.as_dict())
            self.listener.scan_finished(progress.as_dict())

    async def _scan_with_models(self, parts: Sequence[Part], options: ScanOptions, progress: Progress) -> None:
        """One scan. While the models are not ready yet, which takes some seconds once on each machine, it goes on without them; they
        join as soon as they are, and look at what they missed at the end.
        """
        late = not await self.models.get_ready(PATIENCE_S)
        scan = await self._make_scan(options, progress)
        joining = None
        if late:
            scan.expect_models()
            joining = self._in_background(self._join_later(scan))
        self._judging = await scan.run(parts)
        if joining is not None:
            progress.phase = "preparing"
            await joining
            if self.models.names:
                scan = await self._once_more(parts, options, progress)
        await self._wait_for_servers(parts, options, progress, scan.unseen)

    async def _once_more(self, parts: Sequence[Part], options: ScanOptions, progress: Progress) -> Scan:
        """Look at what the models missed the first time."""
        walked = progress.counted("unchanged", "ignored_videos", "unreadable_folders")
        scan = await self._make_scan(dataclasses.replace(options, again=False, retry_failed=False), progress)
        self._judging = await scan.run(parts)
        progress.recount(walked)
        return scan

    async def _wait_for_servers(self, parts: Sequence[Part], options: ScanOptions, progress: Progress, unseen: Mapping[int, int]) -> None:
        """Wait a while for an inference server that slept, and look at what is left then; what is left for longer follows later."""
        patience = self._config.inference.server_wait_s
        progress.recount(_as_unseen(progress, unseen))
        while unseen:
            progress.phase, progress.waiting_for = "waiting", self.models.asleep
            awake = await self.models.until_awake(patience)
            progress.waiting_for = self.models.asleep
            if not awake:
                break
            before, unseen = unseen, (await self._once_more(parts, options, progress)).unseen
            progress.recount(_as_unseen(progress, unseen))
            if sum(unseen.values()) >= sum(before.values()):
                break
        if unseen:
            logger.warning("%d photos wait for an inference server: %s", sum(unseen.values()), self.models.asleep)
            self._catch_up_soon()

    def _catch_up_soon(self) -> None:
        """Look at what is left in the background, as soon as an inference server answers."""
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = self._in_background(self._catch_up())

    async def _catch_up(self) -> None:
        await self.models.until_awake()
        parts = [Part(root) for root in await db_roots.roots(self._db)]
        while self.scanning and self._scan is not None:
            await asyncio.wait({self._scan})
        self.start_scan(parts, ScanOptions(only=SIGHT_KINDS))

    async def _join_later(self, scan: Scan) -> None:
        try:
            await self.models.get_ready()
            await self._load_judging()
        finally:  # the scan goes on in any case
            scan.join(self.models if self.models.names else None, self.judging)

    async def _load_judging(self) -> None:
        if self.models.names and not self.models.networks(SALIENCY):  # models work, and that one is gone
            await forget_subjects(self._db)
        if self.models.names != self.judging.models:
            self._judging = await Judging.load(self._db, self._config, self.models.names)

    async def _make_scan(self, options: ScanOptions, progress: Progress) -> Scan:
        await self._load_judging()
        roots = await db_roots.roots(self._db)
        await self.sidecars.prepare(roots)
        return Scan(
            self._db, self._workers, self.judging, self.thumbs, self.territory(roots), options, progress, self._library_changed,
            self.models if self.models.names else None, self._frames, self.opinions.of,
            self.listener,
        )  # fmt: skip

    def territory(self, roots: Sequence[Root]) -> Callable[[Root], Territory]:
        """How a walk of one root is bounded by the excludes, the other roots and the data folder."""
        scanning = self._config.scanning
        excludes = Excludes((*scanning.exclude, *scanning.also_exclude))
        moves = Moves(self._config)

        def links(root: Root) -> tuple[str, ...]:
            into = [each.path for each in roots if moves.shows(root.path, each.path)] if scanning.follow_symlinks else []
            return tuple(map(os.path.realpath, into))

        foreign = frozenset({root.path for root in roots} | {str(self._data)})
        return lambda root: Territory(root.path, excludes, foreign - {root.path}, links(root), self.sidecars.tree_of(root))

    async def apply(self, change: Change) -> None:
        """Take over what the watcher saw in one root, beside a scan that may be running."""
        roots = {root.id: root for root in await db_roots.roots(self._db)}
        root = roots.get(int(str(change.key)))
        if root is None:
            return
        gone_folders = await db_folders.existing(self._db, root.id, [inside(root, path) for path in change.gone])
        parts = parts_of_change(root, change, gone_folders)
        options = ScanOptions(settle_s=self._config.scanning.settle_s, check_ledger=False)
        progress = Progress()
        scan = await self._make_scan(options, progress)
        await scan.run(parts)
        if scan.unseen:
            self._catch_up_soon()
        self.followups.run_soon()
        if progress.done or progress.missing:
            counts = (progress.added, progress.changed, progress.moved, progress.missing, progress.failed)
            logger.info("%s: %d new, %d changed, %d moved, %d gone, %d unreadable", root.name, *counts)
        if progress.confirm:
            self.progress.take_questions(progress)
            self.events.publish("scan", self.progress.as_dict())

    async def _read_metadata(self, roots: Sequence[Root]) -> bool:
        """Read what files and sidecars say, as far as that was not done. False while a scan runs, which does it in its turn."""
        if self.scanning:
            return False
        if roots:
            await self.start_scan([Part(root) for root in roots], ScanOptions(only=frozenset({METADATA})))
        return True

    def people_decided(self) -> None:
        """Somebody decided something about people: everybody who watches is told, and the others are compared with it soon."""
        self._people_changed()
        self.followups.run_soon()

    def placed(self, photo_id: int) -> None:
        """Somebody said where a photo was taken: everybody who watches is told, and the place gets its name soon."""
        self._likeness_changed([photo_id])
        self.followups.run_soon()

    def _likeness_changed(self, ids: Sequence[int]) -> None:
        self._in_background(self._publish_changed(list(ids)))

    def _capsules_made(self, key: ListKey) -> None:
        self.events.publish("capsules", {"dates": list(key.days)}, user_id=key.user_id)

    def _people_changed(self) -> None:
        self.events.publish("people", {})

    def look_at_soon(self, path: str) -> None:
        """Have one file looked at in the background, for example because a thumbnail of it was lost."""
        if path not in self._looking:
            self._looking.add(path)
            self._in_background(self._look_at(path))

    async def _look_at(self, path: str) -> None:
        root = db_roots.owner(await db_roots.roots(self._db), path)
        if root is not None:
            await self.apply(Change(root.id, root.path, paths=(path,)))
        self._looking.discard(path)

    def _library_changed(self, changes: Mapping[int, PhotosChange]) -> None:
        self.events.publish_photos(changes)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def _publish_changed(self, ids: Sequence[int]) -> None:
        self.events.publish_photos(changes_of(await roots_of(self._db, ids)))

    async def _publish_progress(self) -> None:
        while True:
            self.events.publish("scan", self.progress.as_dict())
            await asyncio.sleep(PUBLISH_EVERY_S)


def give_memory_back() -> None:
    """Return what the allocator keeps after a burst of work to the system, where the C library can (glibc)."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def _as_unseen(progress: Progress, unseen: Mapping[int, int]) -> dict[int, dict[str, int]]:
    return {number: {"unseen": unseen.get(number, 0)} for number in {*progress.counted(), *unseen}}


def _innermost(error: BaseException) -> BaseException:
    """What a group of errors is about."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
