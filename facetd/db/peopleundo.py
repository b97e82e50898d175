"""What a decision about people changes in the tables, and putting it back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import aiosqlite

from facetd.db.revision import bump, note_faces
from facetd.db.store import now

PERSON = ("id", "name", "hidden", "kept", "avatar_face_id", "created_at", "updated_at")
DECIDED = ("name", "hidden", "avatar_face_id")  # what another decision changes
# What belongs to persons beside them: columns, and how the rows of some persons are found.
BELONGING: Mapping[str, tuple[tuple[str, str], str]] = {
    "person_alias": (("name", "person_id"), "person_id IN wanted"),
    "person_distinction": (("first_id", "second_id"), "first_id IN wanted OR second_id IN wanted"),
    "face_refusal": (("face_id", "person_id"), "person_id IN wanted"),
}
WANTED = "WITH wanted (id) AS (SELECT value FROM json_each(?))"
Rows = list[tuple[Any, ...]]


class State(NamedTuple):
    """Some persons as they are: their rows, their faces (id, person, by whom), and what belongs to them by table."""

    persons: Rows
    faces: Rows
    belonging: dict[str, Rows]


class PutBack(NamedTuple):
    """The persons that are as they were, and those of whom something was changed since and stays so."""

    persons: tuple[int, ...]
    kept: tuple[int, ...]


async def state(connection: aiosqlite.Connection, persons: Iterable[int], faces: Iterable[int] | None = None) -> State:
    """How persons are now, with their faces: those of `faces` instead where they are given."""
    wanted = json.dumps(list(persons))
    whose = "person_id" if faces is None else "id"
    return State(
        await _rows(connection, f"{WANTED} SELECT {', '.join(PERSON)} FROM person WHERE id IN wanted ORDER BY id", wanted),
        await _rows(
            connection,
            f"{WANTED} SELECT id, person_id, assigned_by FROM face WHERE {whose} IN wanted ORDER BY id",
            wanted if faces is None else json.dumps(list(faces)),
        ),
        {
            table: await _rows(connection, f"{WANTED} SELECT {', '.join(columns)} FROM {table} WHERE {where} ORDER BY 1, 2", wanted)
            for table, (columns, where) in BELONGING.items()
        },
    )


def difference(before: State, after: State) -> dict[str, Any] | None:
    """What became of persons, as JSON can keep it; None when nothing did. The faces of both are the same."""
    persons = [(old, new) for old, new in _paired(before.persons, after.persons) if old != new]
    faces = [(old, new) for old, new in zip(before.faces, after.faces, strict=True) if old != new]
    belonging = {
        table: {
            "gone": sorted(set(before.belonging[table]) - set(after.belonging[table])),
            "came": sorted(set(after.belonging[table]) - set(before.belonging[table])),
        }
        for table in BELONGING
    }
    changed = bool(persons or faces or any(rows for each in belonging.values() for rows in each.values()))
    return {"persons": persons, "faces": faces, "belonging": belonging} if changed else None


async def put_back(connection: aiosqlite.Connection, changes: Mapping[str, Any]) -> PutBack:
    """Put persons back as they were before `changes`, inside a transaction, as far as nothing was decided otherwise since."""
    kept = await _elsewhere(connection, changes)
    whole = not kept
    for old, new in changes["persons"]:
        if old[0] not in kept and not await (_bring_back(connection, old) if new is None else _change_back(connection, old, new)):
            kept.add(old[0])
    for (face, person, by), (_, person_now, by_now) in changes["faces"]:
        cursor = await connection.execute(
            "UPDATE face SET person_id = ?1, assigned_by = ?2 WHERE id = ?3 AND person_id IS ?4 AND assigned_by IS ?5"
            " AND (?1 IS NULL OR EXISTS (SELECT 1 FROM person WHERE id = ?1))",
            (person, by, face, person_now, by_now),
        )
        if not cursor.rowcount:
            kept.add(person)
    for table, rows in changes["belonging"].items():
        columns = BELONGING[table][0]
        if whole:
            await connection.executemany(f"DELETE FROM {table} WHERE {columns[0]} = ? AND {columns[1]} = ?", rows["came"])
        for row in rows["gone"]:
            await _put_row(connection, table, columns, row)
    await _mend_avatars(connection, [old for old, _ in changes["persons"]])
    await bump(connection)
    await note_faces(connection)
    concerned = {old[0] for old, _ in changes["persons"]} | {old[1] for old, _ in changes["faces"]}
    return PutBack(tuple(sorted(concerned - kept)), tuple(sorted(kept)))


async def _elsewhere(connection: aiosqlite.Connection, changes: Mapping[str, Any]) -> set[int]:
    """Persons that went and do not come back, because all of their faces are somebody else's by now."""
    came = {face: (person, by) for _, (face, person, by) in changes["faces"]}
    now_there = await _rows(connection, f"{WANTED} SELECT id, person_id, assigned_by FROM face WHERE id IN wanted", json.dumps(list(came)))
    free = {face for face, person, by in now_there if came[face] == (person, by)}
    lost = {old[1] for old, _ in changes["faces"]} - {old[1] for old, _ in changes["faces"] if old[0] in free}
    return lost & {old[0] for old, new in changes["persons"] if new is None}


async def _bring_back(connection: aiosqlite.Connection, old: Sequence[Any]) -> bool:
    """A person that was forgotten or became part of another; the avatar follows, see _mend_avatars."""
    values = [None if name == "avatar_face_id" else value for name, value in zip(PERSON, old, strict=True)]
    cursor = await connection.execute(f"INSERT OR IGNORE INTO person ({', '.join(PERSON)}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    return cursor.rowcount > 0


async def _change_back(connection: aiosqlite.Connection, old: Sequence[Any], new: Sequence[Any]) -> bool:
    """A person that is still there, unless somebody decided something about it since."""
    was, since = dict(zip(PERSON, old, strict=True)), dict(zip(PERSON, new, strict=True))
    cursor = await connection.execute(
        f"UPDATE person SET name = ?, hidden = ?, avatar_face_id = NULL, kept = ?, updated_at = ? WHERE id = ?"
        f" AND {' AND '.join(f'{name} IS ?' for name in DECIDED)}",
        (was["name"], was["hidden"], was["kept"], now(), was["id"], *(since[name] for name in DECIDED)),
    )
    return cursor.rowcount > 0


async def _mend_avatars(connection: aiosqlite.Connection, persons: Iterable[Sequence[Any]]) -> None:
    """The faces that stood for persons do so again, where they are (still) theirs and no other was chosen."""
    place = PERSON.index("avatar_face_id")
    await connection.executemany(
        "UPDATE person SET avatar_face_id = ?1 WHERE id = ?2 AND avatar_face_id IS NULL"
        " AND EXISTS (SELECT 1 FROM face WHERE id = ?1 AND person_id = ?2)",
        [(row[place], row[0]) for row in persons if row[place] is not None],
    )


async def _put_row(connection: aiosqlite.Connection, table: str, columns: tuple[str, str], row: Sequence[Any]) -> None:
    """A row that belonged to a person, where everybody it names is there."""
    there = " AND ".join(
        f"EXISTS (SELECT 1 FROM {'face' if column == 'face_id' else 'person'} WHERE id = ?{index})"
        for index, column in enumerate(columns, start=1)
        if column != "name"
    )
    await connection.execute(f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) SELECT ?1, ?2 WHERE {there}", tuple(row))


async def _rows(connection: aiosqlite.Connection, sql: str, parameter: str) -> Rows:
    return [tuple(row) for row in await connection.execute_fetchall(sql, (parameter,))]


def _paired(before: Rows, after: Rows) -> list[tuple[tuple[Any, ...], tuple[Any, ...] | None]]:
    """Each row of before with the row of the same id afterwards, None where it went."""
    later = {row[0]: row for row in after}
    return [(row, later.get(row[0])) for row in before]
