"""Decisions about people as they are stored, and the plans of the queries behind lists."""

from __future__ import annotations

import pytest

from facetd.accounts.viewers import single_viewer
from facetd.db import faces as db_faces
from facetd.db import people as db_people
from facetd.db.conditions import conditions
from facetd.db.connection import Connection, Database
from facetd.db.grouping import faces_waiting, found_persons, join_found, merge_found, save_likenesses
from facetd.db.listing import Listing, Order
from facetd.filters import PhotoFilter
from facetd.records.files import Root
from facetd.records.viewer import Viewer
from tests.db.conftest import put, visit
from tests.people import Cast, add_face


async def persons_with_faces(db: Database, root: Root, *sizes: int) -> tuple[list[int], list[list[int]]]:
    """Persons of these numbers of faces, each face in a photo of its own; their ids and faces."""
    photos = await put(db, *(visit(root, f"{n}.jpg") for n in range(sum(sizes))))
    cast, groups, start = Cast(), [], 0
    for size in sizes:
        groups.append([await add_face(db, photo, cast.face("x")) for photo in photos[start : start + size]])
        start += size
    assert await found_persons(db, groups) == (len(sizes), sum(sizes))
    return [row[0] for row in await db.rows("SELECT id FROM person ORDER BY id")], groups


async def test_a_renamed_person_keeps_its_old_name_in_files(db: Database, root: Root) -> None:
    (anna, bea), _ = await persons_with_faces(db, root, 2, 2)
    await db_people.rename(db, anna, "Anna")
    await db_people.rename(db, anna, "Anna K")
    assert [tuple(row) for row in await db.rows("SELECT name, person_id FROM person_alias")] == [("Anna", anna)]
    await db_people.rename(db, bea, "anna")
    assert await db.rows("SELECT 1 FROM person_alias WHERE name = 'anna'") == [], "the name means Bea now"


async def test_merging_takes_everything_along(db: Database, root: Root) -> None:
    (one, two, three), faces = await persons_with_faces(db, root, 2, 2, 2)
    await db_people.rename(db, one, "Anna")
    await db_people.set_avatar(db, one, faces[0][1])
    await db_people.distinguish(db, one, three)
    async with db.writing() as connection:
        await connection.execute("INSERT INTO face_refusal VALUES (?, ?)", (faces[2][0], one))
        await connection.execute("INSERT INTO face_refusal VALUES (?, ?)", (faces[1][0], one))
    await db_people.merge(db, await single_viewer(db), [one], two)
    row = await db.row("SELECT name, avatar_face_id, kept FROM person WHERE id = ?", (two,))
    assert row is not None
    assert tuple(row) == ("Anna", faces[0][1], 1)
    assert [tuple(row) for row in await db.rows("SELECT * FROM person_distinction")] == [(two, three)]
    assert [tuple(row) for row in await db.rows("SELECT * FROM face_refusal")] == [(faces[2][0], two)]
    assert (await db_people.face_totals(db, await single_viewer(db), [one, two, three])) == {one: 0, two: 4, three: 2}


async def test_what_grouping_found_is_checked_where_it_is_stored(db: Database, root: Root) -> None:
    (one, two, three), faces = await persons_with_faces(db, root, 2, 2, 2)
    photo = (await db.rows("SELECT photo_id FROM face WHERE id = ?", (faces[0][0],)))[0][0]
    beside = await add_face(db, photo, Cast().face("y"), place=1)
    assert await join_found(db, [(beside, one), (beside, 99), (faces[0][0], two)]) == 0
    assert await join_found(db, [(beside, two), (beside, three)]) == 1
    assert await merge_found(db, [(two, one)]) == 0, "they share a photo"
    await db_people.rename(db, three, "Zoe")
    assert await merge_found(db, [(three, one), (99, one), (one, 99)]) == 0
    assert await merge_found(db, [(one, three)]) == 1
    assert await found_persons(db, [[faces[1][0]]]) == (0, 0)
    await save_likenesses(db, [two], [(two, three, 0.4), (two, 99, 0.4)])
    assert len(await db_people.likenesses(db, 1)) == 1


async def test_an_avatar_that_goes_to_somebody_else_stands_for_nobody(db: Database, root: Root) -> None:
    (one, two), faces = await persons_with_faces(db, root, 3, 2)
    await db_people.set_avatar(db, one, faces[0][0])
    await db_faces.assign(db, [faces[0][0]], two)
    assert (await db.rows("SELECT avatar_face_id FROM person WHERE id = ?", (one,)))[0][0] is None
    await db_people.set_avatar(db, one, faces[0][1])
    await db_people.split(db, one, [faces[0][1]], "New")
    assert (await db.rows("SELECT avatar_face_id FROM person WHERE id = ?", (one,)))[0][0] is None


async def test_people_are_told_apart_again_after_faces_moved(db: Database, root: Root) -> None:
    (one, two), faces = await persons_with_faces(db, root, 3, 2)
    assert not await faces_waiting(db)
    await db_people.rename(db, one, "Anna")
    assert not await faces_waiting(db)
    await db_faces.take_out(db, faces[0][:1])
    assert await faces_waiting(db)
    assert two


@pytest.mark.parametrize("sort", ["aggregate", "date_taken", "star_rating"])
async def test_photos_of_a_person_are_found_by_the_index(db: Database, viewer: Viewer, sort: str) -> None:
    chosen = PhotoFilter(person="3,5")
    narrowed = conditions(chosen, viewer)
    plans: list[str] = []

    def explained(connection: Connection) -> None:
        class Explaining:
            def execute(self, sql: str, parameters: object = ()) -> object:
                if "face" in sql:
                    plans.extend(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters))  # type: ignore[call-overload]
                return connection.execute(sql, parameters)  # type: ignore[call-overload]

        Listing(viewer, chosen, narrowed, Order(sort)).page(Explaining(), offset=0, limit=10)  # type: ignore[arg-type]

    await db.read(explained)
    assert any("face_person (person_id=?)" in step for step in plans)
    assert not any(step.startswith("SCAN f") or step.startswith("SCAN p ") for step in plans), plans


async def test_people_of_a_page_are_one_search_for_each_photo(db: Database) -> None:
    plan = await db.rows(f"EXPLAIN QUERY PLAN {db_faces.PEOPLE_OF_PHOTOS}", ("[1]",))
    steps = [row[3] for row in plan]
    assert any("face_photo (photo_id=?)" in step for step in steps)
    assert not any("SCAN f" in step or "SCAN n" in step for step in steps), steps


async def test_the_face_that_stands_for_a_person_is_found_by_the_index(db: Database, root: Root, viewer: Viewer) -> None:
    (one,), faces = await persons_with_faces(db, root, 3)
    async with db.writing() as connection:
        await connection.execute("UPDATE face SET quality = 9 WHERE id = ?", (faces[0][2],))
    assert await db_faces.representative(db, viewer, one) == faces[0][2]
    await db_people.set_avatar(db, one, faces[0][1])
    assert await db_faces.representative(db, viewer, one) == faces[0][1]
    assert await db_faces.representative(db, Viewer(1, "user", frozenset()), one) is None
