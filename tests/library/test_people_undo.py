"""Decisions about people are taken back: everything that hung on them is as it was, and what was decided since stays."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from facetd.config import Config
from facetd.db import faces as db_faces
from facetd.db import people as db_people
from facetd.db import roots
from facetd.db.connection import Database
from facetd.errors import Forbidden, NotFound
from facetd.library.people import People
from facetd.library.undoing import Undoing
from facetd.records.viewer import Viewer
from tests.db.conftest import put, visit
from tests.people import Cast, add_face

ALICE = Viewer(1, "admin", frozenset({1}))
BOB = Viewer(2, "admin", frozenset({1}))


class World:
    """Four persons of three faces each, some of it in photos that Alice does not see."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.told = 0
        self.undoing = Undoing(db)
        self.people = People(db, Config(), self._decided, self.undoing)
        self.faces: dict[int, list[int]] = {}

    def _decided(self) -> None:
        self.told += 1

    async def fill(self) -> None:
        seen, unseen = await roots.add_root(self.db, "/seen"), await roots.add_root(self.db, "/unseen")
        cast = Cast()
        for number in range(1, 5):
            person = await db_people.make(self.db, f"P{number}")
            photos = await put(self.db, *(visit(unseen if n == 2 else seen, f"{number}-{n}.jpg") for n in range(3)))
            self.faces[person] = [await add_face(self.db, photo, cast.face(str(number))) for photo in photos]
            await db_faces.assign(self.db, self.faces[person], person)
            await db_people.set_avatar(self.db, person, self.faces[person][1])
        await db_people.rename(self.db, 1, "Anna")  # P1 goes on to mean her
        await db_people.rename(self.db, 4, None)
        await db_people.distinguish(self.db, 1, 3)
        await db_people.distinguish(self.db, 2, 4)
        async with self.db.writing() as connection:
            await connection.execute("INSERT INTO face_refusal VALUES (?, 1), (?, 2)", (self.faces[3][0], self.faces[4][0]))
            await connection.execute("UPDATE person SET kept = 0 WHERE id = 4")
            await connection.execute("UPDATE face SET assigned_by = 'cluster' WHERE person_id IN (2, 4)")

    async def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that is known of people, and what is counted of it."""
        tables = {
            "person": "SELECT id, name, hidden, kept, avatar_face_id, created_at FROM person ORDER BY 1",
            "face": "SELECT id, person_id, assigned_by FROM face ORDER BY 1",
            "alias": "SELECT * FROM person_alias ORDER BY 1",
            "distinction": "SELECT * FROM person_distinction ORDER BY 1, 2",
            "refusal": "SELECT * FROM face_refusal ORDER BY 1, 2",
            "words": "SELECT ref FROM topic WHERE kind = 'person' ORDER BY 1",
            "counts": "SELECT * FROM facet_count WHERE facet IN ('person', 'face') AND photos ORDER BY 1, 2, 3, 4",
        }
        return {name: [tuple(row) for row in await self.db.rows(sql)] for name, sql in tables.items()}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with Database(tmp_path / "library.db", readers=1) as db:
        made = World(db)
        await made.fill()
        yield made


async def test_a_merge_is_taken_apart(world: World) -> None:
    before = await world.state()
    merged, _, token = await world.people.merge(ALICE, [1, 2], 4)
    assert merged == 2
    assert token is not None
    assert await world.state() != before
    told = world.told
    undone = await world.undoing.undo(ALICE, token)
    assert (undone.kind, undone.restored.ids, undone.restored.kept, undone.token) == ("persons", (1, 2, 4), (), None)
    assert await world.state() == before
    assert world.told == told + 1
    with pytest.raises(NotFound):
        await world.undoing.undo(ALICE, token)


async def test_who_was_forgotten_comes_back(world: World) -> None:
    before = await world.state()
    deleted, _, token = await world.people.delete(ALICE, [1, 3])
    assert deleted == 2
    assert token is not None
    assert (await world.undoing.undo(ALICE, token)).restored.ids == (1, 3)
    assert await world.state() == before


async def test_who_was_hidden_is_shown(world: World) -> None:
    before = await world.state()
    assert (await world.people.hide(ALICE, [1, 4], hidden=True))[0] == 2
    changed, _, nothing = await world.people.hide(ALICE, [1, 4], hidden=True)
    assert (changed, nothing) == (0, None)
    await world.people.hide(ALICE, [1, 4], hidden=False)
    _, unknown, token = await world.people.hide(ALICE, [1, 2, 99], hidden=True)
    assert unknown == [99]
    assert token is not None
    await world.undoing.undo(ALICE, token)
    after = await world.state()
    assert after | {"person": before["person"]} == before
    assert [row[2] for row in after["person"]] == [0, 0, 0, 0]


async def test_what_was_decided_since_stays(world: World) -> None:
    _, _, token = await world.people.merge(ALICE, [1], 2)
    assert token is not None
    await world.people.rename(ALICE, 2, "Somebody else")
    await world.people.assign(ALICE, world.faces[1][0], person=3)
    restored = (await world.undoing.undo(ALICE, token)).restored
    assert (restored.ids, restored.kept) == ((), (1,))
    after = await world.state()
    names = {row[0]: row[1] for row in after["person"]}
    assert (names[1], names[2]) == ("Anna", "Somebody else")
    assert {row[0]: row[1] for row in after["face"] if row[0] in world.faces[1]} == dict(zip(world.faces[1], (3, 1, 1), strict=True))


async def test_who_went_on_to_be_merged_stays_there(world: World) -> None:
    _, _, first = await world.people.merge(ALICE, [1], 2)
    _, _, second = await world.people.merge(ALICE, [2], 3)
    assert first is not None
    assert second is not None
    before = await world.state()
    assert (await world.undoing.undo(ALICE, first)).restored.kept == (1,)
    assert await world.state() == before
    found = {row[0]: row[1] for row in (await world.state())["face"] if row[0] in world.faces[1]}
    assert found == dict(zip(world.faces[1], (3, 3, 1), strict=True)), "the one that Alice does not see stays whose it was"


async def test_photos_that_went_meanwhile_are_missed_by_nobody(world: World) -> None:
    _, _, token = await world.people.delete(ALICE, [1])
    assert token is not None
    async with world.db.writing() as connection:
        await connection.execute("DELETE FROM photo WHERE id = (SELECT photo_id FROM face WHERE id = ?)", (world.faces[1][1],))
        await connection.execute("DELETE FROM person WHERE id = 3")  # whom the first one was told apart from
    restored = (await world.undoing.undo(ALICE, token)).restored
    assert restored.kept == (1,)
    after = await world.state()
    assert (1, "Anna", 0, 1, None) in [row[:5] for row in after["person"]]
    assert [row for row in after["distinction"] if 1 in row] == []
    assert [row[0] for row in after["face"] if row[1] == 1] == [world.faces[1][0], world.faces[1][2]]


async def test_only_whoever_decided_takes_it_back_and_only_who_may_edit(world: World) -> None:
    _, _, token = await world.people.merge(ALICE, [1], 2)
    assert token is not None
    with pytest.raises(NotFound):
        await world.undoing.undo(BOB, token)
    with pytest.raises(Forbidden):
        await world.undoing.undo(Viewer(ALICE.user_id, "user", ALICE.root_ids), token)
    assert (await world.undoing.undo(ALICE, token)).restored.kept == ()


@pytest.mark.parametrize("seed", range(4))
async def test_any_decisions_are_taken_back_one_after_the_other(world: World, seed: int) -> None:
    chance = random.Random(seed)
    states, tokens = [await world.state()], []
    for _ in range(6):
        there = sorted(await db_people.visible(world.db, ALICE, [row[0] for row in states[-1]["person"]]))
        if len(there) < 2:
            break
        some = chance.sample(there, 2)
        what = chance.choice(["merge", "delete", "hide"])
        if what == "merge":
            token = (await world.people.merge(ALICE, some[:1], some[1]))[2]
        elif what == "delete":
            token = (await world.people.delete(ALICE, some[:1]))[2]
        else:
            token = (await world.people.hide(ALICE, some, hidden=chance.random() < 0.7))[2]
        if token is not None:
            tokens.append(token)
            states.append(await world.state())
    assert len(tokens) > 1
    for token in reversed(tokens):
        states.pop()
        await world.undoing.undo(ALICE, token)
        assert await world.state() == states[-1]
