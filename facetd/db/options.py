"""What the filters offer: values with their counts, over the photos that a viewer may see. Triggers count as photos come and go."""

from __future__ import annotations

from typing import Literal

from facetd.db.connection import Connection, Database
from facetd.db.visibility import NEVER_LISTED, Hide, count_condition, gate_condition
from facetd.fields import by_model
from facetd.records.viewer import Viewer

LISTED = NEVER_LISTED | Hide.COMPANION
Option = tuple[str | float | int, int]
Facet = Literal["camera", "lens", "pattern", "category", "aperture", "focal_length"]
WRONG = """
    FROM (SELECT f.facet, g.root_id, g.hide, f.value, SUM(f.photos) AS photos FROM photo_facet f JOIN gate g ON g.photo_id = f.photo_id
          GROUP BY 1, 2, 3, 4) n
    FULL JOIN facet_count c ON c.facet = n.facet AND c.root_id = n.root_id AND c.hide = n.hide AND c.value = n.value
    WHERE COALESCE(n.photos, 0) <> COALESCE(c.photos, 0)
"""


async def values(db: Database, viewer: Viewer, facet: Facet, *, by_count: bool, limit: int | None = None) -> list[Option]:
    """The values of a facet with counts, most frequent first or ascending by value."""
    order = "number DESC, value" if by_count else "value"
    rows = await db.rows(
        f"SELECT value, SUM(photos) AS number FROM facet_count WHERE facet = ? AND {count_condition(viewer, LISTED)}"
        f" GROUP BY value HAVING number > 0 ORDER BY {order} LIMIT ?",
        (facet, -1 if limit is None else limit),
    )
    return [(row[0], row[1]) for row in rows]


async def tags(db: Database, viewer: Viewer, *, limit: int) -> list[Option]:
    """Tags with counts, most frequent first."""
    rows = await db.rows(
        "SELECT t.name, c.number FROM (SELECT value, SUM(photos) AS number FROM facet_count"
        f" WHERE facet = 'tag' AND {count_condition(viewer, LISTED)} GROUP BY value HAVING number > 0) c"
        " CROSS JOIN tag t ON t.id = c.value ORDER BY c.number DESC, t.name LIMIT ?",
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

    def read(connection: Connection) -> tuple[dict[str, int], int]:
        counted = connection.execute(
            f"SELECT value, SUM(photos) FROM facet_count WHERE facet = 'category' AND {count_condition(viewer, hide)}"
            " GROUP BY value HAVING SUM(photos) > 0"
        )
        return {row[0]: row[1] for row in counted}, _top_picks(connection, viewer, hide, top_picks_min_score)

    return await db.read(read)


def _top_picks(connection: Connection, viewer: Viewer, hide: Hide, least: float) -> int:
    """How many photos have at least this score: whole tenths as they are counted, and the rest of the one it lies in."""
    above = connection.execute(
        f"SELECT COALESCE(SUM(photos), 0) FROM facet_count WHERE facet = 'top_picks' AND {count_condition(viewer, hide)}"
        " AND value > CAST(? * 10 AS INTEGER)",
        (least,),
    ).fetchone()
    within = connection.execute(
        "SELECT COUNT(*) FROM photo p CROSS JOIN gate g ON g.photo_id = p.id WHERE p.top_picks_score BETWEEN ?1 AND ?1 + 0.2"
        f" AND CAST(p.top_picks_score * 10 AS INTEGER) = CAST(?1 * 10 AS INTEGER) AND {gate_condition(viewer, hide)}",
        (least,),
    ).fetchone()
    return int(above[0]) + int(within[0])


async def wrong_counts(db: Database) -> list[str]:
    """The facets whose counters are not what a count of all photos gives."""
    return [str(row[0]) for row in await db.rows(f"SELECT DISTINCT COALESCE(n.facet, c.facet) {WRONG} ORDER BY 1")]
