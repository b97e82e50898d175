"""Sidecars: the roots where they are written, what they are known to say, what is due, what failed, and conflicts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import aiosqlite

from facetd.db.connection import Connection, Database, Row
from facetd.db.moment import now
from facetd.db.names import from_stored, to_stored
from facetd.db.revision import bump
from facetd.db.sidecarstates import CAPTION, FIELDS, Kept, Known, Said, State, read_states, refresh_due, remember, states
from facetd.db.visibility import Hide

EVER = "9999"  # later than any moment
KEPT_CONFLICTS = 10_000
NOT_WRITTEN = int(Hide.MISSING | Hide.COMPANION)  # what is said of a pair is written for its picture


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


async def read_again(db: Database) -> dict[int, set[int]]:
    """Let the next scan read photos that came to such a root from elsewhere: until then nothing is written for them. Returns those that it
    will read, by root.
    """
    rows = await db.rows(
        "SELECT g.root_id, g.photo_id, a.photo_id IS NOT NULL FROM sidecar_root o CROSS JOIN gate g ON g.root_id = o.root_id"
        " LEFT JOIN sidecar s ON s.photo_id = g.photo_id AND s.user_id = o.user_id"
        " LEFT JOIN analysis a ON a.photo_id = g.photo_id AND a.kind = 'metadata'"
        f" WHERE s.photo_id IS NULL AND a.error IS NULL AND g.hide & {NOT_WRITTEN | int(Hide.UNREADABLE)} = 0"
    )
    found: dict[int, set[int]] = {}
    for root_id, number, _ in rows:
        found.setdefault(root_id, set()).add(number)
    if read := [(row[1],) for row in rows if row[2]]:
        async with db.writing() as connection:
            await connection.executemany("DELETE FROM analysis WHERE kind = 'metadata' AND photo_id = ?", read)
    return found


async def due_in(db: Database, root_id: int, *, until: str, after: int, limit: int) -> list[Due]:
    """Photos of a root whose sidecars may have to be written, changed by `until` (or in the future: then the clock was wrong), by id from
    `after` on.
    """
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
    return await db.row(f"SELECT 1 {_DUE}", {"root": root_id, "until": EVER, "now": EVER, "after": 0, "limit": 1}) is not None


async def forget_gone(db: Database) -> None:
    """Let nothing be due for photos that are not there any more."""
    async with db.writing() as connection:
        await connection.execute("DELETE FROM sidecar_due WHERE NOT EXISTS (SELECT 1 FROM photo p WHERE p.id = photo_id)")


async def settle(db: Database, root_id: int, written: Sequence[Written], idle: Sequence[int]) -> None:
    """Note what was written in a root, and that there was nothing to write for the photos `idle`. What changed in the library meanwhile
    stays due.
    """
    async with db.writing() as connection:
        kept = (await kept_roots_in(connection)).get(root_id)
        if kept is None:
            return
        numbers = [each.photo_id for each in written]
        known = await states(connection, numbers, kept.user_id)
        said = {each.photo_id: _as_written(each, known[each.photo_id]) for each in written if each.photo_id in known}
        await remember(connection, kept.user_id, said)
        for each in written:
            await _note_as_read(connection, each)
        await connection.executemany("DELETE FROM sidecar_failure WHERE photo_id = ?", [(number,) for number in (*numbers, *idle)])
        await refresh_due(connection, [*numbers, *idle], kept)
        if any(CAPTION in each.fields for each in written):
            await bump(connection)


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


async def note_conflicts(connection: aiosqlite.Connection, user_id: int, found: Sequence[Mapping[str, object]]) -> None:
    """Log conflicts: photo_id, field, kept, library_value, library_at, sidecar_value, sidecar_at."""
    await connection.executemany(
        "INSERT INTO sidecar_conflict (photo_id, user_id, field, kept, library_value, library_at, sidecar_value, sidecar_at, noticed_at)"
        " VALUES (:photo_id, :user_id, :field, :kept, :library_value, :library_at, :sidecar_value, :sidecar_at, :noticed_at)",
        [{**each, "user_id": user_id, "noticed_at": now()} for each in found],
    )
    if found:
        await connection.execute(f"DELETE FROM sidecar_conflict WHERE id <= (SELECT MAX(id) FROM sidecar_conflict) - {KEPT_CONFLICTS}")


def _as_written(written: Written, state: State) -> Known:
    base = state.known or Said()
    said = Said(**{field: getattr(written.said if field in written.fields else base, field) for field in FIELDS})
    return Known(said, state.compared | written.fields, present=True)


async def _note_as_read(connection: aiosqlite.Connection, written: Written) -> None:
    """What would be stored if the sidecar were read now: then it need not be."""
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


# Not those that were not read yet, nor those that could not be written and are as they were then.
_DUE = f"""
    FROM sidecar_due d
    CROSS JOIN gate g ON g.photo_id = d.photo_id AND g.root_id = :root AND g.hide & {NOT_WRITTEN} = 0
    CROSS JOIN sidecar_root o ON o.root_id = g.root_id
    CROSS JOIN sidecar s ON s.photo_id = d.photo_id AND s.user_id = o.user_id
    CROSS JOIN photo p ON p.id = d.photo_id CROSS JOIN folder f ON f.id = p.folder_id
    LEFT JOIN sidecar_failure x ON x.photo_id = p.id
    WHERE d.photo_id > :after AND x.stamp IS NOT p.sidecar_stamp
      AND d.field = (SELECT MIN(e.field) FROM sidecar_due e WHERE e.photo_id = d.photo_id)
      AND NOT EXISTS (SELECT 1 FROM sidecar_due e WHERE e.photo_id = d.photo_id AND e.at > :until AND e.at <= :now)
    ORDER BY d.photo_id LIMIT :limit
"""


def _due(connection: Connection, root_id: int, until: str, after: int, limit: int) -> list[Due]:
    rows = connection.execute(
        f"SELECT p.id, f.path, p.filename, p.sidecar_stamp, o.user_id, o.fields {_DUE}",
        {"root": root_id, "until": until, "now": now(), "after": after, "limit": limit},
    ).fetchall()
    if not rows:
        return []
    kept = _kept(rows[0])
    known = read_states(connection, [row["id"] for row in rows], kept.user_id)
    found = []
    for row in rows:
        state = known[row["id"]]
        if state.known is not None:
            place = (from_stored(row["path"]), from_stored(row["filename"]), row["sidecar_stamp"])
            found.append(Due(row["id"], *place, kept.fields & state.compared & state.due.keys(), state.known, state.mine))
    return found


def _kept(row: Row) -> Kept:
    return Kept(int(row["user_id"]), frozenset(row["fields"].split()))
