"""Counters of what filters offer, kept by triggers: after whatever happens they are what a count of all photos gives."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from facetd.accounts.viewers import single_viewer
from facetd.db import counters, options, roots, store
from facetd.db import faces as db_faces
from facetd.db import people as db_people
from facetd.db.care import consistency
from facetd.db.connection import Database
from facetd.db.tags import OF_OBJECTS, save_tags
from facetd.db.visibility import Hide, gate_condition
from facetd.records.judgement import Judgement
from facetd.records.viewer import Viewer
from tests.db.conftest import put, visit
from tests.library.households import Household, make_household
from tests.people import add_face

COLUMNS = {"camera": "camera_model", "lens": "lens_model", "pattern": "composition_pattern", "category": "category"}


@pytest.fixture
async def home(db: Database) -> Household:
    return await make_household(db)


async def counted(home: Household, viewer: Viewer, column: str) -> list[tuple[object, int]]:
    """What an honest count gives, most frequent first."""
    rows = await home.db.rows(
        f"SELECT p.{column} FROM photo p JOIN gate g ON g.photo_id = p.id"
        f" WHERE {gate_condition(viewer, options.LISTED)} AND p.{column} <> ''"
    )
    return sorted(Counter(row[0] for row in rows).items(), key=lambda pair: (-pair[1], pair[0]))


async def check(home: Household) -> None:
    """Everything is right, for each viewer."""
    assert await consistency(home.db) == []
    for viewer in (home.alice, home.bob, home.nobody):
        for facet, column in COLUMNS.items():
            found = await options.values(home.db, viewer, facet, by_count=True)  # type: ignore[arg-type]
            assert found == await counted(home, viewer, column), (viewer.name, facet)


class Deeds:
    """What may happen to a library, at random."""

    def __init__(self, home: Household, seed: int) -> None:
        self.home, self.db = home, home.db
        self.chance = random.Random(seed)
        self.number = 0

    async def ids(self) -> list[int]:
        return [row[0] for row in await self.db.rows("SELECT id FROM photo")]

    async def some(self, share: float = 0.4) -> list[int]:
        return [number for number in await self.ids() if self.chance.random() < share]

    async def photos_come_or_are_read_again(self) -> None:
        for _ in range(4):
            self.number += 1
            facts = {
                "camera_model": self.chance.choice([None, "", "X-T5", "EOS 6D", "0"]),
                "lens_model": self.chance.choice([None, "50mm", "85mm"]),
                "f_stop": self.chance.choice([None, 1.8, 1.84, 5.6]),
                "focal_length": self.chance.choice([None, 49.7, 50.2, 85.0]),
                "keywords": tuple(self.chance.sample(["beach", "Sea", "dog"], self.chance.randrange(3))),
            }
            name = f"{self.chance.choice([1, 2, 3, self.number])}.jpg"
            await put(self.db, visit(self.chance.choice(self.home.roots), name, folder=self.chance.choice(["", "a"]), **facts))  # type: ignore[arg-type]

    async def photos_are_judged(self) -> None:
        judgement = Judgement(self.chance.choice(["street", "default"]), 5.0, self.chance.choice([None, 6.99, 7.0, 7.05, 8.123]))
        await store.save_judgements(self.db, dict.fromkeys(await self.some(), (judgement, "x")))

    async def photos_are_hidden(self) -> None:
        bits = self.chance.choice([Hide.BURST, Hide.COMPANION, Hide.MISSING, Hide.BLINK])
        async with self.db.writing() as connection:
            for number in await self.some(0.3):
                await connection.execute("UPDATE gate SET hide = (hide | ?1) - (hide & ?1) WHERE photo_id = ?2", (int(bits), number))

    async def photos_are_tagged(self) -> None:
        async with self.db.writing() as connection:
            for number in await self.some():
                source = self.chance.choice(OF_OBJECTS)
                await save_tags(connection, number, dict.fromkeys(self.chance.sample(["beach", "dog", "cat"], 2), source))

    async def faces_come(self) -> None:
        persons = [row[0] for row in await self.db.rows("SELECT id FROM person")] or [await db_people.make(self.db, "Anna")]
        for number in await self.some():
            face = await add_face(self.db, number, None, quality=self.chance.random() * 10)
            if self.chance.random() < 0.8:
                await db_faces.assign(self.db, [face], self.chance.choice(persons))

    async def people_change(self) -> None:
        await db_people.make(self.db, f"P{self.number}")
        persons = [row[0] for row in await self.db.rows("SELECT id FROM person")]
        if len(persons) > 2 and self.chance.random() < 0.5:
            await db_people.merge(self.db, await single_viewer(self.db), [persons[0]], persons[1])
        elif len(persons) > 3:
            await db_people.delete(self.db, await single_viewer(self.db), [self.chance.choice(persons)])
        faces = [row[0] for row in await self.db.rows("SELECT id FROM face WHERE person_id IS NOT NULL")]
        if faces:
            await db_faces.take_out(self.db, self.chance.sample(faces, 1))

    async def photos_go(self) -> None:
        async with self.db.writing() as connection:
            for number in await self.some(0.1):
                await connection.execute("DELETE FROM photo WHERE id = ?", (number,))

    async def photos_move(self) -> None:
        root = self.chance.choice(self.home.roots)
        async with self.db.writing() as connection:
            for number in await self.some(0.2):
                await connection.execute("UPDATE gate SET root_id = ? WHERE photo_id = ?", (root.id, number))


@pytest.mark.parametrize("seed", range(4))
async def test_counters_stay_right_whatever_happens(home: Household, seed: int) -> None:
    deeds = Deeds(home, seed)
    all_of_them: list[Callable[[], Awaitable[None]]] = [
        deeds.photos_come_or_are_read_again, deeds.photos_are_judged, deeds.photos_are_hidden, deeds.photos_are_tagged, deeds.faces_come,
        deeds.people_change, deeds.photos_go, deeds.photos_move,
    ]  # fmt: skip
    for deed in [*all_of_them, *deeds.chance.choices(all_of_them, k=16)]:
        await deed()
        assert await options.wrong_counts(home.db) == [], deed.__name__
    await check(home)
    for root in home.roots:
        await roots.remove_root(home.db, root.id)
        await check(home)
    assert await home.db.rows("SELECT 1 FROM facet_count WHERE photos <> 0") == []


async def test_what_is_alone_in_hidden_photos_is_not_offered(home: Household) -> None:
    """Bob's camera, tag and person are not among Alice's, not even with none."""
    await put(home.db, visit(home.roots[1], "1.jpg", camera_model="Bob's", keywords=("secret",)))
    await db_faces.assign(home.db, [await add_face(home.db, home.bobs[0], None)], await db_people.make(home.db, "Bob's friend"))
    assert await options.values(home.db, home.alice, "camera", by_count=True) == []
    assert await options.tags(home.db, home.alice, limit=20) == []
    assert await db_people.seen_persons(home.db, home.alice) == []
    assert await options.values(home.db, home.bob, "camera", by_count=True) == [("Bob's", 1)]
    assert await options.tags(home.db, home.bob, limit=20) == [("secret", 1)]
    assert [row.name for row in await db_people.seen_persons(home.db, home.bob)] == ["Bob's friend"]


async def test_each_sees_the_best_face_of_their_own_photos(home: Household) -> None:
    anna = await db_people.make(home.db, "Anna")
    photos = (home.alices[0], home.bobs[0], home.shared[0], home.shared[0])
    faces = [await add_face(home.db, number, None, quality=quality) for number, quality in zip(photos, (9.0, 8.0, 3.0, 2.0), strict=True)]
    await db_faces.assign(home.db, faces, anna)

    async def seen(viewer: Viewer) -> list[tuple[int, int, int, float]]:
        rows = await db_people.seen_persons(home.db, viewer)
        return [(row.face_count, row.photo_count, row.face_id, row.quality) for row in rows]

    assert await seen(home.alice) == [(3, 2, faces[0], 9.0)]
    assert await seen(home.bob) == [(3, 2, faces[1], 8.0)]
    await db_people.set_avatar(home.db, anna, faces[0])
    assert await seen(home.bob) == [(3, 2, faces[1], 8.0)]
    await db_people.set_avatar(home.db, anna, faces[3])
    assert await seen(home.alice) == [(3, 2, faces[3], 2.0)]
    assert await seen(home.nobody) == []


@pytest.mark.parametrize("least", [0.0, 6.9, 7.0, 7.03, 7.1, 9.99, 10.0])
async def test_top_picks_are_counted_exactly(home: Household, least: float) -> None:
    scores = [None, 0.0, 6.89, 6.9, 6.999, 7.0, 7.03, 7.09, 7.1]
    photos = [*home.alices, *home.shared, *home.bobs]
    await store.save_judgements(
        home.db, {number: (Judgement("street", 5.0, score), "x") for number, score in zip(photos, scores, strict=True)}
    )
    for viewer, seen in ((home.alice, scores[:6]), (home.bob, scores[3:])):
        categories, top_picks = await options.category_counts(home.db, viewer, options.LISTED, least)
        assert categories == {"street": 6}
        assert top_picks == sum(score is not None and score >= least for score in seen)


async def test_lists_are_read_from_the_counters(tmp_path: Path) -> None:
    """No photo is looked at, but for the tenth that the threshold of top picks lies in."""
    statements: list[str] = []
    async with Database(tmp_path / "one reader.db", readers=1) as db:
        viewer = (await make_household(db)).alice
        await db.read(lambda connection: connection.set_trace_callback(statements.append))
        for facet in COLUMNS:
            await options.values(db, viewer, facet, by_count=True)  # type: ignore[arg-type]
        await options.tags(db, viewer, limit=20)
        await options.category_counts(db, viewer, options.LISTED, 7.0)
        await db_people.seen_persons(db, viewer)
        await db.read(lambda connection: connection.set_trace_callback(None))
        plans = [row[3] for sql in statements for row in await db.rows(f"EXPLAIN QUERY PLAN {sql}")]
    assert len(statements) == 9
    assert {plan for plan in plans if "facet_count" in plan} == {"SEARCH facet_count USING PRIMARY KEY (facet=? AND root_id=?)"}
    assert [plan for plan in plans if plan.startswith("SCAN") and plan not in ("SCAN c", "SCAN w")] == []


async def test_wrong_counters_are_counted_anew(home: Household) -> None:
    async with home.db.writing() as connection:
        await connection.execute("UPDATE facet_count SET photos = 7 WHERE facet = 'category' AND root_id = ?", (home.roots[0].id,))
    assert await consistency(home.db) == ["the counters of each category are wrong"]
    assert (await counters.recount(home.db))["facet_count"] == 1
    assert await consistency(home.db) == []
    assert set((await counters.recount(home.db)).values()) == {0}
