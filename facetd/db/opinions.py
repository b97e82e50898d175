"""What models think of photos: the vectors it follows from, and storing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from facetd.db.connection import Database
from facetd.db.revision import bump
from facetd.db.store import LEDGER_UPSERT, now
from facetd.db.tags import OF_SCENES, save_tags
from facetd.db.visibility import id_list
from facetd.fields import BY_KEY
from facetd.records.sightings import PhotoVector
from facetd.records.visit import Outcome


@dataclass(frozen=True, slots=True)
class Opinion:
    """What follows from the vector of one photo. `scores` by field; `tags` with their source, None where they were not looked for."""

    photo_id: int
    outcomes: tuple[Outcome, ...]
    scores: Mapping[str, float | None] = field(default_factory=dict)
    tags: Mapping[str, str] | None = None


async def vectors_of(db: Database, ids: Iterable[int]) -> dict[int, tuple[str, PhotoVector | None]]:
    """The content hash of each of these photos, and its vector where it has one."""
    rows = await db.rows(
        "SELECT p.id, p.content_hash, e.space, e.vector FROM photo p LEFT JOIN photo_embedding e ON e.photo_id = p.id"
        f" WHERE p.id IN ({id_list(ids)})"
    )
    return {int(row[0]): (str(row[1]), None if row[2] is None else PhotoVector(row[2], row[3])) for row in rows}


async def save_opinions(db: Database, opinions: Sequence[Opinion]) -> None:
    """Store them in one transaction. The judgement of these photos is due again."""
    moment = now()
    async with db.writing() as connection:
        for opinion in opinions:
            if opinion.scores:
                columns = ", ".join(f"{BY_KEY[key].column} = ?" for key in opinion.scores)
                await connection.execute(f"UPDATE photo SET {columns} WHERE id = ?", (*opinion.scores.values(), opinion.photo_id))
            if opinion.tags is not None:
                await save_tags(connection, opinion.photo_id, opinion.tags, OF_SCENES)
        await connection.executemany(
            LEDGER_UPSERT,
            [(o.photo_id, e.kind, e.fingerprint, e.model, "done", None, None, moment) for o in opinions for e in o.outcomes],
        )
        await connection.executemany("DELETE FROM analysis WHERE photo_id = ? AND kind = 'judgement'", [(o.photo_id,) for o in opinions])
        await bump(connection)


async def forget(db: Database, kinds: Iterable[str], fields: Iterable[str], *, scenes: bool) -> list[int]:
    """Forget analyses that nothing makes any more, with the values of `fields` and, with `scenes`, the tags of scenes.

    Returns the photos that had any; their judgement is due again.
    """
    columns = [BY_KEY[key].column for key in fields]
    touched: set[int] = set()
    async with db.writing() as connection:
        for kind in kinds:
            await connection.execute("DELETE FROM analysis WHERE kind = ?", (kind,))
        for column in columns:
            rows = await connection.execute_fetchall(f"UPDATE photo SET {column} = NULL WHERE {column} >= 0 RETURNING id")
            touched.update(int(row[0]) for row in rows)
        if scenes:
            marks = ", ".join("?" * len(OF_SCENES))
            rows = await connection.execute_fetchall(f"DELETE FROM photo_tag WHERE source IN ({marks}) RETURNING photo_id", OF_SCENES)
            touched.update(int(row[0]) for row in rows)
        await connection.executemany("DELETE FROM analysis WHERE photo_id = ? AND kind = 'judgement'", [(number,) for number in touched])
        if touched:
            await bump(connection)
    return sorted(touched)


async def kinds_made(db: Database, kinds: Iterable[str]) -> set[str]:
    """Which of these analyses any photo has; each looks until the first."""
    found = set()
    for kind in kinds:
        if await db.row("SELECT 1 FROM analysis WHERE kind = ? LIMIT 1", (kind,)):
            found.add(kind)
    return found
