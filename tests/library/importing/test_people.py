"""People of Facet: who they are here, which faces are theirs, and what a user decided."""

from __future__ import annotations

import pytest

from facetd.accounts.viewers import single_viewer
from facetd.db import people as db_people
from facetd.db.connection import Database
from facetd.records.files import Root
from tests.db.conftest import put, visit
from tests.facetmaker import FacetMaker
from tests.library.importing.bringing import bring, contents, tally
from tests.people import Cast, add_faces, group

WIDTH, HEIGHT = 3000, 2000


class Family:
    """Photos here and in Facet, with the same faces: a letter for each person in a scene."""

    def __init__(self, db: Database, root: Root, facet: FacetMaker) -> None:
        self.db, self.root, self.facet = db, root, facet
        self.photos: list[int] = []
        self.faces: dict[str, list[int]] = {}
        self.persons: dict[str, int] = {}
        self.cast = Cast()

    async def here(self, *scenes: str) -> None:
        """Photos with faces, told apart as far as it goes."""
        self.photos = await put(self.db, *(visit(self.root, f"{n}.jpg") for n in range(len(scenes))))
        self.faces = await add_faces(self.db, self.cast, self.photos, scenes)
        async with self.db.writing() as connection:
            for photo in self.photos:
                await connection.execute("INSERT INTO analysis VALUES (?, 'faces', 'x', '', 'done', NULL, NULL, 1, '')", (photo,))
        await group(self.db)

    def there(self, *scenes: str, size: tuple[int, int] = (WIDTH, HEIGHT), **names: str | None) -> None:
        """The same photos in Facet; `names` of the letters, other letters are nobody."""
        for letter, name in names.items():
            self.persons[letter] = self.facet.put("persons", name=name)
        for number, scene in enumerate(scenes):
            path = self.facet.photo(f"{self.root.path}/{number}.jpg", image_width=size[0], image_height=size[1])
            for place, letter in enumerate(scene):
                self.face(path, place, letter)

    def face(self, path: str, place: int, letter: str) -> int:
        left, top = int((0.05 + 0.15 * place) * WIDTH) + 20, int(0.2 * HEIGHT) + 30
        box = (left, top, left + int(0.1 * WIDTH) - 10, top + int(0.2 * HEIGHT))
        return self.facet.face(path, box, self.persons.get(letter))

    async def who(self) -> dict[str, list[str | None]]:
        """The name of each face, by letter."""
        rows = await self.db.rows("SELECT f.id, p.name FROM face f LEFT JOIN person p ON p.id = f.person_id")
        names = {row[0]: row[1] for row in rows}
        return {letter: [names.get(face) for face in faces] for letter, faces in self.faces.items()}

    async def person(self, face: int) -> int:
        return int((await self.db.rows("SELECT person_id FROM face WHERE id = ?", (face,)))[0][0])


@pytest.fixture
def family(db: Database, root: Root, facet: FacetMaker) -> Family:
    return Family(db, root, facet)


async def test_people_are_named_by_most_of_their_faces(db: Database, facet: FacetMaker, family: Family) -> None:
    await family.here("ab", "ab", "a", "c", "ab")
    family.there("ab", "ab", "a", "c", "xb", a="Anna", b="  Bob\n ", c="Clara", d=None)
    persons = len(await db.rows("SELECT id FROM person"))
    report = await bring(db, facet)
    assert await family.who() == {"a": ["Anna"] * 4, "b": ["Bob"] * 3, "c": ["Clara"]}
    assert (tally(report, "persons"), tally(report, "faces")) == ((3, 0, 0, 0), (7, 0, 0, 0))
    assert len(await db.rows("SELECT id FROM person")) == persons + 1, "nobody is there twice"
    before = await contents(db)
    again = await bring(db, facet)
    assert (again.changes, tally(again, "persons"), tally(again, "faces")) == (0, (0, 3, 0, 0), (0, 7, 0, 0))
    assert await contents(db) == before
    await group(db, everything=True)
    assert await family.who() == {"a": ["Anna"] * 4, "b": ["Bob"] * 3, "c": ["Clara"]}


async def test_a_person_who_is_two_here_becomes_one(db: Database, facet: FacetMaker, family: Family) -> None:
    await family.here("a", "a", "b", "b")
    family.there("a", "a", "a", "a", a="Anna")
    assert tally(await bring(db, facet), "faces") == (4, 0, 0, 0)
    assert await family.who() == {"a": ["Anna"] * 2, "b": ["Anna"] * 2}
    assert len(await db.rows("SELECT id FROM person")) == 1


async def test_two_who_are_one_here_are_told_apart(db: Database, facet: FacetMaker, family: Family) -> None:
    await family.here("a", "a", "a", "a", "a")
    family.there("a", "a", "a", "b", "b", a="Anna", b="Bea")
    await bring(db, facet)
    assert await family.who() == {"a": ["Anna"] * 3 + ["Bea"] * 2}
    assert (await bring(db, facet)).changes == 0


async def test_different_people_stay_two(db: Database, facet: FacetMaker, family: Family) -> None:
    await family.here("a", "a", "a", "b", "b")
    await db_people.distinguish(db, await family.person(family.faces["a"][0]), await family.person(family.faces["b"][0]))
    family.there("a", "a", "a", "a", "a", a="Anna")
    await bring(db, facet)
    # Each face is hers, as Facet says; whoever else turns up among the other's faces later is not joined to her.
    assert await family.who() == {"a": ["Anna"] * 3, "b": ["Anna"] * 2}
    assert len(await db.rows("SELECT * FROM person_distinction")) == 1
    assert len(await db.rows("SELECT id FROM person")) == 2
    assert (await bring(db, facet)).changes == 0


async def test_names_that_a_user_gave_stay(db: Database, facet: FacetMaker, family: Family) -> None:
    await family.here("aab", "ab", "b")
    await db_people.rename(db, await family.person(family.faces["a"][0]), "Mum")
    family.there("aab", "ab", "b", a="Anna", b="Bob")
    report = await bring(db, facet)
    who = await family.who()
    assert who["b"] == ["Bob"] * 3
    assert set(who["a"]) <= {"Mum", None}
    assert [(note.kind, note.name, note.reason) for note in report.notes] == [("persons", "Anna", "is called Mum here")]
    assert tally(report, "persons") == (1, 0, 1, 0)
    assert await db.rows("SELECT id FROM person WHERE name = 'Anna'") == []
    assert (await bring(db, facet)).changes == 0


async def test_renamed_merged_and_deleted_people_stay_so(db: Database, facet: FacetMaker, family: Family) -> None:
    await family.here("abc", "abc", "abc")
    family.there("abc", "abc", "abc", a="Anna", b="Bob", c="Clara")
    await bring(db, facet)
    a, b, c = [await family.person(family.faces[letter][0]) for letter in "abc"]
    await db_people.rename(db, a, "Annabel")
    await db_people.merge(db, await single_viewer(db), [b], a)
    await db_people.delete(db, await single_viewer(db), [c])
    who = await family.who()
    report = await bring(db, facet)
    assert (report.changes, await family.who()) == (0, who)
    assert tally(report, "faces") == (0, 6, 3, 0)


async def test_who_is_renamed_in_facet_is_renamed_here(db: Database, facet: FacetMaker, family: Family) -> None:
    await family.here("ab", "ab")
    family.there("ab", "ab", a="Anna", b="Bob")
    await bring(db, facet)
    await db_people.rename(db, await family.person(family.faces["b"][0]), "Robert")
    facet.run("UPDATE persons SET name = name || '!'")
    report = await bring(db, facet)
    assert await family.who() == {"a": ["Anna!"] * 2, "b": ["Robert"] * 2}
    assert [(note.name, note.reason) for note in report.notes] == [("Bob!", "is called Robert here")]
    assert (await bring(db, facet)).changes == 0


async def test_faces_that_a_user_gave_or_took_stay(db: Database, facet: FacetMaker, family: Family) -> None:
    await family.here("aab", "ab", "b")
    taken, refused = family.faces["a"][0], family.faces["b"][0]
    async with db.writing() as connection:
        await connection.execute("UPDATE face SET person_id = NULL, assigned_by = 'user' WHERE id = ?", (taken,))
        made = await connection.execute_fetchall("INSERT INTO person (name, created_at, updated_at) VALUES ('bob', '', '') RETURNING id")
        bob = int(next(iter(made))[0])
        await connection.execute("UPDATE face SET person_id = NULL, assigned_by = NULL WHERE id = ?", (refused,))
        await connection.execute("INSERT INTO face_refusal VALUES (?, ?)", (refused, bob))
    family.there("aab", "ab", "b", a="Anna", b="Bob")
    report = await bring(db, facet)
    who = await family.who()
    assert (who["a"][0], who["b"]) == (None, [None, "bob", "bob"])
    assert report.tallies["faces"].kept == 2
    assert "as a user decided" in report.notes[0].reason
    assert (await bring(db, facet)).changes == 0


async def test_faces_that_were_not_found_here_are_drawn_and_last(db: Database, facet: FacetMaker, family: Family) -> None:
    await family.here("a", "a", "")
    family.there("a", "ab", "b", a="Anna", b="Bob")
    report = await bring(db, facet)
    drawn = await db.rows(
        "SELECT f.photo_id, f.x, f.assigned_by, p.name FROM face f JOIN person p ON p.id = f.person_id WHERE p.name = 'Bob'"
    )
    assert [(row[0], round(row[1], 2), row[2]) for row in drawn] == [(2, 0.21, "user"), (3, 0.06, "user")]
    assert tally(report, "faces") == (4, 0, 0, 0)
    assert (await bring(db, facet)).changes == 0


async def test_photos_that_models_will_look_at_wait_for_that(db: Database, facet: FacetMaker, family: Family) -> None:
    await family.here("a", "")
    family.there("a", "b", a="Anna", b="Bob")
    async with db.writing() as connection:
        await connection.execute("DELETE FROM analysis WHERE photo_id = 2")
    report = await bring(db, facet)
    assert (tally(report, "persons"), tally(report, "faces")) == ((1, 0, 0, 1), (1, 0, 0, 1))
    assert {(note.kind, note.name) for note in report.notes} == {("persons", "Bob"), ("faces", "waiting")}


@pytest.mark.parametrize("size", [(WIDTH, HEIGHT), (HEIGHT, WIDTH), (None, None)])
async def test_the_size_of_the_picture_may_be_on_its_side_or_unknown(
    db: Database, facet: FacetMaker, family: Family, size: tuple[int, int]
) -> None:
    await family.here("ab", "ab")
    async with db.writing() as connection:
        await connection.execute("UPDATE photo SET image_width = 3000, image_height = 2000")
    family.there("ab", "ab", size=size, a="Anna", b="Bob")
    await bring(db, facet)
    assert await family.who() == {"a": ["Anna"] * 2, "b": ["Bob"] * 2}


async def test_odd_people_and_boxes_are_told(db: Database, facet: FacetMaker, family: Family) -> None:
    await family.here("a", "a")
    family.there("a", "a", a="Anna", b="x" * 10_000, c=" \t ", d="Two\x07")
    for box in ((10, 10, 5, 20), (0, 0, 90_000, 90_000)):
        facet.face(facet.photo(f"{family.root.path}/{box[3]}.jpg"), box, family.persons["a"])
    await put(db, visit(family.root, "20.jpg"), visit(family.root, "90000.jpg"))
    facet.run("UPDATE faces SET bbox_x1 = 'left' WHERE id = 2")
    report = await bring(db, facet)
    assert await family.who() == {"a": ["Anna", "Anna"]}
    assert tally(report, "persons") == (1, 0, 0, 2)
    assert any(note.kind == "faces" and "2 lie outside" in note.reason for note in report.notes)


async def test_hidden_people_and_chosen_pictures_come_too(db: Database, facet: FacetMaker, family: Family) -> None:
    await family.here("a", "a", "a")
    family.there("a", "a", "a", a="Anna")
    facet.run("UPDATE persons SET is_hidden = 1, representative_face_id = 2")
    await bring(db, facet)
    rows = await db.rows("SELECT name, hidden, avatar_face_id, kept FROM person")
    assert [tuple(row) for row in rows] == [("Anna", 1, family.faces["a"][1], 1)]


async def test_a_trial_makes_nobody(db: Database, facet: FacetMaker, family: Family) -> None:
    await family.here("ab", "a")
    family.there("ab", "a", a="Anna", b="Bob")
    before = await contents(db)
    trial = await bring(db, facet, trial=True)
    assert await contents(db) == before
    assert trial.as_dict() | {"dry_run": False} == (await bring(db, facet)).as_dict()
