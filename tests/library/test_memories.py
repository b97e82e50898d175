"""Memories: the same day of earlier years, for each viewer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetd.config import Config
from facetd.db import roots, store
from facetd.db.connection import Database
from facetd.db.days import Span
from facetd.filters import PhotoFilter
from facetd.library.memories import Memories, anniversary
from facetd.records.viewer import Viewer
from tests.db.conftest import put, visit

ALL = PhotoFilter()


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with Database(tmp_path / "library.db", readers=1) as opened:
        yield opened


async def of(memories: Memories, viewer: Viewer, day: str, window: int = 0, chosen: PhotoFilter = ALL) -> dict[int, tuple[int, list[str]]]:  # type: ignore[valid-type]
    """By year, newest first: how many photos, and the names of those that are shown."""
    found = await memories.of(viewer, chosen, date.fromisoformat(day), window)
    assert await memories.exist(viewer, chosen, date.fromisoformat(day), window) == bool(found)
    return {each.year: (each.total_count, [photo["filename"] for photo in json.loads(each.photos_json)]) for each in found}


async def test_the_best_of_each_year_before_newest_first(db: Database) -> None:
    alices, shared = [await roots.add_root(db, f"/photos/{name}") for name in ("Alice", "Shared")]
    alice, bob = Viewer(1, "user", frozenset({alices.id, shared.id})), Viewer(2, "user", frozenset({shared.id}))
    ids = await put(
        db,
        *(visit(alices, f"a{n}.jpg", aggregate=n, date_taken=f"2023-07-14T0{n}:00:00") for n in range(1, 8)),
        *(visit(shared, f"s{n}.jpg", aggregate=n + 0.5, date_taken=f"2023-07-14T0{n}:00:00") for n in range(1, 4)),
        visit(shared, "old.jpg", date_taken="1987-07-14T23:59:59"),
        visit(shared, "old blink.jpg", date_taken="1987-07-14T00:00:00", aggregate=9),
        visit(shared, "day after.jpg", date_taken="2022-07-15T00:00:00"),
        visit(shared, "now.jpg", date_taken="2024-07-14T00:00:00"),
        visit(shared, "later.jpg", date_taken="2025-07-14T00:00:00"),
        visit(shared, "no day.jpg"),
        visit(shared, "gone.jpg", date_taken="2010-07-14T00:00:00"),
    )
    await store.set_missing(db, ids[-1:], missing=True, pair_raw=True)
    await roots.set_presence(db, shared.id, online=False)
    async with db.writing() as connection:
        await connection.execute("UPDATE gate SET hide = 1 WHERE photo_id = ?", (ids[11],))
    memories = Memories(db, Config())
    found = await of(memories, alice, "2024-07-14")
    assert found == {2023: (10, ["a7.jpg", "a6.jpg", "a5.jpg", "a4.jpg", "s3.jpg"]), 1987: (2, ["old blink.jpg", "old.jpg"])}
    assert list(found) == [2023, 1987]
    assert await of(memories, bob, "2024-07-14") == {2023: (3, ["s3.jpg", "s2.jpg", "s1.jpg"]), 1987: (2, ["old blink.jpg", "old.jpg"])}
    assert await of(memories, alice, "2024-07-14", chosen=PhotoFilter(hide_blinks=True)) == {2023: found[2023], 1987: (1, ["old.jpg"])}
    assert list(await of(memories, bob, "2024-07-14", window=1)) == [2023, 2022, 1987]
    assert await of(memories, bob, "1987-07-14") == {}
    assert await of(memories, bob, "2024-07-13") == {}
    two = Memories(db, Config.model_validate({"memories": {"top_per_year": 2}}))
    assert (await of(two, alice, "2024-07-14"))[2023] == (10, ["a7.jpg", "a6.jpg"])
    nobody = Viewer(3, "admin", frozenset())
    assert await of(memories, nobody, "2024-07-14") == {}


async def test_what_a_viewer_rejected_is_no_memory_of_theirs(db: Database) -> None:
    shared = await roots.add_root(db, "/photos/Shared")
    alice, bob = Viewer(1, "user", frozenset({shared.id})), Viewer(2, "user", frozenset({shared.id}))
    first, second = await put(db, *(visit(shared, name, date_taken="2020-05-05T10:00:00") for name in ("1.jpg", "2.jpg")))
    memories = Memories(db, Config())
    assert await of(memories, alice, "2024-05-05") == {2020: (2, ["2.jpg", "1.jpg"])}
    async with db.writing() as connection:
        await connection.execute("INSERT INTO rating VALUES (1, ?, 0, 0, 1, ''), (2, ?, 0, 1, 0, '')", (second, second))
        await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
    assert await of(memories, alice, "2024-05-05") == {2020: (1, ["1.jpg"])}
    assert (await of(memories, bob, "2024-05-05"))[2020][0] == 2
    async with db.writing() as connection:
        await connection.execute("INSERT INTO rating VALUES (1, ?, 0, 0, 1, '')", (first,))
        await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
    assert await of(memories, alice, "2024-05-05") == {}


@pytest.mark.parametrize(
    ("day", "year", "window", "expected"),
    [
        ("2026-07-14", 2020, 0, Span("2020-07-14", "2020-07-14")),
        ("2026-07-14", 2020, 3, Span("2020-07-11", "2020-07-17")),
        ("2026-01-01", 2020, 2, Span("2019-12-30", "2020-01-03")),
        ("2026-02-28", 2024, 0, Span("2024-02-28", "2024-02-29")),
        ("2026-02-28", 2025, 0, Span("2025-02-28", "2025-02-28")),
        ("2028-02-28", 2024, 0, Span("2024-02-28", "2024-02-28")),
        ("2028-02-29", 2024, 0, Span("2024-02-29", "2024-02-29")),
        ("2028-02-29", 2025, 0, None),
        ("2028-02-29", 2025, 1, Span("2025-02-28", "2025-03-01")),
        ("2100-02-28", 2000, 0, Span("2000-02-28", "2000-02-29")),
        ("2026-01-02", 1, 15, Span("0001-01-01", "0001-01-17")),
    ],
)
def test_anniversaries(day: str, year: int, window: int, expected: Span | None) -> None:
    assert anniversary(date.fromisoformat(day), year, window) == expected


@given(st.dates(date(1990, 1, 1), date(2023, 12, 31)), st.integers(2024, 2040))
def test_every_photo_is_remembered_once_a_year(taken: date, year: int) -> None:
    day, found = date(year, 1, 1), []
    while day.year == year:
        span = anniversary(day, taken.year, 0)
        if span and span.first <= taken.isoformat() <= span.last:
            found.append(day)
        day += timedelta(days=1)
    assert len(found) == 1
    assert found[0] in (date(year, taken.month, min(taken.day, 28)), date(year, taken.month, 28) + timedelta(days=taken.day - 28))


async def test_around_new_year_the_days_reach_into_the_next_one(db: Database) -> None:
    root = await roots.add_root(db, "/photos/Shared")
    viewer = Viewer(1, "user", frozenset({root.id}))
    await put(db, visit(root, "eve.jpg", date_taken="2019-12-31T23:00:00"), visit(root, "ancient.jpg", date_taken="0001-01-01T00:00:00"))
    memories = Memories(db, Config())
    assert await of(memories, viewer, "2024-01-01", 1) == {2020: (1, ["eve.jpg"]), 1: (1, ["ancient.jpg"])}
    assert await of(memories, viewer, "2020-01-01", 1) == {1: (1, ["ancient.jpg"])}, "the eve of this very New Year"
    assert await of(memories, viewer, "2024-12-31", 0) == {2019: (1, ["eve.jpg"])}
