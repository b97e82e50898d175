"""An open library with its pipeline: what the command line needs, and the daemon builds on. Knows no HTTP."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facetd.config import Config
from facetd.db import care
from facetd.db import roots as db_roots
from facetd.db.connection import Database
from facetd.errors import ConfigError, Conflict, FacetdError, NotFound
from facetd.i18n import _
from facetd.infer.client import Eyes as InferenceEyes
from facetd.infer.settings import LookSettings
from facetd.ingest.lock import DataLock
from facetd.ingest.parts import Part
from facetd.ingest.seeing import Eyes
from facetd.ingest.service import Ingest
from facetd.ingest.workers import Workers
from facetd.library.captioning import Captioning
from facetd.library.gallery import Gallery
from facetd.library.importing.facet import Wanted, import_facet
from facetd.library.importing.report import Report
from facetd.library.importing.users import usable_names
from facetd.library.jobs import Jobs
from facetd.library.roots import add_configured, add_directories, add_owned, find_root, make_root, real_path
from facetd.records.care import CareTask
from facetd.records.files import Root
from facetd.score.capsules.kinds import check_disabled
from facetd.score.rules import Rules
from facetd.score.scenes import Scenes

logger = logging.getLogger(__name__)
DATABASE_NAME = "library.db"


@dataclass(frozen=True, slots=True)
class House:
    """An open library with its pipeline; what the command line needs, and the daemon builds on.

    `roots_changed` is told when a root came or went.
    """

    data: Path
    config: Config
    db: Database
    ingest: Ingest
    captioning: Captioning
    jobs: Jobs
    roots_changed: Callable[[], Awaitable[None]]

    async def add_directories(self, directories: Sequence[str]) -> list[Part]:
        """Roots for directories that are in none; the parts to scan, all roots without any directory."""
        await add_directories(self.db, self.data, directories)
        await self.roots_changed()
        return await self.ingest.parts_for([real_path(directory) for directory in directories])

    async def add_configured(self) -> None:
        """Roots for the directories of the configuration, as far as they are there."""
        await add_configured(self.db, self.data, self.config.scanning.directories)
        owned = [directory for user in self.config.users.values() for directory in user.directories]
        await add_owned(self.db, self.data, [*owned, *self.config.shared_directories])
        await self.roots_changed()

    async def list_roots(self) -> list[tuple[Root, int]]:
        """Every root with the number of its photos that the gallery shows."""
        return [(root, await db_roots.listed_count(self.db, root.id)) for root in await db_roots.roots(self.db)]

    async def add_root(self, directory: str) -> Root:
        """A root at this very directory, also inside another root. Raises InvalidInput."""
        self._require_rest()
        root = await make_root(self.db, self.data, directory)
        await self.roots_changed()
        return root

    async def rename_root(self, name: str, new_name: str) -> None:
        """Raises NotFound, InvalidInput."""
        await db_roots.rename_root(self.db, (await find_root(self.db, name)).id, new_name)

    async def remove_root(self, name: str) -> None:
        """Take a root out of the library. Raises NotFound, and Conflict during a scan."""
        self._require_rest()
        await db_roots.remove_root(self.db, (await find_root(self.db, name)).id)
        await self.roots_changed()

    async def group_people(self, afresh: bool) -> dict[str, int]:
        """Compare all faces anew; with `afresh` persons that nobody decided about are taken apart first. Returns what changed.

        Raises Unavailable.
        """
        return dataclasses.asdict(await self.ingest.people.run(lambda _phase: None, everything=True, afresh=afresh))

    async def import_facet(self, wanted: Wanted, tell: Callable[[str], None] = lambda _phase: None) -> Report:
        """Bring a library of Facet over, for its users and for those that there are here. Raises InvalidInput, NotFound."""
        known = usable_names(wanted.users) | self.config.users.keys()
        if wanted.user and wanted.user not in known:
            raise NotFound(_("there is no user called '{user}'").format(user=wanted.user), hint=_("`facetd user list` shows them."))
        report = await import_facet(self.db, dataclasses.replace(wanted, users=frozenset(known)), tell)
        if not wanted.trial and any(report.tallies[kind].brought for kind in ("persons", "faces")):
            self.ingest.people_decided()
        return report

    async def care(self, task: CareTask) -> Mapping[str, Any]:
        """Do one of the tasks of `facetd db`; what came of it."""
        return await care.perform(self.db, task)

    def _require_rest(self) -> None:
        if self.ingest.scanning:
            raise Conflict(_("a scan is running"), hint=_("Wait for it, or cancel it first (`facetd scan --cancel`)."))


async def _nobody() -> None:
    """Nobody wants to know about roots."""


@asynccontextmanager
async def open_house(
    data: Path,
    config: Config,
    *,
    socket: str | None = None,
    workers: Workers | None = None,
    eyes: Eyes | None = None,
    roots_changed: Callable[[], Awaitable[None]] = _nobody,
) -> AsyncIterator[House]:
    """Open the library in `data` for writing, alone. Raises Conflict, ConfigError, DatabaseUnusable, FacetdError.

    `workers` replaces the decode workers that the configuration asks for, `eyes` the models.
    """
    scanning = config.scanning
    decoders = workers or Workers(scanning.workers, memory_mb=scanning.worker_memory_mb, timeout_s=scanning.timeout_s)
    lock = DataLock(data)
    try:
        make_folder(data)
        lock.acquire(socket)
    except OSError as error:
        raise FacetdError(
            _("{data}: cannot be the data folder: {strerror}").format(data=data, strerror=error.strerror),
            hint=_("Choose another one with --data."),
        ) from error
    try:
        async with Database(data / DATABASE_NAME, readers=config.server.readers) as db:
            ingest = Ingest(db, data, config, decoders, eyes or make_eyes(data, config), lookups=workers)
            await ingest.start()
            narrow = Gallery(db, config, ingest.judge).narrowed
            jobs = Jobs(ingest.events)
            captioning = Captioning(db, config, ingest.models, ingest.thumbs, ingest.events, narrow, jobs)
            try:
                yield House(data, config, db, ingest, captioning, jobs, roots_changed)
            finally:
                await jobs.stop()
                await captioning.stop()
                await ingest.stop()
    finally:
        lock.release()


def make_eyes(data: Path, config: Config) -> Eyes | None:
    """The models that the configuration asks for; None when it asks for none."""
    if not config.inference.enabled:
        return None
    wanted = {kind for kind, section in (("objects", config.objects), ("faces", config.faces)) if section.enabled} | {"embedding"}
    try:
        return InferenceEyes(config.inference, LookSettings.from_config(config), data=data, kinds=frozenset(wanted))
    except ConfigError as error:
        logger.warning("nothing is recognised in photos: %s", error)
        return None


def make_folder(path: Path) -> None:
    """A folder for nobody else."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)


def check_settings(config: Config) -> None:
    """What only the rooms know to be wrong with a configuration. Raises ConfigError."""
    Rules.from_config(config)
    Scenes.from_config(config)
    check_disabled(config.capsules.disabled)
