"""A library of rows without any picture, for capsules: photos with what the rules look at, people, tags, vectors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from facetd.config import Config
from facetd.db import roots as db_roots
from facetd.db.capsules import ListKey
from facetd.db.connection import Database
from facetd.ingest.capsules import CapsuleMaking
from facetd.ingest.workers import Workers
from facetd.library.capsules import Capsules
from facetd.records.viewer import Viewer
from tests.house import InlineWorkers

NOW = datetime(2026, 6, 15, 12, 0)
MOMENT = "2026-06-01T00:00:00Z"
SPACE = "made/f32"
COLUMNS = (
    "aggregate", "aesthetic", "date_taken", "gps_latitude", "gps_longitude", "camera_model", "lens_model", "category",
    "composition_pattern", "focal_length", "mean_saturation", "mean_luminance", "is_monochrome", "phash",
)  # fmt: skip


class Shelf:
    """Puts photos into a library."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._number = 0

    async def root(self, name: str) -> int:
        """A photo share that is not there; its id."""
        root = await db_roots.add_root(self.db, f"/nowhere/{name}")
        async with self.db.writing() as connection:
            await connection.execute("INSERT OR IGNORE INTO folder (root_id, path) VALUES (?, '')", (root.id,))
        return root.id

    async def photos(
        self, root: int, count: int, *, start: str | None = "2024-07-10T10:00:00", every: timedelta = timedelta(hours=1), hide: int = 0,
        vary: Callable[[int], dict[str, Any]] = lambda _number: {}, **values: Any,
    ) -> list[int]:  # fmt: skip
        """`count` photos from `start` on, one `every` so often, with these values, and those that `vary` gives by number. Their ids."""
        found = []
        async with self.db.writing() as connection:
            folder = next(iter(await connection.execute_fetchall("SELECT id FROM folder WHERE root_id = ? AND path = ''", (root,))))[0]
            for number in range(count):
                self._number += 1
                taken = (datetime.fromisoformat(start) + number * every).isoformat() if start else None
                given = {"aggregate": 7.0 + 0.001 * (self._number % 500), "date_taken": taken, **values, **vary(number)}
                row = [given.get(name) for name in COLUMNS]
                marks = ", ".join("?" * (len(COLUMNS) + 3))
                rows = await connection.execute_fetchall(
                    f"INSERT INTO photo (folder_id, filename, content_hash, {', '.join(COLUMNS)}, size, mtime_ns, added_at, updated_at)"
                    f" VALUES ({marks}, 1, 1, '{MOMENT}', '{MOMENT}') RETURNING id",
                    (folder, f"{self._number:06d}.jpg", f"{self._number:032x}", *row),
                )
                found.append(int(next(iter(rows))[0]))
            await connection.executemany("INSERT INTO gate VALUES (?, ?, ?)", [(photo, root, hide) for photo in found])
            await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
        return found

    async def person(self, name: str | None, *photos: Iterable[int], hidden: bool = False) -> int:
        """A person with a face in each of these photos; its id."""
        async with self.db.writing() as connection:
            rows = await connection.execute_fetchall(
                f"INSERT INTO person (name, hidden, created_at, updated_at) VALUES (?, ?, '{MOMENT}', '{MOMENT}') RETURNING id",
                (name, hidden),
            )
            person = int(next(iter(rows))[0])
            await connection.executemany(
                "INSERT INTO face (photo_id, x, y, width, height, person_id) VALUES (?, 0, 0, 1, 1, ?)",
                [(photo, person) for some in photos for photo in some],
            )
            await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
        return person

    async def tag(self, name: str, photos: Iterable[int]) -> None:
        """A tag of these photos."""
        async with self.db.writing() as connection:
            await connection.execute("INSERT OR IGNORE INTO tag (name) VALUES (?)", (name,))
            await connection.executemany(
                "INSERT INTO photo_tag SELECT ?, id, 'keyword' FROM tag WHERE name = ?", [(photo, name) for photo in photos]
            )

    async def rate(self, user: int, photos: Iterable[int], *, stars: int = 0, favorite: bool = False, rejected: bool = False) -> None:
        """What a user thinks of photos."""
        async with self.db.writing() as connection:
            await connection.executemany(
                "INSERT OR REPLACE INTO rating VALUES (?, ?, ?, ?, ?, ?)",
                [(user, photo, stars, favorite, rejected, datetime.now().isoformat()) for photo in photos],
            )
            await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")

    async def vectors(self, photos: Iterable[int], vectors: np.ndarray) -> None:
        """What photos look like, (n, d)."""
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        async with self.db.writing() as connection:
            await connection.executemany(
                "INSERT INTO photo_embedding (photo_id, space, vector) VALUES (?, ?, ?)",
                [(photo, SPACE, vector.astype("<f4").tobytes()) for photo, vector in zip(photos, unit, strict=True)],
            )

    async def place(self, latitude: float, longitude: float, *name: str) -> None:
        """What the cell of these degrees is called: town, region, country."""
        cell = int((latitude + 90) * 100) * 36001 + int((longitude + 180) * 100)
        async with self.db.writing() as connection:
            await connection.execute("INSERT OR IGNORE INTO place (name, region, country) VALUES (?, ?, ?)", name)
            await connection.execute(
                "INSERT OR REPLACE INTO place_cell SELECT ?, id FROM place WHERE (name, region, country) = (?, ?, ?)", (cell, *name)
            )


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Stand:
    """A library with its capsules; the clock stands still."""

    def __init__(self, db: Database, config: Config, workers: Workers) -> None:
        self.db = db
        self.shelf = Shelf(db)
        self.clock = Clock()
        self.made: list[ListKey] = []
        self.making = CapsuleMaking(db, workers, config.capsules, self.made.append, self.clock)
        self.capsules = Capsules(db, config, self.making)

    async def listed(self, viewer: Viewer, days: tuple[str, str] = ("", "")) -> list[dict[str, Any]]:
        """All capsules of a viewer, once they are made."""
        await self.capsules.page(viewer, days=days)
        await self.making.settled()
        return (await self.capsules.page(viewer, per_page=200, days=days)).capsules

    async def ids(self, viewer: Viewer, kind: str = "", days: tuple[str, str] = ("", "")) -> list[str]:
        """The ids of those of one type."""
        return [capsule["id"] for capsule in await self.listed(viewer, days) if capsule["type"] == (kind or capsule["type"])]

    async def photos(self, viewer: Viewer, capsule: str) -> list[int]:
        """The photos of a capsule."""
        return [photo["id"] for photo in (await self.capsules.photos(viewer, capsule))[1]]


@asynccontextmanager
async def stand(folder: Path, workers: Workers | None = None, **sections: Any) -> AsyncIterator[Stand]:
    """An empty library in `folder`, with changes to the section `capsules`."""
    config = Config.model_validate({"capsules": sections})
    async with Database(folder / "library.db") as db:
        found = Stand(db, config, workers or InlineWorkers())
        try:
            yield found
        finally:
            await found.making.stop()
