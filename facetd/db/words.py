"""The index of words: kept right in the transaction that changes what it is made of, checked, and written anew when damaged.

Triggers note what came or changed in `words_due`; `write_due` folds it before the transaction ends, because SQLite cannot.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import aiosqlite

from facetd.db.folding import FOLD_VERSION, fold
from facetd.db.names import from_stored, shown
from facetd.db.revision import bump
from facetd.errors import DatabaseUnusable
from facetd.i18n import _

logger = logging.getLogger(__name__)
AT_ONCE = 20_000  # at the end of one transaction; the rest is written after the next ones, or when the library is opened
TABLES = ("topic_words", "photo_text", "photo_name")
PHOTOS_DUE = """
    SELECT p.id, p.filename, p.title, b.description, c.text, t.text
    FROM words_due d CROSS JOIN photo p ON p.id = d.ref LEFT JOIN photo_blob b ON b.photo_id = p.id LEFT JOIN caption c ON c.photo_id = p.id
    LEFT JOIN caption_translation t ON t.photo_id = p.id
    WHERE d.kind = 'photo' LIMIT :limit
"""
# Each gives the id or value of what is due, and its texts.
TOPICS_DUE = {
    "person": "SELECT p.id, p.name FROM words_due d CROSS JOIN person p ON p.id = d.ref",
    "tag": "SELECT t.id, t.name, (SELECT group_concat(s.word, ' ') FROM tag_synonym s WHERE s.tag = t.name COLLATE NOCASE)"
    " FROM words_due d CROSS JOIN tag t ON t.id = d.ref",
    "folder": "SELECT f.id, r.name, f.path FROM words_due d CROSS JOIN folder f ON f.id = d.ref CROSS JOIN root r ON r.id = f.root_id",
    "place": "SELECT p.id, p.name, p.region, p.country FROM words_due d CROSS JOIN place p ON p.id = d.ref",
    "camera": "SELECT d.ref, d.ref FROM words_due d",
    "lens": "SELECT d.ref, d.ref FROM words_due d",
    "category": "SELECT d.ref, d.ref FROM words_due d",
}
ALL_DUE = (
    "SELECT 'photo', id FROM photo",
    "SELECT 'folder', id FROM folder",
    "SELECT 'tag', id FROM tag",
    "SELECT 'person', id FROM person WHERE name IS NOT NULL",
    "SELECT 'place', id FROM place",
    *(f"SELECT DISTINCT '{k}', {c} FROM photo WHERE {c} IS NOT NULL" for k, c in (("camera", "camera_model"), ("lens", "lens_model"),
                                                                                  ("category", "category"))),
)  # fmt: skip


async def write_due(connection: aiosqlite.Connection) -> bool:
    """Write the words of what came or changed; inside the transaction. Returns whether something is still due.

    A damaged index is noted, and written anew when the library is opened; it is no reason to lose what the transaction stores.
    Raises DatabaseUnusable where SQLite itself undid the transaction because of it.
    """
    due = {row[0]: row[1] for row in await connection.execute_fetchall("SELECT kind, COUNT(*) FROM words_due GROUP BY kind")}
    if not due:
        return False
    await bump(connection)  # for words that earlier transactions left: searches are kept for a revision
    try:
        for kind in due.keys() - {"photo"}:
            await _write_topics(connection, kind)
        return "photo" in due and await _write_photos(connection)
    except sqlite3.OperationalError:  # a full disk, for one: the index is not to blame
        raise
    except sqlite3.DatabaseError as error:
        kept = connection.in_transaction  # SQLite may have undone everything
        await connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('words', 'damaged')")
        if not kept:
            raise DatabaseUnusable(
                _("the index of words is damaged: {error}").format(error=error),
                hint=_("Start facetd again, or run `facetd db check`: it is written anew."),
            ) from error
        logger.warning("the index of words is damaged and will be written anew: %s", error)
        await connection.execute("DELETE FROM words_due")
        return False


async def open_words(connection: aiosqlite.Connection) -> None:
    """Make the index right when the library is opened: nothing to do, unless it is new, damaged, or of another way of folding."""
    rows = await connection.execute_fetchall("SELECT value FROM meta WHERE key = 'words'")
    known = next((row[0] for row in rows), None)
    if known is None:
        await _note_all(connection)
    elif known != FOLD_VERSION:
        await rewrite(connection)
    while True:
        await connection.execute("BEGIN IMMEDIATE")
        more = await write_due(connection)
        await connection.execute("COMMIT")
        if not more:
            break


async def rewrite(connection: aiosqlite.Connection) -> None:
    """Empty the index and make everything due, outside a transaction: `open_words` or the next ones write it."""
    await connection.execute("BEGIN IMMEDIATE")
    schema = {row[0]: row[1] for row in await connection.execute_fetchall("SELECT name, sql FROM sqlite_schema WHERE name IS NOT NULL")}
    triggers = [
        name for name in schema if name.startswith(("topic_", "photo_words_")) and (schema[name] or "").startswith("CREATE TRIGGER")
    ]
    for name in triggers:  # they would look into what is damaged
        await connection.execute(f"DROP TRIGGER {name}")
    for table in ("topic", "photo_words"):
        await connection.execute(f"DELETE FROM {table}")
    for table in TABLES:
        await connection.execute(f"DROP TABLE {table}")
        await connection.execute(schema[table])
    for name in triggers:
        await connection.execute(schema[name])
    await connection.execute("COMMIT")
    await _note_all(connection)


async def problems(connection: aiosqlite.Connection) -> list[str]:
    """What is wrong with the index: damaged tables, photos and topics without or with other words."""
    found = []
    for table in TABLES:
        try:
            await connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")
        except sqlite3.DatabaseError as error:
            found.append(f"the index of words: {table}: {error}")
    for what, sql in (
        ("photos without words", "SELECT COUNT(*) FROM photo WHERE id NOT IN (SELECT photo_id FROM photo_words)"),
        ("words of no photo", "SELECT COUNT(*) FROM photo_words WHERE photo_id NOT IN (SELECT id FROM photo)"),
        ("folders without words", "SELECT COUNT(*) FROM folder WHERE id NOT IN (SELECT ref FROM topic WHERE kind = 'folder')"),
        ("changes that were not taken over", "SELECT COUNT(*) FROM words_due"),
    ):
        count = int(next(iter(await connection.execute_fetchall(sql)))[0])
        if count:
            found.append(f"the index of words: {count} {what}")
    return found


async def _note_all(connection: aiosqlite.Connection) -> None:
    """Everything in the library is due."""
    await connection.execute("BEGIN IMMEDIATE")
    for select in ALL_DUE:
        await connection.execute(f"INSERT OR IGNORE INTO words_due {select}")
    await connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('words', ?)", (FOLD_VERSION,))
    await connection.execute("COMMIT")


async def _write_topics(connection: aiosqlite.Connection, kind: str) -> None:
    rows = await connection.execute_fetchall(f"{TOPICS_DUE[kind]} WHERE d.kind = ?", (kind,))
    words = [(kind, row[0], _words(tuple(row)[1:])) for row in rows]
    await connection.executemany(
        "INSERT INTO topic (kind, ref, words) VALUES (?, ?, ?) ON CONFLICT (kind, ref) DO UPDATE SET words = excluded.words"
        " WHERE words <> excluded.words",
        [topic for topic in words if topic[2]],
    )
    silent = [(kind, ref) for kind, ref, text in words if not text]
    await connection.executemany("DELETE FROM topic WHERE kind = ? AND ref = ?", silent)
    await connection.execute("DELETE FROM words_due WHERE kind = ?", (kind,))


async def _write_photos(connection: aiosqlite.Connection) -> bool:
    rows = list(await connection.execute_fetchall(PHOTOS_DUE, {"limit": AT_ONCE}))
    words = [(row[0], _words(row[1:2]), _words(tuple(row)[2:])) for row in rows]
    await connection.executemany(
        "INSERT INTO photo_words (photo_id, name, words) VALUES (?, ?, ?) ON CONFLICT (photo_id) DO UPDATE"
        " SET name = excluded.name, words = excluded.words WHERE name <> excluded.name OR words <> excluded.words",
        words,
    )
    if len(rows) < AT_ONCE:  # also what was deleted since
        await connection.execute("DELETE FROM words_due WHERE kind = 'photo'")
        return False
    await connection.executemany("DELETE FROM words_due WHERE kind = 'photo' AND ref = ?", [(row[0],) for row in rows])
    return True


def _words(texts: Sequence[Any] | Iterable[Any]) -> str:
    """The folded words of these names and texts; names that are not UTF-8 as they are shown."""
    return fold(" ".join(shown(from_stored(text)) for text in texts if text))
