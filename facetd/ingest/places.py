"""Where photos were taken: names for the cells of the globe that have photos and no name yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facetd.db import places as db_places
from facetd.db.connection import Database
from facetd.ingest.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BATCH = 2000  # cells looked up at a time: some seconds
TIMEOUT_S = 300.0
ASKED_KEPT = 1000  # cells without photos that somebody asked about


class Places:
    """Names of places as a follow-up of photos with coordinates, and for whoever asks."""

    name = "names of places"

    def __init__(self, db: Database, workers: Workers) -> None:
        self._db = db
        self._workers = workers
        self._asked: dict[int, db_places.Name | None] = {}

    async def due(self) -> bool:
        """There are photos where nobody looked up what the place is called."""
        return bool(await db_places.nameless_cells(self._db, 1))

    async def run(self, tell: Callable[[str], None] = lambda _phase: None) -> int:
        """Look up what has no name yet; returns how many cells that were. Raises Unavailable; what is stored by then stays."""
        done = 0
        while cells := await db_places.nameless_cells(self._db, BATCH):
            tell("placing")
            await db_places.save_places(self._db, await self._look_up(cells))
            done += len(cells)
        return done

    async def at(self, latitude: float, longitude: float) -> str:
        """What the place at these degrees is called, for people; '' far from every place. Raises Unavailable.

        Only cells with photos are kept in the library, so that asking fills nothing; the last others are remembered.
        """
        cell = db_places.cell_of(latitude, longitude)
        known, name = await db_places.place_of(self._db, cell)
        if known:
            return db_places.display_name(name)
        if cell not in self._asked:
            self._asked[cell] = (await self._look_up([cell]))[cell]
            while len(self._asked) > ASKED_KEPT:
                self._asked.pop(next(iter(self._asked)))
        return db_places.display_name(self._asked[cell])

    async def _look_up(self, cells: Sequence[int]) -> dict[int, db_places.Name | None]:
        names = await self._workers.compute(_names, [db_places.middle_of(cell) for cell in cells], timeout_s=TIMEOUT_S)
        return dict(zip(cells, names, strict=True))


def _names(coordinates: list[tuple[float, float]]) -> list[tuple[str, str, str] | None]:
    """Runs in a worker; the import stays out of the daemon."""
    from facetd.media.geocode import name_places as names_of  # noqa: PLC0415

    return [(name.name, name.region, name.country) if name is not None else None for name in names_of(coordinates)]  # plain: no NumPy
