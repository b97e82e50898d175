"""Write-back to sidecars and taking back what other programs change, over real files and a real library."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from facetd.db import captions as db_captions
from facetd.house import House
from facetd.ingest.sidecars import Round
from facetd.media.xmp import xmp_facts
from facetd.watch.change import Change
from tests.house import InlineWorkers, config, opened, scan
from tests.photos import make_photo, sidecar

BESIDE = {"photos": {"mode": "beside"}}


@asynccontextmanager
async def library(tmp_path: Path, sections: dict[str, Any] | None = None, *, photos: int = 1, **settings: Any) -> AsyncIterator[House]:
    """Photos 0.jpg, 1.jpg ... in the root `photos`, scanned."""
    for number in range(photos):
        if not (tmp_path / "photos" / f"{number}.jpg").exists():
            make_photo(tmp_path / "photos" / f"{number}.jpg", number)
    chosen = config(sidecars=BESIDE if sections is None else sections, **settings)
    async with opened(tmp_path / "data", chosen, workers=InlineWorkers()) as house:
        await scan(house, tmp_path / "photos")
        yield house


async def photo_id(house: House, name: str = "0.jpg") -> int:
    row = await house.db.row("SELECT id FROM photo WHERE filename = ?", (name,))
    assert row is not None
    return int(row[0])


async def rate(house: House, stars: int, name: str = "0.jpg", *, rejected: bool = False, user: int = 0, at: str | None = None) -> None:
    """As a viewer does it: in the database, without telling anybody."""
    moment = at or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    async with house.db.writing() as connection:
        await connection.execute(
            "INSERT INTO rating (user_id, photo_id, stars, is_rejected, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)"
            " ON CONFLICT DO UPDATE SET stars = ?3, is_rejected = ?4, updated_at = ?5",
            (user, await photo_id(house, name), stars, rejected, moment),
        )


async def write(house: House, **options: Any) -> Round:
    return await house.ingest.sidecars.write(**options)


def said(path: Path) -> dict[str, Any]:
    facts, warnings = xmp_facts(path.read_bytes(), stored_size=(1, 1), orientation=1)
    assert warnings == []
    return facts


async def stars(house: House, name: str = "0.jpg", user: int = 0) -> int | None:
    row = await house.db.row(
        "SELECT stars, is_rejected FROM rating WHERE user_id = ? AND photo_id = ?", (user, await photo_id(house, name))
    )
    return None if row is None else -1 if row[1] else int(row[0])


async def due(house: House) -> int:
    row = await house.db.row("SELECT COUNT(*) FROM sidecar_due")
    assert row is not None
    return int(row[0])


async def changed(house: House, *names: str) -> None:
    """As the watcher reports it."""
    (part,) = await house.ingest.parts_for([])
    await house.ingest.apply(Change(part.root.id, part.root.path, paths=tuple(f"{part.root.path}/{name}" for name in names)))


async def test_a_rating_is_written_beside_the_photo_and_only_once(tmp_path: Path) -> None:
    async with library(tmp_path) as house:
        original = (tmp_path / "photos" / "0.jpg").read_bytes()
        assert (await write(house)).written == 0
        await rate(house, 4)
        assert (await write(house)).written == 1
        beside = tmp_path / "photos" / "0.jpg.xmp"
        assert said(beside) == {"rating": 4}
        first = beside.stat()
        assert (await write(house)).written == 0
        await scan(house)
        await changed(house, "0.jpg.xmp")
        assert (await write(house)).written == 0
        assert beside.stat().st_mtime_ns == first.st_mtime_ns
        assert (tmp_path / "photos" / "0.jpg").read_bytes() == original
        assert sorted(os.listdir(tmp_path / "photos")) == ["0.jpg", "0.jpg.xmp"]


async def test_off_by_default(tmp_path: Path) -> None:
    async with library(tmp_path, {}) as house:
        await rate(house, 4)
        assert (await write(house)).written == 0
        assert await due(house) == 0
        assert os.listdir(tmp_path / "photos") == ["0.jpg"]


async def test_what_was_written_is_not_read_again(tmp_path: Path) -> None:
    async with library(tmp_path) as house:
        await rate(house, 4)
        await write(house)
        workers = house.ingest.workers
        assert isinstance(workers, InlineWorkers)
        workers.visited.clear()
        await scan(house)
        await changed(house, "0.jpg.xmp")
        assert workers.visited == []


async def test_rejected_caption_and_keywords(tmp_path: Path) -> None:
    async with library(tmp_path) as house:
        number = await photo_id(house)
        await rate(house, 0, rejected=True)
        await db_captions.write_caption(house.db, number, 'Tom & "Anna" <3', db_captions.MANUAL)
        async with house.db.writing() as connection:
            await connection.execute("INSERT INTO tag (name) VALUES ('sea')")
            await connection.execute("INSERT INTO photo_tag SELECT ?, id, 'keyword' FROM tag WHERE name = 'sea'", (number,))
        await write(house)
        found = said(tmp_path / "photos" / "0.jpg.xmp")
        assert found == {"rating": -1, "description": 'Tom & "Anna" <3', "keywords": ("sea",)}
        await db_captions.drop_caption(house.db, number)
        await write(house)
        assert said(tmp_path / "photos" / "0.jpg.xmp") == {"rating": -1, "keywords": ("sea",)}


async def test_what_a_model_wrote_stays_here(tmp_path: Path) -> None:
    async with library(tmp_path) as house:
        await db_captions.write_caption(house.db, await photo_id(house), "a dog", "some model")
        assert (await write(house)).written == 0


class TestOutside:
    """Other programs change the sidecar."""

    async def test_an_edit_comes_in(self, tmp_path: Path) -> None:
        async with library(tmp_path) as house:
            await rate(house, 4)
            await write(house)
            sidecar(tmp_path / "photos" / "0.jpg.xmp", rating=2, keywords=("sea",))
            await changed(house, "0.jpg.xmp")
            assert await stars(house) == 2
            assert (await write(house)).written == 0

    async def test_an_edit_that_nobody_reported_is_read_before_anything_is_written(self, tmp_path: Path) -> None:
        async with library(tmp_path) as house:
            await rate(house, 4)
            await write(house)
            sidecar(tmp_path / "photos" / "0.jpg.xmp", rating=4, keywords=("sea", "sun"), title="Kept")
            await db_captions.write_caption(house.db, await photo_id(house), "Mine", db_captions.MANUAL)
            await write(house)
            found = said(tmp_path / "photos" / "0.jpg.xmp")
            assert found == {"rating": 4, "description": "Mine", "keywords": ("sea", "sun"), "title": "Kept"}
