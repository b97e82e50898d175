"""The queries of the timeline read what they need, by the indexes that are meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from facetd.db import care
from facetd.db.connection import Connection, Database
from facetd.db.days import Span, daily_tallies, days, kept_photos_of, photos_of, tally, undated, years
from facetd.db.folders import find_folder
from facetd.db.photos import covers_of
from facetd.db.rejected import rejected_by_place
from facetd.db.tree import branches
from facetd.db.visibility import Hide
from facetd.records.files import Root
from facetd.records.viewer import Viewer
from tests.db.conftest import put, visit

DAY, YEAR = Span("2024-02-29", "2024-02-29"), Span("2024-01-01", "2024-12-31")
SCANS = tuple(f"SCAN {table}" for table in ("p", "g", "f", "c", "day_count", "folder_count"))
READS: dict[str, Callable[[Connection, Viewer], Any]] = {
    "days": lambda c, v: list(days(c, v, Hide(8), YEAR, newest_first=True)),
    "years": lambda c, v: list(years(c, v, Hide(8), Span())),
    "tally": lambda c, v: tally(c, v, Hide(8), YEAR),
    "daily tallies": lambda c, v: daily_tallies(c, v, Hide(8), YEAR),
    "undated": lambda c, v: undated(c, v, Hide(8)),
    "best of a day": lambda c, v: photos_of(c, v, Hide(8), DAY, sort="aggregate", limit=30),
    "best of a year": lambda c, v: photos_of(c, v, Hide(8), YEAR, sort="aggregate", limit=30),
    "first of a year": lambda c, v: photos_of(c, v, Hide(8), YEAR, sort="date_taken", limit=30),
    "kept": lambda c, v: kept_photos_of(c, v, Hide(8), DAY, limit=5),
    "days that are kept": lambda c, v: list(days(c, v, Hide(8), YEAR, newest_first=True, kept=True)),
    "best that is kept": lambda c, v: photos_of(c, v, Hide(8), DAY, sort="aggregate", limit=30, kept=True),
    "rejected in folders": lambda c, v: rejected_by_place(c, v, Hide(8), "p.folder_id"),
    "covers": lambda c, v: covers_of(c, v, [1, 2]),
}


@pytest.fixture
async def analyzed(db: Database, root: Root) -> Database:
    """A library whose statistics SQLite knows."""
    await put(db, *(visit(root, f"{n}.jpg", folder=f"{n % 3}/x", date_taken=f"2024-02-{n % 28 + 1:02}T10:00:00") for n in range(60)))
    await care.optimize(db)
    return db


async def plan_of(db: Database, read: Callable[[Connection], Any]) -> list[str]:
    """How SQLite answers everything that `read` asks."""

    def explained(connection: Connection) -> list[str]:
        asked: list[str] = []
        connection.set_trace_callback(asked.append)
        try:
            read(connection)
        finally:
            connection.set_trace_callback(None)
        selects = [sql for sql in asked if "SELECT" in sql]
        assert selects
        return [row[3] for sql in selects for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]

    return await db.read(explained)


@pytest.mark.parametrize("name", READS)
async def test_nothing_is_read_that_is_not_asked_for(analyzed: Database, viewer: Viewer, name: str) -> None:
    plan = await plan_of(analyzed, lambda connection: READS[name](connection, viewer))
    assert not [line for line in plan if line.startswith(SCANS)], plan
    sorted_anyway = {"best of a year", "kept"}
    assert any("TEMP B-TREE" in line for line in plan) == (name in sorted_anyway), plan


async def test_the_tree_is_walked_and_not_searched(analyzed: Database, root: Root, viewer: Viewer) -> None:
    folder = await find_folder(analyzed, viewer, root.name, "")
    assert folder is not None
    asked: list[str] = []
    plain = Database.read

    async def read(self: Database, work: Callable[[Connection], Any]) -> Any:
        def traced(connection: Connection) -> Any:
            connection.set_trace_callback(asked.append)
            try:
                return work(connection)
            finally:
                connection.set_trace_callback(None)

        return await plain(self, traced)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Database, "read", read)
        found, _ = await branches(analyzed, viewer, folder, Hide(8))
    assert [branch.photo_count for branch in found] == [20, 20, 20]
    plans = [row[3] for sql in asked if "SELECT" in sql for row in await analyzed.rows(f"EXPLAIN QUERY PLAN {sql}")]
    assert not [line for line in plans if line.startswith(SCANS)], plans
    assert "SEARCH c USING PRIMARY KEY (folder_id=? AND root_id=?)" in plans
