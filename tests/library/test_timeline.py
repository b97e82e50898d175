"""The timeline: every photo that has a day is in one group, for each viewer what they may see."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from facetd.config import Config
from facetd.db import roots, store
from facetd.db.connection import Database
from facetd.db.visibility import Hide
from facetd.errors import InvalidInput
from facetd.filters import PhotoConditions, PhotoFilter
from facetd.library import timeline as rules
from facetd.library.periods import GRANULARITIES
from facetd.library.timeline import Timeline, TimelineOrder, TimelinePage
from facetd.records.viewer import Viewer
from tests.db.conftest import put, visit

EDGES = (
    "2020-12-27", "2020-12-28", "2020-12-31", "2021-01-01", "2021-01-03", "2021-01-04", "2024-02-28", "2024-02-29", "2024-03-01",
    "2024-12-29", "2024-12-30", "2024-12-31", "2025-01-01", "1999-12-31", "2000-01-01", "0001-01-01", "9999-12-31",
)  # fmt: skip
ALL = PhotoFilter()
HIDING = PhotoFilter(hide_blinks=True, hide_bursts=True, hide_duplicates=True)
KEPT = PhotoFilter(hide_rejected=True)
BOTH = HIDING.model_copy(update={"hide_rejected": True})


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with Database(tmp_path / "library.db", readers=1) as opened:
        yield opened


class House:
    """Alice's, Bob's and shared photos on the same days, some hidden in each way, some without a day."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.timeline = Timeline(db, Config())

    async def fill(self) -> None:
        made = [await roots.add_root(self.db, f"/photos/{name}") for name in ("a_b", "axb", "a%b")]
        a, b, s = (root.id for root in made)
        self.alice, self.bob = Viewer(1, "user", frozenset({a, s}), "alice"), Viewer(2, "user", frozenset({b, s}), "bob")
        self.nobody = Viewer(3, "admin", frozenset(), "nobody")
        visits = []
        for number, day in enumerate(EDGES * 4):
            root = made[number % 3]
            moment = f"{day}T{(number * 7) % 24:02}:59:59"
            visits.append(
                visit(root, f"{number}.jpg", folder=f"a_b/{number % 4}", aggregate=number * 37 % 10 + number / 100, date_taken=moment)
            )
        visits.append(visit(made[2], "\udcff\udcfe.jpg", aggregate=None, date_taken="2024-02-29T12:00:00"))
        visits += [visit(root, f"undated {number}.jpg") for root in made for number in (1, 2)]
        self.ids = await put(self.db, *visits)
        async with self.db.writing() as connection:
            for bit in (Hide.BLINK, Hide.BURST, Hide.DUPLICATE, Hide.COMPANION, Hide.UNREADABLE):
                await connection.execute(f"UPDATE gate SET hide = hide | {int(bit)} WHERE photo_id % 11 = {int(bit).bit_length()}")
            for viewer, each in ((self.alice, 3), (self.bob, 5)):
                wanted = [(viewer.user_id, number) for number in self.ids if number % each == 0 or number in self.ids[-3:]]
                await connection.executemany("INSERT INTO rating VALUES (?, ?, 0, 0, 1, '')", wanted)
        await store.set_missing(self.db, [number for number in self.ids if number % 11 == 7], missing=True, pair_raw=False)
        await roots.set_presence(self.db, s, online=False)

    async def expected(self, viewer: Viewer, chosen: PhotoConditions) -> dict[int, str]:
        """The photos that the timeline must have, with their days."""
        never = Hide.MISSING | Hide.UNREADABLE | Hide.COMPANION
        hidden = int(never | (Hide.BLINK | Hide.BURST | Hide.DUPLICATE if chosen.hide_blinks else Hide(0)))
        rows = await self.db.rows(
            "SELECT p.id, substr(p.date_taken, 1, 10), g.root_id, g.hide FROM photo p JOIN gate g ON g.photo_id = p.id"
        )
        first, last = chosen.date_from or "", chosen.date_to or "a"
        mine = await self.db.rows("SELECT photo_id FROM rating WHERE user_id = ?", (viewer.user_id,))
        rejected = {row[0] for row in mine} if chosen.hide_rejected else set()
        return {
            row[0]: row[1] or ""
            for row in rows
            if row[2] in viewer.root_ids and not row[3] & hidden and (not row[1] or first <= row[1] <= last) and row[0] not in rejected
        }

    async def walk(self, viewer: Viewer, chosen: PhotoConditions, order: TimelineOrder, **page: Any) -> list[TimelinePage]:
        """All pages, by their cursors."""
        pages = [await self.timeline.page(viewer, chosen, order, cursor=None, limit=page.get("limit"), shown=page.get("shown"))]
        while (cursor := pages[-1].next_cursor) is not None:
            pages.append(await self.timeline.page(viewer, chosen, order, cursor=cursor, limit=page.get("limit"), shown=page.get("shown")))
            assert len(pages) < 200
        return pages


@pytest.fixture
async def house(db: Database) -> House:
    made = House(db)
    await made.fill()
    return made


def ids(photos_json: bytes) -> list[int]:
    return [photo["id"] for photo in json.loads(photos_json)]


@pytest.mark.parametrize("granularity", list(GRANULARITIES))
@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("who", ["alice", "bob", "nobody"])
async def test_paging_gives_every_dated_photo_once(house: House, granularity: str, newest_first: bool, who: str) -> None:
    viewer = getattr(house, who)
    by = GRANULARITIES[granularity]
    spans = ({}, {"date_from": "2021-01-02", "date_to": "2024-12-30"}, {"date_from": "2024-03-01"}, {"date_to": "2021-01-01"})
    for chosen in [base.model_copy(update=span) for base in (ALL, HIDING, KEPT, BOTH) for span in spans]:
        expected = await house.expected(viewer, chosen)
        dated = {number: by.key(day) for number, day in expected.items() if day}
        for limit in (1, 3, 500, None):
            pages = await house.walk(viewer, chosen, TimelineOrder(granularity, newest_first), limit=limit, shown=100)
            groups = [group for page in pages for group in page.groups]
            keys = [group.period.key for group in groups]
            assert keys == sorted(set(dated.values()), reverse=newest_first)
            found = {number: group.period.key for group in groups for number in ids(group.photos_json)}
            assert found == dated
            assert sum(len(ids(group.photos_json)) for group in groups) == len(dated), "each once"
            assert [group.period.count for group in groups] == [Counter(dated.values())[key] for key in keys]
            assert {page.undated for page in pages} == {sum(not day for day in expected.values())}
            assert all(len(page.groups) == limit for page in pages[:-1] if limit)
    assert dated or who == "nobody"


async def test_the_photos_of_a_group_in_each_order(house: House) -> None:
    facts = {row[0]: row for row in await house.db.rows("SELECT id, aggregate, date_taken, filename, typeof(filename) FROM photo")}
    orders: dict[str, Any] = {
        "aggregate": lambda row: (-(row[1] if row[1] is not None else -1), -row[0]),
        "date_taken": lambda row: (row[2], row[0]),
        "filename": lambda row: (row[4] == "blob", row[3], row[0]),
    }
    for sort, key in orders.items():
        for granularity in GRANULARITIES:
            order = TimelineOrder(granularity, sort=sort)
            whole = await house.timeline.page(house.alice, ALL, order, cursor=None, limit=100, shown=100)
            short = await house.timeline.page(house.alice, ALL, order, cursor=None, limit=100, shown=2)
            for group, cut in zip(whole.groups, short.groups, strict=True):
                found = ids(group.photos_json)
                assert found == [row[0] for row in sorted((facts[number] for number in found), key=key)]
                assert ids(cut.photos_json) == found[:2]
                assert cut.period.count == len(found)


async def test_a_page_ends_where_it_has_enough_photos(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "FULL_PAGE", 5)
    monkeypatch.setattr(rules, "MOST_PHOTOS", 8)
    for limit, most in ((None, 5), (500, 8)):
        pages = await house.walk(house.alice, ALL, TimelineOrder(), limit=limit, shown=3)
        sizes = [sum(len(ids(group.photos_json)) for group in page.groups) for page in pages]
        assert max(sizes) <= most
        assert len(pages) > 1
        for page, following in pairwise(pages):
            first_of_next = len(ids(following.groups[0].photos_json))
            assert sum(len(ids(group.photos_json)) for group in page.groups) + first_of_next > most, "no page ends too early"
    monkeypatch.setattr(rules, "FULL_PAGE", 0)
    pages = await house.walk(house.alice, ALL, TimelineOrder("month"), shown=3)
    assert [len(page.groups) for page in pages] == [1] * len(pages), "a group is never cut"


async def test_cursors_are_keys_of_groups(house: House) -> None:
    async def keys(granularity: str, cursor: str, *, older: bool) -> list[str]:
        page = await house.timeline.page(house.alice, ALL, TimelineOrder(granularity, older), cursor=cursor, limit=500, shown=1)
        return [group.period.key for group in page.groups]

    assert await keys("week", "2021-W01", older=True) == [key for key in await keys("week", "9999-W52", older=True) if key < "2021-W01"]
    assert await keys("day", "2022-06-01", older=True) == (await keys("day", "2022-06-02", older=True)), "also days without photos"
    assert await keys("day", "0001-01-01", older=True) == await keys("day", "9999-12-31", older=False) == []
    assert await keys("month", "9999-12", older=False) == await keys("week", "9999-W52", older=False) == []
    assert await keys("day", "2021-03", older=True) == await keys("day", "2021-03-01", older=True), "those of another one, too"
    assert await keys("week", "2021-W53", older=True) == await keys("week", "2022-W01", older=True)
    for granularity, cursor in (("day", "2024-W54"), ("week", "2021-W00"), ("month", "2024-13"), ("day", "x"), ("day", "2023-02-29")):
        with pytest.raises(InvalidInput) as caught:
            await keys(granularity, cursor, older=True)
        assert [error.field for error in caught.value.errors] == ["cursor"]


@pytest.mark.parametrize("who", ["alice", "bob", "nobody"])
async def test_years_months_and_days_are_counted_with_their_best_photo(house: House, who: str) -> None:
    viewer = getattr(house, who)
    scores = {row[0]: row[1] if row[1] is not None else -1 for row in await house.db.rows("SELECT id, aggregate FROM photo")}
    for chosen in (ALL, HIDING, KEPT, BOTH, PhotoFilter(date_from="2020-12-28", date_to="2024-12-30")):
        days = {number: day for number, day in (await house.expected(viewer, chosen)).items() if day}

        def check(
            found: Sequence[rules.Summary], start: str, length: int, *, newest_first: bool = False, days: dict[int, str] = days
        ) -> None:
            photos: dict[str, list[int]] = {}
            for number, day in days.items():
                if day.startswith(start):
                    photos.setdefault(day[:length], []).append(number)
            assert [(each.key, each.count) for each in found] == sorted(((k, len(v)) for k, v in photos.items()), reverse=newest_first)
            for each in found:
                assert each.hero.id in photos[each.key]
                assert scores[each.hero.id] == max(scores[number] for number in photos[each.key])

        check(await house.timeline.years(viewer, chosen), "", 4, newest_first=True)
        for year in (1, 1999, 2020, 2021, 2022, 2024, 2025, 9999):
            check(await house.timeline.months(viewer, chosen, year), f"{year:04}", 7)
            check(await house.timeline.dates(viewer, chosen, year, None), f"{year:04}", 10)
            for month in (1, 2, 12):
                check(await house.timeline.dates(viewer, chosen, year, month), f"{year:04}-{month:02}", 10)


async def test_paths_of_heroes_are_virtual(house: House) -> None:
    async with house.db.writing() as connection:
        await connection.execute("UPDATE photo SET aggregate = 10 WHERE typeof(filename) = 'blob'")
        await connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'revision'")
    (day,) = (each for each in await house.timeline.dates(house.bob, ALL, 2024, 2) if each.key == "2024-02-29")
    assert day.hero.path == "/a%b/%FF%FE.jpg"
    alices = (await house.timeline.dates(house.alice, ALL, 2024, 2))[1]
    assert (alices.hero, alices.count) == (day.hero, 3), "shared by both"


async def test_what_changes_is_shown_at_once(house: House) -> None:
    before = await house.timeline.years(house.alice, ALL)
    assert await house.timeline.years(house.alice, ALL) is before, "kept for a revision"
    page = await house.timeline.page(house.alice, ALL, TimelineOrder(), cursor=None, limit=None, shown=None)
    (root,) = [root for root in await roots.roots(house.db) if root.name == "a_b"]
    await put(house.db, visit(root, "new.jpg", date_taken="2026-07-14T08:00:00"))
    assert [each.key for each in await house.timeline.years(house.alice, ALL)] == ["9999", "2026", *(each.key for each in before[1:])]
    after = await house.timeline.page(house.alice, ALL, TimelineOrder(), cursor=None, limit=None, shown=None)
    assert [group.period.key for group in after.groups] == ["9999-12-31", "2026-07-14", *(group.period.key for group in page.groups[1:])]
    assert "2026" not in {each.key for each in await house.timeline.years(house.bob, ALL)}
