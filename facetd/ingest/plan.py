"""What has to be done: the files of a folder compared with what the library remembers of it."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from facetd.db import folders as db_folders
from facetd.db import ledger, matching
from facetd.db.connection import Database
from facetd.ingest.discover import FoundFile, Listing
from facetd.ingest.moves import Moves
from facetd.ingest.recipes import WITH_SIDECAR, Recipes
from facetd.ingest.sink import Job
from facetd.ingest.tasks import DERIVED_KINDS, JUDGEMENT, METADATA, THUMBNAIL
from facetd.media.thumbnail_paths import SIZES, thumbnail_path
from facetd.records.files import KnownFile, Root


@dataclass(frozen=True, slots=True)
class Outdated:
    """Photos whose analyses must be made again, by kind."""

    by_kind: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def kinds_of(self, photo_id: int) -> frozenset[str]:
        """The analyses that this photo needs and that take a look at its file."""
        return frozenset(kind for kind, ids in self.by_kind.items() if photo_id in ids) - DERIVED_KINDS

    @property
    def to_judge(self) -> frozenset[int]:
        """Photos to be judged anew."""
        return self.by_kind.get(JUDGEMENT, frozenset())


async def find_outdated(db: Database, recipes: Recipes, root_id: int, *, retry_failed: bool) -> Outdated:
    """What the ledger says about a root; with `retry_failed` also what failed before."""
    failed = await ledger.failed(db, root_id) if retry_failed else set()
    found: dict[str, frozenset[int]] = {}
    for kind, recipe in recipes.by_kind.items():
        ids = await ledger.outdated(db, kind, recipe, with_sidecar=kind in WITH_SIDECAR, root_id=root_id)
        found[kind] = frozenset(ids | (failed if kind in recipes.of_files else set()))
    return Outdated(found)


@dataclass(slots=True)
class FolderPlan:
    """The work that one folder makes. `back` are photos that were missing and are there again, unchanged."""

    jobs: list[Job] = field(default_factory=list)
    unchanged: int = 0
    vanished: list[int] = field(default_factory=list)
    back: list[int] = field(default_factory=list)

    def narrowed(self, kinds: frozenset[str]) -> FolderPlan:
        """Only these analyses, of files that are known and unchanged; everything else waits for another scan."""
        due = [dataclasses.replace(job, kinds=job.kinds & kinds) for job in self.jobs if job.content_hash and job.kinds & kinds]
        return FolderPlan(due, self.unchanged + len(self.jobs) - len(due))


class Planner:
    """Compares folders with the library."""

    def __init__(self, db: Database, thumbs: Path, kinds: frozenset[str], moves: Moves) -> None:
        """`kinds` are all analyses that take a look at a file."""
        self._db = db
        self._thumbs = thumbs
        self._kinds = kinds
        self._moves = moves

    async def plan(self, root: Root, listing: Listing, outdated: Outdated, only: Callable[[str], bool] | None = None) -> FolderPlan:
        """What to do in a folder; with `only`, for the file names (present or not) that it picks; these are settled."""
        known = {file.filename: file for file in await db_folders.known_files(self._db, root.id, listing.path)}
        files = [found for found in listing.files if only is None or only(found.filename)]
        plan = FolderPlan()
        new = [found for found in files if found.filename not in known]
        for found in files:
            if found.filename in known:
                self._compare(plan, root, listing.path, found, known[found.filename], outdated)
        await asyncio.to_thread(self._require_thumbnails, plan, root, listing.path, files, known)
        plan.jobs += await self._plan_new(root, listing.path, new)
        if only is not None:
            plan.jobs = [dataclasses.replace(job, settled=True) for job in plan.jobs]
        names = {found.filename for found in listing.files}
        plan.vanished = [
            file.photo_id
            for name, file in known.items()
            if name not in names and not file.missing and (only is None or only(name))
        ]  # fmt: skip
        return plan

    def _compare(self, plan: FolderPlan, root: Root, folder: str, found: FoundFile, known: KnownFile, outdated: Outdated) -> None:
        due = outdated.kinds_of(known.photo_id)
        if (found.size, found.mtime_ns) != (known.size, known.mtime_ns):
            # Touched, perhaps not changed: the worker compares the content before it does anything else.
            reuse = frozenset() if due or found.sidecar_stamp != known.sidecar_stamp else frozenset({known.content_hash} - {""})
            plan.jobs.append(Job(root, folder, found, self._kinds, known.photo_id, reuse=reuse))
            return
        if found.sidecar_stamp != known.sidecar_stamp:
            due |= {METADATA}
        if due:
            plan.jobs.append(Job(root, folder, found, due, known.photo_id, content_hash=known.content_hash or None))
        elif known.missing:
            plan.back.append(known.photo_id)
        else:
            plan.unchanged += 1

    def _require_thumbnails(
        self, plan: FolderPlan, root: Root, folder: str, files: Sequence[FoundFile], known: Mapping[str, KnownFile]
    ) -> None:
        """Thumbnails are a cache: where the files were deleted, they are made again. Looks at the disk."""
        planned = {job.photo_id for job in plan.jobs}
        for found in files:
            file = known.get(found.filename)
            if file is None or file.photo_id in planned or not file.content_hash or not file.readable:
                continue
            if not _has_content(thumbnail_path(self._thumbs, file.content_hash, min(SIZES))):
                plan.jobs.append(Job(root, folder, found, frozenset({THUMBNAIL}), file.photo_id, content_hash=file.content_hash))

    async def _plan_new(self, root: Root, folder: str, new: Sequence[FoundFile]) -> list[Job]:
        """Jobs for unknown files. Where a known file of the same size and time is gone, its content is looked for first."""
        places = await matching.places_of_size(self._db, {found.size for found in new}) if new else []
        facts = {(found.size, found.mtime_ns, found.sidecar_stamp) for found in new}
        alike = [place for place in places if (place.size, place.mtime_ns, place.sidecar_stamp) in facts and place.root_online]
        gone = await asyncio.to_thread(
            lambda: [place for place in alike if not os.path.lexists(place.path) and self._moves.fits(place, root.path)]
        )
        reusable: dict[tuple[int, int, str], set[str]] = {}
        for place in gone:
            reusable.setdefault((place.size, place.mtime_ns, place.sidecar_stamp), set()).add(place.content_hash)
        return [
            Job(root, folder, found, self._kinds, reuse=frozenset(reusable.get((found.size, found.mtime_ns, found.sidecar_stamp), ())))
            for found in new
        ]


def _has_content(path: Path) -> bool:
    """Whether the file is there and not empty, as a power cut may leave it."""
    try:
        return path.stat().st_size > 0
    except OSError:
        return False
