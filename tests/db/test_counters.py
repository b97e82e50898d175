"""The counters that triggers keep for days and folders are what a count would give, whatever happens to photos."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facetd.db import care
from facetd.db.connection import Database
from facetd.db.migrate import available, statements
from facetd.records.files import Root
from tests.db.conftest import put, visit

KINDS = (("day_count", "day"), ("folder_count", "folder_id"))
DAYS = (None, "2024-02-29T10:00:00", "2024-02-29T23:59:59.5", "2023-12-31T00:00:00")
FOLDERS = (11, 12, 21, 22)  # of roots 1 and 2
ids = st.integers(1, 26)
roots = st.sampled_from((1, 2))
hides = st.sampled_from((0, 1, 2, 8, 40))
scores = st.sampled_from((None, 1.0, 5.5, 9.0))
values = st.fixed_dictionaries({"folder": st.sampled_from(FOLDERS), "date": st.sampled_from(DAYS), "score": scores})
STEPS: dict[str, tuple[str, Any]] = {
    "a photo that is new or back": ("come", st.tuples(ids, values, roots, hides)),
    "another folder": ("UPDATE photo SET folder_id = ?2 WHERE id = ?1", st.tuples(ids, st.sampled_from(FOLDERS))),
    "another date": ("UPDATE photo SET date_taken = ?2 WHERE id <= ?1", st.tuples(ids, st.sampled_from(DAYS))),
    "another score": ("UPDATE photo SET aggregate = ?2 WHERE id = ?1", st.tuples(ids, scores)),
    "other scores": ("UPDATE photo SET aggregate = 10 - aggregate", st.just(())),
    "hidden or shown": ("UPDATE gate SET hide = ?2 WHERE photo_id >= ?1", st.tuples(ids, hides)),
    "another root": ("UPDATE gate SET root_id = ?2 WHERE photo_id = ?1", st.tuples(ids, roots)),
    "no photo": ("DELETE FROM photo WHERE id = ?1", st.tuples(ids)),
    "some photos less": ("DELETE FROM photo WHERE id % 3 = 0", st.just(())),
    "no gate": ("DELETE FROM gate WHERE photo_id = ?1", st.tuples(ids)),
    "no folder": ("DELETE FROM folder WHERE id = ?1", st.tuples(st.sampled_from(FOLDERS))),
    "no root": ("DELETE FROM root WHERE id = ?1", st.tuples(roots)),
}
steps = st.lists(
    st.one_of([arguments.map(lambda given, sql=sql: (sql, given)) for sql, arguments in STEPS.values()]), min_size=1, max_size=8
)


@pytest.fixture(scope="module")
def stocked() -> Iterator[bytes]:
    """A library with photos in every folder, on every day, hidden in several ways, some as good as others."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for _, path in sorted(available().items()):
            for statement in statements(path.read_text(encoding="utf-8")):
                connection.execute(statement)
        _furnish(connection)
        for number in range(1, 25):
            folder = FOLDERS[number % 4]
            values = {"folder": folder, "date": DAYS[number // 4 % 4], "score": (None, 9.0, 5.5)[number % 3]}
            _come(connection, number, values, folder // 10, (0, 0, 8, 1)[number // 2 % 4])
        yield connection.serialize()


@given(steps)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=80)
def test_counters_are_what_a_count_gives(stocked: bytes, steps: list[tuple[str, tuple[Any, ...]]]) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.deserialize(stocked)
        connection.execute("PRAGMA foreign_keys = ON")
        for sql, arguments in steps:
            _furnish(connection)
            if sql == "come":
                _come(connection, *arguments)
            else:
                connection.execute(sql, arguments)
            for table, column in KINDS:
                kept = connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall()
                assert kept == _counted(connection, column), (sql, arguments)


def _furnish(connection: sqlite3.Connection) -> None:
    """Roots and folders, those that a step took away are made anew."""
    connection.execute("INSERT INTO root (id, name, path, added_at) VALUES (1, 'a', '/a', ''), (2, 'b', '/b', '') ON CONFLICT DO NOTHING")
    connection.executemany(
        "INSERT INTO folder (id, root_id, path) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(number, number // 10, f"folder {number}") for number in FOLDERS],
    )


def _come(connection: sqlite3.Connection, number: int, values: dict[str, Any], root: int, hide: int) -> None:
    """As scans store a photo."""
    connection.execute(
        "INSERT INTO photo (id, folder_id, filename, size, mtime_ns, content_hash, date_taken, aggregate, added_at, updated_at)"
        " VALUES (?1, ?2, 'photo ' || ?1, 1, 1, '', ?3, ?4, '', '')"
        " ON CONFLICT DO UPDATE SET folder_id = ?2, date_taken = ?3, aggregate = ?4",
        (number, values["folder"], values["date"], values["score"]),
    )
    connection.execute(
        "INSERT INTO gate (photo_id, root_id, hide) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET root_id = ?2, hide = (hide & 1) | ?3",
        (number, root, hide),
    )


def _counted(connection: sqlite3.Connection, column: str) -> list[tuple[Any, ...]]:
    """What the counters should be, counted here."""
    found: dict[tuple[Any, ...], list[tuple[float, int]]] = {}
    rows = connection.execute(f"SELECT p.{column}, g.root_id, g.hide, p.aggregate, p.id FROM photo p JOIN gate g ON g.photo_id = p.id")
    for *place, score, number in rows:
        found.setdefault(tuple(place), []).append((-1 if score is None else score, number))
    return [(*place, len(photos), max(photos)[1], max(photos)[0]) for place, photos in sorted(found.items())]


async def test_a_library_of_before_is_counted(db: Database, root: Root) -> None:
    await put(
        db,
        visit(root, "a.jpg", date_taken="2024-02-29T10:00:00", aggregate=4),
        visit(root, "b.jpg", date_taken="2024-02-29T11:00:00", aggregate=None, folder="x"),
        visit(root, "c.jpg", date_taken=None, folder="x"),
    )
    kept = [[tuple(row) for row in await db.rows(f"SELECT * FROM {table}")] for table, _ in KINDS]
    filling = [sql for sql in statements(next(p for p in available().values() if "counters" in p.name).read_text()) if "row_number" in sql]
    async with db.writing() as connection:
        for table, _ in KINDS:
            await connection.execute(f"DELETE FROM {table}")
        for sql in filling:
            await connection.execute(sql)
    assert [[tuple(row) for row in await db.rows(f"SELECT * FROM {table}")] for table, _ in KINDS] == kept
    assert [[row[3] for row in rows] for rows in kept] == [[1, 2], [1, 2]]
    assert await care.consistency(db) == []


async def test_wrong_counters_of_days_and_folders_are_found(db: Database, root: Root) -> None:
    for table, _ in KINDS:
        for change in ("photos = photos + 1", "hero_id = 2", "hero_score = 3"):
            await put(db, visit(root, "a.jpg"), visit(root, "b.jpg", aggregate=1))
            async with db.writing() as connection:
                await connection.execute(f"UPDATE {table} SET {change}")
            assert await care.consistency(db) == [f"{table}: 1 counters are wrong"], change
            async with db.writing() as connection:
                await connection.execute(f"DELETE FROM {table}")
                await connection.execute("DELETE FROM photo")
