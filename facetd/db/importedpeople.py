"""People from another program: who they are among the persons here, and the faces that are theirs. What a user decided here stays.

A person here is somebody of the other program when the name says so, or when most of their faces that both know are that person's.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import aiosqlite

from facetd.db.importing import BROUGHT, KEPT, SAME, Writes, note_came
from facetd.db.merging import merge_rows
from facetd.db.naming import person_of
from facetd.db.revision import note_faces
from facetd.db.store import now
from facetd.db.visibility import id_list
from facetd.records.sightings import Box

LEAST_SHARE = 0.2  # of all faces of a person here that must be known to be somebody's, before the whole person is


@dataclass(slots=True)
class NamedPerson:
    """Somebody of the other program: `faces` here that are theirs, and where they have one that was not found here (`drawn`)."""

    name: str
    hidden: bool = False
    avatar: int | None = None
    faces: set[int] = field(default_factory=set)
    drawn: list[tuple[int, Box]] = field(default_factory=list)


@dataclass(slots=True)
class Outcome:
    """What became of a person (brought, same or kept) and of the faces; `called` is the name that a user gave them here."""

    person: str
    faces: Counter[str]
    called: str = ""


@dataclass(frozen=True, slots=True)
class _Person:
    """A person here: how many faces they have."""

    id: int
    name: str | None
    faces: int


def boxes_of(connection: sqlite3.Connection, photos: Iterable[int]) -> dict[int, dict[int, Box]]:
    """The faces of each of these photos that has any, by id."""
    found: dict[int, dict[int, Box]] = defaultdict(dict)
    sql = f"SELECT photo_id, id, x, y, width, height FROM face WHERE photo_id IN ({id_list(photos)})"
    for photo, face, *box in connection.execute(sql):
        found[photo][face] = Box(*box)
    return found


def looked_at(connection: sqlite3.Connection) -> set[int]:
    """The photos that models looked at for faces."""
    return {int(row[0]) for row in connection.execute("SELECT photo_id FROM analysis WHERE kind = 'faces'")}


async def save_person(writes: Writes, person: NamedPerson, theirs: Mapping[int, str | None], names: Iterable[str]) -> Outcome:
    """Bring in one person. `theirs` has for each face here that the other program knows the name it has there; `names` are all of them."""
    async with writes.batch() as connection:
        before = connection.total_changes
        outcome = await _Bringing(connection, person, theirs, {name.casefold() for name in names}).bring()
        if connection.total_changes > before:
            await note_faces(connection)
        return outcome


async def persons_named(writes: Writes) -> dict[str, int]:
    """Whom each name (case folded) means; see naming.persons_by_name. What the import made is among them."""
    async with writes.batch() as connection:
        rows = list(await connection.execute_fetchall("SELECT name, id FROM person WHERE name IS NOT NULL ORDER BY kept, id DESC"))
        rows += await connection.execute_fetchall("SELECT name, person_id FROM person_alias")
    return {str(row[0]).casefold(): int(row[1]) for row in rows}


class _Bringing:
    """One person, in one transaction."""

    def __init__(self, connection: aiosqlite.Connection, person: NamedPerson, theirs: Mapping[int, str | None], names: set[str]) -> None:
        self._connection = connection
        self._person = person
        self._theirs = theirs
        self._names = names

    async def bring(self) -> Outcome:
        """See save_person."""
        rows = await self._rows(f"SELECT id, person_id, assigned_by FROM face WHERE id IN ({id_list(self._person.faces)})")
        owners = {int(row[0]): row[1] for row in rows}
        by_user = {int(row[0]) for row in rows if row[2] == "user"}
        counts: Counter[str] = Counter()
        target = await person_of(self._connection, self._person.name)
        became = SAME if target is not None else BROUGHT
        mostly = await self._mostly(Counter(owner for face, owner in owners.items() if owner is not None and owner != target))
        called = ""
        if target is None and mostly:
            target = mostly[0].id
            became, called = await self._name(mostly[0])
        stay = {each.id for each in mostly if each.name is not None and each.id != target}
        free = [face for face, owner in owners.items() if (owner is None or owner not in (target, *stay)) and face not in by_user]
        if target is None:
            if not free and not self._person.drawn:
                return Outcome(KEPT, Counter({KEPT: len(owners)}))
            target = await self._make()
        moved = await self._merge(target, [each.id for each in mostly if each.name is None and each.id != target])
        given = []
        refused = {int(row[0]) for row in await self._rows(f"SELECT face_id FROM face_refusal WHERE person_id = {target}")}
        for face, owner in owners.items():
            if owner == target and became == SAME:
                counts[SAME] += 1
            elif owner == target or owner in moved:
                counts[BROUGHT if became != KEPT or owner in moved else SAME] += 1
            elif face in by_user or face in refused or owner in stay:
                counts[KEPT] += 1
            else:
                given.append(face)
                counts[BROUGHT] += 1
        await self._give(target, given)
        await self._draw(target)
        counts[BROUGHT] += len(self._person.drawn)
        return Outcome(became, counts, called)

    async def _mostly(self, owners: Counter[int]) -> list[_Person]:
        """The persons here who are mostly this one, the one with most of the faces first."""
        found = []
        for owner, shared in owners.most_common():
            faces = [int(row[0]) for row in await self._rows("SELECT id FROM face WHERE person_id = ?", (owner,))]
            known = sum(face in self._theirs for face in faces)
            if shared * 2 > known and shared >= LEAST_SHARE * len(faces):
                names = await self._rows("SELECT name FROM person WHERE id = ?", (owner,))
                found.append(_Person(owner, names[0][0], len(faces)))
        return found

    async def _name(self, ours: _Person) -> tuple[str, str]:
        """Give a person here the name; one that a user gave stays. Returns what became of it, and the name that stays."""
        came = await self._rows("SELECT value FROM imported WHERE kind = 'person' AND ref = ?", (ours.id,))
        theirs_before = [str(row[0]) for row in came]
        # Somebody who was renamed in the other program, and not here.
        renamed = ours.name is not None and theirs_before == [ours.name] and ours.name.casefold() not in self._names
        if ours.name is not None and not renamed:
            return KEPT, ours.name
        await self._connection.execute(
            "UPDATE person SET name = ?1, hidden = hidden OR ?2, kept = 1, updated_at = ?3,"
            " avatar_face_id = COALESCE(avatar_face_id, (SELECT id FROM face WHERE id = ?4 AND person_id = ?5)) WHERE id = ?5",
            (self._person.name, self._person.hidden, now(), self._person.avatar, ours.id),
        )
        await note_came(self._connection, "person", 0, {ours.id: self._person.name})
        return BROUGHT, ""

    async def _make(self) -> int:
        moment = now()
        made = await self._rows(
            "INSERT INTO person (name, hidden, kept, created_at, updated_at) VALUES (?, ?, 1, ?, ?) RETURNING id",
            (self._person.name, self._person.hidden, moment, moment),
        )
        number = int(made[0][0])
        await note_came(self._connection, "person", 0, {number: self._person.name})
        return number

    async def _merge(self, target: int, others: Sequence[int]) -> set[int]:
        """Put persons without a name into the target, but for those that a user called different people."""
        moved = set()
        for other in others:
            pair = (min(target, other), max(target, other))
            if not await self._rows("SELECT 1 FROM person_distinction WHERE (first_id, second_id) = (?, ?)", pair):
                await merge_rows(self._connection, other, target)
                moved.add(other)
        return moved

    async def _give(self, target: int, faces: Sequence[int]) -> None:
        """These faces are the target's; others of their photos that only looked alike are not."""
        given = id_list(faces)
        await self._connection.execute(
            f"UPDATE face SET person_id = NULL, assigned_by = NULL WHERE person_id = ? AND id NOT IN ({id_list(self._person.faces)})"
            f" AND assigned_by = 'cluster' AND photo_id IN (SELECT photo_id FROM face WHERE id IN ({given}))",
            (target,),
        )
        await self._connection.execute(f"UPDATE face SET person_id = ?, assigned_by = 'user' WHERE id IN ({given})", (target,))

    async def _draw(self, target: int) -> None:
        """Faces that the models here did not find; they stay when the photo is looked at again."""
        await self._connection.executemany(
            "INSERT INTO face (photo_id, x, y, width, height, person_id, assigned_by) VALUES (?, ?, ?, ?, ?, ?, 'user')",
            [(photo, box.x, box.y, box.width, box.height, target) for photo, box in self._person.drawn],
        )

    async def _rows(self, sql: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
        return list(await self._connection.execute_fetchall(sql, parameters))
