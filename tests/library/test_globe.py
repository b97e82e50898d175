"""All positions in memory: kept in the database, and brought up to date from there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from facetd.db.connection import Database
from facetd.db.statscache import keep
from facetd.ingest.globecare import GlobeCare
from facetd.library import globe
from facetd.library.globe import KEPT_AS, Globe, packed, refreshed, stored, unpacked
from tests.db.conftest import put, visit
from tests.library.households import Household, make_household


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Household]:
    async with Database(tmp_path / "library.db", readers=1) as db:
        yield await make_household(db)


async def place(home: Household, count: int, start: int = 0) -> list[int]:
    """Photos all over the globe."""
    return await put(
        home.db,
        *(
            visit(home.roots[n % 3], f"placed {n}.jpg", gps_latitude=n * 7.3 % 170 - 85 or 1.0, gps_longitude=n * 31.7 % 350 - 175)
            for n in range(start, start + count)
        ),
    )


def rows(known: Globe) -> list[tuple[float, ...]]:
    return list(zip(*known.columns, strict=True))


async def test_what_is_kept_is_read_and_brought_up_to_date(home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    await place(home, 20)
    care = GlobeCare(home.db)
    assert await care.due()
    await care.run()
    assert not await care.due()
    await place(home, 3, start=20)
    async with home.db.writing() as connection:
        await connection.execute("DELETE FROM photo WHERE filename = 'placed 4.jpg'")
    assert not await care.due(), "it is taken over when it is read"
    monkeypatch.setattr(globe, "all_spots", lambda _connection: pytest.fail("everything was read"))
    found = await home.db.read(stored)
    monkeypatch.undo()
    anew = await home.db.read(lambda connection: refreshed(connection, Globe()))
    assert len(found.points) == 22
    assert rows(found) == rows(anew)
    assert found.version == anew.version


async def test_much_that_changed_is_kept_anew(home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    care = GlobeCare(home.db)
    assert not await care.due(), "there is nothing to keep"
    await place(home, 5)
    await care.run()
    monkeypatch.setattr("facetd.ingest.globecare.MOST_PATCHED", 10)
    await place(home, 5, start=5)
    assert not await care.due()
    await place(home, 1, start=10)
    assert await care.due()


@pytest.mark.parametrize("junk", [b"", b"junk", b"globe  1" + b"\0" * 20, b"x" * 5000])
async def test_what_cannot_be_read_is_made_anew(home: Household, junk: bytes) -> None:
    await place(home, 4)
    assert unpacked(junk) is None
    await keep(home.db, KEPT_AS, "7", junk)
    assert len((await home.db.read(stored)).points) == 4


async def test_packing_loses_nothing(home: Household) -> None:
    await place(home, 12)
    known = await home.db.read(stored)
    again = unpacked(packed(known))
    assert again is not None
    assert (rows(again), again.version) == (rows(known), known.version)
    assert unpacked(packed(Globe())) is not None
