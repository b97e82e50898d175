"""Doing an import in tests, and looking at what came of it."""

from __future__ import annotations

from typing import Any

from facetd.db.connection import Database
from facetd.library.importing.facet import Wanted, import_facet
from facetd.library.importing.report import Report
from tests.facetmaker import FacetMaker


async def bring(db: Database, facet: FacetMaker, **wanted: Any) -> Report:
    """Bring over what `facet` knows."""
    return await import_facet(db, Wanted(facet.path, **wanted))


def tally(report: Report, kind: str) -> tuple[int, int, int, int]:
    """Of one kind: brought, same, kept, left."""
    found = report.tallies[kind]
    return found.brought, found.same, found.kept, found.left


async def contents(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the library, by table."""
    sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite%'"
    names = [row[0] for row in await db.rows(sql)]
    assert {"rating", "caption", "person", "face", "imported"} <= set(names)
    return {name: [tuple(row) for row in await db.rows(f"SELECT * FROM {name}")] for name in names}
