"""Tags that models give, and other words for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aiosqlite

from facetd.db.connection import Database
from facetd.db.revision import bump

OF_OBJECTS = ("object", "object_minor", "object_hint")
OF_SCENES = ("scene", "scene_hint")
HINTS = "('object_hint', 'scene_hint')"  # of tags that search finds and that are not shown; see score/tags.py


async def save_tags(connection: aiosqlite.Connection, photo_id: int, tags: Mapping[str, str], sources: Sequence[str] = OF_OBJECTS) -> None:
    """Replace the tags that a photo has from `sources`."""
    marks = ", ".join("?" * len(sources))
    await connection.execute(f"DELETE FROM photo_tag WHERE photo_id = ? AND source IN ({marks})", (photo_id, *sources))
    await connection.executemany("INSERT INTO tag (name) VALUES (?) ON CONFLICT DO NOTHING", [(tag,) for tag in tags])
    await connection.executemany(
        "INSERT INTO photo_tag (photo_id, tag_id, source) SELECT ?, id, ? FROM tag WHERE name = ? ON CONFLICT DO NOTHING",
        [(photo_id, source, tag) for tag, source in tags.items()],
    )


async def save_synonyms(db: Database, words: Mapping[str, str]) -> None:
    """Keep the vocabulary's other words, each with the tag it means, for text search."""
    known = {row[0]: row[1] for row in await db.rows("SELECT word, tag FROM tag_synonym")}
    if known == dict(words):
        return
    async with db.writing() as connection:
        await connection.execute("DELETE FROM tag_synonym")
        await connection.executemany("INSERT INTO tag_synonym (word, tag) VALUES (?, ?)", list(words.items()))
        await bump(connection)
