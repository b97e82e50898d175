"""What is kept while photos come: it is the answer of now, for whoever asks, after whatever somebody did or may not see any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from facetd.config import Config
from facetd.db import hits, people, store
from facetd.db.conditions import Conditions
from facetd.db.connection import Database
from facetd.db.visibility import Hide
from facetd.filters import PhotoFilter
from facetd.library.capsules import Capsules
from facetd.library.culling import Culling
from facetd.library.gallery import Gallery
from facetd.library.matches import Matches
from facetd.library.people import People
from facetd.library.search import Search
from facetd.records.judgement import Judgement
from facetd.records.viewer import Viewer
from tests.capsules import Stand, stand
from tests.db.conftest import put, visit
from tests.library.households import Household, make_household
from tests.library.test_capsules import household

MOMENT = "2026-01-01T00:00:00Z"
Write = Callable[[Household], Awaitable[object]]


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Household]:
    """Anna is in a shared photo and one of Alice's, Ben in one of Bob's; the first two shared photos are a burst."""
    async with Database(tmp_path / "library.db", readers=2) as db:
        made = await make_household(db)
        faces = [(1, 1, made.shared[0]), (2, 1, made.alices[0]), (3, 2, made.bobs[0]), (4, None, made.shared[1])]
        async with db.writing() as connection:
            for number, name in ((1, "Anna"), (2, "Ben")):
                await connection.execute(
                    "INSERT INTO person (id, name, created_at, updated_at) VALUES (?, ?, ?, ?)", (number, name, MOMENT, MOMENT)
                )
            await connection.executemany(
                "INSERT INTO face (id, person_id, photo_id, x, y, width, height, score, quality) VALUES (?, ?, ?, 0, 0, 1, 1, 1, 0.5)",
                faces,
            )
            await connection.execute("INSERT INTO burst (id, kind) VALUES (1, 'burst')")
            await connection.executemany(
                "INSERT INTO burst_photo (photo_id, burst_id, position) VALUES (?, 1, ?)", [(made.shared[n], n) for n in range(2)]
            )
            await connection.execute("INSERT INTO alike VALUES (?, ?, 0.9)", (made.shared[0], made.shared[2]))
        yield made


async def sql(home: Household | Stand, text: str) -> None:
    async with home.db.writing() as connection:
        await connection.execute(text)
        await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")


WRITES: dict[str, Write] = {
    "a photo comes": lambda home: put(home.db, visit(home.roots[2], "new.jpg")),
    "a photo vanishes": lambda home: store.set_missing(home.db, [home.shared[0]], missing=True, pair_raw=False),
    "a photo becomes private": lambda home: sql(home, f"UPDATE gate SET root_id = {home.roots[0].id} WHERE photo_id = {home.shared[0]}"),
    "a photo is deleted": lambda home: sql(home, f"DELETE FROM photo WHERE id = {home.shared[0]}"),
    "a person is renamed": lambda home: people.rename(home.db, 1, "anna"),
    "a person is hidden": lambda home: people.hide(home.db, [1], hidden=True),
    "a face is said to be somebody's": lambda home: sql(home, "UPDATE face SET person_id = 2 WHERE id = 4"),
    "a burst is reviewed": lambda home: sql(home, "UPDATE burst SET reviewed = 1"),
    "a score changes": lambda home: sql(home, f"UPDATE photo SET aggregate = 9.9 WHERE id = {home.shared[2]}"),
}


async def answers(home: Household, viewer: Viewer, someone: People, culling: Culling) -> list[object]:
    groups = [
        await culling.bursts(viewer, page=1, per_page=10),
        await culling.duplicates(viewer, page=1, per_page=10),
        await culling.similar(viewer, threshold=0.8, page=1, per_page=10),
    ]
    persons = await someone.persons(viewer, hidden="with")
    return [persons, [([entry[0] for entry in page.groups], page.total) for page in groups]]


@pytest.mark.parametrize("name", WRITES)
async def test_persons_and_groups_are_those_of_now_after_every_change(home: Household, name: str) -> None:
    rooms = People(home.db, Config()), Culling(home.db, Config())
    before = [await answers(home, viewer, *rooms) for viewer in (home.alice, home.bob, home.nobody)]
    await WRITES[name](home)
    after = [await answers(home, viewer, *rooms) for viewer in (home.alice, home.bob, home.nobody)]
    fresh = Database(home.db.path)
    await fresh.open_to_read()
    anew = People(fresh, Config()), Culling(fresh, Config())
    assert after == [await answers(home, viewer, *anew) for viewer in (home.alice, home.bob, home.nobody)]
    await fresh.close()
    assert (after == before) == (name == "a photo comes")
    assert after[2] == [([], 0), [([], 0)] * 3]


async def test_a_scan_does_not_outdate_persons_and_groups(home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    rooms = People(home.db, Config()), Culling(home.db, Config())
    before = await answers(home, home.bob, *rooms)

    async def unwilling(*_args: object) -> None:
        raise AssertionError("it is known")

    await put(home.db, visit(home.roots[2], "new.jpg"))
    monkeypatch.setattr("facetd.db.people.seen_persons", unwilling)
    monkeypatch.setattr("facetd.db.likeness.burst_groups", unwilling)
    assert await answers(home, home.bob, *rooms) == before


async def capsules_of(capsules: Capsules, viewer: Viewer) -> list[object]:
    return [(await capsules.page(viewer, per_page=200, days=days)).capsules for days in (("", ""), ("2024-07-10", "2024-07-11"))]


async def test_capsules_show_what_may_be_seen_now_while_photos_come(tmp_path: Path) -> None:
    async with stand(tmp_path, disabled=["dimensions", "seeded", "golden"], max_photo_overlap=1.0) as at:
        alice, bob, photos = await household(at)
        await at.shelf.person("Dora", photos["shared"])
        for viewer in (alice, bob):
            await at.ids(viewer)
        shared = max(alice.root_ids & bob.root_ids)
        private = min(alice.root_ids)
        changes = (
            lambda: at.shelf.photos(shared, 3, start="2024-07-10T10:00:00"),
            lambda: at.shelf.rate(bob.user_id, photos["shared"][:2], rejected=True),
            lambda: sql(at, f"UPDATE gate SET root_id = {private} WHERE photo_id IN ({photos['shared'][3]}, {photos['shared'][4]})"),
            lambda: sql(at, f"UPDATE gate SET hide = 8 WHERE photo_id = {photos['shared'][5]}"),
            lambda: sql(at, "UPDATE person SET name = 'Dorothy'"),
            lambda: sql(at, "UPDATE person SET hidden = 1"),
        )
        for change in changes:
            await change()
            await asyncio.gather(*(capsules_of(at.capsules, viewer) for viewer in (alice, bob)))
            await at.making.settled()
            found = [await capsules_of(at.capsules, viewer) for viewer in (alice, bob)]
            fresh = Capsules(at.db, Config(), at.making)
            assert found == [await capsules_of(fresh, viewer) for viewer in (alice, bob)]
        for number in photos["shared"][3:5]:
            assert number not in await at.photos(bob, "seasonal:2024-summer")
            assert number in await at.photos(alice, "seasonal:2024-summer")


async def test_a_search_never_finds_what_is_hidden_now_however_old_the_order_is(home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hits, "FEW", -1)
    clock = 0.0
    monkeypatch.setattr("facetd.library.matches.time.monotonic", lambda: clock)
    matches = Matches(home.db)

    async def found(viewer: Viewer) -> set[int]:
        terms = await matches.found("jpg") or ()
        return set(await matches.photos(viewer, Hide.MISSING, terms) or ())

    async def ranked(viewer: Viewer) -> list[int]:
        terms = await matches.found("jpg") or ()
        return [number for number, _ in (await matches.ranked(viewer, Hide.MISSING, terms, Conditions())).pairs()]

    assert await found(home.alice) == {*home.alices, *home.shared}
    assert await found(home.bob) == {*home.bobs, *home.shared}
    secret = await put(home.db, visit(home.roots[0], "4.jpg", aggregate=9.9))
    assert await found(home.bob) == {*home.bobs, *home.shared}
    common = await put(home.db, visit(home.roots[2], "4.jpg", aggregate=9.9))
    assert await found(home.bob) == {*home.bobs, *home.shared, *common}
    assert (await ranked(home.bob))[-1:] == common, "it is the last one for a while"
    await sql(home, f"UPDATE gate SET root_id = {home.roots[0].id} WHERE photo_id = {home.shared[0]}")
    await store.set_missing(home.db, [home.shared[1]], missing=True, pair_raw=False)
    assert await found(home.bob) == {*home.bobs, home.shared[2], *common}
    assert await found(home.alice) == {*home.alices, home.shared[0], home.shared[2], *secret, *common}
    clock = 60.0
    await sql(home, "SELECT 1")
    assert await found(home.bob) == {*home.bobs, home.shared[2], *common}
    assert (await ranked(home.bob))[:1] == common
    await sql(home, f"UPDATE photo SET aggregate = 10 WHERE id = {home.bobs[2]}")
    clock = 65.0
    await sql(home, "SELECT 1")
    assert (await ranked(home.bob))[:1] == [home.bobs[2]]


async def test_a_list_of_a_moment_ago_is_not_kept(home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else changes after the last photo came; still it stands where it belongs, once the order of all photos is read again."""
    monkeypatch.setattr(hits, "FEW", -1)
    clock = 0.0
    monkeypatch.setattr("facetd.library.matches.time.monotonic", lambda: clock)
    gallery = Gallery(home.db, Config(), lambda _facts: Judgement("", None, None))
    search = Search(home.db, Config(), gallery, None)
    chosen = PhotoFilter(search="jpg")

    async def found() -> list[tuple[int, bool | None]]:
        page = await gallery.page(home.bob, chosen, sort="aggregate", descending=True, per_page=50)
        ids = await gallery.ids(home.bob, chosen, sort="aggregate", descending=True)
        best = await search.page(home.bob, "jpg", PhotoFilter(), threshold=None, limit=50)
        return [(page.total, page.exact), (ids.total, ids.exact), (best.total, None)]

    assert await found() == [(6, True), (6, True), (6, None)]
    await put(home.db, visit(home.roots[2], "4.jpg"))
    assert await found() == [(7, False), (7, False), (7, None)]
    clock = 60.0
    assert await found() == [(7, True), (7, True), (7, None)]
