"""Photos by what they look like to a model: the nearest ones, and how near others are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from facetd.db.connection import Database
from facetd.ingest.vectorcare import FOLDER
from facetd.ingest.workers import Workers

if TYPE_CHECKING:
    from facetd.ingest.findings import FoundNear

ANSWER_S = 60.0  # the first question after a damage waits until the file is written anew


class Vectors:
    """Asks the process that answers questions, `lookups`, which keeps the files below `data` open. Nothing is computed here."""

    def __init__(self, db: Database, data: Path, lookups: Workers) -> None:
        self._db = db
        self._folder = data / FOLDER
        self._lookups = lookups

    async def nearest(
        self, asked: int | bytes, count: int, *, space: str | None = None, within: Sequence[int] | None = None
    ) -> FoundNear | None:
        """The `count` photos nearest to a photo (which is left out) or to a vector (little-endian float32), with their cosines.

        Among the photos `within` if given: whom they may be shown to is the caller's business. `space`: None for the photo's own; None is
        returned where there is nothing to compare in it. Raises Unavailable.
        """
        return await self._lookups.compute(_nearest, self._db.path, self._folder, space, asked, count, within, timeout_s=ANSWER_S)

    async def cosines(self, photo: int, others: Sequence[int], *, space: str | None = None) -> FoundNear | None:
        """How near `others` are to `photo`: those that have a vector, in no order. None where it has none itself. Raises Unavailable."""
        return await self._lookups.compute(_cosines, self._db.path, space, photo, others, timeout_s=ANSWER_S)


# What follows runs in a worker; the imports stay out of the daemon.


def _nearest(path: Path, folder: Path, space: str | None, asked: int | bytes, count: int, within: Sequence[int] | None) -> FoundNear | None:
    from facetd.ingest.nearest import nearest  # noqa: PLC0415

    return nearest(path, folder, space, asked, count, within)


def _cosines(path: Path, space: str | None, photo: int, others: Sequence[int]) -> FoundNear | None:
    from facetd.ingest.nearest import cosines  # noqa: PLC0415

    return cosines(path, space, photo, others)
