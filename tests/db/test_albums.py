"""Albums in the database: counts of every viewer that are right after whatever happens to photos, and the plans of their lists."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from facetd.db import albums, albumwrites, care, roots, store
from facetd.db.conditions import conditions
from facetd.db.connection import Database
from facetd.db.counters import recount
from facetd.db.listing import POSITION, After, Listing, Order
from facetd.filters import PhotoFilter
from facetd.records.viewer import Viewer
from tests.db.conftest import put, visit
from tests.library.households import Household, make_household


@pytest.fixture
async def home(db: Database) -> AsyncIterator[Household]:
    yield await make_household(db)


async def add(db: Database, album: int, photos: list[int]) -> list[int]:
    async with db.writing() as connection:
        return await albumwrites.add(connection, album, photos)


async def take_out(db: Database, album: int, photos: list[int]) -> list[tuple[int, int]]:
    async with db.writing() as connection:
        return await albumwrites.take_out(connection, album, photos)


async def count(db: Database, viewer: Viewer, album: int) -> int:
    found = await albums.find(db, viewer, album)
    assert found is not None
    return found.photos


async def counters(db: Database) -> dict[tuple[int, int, int], int]:
    rows = await db.rows("SELECT album_id, root_id, hide, photos FROM album_count WHERE photos <> 0")
    return {(row[0], row[1], row[2]): row[3] for row in rows}


async def recounted(db: Database) -> dict[tuple[int, int, int], int]:
    rows = await db.rows(
        "SELECT a.album_id, g.root_id, g.hide, COUNT(*) FROM album_photo a JOIN gate g ON g.photo_id = a.photo_id GROUP BY 1, 2, 3"
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


async def listed(db: Database, viewer: Viewer, album: int, order: Order, **chosen: object) -> list[int]:
    wanted = PhotoFilter(album_id=album, **chosen)
    narrowed = conditions(wanted, viewer)
    narrowed.within(album)
    listing = Listing(viewer, wanted, narrowed, order)
    keys = await db.read(lambda connection: listing.page(connection, offset=0, limit=1000))
    assert await db.read(listing.total) == len(keys)
    assert await db.read(lambda connection: listing.ids(connection, limit=1000)) == (
        len(keys), json.dumps([key.id for key in keys], separators=(",", ":")).encode()
    )  # fmt: skip
    by_key = list(keys[:1])
    step = 1 + len(keys) // 5
    while by_key and len(by_key) <= len(keys):
        last = After(by_key[-1].value, by_key[-1].id)
        if not (more := await db.read(lambda connection, last=last: listing.after(connection, last, limit=step))):
            break
        by_key += more
    assert by_key == keys, "by key as by page"
    return [key.id for key in keys]


async def test_who_opens_an_album(home: Household) -> None:
    mine = await albumwrites.make(home.db, home.alice.user_id, "Mine")
    ours = await albumwrites.make(home.db, home.alice.user_id, "Ours", visibility="household")
    assert [row.id for row in await home.db.read(lambda connection: albums.albums(connection, home.alice))] == [mine, ours]
    assert [row.id for row in await home.db.read(lambda connection: albums.albums(connection, home.bob))] == [ours]
    assert await albums.find(home.db, home.bob, mine) is None
    assert await albums.find(home.db, replace(home.bob, role="superadmin"), mine) is None, "an administrator is not the owner's reader"


async def test_counts_and_first_photos_are_those_of_what_the_viewer_sees(home: Household) -> None:
    db = home.db
    album = await albumwrites.make(db, home.alice.user_id, "Ours", visibility="household", photos=[*home.alices, *home.shared])
    assert await count(db, home.alice, album) == 6
    assert await count(db, home.bob, album) == 3
    assert await count(db, home.nobody, album) == 0

    async def first(viewer: Viewer) -> dict[int, int]:
        return await db.read(lambda connection: albums.first_photos(connection, viewer, [album]))

    assert await first(home.alice) == {album: home.alices[0]}
    assert await first(home.bob) == {album: home.shared[0]}
    assert await first(home.nobody) == {}
    await store.set_missing(db, [home.shared[0]], missing=True, pair_raw=True)
    assert (await count(db, home.alice, album), await first(home.bob)) == (5, {album: home.shared[1]})
    await store.set_missing(db, [home.shared[0]], missing=False, pair_raw=True)
    assert (await count(db, home.alice, album), await first(home.bob)) == (6, {album: home.shared[0]}), "it kept its place"


async def test_counters_are_right_after_whatever_happens(home: Household) -> None:
    db, chance = home.db, random.Random(7)
    photos = [*home.alices, *home.bobs, *home.shared]
    made = [await albumwrites.make(db, 1, f"{n}", photos=chance.sample(photos, 4)) for n in range(4)]
    for _step in range(60):
        some = chance.sample(photos, chance.randint(1, 4))
        album = chance.choice(made)
        match chance.randrange(5):
            case 0:
                await add(db, album, some)
            case 1:
                await take_out(db, album, some)
            case 2:
                await store.set_missing(db, some, missing=chance.random() < 0.5, pair_raw=True)
            case 3:
                async with db.writing() as connection:
                    await connection.execute(
                        "UPDATE gate SET root_id = ?, hide = ? WHERE photo_id = ?",
                        (chance.choice(home.roots).id, chance.choice((0, 1, 6)), some[0]),
                    )
            case 4:  # a visit writes the gate by an upsert
                await put(db, visit(chance.choice(home.roots), f"{chance.randint(1, 3)}.jpg"))
        assert await counters(db) == await recounted(db)
    await store.set_missing(db, photos[:3], missing=True, pair_raw=True)
    await store.delete_missing(db, "9999")
    assert await counters(db) == await recounted(db)
    async with db.writing() as connection:
        await connection.execute("DELETE FROM root WHERE id = ?", (home.roots[2].id,))
    assert await counters(db) == await recounted(db)
    async with db.writing() as connection:
        kept = await albumwrites.delete(connection, made[0])
    assert await counters(db) == await recounted(db)
    assert not await db.rows("SELECT 1 FROM album_photo WHERE album_id = ?", (made[0],))
    async with db.writing() as connection:
        await albumwrites.restore(connection, *kept)
    assert await counters(db) == await recounted(db)


async def test_wrong_counters_are_found_and_counted_anew(home: Household) -> None:
    db = home.db
    album = await albumwrites.make(db, 1, "Album", photos=[*home.alices, *home.shared])
    assert await care.consistency(db) == []
    async with db.writing() as connection:
        await connection.execute("UPDATE album_count SET photos = photos + 1")
    assert await care.consistency(db) == [f"the counters of album {album} are wrong"]
    assert (await recount(db))["album_count"] == 2
    assert await count(db, home.alice, album) == 6
    assert await care.consistency(db) == []


async def test_every_order_of_an_album_pages_by_key_and_by_number(home: Household) -> None:
    db = home.db
    wanted = [home.shared[2], home.alices[1], home.shared[0], home.alices[0], home.alices[2]]
    album = await albumwrites.make(db, 1, "Album", photos=wanted)
    async with db.writing() as connection:
        await connection.execute("INSERT INTO rating (user_id, photo_id, stars, updated_at) VALUES (1, ?, 5, '')", (home.alices[2],))
    assert await listed(db, home.alice, album, Order(POSITION, descending=False)) == wanted
    assert await listed(db, home.alice, album, Order(POSITION)) == wanted[::-1]
    assert await listed(db, home.bob, album, Order(POSITION, descending=False)) == [home.shared[2], home.shared[0]]
    by_score = [home.shared[0], home.alices[0], home.alices[1], home.shared[2], home.alices[2]]
    assert await listed(db, home.alice, album, Order("aggregate")) == by_score
    assert (await listed(db, home.alice, album, Order("star_rating")))[0] == home.alices[2]
    assert await listed(db, home.alice, album, Order("top_picks_score")) == by_score
    assert await listed(db, home.alice, album, Order(POSITION, descending=False), min_aggregate=7.0) == [
        home.alices[1], home.shared[0], home.alices[0]
    ]  # fmt: skip


@pytest.mark.parametrize("share", [0.01, 0.9])
async def test_an_album_is_read_by_the_shorter_way(db: Database, share: float) -> None:
    root = await roots.add_root(db, "/photos")
    viewer = Viewer(0, "superadmin", frozenset({root.id}))
    ids = await put(db, *(visit(root, f"{n:03}.jpg", aggregate=n / 100) for n in range(300)))
    inside = ids[:: int(1 / share)]
    album = await albumwrites.make(db, 0, "Album", photos=inside)
    assert await listed(db, viewer, album, Order("aggregate")) == inside[::-1]
    wanted = PhotoFilter(album_id=album)
    narrowed = conditions(wanted, viewer)
    narrowed.within(album)
    for order, index in ((Order("aggregate"), "photo_aggregate"), (Order(POSITION), "album_photo_position")):
        seen: list[str] = []

        def plan(connection, order=order, seen=seen):  # type: ignore[no-untyped-def]
            connection.set_trace_callback(seen.append)
            Listing(viewer, wanted, narrowed, order).page(connection, offset=0, limit=10)
            connection.set_trace_callback(None)
            return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {seen[-1]}")]

        steps = await db.read(plan)
        small_by_score = order.key != POSITION and share < 0.05
        assert any(index in step for step in steps) != small_by_score, steps
        assert any("TEMP B-TREE FOR ORDER BY" in step for step in steps) == small_by_score, steps
        assert not any(step.startswith("SCAN p") and "INDEX" not in step for step in steps), steps
