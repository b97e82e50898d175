"""The index of words: right after every change of what it is made of, and made anew when it is damaged."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from facetd.db import roots
from facetd.db.conditions import conditions, hide_bits
from facetd.db.connection import Connection, Database
from facetd.db.hits import Found, look_up, rarity, scored
from facetd.db.listing import Listing, Order
from facetd.db.phrases import parse
from facetd.db.tags import save_synonyms
from facetd.db.words import TABLES, problems
from facetd.errors import DatabaseUnusable
from facetd.filters import PhotoFilter
from facetd.library.matches import Matches
from facetd.records.files import Root
from facetd.records.viewer import Viewer
from tests.db.conftest import put, visit

EVERYBODY = Viewer(0, "superadmin", frozenset(range(1, 10)))


async def found(db: Database, text: str, viewer: Viewer = EVERYBODY) -> list[int]:
    def read(connection: Connection) -> list[int]:
        chosen = PhotoFilter(search=text)
        listing = Listing(viewer, chosen, conditions(chosen, viewer, look_up(connection, parse(text))), Order("filename", descending=False))
        keys = [key.id for key in listing.page(connection, offset=0, limit=100)]
        assert listing.total(connection) == len(keys)
        assert hide_bits(chosen)
        return keys

    return await db.read(read)


async def ranked(db: Database, text: str) -> list[int]:
    def read(connection: Connection) -> list[int]:
        hits = look_up(connection, parse(text))
        parameters = {name: value for hit in hits for name, value in hit.parameters.items()}
        rows = connection.execute(f"SELECT id FROM ({scored(hits, 100)}) ORDER BY score DESC, id", parameters).fetchall()
        return [row[0] for row in rows]

    return await db.read(read)


async def person(db: Database, name: str | None, *photos: int) -> int:
    async with db.writing() as connection:
        rows = await connection.execute_fetchall(
            "INSERT INTO person (name, created_at, updated_at) VALUES (?, '', '') RETURNING id", (name,)
        )
        number = int(next(iter(rows))[0])
        for photo in photos:
            await connection.execute(
                "INSERT INTO face (photo_id, x, y, width, height, person_id) VALUES (?, 0, 0, 1, 1, ?)", (photo, number)
            )
    return number


async def test_everything_that_is_said_of_a_photo_is_found(db: Database, root: Root) -> None:
    (number, _other) = await put(
        db,
        visit(
            root, "DSC01234.jpg", folder="2019/Ærø Sommer", camera_model="ILCE-7M3", lens_model="FE 85mm F1.8", title="Großmutter",
            description="am Zürichsee", keywords=("Segelboot",), date_taken="2019-07-14T12:00:00",
        ),
        visit(root, "other.jpg"),
    )  # fmt: skip
    for text in (
        "1234",
        "sc01",
        "aero",
        "ÆRØ sommer",
        "ilce 7m3",
        '"85 mm"',
        "grossm",
        "zurichs",
        "SEGELBOOT",
        "july 2019",
        "14.7.2019",
        "photos dsc",
    ):
        assert await found(db, text) == [number], text
    for text in ("mutter", '"sommer aero"', "2018", "august 2019", "-photos", "dsc -sommer", "sc0124"):
        assert await found(db, text) == [], text


async def test_a_name_is_found_as_it_is_now(db: Database, root: Root) -> None:
    one, two = await put(db, visit(root, "a.jpg"), visit(root, "b.jpg"))
    anna = await person(db, "Anna", one, two)
    ben = await person(db, None, two)
    assert await found(db, "anna") == [one, two]
    async with db.writing() as connection:
        await connection.execute("UPDATE person SET name = 'Carla' WHERE id = ?", (anna,))
        await connection.execute("UPDATE person SET name = 'Ben' WHERE id = ?", (ben,))
    assert await found(db, "anna") == []
    assert await found(db, "carla ben") == [two]
    async with db.writing() as connection:
        await connection.execute("UPDATE person SET hidden = 1 WHERE id = ?", (anna,))
    assert await found(db, "carla") == []
    async with db.writing() as connection:
        await connection.execute("DELETE FROM person WHERE id = ?", (ben,))
    assert await found(db, "ben") == []


async def test_other_words_for_a_tag_find_it(db: Database, root: Root) -> None:
    (number,) = await put(db, visit(root, "a.jpg", keywords=("dog",)))
    await save_synonyms(db, {"puppy": "dog", "hound": "dog"})
    assert await found(db, "hound") == await found(db, "pup") == await found(db, "dogs") == await found(db, "puppy dog") == [number]
    await save_synonyms(db, {"whelp": "dog"})
    assert await found(db, "hound") == []
    assert await found(db, "whelp") == [number]


async def test_moves_renames_and_changed_texts_are_taken_over(db: Database, root: Root) -> None:
    (number,) = await put(db, visit(root, "before.jpg", folder="old", title="First"))
    assert await found(db, "photos old before first") == [number]
    await put(db, visit(root, "before.jpg", folder="old", title="Second"))
    assert await found(db, "first") == []
    async with db.writing() as connection:
        await connection.execute("UPDATE photo SET filename = 'after.jpg' WHERE id = ?", (number,))
        await connection.execute("UPDATE folder SET path = 'new place' WHERE path = 'old'")
        await connection.execute(
            "INSERT INTO caption (photo_id, text, source, updated_at) VALUES (?, 'Ein Abend am Meer', 'manual', '')", (number,)
        )
    await roots.rename_root(db, root.id, "Bilder")
    assert await found(db, 'bilder "new place" after second meer') == [number]
    assert await found(db, "before") == await found(db, "old") == await found(db, "photos") == []
    async with db.writing() as connection:
        await connection.execute("UPDATE caption SET text = 'Berge'")
    assert await found(db, "meer") == []
    async with db.writing() as connection:
        await connection.execute("DELETE FROM photo")
    async with db.writing() as connection:
        assert await problems(connection) == []
    assert await found(db, "after") == []


async def test_names_that_are_not_utf8_are_found_as_they_are_shown(db: Database, root: Root) -> None:
    (number,) = await put(db, visit(root, "b\udcff1.jpg", folder="f\udce9"))
    assert await found(db, "b%FF1") == await found(db, "%e9") == [number]


async def test_nobody_finds_what_they_may_not_see(db: Database, root: Root) -> None:
    other = await roots.add_root(db, "/secret")
    await put(db, visit(root, "a.jpg", title="same"), visit(other, "b.jpg", title="same"))
    assert len(await found(db, "same")) == 2
    assert len(await found(db, "same", Viewer(1, "user", frozenset({root.id})))) == 1
    assert await found(db, "secret", Viewer(1, "user", frozenset({root.id}))) == []


@pytest.mark.parametrize(
    "text",
    [
        '"', "'", '""" "', "a AND b", "OR", "NOT a", "a NEAR b", "NEAR(a b, 2)", "a*", "^a", "name:a", "{a b}: c", "(a", "a)", "a + b",
        "a\0b", "--", "; DROP TABLE photo", "%", "_", "\\", "x" * 500, '"' * 500, "- " * 250, "a " * 250,
        "🙂", "👩‍👩‍👧", "\u202eabc", "\ufeff",
        "مرحبا", "words MATCH 'a'", "rank", "photo_text",
    ],
)  # fmt: skip
async def test_no_text_is_understood_by_the_database(db: Database, root: Root, text: str) -> None:
    await put(db, visit(root, "b.jpg", title="nothing of that"))
    assert await found(db, text) in ([], [1])
    assert await ranked(db, text) in ([], [1])


async def test_picture_characters_and_scripts_without_spaces_are_found(db: Database, root: Root) -> None:
    (number, _) = await put(db, visit(root, "東京タワー.jpg", title="🙂 서울에서"), visit(root, "b.jpg"))
    for text in ("東京", "京タ", "タワー", "東", "🙂", "서울", '"서울"'):
        assert await found(db, text) == [number], text
    assert await found(db, "京東") == []


async def test_rare_words_and_telling_fields_count_more(db: Database, root: Root) -> None:
    photos = [visit(root, f"{number}.jpg", title="beach") for number in range(20)]
    ids = await put(db, *photos, visit(root, "rome beach.jpg"), visit(root, "b.jpg", title="beach rome", keywords=("rome",)))
    assert (await ranked(db, "rome"))[0] == ids[21]
    assert (await ranked(db, "beach rome")) == [ids[21], ids[20]]
    assert rarity(1, 1000) > rarity(100, 1000) > rarity(1000, 1000) > 0


async def test_a_damaged_index_costs_no_photo_and_is_made_anew(tmp_path: Path) -> None:
    async with Database(tmp_path / "library.db") as db:
        root = await roots.add_root(db, "/photos")
        await put(db, visit(root, "a.jpg", title="first"))
    with sqlite3.connect(tmp_path / "library.db") as raw:
        for table in TABLES:
            raw.execute(f"UPDATE {table}_data SET block = x'00ff' WHERE id > 9")
    raw.close()
    async with Database(tmp_path / "library.db") as db:
        async with db.writing() as connection:
            assert len(await problems(connection)) >= len(TABLES)
        with contextlib.suppress(DatabaseUnusable):
            await put(db, visit(root, "b.jpg", title="second"))
    async with Database(tmp_path / "library.db") as db:
        await put(db, visit(root, "b.jpg", title="second"))
        async with db.writing() as connection:
            assert await problems(connection) == []
        assert await found(db, "first") == [1]
        assert await found(db, "second") == [2]


async def test_an_index_that_is_wrong_is_written_anew_by_a_check(db: Database, root: Root) -> None:
    (number,) = await put(db, visit(root, "a.jpg", title="first"))
    assert await db.repair_words() == []
    async with db.writing() as connection:
        await connection.execute("DROP TRIGGER photo_words_went")
        await connection.execute("DELETE FROM photo_words")
    assert await found(db, "a.jpg") == []
    before = db.revision
    assert any("photos without words" in problem for problem in await db.repair_words())
    assert db.revision > before
    assert await found(db, "first") == [number]
    assert await db.repair_words() == []


async def test_a_list_with_few_hits_starts_with_them_and_one_with_many_is_walked(db: Database, root: Root) -> None:
    def plan(connection: Connection, found: Sequence[Found] | None, many: frozenset[int] | None) -> str:
        rows: list[str] = []
        connection.set_trace_callback(rows.append)
        narrowed = conditions(PhotoFilter(), EVERYBODY, found)
        Listing(EVERYBODY, PhotoFilter(), narrowed, Order("aggregate"), many).page(connection, offset=0, limit=10)
        connection.set_trace_callback(None)
        sql = next(row for row in rows if "ORDER BY" in row)
        return "; ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}"))

    few = await db.read(lambda connection: plan(connection, look_up(connection, parse("word")), None))
    many = await db.read(lambda connection: plan(connection, None, frozenset()))
    assert "SEARCH p USING INTEGER PRIMARY KEY" in few
    assert "SCAN p USING COVERING INDEX photo_aggregate" in many
    assert "TEMP B-TREE FOR ORDER BY" not in many


async def test_words_that_a_transaction_left_are_a_change_when_they_come(db: Database, root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facetd.db.words.AT_ONCE", 1)
    await put(db, visit(root, "1.jpg", title="a lighthouse"), visit(root, "2.jpg", title="a lighthouse"))
    matches, hide = Matches(db), hide_bits(PhotoFilter())

    async def found() -> int:
        terms = await matches.found("lighthouse") or ()
        return len(await matches.photos(EVERYBODY, hide, terms) or ())

    before = await found()
    assert before < 2, "only some words are there yet"
    for _ in range(2):
        async with db.writing() as connection:
            await connection.execute("UPDATE photo SET mtime_ns = mtime_ns + 1")
    assert await found() == 2


async def test_a_caption_costs_the_same_however_many_are_due(db: Database, root: Root) -> None:
    photos = await put(db, *(visit(root, f"{number}.jpg") for number in range(400)))
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    costs = []
    with contextlib.closing(sqlite3.connect(db.path)) as connection:
        connection.set_progress_handler(count, 10)
        for some in (photos[:50], photos[50:350], photos[350:]):
            steps = 0
            connection.executemany(
                "INSERT INTO caption (photo_id, text, source, updated_at) VALUES (?, 'x', 'm', '')", [(n,) for n in some]
            )
            costs.append(steps)
    assert costs[2] <= 1.5 * costs[0]
