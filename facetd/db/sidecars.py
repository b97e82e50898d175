"""Sidecars: the roots where they are written, what they are known to say, what is due, what failed, and conflicts."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiosqlite

from facetd.db.connection import Connection, Database
from facetd.db.moment import now
from facetd.db.names import from_stored, to_stored
from facetd.db.revision import bump
from facetd.db.visibility import Hide

RATING, LABEL, KEYWORDS, CAPTION = FIELDS = ("rating", "label", "keywords", "caption")
EVER = "9999"  # later than any moment
LONGEST_CAPTION = 2000  # characters, as the library keeps them
KEPT_CONFLICTS = 10_000
NOT_WRITTEN = int(Hide.MISSING | Hide.COMPANION)  # what is said of a pair is written for its picture


@dataclass(frozen=True, slots=True)
class Said:
    """What a sidecar or the library says of a photo: rating -1 (rejected), 0 (none) to 5; '' for no label or caption."""

    rating: int = 0
    label: str = ""
    caption: str = ""
    keywords: tuple[str, ...] = ()

    def same(self, other: Said, field: str) -> bool:
        """Whether both say the same; of keywords order and case do not matter."""
        if field == KEYWORDS:
            return {word.casefold() for word in self.keywords} == {word.casefold() for word in other.keywords}
        return bool(getattr(self, field) == getattr(other, field))

    def shown(self, field: str) -> str:
        """The value as text."""
        return ", ".join(self.keywords) if field == KEYWORDS else str(getattr(self, field))


@dataclass(frozen=True, slots=True)
class Kept:
    """A root whose sidecars are written: with whose ratings, and which fields."""

    user_id: int
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Due:
    """A photo whose sidecar is to be written: the `fields` that are due, what its files say (`before`) and what the library says (`mine`).
    `stamp` is that of its sidecars when they were read.
    """

    photo_id: int
    folder: str
    filename: str
    stamp: str
    fields: frozenset[str]
    before: Said
    mine: Said


@dataclass(frozen=True, slots=True)
class Written:
    """A photo whose sidecar says `said` now in `fields`; its stamp was `before` and is `after`."""

    photo_id: int
    fields: frozenset[str]
    said: Said
    before: str
    after: str


def one_line(text: str) -> str:
    """A caption as the library keeps one."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST_CAPTION]


async def kept_roots(db: Database) -> dict[int, Kept]:
    """Every root whose sidecars are written, by id."""
    return {row[0]: _kept(row) for row in await db.rows("SELECT root_id, user_id, fields FROM sidecar_root")}


async def kept_roots_in(connection: aiosqlite.Connection) -> dict[int, Kept]:
    """The same, inside a transaction."""
    return {row[0]: _kept(row) for row in await connection.execute_fetchall("SELECT root_id, user_id, fields FROM sidecar_root")}


async def keep_roots(db: Database, wanted: Mapping[int, Kept]) -> None:
    """Make these the roots whose sidecars are written. What is new to that, or has another user or other fields, is read again by the next
    scan: only then is anything written there.
    """
    known = await kept_roots(db)
    if known == dict(wanted):
        return
    async with db.writing() as connection:
        for root_id in known.keys() - wanted.keys():
            await connection.execute("DELETE FROM sidecar_root WHERE root_id = ?", (root_id,))
            await connection.execute("DELETE FROM sidecar_due WHERE photo_id IN (SELECT photo_id FROM gate WHERE root_id = ?)", (root_id,))
        for root_id, kept in wanted.items():
            if known.get(root_id) != kept:
                await connection.execute(
                    "INSERT INTO sidecar_root (root_id, user_id, fields) VALUES (?1, ?2, ?3)"
                    " ON CONFLICT (root_id) DO UPDATE SET user_id = ?2, fields = ?3",
                    (root_id, kept.user_id, " ".join(sorted(kept.fields))),
                )
                await connection.execute(
                    "DELETE FROM analysis WHERE kind = 'metadata' AND photo_id IN (SELECT photo_id FROM gate WHERE root_id = ?)", (root_id,)
                )


async def library_says(connection: aiosqlite.Connection, photo_id: int, user_id: int) -> Said:
    """What the library says of a photo, inside a transaction."""
    return (await _all_rows(connection, photo_id, user_id))[0]


async def known_of(connection: aiosqlite.Connection, photo_id: int, user_id: int) -> tuple[Said, bool] | None:
    """What the files of a photo were known to say, and whether there was a sidecar, inside a transaction."""
    rows = list(await connection.execute_fetchall(f"{_KNOWN} WHERE s.photo_id = ? AND s.user_id = ?", (photo_id, user_id)))
    return (_said(rows[0]), bool(rows[0]["present"])) if rows else None


async def times_of(connection: aiosqlite.Connection, photo_id: int, user_id: int) -> dict[str, str]:
    """When each field was changed in the library, as far as known, inside a transaction."""
    return (await _all_rows(connection, photo_id, user_id))[1]


async def due_in(db: Database, root_id: int, *, until: str, after: int, limit: int) -> list[Due]:
    """Photos of a root whose sidecars may have to be written, changed by `until`, by id from `after` on."""
    return await db.read(lambda connection: _due(connection, root_id, until, after, limit))


async def count_due(db: Database) -> dict[int, int]:
    """How many photos are due in each root."""
    sql = (
        "SELECT g.root_id, COUNT(DISTINCT d.photo_id) FROM sidecar_due d JOIN gate g ON g.photo_id = d.photo_id"
        f" WHERE g.hide & {NOT_WRITTEN} = 0 GROUP BY g.root_id"
    )
    return {row[0]: row[1] for row in await db.rows(sql)}


async def is_due(db: Database, root_id: int) -> bool:
    """Whether anything is due in a root."""
    return await db.row(f"SELECT 1 {_DUE}", {"root": root_id, "until": EVER, "after": 0, "limit": 1}) is not None


async def forget_gone(db: Database) -> None:
    """Let nothing be due for photos that are not there any more."""
    async with db.writing() as connection:
        await connection.execute("DELETE FROM sidecar_due WHERE NOT EXISTS (SELECT 1 FROM photo p WHERE p.id = photo_id)")


async def settle(db: Database, written: Sequence[Written], idle: Iterable[int]) -> None:
    """Note what was written, and that there was nothing to write for the photos `idle`. What changed in the library meanwhile stays due."""
    async with db.writing() as connection:
        kept = await kept_roots_in(connection)
        for each in written:
            owner = await _owner(connection, each.photo_id, kept)
            if owner is None:
                continue
            await _note(connection, each, owner.user_id)
            await refresh_due(connection, each.photo_id, owner)
        for photo_id in idle:
            owner = await _owner(connection, photo_id, kept)
            if owner is not None:
                await refresh_due(connection, photo_id, owner)
            await connection.execute("DELETE FROM sidecar_failure WHERE photo_id = ?", (photo_id,))
        if any(CAPTION in each.fields for each in written):
            await bump(connection)


async def remember(connection: aiosqlite.Connection, photo_id: int, user_id: int, said: Said, *, present: bool) -> None:
    """Keep what the files of a photo say, inside a transaction."""
    values = (photo_id, user_id, said.rating, said.label, said.caption, json.dumps(said.keywords), present, now())
    await connection.execute(
        "INSERT INTO sidecar (photo_id, user_id, rating, label, caption, keywords, present, synced_at)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (photo_id) DO UPDATE"
        " SET user_id = ?2, rating = ?3, label = ?4, caption = ?5, keywords = ?6, present = ?7, synced_at = ?8",
        values,
    )


async def refresh_due(connection: aiosqlite.Connection, photo_id: int, owner: Kept) -> None:
    """Let exactly those fields be due in which library and files differ, inside a transaction."""
    known = await known_of(connection, photo_id, owner.user_id)
    if known is None:
        return
    mine = await library_says(connection, photo_id, owner.user_id)
    for field in FIELDS:
        if field not in owner.fields or mine.same(known[0], field):
            await connection.execute("DELETE FROM sidecar_due WHERE photo_id = ? AND field = ?", (photo_id, field))
        else:
            await connection.execute(
                "INSERT INTO sidecar_due (photo_id, field, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (photo_id, field, now())
            )


async def note_failures(db: Database, failures: Mapping[int, tuple[str, str]]) -> None:
    """Keep why sidecars could not be written: (stamp, message) by photo."""
    moment = now()
    async with db.writing() as connection:
        await connection.executemany(
            "INSERT INTO sidecar_failure (photo_id, stamp, message, at) VALUES (?1, ?2, ?3, ?4)"
            " ON CONFLICT (photo_id) DO UPDATE SET stamp = ?2, message = ?3, at = ?4",
            [(photo_id, stamp, message, moment) for photo_id, (stamp, message) in failures.items()],
        )


async def forget_failures(db: Database, root_ids: Collection[int]) -> None:
    """Let everything be tried again."""
    async with db.writing() as connection:
        await connection.executemany(
            "DELETE FROM sidecar_failure WHERE photo_id IN (SELECT photo_id FROM gate WHERE root_id = ?)",
            [(number,) for number in root_ids],
        )


async def tree_in_use(db: Database, root_id: int) -> str:
    """The folder where sidecars of a root were written last, '' for none besides its own folders."""
    row = await db.row("SELECT value FROM meta WHERE key = ?", (f"sidecar_tree_{root_id}",))
    return from_stored(row[0]) if row else ""


async def use_tree(db: Database, root_id: int, tree: str) -> None:
    """Note where sidecars of a root are written from now on."""
    async with db.writing() as connection:
        await connection.execute(
            "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
            (f"sidecar_tree_{root_id}", to_stored(tree)),
        )


async def note_conflict(connection: aiosqlite.Connection, photo_id: int, user_id: int, found: Mapping[str, str]) -> None:
    """Log a conflict: field, kept, library_value, library_at, sidecar_value, sidecar_at."""
    await connection.execute(
        "INSERT INTO sidecar_conflict (photo_id, user_id, field, kept, library_value, library_at, sidecar_value, sidecar_at, noticed_at)"
        " VALUES (:photo_id, :user_id, :field, :kept, :library_value, :library_at, :sidecar_value, :sidecar_at, :noticed_at)",
        {**found, "photo_id": photo_id, "user_id": user_id, "noticed_at": now()},
    )
    await connection.execute(f"DELETE FROM sidecar_conflict WHERE id <= (SELECT MAX(id) FROM sidecar_conflict) - {KEPT_CONFLICTS}")


async def _note(connection: aiosqlite.Connection, written: Written, user_id: int) -> None:
    """What would be stored if the sidecar were read now: then it need not be."""
    known = await known_of(connection, written.photo_id, user_id)
    base = known[0] if known else Said()
    said = Said(**{field: getattr(written.said if field in written.fields else base, field) for field in FIELDS})
    await remember(connection, written.photo_id, user_id, said, present=True)
    await connection.execute("DELETE FROM sidecar_failure WHERE photo_id = ?", (written.photo_id,))
    read = await connection.execute_fetchall(
        "UPDATE photo SET sidecar_stamp = ? WHERE id = ? AND sidecar_stamp = ? RETURNING content_hash",
        (written.after, written.photo_id, written.before),
    )
    for row in read:
        old, new = f"{row[0]}{written.before}", f"{row[0]}{written.after}"
        await connection.execute(
            "UPDATE analysis SET fingerprint = substr(fingerprint, 1, length(fingerprint) - length(?2)) || ?3"
            " WHERE photo_id = ?1 AND kind IN ('metadata', 'judgement') AND substr(fingerprint, -length(?2)) = ?2",
            (written.photo_id, old, new),
        )
    if CAPTION in written.fields:
        await connection.execute(
            "UPDATE photo_blob SET description = NULLIF(?, '') WHERE photo_id = ?", (written.said.caption, written.photo_id)
        )


async def _owner(connection: aiosqlite.Connection, photo_id: int, kept: Mapping[int, Kept]) -> Kept | None:
    rows = list(await connection.execute_fetchall("SELECT root_id FROM gate WHERE photo_id = ?", (photo_id,)))
    return kept.get(int(rows[0][0])) if rows else None


_KNOWN = "SELECT s.rating, s.label, s.caption, s.keywords, s.present FROM sidecar s"
_MINE = """
    SELECT r.stars, r.is_rejected, r.updated_at AS rating_at, l.text AS label, l.updated_at AS label_at, c.text AS caption,
      c.updated_at AS caption_at
    FROM photo p LEFT JOIN rating r ON r.photo_id = p.id AND r.user_id = :user LEFT JOIN label l ON l.photo_id = p.id
    LEFT JOIN caption c ON c.photo_id = p.id AND c.source = 'manual' WHERE p.id = :photo
"""
_WORDS = (
    "SELECT t.name FROM photo_tag pt JOIN tag t ON t.id = pt.tag_id WHERE pt.photo_id = :photo AND pt.source = 'keyword' ORDER BY t.name"
)
_DUE_AT = "SELECT field, at FROM sidecar_due WHERE photo_id = :photo"


async def _all_rows(connection: aiosqlite.Connection, photo_id: int, user_id: int) -> tuple[Said, dict[str, str]]:
    named = {"photo": photo_id, "user": user_id}
    row = next(iter(await connection.execute_fetchall(_MINE, named)))
    words = [word[0] for word in await connection.execute_fetchall(_WORDS, {"photo": photo_id})]
    times = {field: row[f"{field}_at"] for field in (RATING, LABEL, CAPTION) if row[f"{field}_at"] is not None}
    times |= {each[0]: each[1] for each in await connection.execute_fetchall(_DUE_AT, {"photo": photo_id})}
    return _mine(row, words), times


# Not those that were not read yet, nor those that could not be written and are as they were then.
_DUE = f"""
    FROM (SELECT photo_id, MAX(at) AS at FROM sidecar_due WHERE photo_id > :after GROUP BY photo_id) d
    CROSS JOIN gate g ON g.photo_id = d.photo_id AND g.root_id = :root AND g.hide & {NOT_WRITTEN} = 0
    CROSS JOIN sidecar_root o ON o.root_id = g.root_id
    CROSS JOIN sidecar s ON s.photo_id = d.photo_id AND s.user_id = o.user_id
    CROSS JOIN photo p ON p.id = d.photo_id CROSS JOIN folder f ON f.id = p.folder_id
    LEFT JOIN sidecar_failure x ON x.photo_id = p.id
    WHERE d.at <= :until AND x.stamp IS NOT p.sidecar_stamp ORDER BY d.photo_id LIMIT :limit
"""


def _due(connection: Connection, root_id: int, until: str, after: int, limit: int) -> list[Due]:
    user = connection.execute("SELECT user_id, fields FROM sidecar_root WHERE root_id = ?", (root_id,)).fetchone()
    if user is None:
        return []
    rows = connection.execute(
        f"SELECT p.id, f.path, p.filename, p.sidecar_stamp {_DUE}",
        {"root": root_id, "until": until, "after": after, "limit": limit},
    ).fetchall()
    found = []
    for row in rows:
        named: dict[str, Any] = {"photo": row["id"], "user": user["user_id"]}
        words = [word[0] for word in connection.execute(_WORDS, {"photo": row["id"]})]
        mine = _mine(connection.execute(_MINE, named).fetchone(), words)
        known = connection.execute(f"{_KNOWN} WHERE s.photo_id = :photo AND s.user_id = :user", named).fetchone()
        fields = connection.execute(_DUE_AT, {"photo": row["id"]}).fetchall()
        found.append(
            Due(
                row["id"], from_stored(row["path"]), from_stored(row["filename"]), row["sidecar_stamp"],
                frozenset(each[0] for each in fields) & frozenset(user["fields"].split()), _said(known), mine,
            )
        )  # fmt: skip
    return found


def _kept(row: Any) -> Kept:
    return Kept(int(row["user_id"]), frozenset(row["fields"].split()))


def _said(row: Any) -> Said:
    return Said(row["rating"], row["label"], row["caption"], tuple(json.loads(row["keywords"])))


def _mine(row: Any, words: Sequence[str]) -> Said:
    rating = -1 if row["is_rejected"] else row["stars"] or 0
    return Said(rating, row["label"] or "", row["caption"] or "", tuple(words))
