"""What is similar to one photo: in looks, in colour, or by who is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from facetd.config import Config
from facetd.db import likeness as db_likeness
from facetd.db.connection import Connection, Database
from facetd.db.faces import people_of_photos
from facetd.db.rows import photo_rows
from facetd.ingest.vectorcare import FOLDER
from facetd.library import present
from facetd.records.viewer import Viewer

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from facetd.ingest.findings import FoundSimilar
    from facetd.ingest.workers import Workers

Mode = Literal["visual", "color", "person"]
LEAST: dict[Mode, float] = {"visual": 0.4, "color": 0.4, "person": 0.0}
MOST = 500
TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class SimilarPage:
    """Photos like one, most similar first, each with `similarity` 0..1. `basis` says by what they were compared, `message` what lacked."""

    photos: list[dict[str, Any]]
    total: int
    basis: str
    message: str | None


class Similar:
    """Finds what is similar. `lookups` is the process that compares, with the files of vectors below `data`."""

    def __init__(self, db: Database, config: Config, data: Path, lookups: Workers) -> None:
        self._db = db
        self._config = config
        self._folder = data / FOLDER
        self._lookups = lookups

    async def page(
        self, viewer: Viewer, photo: int, *, mode: Mode, least: float | None = None, limit: int = 20, offset: int = 0
    ) -> SimilarPage:
        """One page of at most MOST photos that `viewer` may see. The caller has checked that `photo` may be seen."""
        threshold = LEAST[mode] if least is None else least

        async def find() -> tuple[list[tuple[int, float]], str, str | None]:
            ids, similarity, basis, message = await self._find(viewer, photo, mode, threshold)
            visible = await self._db.read(lambda connection: db_likeness.visible(connection, viewer, ids))
            found = [(number, value) for number, value in zip(ids, similarity, strict=True) if number in visible]
            return found[:MOST], basis, message

        found, basis, message = await self._db.per_revision(("similar", viewer.root_ids, photo, mode, threshold), find)
        shown = dict(found[offset : offset + limit])

        def read(connection: Connection) -> list[dict[str, Any]]:
            rows = photo_rows(connection, viewer, list(shown))
            people = people_of_photos(connection, list(shown))
            return [present.photo(row, self._config, people) for row in rows]

        photos = [{**photo, "similarity": round(shown[photo["id"]], 4)} for photo in await self._db.read(read)]
        return SimilarPage(photos, len(found), basis, message)

    async def _find(self, viewer: Viewer, photo: int, mode: Mode, least: float) -> tuple[Sequence[int], Sequence[float], str, str | None]:
        if mode == "person":
            known, ids = await self._db.read(lambda connection: db_likeness.with_same_people(connection, viewer, photo))
            if known:
                return ids, [1.0] * len(ids), "person", None
            found = await self._lookups.compute(_by_face, self._db.path, photo, least, timeout_s=TIMEOUT_S)
        elif mode == "color":
            found = await self._lookups.compute(_by_colour, self._db.path, sorted(viewer.root_ids), photo, least, timeout_s=TIMEOUT_S)
        else:
            roots = sorted(viewer.root_ids)
            found = await self._lookups.compute(_by_looks, self._db.path, self._folder, roots, photo, least, timeout_s=TIMEOUT_S)
        return found.ids, found.similarity, found.basis, found.message


# What follows runs in a worker; the imports stay out of the daemon.


def _by_looks(path: Path, folder: Path, roots: Collection[int], photo: int, least: float) -> FoundSimilar:
    from facetd.ingest.lookups import similar_by_looks  # noqa: PLC0415

    return similar_by_looks(path, folder, roots, photo, least)


def _by_colour(path: Path, roots: Collection[int], photo: int, least: float) -> FoundSimilar:
    from facetd.ingest.lookups import similar_by_colour  # noqa: PLC0415

    return similar_by_colour(path, roots, photo, least)


def _by_face(path: Path, photo: int, least: float) -> FoundSimilar:
    from facetd.ingest.lookups import similar_by_face  # noqa: PLC0415

    return similar_by_face(path, photo, least)
