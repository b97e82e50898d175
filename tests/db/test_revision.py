"""The parts of the library's revision: each changes with what it is about, and photos that come change none of them."""

from __future__ import annotations

import pytest

from facetd.db import store
from facetd.db.connection import Database
from facetd.db.revision import Part
from facetd.records.files import Root
from tests.db.conftest import put, visit

PARTS: tuple[Part, ...] = ("gates", "rejections", "people", "series", "scores")
MOMENT = "2026-01-01T00:00:00Z"
PERSON = f"INSERT INTO person (id, name, created_at, updated_at) VALUES (1, 'anna', '{MOMENT}', '{MOMENT}')"
FACE = "INSERT INTO face (id, photo_id, x, y, width, height, score, quality, person_id) VALUES ({0}, 1, 0, 0, 1, 1, 1, 0.5, {1})"
RATING = f"INSERT INTO rating (user_id, photo_id, is_rejected, updated_at) VALUES (1, {{0}}, {{1}}, '{MOMENT}')"


@pytest.fixture
async def known(db: Database, root: Root) -> Database:
    """Photos 1 to 3; faces 1 and 2 in the first one, of which the second is nobody's; the third one is rejected."""
    await put(db, *(visit(root, f"{number}.jpg", rating=0) for number in (1, 2, 3)))
    async with db.writing() as connection:
        for sql in (
            PERSON,
            FACE.format(1, 1),
            FACE.format(2, "NULL"),
            RATING.format(3, 1),
            "INSERT INTO burst (id, kind) VALUES (1, 'burst')",
        ):
            await connection.execute(sql)
    return db


@pytest.mark.parametrize(
    ("sql", "parts"),
    [
        ("UPDATE gate SET hide = 8 WHERE photo_id = 1", {"gates"}),
        ("UPDATE gate SET hide = 0 WHERE photo_id = 1", set()),
        ("DELETE FROM photo WHERE id = 2", {"gates"}),
        ("DELETE FROM photo WHERE id = 1", {"gates", "people"}),
        ("DELETE FROM photo WHERE id = 3", {"gates", "rejections"}),
        (RATING.format(1, 0), set()),
        (RATING.format(1, 1), {"rejections"}),
        ("UPDATE rating SET is_rejected = 0", {"rejections"}),
        ("UPDATE rating SET stars = 3", set()),
        ("UPDATE person SET name = 'Anna'", {"people"}),
        ("UPDATE person SET hidden = 1", {"people"}),
        ("UPDATE person SET avatar_face_id = 1", {"people"}),
        ("DELETE FROM person", {"people"}),
        (FACE.format(3, 1), {"people"}),
        (FACE.format(3, "NULL"), set()),
        ("UPDATE face SET person_id = 1 WHERE id = 2", {"people"}),
        ("UPDATE face SET quality = 0.9 WHERE id = 1", {"people"}),
        ("UPDATE face SET quality = 0.9 WHERE id = 2", set()),
        ("DELETE FROM face WHERE id = 1", {"people"}),
        ("UPDATE burst SET reviewed = 1", {"series"}),
        ("INSERT INTO burst_photo (photo_id, burst_id, position) VALUES (1, 1, 0)", {"series"}),
        ("INSERT INTO alike VALUES (1, 2, 0.9)", {"series"}),
        ("UPDATE photo SET aggregate = 3.5 WHERE id = 1", {"scores"}),
        ("UPDATE photo SET title = 'a' WHERE id = 1", set()),
    ],
)
async def test_a_change_counts_for_the_parts_that_it_concerns(known: Database, sql: str, parts: set[Part]) -> None:
    before = dict(zip(PARTS, known.changes(*PARTS), strict=True))
    async with known.writing() as connection:
        await connection.execute(sql)
    assert {part for part in PARTS if known.changes(part) > (before[part],)} == parts


async def test_photos_that_come_change_the_revision_and_no_part(known: Database, root: Root) -> None:
    before, revision = known.changes(*PARTS), known.revision
    await put(known, visit(root, "4.jpg"), visit(root, "5.jpg"))
    assert known.revision > revision
    assert known.changes(*PARTS) == before
    await put(known, visit(root, "4.jpg"))
    assert known.changes(*PARTS) == before, "nor does what is found as it was"
    await store.set_missing(known, [4], missing=True, pair_raw=False)
    assert known.changes("gates") > before[:1]


async def test_what_was_worked_out_is_kept_until_one_of_its_parts_changes(known: Database) -> None:
    made = 0

    async def compute() -> int:
        nonlocal made
        made += 1
        return made

    async def ask() -> int:
        return await known.per_change(("gates", "people"), "key", compute)

    assert (await ask(), await ask()) == (1, 1)
    async with known.writing() as connection:
        await connection.execute("UPDATE rating SET is_rejected = 0")
        await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
    assert await ask() == 1
    async with known.writing() as connection:
        await connection.execute("UPDATE person SET hidden = 1")
    assert (await ask(), await ask()) == (2, 2)


async def test_what_was_not_asked_for_since_longest_is_worked_out_anew(known: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facetd.db.connection.PARTS_LIMIT", 2)
    made = []

    async def ask(key: str) -> str:
        async def compute() -> str:
            made.append(key)
            return key

        return await known.per_change(("people",), key, compute)

    assert [await ask(key) for key in "ababcacb"] == list("ababcacb")
    assert "".join(made) == "abcab"


async def test_what_a_change_overtook_is_not_kept(known: Database) -> None:
    async def overtaken() -> str:
        async with known.writing() as connection:
            await connection.execute("UPDATE person SET hidden = 1")
        return "before"

    async def now() -> str:
        return "now"

    assert await known.per_change(("people",), "key", overtaken) == "before"
    assert await known.per_change(("people",), "key", now) == "now"


async def test_the_numbers_are_there_again_when_the_library_is_opened(known: Database) -> None:
    numbers = known.changes(*PARTS)
    assert numbers[0] == 0
    assert numbers[2] > 0
    await known.close()
    async with Database(known.path) as again:
        assert again.changes(*PARTS) == numbers
