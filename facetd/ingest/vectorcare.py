"""Vectors of photos are searched in files beside the library; here they are kept in step with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from facetd.db.connection import Database
from facetd.db.sightings import vectors_state
from facetd.ingest.workers import Workers

FOLDER = "vectors"
TEND_S = 3600.0


class VectorCare:
    """Keeping the files in step with the library as a follow-up of photos that came or went."""

    name = "vectors"

    def __init__(self, db: Database, data: Path, lookups: Workers) -> None:
        self._db = db
        self._folder = data / FOLDER
        self._lookups = lookups
        self._tended: tuple[int, int] | None = None

    async def due(self) -> bool:
        """Vectors came or went since the last time."""
        return await vectors_state(self._db) not in (self._tended, (0, 0))

    async def run(self, tell: Callable[[str], None]) -> int:
        """Returns how many vectors can be searched. Raises Unavailable."""
        tell("vectors")
        state = await vectors_state(self._db)
        total = await self._lookups.compute(_tend, self._db.path, self._folder, timeout_s=TEND_S)
        self._tended = state
        return total


# What follows runs in a worker; the import stays out of the daemon.


def _tend(path: Path, folder: Path) -> int:
    from facetd.ingest.nearest import tend  # noqa: PLC0415

    return tend(path, folder)
