"""Names of places: which cells of the globe are asked for, what their place is called, and what is near."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from facetd.db.connection import Database
from facetd.db.revision import bump

CELLS = 100  # cells in a degree; the migration's column photo.place_cell counts in the same way
ROW = 360 * CELLS + 1
Name = tuple[str, str, str]  # town, region, country


def cell_of(latitude: float, longitude: float) -> int:
    """The cell of these degrees, as the database computes it for photos."""
    return int((latitude + 90) * CELLS) * ROW + int((longitude + 180) * CELLS)


def middle_of(cell: int) -> tuple[float, float]:
    """The coordinates of the middle of a cell."""
    south, west = divmod(cell, ROW)
    return min(90.0, (south + 0.5) / CELLS - 90), min(180.0, (west + 0.5) / CELLS - 180)


async def nameless_cells(db: Database, limit: int) -> list[int]:
    """Cells with photos for which no place was looked up yet."""
    rows = await db.rows(
        "SELECT DISTINCT p.place_cell FROM photo p INDEXED BY photo_place_cell WHERE p.place_cell IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM place_cell c WHERE c.cell = p.place_cell) LIMIT ?",
        (limit,),
    )
    return [int(row[0]) for row in rows]


async def save_places(db: Database, names: Mapping[int, Name | None]) -> None:
    """Remember the places of cells; None for a cell far from every place."""
    async with db.writing() as connection:
        known = sorted({name for name in names.values() if name is not None})
        await connection.executemany("INSERT INTO place (name, region, country) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", known)
        await connection.executemany(
            "INSERT OR REPLACE INTO place_cell (cell, place_id) VALUES"
            " (?, (SELECT id FROM place WHERE name = ? AND region = ? AND country = ?))",
            [(cell, *(name or (None, None, None))) for cell, name in names.items()],
        )
        await bump(connection)


async def place_of(db: Database, cell: int) -> tuple[bool, Name | None]:
    """Whether the cell was looked up, and its place."""
    row = await db.row(
        "SELECT p.name, p.region, p.country FROM place_cell c LEFT JOIN place p ON p.id = c.place_id WHERE c.cell = ?", (cell,)
    )
    if row is None:
        return False, None
    return True, (row[0], row[1], row[2]) if row[0] else None


def display_name(name: Sequence[str] | None) -> str:
    """`Zurich, Switzerland`, as people write it; '' for no place."""
    return ", ".join(dict.fromkeys(part for part in (name[0], name[2]) if part)) if name else ""
