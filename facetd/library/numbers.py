"""Numbers for whoever watches over the daemon: those of the library as a viewer sees it, or of all of it for nobody in particular."""

from __future__ import annotations

import asyncio

from facetd.db.connection import Database
from facetd.db.numbers import LibraryNumbers, database_bytes, everybody, library_numbers
from facetd.records.viewer import Viewer


class Numbers:
    """What is counted anyway; asking for it costs nothing."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def everybody(self) -> Viewer:
        """One who sees every root; for the scrape token, which is the operator's."""
        return await everybody(self._db)

    async def library(self, viewer: Viewer) -> LibraryNumbers:
        """Photos and roots that `viewer` sees."""
        return await library_numbers(self._db, viewer)

    @property
    def revision(self) -> int:
        """How often the library changed."""
        return self._db.revision

    async def database_bytes(self) -> int:
        """What the database takes on the disk."""
        return await asyncio.to_thread(database_bytes, self._db)
