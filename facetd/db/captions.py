"""Captions that were written, and what a rule makes one of."""

from __future__ import annotations

from dataclasses import dataclass

from facetd.db.connection import Database
from facetd.db.revision import bump
from facetd.db.store import now

MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class CaptionFacts:
    """What is known of a photo: the names of people from left to right, how many faces there are, things with their scores, largest
    first, the town, and the date.
    """

    names: list[str]
    faces: int
    objects: list[tuple[str, float]]
    place: str | None
    date_taken: str | None


async def caption_of(db: Database, photo_id: int) -> tuple[str, str] | None:
    """The caption that somebody or something wrote, and who (`manual`, or a model). The caller has checked that it may be seen."""
    row = await db.row("SELECT text, source FROM caption WHERE photo_id = ?", (photo_id,))
    return (row[0], row[1]) if row else None


async def caption_facts(db: Database, photo_id: int) -> CaptionFacts:
    """What a rule makes a caption of. The caller has checked that the photo may be seen."""
    row = await db.row(
        "SELECT place.name, p.date_taken FROM photo p LEFT JOIN place_cell c ON c.cell = p.place_cell"
        " LEFT JOIN place ON place.id = c.place_id WHERE p.id = ?",
        (photo_id,),
    )
    faces = await db.rows(
        "SELECT n.name, n.hidden FROM face f LEFT JOIN person n ON n.id = f.person_id WHERE f.photo_id = ? ORDER BY f.x, f.id", (photo_id,)
    )
    things = await db.rows("SELECT label, score FROM object WHERE photo_id = ? ORDER BY width * height DESC, position", (photo_id,))
    shown = [face for face in faces if not face[1]]
    names = list(dict.fromkeys(face[0] for face in shown if face[0]))
    return CaptionFacts(names, len(shown), [(row[0], row[1]) for row in things], row[0] if row else None, row[1] if row else None)


async def write_caption(db: Database, photo_id: int, text: str, source: str) -> None:
    """Keep a caption. One by hand is only replaced by hand."""
    async with db.writing() as connection:
        await connection.execute(
            "INSERT INTO caption (photo_id, text, source, updated_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (photo_id) DO UPDATE"
            f" SET text = ?2, source = ?3, updated_at = ?4 WHERE source <> '{MANUAL}' OR ?3 = '{MANUAL}'",
            (photo_id, text, source, now()),
        )
        await bump(connection)


async def drop_caption(db: Database, photo_id: int) -> None:
    """Forget the caption of a photo; the rule's comes back."""
    async with db.writing() as connection:
        await connection.execute("DELETE FROM caption WHERE photo_id = ?", (photo_id,))
        await bump(connection)
