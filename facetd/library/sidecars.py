"""What viewers are told of sidecars."""

from __future__ import annotations

from typing import Any

from facetd.db import sidecarlists
from facetd.db.connection import Database
from facetd.records.viewer import Viewer


class Sidecars:
    """Conflicts and failures of photos that the viewer may see."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def conflicts(self, viewer: Viewer, *, page: int, per_page: int) -> tuple[int, list[dict[str, Any]]]:
        """What both the library and another program changed, the last first; of ratings the viewer's own. How many, and one page."""
        return await sidecarlists.conflicts(self._db, viewer, everybody=False, offset=(page - 1) * per_page, limit=per_page)

    async def failures(self, viewer: Viewer, *, page: int, per_page: int) -> tuple[int, list[dict[str, Any]]]:
        """Sidecars that could not be written, the last first. How many, and one page."""
        return await sidecarlists.failures(self._db, viewer, offset=(page - 1) * per_page, limit=per_page)
