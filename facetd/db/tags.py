"""Tags that objects give, and other words for them."""

from __future__ import annotations

from collections.abc import Mapping

import aiosqlite

from facetd.db.connection import Database
from facetd.db.revision import bump


async def save_tags(connection: aiosqlite.Connection, photo_id: int, tags: Mapping[str, str]) -> None:
    """Replace the tags that objects gave a photo."""
    await connection.execute("DELETE FROM photo_tag WHERE photo_id = ? AND source <> 'keyword'", (photo_id,))
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
