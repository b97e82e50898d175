"""Opening, migrating, checking; transactions that are whole or not there."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from facetd.db.connection import Connection, Database
from facetd.db.migrate import available, statements
from facetd.db.readers import snapshot
from facetd.db.revision import bump
from facetd.errors import DatabaseUnusable, DiskFull


async def test_a_new_file_gets_the_newest_schema(tmp_path: Path) -> None:
    async with Database(tmp_path / "library.db") as db:
        version = await db.row("PRAGMA user_version")
        mode = await db.row("PRAGMA journal_mode")
    assert version is not None
    assert version[0] == max(available())
    assert mode is not None
    assert mode[0] == "wal"


async def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    async with Database(tmp_path / "library.db"):
        pass
    with sqlite3.connect(tmp_path / "library.db") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(DatabaseUnusable, match=r"newer facetd \(schema 999"):
        await Database(tmp_path / "library.db").open()


async def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "library.db") as connection:
        connection.execute("CREATE TABLE somebodys (data)")
    connection.close()
    with pytest.raises(DatabaseUnusable, match="not a facetd library"):
        await Database(tmp_path / "library.db").open()


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "library.db").write_bytes(b"this is text" * 1000)
    with pytest.raises(DatabaseUnusable, match=r"library\.db"):
        await Database(tmp_path / "library.db").open()


async def test_after_an_unclean_stop_damage_is_found(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    async with Database(path) as db, db.writing() as connection:
        await connection.executemany("INSERT INTO tag (name) VALUES (?)", [(f"tag {n} {'x' * 200}",) for n in range(2000)])
    content = bytearray(path.read_bytes())
    full = [page for page in range(1, len(content) // 4096) if content[page * 4096 : page * 4096 + 4096].count(b"x" * 100) > 5]
    for page in full:
        content[page * 4096 + 8 : page * 4096 + 40] = b"\x7f" * 32
    path.write_bytes(content)
    path.with_name("library.db.open").touch()
    with pytest.raises(DatabaseUnusable, match="integrity check after an unclean stop"):
        await Database(path).open()


async def test_the_marker_of_an_open_database_goes_with_a_clean_stop(tmp_path: Path) -> None:
    marker = tmp_path / "library.db.open"
    async with Database(tmp_path / "library.db"):
        assert marker.exists()
    assert not marker.exists()


async def test_a_failed_transaction_leaves_nothing(db: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.writing() as connection:
            await connection.execute("INSERT INTO tag (name) VALUES ('half')")
            raise ZeroDivisionError
    assert await db.rows("SELECT * FROM tag") == []


async def test_a_full_disk_is_told_as_one_and_costs_one_transaction(db: Database) -> None:
    async with db.writing() as connection:
        pages = await (await connection.execute("PRAGMA page_count")).fetchone()
    assert pages is not None
    with pytest.raises(DiskFull, match=f"the disk of {db.path.parent}"):
        async with db.writing() as connection:
            await connection.execute(f"PRAGMA max_page_count = {pages[0] + 2}")
            await connection.executemany("INSERT INTO tag (name) VALUES (?)", [(f"{n} {'x' * 500}",) for n in range(100)])
    async with db.writing() as connection:
        await connection.execute("INSERT INTO tag (name) VALUES ('small')")
    assert [row[0] for row in await db.rows("SELECT name FROM tag")] == ["small"]


async def test_a_cancelled_transaction_leaves_nothing_and_the_next_one_works(db: Database) -> None:
    entered = asyncio.Event()

    async def never_ends() -> None:
        async with db.writing() as connection:
            await connection.execute("INSERT INTO tag (name) VALUES ('half')")
            entered.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(never_ends())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with db.writing() as connection:
        await connection.execute("INSERT INTO tag (name) VALUES ('whole')")
    assert [row["name"] for row in await db.rows("SELECT name FROM tag")] == ["whole"]


async def test_readers_cannot_write(db: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await db.rows("DELETE FROM tag")


async def test_several_statements_are_read_in_one_go_and_side_by_side(db: Database) -> None:
    meeting = threading.Barrier(2, timeout=20)

    def work(connection: Connection) -> tuple[int, int]:
        first = connection.execute("SELECT 1").fetchone()[0]
        meeting.wait()
        return first, connection.execute("SELECT 2").fetchone()[0]

    assert await asyncio.gather(db.read(work), db.read(work)) == [(1, 2), (1, 2)]


async def test_one_read_after_the_other_is_done_by_the_same_connection(db: Database) -> None:
    """It has in memory what was asked for last, and its statements prepared."""
    assert len({await db.read(id) for _ in range(8)}) == 1


async def test_more_reads_than_readers_wait_for_their_turn_also_after_errors_and_cancellations(db: Database) -> None:
    go_on = threading.Event()

    def slow(connection: Connection) -> str:
        go_on.wait(20)
        return str(connection.execute("SELECT 'slow'").fetchone()[0])

    abandoned = [asyncio.create_task(db.read(slow)) for _ in range(2)]
    await asyncio.sleep(0.01)
    for task in abandoned:
        task.cancel()
    failing = [asyncio.create_task(db.rows("SELECT nothing_like_it")) for _ in range(3)]
    waiting = [asyncio.create_task(db.row("SELECT ?", (number,))) for number in range(5)]
    go_on.set()
    assert all(isinstance(error, sqlite3.OperationalError) for error in await asyncio.gather(*failing, return_exceptions=True))
    assert [row[0] for row in await asyncio.gather(*waiting) if row] == [0, 1, 2, 3, 4]


async def test_closing_waits_for_what_is_read(tmp_path: Path) -> None:
    started = threading.Event()
    db = Database(tmp_path / "library.db")
    await db.open()

    def slow(connection: Connection) -> int:
        started.set()
        time.sleep(0.05)
        return int(connection.execute("SELECT 7").fetchone()[0])

    reading = asyncio.create_task(db.read(slow))
    await asyncio.to_thread(started.wait)
    await db.close()
    assert await reading == 7
    assert not (tmp_path / "library.db-wal").exists(), "the log is folded into the file"
    with pytest.raises(DatabaseUnusable, match="not open"):
        await db.rows("SELECT 1")


async def test_a_closed_database_says_so(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable, match="not open"):
        async with Database(tmp_path / "library.db").writing():
            pass


def test_statements_are_split_outside_triggers_and_strings() -> None:
    script = "CREATE TABLE t (a);\n-- a; b\nCREATE TRIGGER x AFTER INSERT ON t BEGIN\n  DELETE FROM t;\n  SELECT ';';\nEND;\n"
    assert [s.split()[0:2] for s in statements(script)] == [["CREATE", "TABLE"], ["--", "a;"]]


def test_an_unfinished_statement_is_an_error() -> None:
    with pytest.raises(ValueError, match="not finished"):
        statements("CREATE TABLE t (a);\nSELECT 1")


async def test_what_is_worked_out_lasts_for_one_revision(db: Database) -> None:
    asked = []

    async def compute() -> int:
        asked.append(db.revision)
        return len(asked)

    assert [await db.per_revision("n", compute) for _ in range(3)] == [1, 1, 1]
    async with db.writing() as connection:
        await bump(connection)
    assert [await db.per_revision("n", compute) for _ in range(2)] == [2, 2]
    assert asked[0] < asked[1]


async def test_a_cancellation_at_any_moment_leaves_the_writer_usable(db: Database) -> None:
    async def write() -> None:
        async with db.writing() as connection:
            await bump(connection)
            await bump(connection)

    for moment in range(60):
        before = await db.row("SELECT value FROM meta WHERE key = 'revision'")
        task = asyncio.create_task(write())
        for _ in range(moment):
            await asyncio.sleep(0)
        if moment % 3 == 1:
            await asyncio.sleep(moment / 20_000)
        task.cancel()
        await asyncio.wait([task])
        async with db.writing() as connection:
            await bump(connection)
        after = await db.row("SELECT value FROM meta WHERE key = 'revision'")
        assert before is not None
        assert after is not None
        assert after[0] - before[0] in (1, 3)


async def test_a_snapshot_is_one_state_of_the_library(db: Database) -> None:
    def read(connection: Connection) -> list[int]:
        def value() -> int:
            return int(connection.execute("SELECT value FROM meta WHERE key = 'revision'").fetchone()[0])

        def write() -> None:
            with closing(sqlite3.connect(db.path, isolation_level=None)) as other:
                other.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")

        found = []
        with snapshot(connection):
            found.append(value())
            write()
            found.append(value())
        found.append(value())
        return found

    first, second, after = await db.read(read)
    assert first == second == after - 1

    def failing(connection: Connection) -> None:
        with snapshot(connection):
            raise ValueError("something else")

    with pytest.raises(ValueError, match="something else"):
        await db.read(failing)
    assert (await db.read(read))[2] == after + 1, "the connection is of use afterwards"
