"""The timeline and memories over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from facetd.db import roots
from tests.db.conftest import put, visit
from tests.house import config, opened
from tests.http.acting import acting
from tests.http.serving import Site, served, site

ADDRESSES = (
    "/api/timeline", "/api/timeline?granularity=week&limit=2", "/api/timeline/years", "/api/timeline/months?year=2024",
    "/api/timeline/dates?year=2024", "/api/memories?date=2025-02-28", "/api/memories/check?date=2025-02-28",
)  # fmt: skip


@pytest.fixture
async def dated(tmp_path: Path) -> AsyncIterator[Site]:
    """A served library of rows without files."""
    async with opened(tmp_path / "data") as house, served(house) as found:
        root = await roots.add_root(house.db, str(tmp_path / "Photos"))
        days = ("2024-02-28", "2024-02-29", "2024-12-30", "2023-02-28", "2020-12-31", "2021-01-03")
        await put(house.db, *(visit(root, f"{day}.jpg", aggregate=n, date_taken=f"{day}T12:00:00") for n, day in enumerate(days)))
        await put(house.db, visit(root, "undated.jpg"))
        yield found


async def test_a_page_of_the_timeline(dated: Site) -> None:
    page = await dated.json("/api/timeline?granularity=week&limit=2")
    assert [(g["date"], g["date_from"], g["date_to"], g["count"]) for g in page["groups"]] == [
        ("2025-W01", "2024-12-30", "2025-01-05", 1),
        ("2024-W09", "2024-02-26", "2024-03-03", 2),
    ]
    assert [photo["filename"] for photo in page["groups"][1]["photos"]] == ["2024-02-29.jpg", "2024-02-28.jpg"]
    assert (page["next_cursor"], page["has_more"], page["undated"]) == ("2024-W09", True, 1)
    rest = await dated.json("/api/timeline?granularity=week&cursor=2024-W09")
    assert [g["date"] for g in rest["groups"]] == ["2023-W09", "2020-W53"]
    assert [photo["filename"] for photo in rest["groups"][1]["photos"]] == ["2021-01-03.jpg", "2020-12-31.jpg"]
    assert (rest["next_cursor"], rest["has_more"]) == (None, False)
    newer = await dated.json("/api/timeline?direction=newer&cursor=2024-02-28&photos_per_group=1&date_to=2024-02-29")
    assert [g["date"] for g in newer["groups"]] == ["2024-02-29"]
    listed = await dated.json("/api/photos?date_from=2024-02-26&date_to=2024-03-03")
    assert listed["total"] == 2, "the days of a group find its photos"


async def test_years_months_and_dates(dated: Site) -> None:
    years = (await dated.json("/api/timeline/years"))["years"]
    assert [(y["year"], y["count"], y["hero_photo_path"]) for y in years] == [
        ("2024", 3, "/Photos/2024-12-30.jpg"),
        ("2023", 1, "/Photos/2023-02-28.jpg"),
        ("2021", 1, "/Photos/2021-01-03.jpg"),
        ("2020", 1, "/Photos/2020-12-31.jpg"),
    ]
    photo = await dated.json(f"/api/photo?id={years[0]['hero_photo_id']}")
    assert (photo["path"], photo["v"]) == (years[0]["hero_photo_path"], years[0]["hero_photo_v"])
    months = (await dated.json("/api/timeline/months?year=2024&date_to=2024-03-01"))["months"]
    assert [(m["month"], m["count"]) for m in months] == [("2024-02", 2)]
    dates = (await dated.json("/api/timeline/dates?year=2024&month=2"))["dates"]
    assert [(d["date"], d["count"]) for d in dates] == [("2024-02-28", 1), ("2024-02-29", 1)]
    assert len((await dated.json("/api/timeline/dates?year=2024"))["dates"]) == 3


async def test_every_year_of_the_list_opens(dated: Site) -> None:
    """Scans of old prints carry dates of their own, cameras without a clock odd ones."""
    (root,) = await roots.roots(dated.house.db)
    for name, taken in (("old.jpg", "1887-05-01T12:00:00"), ("odd.jpg", "2199-12-31T23:59:59")):
        await put(dated.house.db, visit(root, name, date_taken=taken))
    for year in (await dated.json("/api/timeline/years"))["years"]:
        for part in ("months", "dates"):
            found = (await dated.json(f"/api/timeline/{part}?year={int(year['year'])}"))[part]
            assert sum(each["count"] for each in found) == year["count"]


async def test_memories(dated: Site) -> None:
    found = await dated.json("/api/memories?date=2025-02-28")
    assert [(y["year"], y["total_count"], [p["filename"] for p in y["photos"]]) for y in found["years"]] == [
        ("2024", 2, ["2024-02-29.jpg", "2024-02-28.jpg"]),
        ("2023", 1, ["2023-02-28.jpg"]),
    ]
    assert (found["has_memories"], found["date"]) == (True, "2025-02-28")
    assert await dated.json("/api/memories?date=2025-06-01") == {"years": [], "has_memories": False, "date": "2025-06-01"}
    for day, there in (("2025-02-28", True), ("2025-02-27", False), ("2025-02-27&window_days=1", True)):
        assert await dated.json(f"/api/memories/check?date={day}") == {"has_memories": there}
    assert (await dated.json("/api/memories"))["date"] == date.today().isoformat()


async def test_lists_are_sent_once_for_each_answer(dated: Site, tmp_path: Path) -> None:
    versions, answers = {}, {}
    for address in ADDRESSES:
        first = await dated.get(address)
        assert first.status == 200, address
        versions[address], answers[address] = first.headers["ETag"], await first.read()
        assert (await dated.get(address, If_None_Match=versions[address])).status == 304, address
        head = await dated.client.head(address)
        assert head.headers["ETag"] == versions[address]
    (root,) = await roots.roots(dated.house.db)
    await put(dated.house.db, visit(root, "new.jpg", date_taken="2024-02-28T00:00:00"))
    for address, version in versions.items():
        same = address.startswith("/api/memories/check")
        assert (await (await dated.get(address)).read() == answers[address]) is same, address
        assert (await dated.get(address, If_None_Match=version)).status == (304 if same else 200), address


async def test_what_does_not_fit_is_named(dated: Site) -> None:
    for address, field in {
        "/api/timeline?limit=0": "limit",
        "/api/timeline?limit=501": "limit",
        "/api/timeline?photos_per_group=101": "photos_per_group",
        "/api/timeline?direction=up": "direction",
        "/api/timeline?sort_by=path": "sort_by",
        "/api/timeline?granularity=year": "granularity",
        "/api/timeline?cursor=2024-W54": "cursor",
        "/api/timeline?granularity=week&cursor=2021-W00": "cursor",
        "/api/timeline?date_from=yesterday": "date_from",
        "/api/timeline?page=2": "page",
        "/api/timeline/months": "year",
        "/api/timeline/dates?year=0": "year",
        "/api/timeline/dates?year=10000": "year",
        "/api/timeline/dates?year=2024&month=13": "month",
        "/api/memories?date=2023-02-29": "date",
        "/api/memories/check?date=14.7.2024": "date",
        "/api/memories?window_days=16": "window_days",
    }.items():
        assert list(await dated.problem(address)) == [field], address


async def test_parts_that_are_switched_off(tmp_path: Path) -> None:
    features = {"show_timeline": False, "show_memories": False, "show_folders": False}
    async with site(tmp_path / "data", config(viewer={"features": features})) as library:
        for address in (*ADDRESSES, "/api/folders"):
            await library.problem(address, 403)


async def test_everybody_has_a_timeline_memories_and_folders_of_what_they_see(tmp_path: Path) -> None:
    async with acting(tmp_path / "data") as web:
        home = web.home
        own = {root.name: root for root in home.roots}
        for name, day in (("Alice", "2021-03-05"), ("Bob", "2019-03-05"), ("Shared", "2020-03-05")):
            await put(home.db, visit(own[name], "dated.jpg", folder=f"of {name}", aggregate=9.5, date_taken=f"{day}T08:00:00"))
        for viewer, mine, theirs in ((home.alice, "2021", "2019"), (home.bob, "2019", "2021"), (home.nobody, None, None)):
            seen = sorted(filter(None, (mine, "2020" if mine else None)), reverse=True)
            assert [year["year"] for year in (await web.get(viewer, "/api/timeline/years"))["years"]] == seen
            page = await web.get(viewer, "/api/timeline?granularity=month")
            assert [(group["date"], group["count"]) for group in page["groups"]] == [(f"{year}-03", 1) for year in seen]
            assert page["undated"] == 3 * len(seen)
            assert (await web.get(viewer, f"/api/timeline/months?year={theirs or 2020}"))["months"] == []
            assert (await web.get(viewer, f"/api/timeline/dates?year={theirs or 2020}"))["dates"] == []
            memories = await web.get(viewer, "/api/memories?date=2024-03-05")
            assert [(year["year"], year["total_count"]) for year in memories["years"]] == [(year, 1) for year in seen]
            folders = (await web.get(viewer, "/api/folders"))["folders"]
            names = {home.alice: ["Alice", "Shared"], home.bob: ["Bob", "Shared"], home.nobody: []}[viewer]
            assert [(f["name"], f["photo_count"], f["cover_photo_path"]) for f in folders] == [
                (n, 4, f"/{n}/of {n}/dated.jpg") for n in names
            ]
        web.viewer = home.bob
        hidden, missing = [await (await web.site.get(f"/api/folders?prefix=/{name}")).json() for name in ("Alice", "Nobody")]
        assert hidden["status"] == 404
        assert {**hidden, "detail": ""} == {**missing, "detail": ""}
        assert hidden["detail"].replace("Alice", "Nobody") == missing["detail"]
