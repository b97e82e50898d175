"""Keeping the map's positions ready, so that the first map after a start is there at once."""

from __future__ import annotations

from collections.abc import Callable

from facetd.db.connection import Connection, Database
from facetd.db.spots import changed_since
from facetd.db.statscache import keep, kept_version
from facetd.library.globe import KEPT_AS, MOST_PATCHED, packed, stored


class GlobeCare:
    """A follow-up of many photos that came or changed; what is kept may lack as many as are taken over quickly when it is read."""

    name = "the positions on the map"

    def __init__(self, db: Database) -> None:
        self._db = db

    async def due(self) -> bool:
        """Nothing is kept, or it lacks too much."""
        return await self._db.read(_lacks_much)

    async def run(self, tell: Callable[[str], None] = lambda _phase: None) -> None:
        """Keep all positions as they are now."""
        tell("mapping")
        globe = await self._db.read(stored)
        await keep(self._db, KEPT_AS, str(globe.version), await self._db.read(lambda _connection: packed(globe)))


def _lacks_much(connection: Connection) -> bool:
    version = kept_version(connection, KEPT_AS)
    known = int(version) if version is not None and version.isdecimal() else 0
    changed = changed_since(connection, known, MOST_PATCHED // 2)
    return changed is None or (version is None and bool(changed))
