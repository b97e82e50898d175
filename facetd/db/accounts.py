"""Accounts and sessions: who uses the library, who is signed in, and whose ratings are whose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

from facetd.db.connection import Database, Row
from facetd.db.revision import bump
from facetd.db.store import now

SESSION_COLUMNS = "id, user_id, kind, token_hash, stamp, edition, label, network, created_at, used_at"


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in, or a program's password; see migration `accounts`. Times are ISO 8601 in UTC."""

    id: int
    user_id: int
    kind: str
    token_hash: bytes
    stamp: str
    edition: bool
    label: str
    network: str
    created_at: str
    used_at: str


async def account_ids(db: Database, names: Iterable[str]) -> dict[str, int]:
    """The numbers of these users, made where they are new."""
    wanted = sorted(set(names))
    known = {str(row[1]): int(row[0]) for row in await db.rows("SELECT id, name FROM account")}
    missing = [name for name in wanted if name not in known]
    if missing:
        async with db.writing() as connection:
            for name in missing:
                sql = "INSERT INTO account (name, created_at) VALUES (?, ?) RETURNING id"
                made = await connection.execute_fetchall(sql, (name, now()))
                known[name] = int(next(iter(made))[0])
    return {name: known[name] for name in wanted}


async def account_id(db: Database, name: str) -> int | None:
    """The number of a user, None for one who never was."""
    row = await db.row("SELECT id FROM account WHERE name = ?", (name,))
    return None if row is None else int(row[0])


async def known_ids(db: Database) -> set[int]:
    """The numbers of all users that ever were."""
    return {int(row[0]) for row in await db.rows("SELECT id FROM account")}


async def set_aside(db: Database, user_id: int, name: str) -> str:
    """Give what belongs to a user another name, which is free and returned."""
    taken = {str(row[0]) for row in await db.rows("SELECT name FROM account")}
    aside = next(free for number in count(1) if (free := f"{name} ({number})") not in taken)
    async with db.writing() as connection:
        await connection.execute("UPDATE account SET name = ? WHERE id = ?", (aside, user_id))
    return aside


async def sessions(db: Database) -> list[Session]:
    """Every session, oldest first."""
    return [_session(row) for row in await db.rows(f"SELECT {SESSION_COLUMNS} FROM session ORDER BY id")]


async def add_session(
    db: Database, *, user_id: int, kind: str, token_hash: bytes, stamp: str, edition: bool, label: str, network: str, moment: str
) -> Session:
    """Store a new session."""
    values = (user_id, kind, token_hash, stamp, int(edition), label, network, moment, moment)
    async with db.writing() as connection:
        made = await connection.execute_fetchall(
            "INSERT INTO session (user_id, kind, token_hash, stamp, edition, label, network, created_at, used_at)"
            f" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING {SESSION_COLUMNS}",
            values,
        )
        return _session(next(iter(made)))


async def end_sessions(db: Database, ids: Sequence[int]) -> None:
    """Forget sessions."""
    async with db.writing() as connection:
        await connection.executemany("DELETE FROM session WHERE id = ?", [(number,) for number in ids])


async def touch_session(db: Database, session_id: int, moment: str) -> None:
    """Note when a session was used last."""
    async with db.writing() as connection:
        await connection.execute("UPDATE session SET used_at = ? WHERE id = ?", (moment, session_id))


async def restamp(db: Database, session_ids: Sequence[int], stamp: str) -> None:
    """Sessions that go on although the password is written otherwise now."""
    async with db.writing() as connection:
        await connection.executemany("UPDATE session SET stamp = ? WHERE id = ?", [(stamp, number) for number in session_ids])


async def copy_ratings(db: Database, source: int, target: int) -> int:
    """Give `target` the ratings of `source` for photos that `target` has not rated; returns how many."""
    async with db.writing() as connection:
        cursor = await connection.execute(
            "INSERT OR IGNORE INTO rating (user_id, photo_id, stars, is_favorite, is_rejected, updated_at)"
            " SELECT ?, photo_id, stars, is_favorite, is_rejected, updated_at FROM rating WHERE user_id = ?",
            (target, source),
        )
        if cursor.rowcount:
            await bump(connection)
        return cursor.rowcount


async def move_albums(db: Database, source: int, target: int) -> int:
    """Make the albums of `source` those of `target`, with their links; returns how many."""
    async with db.writing() as connection:
        cursor = await connection.execute("UPDATE album SET user_id = ? WHERE user_id = ?", (target, source))
        if cursor.rowcount:
            await bump(connection)
        return cursor.rowcount


def _session(row: Row) -> Session:
    return Session(**{**dict(row), "edition": bool(row["edition"])})
