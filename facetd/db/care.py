"""Care for the database: backup, restore, consistency, defragmentation, numbers."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from facetd.db.connection import Database
from facetd.db.counters import recount
from facetd.db.migrate import APPLICATION_ID
from facetd.db.options import wrong_counts
from facetd.errors import DatabaseUnusable
from facetd.i18n import _
from facetd.records.care import CareTask

COUNTED_ANEW = (
    "SELECT p.{0}, g.root_id, g.hide, COUNT(*) AS counted, MAX(COALESCE(p.aggregate, -1)) AS best"
    " FROM gate g JOIN photo p ON p.id = g.photo_id GROUP BY p.{0}, g.root_id, g.hide"
)
DIFFER = (
    "WHERE counted IS NOT c.photos OR best IS NOT c.hero_score"
    " OR NOT EXISTS (SELECT 1 FROM photo p JOIN gate g ON g.photo_id = p.id WHERE p.id = c.hero_id"
    " AND COALESCE(p.aggregate, -1) = c.hero_score AND p.{0} = c.{0} AND g.root_id = c.root_id AND g.hide = c.hide)"
)


def backup(source: Path, target: Path) -> None:
    """Copy the database, consistent also while it is written. Raises DatabaseUnusable; `target` is complete or untouched."""
    if not source.exists():
        raise DatabaseUnusable(_("{source}: there is no library yet").format(source=source))
    partial = target.with_name(target.name + ".partial")
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old, closing(sqlite3.connect(partial)) as new:
            old.backup(new)
            new.execute("PRAGMA journal_mode = DELETE")
        os.replace(partial, target)
    except (sqlite3.Error, OSError) as error:
        raise DatabaseUnusable(_("{target}: the backup could not be written: {error}").format(target=target, error=error)) from error
    finally:
        partial.unlink(missing_ok=True)


def restore(source: Path, target: Path) -> Path | None:
    """Put the backup `source` in place of `target`; returns where the old database is kept.

    Raises DatabaseUnusable when it is not a sound library.
    """
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as connection:
            sound = connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            ours = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    except sqlite3.Error as error:
        raise DatabaseUnusable(_("{source}: not a usable backup: {error}").format(source=source, error=error)) from error
    if not sound or not ours:
        wrong = _("{source}: damaged; nothing was changed") if ours else _("{source}: not a facetd library; nothing was changed")
        raise DatabaseUnusable(wrong.format(source=source))
    fresh = target.with_name(target.name + ".restoring")
    backup(source, fresh)
    kept = None
    if target.exists():
        kept = target.with_name(f"{target.name}.{datetime.now():%Y%m%d-%H%M%S}.old")
        with closing(sqlite3.connect(target)) as old:
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        os.replace(target, kept)
    for leftover in ("-wal", "-shm"):
        target.with_name(target.name + leftover).unlink(missing_ok=True)
    os.replace(fresh, target)
    return kept


async def consistency(db: Database) -> list[str]:
    """What contradicts itself in the library: dangling rows, wrong counters."""
    found = [f"{row[0]}: row {row[1]} refers to nothing in {row[2]}" for row in await db.rows("PRAGMA foreign_key_check")]
    ungated = await db.row("SELECT COUNT(*) FROM photo WHERE id NOT IN (SELECT photo_id FROM gate)")
    if ungated and ungated[0]:
        found.append(f"{ungated[0]} photos have no entry in gate")
    wrong = await db.rows(
        "SELECT c.root_id, c.hide FROM (SELECT root_id, hide, COUNT(*) AS n FROM gate GROUP BY root_id, hide) g"
        " FULL JOIN gate_count c ON c.root_id = g.root_id AND c.hide = g.hide WHERE COALESCE(g.n, 0) <> COALESCE(c.photos, 0)"
    )
    found += [f"the counter of root {row[0]}, hide {row[1]} is wrong" for row in wrong]
    found += [f"the counters of each {facet} are wrong" for facet in await wrong_counts(db)]
    for table, column in (("day_count", "day"), ("folder_count", "folder_id")):
        different = await db.row(
            f"SELECT COUNT(*) FROM ({COUNTED_ANEW.format(column)}) FULL JOIN {table} c USING ({column}, root_id, hide)"
            f" {DIFFER.format(column)}"
        )
        if different and different[0]:
            found.append(f"{table}: {different[0]} counters are wrong")
    albums = await db.rows(
        "SELECT DISTINCT album_id FROM (SELECT a.album_id, g.root_id, g.hide, COUNT(*) AS n FROM album_photo a"
        " JOIN gate g ON g.photo_id = a.photo_id GROUP BY 1, 2, 3) FULL JOIN album_count c USING (album_id, root_id, hide)"
        " WHERE COALESCE(n, 0) <> COALESCE(c.photos, 0)"
    )
    return found + [f"the counters of album {row[0]} are wrong" for row in albums]


async def optimize(db: Database) -> None:
    """VACUUM and ANALYZE."""
    await db.outside_transaction("PRAGMA temp_store = FILE")  # the copy that VACUUM makes is as large as the library
    try:
        await db.outside_transaction("VACUUM")
    finally:
        await db.outside_transaction("PRAGMA temp_store = MEMORY")
    await db.outside_transaction("ANALYZE")
    await db.outside_transaction("PRAGMA wal_checkpoint(TRUNCATE)")


async def stats(db: Database) -> dict[str, int]:
    """Numbers about the library."""
    queries = {
        "photos": "SELECT COUNT(*) FROM photo p JOIN gate g ON g.photo_id = p.id WHERE g.hide & 40 = 0",
        "companions": "SELECT COUNT(*) FROM gate WHERE hide & 16",
        "unreadable": "SELECT COUNT(*) FROM gate WHERE hide & 32 AND NOT hide & 8",
        "missing": "SELECT COUNT(*) FROM gate WHERE hide & 8",
        "folders": "SELECT COUNT(*) FROM folder",
        "roots": "SELECT COUNT(*) FROM root",
        "tags": "SELECT COUNT(*) FROM tag",
    }
    found = {name: int(row[0]) for name, sql in queries.items() if (row := await db.row(sql))}
    found["bytes"] = sum(path.stat().st_size for path in db.path.parent.glob(db.path.name + "*") if not path.name.endswith(".open"))
    return found


async def perform(db: Database, task: CareTask) -> Mapping[str, Any]:
    """Do one of the tasks of `facetd db`; what came of it, to be shown."""
    tasks: dict[CareTask, Callable[[Database], Awaitable[Mapping[str, Any]]]] = {
        "check": _check, "optimize": _optimize, "stats": stats, "rebuild-fts": _rebuild_words, "refresh-stats": _refresh,
    }  # fmt: skip
    return await tasks[task](db)


async def _check(db: Database) -> Mapping[str, Any]:
    """`problems` that need a backup, and those of the index of words, which were `repaired`."""
    problems = await db.integrity() + await consistency(db)
    return {"problems": problems, "repaired": [] if problems else await db.repair_words()}


async def _optimize(db: Database) -> Mapping[str, Any]:
    before = (await stats(db))["bytes"]
    await optimize(db)
    return {"bytes_before": before, "bytes": (await stats(db))["bytes"]}


async def _rebuild_words(db: Database) -> Mapping[str, Any]:
    await db.rewrite_words()
    return {"photos": await _count(db, "photo_words"), "topics": await _count(db, "topic")}


async def _refresh(db: Database) -> Mapping[str, Any]:
    """How many counters were wrong, by table."""
    async with db.writing() as connection:
        await connection.execute("DELETE FROM stats_cache")
    return {"wrong": await recount(db)}


async def _count(db: Database, table: str) -> int:
    row = await db.row(f"SELECT COUNT(*) FROM {table}")
    return int(row[0]) if row else 0
