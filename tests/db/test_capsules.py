"""Lists of capsules in the database: whose they are, what of them may be shown, and by which way that is read."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from facetd.db import capsules as db_capsules
from facetd.db.capsules import ListKey
from facetd.db.connection import Connection, Database
from facetd.records.capsules import Capsule
from facetd.records.viewer import Viewer
from tests.capsules import MOMENT, Shelf

CAPSULE = Capsule("golden:all", "golden", "golden", {"year": 2024}, (7,), (3, 1, 2), (1,))
KEY = ListKey(1, (1, 2))


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with Database(tmp_path / "library.db") as database:
        yield database


async def test_a_list_is_kept_as_it_was_made(db: Database) -> None:
    await db_capsules.ask(db, KEY, MOMENT)
    asked = await db_capsules.find(db, KEY)
    assert asked is not None
    assert (asked.made_of, asked.made_at, asked.shuffle) == (None, None, 0)
    assert await db_capsules.usable(db, KEY) is None, "not made yet"
    for capsules in ([CAPSULE, CAPSULE], [CAPSULE]):
        await db_capsules.save(db, KEY, {"photos": 3}, MOMENT, 1.5, capsules)
        stored = await db_capsules.find(db, KEY)
        assert stored is not None
        assert (stored.id, stored.made_of, stored.took_s) == (asked.id, {"photos": 3}, 1.5)
        number = stored.id
        assert await db.read(lambda connection, number=number: db_capsules.capsules_of(connection, number)) == capsules
    await db_capsules.ask(db, KEY, "2026-07-01T00:00:00Z", other=True)
    again = await db_capsules.find(db, KEY)
    assert again is not None
    assert (again.shuffle, again.asked_at, again.made_of) == (1, "2026-07-01T00:00:00Z", {"photos": 3})
    await db_capsules.forget(db, [again.id])
    assert await db.rows("SELECT * FROM capsule") == []


async def test_only_lists_of_what_the_user_sees_are_usable(db: Database) -> None:
    await db_capsules.save(db, KEY, {}, MOMENT, 1, [])
    for user, roots, found in ((1, (1, 2), True), (1, (1, 2, 3), True), (1, (1,), False), (1, (1, 3), False), (2, (1, 2), False)):
        assert (await db_capsules.usable(db, ListKey(user, roots)) is not None) == found, (user, roots)
    assert await db_capsules.usable(db, ListKey(1, (1, 2), ("2024-01-01", ""))) is None


async def test_a_user_keeps_the_lists_of_the_days_asked_for_last(db: Database) -> None:
    await db_capsules.ask(db, KEY, MOMENT)
    await db_capsules.ask(db, ListKey(2, (1,), ("2020-01-01", "")), MOMENT)
    for day in range(10, 22):
        await db_capsules.ask(db, ListKey(1, (1, 2), ("", f"2024-07-{day}")), f"2026-06-01T00:00:{day}Z")
    left = [stored.key for stored in await db_capsules.lists(db)]
    assert [key.days[1] for key in left if key.user_id == 1 and any(key.days)] == [f"2024-07-{day}" for day in range(21, 13, -1)]
    assert KEY in left
    assert ListKey(2, (1,), ("2020-01-01", "")) in left


async def test_what_may_not_be_shown_is_gone(db: Database) -> None:
    shelf = Shelf(db)
    own, others = await shelf.root("own"), await shelf.root("others")
    plain, secret = await shelf.photos(own, 4, every=timedelta(days=1)), await shelf.photos(others, 1)
    hidden = [(await shelf.photos(own, 1, hide=bit))[0] for bit in (8, 16, 32)]
    await shelf.rate(1, plain[:1], rejected=True)
    viewer = Viewer(1, "user", frozenset({own}))
    every = [*plain, *secret, *hidden, 9999]

    def gone(connection: Connection) -> list[set[int]]:
        return [db_capsules.gone(connection, viewer, every), db_capsules.gone(connection, viewer, every, ("2024-07-11", "2024-07-12"))]

    found = await db.read(gone)
    assert found[0] == {plain[0], *secret, *hidden, 9999}
    assert found[1] == {plain[0], plain[3], *secret, *hidden, 9999}
    assert await db.read(lambda connection: db_capsules.gone(connection, Viewer(2, "user", frozenset({own})), plain)) == set()


async def test_no_query_reads_whole_tables(db: Database) -> None:
    viewer = Viewer(1, "user", frozenset({1, 2}))
    seen: list[str] = []

    def plans(connection: Connection) -> list[str]:
        connection.set_trace_callback(seen.append)
        db_capsules.gone(connection, viewer, [1, 2], ("2024-01-01", ""))
        db_capsules.names_of(connection, viewer, [1])
        db_capsules.paths_of(connection, viewer, [1])
        db_capsules.capsules_of(connection, 1)
        connection.set_trace_callback(None)
        steps: list[sqlite3.Row] = []
        for sql in seen:
            steps += connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
        return [str(row["detail"]) for row in steps]

    scans = [step for step in await db.read(plans) if step.startswith("SCAN")]
    assert len(seen) == 5
    assert scans
    assert all("VIRTUAL TABLE" in step or "CONSTANT ROW" in step for step in scans), scans
