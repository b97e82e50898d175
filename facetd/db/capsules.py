"""Capsules as they are kept: the lists of viewers, what they were made of, and what of them may be seen now."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from facetd.db.connection import Connection, Database
from facetd.db.ledger import virtual_path
from facetd.db.options import LISTED
from facetd.db.visibility import Hide, count_condition, gate_condition, id_list
from facetd.records.capsules import Capsule
from facetd.records.viewer import Viewer

NO_DAY = ("", "")
DATED_KEPT = 8  # lists of certain days that each user has


@dataclass(frozen=True, slots=True)
class ListKey:
    """Whose list: a user who sees exactly `roots` (ascending); `days` are the first and last local day of its photos, '' for no bound."""

    user_id: int
    roots: tuple[int, ...]
    days: tuple[str, str] = NO_DAY

    @classmethod
    def of(cls, viewer: Viewer, days: tuple[str, str] = NO_DAY) -> ListKey:
        """That of `viewer`."""
        return cls(viewer.user_id, tuple(sorted(viewer.root_ids)), days)

    @property
    def viewer(self) -> Viewer:
        """Somebody who sees what the list may show."""
        return Viewer(self.user_id, "reader", frozenset(self.roots))


@dataclass(frozen=True, slots=True)
class StoredList:
    """A list as the database has it; `made_of` is None until it was made. Times are UTC, ISO 8601."""

    id: int
    key: ListKey
    shuffle: int
    made_of: dict[str, Any] | None
    made_at: str | None
    took_s: float
    asked_at: str


COLUMNS = "SELECT id, user_id, roots, date_from, date_to, shuffle, made_of, made_at, took_s, asked_at FROM capsule_list"
OF_KEY = "user_id = ? AND roots = ? AND date_from = ? AND date_to = ?"


async def lists(db: Database) -> list[StoredList]:
    """Every list, the one asked for last first."""
    return [_stored(row) for row in await db.rows(f"{COLUMNS} ORDER BY asked_at DESC, id")]


async def find(db: Database, key: ListKey) -> StoredList | None:
    """One list."""
    row = await db.row(f"{COLUMNS} WHERE {OF_KEY}", _words(key))
    return None if row is None else _stored(row)


async def usable(db: Database, key: ListKey) -> StoredList | None:
    """The list of this key, once it was made; else the user's own of the most roots among these, of which nothing is hidden from them."""
    rows = await db.rows(f"{COLUMNS} WHERE user_id = ? AND date_from = ? AND date_to = ? AND made_of IS NOT NULL", (key.user_id, *key.days))
    fitting = [stored for stored in map(_stored, rows) if set(stored.key.roots) <= set(key.roots)]
    return max(fitting, key=lambda stored: (len(stored.key.roots), stored.id), default=None)


async def ask(db: Database, key: ListKey, moment: str, *, other: bool = False) -> None:
    """Note that somebody asks for a list, which is made then; for an `other` one than there is, if so. Of lists of certain days the user
    has DATED_KEPT; those that were not asked for since longest go.
    """
    async with db.writing() as connection:
        await connection.execute(
            "INSERT INTO capsule_list (user_id, roots, date_from, date_to, asked_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET asked_at = excluded.asked_at",
            (*_words(key), moment),
        )
        if any(key.days):
            await connection.execute(
                "DELETE FROM capsule_list WHERE id IN (SELECT id FROM capsule_list WHERE user_id = ? AND (date_from <> '' OR date_to <> '')"
                " ORDER BY asked_at DESC, id DESC LIMIT -1 OFFSET ?)",
                (key.user_id, DATED_KEPT),
            )
        if other:
            await connection.execute(f"UPDATE capsule_list SET shuffle = shuffle + 1 WHERE {OF_KEY}", _words(key))


async def save(db: Database, key: ListKey, made_of: Mapping[str, object], moment: str, took_s: float, capsules: Sequence[Capsule]) -> None:
    """Put these capsules in the place of what the list had. Lists that the user had when they saw other roots go."""
    user, roots, first, last = _words(key)
    async with db.writing() as connection:
        await connection.execute("DELETE FROM capsule_list WHERE user_id = ? AND roots <> ?", (user, roots))
        await connection.execute(
            "INSERT INTO capsule_list (user_id, roots, date_from, date_to, made_of, made_at, took_s, asked_at)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?6)"
            " ON CONFLICT DO UPDATE SET made_of = excluded.made_of, made_at = excluded.made_at, took_s = excluded.took_s",
            (user, roots, first, last, json.dumps(made_of), moment, took_s),
        )
        rows = await connection.execute_fetchall(f"SELECT id FROM capsule_list WHERE {OF_KEY}", _words(key))
        number = int(next(iter(rows))[0])
        await connection.execute("DELETE FROM capsule WHERE list_id = ?", (number,))
        await connection.executemany(
            "INSERT INTO capsule (list_id, position, key, type, title, params, persons, photos, best) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    number, position, capsule.id, capsule.type, capsule.title, json.dumps(capsule.params), json.dumps(capsule.persons),
                    json.dumps(capsule.photos), json.dumps(capsule.best),
                )
                for position, capsule in enumerate(capsules)
            ],
        )  # fmt: skip


async def forget(db: Database, numbers: Collection[int]) -> None:
    """Remove lists."""
    if numbers:
        async with db.writing() as connection:
            await connection.execute(f"DELETE FROM capsule_list WHERE id IN ({id_list(numbers)})")


async def made_of(db: Database, key: ListKey) -> dict[str, object]:
    """What a list made now would be made of: how many photos there are, how far changes were counted, who is known, what was rated."""

    def read(connection: Connection) -> dict[str, object]:
        def one(sql: str, *parameters: object) -> list[object]:
            return list(connection.execute(sql, parameters).fetchone())

        listed = count_condition(key.viewer, LISTED)
        return {
            "photos": one(f"SELECT COALESCE(SUM(photos), 0) FROM gate_count WHERE {listed}")[0],
            "changes": one("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'look'")[0],
            "people": one("SELECT COUNT(*), SUM(changes), MAX(updated_at) FROM person"),
            "places": one("SELECT COUNT(*) FROM place_cell")[0],
            "ratings": one("SELECT COUNT(*), MAX(updated_at) FROM rating WHERE user_id = ?", key.user_id),
        }

    return await db.read(read)


def capsules_of(connection: Connection, number: int) -> list[Capsule]:
    """The capsules of a list, in order."""
    rows = connection.execute(
        "SELECT key, type, title, params, persons, photos, best FROM capsule WHERE list_id = ? ORDER BY position", (number,)
    )
    return [
        Capsule(row[0], row[1], row[2], json.loads(row[3]), tuple(json.loads(row[4])), tuple(json.loads(row[5])), tuple(json.loads(row[6])))
        for row in rows
    ]


def gone(connection: Connection, viewer: Viewer, photos: Iterable[int], days: tuple[str, str] = NO_DAY) -> set[int]:
    """Those of `photos` that `viewer` may not be shown now, rejected, or that are not of these days."""
    wanted = set(photos)
    seen = f"SELECT 1 FROM gate g WHERE g.photo_id = w.value AND {gate_condition(viewer, LISTED)}"
    if any(days):
        seen = seen.replace(
            " WHERE", " CROSS JOIN photo p ON p.id = g.photo_id AND p.date_taken >= :begin AND p.date_taken < :end WHERE", 1
        )
    values = {"photos": json.dumps(list(wanted)), "begin": days[0], "end": day_after(days[1])}
    found = {int(row[0]) for row in connection.execute(f"SELECT w.value FROM json_each(:photos) w WHERE NOT EXISTS ({seen})", values)}
    rejected = connection.execute("SELECT photo_id FROM rating WHERE user_id = ? AND is_rejected = 1", (viewer.user_id,))
    return found.union(wanted.intersection(int(row[0]) for row in rejected))


def names_of(connection: Connection, viewer: Viewer, persons: Iterable[int]) -> dict[int, str]:
    """What those of `persons` are called who have a name, are not hidden, and are in a photo that `viewer` may be shown."""
    sql = (
        "SELECT n.id, n.name FROM json_each(?) w CROSS JOIN person n ON n.id = w.value WHERE n.name IS NOT NULL AND n.hidden = 0"
        " AND EXISTS (SELECT 1 FROM face f INDEXED BY face_person CROSS JOIN gate g ON g.photo_id = f.photo_id"
        f" WHERE f.person_id = n.id AND {gate_condition(viewer, LISTED)})"
    )
    return {int(row[0]): str(row[1]) for row in connection.execute(sql, (json.dumps(list(persons)),))}


def paths_of(connection: Connection, viewer: Viewer, photos: Iterable[int]) -> dict[int, str]:
    """The virtual paths of those of `photos` that `viewer` may see."""
    rows = connection.execute(
        "SELECT p.id, root.name, f.path, p.filename FROM json_each(?) w CROSS JOIN gate g ON g.photo_id = w.value"
        " CROSS JOIN photo p ON p.id = g.photo_id CROSS JOIN folder f ON f.id = p.folder_id CROSS JOIN root ON root.id = g.root_id"
        f" WHERE {gate_condition(viewer, Hide.MISSING)}",
        (json.dumps(list(photos)),),
    )
    return {int(row[0]): virtual_path(row[1], row[2], row[3]) for row in rows}


def day_after(day: str) -> str:
    """The first text that is later than everything on this local day; after every date for ''."""
    return str(date.fromisoformat(day) + timedelta(days=1)) if day and day < "9999-12-31" else "9999-99"


def _words(key: ListKey) -> tuple[int, str, str, str]:
    return key.user_id, json.dumps(key.roots), *key.days


def _stored(row: Any) -> StoredList:
    made = json.loads(row["made_of"]) if row["made_of"] is not None else None
    key = ListKey(row["user_id"], tuple(json.loads(row["roots"])), (row["date_from"], row["date_to"]))
    return StoredList(row["id"], key, row["shuffle"], made, row["made_at"], row["took_s"], row["asked_at"])
