"""Who is whom: the names in files are taken over, and the faces that are new are compared with everybody."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from facetd.config.eyes import People
from facetd.db import grouping as db_grouping
from facetd.db import naming as db_naming
from facetd.db.connection import Database
from facetd.db.grouping import Counts
from facetd.errors import ConfigError, NotFound, Unavailable
from facetd.infer.catalogue import PACK_FILE, ArcFace, Catalogue, FaceEmbedding
from facetd.infer.measure import packs_folder
from facetd.ingest import errands
from facetd.ingest.workers import Workers

if TYPE_CHECKING:
    from facetd.ingest.findings import Found, Middles

LIKE_DISTANCE = 0.5  # up to which likenesses are kept, for those who ask for more suggestions
TIMEOUT_S = 4 * 3600.0  # a slow NAS compares 120,000 faces in minutes; this only ends what hangs
VERSION = 1  # of the way of grouping; another one looks at everybody again
_running: WeakKeyDictionary[Database, asyncio.Lock] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Distances:
    """What counts as the same person, and as perhaps the same; distances of unit embeddings in `space` (None: in every one).

    `unit` is what such a distance is divided by for people to read: faces that are just the same are as far apart as in the starter pack,
    whatever the model. Distances of the configuration are meant so too.
    """

    join: float
    suggest: float
    space: str | None = None
    unit: float = 1.0

    @classmethod
    def of(cls, people: People, usual: Distances) -> Distances:
        """Those of the configuration, else `usual`: what the model's entry in the catalogue says."""
        join = usual.join if people.join_distance is None else people.join_distance * usual.unit
        suggest = usual.suggest if people.suggest_distance is None else people.suggest_distance * usual.unit
        return cls(join, suggest, usual.space, usual.unit)

    @classmethod
    async def in_use(cls, db: Database, people: People) -> Distances:
        """Those of the model that tells people apart in this library: an installed pack's, else the starter pack's. Raises Unavailable."""
        return cls.of(people, await asyncio.to_thread(usual_distances, packs_folder(db.path.parent)))


def usual_distances(packs: Path | None = None) -> Distances:
    """What the catalogue says of the model that tells people apart: that of the installed `packs`, else the starter pack's.

    Read again when a pack came or went. Raises Unavailable.
    """
    files = () if packs is None else packs.glob(f"[!.]*/{PACK_FILE}")
    return _read_distances(packs, tuple(sorted((path.parent.name, path.stat().st_mtime_ns) for path in files)))


@lru_cache(maxsize=4)
def _read_distances(packs: Path | None, _stamp: tuple[tuple[str, int], ...]) -> Distances:
    try:
        catalogue = Catalogue.load(packs=packs)
        starter = catalogue.first(FaceEmbedding).embedding
    except (ConfigError, NotFound) as error:
        raise Unavailable(str(error)) from error
    installed = catalogue.find(ArcFace)
    entry = starter if installed is None else installed.embedding
    return Distances(entry.same, entry.suggest, entry.space, entry.same / starter.same)


async def group_people(
    db: Database,
    workers: Workers,
    people: People,
    progress: Callable[[str], None] = lambda phase: None,
    *,
    distances: Distances | None = None,
    everything: bool = False,
    afresh: bool = False,
) -> Counts:
    """Give the faces of nobody to persons, new ones where need be, and join persons that turned out to be one; returns what changed.

    Compares only what is new, unless `everything` or the distances are others than last time; vectors of a model that is not in use any
    more are left alone. `afresh` takes persons apart first that nobody named or decided about. `progress` is told what is being done:
    naming, grouping, suggesting. The computing runs in a worker. One runs at a time for each library. Raises Unavailable when the worker
    fails; what is stored by then is right, and the next run goes on.
    """
    async with _running.setdefault(db, asyncio.Lock()):
        near = distances or await Distances.in_use(db, people)
        recipe = _recipe(near, people)
        everything = everything or afresh or recipe != await db_grouping.recipe(db)
        counts = Counts()
        if afresh:
            await db_grouping.dissolve(db)
        if people.names_from_files:
            progress("naming")
            counts.named = await db_naming.save_namings(db, await workers.compute(errands.names, db.path, timeout_s=TIMEOUT_S))
        spaces = await workers.compute(errands.spaces, db.path, timeout_s=TIMEOUT_S)
        for space in (each for each in spaces if near.space in (None, each.rpartition("/")[0])):
            progress("grouping")
            found = await workers.compute(errands.persons, db.path, space, near.join, people.min_faces, everything, timeout_s=TIMEOUT_S)
            counts.add(await _store(db, found))
            progress("suggesting")
            reach = max(near.suggest, LIKE_DISTANCE * near.unit)
            middles = await workers.compute(errands.middles, db.path, space, reach, near.unit, timeout_s=TIMEOUT_S)
            await _store_middles(db, space, middles)
        await db_grouping.forget_empty(db)
        if everything:
            await db_grouping.note_recipe(db, recipe)
        return counts


class PeopleGrouping:
    """Telling people apart as a follow-up of faces, names and decisions. `changed` is told when somebody did."""

    name = "people"

    def __init__(self, db: Database, workers: Workers, people: People, changed: Callable[[], None]) -> None:
        self._db = db
        self._workers = workers
        self._people = people
        self._changed = changed

    async def due(self) -> bool:
        """Faces came, or people are to be told apart by other distances than last time."""
        if await db_grouping.faces_waiting(self._db):
            return True
        known = await db_grouping.recipe(self._db)
        return bool(known) and known != _recipe(await Distances.in_use(self._db, self._people), self._people)

    async def run(self, tell: Callable[[str], None], *, everything: bool = False, afresh: bool = False) -> Counts:
        """See group_people."""
        upto = await db_grouping.faces_waiting(self._db)
        counts = await group_people(self._db, self._workers, self._people, tell, everything=everything, afresh=afresh)
        if upto:
            await db_grouping.note_faces_compared(self._db, upto)
        if counts.changed:
            self._changed()
        return counts


def _recipe(near: Distances, people: People) -> str:
    of_pack = "" if near.unit == 1 else f" {near.space}"
    return f"{VERSION} {near.join:g} {near.suggest:g} {people.min_faces}{of_pack}"


async def _store(db: Database, found: Found) -> Counts:
    merged = await db_grouping.merge_found(db, found.merged)
    joined = await db_grouping.join_found(db, found.joined)
    persons, faces = await db_grouping.found_persons(db, _groups(found.faces, found.group))
    await db_grouping.note_compared(db, found.alone)
    return Counts(joined=joined + faces, founded=persons, merged=merged)


def _groups(faces: Iterable[int], group: Iterable[int]) -> Iterator[list[int]]:
    """The faces of each group, which are neighbours."""
    for _, pairs in itertools.groupby(zip(group, faces, strict=True), key=lambda pair: pair[0]):
        yield [face for _, face in pairs]


async def _store_middles(db: Database, space: str, middles: Middles) -> None:
    if middles.centres:
        await db_grouping.save_centres(db, space, middles.centres)
        await db_grouping.save_likenesses(db, [centre[0] for centre in middles.centres], middles.likenesses)
