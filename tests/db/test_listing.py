"""Lists: order, paging, totals, what a viewer may see, and the plans SQLite makes for them."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from facetd.db import roots
from facetd.db.conditions import conditions
from facetd.db.connection import Database
from facetd.db.listing import After, Key, Listing, Order
from facetd.db.revision import bump
from facetd.db.rows import PHOTO_ROWS, REGISTERED, PhotoRow, photo_rows
from facetd.db.visibility import Hide, gate_condition, gate_join
from facetd.fields import sortable
from facetd.filters import PhotoFilter
from facetd.records.files import Root
from facetd.records.viewer import Viewer
from tests.db.conftest import put, visit


class Listed:
    """A list, read through a database."""

    def __init__(self, db: Database, listing: Listing) -> None:
        self.db = db
        self.listing = listing
        self.counted_at_once = listing.counted_at_once

    async def page(self, *, offset: int, limit: int) -> list[Key]:
        return await self.db.read(lambda connection: self.listing.page(connection, offset=offset, limit=limit))

    async def after(self, last: After, *, limit: int) -> list[Key]:
        return await self.db.read(lambda connection: self.listing.after(connection, last, limit=limit))

    async def total(self) -> int:
        return await self.db.read(self.listing.total)


def listing(db: Database, viewer: Viewer, order: Order, **chosen: object) -> Listed:
    wanted = PhotoFilter(**chosen)
    return Listed(db, Listing(viewer, wanted, conditions(wanted, viewer), order))


async def rows_of(db: Database, viewer: Viewer, ids: list[int]) -> list[PhotoRow]:
    return await db.read(lambda connection: photo_rows(connection, viewer, ids))


@pytest.fixture
async def twenty(db: Database, root: Root) -> list[int]:
    """Twenty photos, many with equal scores, some without."""
    chance = random.Random(4)
    scores = [chance.choice([None, 1.0, 2.0, 2.0, 7.5]) for _ in range(20)]
    ids = await put(db, *[visit(root, f"{n}.jpg", aggregate=score) for n, score in enumerate(scores)])
    async with db.writing() as connection:
        await connection.executemany(
            "INSERT INTO rating (user_id, photo_id, stars, is_favorite, updated_at) VALUES (0, ?, ?, ?, '')",
            [(number, number % 4, number % 2) for number in ids[:9]],
        )
    return ids


@pytest.mark.parametrize("key", ["aggregate", "star_rating", "is_favorite", "date_taken", "filename"])
@pytest.mark.parametrize("descending", [True, False])
async def test_pages_and_keys_walk_the_same_way_through_everything(
    db: Database, viewer: Viewer, twenty: list[int], key: str, descending: bool
) -> None:
    found = listing(db, viewer, Order(key, descending))
    whole = await found.page(offset=0, limit=100)
    assert sorted(entry.id for entry in whole) == sorted(twenty)
    by_page = [entry for offset in range(0, 20, 3) for entry in await found.page(offset=offset, limit=3)]
    assert by_page == whole
    by_key, last = whole[:1], whole[0]
    while following := await found.after(After(last.value, last.id), limit=3):
        by_key += following
        last = following[-1]
    assert by_key == whole
    values = [entry.value for entry in whole]
    there = [value for value in values if value is not None]
    assert values == there + [None] * (len(values) - len(there)), "photos without the value come last in both directions"
    assert there == sorted(there, reverse=descending)
    for one, two in pairwise(whole):
        if one.value == two.value:
            assert (one.id > two.id) == descending


async def test_totals_come_from_counters_that_are_right(db: Database, viewer: Viewer, root: Root, twenty: list[int]) -> None:
    plain = listing(db, viewer, Order("aggregate"))
    assert plain.counted_at_once
    assert await plain.total() == 20
    async with db.writing() as connection:
        await connection.execute(f"UPDATE gate SET hide = {int(Hide.DUPLICATE)} WHERE photo_id IN (?, ?)", twenty[:2])
        await connection.execute("DELETE FROM photo WHERE id = ?", (twenty[5],))
        await bump(connection)
    assert await plain.total() == 19
    assert await listing(db, viewer, Order("aggregate"), hide_duplicates=True).total() == 17
    narrowed = listing(db, viewer, Order("aggregate"), min_score=2)
    assert await narrowed.total() == len(await narrowed.page(offset=0, limit=100))


async def test_a_viewer_sees_their_roots_only(db: Database, root: Root, twenty: list[int]) -> None:
    private = await roots.add_root(db, "/private")
    (hidden,) = await put(db, visit(private, "secret.jpg", aggregate=9.9))
    outsider = Viewer(1, "user", frozenset({root.id}))
    owner = Viewer(2, "user", frozenset({private.id}))
    nobody = Viewer(3, "user", frozenset())
    for order in (Order("aggregate"), Order("star_rating"), Order("filename", descending=False)):
        assert hidden not in [entry.id for entry in await listing(db, outsider, order).page(offset=0, limit=100)]
        assert [entry.id for entry in await listing(db, owner, order).page(offset=0, limit=100)] == [hidden]
        assert await listing(db, nobody, order).page(offset=0, limit=100) == []
    assert await listing(db, outsider, Order("aggregate")).total() == 20
    assert await listing(db, nobody, Order("aggregate")).total() == 0
    assert await rows_of(db, outsider, [hidden]) == []
    assert len(await rows_of(db, owner, [hidden, *twenty])) == 1


async def test_a_viewer_who_sees_few_gets_the_same_order(db: Database, root: Root) -> None:
    private = await roots.add_root(db, "/private")
    await put(db, *[visit(root, f"{n}.jpg", aggregate=n / 10) for n in range(60)])
    mine = await put(db, visit(private, "a.jpg", aggregate=3.0), visit(private, "b.jpg", aggregate=8.0))
    owner = Viewer(2, "user", frozenset({private.id}))
    found = listing(db, owner, Order("aggregate"))
    assert [entry.id for entry in await found.page(offset=0, limit=10)] == mine[::-1]
    assert [entry.id for entry in await found.after(After(8.0, mine[1]), limit=10)] == mine[:1]


@pytest.mark.parametrize("key", [entry.key for entry in sortable() if entry.table == "photo"])
async def test_every_sort_reads_its_index_and_sorts_nothing(db: Database, viewer: Viewer, key: str) -> None:
    order = Order(key)
    for way in ("ASC", "DESC"):
        plan = await db.rows(
            f"EXPLAIN QUERY PLAN SELECT p.id FROM photo p INDEXED BY photo_{order.column.removeprefix('p.')} {gate_join(viewer, Hide(8))}"
            f" WHERE 1 ORDER BY {order.column} {way} NULLS LAST, p.id {way} LIMIT 64"
        )
        steps = [row["detail"] for row in plan]
        assert f"SCAN p USING COVERING INDEX photo_{order.column.removeprefix('p.')}" in steps
        assert "SEARCH g USING INTEGER PRIMARY KEY (rowid=?)" in steps
        assert not any("TEMP B-TREE" in step for step in steps)


async def test_going_on_by_key_seeks(db: Database, viewer: Viewer) -> None:
    plan = await db.rows(
        f"EXPLAIN QUERY PLAN SELECT p.id FROM photo p INDEXED BY photo_aggregate {gate_join(viewer, Hide(8))}"
        " WHERE p.aggregate IS NOT NULL AND (p.aggregate, p.id) < (5, 7) ORDER BY p.aggregate DESC, p.id DESC LIMIT 64"
    )
    steps = [row["detail"] for row in plan]
    assert any(step.startswith("SEARCH p USING COVERING INDEX photo_aggregate") for step in steps)
    assert not any("TEMP B-TREE" in step for step in steps)


async def test_rows_come_in_the_order_of_their_ids_with_every_value_in_its_place(db: Database, viewer: Viewer, root: Root) -> None:
    ids = await put(
        db,
        visit(root, "a.jpg", folder="x", aggregate=3.25, iso=800, camera_model="One", exposure_time=0.5, title="first"),
        visit(root, "b.jpg", aggregate=None, focal_length=35.0, flash_fired=True, keywords=("sea",)),
        visit(root, "c.jpg", rating=4),
    )
    wanted = [ids[2], 10**9, ids[0], ids[1]]
    rows = await rows_of(db, viewer, wanted)
    assert [row.values["id"] for row in rows] == [ids[2], ids[0], ids[1]]
    stars, first, second = rows
    assert [first.values[key] for key in ("aggregate", "iso", "camera_model", "title", "star_rating")] == [3.25, 800, "One", "first", 0]
    assert (first.beside.folder_path, first.beside.filename, first.beside.exposure_time, first.beside.tag_names) == (
        "x",
        "a.jpg",
        0.5,
        "[]",
    )
    assert (second.values["aggregate"], second.values["focal_length"], second.beside.flash_fired) == (None, 35.0, 1)
    assert (second.beside.tag_names, second.beside.root_name, second.beside.root_online) == ('["sea"]', root.name, 1)
    assert stars.values["star_rating"] == 4
    for entry in REGISTERED:
        plain = await db.row(f"SELECT {entry.column} FROM photo WHERE id = ?", (ids[0],))
        assert plain is not None
        assert first.values[entry.key] == plain[0], entry.key


async def test_the_rows_of_a_page_are_looked_up_one_by_one(db: Database, viewer: Viewer) -> None:
    seen = gate_condition(viewer, Hide.MISSING)
    sql = PHOTO_ROWS.replace(":seen", seen)
    plan = await db.rows(f"EXPLAIN QUERY PLAN {sql} WHERE {seen}", {"viewer_id": 0, "ids": "[1, 2, 3]"})
    steps = [row["detail"] for row in plan]
    assert steps[0].startswith("SCAN wanted VIRTUAL TABLE")
    assert steps[1] == "SEARCH p USING INTEGER PRIMARY KEY (rowid=?)"
    assert not any(step.startswith("SCAN") for step in steps[1:])
    assert not any("TEMP B-TREE" in step for step in steps)
