"""Captions that were written, by hand or by a model, their translations, and what a rule makes one of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facetd.db.conditions import Conditions, hide_bits
from facetd.db.connection import Connection, Database
from facetd.db.revision import bump
from facetd.db.store import now
from facetd.db.visibility import gate_join
from facetd.filters import PhotoConditions
from facetd.records.viewer import Viewer

MANUAL, IMPORTED = "manual", "facet"  # by hand; from a library of Facet, which does not say whether a model or a hand wrote it
LASTING = (MANUAL, IMPORTED)  # models never replace these
_LASTING = ", ".join(f"'{source}'" for source in LASTING)


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


@dataclass(frozen=True, slots=True)
class Wordless:
    """A photo that a model is to describe, by its content; `before` is the caption (text, source) that it may replace."""

    photo_id: int
    content_hash: str
    before: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Untranslated:
    """A stored caption that is to be translated."""

    photo_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """Photos of a viewer, by filter; `narrowed` has those of its conditions that the gate does not know."""

    viewer: Viewer
    conditions: PhotoConditions
    narrowed: Conditions


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
            f" SET text = ?2, source = ?3, content_hash = NULL, updated_at = ?4 WHERE source NOT IN ({_LASTING}) OR ?3 = '{MANUAL}'",
            (photo_id, text, source, now()),
        )
        await bump(connection)


async def drop_caption(db: Database, photo_id: int) -> None:
    """Forget the caption of a photo; the rule's comes back."""
    async with db.writing() as connection:
        await connection.execute("DELETE FROM caption WHERE photo_id = ?", (photo_id,))
        await bump(connection)


async def content_of(db: Database, photo_id: int) -> Wordless | None:
    """The same of one photo, whether it is due or not. The caller has checked that it may be seen."""
    sql = "SELECT p.id, p.content_hash, c.text, c.source FROM photo p LEFT JOIN caption c ON c.photo_id = p.id WHERE p.id = ?"
    row = await db.row(sql, (photo_id,))
    return _wordless(row) if row else None


async def keep_described(db: Database, photo: Wordless, text: str, model: str) -> bool:
    """Keep what a model wrote, unless the caption or the content became another one since `photo` was read; returns whether it was kept.

    What a hand wrote is never replaced.
    """
    before_text, before_source = photo.before or (None, None)
    async with db.writing() as connection:
        cursor = await connection.execute(
            f"""
            INSERT INTO caption (photo_id, text, source, content_hash, updated_at)
            SELECT p.id, :text, :model, p.content_hash, :now FROM photo p LEFT JOIN caption c ON c.photo_id = p.id
            WHERE p.id = :id AND p.content_hash = :content AND COALESCE(c.source, '') NOT IN ({_LASTING})
              AND c.text IS :before_text AND c.source IS :before_source
            ON CONFLICT (photo_id) DO UPDATE SET text = excluded.text, source = excluded.source, content_hash = excluded.content_hash,
              updated_at = excluded.updated_at
            """,
            {
                "id": photo.photo_id, "content": photo.content_hash, "text": text, "model": model, "now": now(),
                "before_text": before_text, "before_source": before_source,
            },
        )  # fmt: skip
        if cursor.rowcount > 0:
            await bump(connection)
        return cursor.rowcount > 0


async def translation_of(db: Database, photo_id: int, language: str) -> str | None:
    """The stored caption in `language`. The caller has checked that the photo may be seen."""
    row = await db.row("SELECT text FROM caption_translation WHERE photo_id = ? AND language = ?", (photo_id, language))
    return row[0] if row else None


async def keep_translations(db: Database, language: str, model: str, translated: Sequence[tuple[Untranslated, str]]) -> list[int]:
    """Keep translations of captions that still say what was translated; returns the photos of those."""
    kept = []
    async with db.writing() as connection:
        for caption, text in translated:
            cursor = await connection.execute(
                "INSERT INTO caption_translation (photo_id, language, text, model, updated_at)"
                " SELECT photo_id, ?3, ?4, ?5, ?6 FROM caption WHERE photo_id = ?1 AND text = ?2"
                " ON CONFLICT (photo_id) DO UPDATE SET language = ?3, text = ?4, model = ?5, updated_at = ?6",
                (caption.photo_id, caption.text, language, text, model, now()),
            )
            if cursor.rowcount > 0:
                kept.append(caption.photo_id)
        if kept:
            await bump(connection)
    return kept


def wordless(connection: Connection, chosen: Chosen, *, again: bool, after: int, limit: int) -> list[Wordless]:
    """Photos that a model should describe, by id from `after` on: those without a caption, and those whose content is not the one it was
    made of; `again`: all but those that a hand described.
    """
    sql = (
        f"SELECT p.id, p.content_hash, c.text, c.source {_wordless_from(chosen, again=again)} AND p.id > :after ORDER BY p.id LIMIT :limit"
    )
    rows = connection.execute(sql, {**chosen.narrowed.parameters, "after": after, "limit": limit}).fetchall()
    return [_wordless(row) for row in rows]


def count_wordless(connection: Connection, chosen: Chosen, *, again: bool) -> int:
    """How many these are."""
    found = connection.execute(f"SELECT COUNT(*) {_wordless_from(chosen, again=again)}", chosen.narrowed.parameters).fetchone()
    return int(found[0])


def untranslated(
    connection: Connection, chosen: Chosen, language: str, *, again: bool, by_hand: bool, after: int, limit: int
) -> list[Untranslated]:
    """Stored captions without a translation to `language`, by id from `after` on; `again`: also with one; `by_hand`: also those that a
    hand wrote, in whatever language.
    """
    sql = f"SELECT p.id, c.text {_untranslated_from(chosen, again=again, by_hand=by_hand)} AND p.id > :after ORDER BY p.id LIMIT :limit"
    parameters = {**chosen.narrowed.parameters, "language": language, "after": after, "limit": limit}
    return [Untranslated(row[0], row[1]) for row in connection.execute(sql, parameters).fetchall()]


def count_untranslated(connection: Connection, chosen: Chosen, language: str, *, again: bool, by_hand: bool) -> int:
    """How many these are."""
    sql = f"SELECT COUNT(*) {_untranslated_from(chosen, again=again, by_hand=by_hand)}"
    return int(connection.execute(sql, {**chosen.narrowed.parameters, "language": language}).fetchone()[0])


def _wordless_from(chosen: Chosen, *, again: bool) -> str:
    due = f"COALESCE(c.source, '') NOT IN ({_LASTING})" + (
        "" if again else " AND (c.photo_id IS NULL OR c.content_hash IS NOT p.content_hash)"
    )
    return f"FROM photo p {_gate(chosen)} LEFT JOIN caption c ON c.photo_id = p.id WHERE {due}{chosen.narrowed.sql}"


def _untranslated_from(chosen: Chosen, *, again: bool, by_hand: bool) -> str:
    due = ("" if again else " AND t.language IS NOT :language") + ("" if by_hand else f" AND c.source <> '{MANUAL}'")
    return (
        f"FROM photo p {_gate(chosen)} CROSS JOIN caption c ON c.photo_id = p.id"
        f" LEFT JOIN caption_translation t ON t.photo_id = p.id WHERE TRUE{due}{chosen.narrowed.sql}"
    )


def _gate(chosen: Chosen) -> str:
    return gate_join(chosen.viewer, hide_bits(chosen.conditions))


def _wordless(row: Sequence[str | int | None]) -> Wordless:
    before = None if row[2] is None else (str(row[2]), str(row[3]))
    return Wordless(int(str(row[0])), str(row[1]), before)
