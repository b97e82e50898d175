"""Capsules of a household: made in the background, for each viewer of what that viewer sees, and shown as far as it still holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from facetd.db import capsules as db_capsules
from facetd.db.capsules import ListKey
from facetd.errors import NotFound, Unavailable
from facetd.ingest import capsules as making
from facetd.library.capsules import icon
from facetd.library.capsuletitles import OF_SCORES, SCORES, TITLES, title
from facetd.records.viewer import Viewer
from facetd.score.capsules.kinds import DIMENSIONS, PRIORITY
from tests.capsules import Stand, stand
from tests.house import InlineWorkers

T = TypeVar("T")
DAY = timedelta(days=1)


async def household(at: Stand) -> tuple[Viewer, Viewer, dict[str, list[int]]]:
    """Alice and Bob, each with a private root, and a shared one with a summer in it."""
    alice, bob, shared = [await at.shelf.root(name) for name in ("Alice", "Bob", "Shared")]
    photos = {
        "alice": await at.shelf.photos(alice, 20, start="2023-01-10T10:00:00", category="portrait"),
        "bob": await at.shelf.photos(bob, 20, start="2022-04-10T10:00:00"),
        "shared": await at.shelf.photos(shared, 20, start="2024-07-10T10:00:00"),
    }
    return Viewer(1, "admin", frozenset({alice, shared})), Viewer(2, "user", frozenset({bob, shared})), photos


async def test_each_viewer_gets_capsules_of_what_they_see(tmp_path: Path) -> None:
    async with stand(tmp_path, disabled=["dimensions", "seeded", "golden"], max_photo_overlap=1.0) as at:
        alice, bob, photos = await household(at)
        secret = await at.shelf.person("Carol", photos["alice"])
        both = await at.shelf.person("Dora", photos["shared"][:12], photos["alice"][:12])
        assert set(await at.ids(alice)) == {
            f"faces_of:{secret}",
            f"faces_of:{both}",
            "seasonal:2024-summer",
            "seasonal:2023-winter",
            f"person_pair:{secret}-{both}",
        }
        assert set(await at.ids(bob)) == {f"faces_of:{both}", "seasonal:2022-spring", "seasonal:2024-summer"}
        assert set(await at.photos(bob, f"faces_of:{both}")) == set(photos["shared"][:12])
        assert "Carol" not in str(await at.listed(bob))
        with pytest.raises(NotFound):
            await at.photos(bob, f"faces_of:{secret}")


async def test_a_new_viewer_waits_and_is_shown_nobody_elses(tmp_path: Path) -> None:
    async with stand(tmp_path) as at:
        alice, bob, _ = await household(at)
        assert await at.ids(alice)
        found = await at.capsules.page(bob)
        assert (found.state, found.capsules, found.total, found.refreshing) == ("computing", [], 0, True)
        await at.making.settled()
        found = await at.capsules.page(bob)
        assert (found.state, found.refreshing) == ("ready", False)
        assert found.total == len(found.capsules) > 0


async def test_lists_survive_a_restart(tmp_path: Path) -> None:
    async with stand(tmp_path) as at:
        alice, _, _ = await household(at)
        before = await at.listed(alice)

    class Unwilling(InlineWorkers):
        async def compute(self, function: Callable[..., T], *arguments: object, timeout_s: float) -> T:
            raise AssertionError("nothing is to be made")

    async with stand(tmp_path, Unwilling()) as at:
        found = await at.capsules.page(alice, per_page=200)
        assert (found.state, found.refreshing) == ("ready", False)
        assert found.capsules == before
        await at.making.settled()
        assert not at.making.has_failed(ListKey.of(alice))


async def test_what_vanished_or_was_rejected_is_left_out_at_once(tmp_path: Path) -> None:
    async with stand(tmp_path, disabled=["dimensions", "seeded", "golden"], max_photo_overlap=1.0) as at:
        alice, bob, photos = await household(at)
        await at.ids(alice)
        await at.ids(bob)
        gone, refused, *rest = photos["shared"]
        async with at.db.writing() as connection:
            await connection.execute("UPDATE gate SET hide = 8 WHERE photo_id = ?", (gone,))
            await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
        await at.shelf.rate(alice.user_id, [refused], rejected=True)
        assert set(await at.photos(alice, "seasonal:2024-summer")) == set(rest)
        assert set(await at.photos(bob, "seasonal:2024-summer")) == {refused, *rest}
        summer = next(capsule for capsule in (await at.capsules.page(alice)).capsules if capsule["id"] == "seasonal:2024-summer")
        assert (summer["photo_count"], summer["subtitle"]) == (18, "18 photos")
        assert summer["cover_photo_id"] in rest
        assert summer["cover_photo_path"].startswith("/Shared/")
        await at.shelf.rate(alice.user_id, photos["shared"], rejected=True)
        assert "seasonal:2024-summer" not in [capsule["id"] for capsule in (await at.capsules.page(alice)).capsules]
        with pytest.raises(NotFound):
            await at.photos(alice, "seasonal:2024-summer")


async def test_persons_are_called_as_they_are_called_now(tmp_path: Path) -> None:
    async with stand(tmp_path, disabled=["dimensions", "seeded", "golden", "seasonal"]) as at:
        alice, _, photos = await household(at)
        person = await at.shelf.person("Dora", photos["shared"])
        assert [capsule["title"] for capsule in await at.listed(alice)] == ["Moments with Dora"]
        for change, expected in (("name = 'Dorothy'", ["Moments with Dorothy"]), ("hidden = 1", []), ("hidden = 0, name = NULL", [])):
            async with at.db.writing() as connection:
                await connection.execute(f"UPDATE person SET {change} WHERE id = ?", (person,))
                await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
            found = await at.capsules.page(alice)
            assert [capsule["title"] for capsule in found.capsules] == expected


async def test_a_person_who_is_only_on_photos_of_others_is_not_named(tmp_path: Path) -> None:
    async with stand(tmp_path, disabled=["dimensions", "seeded", "golden", "seasonal"]) as at:
        _, bob, photos = await household(at)
        person = await at.shelf.person("Dora", photos["shared"], photos["alice"])
        assert [capsule["title"] for capsule in await at.listed(bob)] == ["Moments with Dora"]
        async with at.db.writing() as connection:
            await connection.execute(
                "DELETE FROM face WHERE person_id = ? AND photo_id IN (SELECT photo_id FROM gate WHERE root_id = ?)",
                (person, max(bob.root_ids)),
            )
            await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
        assert (await at.capsules.page(bob)).capsules == []
        with pytest.raises(NotFound):
            await at.photos(bob, f"faces_of:{person}")


async def test_a_place_is_not_named_when_most_of_its_photos_became_private(tmp_path: Path) -> None:
    async with stand(tmp_path, disabled=["dimensions", "seeded", "golden", "seasonal", "journey"]) as at:
        alice, bob, _ = await household(at)
        shared, private = max(bob.root_ids), min(alice.root_ids)
        await at.shelf.place(41.895, 12.495, "Rome", "Lazio", "Italy")
        rome = await at.shelf.photos(shared, 12, gps_latitude=41.895, gps_longitude=12.495)
        near = await at.shelf.photos(shared, 6, gps_latitude=41.705, gps_longitude=12.205)
        assert [capsule["title"] for capsule in await at.listed(bob)] == ["Rome, Italy"]
        for moved, titles in ((rome[:9], ["Rome, Italy"]), (rome, [])):
            async with at.db.writing() as connection:
                await connection.executemany("UPDATE gate SET root_id = ? WHERE photo_id = ?", [(private, photo) for photo in moved])
                await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
            assert [capsule["title"] for capsule in (await at.capsules.page(bob)).capsules] == titles
        assert near


async def test_covers_and_seeds_change_with_the_period(tmp_path: Path) -> None:
    async with stand(tmp_path, seeded={"num_seeds": 3}) as at:
        root = await at.shelf.root("Shared")
        await at.shelf.photos(root, 400, every=timedelta(hours=30), start="2021-01-01T00:00:00")
        viewer = Viewer(1, "user", frozenset({root}))
        first = await at.listed(viewer)
        at.clock.now += timedelta(hours=11)
        assert await at.listed(viewer) == first, "the same day"
        covers, seeds = set(), set()
        golden = "golden:all"
        for _ in range(12):
            at.clock.now += DAY
            found = await at.listed(viewer)
            covers.add(next(capsule["cover_photo_id"] for capsule in found if capsule["id"] == golden))
            seeds.update(capsule["id"] for capsule in found if capsule["type"] == "seeded")
        best = await at.db.row("SELECT best FROM capsule WHERE key = ?", (golden,))
        assert best is not None
        assert 2 <= len(covers) <= 5
        assert len(seeds) > 3
        assert {capsule["id"] for capsule in first if capsule["type"] == "golden"} == {golden}, "the subject keeps its id"


async def test_asking_for_other_ones_answers_at_once_and_makes_others(tmp_path: Path) -> None:
    async with stand(tmp_path) as at:
        root = await at.shelf.root("Shared")
        await at.shelf.photos(root, 300, every=timedelta(hours=30), start="2021-01-01T00:00:00")
        viewer = Viewer(1, "admin", frozenset({root}))
        before = await at.listed(viewer)
        await at.capsules.refresh(viewer)
        found = await at.capsules.page(viewer, per_page=200)
        assert (found.capsules, found.refreshing, found.state) == (before, True, "ready")
        await at.making.settled()
        after = (await at.capsules.page(viewer, per_page=200)).capsules
        assert after != before
        assert {each["id"] for each in after if each["type"] == "seeded"} != {each["id"] for each in before if each["type"] == "seeded"}
        assert {each["id"] for each in after} & {each["id"] for each in before}


async def test_a_changed_library_changes_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stand(tmp_path, disabled=["dimensions", "seeded", "golden"], max_photo_overlap=1.0) as at:
        alice, _, photos = await household(at)
        assert await at.ids(alice, "favorites") == []
        await at.shelf.rate(alice.user_id, photos["shared"][:6], favorite=True)
        assert await at.ids(alice, "favorites") == [], "it was made a moment ago"
        monkeypatch.setattr(making, "PAUSE_S", 0.0)
        monkeypatch.setattr(making, "PAUSE_TIMES", 0)
        assert await at.ids(alice, "favorites") == ["favorites:2024", "favorites:2024-summer"]
        person = await at.shelf.person("Dora", photos["alice"])
        assert f"faces_of:{person}" in await at.ids(alice)
        shared = max(alice.root_ids)
        await at.shelf.photos(shared, 20, start="2025-10-01T10:00:00")
        assert "seasonal:2025-autumn" in await at.ids(alice)
        at.making.start()
        await at.shelf.photos(shared, 20, start="2024-10-01T10:00:00")
        assert await at.making.due()
        await at.making.run()
        await at.making.settled()
        row = await at.db.row(
            "SELECT COUNT(*) FROM capsule c JOIN capsule_list l ON l.id = c.list_id WHERE c.key = 'seasonal:2024-autumn' AND l.user_id = 1"
        )
        assert row is not None
        assert row[0] == 1, "without anybody asking"


async def test_making_is_cancelled_when_the_library_closes(tmp_path: Path) -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    class Endless(InlineWorkers):
        async def compute(self, function: Callable[..., T], *arguments: object, timeout_s: float) -> T:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
            raise AssertionError

    async with stand(tmp_path, Endless()) as at:
        alice, _, _ = await household(at)
        assert (await at.capsules.page(alice)).state == "computing"
        await asyncio.wait_for(begun.wait(), 10)
        assert at.making.is_making(ListKey.of(alice))
        await asyncio.wait_for(at.making.stop(), 10)
        assert cancelled.is_set()
        assert (await at.capsules.page(alice)).state == "computing"


async def test_who_asks_for_others_while_some_are_made_gets_others(tmp_path: Path) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    class Halting(InlineWorkers):
        async def compute(self, function: Callable[..., T], *arguments: object, timeout_s: float) -> T:
            begun.set()
            await go_on.wait()
            return await super().compute(function, *arguments, timeout_s=timeout_s)

    async with stand(tmp_path, Halting()) as at:
        alice, _, _ = await household(at)
        await at.capsules.page(alice)
        await asyncio.wait_for(begun.wait(), 10)
        await at.capsules.page(alice)
        await at.capsules.refresh(alice)
        go_on.set()
        await at.making.settled()
        assert at.made == [ListKey.of(alice)] * 2, "the first, and the other one"
        stored = await db_capsules.find(at.db, ListKey.of(alice))
        assert stored is not None
        assert stored.shuffle == 1


async def test_one_list_is_made_at_a_time(tmp_path: Path) -> None:
    running: list[int] = []
    most = 0

    class Counting(InlineWorkers):
        async def compute(self, function: Callable[..., T], *arguments: object, timeout_s: float) -> T:
            nonlocal most
            running.append(1)
            most = max(most, len(running))
            try:
                await asyncio.sleep(0)
                return await super().compute(function, *arguments, timeout_s=timeout_s)
            finally:
                running.pop()

    async with stand(tmp_path, Counting()) as at:
        alice, bob, _ = await household(at)
        await asyncio.gather(*(at.capsules.page(viewer) for viewer in (alice, bob, alice)))
        await at.making.settled()
        assert most == 1
        assert [len((await at.capsules.page(viewer)).capsules) > 0 for viewer in (alice, bob)] == [True, True]


async def test_what_fails_is_told_and_tried_again_on_request(tmp_path: Path) -> None:
    broken = True

    class Breaking(InlineWorkers):
        async def compute(self, function: Callable[..., T], *arguments: object, timeout_s: float) -> T:
            if broken:
                raise Unavailable("too little memory")
            return await super().compute(function, *arguments, timeout_s=timeout_s)

    async with stand(tmp_path, Breaking()) as at:
        alice, _, _ = await household(at)
        assert await at.ids(alice) == []
        found = await at.capsules.page(alice)
        assert (found.state, found.refreshing) == ("unavailable", False)
        broken = False
        await at.capsules.refresh(alice)
        assert (await at.capsules.page(alice)).state == "computing"
        assert await at.ids(alice)
        assert (await at.capsules.page(alice)).state == "ready"


async def test_certain_days_have_a_list_of_their_own_that_opens(tmp_path: Path) -> None:
    days = ("2024-01-01", "2024-12-31")
    async with stand(tmp_path, disabled=["dimensions", "seeded", "golden"], max_photo_overlap=1.0) as at:
        alice, bob, photos = await household(at)
        other = Viewer(9, "user", alice.root_ids)
        person = await at.shelf.person("Dora", photos["alice"], photos["shared"][:12])
        await at.ids(alice)
        found = await at.capsules.page(alice, days=days)
        assert found.state == "computing"
        dated = f"faces_of:{person}@2024-01-01..2024-12-31"
        assert dated in [capsule["id"] for capsule in found.capsules], "the whole list stands in"
        assert set(await at.photos(alice, dated)) <= set(photos["shared"][:12])
        assert await at.ids(alice, days=days) == [dated, "seasonal:2024-summer@2024-01-01..2024-12-31"]
        assert set(await at.photos(alice, dated)) == set(photos["shared"][:12])
        assert await at.ids(alice, days=("2024-07-11", "")) == []
        assert await at.ids(bob, days=("", "2022-12-31")) == ["seasonal:2022-spring@..2022-12-31"]
        for wrong in ("faces_of:9@..", "seasonal:2024-summer@2024-99-01..", "x" * 5000, "@..", f"faces_of:{person}@..2023-01-01"):
            with pytest.raises(NotFound):
                await at.photos(alice, wrong)
        with pytest.raises(NotFound):
            await at.photos(other, dated)


async def test_home_is_home_also_when_only_a_journey_is_asked_for(tmp_path: Path) -> None:
    async with stand(tmp_path) as at:
        root = await at.shelf.root("Shared")
        await at.shelf.photos(root, 40, start="2024-01-01T10:00:00", every=DAY, gps_latitude=47.38, gps_longitude=8.54)
        rome = await at.shelf.photos(root, 12, start="2024-04-01T10:00:00", gps_latitude=41.89, gps_longitude=12.49)
        viewer, days = Viewer(1, "user", frozenset({root})), ("2024-04-01", "2024-04-30")
        assert await at.ids(viewer, "journey", days) == ["journey:2024-04-01@2024-04-01..2024-04-30"]
        assert set(await at.photos(viewer, "journey:2024-04-01@2024-04-01..2024-04-30")) == set(rome)
        assert await at.ids(viewer, "journey", ("2024-01-01", "2024-01-31")) == []


async def test_lists_of_other_roots_are_not_shown(tmp_path: Path) -> None:
    async with stand(tmp_path) as at:
        alice, _, _ = await household(at)
        less, more = Viewer(1, "admin", frozenset({min(alice.root_ids)})), Viewer(1, "admin", frozenset({1, 2, 3}))
        assert await at.ids(alice)
        found = await at.capsules.page(less)
        assert (found.state, found.capsules) == ("computing", []), "the list tells of a root that is not theirs any more"
        await at.making.settled()
        found = await at.capsules.page(more)
        assert found.state == "computing"
        assert found.capsules, "everything in the old list is theirs"
        await at.making.settled()
        assert [stored.key for stored in await db_capsules.lists(at.db)] == [ListKey.of(more)]


async def test_old_lists_are_forgotten(tmp_path: Path) -> None:
    async with stand(tmp_path) as at:
        alice, bob, _ = await household(at)
        await at.ids(alice)
        await at.ids(bob)
        for number in range(10, 22):
            await at.ids(bob, days=("", f"2024-07-{number}"))
        async with at.db.writing() as connection:
            await connection.execute("UPDATE capsule_list SET asked_at = '2020-01-01T00:00:00+00:00' WHERE user_id = 1")
        await at.making.run()
        await at.making.settled()
        left = [stored.key for stored in await db_capsules.lists(at.db) if stored.key.user_id]
        assert ListKey.of(bob) in left
        assert ListKey.of(alice) not in left
        assert len([key for key in left if any(key.days)]) == db_capsules.DATED_KEPT


async def test_known_viewers_have_a_list_before_they_ask(tmp_path: Path) -> None:
    async with stand(tmp_path) as at:
        root = await at.shelf.root("Photos")
        viewer = Viewer(5, "superadmin", frozenset({root}))

        async def known() -> list[Viewer]:
            return [viewer, Viewer(6, "user", frozenset())]

        at.making.start(known)
        await at.making.run()
        await at.making.settled()
        assert await db_capsules.lists(at.db) == [], "there is nothing to make them of"
        await at.shelf.photos(root, 30)
        await at.making.run()
        await at.making.settled()
        assert at.made == [ListKey.of(viewer)]
        found = await at.capsules.page(viewer)
        assert (found.state, found.refreshing) == ("ready", False)
        assert found.capsules


def test_every_type_has_a_symbol_and_every_title_a_text() -> None:
    assert all(icon(kind) for kind in PRIORITY)
    assert icon("focal_range_category") == "zoom_in"
    params = dict.fromkeys(("place", "person", "other", "year", "tags", "tag", "camera", "lens", "years", "percent", "star_rating"), "1")
    params |= {"month": "2024-07", "week": "2024-W29", "day": "2024-07-14", "day_of_week": "0", "season": "summer", "palette": "vivid"}
    params |= {"composition": "center", "category": "street", "focal_range": "wide", "time_of_day": "night", "mood": "dark_soft"}
    keys = {*TITLES, *(f"{score}{of}" for score in SCORES for of in OF_SCORES)}
    texts = {key: title(key, params) for key in keys}
    assert not [text for text in texts.values() if not text or "{" in text]
    assert texts["score_iaa_year"] == "Most artistic of 1"
    assert texts["week"] == "The best of week 29 of 2024"
    assert texts["seeded_time"] == "Around July 14, 2024"
    assert set(DIMENSIONS) - keys == {"score_person", "score_camera", "score_year", "score_lens"}, "these have titles by measure"
