"""Sidecars kept in step with the library: a few seconds after a change, in batches, beside whatever else runs."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from facetd.accounts.viewers import SINGLE_USER_ID
from facetd.config import Config
from facetd.db import roots as db_roots
from facetd.db import sidecars as db_sidecars
from facetd.db.accounts import account_ids
from facetd.db.connection import Database
from facetd.db.names import shown
from facetd.db.sidecarlists import conflicts, failures, unread_count
from facetd.db.sidecars import EVER, Due
from facetd.db.sidecarstates import RATING, Kept
from facetd.errors import NotFound
from facetd.i18n import _
from facetd.ingest.discover import Territory
from facetd.ingest.presence import check_presence
from facetd.ingest.sidecarplaces import Place, find_places, whose_ratings
from facetd.ingest.sidecarwriting import FolderWriter, Outcome, Planned
from facetd.records.files import Root
from facetd.records.viewer import Viewer
from facetd.watch.change import Change

logger = logging.getLogger(__name__)
LOOK_EVERY_S = 2.0
LOOK_ANYWAY_S = 60.0
QUIET_S = 3.0  # after a change, for the next one to the same photo
BATCH = 64
WAITS_S = (60.0, 300.0, 900.0)  # before a root that could not be written is tried again
SHOWN = 100  # failures and conflicts, to who administers


@dataclass(slots=True)
class RootState:
    """How it went in a root since the start. `problem` is why nothing can be written, '' when it can."""

    written: int = 0
    problem: str = ""
    tries: int = 0
    again_at: float = 0.0  # by time.monotonic


@dataclass(slots=True)
class Round:
    """What one command did. `stale` photos had sidecars that changed and were read first, `unread` ones wait for a scan. `planned` are
    the sidecars that would be written, when it was only asked for that.
    """

    written: int = 0
    failed: int = 0
    stale: int = 0
    unread: int = 0
    planned: list[Planned] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As the command line shows it."""
        planned = [{"photo_id": each.photo_id, "path": shown(each.path), "changes": each.changes} for each in self.planned]
        return {**self.counts(), "planned": planned}

    def counts(self) -> dict[str, Any]:
        """As the API tells it."""
        return {
            "written": self.written, "planned": len(self.planned), "failed": self.failed, "unread": self.unread, "problems": self.problems,
        }  # fmt: skip


class Sidecars:
    """What is due is written where the configuration says so, and nowhere else."""

    def __init__(
        self, db: Database, data: Path, config: Config, read: Callable[[Change], Awaitable[None]],
        read_all: Callable[[Sequence[Root]], Awaitable[bool]], territory: Callable[[Sequence[Root]], Callable[[Root], Territory]],
    ) -> None:  # fmt: skip
        """`read` has files read again, `read_all` the metadata of roots, as far as they are not (False while a scan runs, which
        may have been there before); `territory` tells how a walk of a root is bounded.
        """
        self._db = db
        self._data = data
        self._config = config
        self._read = read
        self._read_all = read_all
        self._territory = territory
        self._prepared: list[Root] | None = None
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._looked_at, self._look_again = -1, 0.0
        self._came: dict[int, set[int]] = {}
        self._came_again = 0.0
        self.places: dict[int, Place] = {}
        self.problems: list[str] = []
        self.states: dict[int, RootState] = {}

    def start(self) -> None:
        """Write in the background from now on."""
        if self._config.sidecars and self._task is None:
            self._task = asyncio.create_task(self._run(), name="sidecars")

    async def stop(self) -> None:
        """Write no more; what is being written is finished."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def prepare(self, roots: Sequence[Root]) -> None:
        """Settle, for the roots as they are, where sidecars are written."""
        known = [Root(root.id, root.name, root.path, online=True) for root in roots]
        if known == self._prepared:
            return
        found, self.problems = await asyncio.to_thread(find_places, roots, self._config.sidecars, str(self._data))
        kept = {}
        self.places = {}
        for place in found:
            user, problem = await asyncio.to_thread(whose_ratings, place.root, place.settings, self._config)
            if problem:
                self.problems.append(f"sidecars.{place.root.name}.user: {problem}")
            number = (await account_ids(self._db, [user]))[user] if user else SINGLE_USER_ID
            kept[place.root.id] = Kept(number, frozenset(place.settings.fields) - ({RATING} if problem else set()))
            self.places[place.root.id] = dataclasses.replace(place, user=user)
        for problem in (*self.problems, *(place.problem for place in self.places.values() if place.problem)):
            logger.warning("%s", problem)
        await db_sidecars.keep_roots(self._db, kept)
        self._prepared = known

    def tree_of(self, root: Root) -> str:
        """The folder where sidecars of a root are besides those beside its photos; '' for none."""
        place = self.places.get(root.id)
        return place.tree if place is not None and not place.problem else ""

    async def write(
        self, name: str | None = None, *, dry: bool = False, read_first: bool = True, viewer: Viewer | None = None
    ) -> Round:  # fmt: skip
        """Write everything that is due now, also what failed before; in one root or all (that `viewer` sees). With `read_first`, photos
        that were not read since the root was switched on are read before. Raises NotFound.
        """
        await self.prepare(await db_roots.roots(self._db))
        chosen = [place for place in self._seen(viewer) if name is None or place.root.name.casefold() == name.casefold()]
        if name is not None and not chosen:
            raise NotFound(
                _("sidecars of '{name}' are not written").format(name=name), hint=_("The section `sidecars` says where they are.")
            )
        done = Round()
        if not dry:
            await db_sidecars.forget_failures(self._db, [place.root.id for place in chosen])
            await db_sidecars.read_again(self._db)
            behind = [place.root for place in chosen if await self._unread(place)]
            if behind and read_first:
                await self._read_all(behind)
        for place in chosen:
            state = self.states.setdefault(place.root.id, RootState())
            state.again_at = 0.0
            await self._write_root(place, EVER, done, dry=dry)
            if done.stale and not dry:
                await self._write_root(place, EVER, done, dry=dry)
            done.unread += await self._unread(place)
            if state.problem:
                done.problems[place.root.name] = state.problem
        return done

    async def status(self, viewer: Viewer | None = None) -> dict[str, Any]:
        """The roots (that `viewer` sees) whose sidecars are written, and what is wrong with the configuration."""
        await self.prepare(await db_roots.roots(self._db))
        waiting = await db_sidecars.count_due(self._db)
        found = []
        for place in self._seen(viewer):
            state = self.states.get(place.root.id, RootState())
            found.append(
                {
                    "root": place.root.name,
                    "mode": place.settings.mode,
                    "user": place.user,
                    "fields": sorted(place.settings.fields),
                    "waiting": waiting.get(place.root.id, 0),
                    "unread": await self._unread(place),
                    "written": state.written,
                    "problem": state.problem or place.problem,
                }
            )
        return {"roots": found, "problems": list(self.problems)}

    async def report(self) -> dict[str, Any]:
        """The same with the last failures and conflicts, for who administers the machine."""
        everything = Viewer(SINGLE_USER_ID, "superadmin", frozenset(root.id for root in await db_roots.roots(self._db)))
        found = await self.status()
        found["failure_count"], found["failures"] = await failures(self._db, everything, offset=0, limit=SHOWN)
        found["conflict_count"], found["conflicts"] = await conflicts(self._db, everything, everybody=True, offset=0, limit=SHOWN)
        return found

    def _seen(self, viewer: Viewer | None) -> list[Place]:
        return [place for place in self.places.values() if viewer is None or place.root.id in viewer.root_ids]

    async def _unread(self, place: Place) -> int:
        kept = (await db_sidecars.kept_roots(self._db)).get(place.root.id)
        return await unread_count(self._db, place.root.id, kept.user_id) if kept else 0

    async def _run(self) -> None:
        await db_sidecars.forget_gone(self._db)
        while True:
            try:
                await self._look()
            except Exception:
                logger.exception("sidecars could not be written; they will be tried again")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self) -> None:
        """Write what has been due for a while. Without a change of the library that is looked for now and then only."""
        now, revision = time.monotonic(), self._db.revision
        if revision == self._looked_at and now < self._look_again:
            return
        await self.prepare(await db_roots.roots(self._db))
        self._look_again = now + LOOK_ANYWAY_S
        if now >= self._came_again:
            self._came_again = now + LOOK_ANYWAY_S
            await self._read_what_came()
        for place in self.places.values():
            state = self.states.setdefault(place.root.id, RootState())
            if now < state.again_at:
                self._look_again = min(self._look_again, state.again_at)
            elif await db_sidecars.is_due(self._db, place.root.id):
                until = datetime.fromtimestamp(time.time() - QUIET_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                await self._write_root(place, until, Round(), dry=False)
                self._look_again = now
        self._looked_at = revision

    async def _read_what_came(self) -> None:
        """Have photos read that came from folders whose sidecars are not written, or are those of another user. Each is tried once."""
        came = await db_sidecars.read_again(self._db)
        if came != self._came and await self._read_all([place.root for place in self.places.values() if place.root.id in came]):
            self._came = came

    async def _write_root(self, place: Place, until: str, done: Round, *, dry: bool) -> None:
        async with self._writing:
            state = self.states.setdefault(place.root.id, RootState())
            before, written, after = state.problem, state.written, 0
            blocked: dict[str, str] = {}
            while not (problem := await self._obstacle(place)):
                photos = await db_sidecars.due_in(self._db, place.root.id, until=until, after=after, limit=BATCH)
                if not photos:
                    break
                after = photos[-1].photo_id
                if problem := await self._write_batch(place, photos, done, blocked, dry=dry):
                    break
            if not problem and blocked:
                problem = next(iter(blocked.values()))
                if len(blocked) > 1:
                    problem = _("{problem}, and {number} more folders").format(problem=problem, number=len(blocked) - 1)
            state.problem = problem
            if not dry:
                self._note(place, state, before, some=state.written > written)

    async def _write_batch(self, place: Place, photos: Sequence[Due], done: Round, blocked: dict[str, str], *, dry: bool) -> str:
        """Write for these photos, but for those in `blocked` folders; returns why nothing can be written in the root."""
        roots = await db_roots.roots(self._db)
        territory = self._territory(roots)(place.root)
        stale: list[str] = []
        problem = ""
        for folder, group in groupby(sorted(photos, key=lambda photo: photo.folder), key=lambda photo: photo.folder):
            if folder in blocked:
                continue
            raw_pairs = self._config.scanning.raw_jpeg == "pair"
            writer = FolderWriter(place, territory, folder, [root.path for root in roots], raw_pairs=raw_pairs)
            outcome = await _to_its_end(self._write_folder(place, writer, list(group), dry=dry))
            stale += outcome.stale
            done.written += len(outcome.written)
            done.failed += len(outcome.failures)
            done.planned += outcome.planned
            if outcome.blocked and outcome.whole_root:
                problem = outcome.blocked
                break
            if outcome.blocked:
                blocked[folder] = outcome.blocked
        done.stale += len(stale)
        if stale and not dry:
            await self._read(Change(place.root.id, place.root.path, paths=tuple(stale)))
        return problem

    async def _write_folder(self, place: Place, writer: FolderWriter, photos: list[Due], *, dry: bool) -> Outcome:
        outcome = await asyncio.to_thread(writer.write, photos, dry=dry)
        if not dry:
            await db_sidecars.settle(self._db, place.root.id, outcome.written, outcome.idle)
            if outcome.failures:
                await db_sidecars.note_failures(self._db, outcome.failures)
            if outcome.written and place.tree and await db_sidecars.tree_in_use(self._db, place.root.id) != place.tree:
                await db_sidecars.use_tree(self._db, place.root.id, place.tree)
            self.states[place.root.id].written += len(outcome.written)
        return outcome

    async def _obstacle(self, place: Place) -> str:
        """Why nothing can be written in a root now; '' when it can."""
        if place.problem:
            return place.problem
        if not await check_presence(self._db, place.root):
            return _("{root} is offline").format(root=place.root.name)
        if place.tree:
            names = await asyncio.to_thread(_names, place.tree)
            if names is None:
                return _("{tree}: there is no such folder").format(tree=shown(place.tree))
            used = await db_sidecars.tree_in_use(self._db, place.root.id) == place.tree
            if not names and used:
                return _("{tree} is empty though sidecars were written there: is its disk mounted? If so, put any file there.").format(
                    tree=shown(place.tree)
                )
        return ""

    def _note(self, place: Place, state: RootState, before: str, *, some: bool) -> None:
        """Say once what is in the way, and when it is tried again: soon where `some` could be written."""
        if state.problem:
            if state.problem != before:
                logger.error("sidecars of %s are not written: %s", place.root.name, state.problem)
            state.tries = 0 if some else state.tries
            state.again_at = time.monotonic() + WAITS_S[min(state.tries, len(WAITS_S) - 1)]
            state.tries += 1
        else:
            if before:
                logger.info("sidecars of %s are written again", place.root.name)
            state.tries, state.again_at = 0, 0.0


async def _to_its_end(work: Coroutine[Any, Any, Outcome]) -> Outcome:
    """What has begun is finished and noted before a cancellation goes on: the library is still open then."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _names(folder: str) -> list[str] | None:
    try:
        return [name.name for name in Path(folder).iterdir()]
    except OSError:
        return None
