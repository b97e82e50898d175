"""Who is whom: persons are found, stay what they are, and what a user decided is never undone."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from facetd.accounts.viewers import single_viewer
from facetd.config.eyes import People
from facetd.db import faces as db_faces
from facetd.db import people as db_people
from facetd.db import roots
from facetd.db.connection import Database
from facetd.errors import Unavailable
from facetd.ingest.people import Distances, group_people, usual_distances
from facetd.ingest.workers import Workers
from facetd.records.files import Root
from tests.db.conftest import put, visit
from tests.house import opened as opened_house
from tests.house import scan
from tests.people import Cast, add_face, add_faces, add_region, group, groups, whose
from tests.photos import make_photo

OTHER = "face_recognition-1.7.15/int8"  # another space of the model in use


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with Database(tmp_path / "library.db", readers=1) as opened:
        yield opened


@pytest.fixture
async def root(db: Database) -> Root:
    return await roots.add_root(db, "/photos")


async def photos(db: Database, root: Root, count: int, first: int = 0) -> list[int]:
    return await put(db, *(visit(root, f"{number}.jpg") for number in range(first, first + count)))


async def two_in_one_photo(db: Database) -> list[tuple[int, int]]:
    """Persons that have several faces in a photo without a user's word: must be none."""
    rows = await db.rows(
        "SELECT person_id, photo_id FROM face WHERE person_id IS NOT NULL GROUP BY 1, 2"
        " HAVING COUNT(*) > 1 AND MAX(assigned_by = 'cluster')"
    )
    return [(row[0], row[1]) for row in rows]


def of(faces: dict[str, list[int]]) -> set[frozenset[int]]:
    return {frozenset(numbers) for numbers in faces.values()}


async def test_people_are_found_and_strangers_stay_loose(db: Database, root: Root) -> None:
    cast = Cast()
    faces = await add_faces(db, cast, await photos(db, root, 8), ["ab", "a", "abc", "b", "ca", "d", "bc", "ab"])
    counts = await group(db)
    stranger = frozenset(faces.pop("d"))
    assert await groups(db) == of(faces)
    assert (counts.founded, counts.joined, counts.merged) == (3, sum(map(len, faces.values())), 0)
    assert {face for face, person in (await whose(db)).items() if person is None} == stranger
    assert not (await group(db)).changed, "nothing new, nothing changes"


async def test_new_faces_join_the_persons_there_are(db: Database, root: Root) -> None:
    cast = Cast()
    await add_faces(db, cast, await photos(db, root, 5), ["ab", "ab", "ab", "a", "c"])
    await group(db)
    before = await whose(db)
    new = await add_faces(db, cast, await photos(db, root, 3, first=5), ["ac", "b", "d"])
    counts = await group(db)
    after = await whose(db)
    assert {face: after[face] for face in before if before[face]} == {face: person for face, person in before.items() if person}
    assert (counts.joined, counts.founded) == (4, 1), "a and b join; c has a second face now"
    assert after[new["a"][0]] == before[1]
    assert after[new["b"][0]] == before[2]
    assert after[new["d"][0]] is None


@pytest.mark.parametrize("seed", range(4))
async def test_the_order_of_arrival_does_not_matter(db: Database, root: Root, seed: int) -> None:
    order = random.Random(seed)
    cast = Cast(seed)
    letters = "abcdefgh"
    scenes = ["".join(order.sample(letters, order.randint(1, 4))) for _ in range(40)]
    faces: dict[str, list[int]] = {}
    numbers = await photos(db, root, len(scenes))
    start = 0
    while start < len(scenes):
        step = order.randint(1, 12)
        added = await add_faces(db, cast, numbers[start : start + step], scenes[start : start + step])
        for who, some in added.items():
            faces.setdefault(who, []).extend(some)
        await group(db)
        start += step
    in_steps = await groups(db)
    assert in_steps == {frozenset(some) for some in faces.values() if len(some) > 1}
    assert not await two_in_one_photo(db)
    await group(db, afresh=True)
    assert await groups(db) == in_steps


async def test_two_faces_of_one_photo_are_two_people_however_alike(db: Database, root: Root) -> None:
    cast = Cast()
    numbers = await photos(db, root, 6)
    for number in numbers:  # twins
        for place in range(2):
            await add_face(db, number, cast.face("t", noise=0.05), place=place)
    await group(db)
    assert not await two_in_one_photo(db)
    assert sorted(map(len, await groups(db))) == [6, 6]


async def test_evidence_joins_unnamed_persons_and_the_larger_one_keeps_its_id(db: Database, root: Root) -> None:
    cast = Cast()
    await add_faces(db, cast, await photos(db, root, 5), "aabbb")
    await group(db)
    smaller, larger = (await whose(db))[1], (await whose(db))[3]
    assert smaller != larger
    counts = await group(db, join_distance=0.75)
    assert (counts.merged, counts.joined, counts.founded) == (1, 0, 0)
    assert set((await whose(db)).values()) == {larger}
    assert [row[0] for row in await db.rows("SELECT id FROM person")] == [larger]


Decide = Callable[[Database, dict[str, list[int]], dict[int, int | None]], object]


async def _name(db: Database, faces: dict[str, list[int]], before: dict[int, int | None]) -> None:
    await db_people.rename(db, before[faces["a"][0]] or 0, "Anna")
    await db_people.rename(db, before[faces["b"][0]] or 0, "Bea")


async def _assign(db: Database, faces: dict[str, list[int]], before: dict[int, int | None]) -> None:
    await db_faces.assign(db, [faces["a"][0], faces["d"][0]], before[faces["b"][0]] or 0)


async def _take_out(db: Database, faces: dict[str, list[int]], before: dict[int, int | None]) -> None:
    await db_faces.take_out(db, faces["a"][:2])


async def _merge(db: Database, faces: dict[str, list[int]], before: dict[int, int | None]) -> None:
    await db_people.merge(db, await single_viewer(db), [before[faces["a"][0]] or 0], before[faces["c"][0]] or 0)


async def _split(db: Database, faces: dict[str, list[int]], before: dict[int, int | None]) -> None:
    await db_people.split(db, before[faces["b"][0]] or 0, faces["b"][:2], None)


async def _delete(db: Database, faces: dict[str, list[int]], before: dict[int, int | None]) -> None:
    await db_people.delete(db, await single_viewer(db), [before[faces["b"][0]] or 0])


async def _hide(db: Database, faces: dict[str, list[int]], before: dict[int, int | None]) -> None:
    await db_people.hide(db, [before[faces["b"][0]] or 0], hidden=True)


async def _avatar(db: Database, faces: dict[str, list[int]], before: dict[int, int | None]) -> None:
    await db_people.set_avatar(db, before[faces["b"][0]] or 0, faces["b"][1])


@pytest.mark.parametrize("decide", [_name, _assign, _take_out, _merge, _split, _delete, _hide, _avatar])
@pytest.mark.parametrize("how", ["new faces", "everything", "afresh", "other distances"])
async def test_what_a_user_decided_stays(db: Database, root: Root, decide: Decide, how: str) -> None:
    cast = Cast()
    scenes = ["abc", "ab", "bc", "ac", "ab", "a", "b", "d"]
    faces = await add_faces(db, cast, await photos(db, root, len(scenes)), scenes)
    await group(db)
    await decide(db, faces, await whose(db))  # type: ignore[misc]
    decided = await whose(db)
    by_their_word = await two_in_one_photo(db)
    persons = [tuple(row) for row in await db.rows("SELECT id, name, hidden, avatar_face_id FROM person WHERE kept = 1 ORDER BY id")]
    kept = {row[0] for row in persons}
    more = await add_faces(db, cast, await photos(db, root, 5, first=20), ["ab", "bc", "c", "d", "e"])
    extra = {"everything": {"everything": True}, "afresh": {"afresh": True}, "other distances": {"join_distance": 0.4}}.get(how, {})
    await group(db, **extra)  # type: ignore[arg-type]
    await group(db, **extra)  # type: ignore[arg-type]
    after = await whose(db)
    assert {face: after[face] for face in decided if decided[face] in kept} == {f: p for f, p in decided.items() if p in kept}
    by_user = [row[0] for row in await db.rows("SELECT id FROM face WHERE assigned_by = 'user'")]
    assert {face: after[face] for face in by_user} == {face: decided[face] for face in by_user}
    assert [
        tuple(row) for row in await db.rows("SELECT id, name, hidden, avatar_face_id FROM person WHERE kept = 1 ORDER BY id")
    ] == persons
    assert await two_in_one_photo(db) == by_their_word
    if decide is _name:
        assert after[more["a"][0]] == decided[faces["a"][0]]
    if decide is _delete:
        assert not {after[face] for face in faces["b"]} - {None}


async def test_persons_that_are_told_apart_are_never_joined(db: Database, root: Root) -> None:
    cast = Cast()
    faces = await add_faces(db, cast, await photos(db, root, 6), "aaaaaa")
    await group(db)
    person = (await whose(db))[1]
    assert person is not None
    new, moved = await db_people.split(db, person, faces["a"][:3], "Ann")
    assert moved == 3
    await group(db, everything=True)
    assert await groups(db) == {frozenset(faces["a"][:3]), frozenset(faces["a"][3:])}
    loose = await add_faces(db, cast, await photos(db, root, 1, first=6), "a")
    await group(db)
    assert (await whose(db))[loose["a"][0]] in (new, person)


async def test_a_refused_face_never_comes_back_by_another_person(db: Database, root: Root) -> None:
    cast = Cast()
    faces = await add_faces(db, cast, await photos(db, root, 6), "aaaaaa")
    await group(db)
    person = (await whose(db))[1]
    async with db.writing() as connection:
        await connection.execute("INSERT INTO face_refusal VALUES (?, ?)", (faces["a"][0], person))
        await connection.execute("UPDATE face SET person_id = NULL, assigned_by = NULL WHERE id = ?", (faces["a"][0],))
    more = await add_faces(db, cast, await photos(db, root, 1, first=6), "a")
    await group(db, min_faces=1)
    found = await whose(db)
    assert found[faces["a"][0]] != person
    assert person in {found[number] for number in (*faces["a"][1:], *more["a"])}


async def test_small_faces_and_other_spaces_are_not_compared(db: Database, root: Root) -> None:
    cast = Cast()
    numbers = await photos(db, root, 6)
    vector = cast.face("a")
    small = await add_face(db, numbers[0], vector, clusterable=False)
    other = [await add_face(db, numbers[n], vector, space=OTHER) for n in (1, 2)]
    this = [await add_face(db, numbers[n], vector) for n in (3, 4)]
    for n in (3, 4):
        await add_face(db, numbers[n], vector, place=1, space="of-a-pack-that-went/f32")
    bare = await add_face(db, numbers[5], None)
    await group(db)
    found = await whose(db)
    assert found[small] is None
    assert found[bare] is None
    assert await groups(db) == {frozenset(other), frozenset(this)}


async def test_a_new_model_does_not_cost_anybody_their_name(db: Database, root: Root) -> None:
    cast = Cast()
    faces = await add_faces(db, cast, await photos(db, root, 5), "aabba")
    await group(db)
    before = await whose(db)
    await db_people.rename(db, before[1] or 0, "Anna")
    new_cast = Cast(99)
    for who, numbers in faces.items():
        for number in numbers:
            async with db.writing() as connection:
                await connection.execute("DELETE FROM face_embedding WHERE face_id = ?", (number,))
                await connection.execute("INSERT INTO face_embedding VALUES (?, ?, ?)", (number, OTHER, new_cast.face(who)))
    more = await photos(db, root, 1, first=5)
    joined = await add_face(db, more[0], new_cast.face("a"), space=OTHER)
    await group(db)
    assert await whose(db) == {**before, joined: before[1]}


async def test_fewer_faces_than_wanted_are_no_person_until_there_are_more(db: Database, root: Root) -> None:
    cast = Cast()
    await add_faces(db, cast, await photos(db, root, 2), "aa")
    assert (await group(db, min_faces=3)).founded == 0
    await add_faces(db, cast, await photos(db, root, 1, first=2), "a")
    assert (await group(db, min_faces=3)).founded == 1
    assert list(map(len, await groups(db))) == [3]


async def test_only_what_is_new_is_read(db: Database, root: Root) -> None:
    cast = Cast()
    await add_faces(db, cast, await photos(db, root, 6), "aabbab")
    await group(db)
    async with db.writing() as connection:  # vectors that nobody should look at any more
        await connection.execute("UPDATE face_embedding SET vector = zeroblob(512)")
    new = await add_faces(db, cast, await photos(db, root, 2, first=6), "ba")
    await group(db)
    found = await whose(db)
    assert (found[new["b"][0]], found[new["a"][0]]) == (found[3], found[1])


async def test_suggestions_are_pairs_that_are_near_and_never_in_one_photo(db: Database, root: Root) -> None:
    cast = Cast()
    numbers = await photos(db, root, 12)
    for number in numbers[:2]:
        await add_face(db, number, cast.face("a", 0.05))
        await add_face(db, number, cast.face("z", 0.05), place=1)
    near = cast.between("a", "z")
    for number in numbers[4:6]:
        await add_face(db, number, near)
    await group(db, join_distance=0.25)
    found = await db_people.likenesses(db, 0.5)
    persons = await whose(db)
    one, other, middle = (persons[face] or 0 for face in (1, 2, 5))
    assert {(pair.first_id, pair.second_id) for pair in found} == {
        (min(one, middle), max(one, middle)),
        (min(other, middle), max(other, middle)),
    }
    assert all(0.25 < pair.distance < 0.5 for pair in found)
    await db_people.distinguish(db, one, middle)
    assert len(await db_people.likenesses(db, 0.5)) == 1
    await group(db, everything=True, join_distance=0.25)
    assert len(await db_people.likenesses(db, 0.5)) == 1
    await db_people.merge(db, await single_viewer(db), [middle], other)
    assert await db_people.likenesses(db, 0.5) == []


async def test_names_in_files_name_people(db: Database, root: Root) -> None:
    cast = Cast()
    numbers = await photos(db, root, 6)
    faces = await add_faces(db, cast, numbers, ["ab", "a", "ab", "b", "a", "b"])
    await add_region(db, numbers[0], "Anna", larger=1.6)
    await add_region(db, numbers[0], "Bea", place=1, larger=0.8)
    counts = await group(db)
    assert counts.named == 2
    names = {row[0]: row[1] for row in await db.rows("SELECT f.id, n.name FROM face f JOIN person n ON n.id = f.person_id")}
    assert {names[number] for number in faces["a"]} == {"Anna"}
    assert {names[number] for number in faces["b"]} == {"Bea"}
    assert not (await group(db)).changed


async def test_a_file_names_a_person_that_was_found_before(db: Database, root: Root) -> None:
    cast = Cast()
    numbers = await photos(db, root, 4)
    faces = await add_faces(db, cast, numbers, "aaaa")
    await group(db)
    before = await whose(db)
    await add_region(db, numbers[2], "anna")
    await group(db)
    assert await whose(db) == before
    assert [row[0] for row in await db.rows("SELECT name FROM person")] == ["anna"]
    async with db.writing() as connection:
        await connection.execute("DELETE FROM region")
    await group(db)
    assert await whose(db) == before, "the face is compared anew when its name is gone from the file"
    assert faces["a"][2] in before


async def test_the_user_wins_over_files(db: Database, root: Root) -> None:
    cast = Cast()
    numbers = await photos(db, root, 5)
    faces = await add_faces(db, cast, numbers, ["ab", "ab", "a", "b", "a"])
    await add_region(db, numbers[0], "Anna")
    await group(db)
    person = (await whose(db))[faces["a"][0]] or 0
    await db_people.rename(db, person, "Anna Maria")
    await db_faces.assign(db, [faces["b"][0]], person)
    await add_region(db, numbers[1], "Anna")
    await add_region(db, numbers[0], "Bea", place=1)
    await group(db, everything=True)
    found = await whose(db)
    assert {found[number] for number in faces["a"]} == {person}
    assert found[faces["b"][0]] == person
    assert [row[0] for row in await db.rows("SELECT name FROM person WHERE name IS NOT NULL")] == ["Anna Maria"]
    await db_faces.take_out(db, [faces["a"][1]])
    await group(db)
    assert (await whose(db))[faces["a"][1]] is None


async def test_an_area_without_a_face_becomes_one_until_the_face_is_found(db: Database, root: Root) -> None:
    number = (await photos(db, root, 1))[0]
    await add_region(db, number, "Anna", place=3)
    await group(db)
    drawn = await db.row("SELECT id, source, person_id, round(x, 3) FROM face")
    assert drawn is not None
    assert tuple(drawn)[1:] == ("region", 1, 0.5)
    assert not (await group(db)).changed
    await db_people.rename(db, 1, "Anna K")
    found = await add_face(db, number, Cast().face("a"), place=3)
    await group(db)
    assert [tuple(row) for row in await db.rows("SELECT id, source, person_id, assigned_by FROM face")] == [(found, "model", 1, "region")]
    async with db.writing() as connection:
        await connection.execute("DELETE FROM region")
    await group(db)
    assert [tuple(row) for row in await db.rows("SELECT person_id, assigned_by FROM face")] == [(None, None)]


async def test_a_drawn_face_that_the_user_gave_away_keeps_that_when_it_is_found(db: Database, root: Root) -> None:
    number = (await photos(db, root, 1))[0]
    await add_region(db, number, "Anna", place=3)
    await group(db)
    person = await db_people.make(db, "Zoe")
    await db_faces.assign(db, [1], person)
    found = await add_face(db, number, Cast().face("a"), place=3)
    await group(db)
    assert [tuple(row) for row in await db.rows("SELECT id, person_id, assigned_by FROM face")] == [(found, person, "user")]


async def test_files_can_be_left_out(db: Database, root: Root) -> None:
    number = (await photos(db, root, 1))[0]
    await add_region(db, number, "Anna")
    await group(db, names_from_files=False)
    assert await whose(db) == {}


async def test_one_name_twice_in_a_photo_names_one_face(db: Database, root: Root) -> None:
    cast = Cast()
    numbers = await photos(db, root, 1)
    await add_faces(db, cast, numbers, ["ab"])
    await add_region(db, numbers[0], "Anna")
    await add_region(db, numbers[0], "Anna", place=1)
    await group(db)
    assert sorted(person is None for person in (await whose(db)).values()) == [False, True]


async def test_persons_without_faces_go(db: Database, root: Root) -> None:
    cast = Cast()
    numbers = await photos(db, root, 4)
    await add_faces(db, cast, numbers, "aabb")
    await group(db)
    async with db.writing() as connection:
        await connection.execute("DELETE FROM photo WHERE id IN (?, ?)", numbers[:2])
    await group(db)
    assert len(await db.rows("SELECT 1 FROM person")) == 1


def test_distances_of_the_configuration_win() -> None:
    usual = usual_distances()
    assert Distances.of(People(), usual) == usual == Distances(0.36, 0.42, "face_recognition-1.7.15")
    assert Distances.of(People(join_distance=0.3), Distances(0.5, 0.6)) == Distances(0.3, 0.6)
    assert Distances.of(People(join_distance=0.3), Distances(1.0, 1.2, "other", 2.0)) == Distances(0.6, 1.2, "other", 2.0)


async def test_a_decision_while_faces_are_compared_wins(db: Database, root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    from facetd.ingest import people

    cast = Cast()
    faces = await add_faces(db, cast, await photos(db, root, 5), ["a", "a", "ab", "b", "b"])
    person = await db_people.make(db, "Kim")
    store = people._store

    async def late(*arguments: object) -> object:
        await db_faces.assign(db, [faces["a"][0]], person)
        await db_faces.assign(db, [faces["b"][0]], person)
        await db_faces.take_out(db, [faces["b"][0]])
        return await store(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(people, "_store", late)
    await group(db)
    found = await whose(db)
    assert found[faces["a"][0]] == person
    assert found[faces["b"][0]] is None
    assert found[faces["a"][1]] == found[faces["a"][2]]


async def test_a_scan_takes_names_from_picasa(tmp_path: Path) -> None:
    make_photo(tmp_path / "Pictures" / "a.jpg", 1)
    make_photo(tmp_path / "Pictures" / "b.jpg", 2)
    (tmp_path / "Pictures" / ".picasa.ini").write_text("[Contacts2]\nab=Anna;;\n[a.jpg]\nfaces=rect64(4000400080008000),ab\n")
    async with opened_house(tmp_path / "data") as house:
        await scan(house, tmp_path / "Pictures")
        assert [tuple(row) for row in await house.db.rows("SELECT p.filename, r.name FROM region r JOIN photo p ON p.id = r.photo_id")] == [
            ("a.jpg", "Anna")
        ]
        await group(house.db)
        assert [row[0] for row in await house.db.rows("SELECT name FROM person")] == ["Anna"]
        (tmp_path / "Pictures" / ".picasa.ini").unlink()
        await scan(house)
        await group(house.db)
        assert await house.db.rows("SELECT 1 FROM region UNION SELECT 1 FROM person") == []


GROUP_ALONE = """
import asyncio, sys
from pathlib import Path
from facetd.config.eyes import People
from facetd.db.connection import Database
from facetd.ingest.people import group_people
from facetd.ingest.workers import Workers

async def main():
    workers = Workers(1, memory_mb=1024, timeout_s=60)
    async with Database(Path(sys.argv[1]), readers=1) as db:
        counts = await group_people(db, workers, People())
    await workers.stop()
    print(counts.founded, counts.joined, "numpy" in sys.modules)

if __name__ == "__main__":
    asyncio.run(main())
"""


async def test_the_daemon_itself_never_computes(db: Database, root: Root, tmp_path: Path) -> None:
    await add_faces(db, Cast(), await photos(db, root, 5), ["ab", "ab", "a", "c", "b"])
    await db.close()
    program = tmp_path / "alone.py"
    program.write_text(GROUP_ALONE)
    process = await asyncio.create_subprocess_exec(sys.executable, program, tmp_path / "library.db", stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    assert said.decode().split() == ["2", "6", "False"]


async def test_a_worker_that_fails_is_told_and_costs_nothing(db: Database, root: Root) -> None:
    await add_faces(db, Cast(), await photos(db, root, 2), "aa")
    workers = Workers(1, memory_mb=1024, timeout_s=60)
    try:
        with pytest.raises(Unavailable, match="crashed"):
            await workers.compute(os._exit, 3, timeout_s=60)
        with pytest.raises(Unavailable, match="longer than"):
            await workers.compute(time.sleep, 60, timeout_s=0.2)
        assert (await group_people(db, workers, People())).founded == 1
    finally:
        await workers.stop()
