"""What the filters offer: values with their counts, over the photos that a viewer may see."""

from __future__ import annotations

from facetd.db.connection import Database
from facetd.db.tags import HINTS
from facetd.db.visibility import NEVER_LISTED, Hide, gate_condition
from facetd.fields import by_model
from facetd.records import Viewer

LISTED = NEVER_LISTED | Hide.COMPANION
Option = tuple[str | float | int, int]


async def values(db: Database, viewer: Viewer, column: str, *, by_count: bool, limit: int | None = None) -> list[Option]:
    """Distinct values of an expression over `photo p` with counts, most frequent first or ascending by value."""
    order = "photos DESC, value" if by_count else "value"
    rows = await db.rows(
        f"SELECT {column} AS value, COUNT(*) AS photos FROM photo p CROSS JOIN gate g ON g.photo_id = p.id"
        f" WHERE {gate_condition(viewer, LISTED)} AND value IS NOT NULL AND value <> '' GROUP BY value ORDER BY {order} LIMIT ?",
        (-1 if limit is None else limit,),
    )
    return [(row[0], row[1]) for row in rows]


async def tags(db: Database, viewer: Viewer, *, limit: int) -> list[Option]:
    """Tags with counts, most frequent first."""
    rows = await db.rows(
        "SELECT t.name, COUNT(DISTINCT pt.photo_id) AS photos FROM photo_tag pt JOIN tag t ON t.id = pt.tag_id"
        f" JOIN gate g ON g.photo_id = pt.photo_id WHERE pt.source NOT IN {HINTS} AND {gate_condition(viewer, LISTED)}"
        " GROUP BY t.id ORDER BY photos DESC, t.name LIMIT ?",
        (limit,),
    )
    return [(row[0], row[1]) for row in rows]


async def unfilled(db: Database) -> frozenset[str]:
    """The fields that a model has to fill and that no photo has a value of: nothing offers them."""
    fields = list(by_model())
    row = await db.row("SELECT " + ", ".join(f"(SELECT MAX({field.column}) FROM photo)" for field in fields))  # each the end of an index
    return frozenset(field.key for field, value in zip(fields, row or (), strict=True) if value is None)


async def category_counts(db: Database, viewer: Viewer, hide: Hide, top_picks_min_score: float) -> tuple[dict[str, int], int]:
    """How many listed photos each category has, and how many are top picks."""
    rows = await db.rows(
        "SELECT p.category, COUNT(*), SUM(p.top_picks_score >= ?) FROM photo p CROSS JOIN gate g ON g.photo_id = p.id"
        f" WHERE {gate_condition(viewer, hide)} GROUP BY p.category",
        (top_picks_min_score,),
    )
    return {row[0]: row[1] for row in rows if row[0]}, sum(row[2] or 0 for row in rows)
